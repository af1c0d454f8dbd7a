//! First pass: every document to units, words and sketches, in parallel over batches, merged in input order.

use super::anchored::{AnchorBatch, AnchorBuilder, Parts};
use super::ordered::ordered;
use super::sketches::{SketchBatch, SketchBuilder, Sketches};
use super::units::{Documents, Units};
use super::{Cancel, Lists, Source, TextBuffer};
use crate::config::Config;
use crate::document::{Kind, Span};
use crate::error::{Error, Result};
use crate::judge::known::{KnownLines, Match};
use crate::progress::Progress;
use crate::sketch::banding::Banding;
use crate::sketch::bins::Bins;
use crate::sketch::distinct::Distinct;
use crate::sketch::minhash::{self, MinHash, SketchScratch};
use crate::store::{Builder, Column, Store};
use crate::tables::{
    Known, NEAR_BANDS, NEAR_MIN_WORDS, NEAR_ROWS, NearRow, SketchRow, UNIT_SHINGLE, UnitRow,
};
use crate::text::read::Reader;
use crate::text::segment::{self, Lines, Part, Unit};
use crate::text::words::{SLOT, Words};
use crate::text::{hash, shingle};
use std::sync::Arc;
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

/// One shingle in this many is sampled to find contained documents.
const SAMPLE: u64 = 8;

/// Texts of a batch have about so many bytes at most.
const BATCH_BYTES: u64 = 1 << 20;

/// What the first pass needs to know.
pub struct Analyser {
    needs_units: bool,
    needs_anchors: bool,
    needs_documents: bool,
    needs_samples: bool,
    shingle: usize,
    /// Signatures of whole documents.
    pub documents: Bins,
    near: MinHash,
    known: KnownLines,
    protected: KnownLines,
}

/// What came out of the first pass.
#[derive(Default)]
pub struct Analysis {
    /// Bytes of each text.
    pub lengths: Column<u32>,
    /// The units of all documents; none where no kind needs them.
    pub units: Units,
    /// What documents are compared by.
    pub sketches: Sketches,
}

/// Scratch of one thread.
#[derive(Default)]
pub struct Scratch {
    text: TextBuffer,
    reader: Reader,
    lines: Lines,
    pieces: Vec<Unit>,
    unit_words: Words,
    document_words: Vec<u64>,
    sketch: SketchScratch,
    keys: Vec<u32>,
    shingles: Vec<u64>,
    distinct: Distinct,
}

#[derive(Default)]
struct Batch {
    lengths: Vec<u32>,
    rows: Vec<UnitRow>,
    spans: Vec<Span>,
    exact: Vec<u128>,
    masked: Vec<u64>,
    counts: Vec<u32>,
    near: Vec<NearRow>,
    anchors: AnchorBatch,
    sketches: SketchBatch,
}

impl Analyser {
    /// An analyser for these settings.
    pub fn new(config: &Config, lists: &Lists) -> Self {
        let document = &config.document;
        let banding = Banding::choose(document.threshold, document.recall, 128);
        Analyser {
            needs_units: config.only.iter().any(|&k| k != Kind::Document),
            needs_anchors: config.runs(Kind::Boilerplate),
            needs_documents: config.runs(Kind::Document),
            needs_samples: config.runs(Kind::Document) && document.containment > 0.0,
            shingle: document.shingle,
            documents: Bins::new(banding),
            near: MinHash::new(Banding { bands: NEAR_BANDS, rows: NEAR_ROWS }),
            known: lists.known.clone(),
            protected: lists.protected.clone(),
        }
    }

    /// Runs over all documents of `source`.
    pub fn run(
        &self,
        (source, documents): (&dyn Source, &Documents),
        batch: usize,
        store: &Arc<Store>,
        progress: &dyn Progress,
        cancel: &Cancel,
    ) -> Result<Analysis> {
        let records = source.len();
        let size = batch.clamp(1, records.max(1));
        progress.start("reading words", records as u64);
        let parts = if self.needs_anchors { Parts::new(documents, store) } else { Parts::none() };
        let mut all = Collected::new(&parts, store);
        // Batches end where the texts in them are long together, too: what is made of them is held until it is taken.
        let mut at = 0;
        let batches = std::iter::from_fn(|| {
            let from = at;
            let lengths = source.lengths(from..(from + size).min(records));
            let mut bytes = 0;
            at = (from + size).min(records);
            if let Some(long) = lengths.iter().position(|length| {
                bytes += length;
                bytes >= BATCH_BYTES
            }) {
                at = from + long + 1;
            }
            (from < at).then_some(from..at)
        });
        ordered(
            batches,
            |scratch: &mut Scratch, records| {
                let mut batch = Batch::default();
                records.for_each(|record| {
                    self.document((source, record), parts.of(record), scratch, &mut batch);
                });
                batch
            },
            |batch| {
                cancel.check()?;
                progress.advance(batch.lengths.len() as u64);
                all.add(batch)
            },
        )?;
        progress.finish();
        Ok(all.finish())
    }

    /// Adds what a document is made of; its anchors to a part of them.
    fn document(
        &self,
        (source, record): (&dyn Source, usize),
        part: Option<usize>,
        scratch: &mut Scratch,
        batch: &mut Batch,
    ) {
        let mut buffer = std::mem::take(&mut scratch.text);
        let text = source.text(record, &mut buffer);
        scratch.pieces.clear();
        scratch.document_words.clear();
        batch.lengths.push(text.len() as u32);
        if self.needs_units {
            segment::segment_into(text, &mut scratch.lines, &mut scratch.pieces);
            let pieces = std::mem::take(&mut scratch.pieces);
            for piece in &pieces {
                scratch.unit_words.clear();
                self.unit(text, (piece, part.is_some()), scratch, batch);
                scratch.document_words.extend_from_slice(&scratch.unit_words.exact);
            }
            if let Some(part) = part {
                batch.anchors.end(batch.counts.len(), part);
            }
            batch.counts.push(pieces.len() as u32);
            scratch.pieces = pieces;
        } else {
            let mut words = std::mem::take(&mut scratch.document_words);
            self.all_words(text, scratch, &mut words);
            scratch.document_words = words;
            batch.counts.push(0);
        }
        if self.needs_documents {
            let words = std::mem::take(&mut scratch.document_words);
            self.sketch(&words, scratch, &mut batch.sketches);
            scratch.document_words = words;
        }
        scratch.text = buffer;
    }

    fn unit(&self, text: &str, (piece, anchored): (&Unit, bool), scratch: &mut Scratch, batch: &mut Batch) {
        let surface = scratch.reader.unit_into(text, piece, &mut scratch.unit_words);
        let words = &scratch.unit_words;
        let index = batch.rows.len() as u32;
        // Only lines of nothing but slots, or without words, are looked up by their characters.
        let marked = words.masked.iter().all(|&w| w == SLOT);
        let folded = if marked { scratch.reader.folded(text, piece) } else { "" };
        let (exact, masked) = if words.exact.is_empty() {
            let marks: String = folded.chars().filter(|c| !c.is_whitespace()).collect();
            (xxh3_128(marks.as_bytes()), xxh3_64(marks.as_bytes()))
        } else {
            let exact = hash::run(&words.exact);
            // Only where a word is masked the masked words need a look of their own.
            (exact, if words.is_plain() { exact as u64 } else { hash::run(&words.masked) as u64 })
        };
        if anchored {
            batch.anchors.add(if piece.part == Part::Whole { &words.masked } else { &[] });
        }
        batch.spans.push(Span { start: piece.start, end: piece.end });
        batch.exact.push(exact);
        batch.masked.push(masked);
        batch.rows.push(UnitRow {
            masked_words: words.masked.len().min(255) as u8,
            words: words.count().min(u16::MAX as usize) as u16,
            known: self.known_as(
                &words.masked,
                folded,
                &text[piece.start as usize..piece.end as usize],
                &mut scratch.shingles,
            ),
            surface,
        });
        if words.count() >= NEAR_MIN_WORDS {
            shingle::all_into(&words.exact, UNIT_SHINGLE, &mut scratch.shingles);
            let bitmap = scratch.shingles.iter().fold(0, |map, &s| map | shingle::bitmap(s));
            let values = scratch.sketch.values();
            values.clear();
            values.extend(scratch.shingles.iter().map(|&s| minhash::value(s)));
            let shingles = values.len().min(u16::MAX as usize) as u16;
            scratch.keys.clear();
            self.near.keys_into(&mut scratch.sketch, &mut scratch.keys);
            if let Ok(keys) = <[u32; NEAR_BANDS]>::try_from(scratch.keys.as_slice()) {
                batch.near.push(NearRow { unit: index, keys, shingles, bitmap });
            }
        }
    }

    /// What the lists say of a unit. Protected lines come first: what is like them stays, whatever else it is like.
    fn known_as(&self, masked: &[u64], folded: &str, unit: &str, shingles: &mut Vec<u64>) -> Known {
        if self.protected.matches(masked, folded, unit).is_some()
            || self.protected.similarity(masked, shingles).is_some()
        {
            return Known::Protected;
        }
        match self.known.matches(masked, folded, unit) {
            Some(Match::Line) => Known::Furniture,
            Some(Match::Label) => Known::Label,
            None if self.known.similarity(masked, shingles).is_some() => Known::NearFurniture,
            None => Known::No,
        }
    }

    /// How similar a unit that is [`Known::NearFurniture`] is to the known line most like it.
    pub fn similarity_to_known(&self, unit: &str, scratch: &mut Scratch) -> f32 {
        let whole =
            Unit { start: 0, end: unit.len() as u32, indent: 0, after_blank: false, part: Part::Whole };
        scratch.unit_words.clear();
        scratch.reader.unit_into(unit, &whole, &mut scratch.unit_words);
        self.known.similarity(&scratch.unit_words.masked, &mut scratch.shingles).unwrap_or(1.0)
    }

    /// Adds the sketch of a run of words, its band keys and its sampled shingles.
    pub fn sketch(&self, words: &[u64], scratch: &mut Scratch, out: &mut SketchBatch) {
        let shingles = &mut scratch.shingles;
        shingle::all_into(words, self.shingle, shingles);
        let values = scratch.sketch.values();
        values.clear();
        values.extend(shingles.iter().map(|&s| minhash::value(s)));
        let mut sampled = 0;
        if self.needs_samples {
            for at in 0..shingles.len() {
                // Moved always and kept now and then, for there is no telling which.
                let shingle = shingles[at];
                shingles[sampled] = shingle;
                sampled += usize::from(shingle.is_multiple_of(SAMPLE));
            }
        }
        let samples = shingles;
        samples.truncate(sampled);
        scratch.distinct.keep(samples);
        out.samples.extend_from_slice(samples);
        if words.is_empty() {
            out.keys.extend(std::iter::repeat_n(0, self.documents.banding().bands));
        } else {
            self.documents.keys_into(&mut scratch.sketch, &mut out.keys);
        }
        out.rows.push(SketchRow {
            exact: hash::run(words),
            words: words.len().min(u32::MAX as usize) as u32,
            samples: samples.len() as u32,
        });
    }

    /// The words of the given spans of a document, in order, appended to `words`.
    pub fn words_of(
        &self,
        text: &str,
        spans: impl Iterator<Item = Span>,
        scratch: &mut Scratch,
        words: &mut Vec<u64>,
    ) {
        scratch.reader.words_of_spans(text, spans, words);
    }

    /// The words of a whole text, appended to `words`.
    pub fn all_words(&self, text: &str, scratch: &mut Scratch, words: &mut Vec<u64>) {
        scratch.reader.words_of_text(text, words);
    }
}

/// Puts batches together in their order.
struct Collected {
    lengths: Builder<u32>,
    rows: Builder<UnitRow>,
    spans: Builder<Span>,
    exact: Builder<u128>,
    masked: Builder<u64>,
    first: Vec<u32>,
    anchors: AnchorBuilder,
    near: Builder<NearRow>,
    sketches: SketchBuilder,
}

impl Collected {
    fn new(parts: &Parts<'_>, store: &Arc<Store>) -> Collected {
        Collected {
            lengths: Builder::new(store),
            rows: Builder::new(store),
            spans: Builder::new(store),
            exact: Builder::new(store),
            masked: Builder::new(store),
            first: vec![0],
            anchors: AnchorBuilder::new(parts, store),
            near: Builder::new(store),
            sketches: SketchBuilder::new(store),
        }
    }

    fn add(&mut self, mut batch: Batch) -> Result<()> {
        if self.rows.len() + batch.rows.len() >= u32::MAX as usize {
            return Err(Error::TooMany { what: "lines and paragraphs", limit: u64::from(u32::MAX) });
        }
        self.lengths.extend_from_slice(&batch.lengths);
        let (base, first) = (self.rows.len() as u32, self.first.len() as u32 - 1);
        let mut at = base;
        for count in &batch.counts {
            at += count;
            self.first.push(at);
        }
        self.rows.extend_from_slice(&batch.rows);
        self.spans.extend_from_slice(&batch.spans);
        self.exact.extend_from_slice(&batch.exact);
        self.masked.extend_from_slice(&batch.masked);
        batch.near.iter_mut().for_each(|near| near.unit += base);
        self.near.extend_from_slice(&batch.near);
        self.anchors.extend(first, &batch.anchors);
        self.sketches.extend(&batch.sketches.rows, &batch.sketches.keys, &batch.sketches.samples);
        Ok(())
    }

    fn finish(self) -> Analysis {
        Analysis {
            lengths: self.lengths.finish(),
            units: Units {
                rows: self.rows.finish(),
                spans: self.spans.finish(),
                exact: self.exact.finish(),
                masked: self.masked.finish(),
                first: self.first,
                anchors: self.anchors.finish(),
                near: self.near.finish(),
            },
            sketches: self.sketches.finish(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Builtin;

    #[test]
    fn it_is_told_how_like_a_known_line_another_is_whatever_it_is_written_in() {
        let ferries =
            "Ferries leave the upper harbour at the full hour on weekdays and at ten on every holiday";
        let fähren =
            "Fähren verlassen den oberen Hafen werktags zu jeder vollen Stunde und an Feiertagen um zehn";
        let mut lists = Lists::shipped(Builtin::None);
        lists.known.add(&format!("{ferries}\n{fähren}")).unwrap();
        let analyser = Analyser::new(&Config::default(), &lists);
        let similarity = |line: &str| analyser.similarity_to_known(line, &mut Scratch::default());
        for known in [ferries, fähren] {
            let alike = similarity(&known.replace("holiday", "feast").replace("zehn", "elf"));
            assert!((0.8..1.0).contains(&alike), "{alike}");
            assert_eq!(similarity(known), 1.0);
        }
    }
}
