//! Tests of the scorer: perfect output scores 1, wrong output less.

use super::truth::{ClusterPlace, DocumentTruth, NearMiss, Neutral, Original, PlantedCut};
use super::{Cut, Report, Scorer, Touched};

const CAPTION: &str = "Nine men carry the old bell up the narrow lane";
const BIO: &str = "The author keeps bees and writes on wetlands for several quarterlies";

fn text() -> String {
    format!("Home\nBy Ruth Corley\n{CAPTION}\nThe bell was cast long ago.\n{CAPTION}\n{BIO}")
}

fn span(nth: usize) -> (usize, usize) {
    let text = text();
    let starts = text.split('\n').scan(0, |at, line| {
        let start = *at;
        *at += line.len() + 1;
        Some((start, start + line.len()))
    });
    starts.collect::<Vec<_>>()[nth]
}

fn planted(nth: usize, kind: &str, group: Option<u64>) -> PlantedCut {
    let (start, end) = span(nth);
    PlantedCut {
        start,
        end,
        kind: kind.to_string(),
        also: Vec::new(),
        rule: "exact".to_string(),
        group,
        similarity: None,
    }
}

/// Four documents alike in form, two of them a cluster.
fn truths() -> Vec<DocumentTruth> {
    (0..4)
        .map(|number| DocumentTruth {
            id: format!("d{number}"),
            cuts: vec![
                planted(0, "boilerplate", None),
                planted(4, "repeat", Some(0)),
                planted(5, "passage", Some(7)),
            ],
            originals: vec![Original { start: span(2).0, end: span(2).1, group: 0 }],
            neutral: vec![Neutral { start: span(1).0, end: span(1).1, what: "byline".to_string() }],
            near_misses: match number {
                0 => vec![NearMiss {
                    start: span(3).0,
                    end: span(3).1,
                    what: "sentence".to_string(),
                    similarity: None,
                }],
                _ => Vec::new(),
            },
            document: (number >= 2).then(|| ClusterPlace {
                cluster: 1,
                role: if number == 2 { "original" } else { "contained" }.to_string(),
                similarity: None,
            }),
        })
        .collect()
}

fn cut(nth: usize, kind: &str) -> Cut {
    let (start, end) = span(nth);
    // Ranges may take in the newline before the line.
    Cut { start: start.saturating_sub(1), end, kind: kind.to_string() }
}

fn score(touched: &[Option<Touched>]) -> Report {
    let mut scorer = Scorer { examples: 9, ..Scorer::default() };
    for (truth, touched) in truths().iter().zip(touched) {
        scorer.add(truth, &text(), touched.as_ref());
    }
    scorer.finish()
}

fn perfect() -> Vec<Option<Touched>> {
    let full = vec![cut(0, "boilerplate"), cut(4, "repeat"), cut(5, "passage")];
    vec![
        Some(Touched::Cut(full[..2].to_vec())),
        Some(Touched::Cut(full.clone())),
        Some(Touched::Cut(full)),
        Some(Touched::Removed),
    ]
}

fn is_perfect(report: &Report) -> bool {
    let full = |s: &super::KindScore| s.recall == 1.0 && s.precision == 1.0;
    report.kinds.values().all(full) && report.near_misses.touched == 0
}

#[test]
fn perfect_output_scores_one() {
    let report = score(&perfect());
    assert!(is_perfect(&report), "{}", report.table());
    assert_eq!(report.kinds["passage"].planted, 2 * 11);
    assert_eq!(report.kinds["document"].planted, 1);
    assert!(report.examples.is_empty());
}

#[test]
fn either_copy_of_a_repeat_and_any_kind_will_do() {
    let mut touched = perfect();
    touched[0] = Some(Touched::Cut(vec![cut(0, "passage"), cut(2, "repeat")]));
    assert!(is_perfect(&score(&touched)));
}

#[test]
fn a_neutral_line_counts_neither_way() {
    let mut touched = perfect();
    let mut cuts = vec![cut(0, "boilerplate"), cut(1, "boilerplate")];
    cuts.push(cut(4, "repeat"));
    touched[0] = Some(Touched::Cut(cuts));
    assert!(is_perfect(&score(&touched)));
}

#[test]
fn both_copies_cut_is_wrong() {
    let mut touched = perfect();
    let cuts = vec![cut(0, "boilerplate"), cut(2, "repeat"), cut(4, "repeat")];
    touched[0] = Some(Touched::Cut(cuts));
    let report = score(&touched);
    assert_eq!(report.kinds["repeat"].recall, 1.0);
    assert_eq!(report.kinds["repeat"].cut, report.kinds["repeat"].right + 10);
}

#[test]
fn nothing_done_finds_nothing() {
    let report = score(&[None, None, None, None]);
    for kind in super::KINDS {
        assert_eq!(report.kinds[kind].recall, 0.0, "{kind}");
    }
    // One copy of the passage may stay.
    assert_eq!(report.kinds["passage"].planted, 3 * 11);
}

#[test]
fn body_text_cut_is_wrong_and_touches_the_near_miss() {
    let mut touched = perfect();
    let cuts = vec![cut(0, "boilerplate"), cut(3, "passage"), cut(4, "repeat")];
    touched[0] = Some(Touched::Cut(cuts));
    let report = score(&touched);
    assert!(report.kinds["passage"].precision < 1.0);
    assert_eq!(report.kinds["repeat"].precision, 1.0);
    assert_eq!(report.near_misses.touched, 1);
}

#[test]
fn the_contained_document_must_be_the_one_removed() {
    let mut touched = perfect();
    touched.swap(2, 3);
    let report = score(&touched);
    assert_eq!(report.kinds["document"].recall, 0.0);
    assert_eq!(report.kinds["document"].precision, 0.0);
}

#[test]
fn the_last_of_a_cluster_and_a_lone_document_must_stay() {
    let mut touched = perfect();
    touched[0] = Some(Touched::Removed);
    touched[2] = Some(Touched::Removed);
    let report = score(&touched);
    assert_eq!(report.kinds["document"].cut, 3);
    assert_eq!(report.kinds["document"].right, 1);
    assert_eq!(report.near_misses.touched, 1);
}
