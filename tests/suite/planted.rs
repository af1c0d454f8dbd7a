//! Planted truth: a corpus whose every repeat is known, cleaned by the program and scored.

use crate::generate::{Order, Set, generate};
use crate::program::expect;
use crate::score::score_folders;

/// What is asked of every kind; the README gives the figures for 20,000 documents, this is a quarter of that.
const PRECISION: f64 = 0.99;
const RECALL: f64 = 0.97;

#[test]
fn planted_chaff_goes_and_near_misses_stay() {
    let dir = tempfile::tempdir().unwrap();
    let order = Order { docs: 5000, seed: 11, set: Set::Test, sites: None };
    let tally = generate(&order, &dir.path().join("planted")).unwrap();
    expect(dir.path(), &["clean", "planted/corpus.jsonl", "-o", "out", "-q"], 0);
    let report = score_folders(&dir.path().join("planted"), &dir.path().join("out"), 3).unwrap();
    println!("{}\n{}", tally.table(), report.table());
    assert_eq!((report.documents, report.unknown), (5000, 0));
    let mut short = Vec::new();
    for kind in crate::score::KINDS {
        let score = &report.kinds[kind];
        assert!(score.planted > 0, "no {kind} was planted");
        if score.precision < PRECISION || score.recall < RECALL {
            short.push(format!("{kind}: precision {:.4}, recall {:.4}", score.precision, score.recall));
        }
    }
    if report.near_misses.touched > 0 {
        short.push(format!(
            "{} of {} near-misses touched",
            report.near_misses.touched, report.near_misses.planted
        ));
    }
    assert!(short.is_empty(), "asked: precision {PRECISION}, recall {RECALL}; {}", short.join("; "));
}
