//! Reads the receipts of a cleaning: `receipts/receipts.jsonl` of its output.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use serde::Deserialize;

/// A cut as dechaff reports it.
#[derive(Debug, Clone, Deserialize)]
pub struct Cut {
    pub start: usize,
    pub end: usize,
    pub kind: String,
}

/// What was done to a touched document.
#[derive(Debug, Clone)]
pub enum Touched {
    Removed,
    Cut(Vec<Cut>),
}

/// The receipts of a cleaning, by document id.
pub type Receipts = HashMap<String, Touched>;

/// One line of `receipts.jsonl`.
#[derive(Deserialize)]
struct ReceiptLine {
    id: Option<String>,
    cuts: Option<Vec<Cut>>,
    document: Option<serde::de::IgnoredAny>,
}

/// The lines of a file.
pub fn lines_of(path: &Path) -> Result<impl Iterator<Item = Result<String, String>>, String> {
    let name = path.display().to_string();
    let file = File::open(path).map_err(|e| format!("{name}: {e}"))?;
    let lines = BufReader::new(file).lines();
    Ok(lines.map(move |line| line.map_err(|e| format!("{name}: {e}"))))
}

/// One line as JSON.
pub fn parse<T: serde::de::DeserializeOwned>(line: &str, path: &Path) -> Result<T, String> {
    serde_json::from_str(line).map_err(|e| format!("{}: {e}", path.display()))
}

/// Reads `receipts/receipts.jsonl` of an output folder.
pub fn read_receipts(out: &Path) -> Result<Receipts, String> {
    let path = out.join("receipts").join("receipts.jsonl");
    let mut receipts = Receipts::new();
    for line in lines_of(&path)?.skip(1) {
        let line: ReceiptLine = parse(&line?, &path)?;
        let id = line.id.ok_or("a receipt without an id")?;
        let touched = match line.document {
            Some(_) => Touched::Removed,
            None => Touched::Cut(line.cuts.unwrap_or_default()),
        };
        if receipts.insert(id.clone(), touched).is_some() {
            return Err(format!("two receipts for {id}"));
        }
    }
    Ok(receipts)
}
