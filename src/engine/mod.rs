//! The one driver: the only place that spawns, sorts and merges. Kernels are pure, results come in input order.

pub mod analyse;
pub mod anchored;
mod connected;
mod containers;
pub mod copies;
mod counting;
pub mod documents;
pub mod evidence;
pub mod fates;
mod furniture;
pub mod groups;
mod leaders;
pub mod near;
mod near_sets;
pub mod ordered;
pub mod repeated;
mod sketches;
pub mod templates;
pub mod units;

use crate::clean::cuts;
use crate::config::{Builtin, Config};
use crate::document::{Kind, RecordIndex, Span};
use crate::error::{Error, Result};
use crate::judge::known::KnownLines;
use crate::judge::model::Model;
use crate::progress::Progress;
use crate::store::{Ahead, Bits, Builder, By, Column, Sorter, Store};
use crate::tables::{CutRow, Evidence, PassageRow, UnitRow};
use analyse::{Analyser, Analysis};
use copies::Copies;
use documents::DocumentSearch;
use fates::{DocumentFates, NextFates, Removed};
use groups::{Groups, Left};
use near::{NearMatches, NearSearch};
use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use units::{Documents, Units};

/// Where the driver gets its texts from: documents in memory, or records of files.
pub trait Source: Sync {
    /// How many documents there are.
    fn len(&self) -> usize;
    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// About how many bytes the texts of some documents have, a number each; none where that does not matter.
    fn lengths(&self, _records: Range<usize>) -> Vec<u64> {
        Vec::new()
    }
    /// The text of a document; `buffer` may be used to hold it.
    fn text<'a>(&'a self, record: usize, buffer: &'a mut TextBuffer) -> &'a str;
}

/// Where a text lies that is not in memory, or is spelt otherwise there.
#[derive(Debug, Default)]
pub struct TextBuffer {
    /// The record as it came.
    pub raw: RawBuffer,
    /// Its text.
    pub text: String,
}

/// Where a record lies that is not in memory, and it.
#[derive(Debug, Default)]
pub struct RawBuffer {
    /// The rows that tell where records lie.
    pub rows: Ahead,
    /// Their bytes.
    pub bytes: Ahead,
}

/// Asks a run to stop soon.
#[derive(Debug, Default)]
pub struct Cancel(AtomicBool);

impl Cancel {
    /// Stop as soon as it can be done cleanly.
    pub fn request(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether a stop was asked for.
    pub fn requested(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// An error where a stop was asked for.
    pub fn check(&self) -> Result<()> {
        if self.requested() { Err(Error::Interrupted) } else { Ok(()) }
    }
}

/// Lists and weights that are read beside the settings.
#[derive(Debug, Clone)]
pub struct Lists {
    /// Furniture known beforehand.
    pub known: KnownLines,
    /// Lines that must stay.
    pub protected: KnownLines,
    /// The boilerplate model.
    pub model: Model,
}

impl Lists {
    /// What ships with dechaff, as the settings ask for it.
    pub fn shipped(builtin: Builtin) -> Lists {
        let mut known = KnownLines::default();
        let mined = include_str!("../../data/known-mined.txt");
        let general = include_str!("../../data/known-general.txt");
        let added = match builtin {
            Builtin::None => Ok(()),
            Builtin::Mined => known.add_mined(mined),
            Builtin::All => known.add_mined(mined).and_then(|()| known.add_general(general)),
        };
        added.expect("the shipped lists are checked by a test");
        Lists { known, protected: KnownLines::default(), model: Model::shipped() }
    }
}

/// What was decided about a corpus.
#[derive(Debug, Default)]
pub struct Decisions {
    /// Bytes of each text.
    pub lengths: Column<u32>,
    /// The units that go, in order; none of documents that go as a whole but their furniture.
    pub cuts: Column<CutRow>,
    /// Which documents go as a whole.
    pub documents: DocumentFates,
    /// All units.
    pub units: Units,
    /// The counts behind the units that stand elsewhere too; `None` where boilerplate was not looked for.
    pub evidence: Option<Column<(u32, Evidence)>>,
    /// Distinct pages of each site.
    pub pages: Vec<u32>,
    /// Paragraphs that several kept documents carry and that were left, by their first copy.
    pub passages: Column<PassageRow>,
    /// Comparisons between units that large buckets did not make.
    pub forgone: u64,
}

impl Decisions {
    /// What was decided about neighbouring documents; without the counts behind it.
    pub fn stretch(&self, records: Range<RecordIndex>) -> Stretch<'_> {
        let units = if self.units.rows.is_empty() { 0..0 } else { self.units.range_of(&records) };
        let cuts = self.cuts.partition_point(|c| (c.unit as usize) < units.start)
            ..self.cuts.partition_point(|c| (c.unit as usize) < units.end);
        Stretch {
            decisions: self,
            first_unit: units.start,
            cuts: self.cuts.read_all(cuts),
            spans: self.units.spans.read_all(units),
            units: None,
            evidence: None,
        }
    }

    /// What was decided about neighbouring documents, with the counts behind it.
    pub fn stretch_with_evidence(&self, records: Range<RecordIndex>) -> Stretch<'_> {
        let stretch = self.stretch(records);
        let units = stretch.first_unit..stretch.first_unit + stretch.spans.len();
        let evidence = self.evidence.as_ref().map(|evidence| {
            let place = |unit: usize| evidence.partition_point(|r| (r.0 as usize) < unit);
            evidence.read_all(place(units.start)..place(units.end))
        });
        Stretch { units: Some(self.units.rows.read_all(units)), evidence, ..stretch }
    }

    /// Why a document goes as a whole, if it does.
    pub fn removed(&self, record: RecordIndex) -> Option<Removed> {
        self.documents.of(record)
    }

    /// The same, of several documents that are asked for in order.
    pub fn removed_next(&self, record: RecordIndex, next: &mut NextFates) -> Option<Removed> {
        self.documents.of_next(record, next)
    }

    /// Whether a document goes as a whole.
    pub fn is_removed(&self, record: RecordIndex) -> bool {
        self.documents.gone.has(record as usize)
    }
}

/// What was decided about neighbouring documents.
pub struct Stretch<'a> {
    decisions: &'a Decisions,
    first_unit: usize,
    cuts: Cow<'a, [CutRow]>,
    spans: Cow<'a, [Span]>,
    /// What the units look like, where it was asked for.
    units: Option<Cow<'a, [UnitRow]>>,
    /// The counts of those that stand elsewhere too.
    evidence: Option<Cow<'a, [(u32, Evidence)]>>,
}

impl Stretch<'_> {
    /// The cuts of one of the documents.
    pub fn cuts_of(&self, record: RecordIndex) -> &[CutRow] {
        if self.cuts.is_empty() {
            return &[];
        }
        let range = self.decisions.units.range(record);
        let from = self.cuts.partition_point(|c| (c.unit as usize) < range.start);
        let to = self.cuts.partition_point(|c| (c.unit as usize) < range.end);
        &self.cuts[from..to]
    }

    /// Whether the counts were read.
    pub fn has_evidence(&self) -> bool {
        self.units.is_some()
    }

    /// Where one of the units lies in the text of its document.
    pub fn span(&self, unit: u32) -> Span {
        self.spans[unit as usize - self.first_unit]
    }

    /// The ranges of a text that cuts in it take, white space included.
    pub fn ranges(&self, text: &str, cuts: &[CutRow]) -> Vec<Span> {
        let spans: Vec<Span> = cuts.iter().map(|c| self.span(c.unit)).collect();
        cuts::ranges(text, &spans)
    }

    /// What the units of one of the documents look like; none where the counts were not asked for.
    pub fn units_of(&self, record: RecordIndex) -> &[UnitRow] {
        let Some(units) = &self.units else { return &[] };
        let range = self.decisions.units.range(record);
        &units[range.start - self.first_unit..range.end - self.first_unit]
    }

    /// The counts behind the units of one of the documents, a row each; none where boilerplate was not looked for, or they were
    /// not asked for.
    pub fn evidence_of(&self, record: RecordIndex, rows: &mut Vec<Evidence>) {
        rows.clear();
        if let Some(evidence) = &self.evidence {
            units::evidence_of(self.decisions.units.range(record), evidence, rows);
        }
    }
}

/// Everything that a decision needs beside the texts.
pub struct Job<'a> {
    /// The texts.
    pub source: &'a dyn Source,
    /// What is known of each.
    pub documents: &'a Documents,
    /// Settings.
    pub config: &'a Config,
    /// Known lines, protected lines, model.
    pub lists: &'a Lists,
    /// Holds the tables.
    pub store: &'a Arc<Store>,
    /// Hears where the run is.
    pub progress: &'a dyn Progress,
    /// May stop it.
    pub cancel: &'a Cancel,
    /// Documents a batch; results never depend on it.
    pub batch: usize,
}

impl Job<'_> {
    /// Decides what goes: furniture first, then documents on what is left, then repeats, and passages among the
    /// documents that stay; at the end witnesses that went are replaced.
    ///
    /// # Errors
    /// A table that is full, a run that is cancelled. It is called within [`Store::guarded`].
    pub fn decide(&self) -> Result<Decisions> {
        // On a thread of the pool: steps that many threads take and those that one takes follow one another, and from a thread
        // outside each of them would have to wake another.
        rayon::scope(|_| {
            let analyser = Analyser::new(self.config, self.lists);
            let analysis = analyser.run(
                (self.source, self.documents),
                self.batch,
                self.store,
                self.progress,
                self.cancel,
            )?;
            self.judge(&analyser, analysis)
        })
    }

    fn judge(&self, analyser: &Analyser, mut analysis: Analysis) -> Result<Decisions> {
        let (grouped, furniture) = self.boilerplate(analyser, &mut analysis)?;
        let mut gone = Bits::new(analysis.units.rows.len());
        furniture.each(|c| gone.set(c.unit as usize));
        let documents = self.documents(analyser, &mut analysis, &gone)?;
        // Where nothing tells which pages are copies, all are counted.
        let of_sites = if grouped.is_some() { Vec::new() } else { self.documents.of_sites() };
        let pages = grouped.as_ref().map_or(&of_sites, |g| &g.pages);
        let found = self.copies(analyser, &analysis.units, pages, &documents, &gone)?;
        analysis.units.near = Column::default();
        let mut cuts = Sorter::new(self.store, |c: &CutRow| c.unit);
        for table in [found.repeats, found.passages] {
            table.each(|c| cuts.push(*c));
        }
        let cuts = merged(furniture, cuts, self.store);
        let (evidence, pages) = grouped.map(|g| (g.evidence, g.pages)).unzip();
        let decisions = Decisions {
            lengths: analysis.lengths,
            cuts,
            documents,
            units: analysis.units,
            evidence,
            pages: pages.unwrap_or_default(),
            passages: found.stay,
            forgone: found.forgone,
        };
        self.cancel.check()?;
        Ok(decisions)
    }

    fn documents(&self, analyser: &Analyser, analysis: &mut Analysis, gone: &Bits) -> Result<DocumentFates> {
        if !self.config.runs(Kind::Document) {
            return Ok(DocumentFates { gone: Bits::new(self.documents.len()), ..DocumentFates::default() });
        }
        self.progress.start("comparing documents", 0);
        let search = DocumentSearch {
            source: self.source,
            analyser,
            documents: self.documents,
            settings: &self.config.document,
            gone: self.config.runs(Kind::Boilerplate).then_some(gone),
            store: self.store,
            cancel: self.cancel,
        };
        let fates = search.run(&analysis.units, std::mem::take(&mut analysis.sketches))?;
        self.progress.finish();
        Ok(fates)
    }

    fn copies(
        &self,
        analyser: &Analyser,
        units: &Units,
        pages: &[u32],
        fates: &DocumentFates,
        gone: &Bits,
    ) -> Result<Found> {
        let (repeat, passage) = (self.config.runs(Kind::Repeat), self.config.runs(Kind::Passage));
        if !repeat && !passage {
            return Ok(Found::default());
        }
        self.progress.start("comparing lines", 0);
        let left = Left::new(units, gone, &fates.gone);
        let groups = Groups::of(&left, self.store);
        self.cancel.check()?;
        let threshold = match (repeat, passage) {
            (true, true) => self.config.repeat.similarity.min(self.config.passage.similarity),
            (true, false) => self.config.repeat.similarity,
            _ => self.config.passage.similarity,
        };
        let search = NearSearch { source: self.source, analyser, left: &left, groups: &groups, threshold };
        let near: NearMatches = search.run(self.store, self.cancel)?;
        let copies = Copies {
            config: self.config,
            documents: self.documents,
            pages,
            left: &left,
            groups: &groups,
            near: &near,
            store: self.store,
        };
        let mut found = Found { forgone: near.forgone, ..Found::default() };
        if repeat {
            found.repeats = copies.repeats();
            self.cancel.check()?;
        }
        if passage {
            let mut repeated = Bits::new(units.rows.len());
            found.repeats.each(|c| repeated.set(c.unit as usize));
            (found.passages, found.stay) = copies.passages(&repeated);
            found.repeats = copies.settle_witnesses(found.repeats, &found.passages);
        }
        self.progress.finish();
        self.cancel.check()?;
        Ok(found)
    }
}

/// Cuts of furniture, which are in order, with others.
fn merged(
    furniture: Column<CutRow>,
    others: Sorter<CutRow, impl By<CutRow>>,
    store: &Arc<Store>,
) -> Column<CutRow> {
    let mut merged = Builder::new(store);
    let mut furniture = furniture.cursor();
    others.sorted().each(|other| {
        while let Some(cut) = furniture.next_if(|cut| cut.unit < other.unit) {
            merged.push(cut);
        }
        merged.push(*other);
    });
    merged.extend(furniture);
    merged.finish()
}

/// Repeats and passages.
#[derive(Default)]
struct Found {
    repeats: Column<CutRow>,
    passages: Column<CutRow>,
    stay: Column<PassageRow>,
    forgone: u64,
}
