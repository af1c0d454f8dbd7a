//! Every cut has a receipt, nothing is dropped silently, and what is not cut is not touched.

use super::cleaned;
use crate::output::{json_lines, summary, text_of};
use crate::program::expect;
use std::collections::HashSet;
use std::fs;

#[test]
fn restore_gives_every_record_back_byte_for_byte() {
    let corpus = cleaned();
    let dir = tempfile::tempdir().unwrap();
    let out = corpus.path("out");
    expect(dir.path(), &["restore", out.to_str().unwrap(), "-o", "back", "-q"], 0);
    let back = fs::read_to_string(dir.path().join("back/corpus.jsonl")).unwrap();
    let back: Vec<&str> = back.split_terminator('\n').collect();
    assert_eq!(back.len(), corpus.lines.len());
    for (number, (before, after)) in corpus.lines.iter().zip(back).enumerate() {
        assert_eq!(text_of(before), text_of(after), "text of line {}", number + 1);
        assert_eq!(before, after, "line {}", number + 1);
    }
}

#[test]
fn a_record_that_was_not_cut_is_byte_identical_and_order_is_kept() {
    let corpus = cleaned();
    let written = fs::read_to_string(corpus.path("out/documents/corpus.jsonl")).unwrap();
    let mut written = written.split_terminator('\n');
    let usable = corpus.lines.iter().filter(|l| text_of(l).is_some());
    let (mut same, mut cut) = (0, 0);
    for (record, line) in usable.enumerate() {
        let receipt = corpus.receipt(record as u32);
        if !corpus.kept(record as u32) {
            continue;
        }
        let now = written.next().expect("a kept record is written");
        match receipt {
            None => {
                assert_eq!(now, line);
                same += 1;
            }
            Some(receipt) => {
                let (before, mut expected, mut at) = (&corpus.texts[record], String::new(), 0);
                for cut in &receipt.cuts {
                    expected.push_str(&before[at..cut.start as usize]);
                    at = cut.end as usize;
                }
                expected.push_str(&before[at..]);
                assert_eq!(text_of(now).unwrap(), expected, "record {record}");
                let rest = |line: &str| {
                    let mut fields: serde_json::Value = serde_json::from_str(line).unwrap();
                    fields.as_object_mut().unwrap().remove("text");
                    (fields.to_string(), line.find("\"text\""), line.ends_with('\r'))
                };
                assert_eq!(rest(now), rest(line), "the other fields of record {record}");
                cut += 1;
            }
        }
    }
    assert_eq!(written.next(), None);
    assert!(same > 5 && cut > 100, "{same} as they were, {cut} cut");
}

#[test]
fn the_books_balance() {
    let corpus = cleaned();
    let summary = summary(&corpus.path("out"));
    let count = |name: &str| summary[name].as_u64().unwrap();
    assert_eq!(count("records_in"), corpus.lines.len() as u64);
    assert_eq!(
        count("records_in"),
        count("records_kept") + count("records_removed") + count("records_rejected")
    );
    let lines = |name: &str| {
        let text = fs::read_to_string(corpus.path("out").join(name)).unwrap();
        text.split_terminator('\n').count() as u64
    };
    assert_eq!(lines("documents/corpus.jsonl"), count("records_kept"));
    assert_eq!(lines("removed/corpus.jsonl"), count("records_removed"));
    assert_eq!(lines("rejected/corpus.jsonl"), count("records_rejected"));
    assert_eq!(lines("rejected.jsonl"), count("records_rejected"));
    let bytes: u64 = corpus.texts.iter().map(|t| t.len() as u64).sum();
    assert_eq!(bytes, count("text_bytes_in"));
    let cuts = summary["cuts"].as_object().unwrap();
    let gone: u64 = cuts.values().map(|k| k["bytes"].as_u64().unwrap()).sum();
    assert_eq!(bytes, count("text_bytes_kept") + gone);
}

#[test]
fn a_receipt_holds_the_bytes_that_it_names() {
    let corpus = cleaned();
    let mut cuts = 0;
    for receipt in &corpus.receipts {
        let text = &corpus.texts[receipt.record as usize];
        assert_eq!(receipt.bytes, text.len() as u64);
        assert_eq!(receipt.xxh3, dechaff::clean::receipt::hash(text));
        let mut at = 0;
        for cut in &receipt.cuts {
            assert!(at <= cut.start && cut.start < cut.end, "cuts in order, none empty: {receipt:?}");
            at = cut.end;
            assert_eq!(cut.removed, text[cut.start as usize..cut.end as usize]);
            let chars: String = text
                .chars()
                .skip(cut.char_start as usize)
                .take((cut.char_end - cut.char_start) as usize)
                .collect();
            assert_eq!(chars, cut.removed, "offsets in code points");
            assert!((0.0..=1.0).contains(&cut.score), "{cut:?}");
            cuts += 1;
        }
    }
    assert!(cuts > 500, "{cuts}");
    assert!(corpus.receipts.iter().any(|r| r.cuts.iter().any(|c| c.start != c.char_start)));
    assert!(corpus.receipts.iter().any(|r| r.cuts.iter().any(|c| c.raw.is_some())));
}

#[test]
fn a_receipt_says_what_made_the_model_cut_and_how_sure_counts_are() {
    let (mut by_model, mut by_counts) = (0, 0);
    for cut in cleaned().receipts.iter().flat_map(|r| &r.cuts) {
        let judged = matches!(cut.rule.as_ref(), "site-line" | "site-template" | "many-sites" | "context");
        assert!(cut.because.len() <= 3 && (judged || cut.because.is_empty()), "{cut:?}");
        if cut.because.is_empty() && judged {
            let counts = cut.counts;
            let largest = counts.site_documents.max(counts.site_masked);
            let n = if 1.0 - 1.0 / largest as f32 == cut.score { largest } else { counts.site_template };
            assert_eq!(cut.score, 1.0 - 1.0 / n as f32, "{cut:?}");
            by_counts += 1;
        }
        by_model += usize::from(!cut.because.is_empty());
    }
    assert!(by_model > 0 && by_counts > 0, "{by_model} by the model, {by_counts} by counts");
}

#[test]
fn a_document_that_loses_all_its_text_is_still_written() {
    let corpus = cleaned();
    let written = fs::read_to_string(corpus.path("out/documents/corpus.jsonl")).unwrap();
    let written: Vec<&str> = written.split_terminator('\n').collect();
    let kept: Vec<usize> = (0..corpus.texts.len()).filter(|&r| corpus.kept(r as u32)).collect();
    let emptied: Vec<usize> = (0..kept.len())
        .filter(|&i| {
            !corpus.texts[kept[i]].trim().is_empty() && text_of(written[i]).unwrap().trim().is_empty()
        })
        .collect();
    assert!(emptied.len() >= 3, "{} documents are all furniture", emptied.len());
    for i in emptied {
        assert_eq!(text_of(written[i]).unwrap(), "");
    }
}

#[test]
fn two_texts_without_words_never_match() {
    let corpus = cleaned();
    let empty: Vec<u32> =
        (0..corpus.texts.len() as u32).filter(|&r| corpus.texts[r as usize].trim().is_empty()).collect();
    assert!(empty.len() > 5);
    assert!(empty.iter().all(|&r| corpus.receipt(r).is_none()));
}

#[test]
fn clusters_say_what_receipts_say() {
    let corpus = cleaned();
    let mut members = HashSet::new();
    for row in json_lines(&corpus.path("out/clusters.jsonl")) {
        let record = row["record"].as_u64().unwrap() as u32;
        assert!(members.insert(record));
        assert_eq!(row["kept"].as_bool(), Some(corpus.kept(record)));
        if let Some(document) = corpus.receipt(record).and_then(|r| r.document.as_ref()) {
            assert_eq!(row["cluster"].as_u64(), Some(u64::from(document.witness.record)));
            assert_eq!(row["witness"].as_str(), Some(document.witness.id.as_str()));
            assert_eq!(row["similarity"].as_f64().map(|s| s as f32), Some(document.score));
        } else {
            assert_eq!(row["cluster"].as_u64(), Some(u64::from(record)));
        }
    }
    for receipt in corpus.receipts.iter().filter(|r| r.document.is_some()) {
        let witness = receipt.document.as_ref().unwrap().witness.record;
        assert!(members.contains(&receipt.record) && members.contains(&witness));
    }
}
