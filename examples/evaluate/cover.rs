//! The removals of an exact greedy cover, and those of dechaff, on the same corpus.

use super::records::{self, Label, Record};
use super::sets::{self, Index, Words};
use super::{Form, Missed, share, show};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::PathBuf;

#[derive(clap::Args)]
pub struct Arguments {
    /// What was cleaned, with `--only document --keep first --containment 0`
    corpus: PathBuf,
    /// The output folder
    out: PathBuf,
    /// Jaccard similarity of near-duplicates
    #[arg(long, default_value_t = 0.7)]
    threshold: f64,
    /// Words an n-gram
    #[arg(long, default_value_t = 5)]
    shingle: usize,
    /// What a word is
    #[arg(long, value_enum, default_value = "dechaff")]
    words: Words,
    /// Show so many of the removals that are missing or wrong, on standard error
    #[arg(long, default_value_t = 0)]
    examples: usize,
    /// The share of exact removals that must have been made
    #[arg(long)]
    min_recall: Option<f64>,
    /// The removals that may be wrong
    #[arg(long)]
    max_wrong: Option<f64>,
    #[command(flatten)]
    form: Form,
}

/// A row of `clusters.jsonl`.
#[derive(Deserialize)]
struct ClusterRow {
    id: Label,
    record: u32,
    cluster: u32,
    kept: bool,
    similarity: Option<f64>,
}

/// A removal: the document, the one named for it, and the similarity told.
struct Removal {
    record: u32,
    witness: u32,
    similarity: f64,
}

#[derive(Serialize)]
struct Report {
    documents: usize,
    left_out: usize,
    words: Words,
    threshold: f64,
    shingle: usize,
    /// Removals of the exact cover.
    exact: usize,
    /// Removals of dechaff.
    removed: usize,
    /// Removals of the exact cover that dechaff made.
    made: usize,
    recall: f64,
    /// Removals of dechaff that no kept document resembles.
    wrong: usize,
    /// Removals of dechaff whose witness is not kept, or less similar than the threshold.
    unwitnessed: usize,
    /// Removals of dechaff whose similarity, as told, is another than the one measured here.
    mistold: usize,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} documents, {:?} words, {}-grams, Jaccard {}: exact cover removes {}, dechaff {}; made {} of the \
             exact ones, recall {:.4}; {} wrong, {} with a witness that does not hold, {} with another similarity",
            self.documents,
            self.words,
            self.shingle,
            self.threshold,
            self.exact,
            self.removed,
            self.made,
            self.recall,
            self.wrong,
            self.unwitnessed,
            self.mistold
        )
    }
}

pub fn run(arguments: &Arguments) -> Result<Missed, String> {
    if !(arguments.threshold > 0.0 && arguments.threshold <= 1.0) || arguments.shingle == 0 {
        return Err("--threshold must be above 0 and at most 1, --shingle at least 1".into());
    }
    let (corpus, left_out) = records::corpus(&arguments.corpus)?;
    let removals = removals(arguments, &corpus)?;
    let texts: Vec<&str> = corpus.iter().map(|r| r.text.as_str()).collect();
    let sets = sets::of(texts.into_par_iter(), arguments.words, arguments.shingle);
    let exact = greedy_cover(&sets, arguments.threshold);
    let mut gone = vec![false; sets.len()];
    removals.iter().for_each(|r| gone[r.record as usize] = true);
    let wrong = unlike_all_kept(&sets, &gone, arguments.threshold);
    let measured: Vec<f64> = removals
        .par_iter()
        .map(|r| sets::jaccard(&sets[r.record as usize], &sets[r.witness as usize]))
        .collect();
    let holds = |(r, &m): (&Removal, &f64)| !gone[r.witness as usize] && m >= arguments.threshold;
    // Similarities are told in single precision.
    let as_told = |(r, &m): (&Removal, &f64)| (r.similarity - m).abs() < 1e-6;
    let exact_count = exact.iter().filter(|&&e| e).count();
    let made = removals.iter().filter(|r| exact[r.record as usize]).count();
    let report = Report {
        documents: corpus.len(),
        left_out,
        words: arguments.words,
        threshold: arguments.threshold,
        shingle: arguments.shingle,
        exact: exact_count,
        removed: removals.len(),
        made,
        recall: share(made as u64, exact_count as u64),
        wrong: wrong.len(),
        unwitnessed: removals.iter().zip(&measured).filter(|&pair| !holds(pair)).count(),
        mistold: removals.iter().zip(&measured).filter(|&pair| !as_told(pair)).count(),
    };
    let name = |record: u32| corpus[record as usize].id.clone().unwrap_or_else(|| format!("#{record}"));
    let missing = (0..sets.len()).filter(|&r| exact[r] && !gone[r]);
    for record in missing.take(arguments.examples) {
        eprintln!("missing: {}", name(record as u32));
    }
    for (removal, measured) in
        removals.iter().zip(&measured).filter(|(r, _)| wrong.contains(&r.record)).take(arguments.examples)
    {
        let (id, witness) = (name(removal.record), name(removal.witness));
        eprintln!("wrong: {id}, witness {witness}: told {:.4}, measured {measured:.4}", removal.similarity);
    }
    show(&report, &arguments.form)?;
    let mut missed = Missed::default();
    missed.below("recall of the exact cover", report.recall, arguments.min_recall);
    missed.above("the number of wrong removals", report.wrong as f64, arguments.max_wrong);
    Ok(missed)
}

/// The removals that `clusters.jsonl` tells of, checked to speak of this corpus.
fn removals(arguments: &Arguments, corpus: &[Record]) -> Result<Vec<Removal>, String> {
    let path = arguments.out.join("clusters.jsonl");
    let mut removals = Vec::new();
    for row in records::rows::<ClusterRow>(&path)? {
        let id = row.id.text();
        let of = |record: u32| corpus.get(record as usize);
        let same = of(row.record).is_some_and(|r| r.id.as_ref().is_none_or(|own| *own == id));
        if !same || of(row.cluster).is_none() {
            return Err(format!(
                "{}: record {}, `{id}`, is not that of {}; was this corpus cleaned alone?",
                path.display(),
                row.record,
                arguments.corpus.display()
            ));
        }
        if !row.kept {
            let similarity = row.similarity.unwrap_or(f64::NAN);
            removals.push(Removal { record: row.record, witness: row.cluster, similarity });
        }
    }
    Ok(removals)
}

/// Whether each set goes: those do that resemble an earlier one that stays.
fn greedy_cover(sets: &[Vec<u32>], threshold: f64) -> Vec<bool> {
    let mut kept = Index::new(sets, threshold);
    (0..sets.len())
        .map(|set| {
            let goes = kept.resembles_one(set);
            if !goes {
                kept.add(set);
            }
            goes
        })
        .collect()
}

/// The sets that are gone though they resemble none that is not.
fn unlike_all_kept(sets: &[Vec<u32>], gone: &[bool], threshold: f64) -> Vec<u32> {
    let mut kept = Index::new(sets, threshold);
    (0..sets.len()).filter(|&set| !gone[set]).for_each(|set| kept.add(set));
    (0..sets.len()).filter(|&set| gone[set] && !kept.resembles_one(set)).map(|set| set as u32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_is_covered_by_what_stays() {
        let sets: Vec<Vec<u32>> = vec![(0..100).collect(), (15..115).collect(), (30..130).collect()];
        assert_eq!(greedy_cover(&sets, 0.7), [false, true, false]);
        assert!(unlike_all_kept(&sets, &[false, true, false], 0.7).is_empty());
        assert_eq!(unlike_all_kept(&sets, &[false, true, true], 0.7), [2]);
    }
}
