//! What of each document is furniture, by what its site and other sites have of its units.

use super::analyse::{self, Analyser, Analysis};
use super::evidence::{self, Grouped};
use super::units::{self, Units};
use super::{Job, TextBuffer};
use crate::document::{Kind, RecordIndex, Span};
use crate::error::Result;
use crate::judge::boilerplate::{self, Page, Scratch};
use crate::judge::counts::{LEVELS, PROSE_WORDS, PageSettings, is_doubtful};
use crate::judge::forest::Forest;
use crate::judge::listed;
use crate::judge::{self, Verdict};
use crate::store::{Builder, Column};
use crate::tables::{CutRow, Evidence, Known, UnitRow};
use crate::text::numbering;
use crate::text::versions::Versions;
use rayon::prelude::*;
use std::ops::Range;

/// Pages are judged together that have so many units, or one page that has more: enough that blocks of the model are full, and
/// few enough that their features stay near.
const TOGETHER: usize = 256;

/// What a thread that judges furniture keeps from some pages to the next.
#[derive(Default)]
struct Judging {
    scratch: Scratch,
    evidence: Vec<Evidence>,
    again: Again,
}

/// What looking at a text again takes.
#[derive(Default)]
struct Again {
    words: analyse::Scratch,
    text: TextBuffer,
}

impl Job<'_> {
    /// The counts of all units, and the cuts of furniture.
    pub(super) fn boilerplate(
        &self,
        analyser: &Analyser,
        analysis: &mut Analysis,
    ) -> Result<(Option<Grouped>, Column<CutRow>)> {
        if !self.config.runs(Kind::Boilerplate) {
            return Ok((None, Column::default()));
        }
        self.progress.start("counting lines", 0);
        let grouped = evidence::group(&analysis.units, self.documents, self.store);
        analysis.units.anchors = Vec::new();
        self.cancel.check()?;
        self.progress.start("judging furniture", self.documents.len() as u64);
        let forest = Forest::of(&self.lists.model);
        let settings = |record: RecordIndex| {
            let level = self.config.boilerplate.level;
            let threshold = self.lists.model.thresholds[level as usize];
            let [repeated, masked, template, certain] = LEVELS[level as usize];
            let site = self.documents.sites[record as usize];
            let pages = evidence::pages_of(&grouped.pages, site);
            PageSettings { pages, has_site: site.is_some(), threshold, repeated, masked, template, certain }
        };
        let mut furniture = Builder::new(self.store);
        let (mut unit_buffer, mut span_buffer, mut evidence_buffer, mut at) =
            (Vec::new(), Vec::new(), Vec::new(), 0);
        for stretch in analysis
            .units
            .stretches(self.store, size_of::<UnitRow>() + size_of::<Span>() + size_of::<Evidence>())
        {
            let all = analysis.units.range_of(&stretch);
            let to = grouped.evidence.partition_point(|r| (r.0 as usize) < all.end);
            let units = analysis.units.rows.read(all.clone(), &mut unit_buffer);
            let spans = analysis.units.spans.read(all.clone(), &mut span_buffer);
            let seen = grouped.evidence.read(at..to, &mut evidence_buffer);
            at = to;
            let cuts: Vec<Vec<CutRow>> = together(&analysis.units, &stretch)
                .into_par_iter()
                .with_min_len(4)
                .map_init(Judging::default, |Judging { scratch, evidence, again }, records| {
                    let units_of_all = analysis.units.range_of(&records);
                    units::evidence_of(units_of_all.clone(), seen, evidence);
                    let from = |start: usize, range: &Range<usize>| range.start - start..range.end - start;
                    let page = |record: RecordIndex| {
                        let range = analysis.units.range(record);
                        Page {
                            units: &units[from(all.start, &range)],
                            evidence: &evidence[from(units_of_all.start, &range)],
                            settings: settings(record),
                        }
                    };
                    let pages: Vec<Page<'_>> = records.clone().map(page).collect();
                    let mut cuts = Vec::new();
                    boilerplate::judge(&forest, &pages, scratch, |page, verdicts| {
                        let record = records.start + page as RecordIndex;
                        let range = analysis.units.range(record);
                        let spans = &spans[from(all.start, &range)];
                        self.read_again(analyser, (record, &pages[page], spans), again, verdicts);
                        cuts.extend(verdicts.drain(..).map(|v| CutRow {
                            unit: (range.start + v.unit) as u32,
                            kind: v.kind,
                            rule: v.rule,
                            score: v.score,
                            witness: None,
                            reasons: v.reasons,
                        }));
                    });
                    self.progress.advance(records.len() as u64);
                    cuts
                })
                .collect();
            self.cancel.check()?;
            cuts.iter().for_each(|cuts| furniture.extend_from_slice(cuts));
        }
        self.progress.finish();
        Ok((Some(grouped), furniture.finish()))
    }

    /// What of the verdicts on a document takes a look at its text: those on items of a list that stays are withdrawn, and
    /// doubtful ones on lines that begin as lines of it do that stay; and the score of a line that is nearly a known one is
    /// measured.
    fn read_again(
        &self,
        analyser: &Analyser,
        (record, page, spans): (RecordIndex, &Page<'_>, &[Span]),
        again: &mut Again,
        verdicts: &mut Vec<Verdict>,
    ) {
        let units = page.units;
        let doubtful = |v: &Verdict| is_doubtful(&units[v.unit], &page.evidence[v.unit]);
        let near = |v: &Verdict| units[v.unit].known == Known::NearFurniture;
        let may_be_listed = listed::may_have(units, verdicts);
        if !may_be_listed && !verdicts.iter().any(|v| doubtful(v) || near(v)) {
            return;
        }
        let text = self.source.text(record as usize, &mut again.text);
        if may_be_listed {
            let mut lists = Vec::new();
            numbering::lists(text, spans, |items| {
                if listed::is_of_text(items, verdicts) {
                    lists.push(items[0].start..items[items.len() - 1].end);
                }
            });
            listed::keep(&lists, verdicts);
        }
        let goes = judge::going(units, verdicts);
        let stays = (0..units.len()).filter(|&unit| !goes[unit] && units[unit].words >= PROSE_WORDS);
        let versions = Versions::new(stays.map(|unit| spans[unit].of(text)));
        verdicts.retain(|v| !(doubtful(v) && versions.has(spans[v.unit].of(text))));
        for verdict in verdicts.iter_mut().filter(|v| near(v)) {
            let line = spans[verdict.unit].of(text);
            verdict.score = analyser.similarity_to_known(line, &mut again.words);
        }
    }
}

/// Neighbouring documents of a stretch, those together that are judged together.
fn together(units: &Units, stretch: &Range<RecordIndex>) -> Vec<Range<RecordIndex>> {
    let mut from = stretch.start;
    let next = || {
        let end = units.end_of(from, TOGETHER).min(stretch.end);
        (from < end).then(|| std::mem::replace(&mut from, end)..end)
    };
    std::iter::from_fn(next).collect()
}
