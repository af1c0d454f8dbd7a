//! What a run tells people: the summary, and one document with its cuts.

pub mod explain;
pub mod summary;
