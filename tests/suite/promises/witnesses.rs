//! Every copy cut is proven: its witness stays, and is as similar as the receipt says.

use super::{Cleaned, cleaned};
use crate::brute::{containment, grams, jaccard, unit_words, words_left};
use crate::output::receipts;
use crate::program::expect;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

/// The shingle set of every document without its furniture. The furniture is told by a run that looks for
/// nothing else, because the receipt of a removed document holds no lines.
fn documents_left(corpus: &Cleaned) -> Vec<HashSet<Vec<u64>>> {
    let dir = tempfile::tempdir().unwrap();
    let input = corpus.path("corpus.jsonl");
    expect(dir.path(), &["clean", input.to_str().unwrap(), "-o", "out", "-q", "--only", "boilerplate"], 1);
    let mut cuts: HashMap<u32, Vec<Range<usize>>> = HashMap::new();
    for receipt in receipts(&dir.path().join("out")) {
        let ranges = receipt.cuts.iter().map(|c| c.start as usize..c.end as usize).collect();
        cuts.insert(receipt.record, ranges);
    }
    let none = Vec::new();
    let left = |(record, text): (usize, &String)| {
        grams(&words_left(text, cuts.get(&(record as u32)).unwrap_or(&none)), 5)
    };
    corpus.texts.iter().enumerate().map(left).collect()
}

#[test]
fn the_witness_of_a_removed_document_stays_and_is_as_similar_as_its_receipt_says() {
    let corpus = cleaned();
    let left = documents_left(corpus);
    let mut rules: HashMap<&str, usize> = HashMap::new();
    for receipt in &corpus.receipts {
        let Some(document) = &receipt.document else { continue };
        assert!(corpus.kept(document.witness.record), "the witness of {} went", receipt.record);
        let (copy, witness) = (&left[receipt.record as usize], &left[document.witness.record as usize]);
        let (measured, threshold) = match document.rule.as_str() {
            "same-words" => (jaccard(copy, witness), 1.0),
            "near-duplicate" => (jaccard(copy, witness), 0.7),
            "contained" => (containment(copy, witness), 0.9),
            rule => panic!("rule {rule}"),
        };
        let said = f64::from(document.score);
        assert!((measured - said).abs() < 1e-6, "record {}: {said}, but {measured}", receipt.record);
        assert!(measured >= threshold, "record {}: {measured}", receipt.record);
        *rules.entry(document.rule.as_str()).or_default() += 1;
    }
    assert_eq!(rules.len(), 3, "{rules:?}");
}

#[test]
fn the_witness_of_a_line_stays_and_is_as_similar_as_its_receipt_says() {
    let corpus = cleaned();
    let mut kinds: HashMap<&str, usize> = HashMap::new();
    for receipt in &corpus.receipts {
        for cut in &receipt.cuts {
            let Some(witness) = &cut.witness else { continue };
            assert!(corpus.kept(witness.record), "{cut:?}");
            let overlaps = |c: &&dechaff::clean::receipt::Cut| c.start < witness.end && witness.start < c.end;
            if let Some(over) = corpus.receipt(witness.record).and_then(|r| r.cuts.iter().find(overlaps)) {
                panic!("record {}: the witness of\n{cut:?}\ngoes itself:\n{over:?}", receipt.record);
            }
            let stays = &corpus.texts[witness.record as usize][witness.start as usize..witness.end as usize];
            let measured = jaccard(&grams(&unit_words(cut.removed.trim()), 3), &grams(&unit_words(stays), 3));
            let said = f64::from(witness.similarity);
            assert!((measured - said).abs() < 1e-6, "{said}, but {measured}: {cut:?}");
            assert!(measured >= 0.8, "{cut:?}");
            *kinds.entry(cut.kind.name()).or_default() += 1;
        }
    }
    assert_eq!(kinds.len(), 2, "repeats and passages have witnesses: {kinds:?}");
}
