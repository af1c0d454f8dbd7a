//! Clusters against labelled pairs, and against all the pairs that nobody labelled.

use super::records::{self, Label};
use super::{Form, Missed, share, show};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::path::PathBuf;

#[derive(clap::Args)]
pub struct Arguments {
    /// All documents, each with an `id`
    documents: PathBuf,
    /// Labelled pairs: `{"a": id, "b": id, "label": 0 or 1}`
    pairs: PathBuf,
    /// The `clusters.jsonl` of an output folder
    clusters: PathBuf,
    /// The precision asked for, on labelled pairs
    #[arg(long)]
    min_precision: Option<f64>,
    /// The recall asked for, on labelled pairs
    #[arg(long)]
    min_recall: Option<f64>,
    /// The F1 asked for, on labelled pairs
    #[arg(long)]
    min_f1: Option<f64>,
    /// The share of pairs not labelled positive that may share a cluster
    #[arg(long)]
    max_joined: Option<f64>,
    #[command(flatten)]
    form: Form,
}

#[derive(Deserialize)]
struct PairRow {
    a: Label,
    b: Label,
    label: u8,
}

#[derive(Deserialize)]
struct ClusterRow {
    id: Label,
    cluster: serde_json::Value,
}

#[derive(Serialize)]
struct Report {
    documents: usize,
    labelled: usize,
    precision: f64,
    recall: f64,
    f1: f64,
    /// Pairs of documents that are not labelled positive.
    others: u64,
    /// How many of those share a cluster.
    joined: u64,
    /// How many of the joined ones are connected through pairs labelled positive (a with c, by a-b and b-c).
    implied: u64,
    joined_share: f64,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} documents, {} labelled pairs: precision {:.4} recall {:.4} F1 {:.4}; of {} other pairs {} joined \
             ({:.4} %), {} of them implied by the labels",
            self.documents,
            self.labelled,
            self.precision,
            self.recall,
            self.f1,
            self.others,
            self.joined,
            100.0 * self.joined_share,
            self.implied
        )
    }
}

pub fn run(arguments: &Arguments) -> Result<Missed, String> {
    let (documents, _) = records::corpus(&arguments.documents)?;
    let ids: HashSet<String> = documents.into_iter().filter_map(|d| d.id).collect();
    let mut clusters: HashMap<String, String> = HashMap::new();
    for row in records::rows::<ClusterRow>(&arguments.clusters)? {
        clusters.insert(row.id.text(), row.cluster.to_string());
    }
    let mut labels: HashMap<(String, String), bool> = HashMap::new();
    for row in records::rows::<PairRow>(&arguments.pairs)? {
        let (a, b) = (row.a.text(), row.b.text());
        if let Some(unknown) = [&a, &b].into_iter().find(|id| !ids.contains(*id)) {
            return Err(format!("{}: no document `{unknown}`", arguments.pairs.display()));
        }
        labels.insert(if a < b { (a, b) } else { (b, a) }, row.label > 0);
    }
    let report = score(&ids, &labels, &clusters);
    show(&report, &arguments.form)?;
    let mut missed = Missed::default();
    missed.below("precision", report.precision, arguments.min_precision);
    missed.below("recall", report.recall, arguments.min_recall);
    missed.below("F1", report.f1, arguments.min_f1);
    missed.above("the share of other pairs joined", report.joined_share, arguments.max_joined);
    Ok(missed)
}

fn score(
    ids: &HashSet<String>,
    labels: &HashMap<(String, String), bool>,
    clusters: &HashMap<String, String>,
) -> Report {
    let together = |a: &String, b: &String| clusters.get(a).is_some_and(|c| clusters.get(b) == Some(c));
    let (mut found, mut wrong, mut positive) = (0, 0, 0);
    for ((a, b), &label) in labels {
        let joined = together(a, b);
        positive += u64::from(label);
        found += u64::from(label && joined);
        wrong += u64::from(!label && joined);
    }
    let (precision, recall) = (share(found, found + wrong), share(found, positive));
    let mut members: HashMap<&String, Vec<&String>> = HashMap::new();
    for id in ids {
        if let Some(cluster) = clusters.get(id) {
            members.entry(cluster).or_default().push(id);
        }
    }
    let pairs = |n: usize| (n * n.saturating_sub(1) / 2) as u64;
    let joined = members.values().map(|m| pairs(m.len())).sum::<u64>() - found;
    let group = connected(labels.iter().filter(|(_, label)| **label).map(|(pair, _)| pair));
    let same_group = |a: &String, b: &String| group.get(a).is_some_and(|g| group.get(b) == Some(g));
    let implied = members
        .values()
        .flat_map(|m| m.iter().enumerate().flat_map(move |(i, a)| m[i + 1..].iter().map(move |b| (*a, *b))))
        .filter(|(a, b)| same_group(a, b))
        .count() as u64
        - found;
    let others = pairs(ids.len()) - positive;
    Report {
        documents: ids.len(),
        labelled: labels.len(),
        precision,
        recall,
        f1: 2.0 * precision * recall / (precision + recall),
        others,
        joined,
        implied,
        joined_share: share(joined, others),
    }
}

/// The group of each id, where pairs connect them.
fn connected<'p>(pairs: impl Iterator<Item = &'p (String, String)>) -> HashMap<&'p String, usize> {
    let mut groups: Vec<Vec<&String>> = Vec::new();
    let mut of: HashMap<&String, usize> = HashMap::new();
    for (a, b) in pairs {
        let mut group = |id| {
            *of.entry(id).or_insert_with(|| {
                groups.push(vec![id]);
                groups.len() - 1
            })
        };
        let (into, from) = (group(a), group(b));
        if into != from {
            let moved = std::mem::take(&mut groups[from]);
            moved.iter().for_each(|id| {
                of.insert(id, into);
            });
            groups[into].extend(moved);
        }
    }
    of
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labelled_implied_and_other_pairs_are_told_apart() {
        let ids: HashSet<String> = ["a", "b", "c", "d", "e"].map(String::from).into();
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        let labels = [(pair("a", "b"), true), (pair("b", "c"), true), (pair("a", "d"), false)].into();
        let clusters = ["a", "b", "c", "d"].map(|id| (id.to_owned(), "0".to_owned())).into();
        let report = score(&ids, &labels, &clusters);
        assert_eq!((report.precision, report.recall), (2.0 / 3.0, 1.0));
        // a-c is implied; a-d, b-d and c-d are not.
        assert_eq!((report.others, report.joined, report.implied), (8, 4, 1));
    }
}
