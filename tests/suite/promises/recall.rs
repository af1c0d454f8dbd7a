//! The search for near-duplicates against a greedy cover by brute force, around the threshold.

use crate::brute::{grams, jaccard, words_left};
use crate::newsroom::{revised, story};
use dechaff::config::Keep;
use dechaff::{Config, Document, Kind};
use fastrand::Rng;
use std::collections::HashSet;

/// Texts of which most are revised copies of an earlier one.
fn texts(seed: u64) -> Vec<String> {
    let mut rng = Rng::with_seed(seed);
    let mut told: Vec<Vec<String>> = Vec::new();
    let mut texts = Vec::new();
    for number in 0..400 {
        if number % 4 == 0 {
            told.push(story(&mut rng));
            texts.push(told[told.len() - 1].join("\n\n"));
        } else {
            let (of, rate) = (rng.usize(..told.len()), 0.1 * rng.f64());
            texts.push(revised(&mut rng, &told[of], rate).join("\n\n"));
        }
    }
    texts
}

/// Which texts go where each is compared with all before it that stay.
fn greedy(sets: &[HashSet<Vec<u64>>], threshold: f64) -> Vec<bool> {
    let mut kept: Vec<usize> = Vec::new();
    let mut goes = vec![false; sets.len()];
    for i in 0..sets.len() {
        goes[i] = kept.iter().any(|&k| jaccard(&sets[i], &sets[k]) >= threshold);
        if !goes[i] {
            kept.push(i);
        }
    }
    goes
}

#[test]
fn the_recall_that_was_asked_for_is_reached_around_the_threshold() {
    let texts = texts(3);
    let sets: Vec<HashSet<Vec<u64>>> = texts.iter().map(|t| grams(&words_left(t, &[]), 5)).collect();
    let documents: Vec<Document> = texts.iter().map(|t| Document::new("", t.as_str())).collect();
    for (threshold, recall) in [(0.7, 0.95), (0.5, 0.9), (0.85, 0.99)] {
        let mut config = Config { only: vec![Kind::Document], ..Config::default() };
        config.document.keep = Keep::First;
        config.document.containment = 0.0;
        config.document.threshold = threshold;
        config.document.recall = recall;
        let cleaned = dechaff::clean(&documents, &config).unwrap();
        for cluster in &cleaned.clusters {
            assert!(!cleaned.documents[cluster.kept as usize].removed);
            for &(record, _, said) in &cluster.removed {
                let measured = jaccard(&sets[record as usize], &sets[cluster.kept as usize]);
                assert!(measured >= threshold && (measured - f64::from(said)).abs() < 1e-6, "{measured}");
            }
        }
        let exact = greedy(&sets, threshold);
        let wanted = exact.iter().filter(|&&g| g).count();
        let found = exact.iter().zip(&cleaned.documents).filter(|(e, d)| **e && d.removed).count();
        let near =
            |i: usize| (0..i).any(|j| (threshold..threshold + 0.1).contains(&jaccard(&sets[i], &sets[j])));
        let around = (0..texts.len()).filter(|&i| near(i)).count();
        println!("threshold {threshold}: {found} of {wanted} found, {around} near the threshold");
        assert!(wanted > 40 && around > 20, "{wanted} to find, {around} near the threshold");
        assert!(found as f64 >= recall * wanted as f64, "{found} of {wanted} at threshold {threshold}");
    }
}

#[test]
fn texts_without_words_are_similar_to_nothing() {
    let texts = ["", "", " \n", " \n", "* * *", "* * *", "a", "a b"];
    let documents: Vec<Document> = texts.iter().map(|t| Document::new("", *t)).collect();
    let cleaned = dechaff::clean(&documents, &Config::default()).unwrap();
    assert!(cleaned.clusters.is_empty());
    assert!(cleaned.documents.iter().all(|d| !d.removed));
}
