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
