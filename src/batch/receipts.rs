//! Decisions to receipts.
//!
//! A receipt borrows what it can: there are as many cuts as lines of furniture, and a corpus of pages has millions.

use super::write::{Work, Writer};
use crate::clean::receipt::{self, Counts, Cut, DocumentCut, DocumentWitness, Receipt, UnitWitness};
use crate::corpus::format::Format;
use crate::corpus::json;
use crate::corpus::records::Raw;
use crate::corpus::spelling::Spelling;
use crate::engine::evidence::pages_of;
use crate::engine::{RawBuffer, Stretch};
use crate::judge::because::Page;
use crate::report::summary::Touched;
use crate::tables::{CutRow, Evidence, Reason};
use std::borrow::Cow;

/// The facts behind the cuts of a record, one behind another.
#[derive(Default)]
pub(super) struct Facts {
    text: String,
    ends: Vec<usize>,
}

impl Facts {
    fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }

    fn tell(&mut self, page: &Page<'_>, reason: Reason, unit: usize) {
        // Writing to a string does not fail.
        let _ = page.fact_into(reason, unit, &mut self.text);
        self.ends.push(self.text.len());
    }

    fn all(&self) -> impl Iterator<Item = &str> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, &end)| &self.text[start..end])
    }
}

impl<'a> Writer<'a> {
    /// The receipt of a record, if anything happened to it.
    pub(super) fn receipt<'w>(&'w self, record: u32, work: &'w mut Work<'a>) -> Option<Receipt<'w>> {
        let Work { text, witness, near, evidence, facts, fates, touched, .. } = work;
        let removed = self.decisions.removed_next(record, fates);
        let stretch = near.with_evidence(self.decisions, record);
        let rows = if removed.is_some() { &[] } else { stretch.cuts_of(record) };
        if removed.is_none() && rows.is_empty() {
            return None;
        }
        let raw = self.records.load(record, &mut text.raw);
        let text = raw.spelling().text(raw.raw_text(), &mut text.text);
        if removed.is_some() {
            touched.removed(text);
        }
        let document = removed.map(|r| DocumentCut {
            rule: r.rule.name().into(),
            score: r.witness.similarity,
            witness: DocumentWitness { record: r.witness.of, id: self.records.id(r.witness.of, witness) },
        });
        stretch.evidence_of(record, evidence);
        Some(Receipt {
            record,
            id: self.records.id_of(record, &raw),
            file: self.records.file(record).input.name.as_str().into(),
            line: raw.row.line,
            row: u64::from(raw.row.row),
            site: self.records.site(record).map(Cow::Borrowed),
            site_pages: self.pages(record),
            bytes: text.len() as u64,
            xxh3: receipt::hash(text),
            cuts: self.cuts(record, (raw, text), rows, (stretch, evidence), (facts, witness, touched)),
            document,
        })
    }

    fn cuts<'w>(
        &self,
        record: u32,
        (loaded, text): (Raw<'w>, &'w str),
        rows: &[CutRow],
        (stretch, evidence): (&Stretch<'_>, &[Evidence]),
        (facts, witness, touched): (&'w mut Facts, &mut RawBuffer, &mut Touched),
    ) -> Vec<Cut<'w>> {
        let ranges = stretch.ranges(text, rows);
        // How it was spelt matters only where it is spelt so again.
        let spelling = loaded.spelling();
        let again = self.spelling_out(loaded.row.file as usize, spelling) == spelling;
        let raw = (again && spelling != Spelling::Plain).then(|| loaded.raw_text());
        let offsets: Vec<usize> = ranges.iter().flat_map(|r| [r.start as usize, r.end as usize]).collect();
        let raw_offsets = raw.map(|raw| spelling.raw_offsets(raw, &offsets));
        let emptied = self.is_emptied(&loaded, rows, stretch);
        let fragile = raw.is_some_and(|raw| spelling == Spelling::Json && json::has_lone_surrogate(raw));
        let first = self.decisions.units.range(record).start;
        let unit_of = |row: &CutRow| row.unit as usize - first;
        let units = stretch.units_of(record);
        if !rows.is_empty() {
            touched.cut(text, rows, &ranges, |row| units[unit_of(row)].words);
        }
        let page = Page::new(units, evidence, self.pages(record));
        facts.clear();
        for row in rows {
            row.reasons.iter().flatten().for_each(|&reason| facts.tell(&page, reason, unit_of(row)));
        }
        let mut told = facts.all();
        // Neighbouring cuts mostly have their witnesses in one document, and often in this one.
        let mut last: Option<(u32, String)> = None;
        let mut id_of = |of: u32| match &last {
            Some((record, id)) if *record == of => id.clone(),
            _ if of == record => last.insert((of, self.records.id_of(of, &loaded))).1.clone(),
            _ => last.insert((of, self.records.id(of, witness))).1.clone(),
        };
        let (mut chars, mut at) = (0u64, 0usize);
        let mut chars_to = |to: usize| {
            let piece = &text[at..to];
            chars += if piece.is_ascii() { piece.len() } else { piece.chars().count() } as u64;
            at = to;
            chars
        };
        rows.iter()
            .zip(&ranges)
            .enumerate()
            .map(|(i, (row, range))| {
                let removed = range.of(text);
                let spelt = raw.zip(raw_offsets.as_ref()).map(|(raw, o)| &raw[o[2 * i]..o[2 * i + 1]]);
                let raw = spelt.filter(|raw| !spelling.is_usual(removed, raw));
                let raw_start = raw_offsets.as_ref().filter(|_| fragile).map(|o| o[2 * i] as u64);
                // Tells that the quotes around nothing are not those of the row.
                let raw_start = raw_start.or(emptied.then_some(u64::from(range.start)));
                Cut {
                    start: u64::from(range.start),
                    end: u64::from(range.end),
                    char_start: chars_to(range.start as usize),
                    char_end: chars_to(range.end as usize),
                    kind: row.kind,
                    rule: Cow::Borrowed(row.rule.name()),
                    score: row.score,
                    because: told
                        .by_ref()
                        .take(row.reasons.iter().flatten().count())
                        .map(Cow::Borrowed)
                        .collect(),
                    counts: evidence.get(unit_of(row)).map_or_else(Counts::default, counts),
                    witness: row.witness.map(|w| self.unit_witness(w.of, w.similarity, &mut id_of)),
                    removed: Cow::Borrowed(removed),
                    raw: raw.map(Cow::Borrowed),
                    raw_start,
                }
            })
            .collect()
    }

    /// How the texts of a file are spelt in the output.
    fn spelling_out(&self, file: usize, spelling: Spelling) -> Spelling {
        let (from, to) = (self.records.files[file].format, self.targets[file].format);
        match to {
            _ if from == to => spelling,
            Format::Csv => Spelling::Quoted,
            Format::Parquet | Format::Text => Spelling::Plain,
            _ => Spelling::Json,
        }
    }

    fn pages(&self, record: u32) -> u32 {
        pages_of(&self.decisions.pages, self.records.documents.sites[record as usize])
    }

    fn unit_witness(&self, unit: u32, similarity: f32, id_of: impl FnOnce(u32) -> String) -> UnitWitness {
        let record = self.decisions.units.record_of(unit);
        let span = self.decisions.units.spans.get(unit as usize);
        UnitWitness {
            record,
            id: id_of(record),
            start: u64::from(span.start),
            end: u64::from(span.end),
            similarity,
        }
    }
}

fn counts(seen: &Evidence) -> Counts {
    Counts {
        site_documents: seen.site_documents,
        site_masked: seen.site_masked,
        site_template: seen.site_template,
        documents: seen.documents,
        sites: seen.sites,
        in_document: seen.in_document.into(),
    }
}
