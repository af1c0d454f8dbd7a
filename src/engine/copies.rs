//! Repeats within documents and passages across them, among the units that are left.

use super::evidence::pages_of;
use super::groups::{Groups, Left};
use super::leaders::{self, leaders};
use super::near::NearMatches;
use super::units::Documents;
use crate::config::Config;
use crate::document::{Kind, RecordIndex, SiteIndex};
use crate::judge::Verdict;
use crate::judge::passage::{self, Carriers};
use crate::judge::repeat::{self, Copy};
use crate::store::{Bits, Builder, By, Column, Sorted, Sorter, Store};
use crate::tables::{CutRow, Known, PassageRow, Reasons, Rule, UnitRow, Witness};
use rayon::prelude::*;
use std::sync::Arc;

/// Groups of more documents than this do not tell versions of one story.
const STORY_MAX_DOCUMENTS: usize = 16;
/// Two documents are versions of one story where they share this part of the shorter one's words.
const STORY_SHARE: f32 = 0.3;
/// An edge of an article: this many units from its start, and from its end.
const EDGE_START: usize = 1;
const EDGE_END: usize = 3;

/// What the judgements of copies look at.
pub struct Copies<'a> {
    /// Settings.
    pub config: &'a Config,
    /// Sites.
    pub documents: &'a Documents,
    /// Distinct pages of each site.
    pub pages: &'a [u32],
    /// The units that are left.
    pub left: &'a Left<'a>,
    /// Which of them say the same.
    pub groups: &'a Groups,
    /// Which groups nearly say the same.
    pub near: &'a NearMatches,
    /// Holds the tables.
    pub store: &'a Arc<Store>,
}

/// `(record, unit, original, similarity)` of a copy within a document.
type CopyRow = (RecordIndex, u32, u32, f32);

/// `(record, group, original, its group, similarity)`: in that document the group's units are copies of the original.
type LeadRow = (RecordIndex, u32, u32, u32, f32);

/// `(leading group, group, unit, similarity)`: a unit in a family of groups that nearly say the same.
type FamilyRow = (u32, u32, u32, f32);

impl Copies<'_> {
    fn record_of(&self, unit: u32) -> RecordIndex {
        self.left.units.record_of(unit)
    }

    /// Judges repeats in every document; rows in the order of units.
    pub fn repeats(&self) -> Column<CutRow> {
        let mut cuts = Builder::new(self.store);
        self.copies_in_documents().parts(
            |a, b| a.0 == b.0,
            |part| {
                let runs: Vec<&[CopyRow]> = part.chunk_by(|a, b| a.0 == b.0).collect();
                let judged: Vec<Vec<CutRow>> = runs.par_iter().map(|run| self.judge_repeats(run)).collect();
                judged.iter().for_each(|rows| cuts.extend_from_slice(rows));
            },
        );
        cuts.finish()
    }

    /// Judges the copies in one document.
    fn judge_repeats(&self, run: &[CopyRow]) -> Vec<CutRow> {
        let record = run[0].0;
        let range = self.left.units.range(record);
        let all = self.left.units.rows.read_all(range.clone());
        let left: Vec<u32> = self.left.of(record).map(|u| u as u32).collect();
        let rows: Vec<UnitRow> = left.iter().map(|&u| all[u as usize - range.start]).collect();
        let place = |unit: u32| left.partition_point(|&u| u < unit);
        let copy = |&(_, unit, original, similarity): &CopyRow| Copy {
            unit: place(unit),
            original: place(original),
            similarity,
        };
        let copies: Vec<Copy> = run.iter().map(copy).collect();
        let mut verdicts = Vec::new();
        repeat::judge_into(&rows, &copies, &self.config.repeat, &mut verdicts);
        if !self.config.runs(Kind::Boilerplate) {
            verdicts.retain(|v| v.kind != Kind::Boilerplate);
        }
        let row = |v: Verdict| CutRow {
            unit: left[v.unit],
            kind: v.kind,
            rule: v.rule,
            score: v.score,
            witness: v.witness.map(|w| Witness { of: left[w.of as usize], ..w }),
            reasons: v.reasons,
        };
        verdicts.into_iter().map(row).collect()
    }

    /// Every copy within a document, sorted. An original is the first of its group in the document, and no copy of an
    /// earlier group there.
    fn copies_in_documents(&self) -> Sorted<CopyRow, impl By<CopyRow>> {
        let leads = self.leads();
        let mut follows = Bits::new(self.left.units.rows.len());
        leads.each(|lead| follows.set(lead.1 as usize));
        let lead = |record: RecordIndex, group: u32| {
            let at = follows
                .has(group as usize)
                .then(|| leads.partition_point(|l| (l.0, l.1) < (record, group)))?;
            (at < leads.len()).then(|| leads.get(at)).filter(|l| (l.0, l.1) == (record, group))
        };
        let mut placed = Sorter::new(self.store, |p: &CopyRow| (p.0, p.1));
        // The last group and document, and what their units are copies of there.
        let mut last: Option<(u32, RecordIndex, u32, f32)> = None;
        let mut place = |group: u32, unit: u32| {
            let record = self.record_of(unit);
            let same = last.filter(|last| (last.0, last.1) == (group, record));
            // An original that is led itself would not stay: then the copy is none.
            let led = || lead(record, group).filter(|l| lead(record, l.3).is_none());
            let of = match same {
                Some((_, _, original, similarity)) => Some((original, similarity)),
                None => led().map(|(_, _, original, _, similarity)| (original, similarity)),
            };
            placed.extend(of.map(|(original, similarity)| (record, unit, original, similarity)));
            let (original, similarity) = of.unwrap_or((unit, 1.0));
            last = Some((group, record, original, similarity));
        };
        self.groups.members.each(|&(group, unit, _)| place(group, unit));
        // Groups of one unit are not among the members; that unit stands in one document.
        leads.each(|lead| {
            if self.groups.is_alone(lead.1) {
                place(lead.1, lead.1);
            }
        });
        placed.sorted()
    }

    /// Where groups that nearly say the same stand in one document: what leads each there, which is the one of them whose
    /// first unit in the document is earliest.
    fn leads(&self) -> Column<LeadRow> {
        let mut rows = Sorter::new(self.store, |l: &LeadRow| (l.0, l.1, l.2));
        let (mut a, mut b, mut of) = (Vec::new(), Vec::new(), None);
        self.near.edges.each(|edge| {
            if edge.similarity < self.config.repeat.similarity as f32 {
                return;
            }
            if of != Some(edge.a) {
                of = Some(edge.a);
                self.groups.get(edge.a, &mut a);
            }
            self.groups.get(edge.b, &mut b);
            self.shared_records(&a, &b, |record, first_a, first_b| {
                rows.push(match first_a < first_b {
                    true => (record, edge.b, first_a, edge.a, edge.similarity),
                    false => (record, edge.a, first_b, edge.b, edge.similarity),
                });
            });
        });
        let mut leads = Builder::new(self.store);
        rows.sorted().runs(|a, b| (a.0, a.1) == (b.0, b.1), |run| leads.push(run[0]));
        leads.finish()
    }

    /// Hands on the records in which both groups stand, with the first unit of each there. The work is that of the group with
    /// fewer units: what one line leads may be many.
    fn shared_records(&self, a: &[u32], b: &[u32], mut take: impl FnMut(RecordIndex, u32, u32)) {
        let swapped = b.len() < a.len();
        let (few, mut many) = if swapped { (b, a) } else { (a, b) };
        let mut end = 0;
        for &unit in few.iter() {
            if (unit as usize) < end {
                continue;
            }
            let record = self.record_of(unit);
            let range = self.left.units.range(record);
            end = range.end;
            many = &many[many.partition_point(|&u| (u as usize) < range.start)..];
            if let Some(&other) = many.first().filter(|&&u| (u as usize) < end) {
                let (a, b) = if swapped { (other, unit) } else { (unit, other) };
                take(record, a, b);
            }
        }
    }

    /// Judges passages across documents; `repeated` are units that went as repeats. Cuts, and the passages that stay
    /// where they are, in the order of units.
    pub fn passages(&self, repeated: &Bits) -> (Column<CutRow>, Column<PassageRow>) {
        let kept = self.left.documents() as u32;
        let (stories, edges) = (self.stories(), self.article_edges());
        let mut cuts = Sorter::new(self.store, |c: &CutRow| c.unit);
        let mut stay = Sorter::new(self.store, |p: &PassageRow| p.unit);
        self.families(repeated).parts(
            |a, b| a.0 == b.0,
            |part| {
                // Where none of the leading group is left, nothing leads.
                let families: Vec<&[FamilyRow]> =
                    part.chunk_by(|a, b| a.0 == b.0).filter(|f| f.len() > 1 && f[0].0 == f[0].1).collect();
                let judged: Vec<(Vec<CutRow>, Option<PassageRow>)> = families
                    .par_iter()
                    .map(|family| self.judge_family(family, &stories, &edges, kept))
                    .collect();
                for (family_cuts, passage) in judged {
                    cuts.append(family_cuts);
                    stay.extend(passage);
                }
            },
        );
        (cuts.finish(), stay.finish())
    }

    /// The units that may be passages: long enough, not protected, and not gone.
    fn may_be_passages(&self, repeated: &Bits) -> Bits {
        let mut may = Bits::new(self.left.units.rows.len());
        self.left.units.rows.parts(
            |_, _| false,
            |first, rows| {
                for (unit, row) in (first..).zip(rows) {
                    if row.words >= self.config.passage.min_words
                        && row.known != Known::Protected
                        && !repeated.has(unit)
                    {
                        may.set(unit);
                    }
                }
            },
        );
        may
    }

    /// Groups with those that say nearly the same as an earlier one, by the first of them.
    fn families(&self, repeated: &Bits) -> Sorted<FamilyRow, impl By<FamilyRow>> {
        let may = self.may_be_passages(repeated);
        let mut rows = Sorter::new(self.store, |r: &FamilyRow| (r.0, r.1, r.2));
        let mut follows = Bits::new(self.left.units.rows.len());
        let mut leads = Bits::new(self.left.units.rows.len());
        let mut members = Vec::new();
        self.near.edges.each(|edge| {
            let near = edge.similarity >= self.config.passage.similarity as f32;
            if near && !follows.has(edge.a as usize) && !follows.has(edge.b as usize) {
                follows.set(edge.b as usize);
                leads.set(edge.a as usize);
                self.groups.get(edge.b, &mut members);
                let left = members.iter().filter(|&&u| may.has(u as usize));
                rows.extend(left.map(|&u| (edge.a, edge.b, u, edge.similarity)));
            }
        });
        self.groups.members.each(|&(group, unit, _)| {
            if !follows.has(group as usize) && may.has(unit as usize) {
                rows.push((group, group, unit, 1.0));
            }
        });
        // Groups of one unit are not among the members.
        let mut single = None;
        self.near.edges.each(|edge| {
            if single != Some(edge.a) && leads.has(edge.a as usize) && !follows.has(edge.a as usize) {
                single = Some(edge.a);
                self.groups.get(edge.a, &mut members);
                if members.len() == 1 && may.has(edge.a as usize) {
                    rows.push((edge.a, edge.a, edge.a, 1.0));
                }
            }
        });
        rows.sorted()
    }

    fn judge_family(
        &self,
        family: &[FamilyRow],
        stories: &[RecordIndex],
        edges: &[(u32, u32)],
        kept: u32,
    ) -> (Vec<CutRow>, Option<PassageRow>) {
        let mut records: Vec<RecordIndex> = family.iter().map(|m| self.record_of(m.2)).collect();
        records.sort_unstable();
        records.dedup();
        if records.len() < 2 {
            return (Vec::new(), None);
        }
        let mut told: Vec<RecordIndex> = records.iter().map(|&r| stories[r as usize]).collect();
        told.sort_unstable();
        told.dedup();
        let mut sites: Vec<u32> = records
            .iter()
            .map(|&r| self.documents.sites[r as usize])
            .filter(|s| s.is_some())
            .map(|s| s.0)
            .collect();
        sites.sort_unstable();
        sites.dedup();
        let at_edge = |unit: u32| {
            let (start, end) = edges[self.record_of(unit) as usize];
            unit <= start || unit >= end
        };
        let seen = Carriers {
            stories: told.len() as u32,
            at_edge: family.iter().filter(|m| at_edge(m.2)).count() as u32,
            copies: family.len() as u32,
            corpus: kept,
            site_pages: sites.iter().map(|&s| pages_of(self.pages, SiteIndex(s))).sum(),
        };
        let Some(rule) = passage::judge(&seen, &self.config.passage) else {
            let passage = PassageRow {
                unit: family[0].2,
                documents: records.len() as u32,
                stories: seen.stories,
                copies: seen.copies,
                at_edge: seen.at_edge,
            };
            return (Vec::new(), Some(passage));
        };
        let keeper = family[0].2;
        let cuts = family[1..]
            .iter()
            .map(|&(_, _, unit, similarity)| CutRow {
                unit,
                kind: Kind::Passage,
                rule,
                score: similarity,
                witness: Some(Witness { of: keeper, similarity }),
                reasons: Reasons::default(),
            })
            .collect();
        (cuts, None)
    }

    /// For each document the first of those that tell the same story: versions that share much of their words.
    fn stories(&self) -> Vec<RecordIndex> {
        let mut words = self.words_left();
        let mut pairs = leaders::sorter(self.store);
        // The last group and document; the words of that group's units, and the first of its documents.
        let (mut last, mut length, mut records) = (None, 0u32, Vec::new());
        let mut end_group = |length: u32, records: &mut Vec<RecordIndex>| {
            if (2..=STORY_MAX_DOCUMENTS).contains(&records.len()) && length >= 8 {
                pairs.extend(records[1..].iter().map(|&other| (other, records[0], length)));
            }
            records.clear();
        };
        self.groups.members.each(|&(group, unit, words_of_unit)| {
            let record = self.record_of(unit);
            let before = last.replace((group, record));
            if before.is_none_or(|before| before.0 != group) {
                end_group(length, &mut records);
                length = words_of_unit.into();
            }
            if before == last {
                // Words that a document says twice count once.
                words[record as usize] -= length;
            } else if records.len() <= STORY_MAX_DOCUMENTS {
                records.push(record);
            }
        });
        end_group(length, &mut records);
        leaders(self.documents.len(), pairs, |other, first, shared| {
            let least = words[other as usize].min(words[first as usize]);
            shared as f32 >= STORY_SHARE * least as f32
        })
    }

    /// For each document the words that are left of it.
    fn words_left(&self) -> Vec<u32> {
        let mut words = Vec::with_capacity(self.documents.len());
        let mut buffer = Vec::new();
        let units = self.left.units;
        for stretch in units.stretches(self.store, size_of::<UnitRow>()) {
            let range = units.range_of(&stretch);
            let rows = units.rows.read(range.clone(), &mut buffer);
            let of_record =
                |record| self.left.of(record).map(|u| u32::from(rows[u - range.start].words)).sum::<u32>();
            words.par_extend(stretch.into_par_iter().with_min_len(64).map(of_record));
        }
        words
    }

    /// For each document the last unit of what is left at its front edge, and the first at its end.
    fn article_edges(&self) -> Vec<(u32, u32)> {
        let of_record = |record: RecordIndex| {
            let range = self.left.units.range(record);
            let left = || range.clone().filter(|&u| !self.left.gone.has(u));
            let start = left().nth(EDGE_START - 1).map_or(u32::MAX, |u| u as u32);
            let end = left().rev().nth(EDGE_END - 1).map_or(0, |u| u as u32);
            (start, end)
        };
        (0..self.documents.len() as RecordIndex).into_par_iter().with_min_len(64).map(of_record).collect()
    }

    /// Points repeats whose witness went as a passage to the copy that stays, or withdraws them.
    pub fn settle_witnesses(&self, repeats: Column<CutRow>, passages: &Column<CutRow>) -> Column<CutRow> {
        if passages.is_empty() {
            return repeats;
        }
        let gone = |unit: u32| {
            let at = passages.partition_point(|c| c.unit < unit);
            let cut = (at < passages.len()).then(|| passages.get(at)).filter(|c| c.unit == unit);
            cut.and_then(|c| c.witness)
        };
        let mut settled = Builder::new(self.store);
        repeats.each(|&cut| {
            let further = cut.witness.and_then(|witness| Some((witness, gone(witness.of)?)));
            let Some((witness, further)) = further else { return settled.push(cut) };
            let group = |unit: u32| self.groups.of_unit(unit);
            let similarity = if group(cut.unit) == group(further.of) {
                Some(1.0)
            } else if group(cut.unit) == group(witness.of) {
                Some(further.similarity)
            } else {
                self.near.between(group(cut.unit), group(further.of))
            };
            let similar = similarity.filter(|&s| s >= self.config.repeat.similarity as f32);
            if let Some(similarity) = similar {
                let is_near = cut.rule == Rule::LineAgain && similarity < 1.0;
                let rule = if is_near { Rule::NearLineAgain } else { cut.rule };
                let witness = Some(Witness { of: further.of, similarity });
                settled.push(CutRow { witness, rule, score: similarity, ..cut });
            }
        });
        settled.finish()
    }
}
