//! Near-duplicate and contained documents, compared on what is left of them.
//!
//! Candidates come from shared bands, and for containment from shingles sampled by hash. Connected groups of
//! candidates are covered independently, in parallel; being connected removes nothing.

use super::analyse::{Analyser, Analysis, Scratch};
use super::repeated::{Repeated, mixed};
use super::{Cancel, Source};
use crate::config::{DocumentSettings, Keep};
use crate::document::RecordIndex;
use crate::error::Result;
use crate::find::cover::{self, Fate, Member, Thresholds};
use crate::tables::{DocumentRow, Rule, Units, Witness};
use crate::text::shingle;
use rayon::prelude::*;

/// A sampled shingle in more documents than this says nothing of two of them.
const SAMPLE_MAX_DOCUMENTS: usize = 64;
/// Share of a document's samples that must stand in another for it to be worth measuring.
const SAMPLE_SHARE: f32 = 0.5;

/// A document that goes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Removed {
    /// Why.
    pub rule: Rule,
    /// The document that stays.
    pub witness: Witness,
}

/// What was found about whole documents.
#[derive(Debug, Default)]
pub struct DocumentFates {
    /// For each record why it goes, or nothing.
    pub removed: Vec<Option<Removed>>,
    /// Comparisons that a cap saved.
    pub forgone: u64,
    /// Members of the largest group of candidates.
    pub largest_group: usize,
}

/// What the search runs over.
pub struct DocumentSearch<'a> {
    /// Where the texts come from.
    pub source: &'a dyn Source,
    /// Reads words as the first pass did.
    pub analyser: &'a Analyser,
    /// Sites and dates.
    pub documents: &'a [DocumentRow],
    /// Settings.
    pub settings: &'a DocumentSettings,
    /// For each unit whether it is still there; empty where no unit was judged.
    pub left: &'a [bool],
}

impl DocumentSearch<'_> {
    /// Decides which documents stay. The sketches of documents that lost units are made anew.
    pub fn run(&self, analysis: &mut Analysis, cancel: &Cancel) -> Result<DocumentFates> {
        self.sketch_again(analysis);
        cancel.check()?;
        let order = self.order(analysis);
        let mut rank = vec![0u32; order.len()];
        for (place, &record) in order.iter().enumerate() {
            rank[record as usize] = place as u32;
        }
        let mut fates = DocumentFates { removed: vec![None; order.len()], ..DocumentFates::default() };
        let distinct = same_words(&order, analysis, &mut fates.removed);
        cancel.check()?;
        let containers = self.containers(&distinct, analysis, &rank, &mut fates.forgone);
        let groups = connected(&distinct, analysis, &containers, self.analyser.documents.banding().bands);
        fates.largest_group = groups.iter().map(Vec::len).max().unwrap_or(0);
        cancel.check()?;
        let covered: Vec<(Vec<(RecordIndex, Removed)>, u64)> = groups
            .into_par_iter()
            .map(|mut group| {
                group.sort_unstable_by_key(|&r| rank[r as usize]);
                if cancel.requested() {
                    Default::default()
                } else {
                    self.cover(&group, analysis, &containers)
                }
            })
            .collect();
        cancel.check()?;
        for (removed, forgone) in covered {
            fates.forgone += forgone;
            for (record, why) in removed {
                fates.removed[record as usize] = Some(why);
            }
        }
        follow_copies(&mut fates.removed);
        Ok(fates)
    }

    fn words(
        &self,
        record: RecordIndex,
        units: &Units,
        scratch: &mut Scratch,
        buffer: &mut String,
        words: &mut Vec<u64>,
    ) {
        let text = self.source.text(record as usize, buffer);
        words.clear();
        if self.left.is_empty() {
            self.analyser.all_words(text, scratch, words);
        } else {
            let range = units.range(record);
            let left = range.filter(|&u| self.left[u]).map(|u| units.rows[u].span);
            self.analyser.words_of(text, left, scratch, words);
        }
    }

    fn sketch_again(&self, analysis: &mut Analysis) {
        if self.left.is_empty() {
            return;
        }
        let units = &analysis.units;
        let touched: Vec<RecordIndex> = (0..self.documents.len() as u32)
            .into_par_iter()
            .filter(|&r| units.range(r).any(|u| !self.left[u]))
            .collect();
        let sketches: Vec<_> = touched
            .par_iter()
            .map_init(
                Default::default,
                |(scratch, buffer, words): &mut (Scratch, String, Vec<u64>), &record| {
                    self.words(record, units, scratch, buffer, words);
                    let mut keys = Vec::new();
                    let (row, samples) = self.analyser.sketch(words, scratch, &mut keys);
                    (row, keys, samples)
                },
            )
            .collect();
        let bands = self.analyser.documents.banding().bands;
        for (&record, (row, keys, samples)) in touched.iter().zip(sketches) {
            let record = record as usize;
            analysis.sketches[record] = row;
            analysis.keys[record * bands..(record + 1) * bands].copy_from_slice(&keys);
            analysis.samples[record] = samples;
        }
    }

    /// Records, the one that stays before all others first. Ties go by place in the input.
    fn order(&self, analysis: &Analysis) -> Vec<RecordIndex> {
        let key = |&r: &RecordIndex| {
            let document = &self.documents[r as usize];
            let by = match self.settings.keep {
                Keep::Longest => -i64::from(analysis.sketches[r as usize].words),
                Keep::First => 0,
                Keep::Earliest => document.date.unwrap_or(i64::MAX),
                Keep::Latest => document.date.map_or(i64::MAX, |d| d.saturating_neg()),
            };
            (document.preference, by, r)
        };
        let mut order: Vec<RecordIndex> = (0..self.documents.len() as u32).collect();
        order.par_sort_unstable_by_key(key);
        order
    }

    /// Pairs of a document and a longer one that may contain it, sorted.
    fn containers(
        &self,
        distinct: &[RecordIndex],
        analysis: &Analysis,
        rank: &[u32],
        forgone: &mut u64,
    ) -> Vec<(RecordIndex, RecordIndex)> {
        if self.settings.containment <= 0.0 {
            return Vec::new();
        }
        let samples = |&record: &RecordIndex| &analysis.samples[record as usize];
        let repeated = Repeated::with_room_for(distinct.par_iter().map(|r| samples(r).len()).sum());
        distinct.par_iter().for_each(|r| samples(r).iter().for_each(|&s| repeated.add(s)));
        let of_record = |r: &RecordIndex| {
            let (repeated, record) = (&repeated, *r);
            samples(r).iter().filter(|s| repeated.has(**s)).map(move |&s| (s, record))
        };
        let mut rows: Vec<(u64, RecordIndex)> = distinct.par_iter().flat_map_iter(of_record).collect();
        rows.par_sort_unstable();
        let mut pairs: Vec<(RecordIndex, RecordIndex)> = Vec::new();
        for run in rows.chunk_by(|a, b| a.0 == b.0).filter(|r| r.len() > 1) {
            if run.len() > SAMPLE_MAX_DOCUMENTS {
                *forgone += 1;
                continue;
            }
            for (i, &(_, a)) in run.iter().enumerate() {
                pairs.extend(run[i + 1..].iter().map(|&(_, b)| {
                    let size = |r: RecordIndex| {
                        (analysis.sketches[r as usize].words, std::cmp::Reverse(rank[r as usize]))
                    };
                    if size(a) < size(b) { (a, b) } else { (b, a) }
                }));
            }
        }
        pairs.par_sort_unstable();
        pairs
            .chunk_by(|x, y| x == y)
            .filter(|run| {
                let small = run[0].0 as usize;
                let asked = analysis.samples[small].len() as f32 * SAMPLE_SHARE;
                analysis.sketches[small].words >= self.settings.containment_min_words
                    && run.len() as f32 >= asked
            })
            .map(|run| run[0])
            .collect()
    }

    fn cover(
        &self,
        group: &[RecordIndex],
        analysis: &Analysis,
        containers: &[(RecordIndex, RecordIndex)],
    ) -> (Vec<(RecordIndex, Removed)>, u64) {
        let bands = self.analyser.documents.banding().bands;
        let mut places: Vec<(RecordIndex, u32)> =
            group.iter().enumerate().map(|(i, &r)| (r, i as u32)).collect();
        places.sort_unstable();
        let place = |r: RecordIndex| places.binary_search_by_key(&r, |p| p.0).ok().map(|i| places[i].1);
        let members: Vec<Member> = group
            .par_iter()
            .map_init(
                Default::default,
                |(scratch, buffer, words): &mut (Scratch, String, Vec<u64>), &record| {
                    self.words(record, &analysis.units, scratch, buffer, words);
                    let mut shingles = Vec::new();
                    shingle::set_into(words, self.settings.shingle, &mut shingles);
                    let from = containers.partition_point(|c| c.0 < record);
                    let of_record = containers[from..].iter().take_while(|c| c.0 == record);
                    Member {
                        shingles,
                        keys: analysis.keys[record as usize * bands..(record as usize + 1) * bands].to_vec(),
                        containers: of_record.filter_map(|c| place(c.1)).collect(),
                        content: analysis.sketches[record as usize].exact,
                    }
                },
            )
            .collect();
        let thresholds =
            Thresholds { jaccard: self.settings.threshold, containment: self.settings.containment };
        let mut forgone = 0;
        let fates = cover::cover(&members, thresholds, &mut forgone);
        let removed = fates
            .iter()
            .zip(group)
            .filter_map(|(fate, &record)| match *fate {
                Fate::Stays => None,
                Fate::Copies { of, similarity, rule } => {
                    Some((record, Removed { rule, witness: Witness { of: group[of as usize], similarity } }))
                }
            })
            .collect();
        (removed, forgone)
    }
}

/// Removes documents of the same words but the most preferred; returns the distinct ones that have words,
/// in the order of the input.
fn same_words(
    order: &[RecordIndex],
    analysis: &Analysis,
    removed: &mut [Option<Removed>],
) -> Vec<RecordIndex> {
    let mut rows: Vec<(u128, u32, RecordIndex)> = order
        .iter()
        .enumerate()
        .filter(|&(_, &r)| analysis.sketches[r as usize].words > 0)
        .map(|(place, &r)| (analysis.sketches[r as usize].exact, place as u32, r))
        .collect();
    rows.par_sort_unstable();
    let mut distinct = Vec::new();
    for run in rows.chunk_by(|a, b| a.0 == b.0) {
        distinct.push(run[0].2);
        for copy in &run[1..] {
            let witness = Witness { of: run[0].2, similarity: 1.0 };
            removed[copy.2 as usize] = Some(Removed { rule: Rule::SameWords, witness });
        }
    }
    distinct.par_sort_unstable();
    distinct
}

/// A copy of a document that went is a copy of what that one copied: they have the same shingles.
fn follow_copies(removed: &mut [Option<Removed>]) {
    for record in 0..removed.len() {
        if let Some(Removed { rule: Rule::SameWords, witness }) = removed[record]
            && let Some(further) = removed[witness.of as usize]
        {
            removed[record] = Some(further);
        }
    }
}

/// Groups of two or more documents that are connected by shared buckets or candidates for containment.
fn connected(
    distinct: &[RecordIndex],
    analysis: &Analysis,
    containers: &[(RecordIndex, RecordIndex)],
    bands: usize,
) -> Vec<Vec<RecordIndex>> {
    let mut roots: Vec<u32> = (0..analysis.sketches.len() as u32).collect();
    let keys = |r: RecordIndex| (0u32..).zip(&analysis.keys[r as usize * bands..(r as usize + 1) * bands]);
    let repeated = Repeated::with_room_for(distinct.len() * bands);
    distinct.par_iter().for_each(|&r| keys(r).for_each(|(band, &key)| repeated.add(mixed(band, key))));
    let of_record = |&r: &RecordIndex| {
        let repeated = &repeated;
        let shared = keys(r).filter(|&(band, &key)| repeated.has(mixed(band, key)));
        shared.map(move |(band, &key)| (band, key, r))
    };
    let mut rows: Vec<(u32, u32, RecordIndex)> = distinct.par_iter().flat_map_iter(of_record).collect();
    rows.par_sort_unstable();
    for pair in rows.windows(2).filter(|p| (p[0].0, p[0].1) == (p[1].0, p[1].1)) {
        union(&mut roots, pair[0].2, pair[1].2);
    }
    for &(a, b) in containers {
        union(&mut roots, a, b);
    }
    let mut members: Vec<(u32, RecordIndex)> = distinct.iter().map(|&r| (find(&mut roots, r), r)).collect();
    members.par_sort_unstable();
    members
        .chunk_by(|a, b| a.0 == b.0)
        .filter(|g| g.len() > 1)
        .map(|g| g.iter().map(|m| m.1).collect())
        .collect()
}

fn find(roots: &mut [u32], mut at: u32) -> u32 {
    while roots[at as usize] != at {
        let above = roots[roots[at as usize] as usize];
        roots[at as usize] = above;
        at = above;
    }
    at
}

fn union(roots: &mut [u32], a: u32, b: u32) {
    let (a, b) = (find(roots, a), find(roots, b));
    roots[a.max(b) as usize] = a.min(b);
}
