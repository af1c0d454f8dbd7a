//! The nouns: documents, the spans of their texts, and the kinds of repetition that are cut from them.

use serde::{Deserialize, Serialize};

/// A document given to the library: a text, and what is known about it.
///
/// Only `text` is needed. Without a `site` (and without a `url` to tell it) the document is never pooled with
/// others to find the boilerplate of a site.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Document {
    /// A label; it may repeat or be empty.
    pub id: String,
    /// The text as it was scraped.
    pub text: String,
    /// The address it came from; its registrable domain is the site where `site` is not given.
    pub url: Option<String>,
    /// The site whose furniture the text may carry.
    pub site: Option<String>,
    /// Its date.
    pub date: Option<String>,
}

impl Document {
    /// A document with an id and a text, and nothing else known.
    pub fn new(id: impl Into<String>, text: impl Into<String>) -> Self {
        Document { id: id.into(), text: text.into(), ..Document::default() }
    }

    /// The same document with its site named.
    pub fn with_site(mut self, site: impl Into<String>) -> Self {
        self.site = Some(site.into());
        self
    }
}

/// A half-open range of byte offsets in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The bytes of `text` in this span.
    pub fn of(self, text: &str) -> &str {
        &text[self.start as usize..self.end as usize]
    }
}

/// What kind of repetition a cut removes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A line or a template that a site prints on many pages, or that is known beforehand.
    Boilerplate,
    /// A whole document that is a near-duplicate of a kept one, or contained in it.
    Document,
    /// A line or a paragraph again in the same document.
    Repeat,
    /// A paragraph that stands in other kept documents too.
    Passage,
}

impl Kind {
    /// All kinds, in the order in which they are judged.
    pub const ALL: [Kind; 4] = [Kind::Boilerplate, Kind::Document, Kind::Repeat, Kind::Passage];

    /// The name in settings, receipts and summaries.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Boilerplate => "boilerplate",
            Kind::Document => "document",
            Kind::Repeat => "repeat",
            Kind::Passage => "passage",
        }
    }
}

/// The place of a record in the input order: its key everywhere, whatever its id says.
pub type RecordIndex = u32;

/// A site by its number in the table of sites; [`SiteIndex::NONE`] is a document without a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SiteIndex(pub u32);

impl SiteIndex {
    /// No site known: such documents are never pooled.
    pub const NONE: SiteIndex = SiteIndex(u32::MAX);

    /// Whether a site is known.
    pub fn is_some(self) -> bool {
        self != SiteIndex::NONE
    }
}
