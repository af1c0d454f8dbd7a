//! The library does what the program does.

use crate::newsroom;
use crate::output::receipts;
use crate::program::expect;
use dechaff::config::Keep;
use dechaff::{Config, Document, Kind};
use std::fs;

fn ferry_story(n: usize) -> Document {
    let body = newsroom::story(&mut fastrand::Rng::with_seed(n as u64)).join("\n\n");
    let text = format!(
        "Home | News | Sport | Weather\n\nFerry {n} leaves late again\n\nThe board of pier {n} met. {body}\n\n\
         Share this story with your friends\n\n© Harbour Gazette. All rights reserved.\n"
    );
    Document::new(format!("ferry-{n}"), text).with_site("harbour.example")
}

#[test]
fn documents_in_memory_give_texts_cuts_and_clusters() {
    let mut documents: Vec<Document> = (1..13).map(ferry_story).collect();
    documents.push(documents[2].clone());
    let cleaned = dechaff::clean(&documents, &Config::default()).unwrap();
    assert_eq!(cleaned.documents.len(), documents.len());
    for (before, after) in documents.iter().zip(&cleaned.documents).take(12) {
        assert!(!after.removed && after.text.contains("The board of pier"), "{after:?}");
        assert!(!after.text.contains("Home | News"), "{after:?}");
        assert!(!after.text.contains("All rights reserved"), "{after:?}");
        let mut left = String::new();
        let mut at = 0;
        for cut in &after.cuts {
            assert_eq!(cut.kind, Kind::Boilerplate);
            left.push_str(&before.text[at..cut.range.start as usize]);
            at = cut.range.end as usize;
        }
        assert_eq!(left + &before.text[at..], after.text);
    }
    assert!(cleaned.documents[12].removed && cleaned.documents[12].cuts.is_empty());
    assert_eq!(cleaned.documents[12].text, documents[12].text);
    assert_eq!(cleaned.clusters.len(), 1);
    let cluster = &cleaned.clusters[0];
    assert_eq!((cluster.kept, cluster.removed[0].0, cluster.removed[0].2), (2, 12, 1.0));
}

/// What part of a site carries a paragraph was once told from the pages that the first judgement had counted alone.
#[test]
fn a_paragraph_is_as_rare_on_its_site_whatever_else_is_looked_for() {
    let words = ["crane", "ferry", "lantern", "bridge", "market", "candle", "signal", "garden", "sailor"];
    let sentence = |seed: usize| {
        let word = |n: usize| format!("{}{}", words[(seed * 7 + n * 5) % 9], (seed * 31 + n * 17) % 997);
        format!("The {} was there.", (0..14).map(word).collect::<Vec<_>>().join(" "))
    };
    let board =
        "The harbour board told the ferrymen that none of them is paid before the quay is mended again.";
    let page = |n: usize| {
        let mut lines: Vec<String> = (0..3).map(|line| sentence(n * 3 + line)).collect();
        if n % 300 == 7 {
            lines[1] = board.into();
        }
        Document::new(n.to_string(), lines.join("\n\n")).with_site("a.example")
    };
    let pages: Vec<Document> = (0..3000).map(page).collect();
    for only in [vec![Kind::Passage], vec![Kind::Boilerplate, Kind::Passage]] {
        let cleaned = dechaff::clean(&pages, &Config { only, ..Config::default() }).unwrap();
        let cut = cleaned.documents.iter().flat_map(|d| &d.cuts).filter(|cut| cut.kind == Kind::Passage);
        assert_eq!(cut.count(), 0);
    }
}

#[test]
fn lines_that_are_exactly_as_similar_as_is_asked_for_are_copies() {
    let line = "harbour ferry crane signal lantern market window garden bridge sailor mirror candle";
    let other = |n: u8| {
        let c = char::from(b'a' + n);
        format!("Then {c}wx {c}xy told the {c}yz of all {c}zw at the {c}vw pier, said {c}uv.")
    };
    // Of ten shingles of three words nine are the same.
    let short = line.rsplit_once(' ').unwrap().0;
    let text = [format!("{line}."), other(0), other(1), other(2), format!("{short}."), other(3)].join("\n\n");
    let mut config = Config { only: vec![Kind::Repeat], ..Config::default() };
    for (similarity, cuts) in [(0.89, 1), (0.9, 1), (0.91, 0)] {
        config.repeat.similarity = similarity;
        let cleaned = dechaff::clean(&[Document::new("a", text.clone())], &config).unwrap();
        assert_eq!(cleaned.documents[0].cuts.len(), cuts, "{similarity}");
    }
}

#[test]
fn no_documents_are_cleaned_to_none() {
    let cleaned = dechaff::clean(&[], &Config::default()).unwrap();
    assert!(cleaned.documents.is_empty() && cleaned.clusters.is_empty());
}

#[test]
fn settings_out_of_range_are_errors_that_name_the_setting() {
    type Change = fn(&mut Config);
    let changes: [(&str, Change); 7] = [
        ("only", |c| c.only.clear()),
        ("document.threshold", |c| c.document.threshold = 0.0),
        ("document.recall", |c| c.document.recall = 1.0),
        ("document.containment", |c| c.document.containment = f64::NAN),
        ("document.shingle", |c| c.document.shingle = 0),
        ("repeat.similarity", |c| c.repeat.similarity = 0.3),
        ("passage.documents", |c| c.passage.documents = 1),
    ];
    for (setting, change) in changes {
        let mut config = Config::default();
        change(&mut config);
        let error = dechaff::clean(&[ferry_story(1)], &config).unwrap_err().to_string();
        assert!(error.starts_with(setting), "{setting}: {error}");
    }
}

#[test]
fn the_policy_of_who_stays_reads_dates_and_preferred_sites() {
    let document = |site: &str, date: &str| Document {
        date: Some(date.to_owned()),
        ..Document::new("", ferry_story(5).text).with_site(site)
    };
    let documents = [
        document("b.example", "26-FEB-1987"),
        document("a.example", "20000608"),
        document("c.example", "1986-01-01"),
    ];
    let kept = |change: &dyn Fn(&mut Config)| {
        let mut config = Config { only: vec![Kind::Document], ..Config::default() };
        change(&mut config);
        dechaff::clean(&documents, &config).unwrap().clusters[0].kept
    };
    assert_eq!(kept(&|c| c.document.keep = Keep::First), 0);
    assert_eq!(kept(&|c| c.document.keep = Keep::Latest), 1);
    assert_eq!(kept(&|c| c.document.keep = Keep::Earliest), 2);
    assert_eq!(kept(&|c| c.document.prefer = vec!["a.example".into(), "c.example".into()]), 1);
}

/// Cleans records by the program and by the library, and compares every verdict.
fn assert_alike(lines: &[String]) {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("corpus.jsonl"), lines.join("\n")).unwrap();
    expect(dir.path(), &["clean", "corpus.jsonl", "-o", "out", "-q"], 0);
    let document = |line: &String| {
        let record: serde_json::Value = serde_json::from_str(line).unwrap();
        let field = |name: &str| record[name].as_str().map(str::to_owned);
        let document = Document::new("", field("text").unwrap());
        Document { site: field("site"), url: field("url"), ..document }
    };
    let documents: Vec<Document> = lines.iter().map(document).collect();
    let cleaned = dechaff::clean(&documents, &Config::default()).unwrap();
    let receipts = receipts(&dir.path().join("out"));
    let mut receipts = receipts.iter().peekable();
    for (record, document) in cleaned.documents.iter().enumerate() {
        let receipt = receipts.next_if(|r| r.record == record as u32);
        assert_eq!(document.removed, receipt.is_some_and(|r| r.document.is_some()), "record {record}");
        let of_program: Vec<_> = receipt
            .map_or(&[][..], |r| &r.cuts)
            .iter()
            .map(|c| {
                (c.start, c.end, c.kind, c.rule.to_string(), c.score, c.witness.as_ref().map(|w| w.record))
            })
            .collect();
        let of_library: Vec<_> = document
            .cuts
            .iter()
            .map(|c| {
                let (start, end) = (u64::from(c.range.start), u64::from(c.range.end));
                (start, end, c.kind, c.rule.name().to_owned(), c.score, c.witness.map(|w| w.0))
            })
            .collect();
        assert_eq!(of_library, of_program, "record {record}");
    }
    assert!(receipts.next().is_none());
}

#[test]
fn the_program_and_the_library_decide_alike() {
    let lines: Vec<String> =
        newsroom::corpus(5, 250).into_iter().filter(|l| !newsroom::UNUSABLE.contains(&l.as_str())).collect();
    assert_alike(&lines);
}

#[test]
fn the_program_and_the_library_read_names_of_sites_alike() {
    let record = |n: usize| {
        let site = ["Harbour.Example", "harbour.example", " HARBOUR.example "][n % 3];
        serde_json::json!({"site": site, "text": ferry_story(n).text}).to_string()
    };
    assert_alike(&(0..9).map(record).collect::<Vec<_>>());
}
