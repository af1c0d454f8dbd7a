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
use crate::store::{Bits, Builder, Column, Sorted, Sorter, Store};
use crate::tables::{CutRow, Known, PassageRow, Reasons, UnitRow, Witness};
use crate::text::hash::BySame;
use rayon::prelude::*;
use std::collections::HashMap;
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
    fn copies_in_documents(&self) -> Sorted<CopyRow, (RecordIndex, u32)> {
        let mut placed = Sorter::new(self.store, |p: &CopyRow| (p.0, p.1));
        // Group b stands in a document where the nearest earlier group a leads: a's first unit and similarity.
        let mut leads: HashMap<(RecordIndex, u32), (u32, u32, f32), BySame> = HashMap::default();
        let (mut a, mut b) = (Vec::new(), Vec::new());
        self.near.edges.each(|edge| {
            if f64::from(edge.similarity) < self.config.repeat.similarity {
                return;
            }
            self.groups.get(edge.a, &mut a);
            self.groups.get(edge.b, &mut b);
            for (record, a, b) in self.shared_records(&a, &b) {
                let (leader, follower, unit) = if a < b { (edge.a, edge.b, a) } else { (edge.b, edge.a, b) };
                let row = leads.entry((record, follower)).or_insert((unit, leader, edge.similarity));
                if unit < row.0 {
                    *row = (unit, leader, edge.similarity);
                }
            }
        });
        let led = |record: RecordIndex, group: u32| {
            // An original that is led itself would not stay: then the copy is none.
            leads.get(&(record, group)).filter(|(_, leader, _)| !leads.contains_key(&(record, *leader)))
        };
        let mut place = |group: u32, members: &[u32]| {
            for run in members.chunk_by(|&a, &b| self.record_of(a) == self.record_of(b)) {
                let record = self.record_of(run[0]);
                match led(record, group) {
                    Some(&(original, _, similarity)) => {
                        placed.extend(run.iter().map(|&unit| (record, unit, original, similarity)));
                    }
                    None => placed.extend(run[1..].iter().map(|&unit| (record, unit, run[0], 1.0))),
                }
            }
        };
        self.groups.members.runs(
            |a, b| a.0 == b.0,
            |run| {
                a.clear();
                a.extend(run.iter().map(|m| m.1));
                place(run[0].0, &a);
            },
        );
        let mut followers: Vec<u32> = leads.keys().map(|&(_, follower)| follower).collect();
        followers.par_sort_unstable();
        followers.dedup();
        for group in followers {
            self.groups.get(group, &mut a);
            if a.len() == 1 {
                place(group, &a);
            }
        }
        placed.sorted()
    }

    /// The records in which both groups stand, with the first unit of each there.
    fn shared_records(&self, a: &[u32], b: &[u32]) -> Vec<(RecordIndex, u32, u32)> {
        let (mut i, mut j) = (0, 0);
        let mut out: Vec<(RecordIndex, u32, u32)> = Vec::new();
        while i < a.len() && j < b.len() {
            let (x, y) = (self.record_of(a[i]), self.record_of(b[j]));
            match x.cmp(&y) {
                std::cmp::Ordering::Less => i += 1,
                std::cmp::Ordering::Greater => j += 1,
                std::cmp::Ordering::Equal => {
                    out.push((x, a[i], b[j]));
                    i += a[i..].iter().take_while(|&&u| self.record_of(u) == x).count();
                    j += b[j..].iter().take_while(|&&u| self.record_of(u) == x).count();
                }
            }
        }
        out
    }

    /// Judges passages across documents; `repeated` are units that went as repeats. Cuts, and the passages that stay
    /// where they are, in the order of units.
    pub fn passages(&self, repeated: &Bits) -> (Column<CutRow>, Column<PassageRow>) {
        let kept = self.left.documents() as u32;
        let stories = self.stories();
        let mut cuts = Sorter::new(self.store, |c: &CutRow| c.unit);
        let mut stay = Sorter::new(self.store, |p: &PassageRow| p.unit);
        self.families(repeated).parts(
            |a, b| a.0 == b.0,
            |part| {
                // Where none of the leading group is left, nothing leads.
                let families: Vec<&[FamilyRow]> =
                    part.chunk_by(|a, b| a.0 == b.0).filter(|f| f.len() > 1 && f[0].0 == f[0].1).collect();
                let judged: Vec<(Vec<CutRow>, Option<PassageRow>)> =
                    families.par_iter().map(|family| self.judge_family(family, &stories, kept)).collect();
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
    fn families(&self, repeated: &Bits) -> Sorted<FamilyRow, (u32, u32, u32)> {
        let may = self.may_be_passages(repeated);
        let mut rows = Sorter::new(self.store, |r: &FamilyRow| (r.0, r.1, r.2));
        let mut follows = Bits::new(self.left.units.rows.len());
        let mut leads = Bits::new(self.left.units.rows.len());
        let mut members = Vec::new();
        self.near.edges.each(|edge| {
            let near = f64::from(edge.similarity) >= self.config.passage.similarity;
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
        let seen = Carriers {
            stories: told.len() as u32,
            at_edge: family.iter().filter(|m| self.is_at_edge(m.2)).count() as u32,
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
        let mut records: Vec<RecordIndex> = Vec::new();
        self.groups.members.runs(
            |a, b| a.0 == b.0,
            |run| {
                let length = u32::from(run[0].2);
                records.clear();
                records.extend(run.iter().map(|m| self.record_of(m.1)));
                // Words that a document says twice count once.
                records.windows(2).filter(|r| r[0] == r[1]).for_each(|r| words[r[0] as usize] -= length);
                records.dedup();
                if (2..=STORY_MAX_DOCUMENTS).contains(&records.len()) && length >= 8 {
                    pairs.extend(records[1..].iter().map(|&other| (other, records[0], length)));
                }
            },
        );
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

    /// Whether a unit stands at an edge of what is left of its document.
    fn is_at_edge(&self, unit: u32) -> bool {
        let range = self.left.units.range(self.record_of(unit));
        let unit = unit as usize;
        let left = |units: std::ops::Range<usize>| units.filter(|&u| !self.left.gone.has(u));
        left(range.start..unit).take(EDGE_START).count() < EDGE_START
            || left(unit + 1..range.end).take(EDGE_END).count() < EDGE_END
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
            let similar = similarity.filter(|&s| f64::from(s) >= self.config.repeat.similarity);
            if let Some(similarity) = similar {
                settled.push(CutRow { witness: Some(Witness { of: further.of, similarity }), ..cut });
            }
        });
        settled.finish()
    }
}
