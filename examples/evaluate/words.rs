//! How much of a corpus was cut, in words between white space.

use super::records;
use super::{Form, Missed, share, show};
use dechaff::clean::receipt::Receipt;
use dechaff::document::Kind;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

#[derive(clap::Args)]
pub struct Arguments {
    /// What was cleaned
    corpus: PathBuf,
    /// The output folder
    out: PathBuf,
    /// The share of words that may be cut by all kinds but `document` together
    #[arg(long)]
    max_share: Option<f64>,
    #[command(flatten)]
    form: Form,
}

#[derive(Serialize)]
struct Report {
    documents: usize,
    /// Documents removed as a whole; their words count as words that were not cut.
    removed_documents: usize,
    words: u64,
    cut: u64,
    share: f64,
    by_kind: BTreeMap<&'static str, u64>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} documents, {} words: {:.3} % cut", self.documents, self.words, 100.0 * self.share)?;
        for (i, (kind, &cut)) in self.by_kind.iter().enumerate() {
            let sign = if i == 0 { " (" } else { ", " };
            write!(f, "{sign}{kind} {:.3} %", 100.0 * share(cut, self.words))?;
        }
        write!(
            f,
            "{}; {} documents removed",
            if self.by_kind.is_empty() { "" } else { ")" },
            self.removed_documents
        )
    }
}

pub fn run(arguments: &Arguments) -> Result<Missed, String> {
    let (corpus, _) = records::corpus(&arguments.corpus)?;
    let words = |text: &str| text.split_whitespace().count() as u64;
    let mut report = Report {
        documents: corpus.len(),
        removed_documents: 0,
        words: corpus.iter().map(|r| words(&r.text)).sum(),
        cut: 0,
        share: 0.0,
        by_kind: BTreeMap::new(),
    };
    let path = arguments.out.join("receipts").join("receipts.jsonl");
    let bytes = records::read(&path)?;
    // The first line is the header.
    for (i, line) in records::lines(&bytes).enumerate().skip(1) {
        let receipt: Receipt =
            serde_json::from_slice(line).map_err(|e| format!("{}:{}: {e}", path.display(), i + 1))?;
        report.removed_documents += usize::from(receipt.document.is_some());
        for cut in receipt.cuts.iter().filter(|c| c.kind != Kind::Document) {
            let count = words(&cut.removed);
            report.cut += count;
            *report.by_kind.entry(cut.kind.name()).or_default() += count;
        }
    }
    report.share = share(report.cut, report.words);
    show(&report, &arguments.form)?;
    let mut missed = Missed::default();
    missed.above("the share of words cut", report.share, arguments.max_share);
    Ok(missed)
}
