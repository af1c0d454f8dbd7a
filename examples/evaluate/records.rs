//! JSON Lines, read with serde_json alone: what is checked does not check itself.

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use std::collections::HashMap;
use std::fs;
use std::path::Path;

/// A record of a corpus: its id as written, if it has one, and its text.
pub struct Record {
    pub id: Option<String>,
    pub text: String,
}

/// The records of a corpus that have a text, in order, as dechaff numbers them: blank lines and lines without a
/// string `text` are not counted. Returns how many were left out as well.
pub fn corpus(path: &Path) -> Result<(Vec<Record>, usize), String> {
    let bytes = read(path)?;
    let lines: Vec<&[u8]> = lines(&bytes).collect();
    let records: Vec<Record> = lines.iter().filter_map(|line| record(line)).collect();
    let left_out = lines.len() - records.len();
    Ok((records, left_out))
}

fn record(line: &[u8]) -> Option<Record> {
    let fields: HashMap<String, &RawValue> = serde_json::from_slice(line).ok()?;
    let raw = fields.get("text")?.get();
    let inside = raw.strip_prefix('"')?.strip_suffix('"')?;
    // serde_json makes no string of lone surrogates: those are read as dechaff reads them.
    let text = serde_json::from_str(raw).unwrap_or_else(|_| dechaff::corpus::json::unescape(inside).into());
    Some(Record { id: fields.get("id").and_then(|id| label(id)), text })
}

/// An id: a string, or a number as it is written.
fn label(raw: &RawValue) -> Option<String> {
    match raw.get().as_bytes()[0] {
        b'"' => serde_json::from_str(raw.get()).ok(),
        b'n' | b'{' | b'[' => None,
        _ => Some(raw.get().to_owned()),
    }
}

/// All rows of a file of rows of one sort.
pub fn rows<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>, String> {
    let bytes = read(path)?;
    lines(&bytes)
        .enumerate()
        .map(|(i, line)| {
            serde_json::from_slice(line).map_err(|e| format!("{}: row {}: {e}", path.display(), i + 1))
        })
        .collect()
}

/// The bytes of a file.
pub fn read(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|e| format!("{}: cannot read: {e}", path.display()))
}

/// Lines that are not blank, without a byte-order mark before the first.
pub fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    bytes.split(|&b| b == b'\n').filter(|line| !line.iter().all(u8::is_ascii_whitespace))
}

/// An id in any file: a string or a number.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(untagged)]
pub enum Label {
    Text(String),
    Number(serde_json::Number),
}

impl Label {
    /// The id as text, so that `7` and `"7"` are one.
    pub fn text(self) -> String {
        match self {
            Label::Text(text) => text,
            Label::Number(number) => number.to_string(),
        }
    }
}
