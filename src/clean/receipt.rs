//! Receipts: for every record that was touched one JSON line that explains the cuts and undoes them.

use crate::document::Kind;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Version of the receipts file.
pub const VERSION: u32 = 1;
/// Its format, as named in its first line.
pub const FORMAT: &str = "dechaff receipts";

/// The first line of a file that dechaff reads again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// What the file is.
    pub format: String,
    /// In which version.
    pub version: u32,
}

impl Header {
    /// The header of a file of this format and version.
    pub fn new(format: &str, version: u32) -> Header {
        Header { format: format.into(), version }
    }
}

/// Refuses other formats and versions by the first line of a file.
///
/// # Errors
/// What the file is instead.
pub fn check_header(line: &str, format: &str, version: u32) -> Result<(), String> {
    let header: Header = serde_json::from_str(line).map_err(|e| e.to_string())?;
    if header.format != format {
        return Err(format!("not `{format}` but `{}`", header.format));
    }
    if header.version != version {
        return Err(format!("{format} of version {}, this program reads version {version}", header.version));
    }
    Ok(())
}

/// What happened to one record: cuts in its text, or its removal as a whole. It borrows what is written from the record, and
/// owns what was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Receipt<'a> {
    /// Place in the whole input, from 0.
    pub record: u32,
    /// Its id, or a content hash and an occurrence number where it had none.
    pub id: String,
    /// The file, as named below `documents/`.
    pub file: Cow<'a, str>,
    /// Line in that file, from 1.
    pub line: u64,
    /// Place among the records of that file, from 0.
    pub row: u64,
    /// Its site, where one was known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<Cow<'a, str>>,
    /// Distinct pages of the site; left out where there is one.
    #[serde(default = "once", skip_serializing_if = "is_once")]
    pub site_pages: u32,
    /// Bytes of the original text.
    pub bytes: u64,
    /// XXH3-128 of the original text, in hexadecimal.
    pub xxh3: String,
    /// What was cut, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cuts: Vec<Cut<'a>>,
    /// Why it went as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<DocumentCut>,
}

/// One cut.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cut<'a> {
    /// First byte in the original text.
    pub start: u64,
    /// One past the last byte.
    pub end: u64,
    /// The same in Unicode code points.
    pub char_start: u64,
    /// One past the last code point.
    pub char_end: u64,
    /// What it is.
    pub kind: Kind,
    /// Why it went.
    pub rule: Cow<'a, str>,
    /// How sure: for copies the similarity, for known lines that to the line of the list. Else where the model decided
    /// (`because` says why) the chance that it gives the line to be furniture, and where the counts decided 1 - 1/n for
    /// n pages of the site with the line.
    pub score: f32,
    /// Where the model decided: the facts of the line and of what stands around it that spoke most for furniture, strongest first, at
    /// most three; one of the page as a whole only where there is no other.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub because: Vec<Cow<'a, str>>,
    /// The counts behind it; left out where the line stands nowhere else, or lines were not counted.
    #[serde(default, skip_serializing_if = "Counts::say_nothing")]
    pub counts: Counts,
    /// The copy that stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub witness: Option<UnitWitness>,
    /// The text that was removed, closed-up white space included.
    pub removed: Cow<'a, str>,
    /// Its bytes as they are spelt in the record (the inside of a JSON string), where that is not the plain spelling of
    /// `removed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw: Option<Cow<'a, str>>,
    /// First byte within the spelt text, where the text holds half a surrogate pair, so that what is left is read
    /// otherwise than it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw_start: Option<u64>,
}

/// In how many distinct documents the line stands. A count of one (of a template: none) is left out of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Of its site, the same words.
    #[serde(default = "once", skip_serializing_if = "is_once")]
    pub site_documents: u32,
    /// Of its site, the same words but for numbers and dates.
    #[serde(default = "once", skip_serializing_if = "is_once")]
    pub site_masked: u32,
    /// Of its site, a line with words at the same places.
    #[serde(default, skip_serializing_if = "is_none")]
    pub site_template: u32,
    /// Of all sites, the same words.
    #[serde(default = "once", skip_serializing_if = "is_once")]
    pub documents: u32,
    /// Sites with the same words.
    #[serde(default = "once", skip_serializing_if = "is_once")]
    pub sites: u32,
    /// Times in its own document.
    #[serde(default = "once", skip_serializing_if = "is_once")]
    pub in_document: u32,
}

impl Default for Counts {
    fn default() -> Counts {
        Counts { site_documents: 1, site_masked: 1, site_template: 0, documents: 1, sites: 1, in_document: 1 }
    }
}

impl Counts {
    fn say_nothing(&self) -> bool {
        *self == Counts::default()
    }
}

fn once() -> u32 {
    1
}

fn is_once(count: &u32) -> bool {
    *count == 1
}

fn is_none(count: &u32) -> bool {
    *count == 0
}

/// A line that stays.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UnitWitness {
    /// Its record.
    pub record: u32,
    /// The id of that.
    pub id: String,
    /// Where it stands in the original text of that record, in bytes.
    pub start: u64,
    /// One past its last byte.
    pub end: u64,
    /// Jaccard similarity of word 3-gram sets, 1 for the same words.
    pub similarity: f32,
}

/// Why a document went.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DocumentCut {
    /// `same-words`, `near-duplicate` or `contained`.
    pub rule: String,
    /// Jaccard similarity, or containment.
    pub score: f32,
    /// The document that stays.
    pub witness: DocumentWitness,
}

/// A document that stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentWitness {
    /// Its record.
    pub record: u32,
    /// Its id.
    pub id: String,
}

/// XXH3-128 of a text in hexadecimal.
pub fn hash(text: &str) -> String {
    format!("{:032x}", xxhash_rust::xxh3::xxh3_128(text.as_bytes()))
}
