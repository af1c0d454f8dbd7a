//! The one driver: the only place that spawns, sorts and merges. Kernels are pure, results come in input order.

pub mod analyse;
pub mod copies;
pub mod documents;
pub mod evidence;
pub mod groups;
pub mod repeated;

use crate::config::{Builtin, Config};
use crate::document::{Kind, RecordIndex};
use crate::error::{Error, Result};
use crate::judge::boilerplate::{self, PageSettings, Scratch};
use crate::judge::forest::Forest;
use crate::judge::known::KnownLines;
use crate::judge::model::Model;
use crate::progress::Progress;
use crate::tables::{CutRow, DocumentRow, Evidence, Known, PassageRow, Units};
use analyse::{Analyser, Analysis};
use copies::Copies;
use documents::{DocumentFates, DocumentSearch};
use evidence::Grouped;
use groups::{Groups, NearMatches, NearSearch};
use rayon::prelude::*;
use std::sync::atomic::{AtomicBool, Ordering};

/// Where the driver gets its texts from: documents in memory, or records of files.
pub trait Source: Sync {
    /// How many documents there are.
    fn len(&self) -> usize;
    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// The text of a document; `buffer` may be used to hold it.
    fn text<'a>(&'a self, record: usize, buffer: &'a mut String) -> &'a str;
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
        let lists: &[&str] = match builtin {
            Builtin::None => &[],
            Builtin::Mined => &[mined],
            Builtin::All => &[mined, general],
        };
        for list in lists {
            known.add(list).expect("the shipped lists are checked by a test");
        }
        Lists { known, protected: KnownLines::default(), model: Model::shipped() }
    }
}

/// What was decided about a corpus.
#[derive(Debug, Default)]
pub struct Decisions {
    /// Bytes of each text.
    pub lengths: Vec<u32>,
    /// The units that go, in order; none of documents that go as a whole but their furniture.
    pub cuts: Vec<CutRow>,
    /// Which documents go as a whole.
    pub documents: DocumentFates,
    /// All units.
    pub units: Units,
    /// The counts behind each unit; empty where boilerplate was not looked for.
    pub evidence: Vec<Evidence>,
    /// Distinct pages of each document's site; 1 where it has none.
    pub pages: Vec<u32>,
    /// Paragraphs that several kept documents carry and that were left, by their first copy.
    pub passages: Vec<PassageRow>,
    /// Comparisons between units that large buckets did not make.
    pub forgone: u64,
}

impl Decisions {
    /// The cuts of one document.
    pub fn cuts_of(&self, record: RecordIndex) -> &[CutRow] {
        if self.units.first.len() < 2 {
            return &[];
        }
        let range = self.units.range(record);
        let from = self.cuts.partition_point(|c| (c.unit as usize) < range.start);
        let to = self.cuts.partition_point(|c| (c.unit as usize) < range.end);
        &self.cuts[from..to]
    }

    /// Why a document goes as a whole, if it does.
    pub fn removed(&self, record: RecordIndex) -> Option<documents::Removed> {
        self.documents.removed.get(record as usize).copied().flatten()
    }
}

/// Everything that a decision needs beside the texts.
pub struct Job<'a> {
    /// The texts.
    pub source: &'a dyn Source,
    /// A row per text.
    pub documents: &'a [DocumentRow],
    /// Settings.
    pub config: &'a Config,
    /// Known lines, protected lines, model.
    pub lists: &'a Lists,
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
    pub fn decide(&self) -> Result<Decisions> {
        let analyser = Analyser::new(self.config, self.lists);
        let mut analysis = analyser.run(self.source, self.batch, self.progress, self.cancel)?;
        let (grouped, furniture) = self.boilerplate(&analyser, &mut analysis)?;
        let mut left = vec![true; analysis.units.rows.len()];
        furniture.iter().for_each(|c| left[c.unit as usize] = false);
        let documents = self.documents(&analyser, &mut analysis, &left)?;
        let (copies, passages, forgone) =
            self.copies(&analyser, &analysis.units, &grouped, &documents, &left)?;
        let mut cuts = furniture;
        cuts.extend(copies);
        cuts.par_sort_unstable_by_key(|c| c.unit);
        Ok(Decisions {
            lengths: analysis.lengths,
            cuts,
            documents,
            units: analysis.units,
            evidence: grouped.evidence,
            pages: grouped.pages,
            passages,
            forgone,
        })
    }

    fn boilerplate(&self, analyser: &Analyser, analysis: &mut Analysis) -> Result<(Grouped, Vec<CutRow>)> {
        if !self.config.runs(Kind::Boilerplate) {
            return Ok((Grouped { pages: vec![1; self.documents.len()], ..Grouped::default() }, Vec::new()));
        }
        self.progress.start("counting lines", 0);
        let grouped = evidence::group(&analysis.units, self.documents);
        analysis.units.anchors = Vec::new();
        self.cancel.check()?;
        self.progress.start("judging furniture", self.documents.len() as u64);
        let forest = Forest::of(&self.lists.model);
        let settings = |pages: u32| {
            let level = self.config.boilerplate.level;
            let threshold = self.lists.model.thresholds[level as usize];
            let [repeated, masked, template, certain] = boilerplate::LEVELS[level as usize];
            PageSettings { pages, model: &forest, threshold, repeated, masked, template, certain }
        };
        let cuts: Vec<Vec<CutRow>> = (0..self.documents.len() as u32)
            .into_par_iter()
            .with_min_len(64)
            .map_init(<(Scratch, analyse::Scratch, String)>::default, |(scratch, words, buffer), record| {
                let range = analysis.units.range(record);
                let page = settings(grouped.pages[record as usize]);
                let mut verdicts = Vec::new();
                let units = &analysis.units.rows[range.clone()];
                boilerplate::judge_into(
                    units,
                    &grouped.evidence[range.clone()],
                    &page,
                    scratch,
                    &mut verdicts,
                );
                self.progress.advance(1);
                for verdict in verdicts.iter_mut().filter(|v| units[v.unit].known == Known::NearFurniture) {
                    let text = self.source.text(record as usize, buffer);
                    verdict.score = analyser.similarity_to_known(units[verdict.unit].span.of(text), words);
                }
                let row = |v: crate::judge::Verdict| CutRow {
                    unit: (range.start + v.unit) as u32,
                    kind: v.kind,
                    rule: v.rule,
                    score: v.score,
                    witness: None,
                };
                verdicts.into_iter().map(row).collect()
            })
            .collect();
        self.progress.finish();
        self.cancel.check()?;
        Ok((grouped, cuts.into_iter().flatten().collect()))
    }

    fn documents(
        &self,
        analyser: &Analyser,
        analysis: &mut Analysis,
        left: &[bool],
    ) -> Result<DocumentFates> {
        if !self.config.runs(Kind::Document) {
            return Ok(DocumentFates {
                removed: vec![None; self.documents.len()],
                ..DocumentFates::default()
            });
        }
        self.progress.start("comparing documents", 0);
        let search = DocumentSearch {
            source: self.source,
            analyser,
            documents: self.documents,
            settings: &self.config.document,
            left: if self.config.runs(Kind::Boilerplate) { left } else { &[] },
        };
        let fates = search.run(analysis, self.cancel)?;
        analysis.samples = Vec::new();
        analysis.keys = Vec::new();
        self.progress.finish();
        Ok(fates)
    }

    fn copies(
        &self,
        analyser: &Analyser,
        units: &Units,
        grouped: &Grouped,
        fates: &DocumentFates,
        left: &[bool],
    ) -> Result<(Vec<CutRow>, Vec<PassageRow>, u64)> {
        let (repeat, passage) = (self.config.runs(Kind::Repeat), self.config.runs(Kind::Passage));
        if !repeat && !passage {
            return Ok((Vec::new(), Vec::new(), 0));
        }
        self.progress.start("comparing lines", 0);
        let kept: Vec<RecordIndex> =
            (0..self.documents.len() as u32).filter(|&r| fates.removed[r as usize].is_none()).collect();
        let of_record = |&r: &RecordIndex| units.range(r).filter(|&u| left[u]).map(|u| u as u32);
        let remaining: Vec<u32> = kept.par_iter().flat_map_iter(of_record).collect();
        let groups = Groups::of(units, &remaining);
        let threshold = match (repeat, passage) {
            (true, true) => self.config.repeat.similarity.min(self.config.passage.similarity),
            (true, false) => self.config.repeat.similarity,
            _ => self.config.passage.similarity,
        };
        let search = NearSearch { source: self.source, analyser, units, groups: &groups, threshold };
        let near: NearMatches = search.run(self.cancel)?;
        let copies = Copies {
            config: self.config,
            documents: self.documents,
            pages: &grouped.pages,
            units,
            groups: &groups,
            near: &near,
            left,
        };
        let mut repeats = if repeat { copies.repeats() } else { Vec::new() };
        let (mut passages, mut stay) = (Vec::new(), Vec::new());
        if passage {
            let mut gone = vec![false; units.rows.len()];
            repeats.iter().for_each(|c| gone[c.unit as usize] = true);
            (passages, stay) = copies.passages(kept.len() as u32, &gone);
            copies::settle_witnesses(&mut repeats, &passages, &copies);
        }
        self.progress.finish();
        repeats.extend(passages);
        Ok((repeats, stay, near.forgone))
    }
}
