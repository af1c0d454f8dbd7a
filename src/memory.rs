//! Cleaning documents in memory: what the program is made of, for other programs.

use crate::batch::BATCH;
use crate::clean::cuts;
use crate::config::Config;
use crate::corpus::date;
use crate::corpus::site::{self, SiteNumbers};
use crate::document::{Document, Kind, RecordIndex, SiteIndex, Span};
use crate::engine::units::Documents;
use crate::engine::{Cancel, Job, Lists, Source, TextBuffer};
use crate::error::{Error, Result};
use crate::progress::Silent;
use crate::store::{Builder, Store};
use crate::tables::Rule;
use std::collections::HashMap;
use std::sync::Arc;

/// A cleaned corpus, in the order of the documents given.
#[derive(Debug, Clone, PartialEq)]
pub struct Cleaned {
    /// One for each document given.
    pub documents: Vec<CleanedDocument>,
    /// Groups of near-duplicates, by the document that stays.
    pub clusters: Vec<Cluster>,
}

/// What became of a document.
#[derive(Debug, Clone, PartialEq)]
pub struct CleanedDocument {
    /// The text without its cuts; that of a removed document is whole.
    pub text: String,
    /// What was cut, in order, as ranges of the text given.
    pub cuts: Vec<TextCut>,
    /// Whether it was removed as a copy of another.
    pub removed: bool,
}

/// A cut.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TextCut {
    /// Bytes of the text given, white space that was closed up included.
    pub range: Span,
    /// What it was.
    pub kind: Kind,
    /// Why it went.
    pub rule: Rule,
    /// How sure, 0 to 1; for copies the similarity.
    pub score: f32,
    /// The copy that stays: its document and its bytes there.
    pub witness: Option<(RecordIndex, Span)>,
}

/// Documents that say nearly the same.
#[derive(Debug, Clone, PartialEq)]
pub struct Cluster {
    /// The one that stays.
    pub kept: RecordIndex,
    /// Those removed, why, and how similar each is to the one that stays.
    pub removed: Vec<(RecordIndex, Rule, f32)>,
}

struct Texts<'a>(&'a [Document]);

impl Source for Texts<'_> {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn text<'a>(&'a self, record: usize, _buffer: &'a mut TextBuffer) -> &'a str {
        &self.0[record].text
    }
}

/// Cleans documents with the lists and the model that ship with dechaff.
///
/// # Errors
/// A setting out of range, or a text of 4 GiB or more.
pub fn clean(documents: &[Document], config: &Config) -> Result<Cleaned> {
    clean_with(documents, config, &Lists::shipped(config.boilerplate.builtin))
}

/// Cleans documents with lists and a model of the caller's.
///
/// # Errors
/// As [`clean`].
pub fn clean_with(documents: &[Document], config: &Config, lists: &Lists) -> Result<Cleaned> {
    config.validate()?;
    if let Some(long) = documents.iter().find(|d| d.text.len() >= u32::MAX as usize) {
        return Err(Error::Input(format!("document `{}`: a text of 4 GiB or more", long.id)));
    }
    let source = Texts(documents);
    let store = Arc::default();
    let rows = rows(documents, config, &store);
    let (progress, cancel) = (Silent, Cancel::default());
    let job = Job {
        source: &source,
        documents: &rows,
        config,
        lists,
        store: &store,
        progress: &progress,
        cancel: &cancel,
        batch: BATCH,
    };
    let decisions = job.decide()?;
    let decided = decisions.stretch(0..documents.len() as u32);
    let cleaned = documents
        .iter()
        .enumerate()
        .map(|(record, document)| {
            let removed = decisions.is_removed(record as u32);
            let rows = if removed { &[] } else { decided.cuts_of(record as u32) };
            let span = |unit: u32| decided.span(unit);
            let spans: Vec<Span> = rows.iter().map(|c| span(c.unit)).collect();
            let ranges = cuts::ranges(&document.text, &spans);
            let cut = |(row, &range): (&crate::tables::CutRow, &Span)| TextCut {
                range,
                kind: row.kind,
                rule: row.rule,
                score: row.score,
                witness: row.witness.map(|w| (decisions.units.record_of(w.of), span(w.of))),
            };
            CleanedDocument {
                text: cuts::cut(&document.text, &ranges),
                cuts: rows.iter().zip(&ranges).map(cut).collect(),
                removed,
            }
        })
        .collect();
    let mut clusters: Vec<Cluster> = Vec::new();
    let mut place: HashMap<RecordIndex, usize> = HashMap::new();
    for record in 0..documents.len() as u32 {
        let Some(removed) = decisions.removed(record) else { continue };
        let at = *place.entry(removed.witness.of).or_insert_with(|| {
            clusters.push(Cluster { kept: removed.witness.of, removed: Vec::new() });
            clusters.len() - 1
        });
        clusters[at].removed.push((record, removed.rule, removed.witness.similarity));
    }
    Ok(Cleaned { documents: cleaned, clusters })
}

fn rows(documents: &[Document], config: &Config, store: &Arc<Store>) -> Documents {
    let mut numbers = SiteNumbers::default();
    let mut rows = Documents::default();
    let mut dates = Builder::new(store);
    for document in documents {
        let given = document.site.as_deref().and_then(site::normal);
        let name = given.or_else(|| document.url.as_deref().and_then(site::of_url));
        rows.sites.push(name.map_or(SiteIndex::NONE, |name| numbers.number(&name)));
        dates.push(document.date.as_deref().and_then(date::parse));
    }
    rows.preferences = numbers.preferences(&config.document.prefer);
    rows.dates = dates.finish();
    rows
}
