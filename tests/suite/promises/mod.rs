//! The promises of DESIGN.md, on a corpus made by [`crate::newsroom`].

mod aside;
mod books;
mod faults;
mod folders;
mod forecast;
mod formats;
mod hostile;
mod kills;
mod recall;
mod same_bytes;
mod witnesses;

use crate::newsroom;
use crate::output::{receipts, text_of};
use crate::program::expect;
use dechaff::clean::receipt::Receipt;
use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;
use tempfile::TempDir;

/// A corpus that was cleaned with the default settings, once for all tests.
pub struct Cleaned {
    /// The lines of the input, unusable ones included.
    pub lines: Vec<String>,
    /// Texts of the usable ones: what `record` counts.
    pub texts: Vec<String>,
    /// In order.
    pub receipts: Vec<Receipt<'static>>,
    dir: TempDir,
}

impl Cleaned {
    /// A path in the folder that holds `corpus.jsonl` and `out`.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The receipt of a record.
    pub fn receipt(&self, record: u32) -> Option<&Receipt<'static>> {
        self.receipts.binary_search_by_key(&record, |r| r.record).ok().map(|at| &self.receipts[at])
    }

    /// Whether a record was written.
    pub fn kept(&self, record: u32) -> bool {
        self.receipt(record).is_none_or(|r| r.document.is_none())
    }
}

/// The corpus and what became of it.
pub fn cleaned() -> &'static Cleaned {
    static CLEANED: OnceLock<Cleaned> = OnceLock::new();
    CLEANED.get_or_init(|| {
        let lines = newsroom::corpus(2, 400);
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("corpus.jsonl"), lines.join("\n") + "\n").unwrap();
        expect(dir.path(), &["clean", "corpus.jsonl", "-o", "out", "-q"], 1);
        let texts = lines.iter().filter_map(|l| text_of(l)).collect();
        let receipts = receipts(&dir.path().join("out"));
        Cleaned { lines, texts, receipts, dir }
    })
}

#[test]
fn the_corpus_holds_every_kind_of_cut() {
    let corpus = cleaned();
    let summary = crate::output::summary(&corpus.path("out"));
    for kind in ["boilerplate", "repeat", "passage", "document"] {
        assert!(summary["cuts"][kind]["cuts"].as_u64().unwrap() > 10, "{kind}: {}", summary["cuts"]);
    }
    for rule in ["same-words", "near-duplicate", "contained"] {
        assert!(summary["removed_by_rule"][rule].as_u64() > Some(3), "{rule}: {summary}");
    }
    assert!(summary["records_rejected"].as_u64() > Some(2));
}
