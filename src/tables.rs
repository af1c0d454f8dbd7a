//! The rows that pass between the stages: fixed width, keyed by places in the input order.

use crate::document::{Kind, SiteIndex, Span};
use crate::store::Row;
use crate::store::row::{choice, row};
use crate::text::shingle::Bitmap;
use crate::text::surface::Surface;

/// What a unit of a document looks like. Rows stand in the order of the documents and of their texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnitRow {
    /// How many masked words it has, at most 255.
    pub masked_words: u8,
    /// Length in words, at most 65,535.
    pub words: u16,
    /// Whether a list given beforehand names it.
    pub known: Known,
    /// What it looks like.
    pub surface: Surface,
}

/// A paragraph that stands in several kept documents and was left there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PassageRow {
    /// Its first copy.
    pub unit: u32,
    /// Kept documents that carry it.
    pub documents: u32,
    /// Of these, distinct stories.
    pub stories: u32,
    /// Copies in all.
    pub copies: u32,
    /// Copies at an edge of their article.
    pub at_edge: u32,
}

/// Whether a list that was given beforehand names a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// None does.
    No,
    /// It is known furniture.
    Furniture,
    /// It is a word or two that are known as a label of menus and boxes.
    Label,
    /// It says nearly the same as known furniture.
    NearFurniture,
    /// It must stay.
    Protected,
}

impl Known {
    /// All of them.
    const ALL: [Known; 5] =
        [Known::No, Known::Furniture, Known::Label, Known::NearFurniture, Known::Protected];

    /// Whether it is known furniture, or nearly that.
    pub fn is_furniture(self) -> bool {
        matches!(self, Known::Furniture | Known::Label | Known::NearFurniture)
    }
}

/// Why a unit or a document goes; the name stands in the receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// A list of known furniture holds the line, or one nearly like it.
    KnownLine,
    /// Other pages of the site have the same words.
    SiteLine,
    /// Other pages of the site have the same words but for numbers and dates, or words at the same places of a line.
    SiteTemplate,
    /// Other sites have the same words.
    ManySites,
    /// It stands among furniture and looks like it.
    Context,
    /// A mark that stands only between copies that go.
    BetweenCopies,
    /// The same words stand earlier in the document.
    LineAgain,
    /// Nearly the same words stand earlier in the document.
    NearLineAgain,
    /// A short line again beside its first copy, or the headline again near the top.
    ShortLineAgain,
    /// Many documents carry the paragraph.
    ManyDocuments,
    /// Several documents carry the paragraph at their edge.
    ArticleEdge,
    /// The words of another document, all of them.
    SameWords,
    /// Jaccard similarity of shingles at or above the threshold.
    NearDuplicate,
    /// Its shingles stand in a longer document.
    Contained,
}

impl Rule {
    /// All of them.
    const ALL: [Rule; 14] = [
        Rule::KnownLine,
        Rule::SiteLine,
        Rule::SiteTemplate,
        Rule::ManySites,
        Rule::Context,
        Rule::BetweenCopies,
        Rule::LineAgain,
        Rule::NearLineAgain,
        Rule::ShortLineAgain,
        Rule::ManyDocuments,
        Rule::ArticleEdge,
        Rule::SameWords,
        Rule::NearDuplicate,
        Rule::Contained,
    ];

    /// The name in receipts.
    pub fn name(self) -> &'static str {
        match self {
            Rule::KnownLine => "known-line",
            Rule::SiteLine => "site-line",
            Rule::SiteTemplate => "site-template",
            Rule::ManySites => "many-sites",
            Rule::Context => "context",
            Rule::BetweenCopies => "between-copies",
            Rule::LineAgain => "line-again",
            Rule::NearLineAgain => "near-line-again",
            Rule::ShortLineAgain => "short-line-again",
            Rule::ManyDocuments => "many-documents",
            Rule::ArticleEdge => "article-edge",
            Rule::SameWords => "same-words",
            Rule::NearDuplicate => "near-duplicate",
            Rule::Contained => "contained",
        }
    }
}

/// A kind of evidence that the boilerplate model weighs; what it says of a line stands in the receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// On how many pages of the site the line is.
    Pages,
    /// The same, but for numbers and dates.
    Masked,
    /// On how many pages a line of the same template is.
    Template,
    /// On how many sites it is.
    Sites,
    /// How often it is on the page.
    Again,
    /// How long it is.
    Length,
    /// How it begins and ends.
    Ends,
    /// Punctuation, separators and addresses in it.
    Marks,
    /// Its capitals.
    Capitals,
    /// Its digits.
    Digits,
    /// Where on the page it stands.
    Place,
    /// How much text is around it.
    Text,
    /// How many lines around it are on other pages.
    Around,
    /// What its page is like.
    Page,
    /// What the lines before it are like.
    Before,
    /// What the lines behind it are like.
    Behind,
}

impl Reason {
    /// All of them.
    pub const ALL: [Reason; 16] = [
        Reason::Pages,
        Reason::Masked,
        Reason::Template,
        Reason::Sites,
        Reason::Again,
        Reason::Length,
        Reason::Ends,
        Reason::Marks,
        Reason::Capitals,
        Reason::Digits,
        Reason::Place,
        Reason::Text,
        Reason::Around,
        Reason::Page,
        Reason::Before,
        Reason::Behind,
    ];
}

/// What spoke most for a verdict of the model, strongest first; none where it did not decide.
pub type Reasons = [Option<Reason>; 3];

/// The copy that stays where another goes, and how alike they were measured to be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Witness {
    /// A unit, or a record where documents are judged.
    pub of: u32,
    /// Jaccard similarity, or containment where that was measured.
    pub similarity: f32,
}

/// A unit that goes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CutRow {
    /// Which unit.
    pub unit: u32,
    /// What it is.
    pub kind: Kind,
    /// Why.
    pub rule: Rule,
    /// For copies the similarity, else how sure the model or the counts are, 0 to 1.
    pub score: f32,
    /// The unit that stays, where it is a copy.
    pub witness: Option<Witness>,
    /// What spoke most for it, where the model decided.
    pub reasons: Reasons,
}

/// Units of fewer words match exactly or not at all: a word changed in a short line is another line.
pub const NEAR_MIN_WORDS: usize = 8;

/// Words a shingle in comparing units.
pub const UNIT_SHINGLE: usize = 3;

/// The bucket keys of one unit that is long enough for near matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NearRow {
    /// Which unit.
    pub unit: u32,
    /// A key a band.
    pub keys: [u32; NEAR_BANDS],
    /// How many shingles it has, those that come twice counted twice; at most 65,535.
    pub shingles: u16,
    /// Which shingles it has, roughly: [`shingle::may_reach`](crate::text::shingle::may_reach).
    pub bitmap: Bitmap,
}

/// Bands of the signature of a unit: with three rows each, 97 % of the pairs at Jaccard 0.8 share one.
pub const NEAR_BANDS: usize = 5;
/// Rows a band in the signature of a unit.
pub const NEAR_ROWS: usize = 3;

/// The sketch of a document's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SketchRow {
    /// Fingerprint of all its words in order.
    pub exact: u128,
    /// How many words; a document without words is similar to nothing.
    pub words: u32,
    /// How many of its shingles were sampled.
    pub samples: u32,
}

/// How often a unit stands where, in distinct documents: near copies of one page count once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Evidence {
    /// Distinct documents of its site that hold the same words.
    pub site_documents: u32,
    /// Distinct documents of its site that hold the same masked words.
    pub site_masked: u32,
    /// Distinct documents of its site that share an anchor of a template with it: the smallest count of its anchors.
    pub site_template: u32,
    /// How many of its masked words are such anchors.
    pub anchored: u8,
    /// Distinct documents of all sites with the same words.
    pub documents: u32,
    /// Sites (and documents without one) with the same words.
    pub sites: u32,
    /// How often the words stand in its own document.
    pub in_document: u16,
    /// How many of those stand before it.
    pub earlier: u16,
}

impl Row for SiteIndex {
    const BYTES: usize = u32::BYTES;
    fn put(&self, out: &mut [u8]) {
        self.0.put(out);
    }
    fn get(bytes: &[u8]) -> Self {
        SiteIndex(u32::get(bytes))
    }
}
choice!(Kind, Kind::ALL);
choice!(Rule, Rule::ALL);
choice!(Known, Known::ALL);
choice!(Reason, Reason::ALL);
row!(Span { start: u32, end: u32 });
row!(Surface {
    chars: u16,
    indent: u8,
    capitalised: u8,
    short_words: u8,
    digits: u8,
    symbols: u8,
    commas: u8,
    separators: u8,
    flags: u16,
});
row!(UnitRow { masked_words: u8, words: u16, known: Known, surface: Surface });
row!(PassageRow { unit: u32, documents: u32, stories: u32, copies: u32, at_edge: u32 });
row!(Witness { of: u32, similarity: f32 });
row!(CutRow { unit: u32, kind: Kind, rule: Rule, score: f32, witness: Option<Witness>, reasons: Reasons });
row!(NearRow { unit: u32, keys: [u32; NEAR_BANDS], shingles: u16, bitmap: Bitmap });
row!(SketchRow { exact: u128, words: u32, samples: u32 });
row!(Evidence {
    site_documents: u32,
    site_masked: u32,
    site_template: u32,
    anchored: u8,
    documents: u32,
    sites: u32,
    in_document: u16,
    earlier: u16,
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_are_numbered_as_their_lists_are() {
        let number = |byte: u8| [byte];
        assert!(Kind::ALL.iter().all(|&k| Kind::get(&number(k as u8)) == k));
        assert!(Rule::ALL.iter().all(|&r| Rule::get(&number(r as u8)) == r));
        assert!(Known::ALL.iter().all(|&k| Known::get(&number(k as u8)) == k));
        assert!(Reason::ALL.iter().all(|&k| Reason::get(&number(k as u8)) == k));
    }
}
