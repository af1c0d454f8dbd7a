//! The form of `truth.jsonl`: what was planted in each document.

use serde::{Deserialize, Serialize};

/// All that was planted in one document; offsets are UTF-8 bytes of its text.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct DocumentTruth {
    pub id: String,
    /// Lines to cut.
    pub cuts: Vec<PlantedCut>,
    /// The first copies of planted repeats: one copy of each group must stay.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub originals: Vec<Original>,
    /// Lines that may be cut or kept (bylines): no point either way.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub neutral: Vec<Neutral>,
    /// What must stay though it resembles chaff.
    pub near_misses: Vec<NearMiss>,
    /// The document's place in a cluster of near-duplicates.
    pub document: Option<ClusterPlace>,
}

/// One line to cut.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PlantedCut {
    pub start: usize,
    pub end: usize,
    /// `repeat`, `boilerplate` or `passage`.
    pub kind: String,
    /// Other kinds under which a cut is as right.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
    pub rule: String,
    /// Repeats: a group within the document. Passages: a group of the corpus.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<u64>,
    /// Repeats: Jaccard index of word 3-grams with the original.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub similarity: Option<f64>,
}

/// The first copy of a planted repeat.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Original {
    pub start: usize,
    pub end: usize,
    pub group: u64,
}

/// A line on which a cut counts neither as right nor as wrong.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Neutral {
    pub start: usize,
    pub end: usize,
    pub what: String,
}

/// Text that must stay. An empty span (0 to 0) stands for the document itself:
/// it is touched only when the document is removed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NearMiss {
    pub start: usize,
    pub end: usize,
    pub what: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub similarity: Option<f64>,
}

/// The place of a document in a planted cluster.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ClusterPlace {
    pub cluster: u64,
    /// `original`, `copy`, `revised` or `contained`.
    pub role: String,
    /// Similarity with the original: Jaccard index of word 5-grams, or for
    /// `contained` the share of its 5-grams that the original has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub similarity: Option<f64>,
}
