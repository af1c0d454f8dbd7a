//! Grouping the units that are left: those with the same words, and which groups nearly say the same.

use super::analyse::{Analyser, Scratch};
use super::repeated::{Repeated, mixed};
use super::{Cancel, Source};
use crate::document::RecordIndex;
use crate::error::Result;
use crate::tables::{NEAR_BANDS, UNIT_SHINGLE, Units};
use crate::text::hash::BySame;
use crate::text::shingle;
use rayon::prelude::*;
use std::collections::HashMap;

/// In a bucket of more groups than this, each is compared with the first of them only.
const BUCKET_ALL_PAIRS: usize = 48;
/// How many of a large bucket's first groups all others are compared with.
const BUCKET_HEADS: usize = 8;

/// Units with the same words, in groups ordered by their first unit.
#[derive(Debug, Default)]
pub struct Groups {
    /// Units, group by group, in order within each.
    pub units: Vec<u32>,
    first: Vec<u32>,
}

impl Groups {
    /// Groups the units that `left` names, in order. Same words have the same masked words.
    pub fn of(units: &Units, left: &[u32]) -> Groups {
        let key = |unit: u32| units.rows[unit as usize].masked;
        let repeated = Repeated::with_room_for(left.len());
        left.par_iter().for_each(|&u| repeated.add(key(u)));
        let mut rows: Vec<(u128, u32)> = left
            .par_iter()
            .filter(|&&u| repeated.has(key(u)))
            .map(|&u| (units.rows[u as usize].exact, u))
            .collect();
        rows.par_sort_unstable();
        // Groups of two or more, by their first unit; their other units are passed over.
        let mut runs: Vec<(u32, u32, u32)> = Vec::new();
        let mut later: Vec<u32> = Vec::new();
        let mut at = 0;
        for run in rows.chunk_by(|a, b| a.0 == b.0) {
            if run.len() > 1 {
                runs.push((run[0].1, at, at + run.len() as u32));
                later.extend(run[1..].iter().map(|r| r.1));
            }
            at += run.len() as u32;
        }
        runs.par_sort_unstable();
        later.par_sort_unstable();
        let (mut runs, mut later) = (runs.into_iter().peekable(), later.into_iter().peekable());
        let mut groups =
            Groups { units: Vec::with_capacity(left.len()), first: Vec::with_capacity(left.len() + 1) };
        groups.first.push(0);
        for &unit in left {
            if later.next_if_eq(&unit).is_some() {
                continue;
            }
            match runs.next_if(|r| r.0 == unit) {
                Some((_, from, to)) => {
                    groups.units.extend(rows[from as usize..to as usize].iter().map(|r| r.1));
                }
                None => groups.units.push(unit),
            }
            groups.first.push(groups.units.len() as u32);
        }
        groups
    }

    /// How many groups there are.
    pub fn len(&self) -> usize {
        self.first.len() - 1
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The units of a group.
    pub fn get(&self, group: u32) -> &[u32] {
        &self.units[self.first[group as usize] as usize..self.first[group as usize + 1] as usize]
    }
}

/// Two groups, the earlier first, and the Jaccard similarity of their shingles.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Edge {
    /// The earlier group.
    pub a: u32,
    /// The later group.
    pub b: u32,
    /// Measured on word 3-gram sets.
    pub similarity: f32,
}

/// What the search for near matches found.
#[derive(Debug, Default)]
pub struct NearMatches {
    /// Verified pairs, sorted.
    pub edges: Vec<Edge>,
    /// Comparisons that large buckets did not make.
    pub forgone: u64,
}

impl NearMatches {
    /// The similarity of two groups, where it was measured and is high enough.
    pub fn between(&self, x: u32, y: u32) -> Option<f32> {
        let key = (x.min(y), x.max(y));
        self.edges.binary_search_by_key(&key, |e| (e.a, e.b)).ok().map(|i| self.edges[i].similarity)
    }
}

/// What the search for near matches runs over.
pub struct NearSearch<'a> {
    /// Where the texts come from.
    pub source: &'a dyn Source,
    /// Reads words as the first pass did.
    pub analyser: &'a Analyser,
    /// All units.
    pub units: &'a Units,
    /// Those that are left, in groups.
    pub groups: &'a Groups,
    /// The least Jaccard similarity.
    pub threshold: f64,
}

impl NearSearch<'_> {
    /// Finds the pairs of groups whose shingles are at least as similar as the threshold.
    pub fn run(&self, cancel: &Cancel) -> Result<NearMatches> {
        let mut near = NearMatches::default();
        let pairs = self.candidates(&mut near.forgone);
        cancel.check()?;
        let sets = self.shingles_of(&pairs);
        cancel.check()?;
        near.edges = pairs
            .par_iter()
            .filter_map(|&(a, b)| {
                let similarity = shingle::jaccard(&sets[&a], &sets[&b]);
                (similarity >= self.threshold).then_some(Edge { a, b, similarity: similarity as f32 })
            })
            .collect();
        Ok(near)
    }

    fn candidates(&self, forgone: &mut u64) -> Vec<(u32, u32)> {
        let near = &self.units.near;
        // Both go by units.
        let mut rows: Vec<(u32, u32)> = Vec::with_capacity(near.len());
        let mut row = 0;
        for group in 0..self.groups.len() as u32 {
            let unit = self.groups.get(group)[0];
            while near.get(row).is_some_and(|n| n.unit < unit) {
                row += 1;
            }
            if near.get(row).is_some_and(|n| n.unit == unit) {
                rows.push((group, row as u32));
            }
        }
        let keys = |row: u32| (0u32..).zip(near[row as usize].keys);
        let repeated = Repeated::with_room_for(rows.len() * NEAR_BANDS);
        rows.par_iter().for_each(|r| keys(r.1).for_each(|(band, key)| repeated.add(mixed(band, key))));
        let of_group = |&(group, row): &(u32, u32)| {
            let repeated = &repeated;
            let shared = keys(row).filter(|&(band, key)| repeated.has(mixed(band, key)));
            shared.map(move |(band, key)| (band, key, group))
        };
        let mut bucket_rows: Vec<(u32, u32, u32)> = rows.par_iter().flat_map_iter(of_group).collect();
        bucket_rows.par_sort_unstable();
        let mut pairs: Vec<(u32, u32)> = Vec::new();
        for bucket in bucket_rows.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)).filter(|b| b.len() > 1) {
            let heads = if bucket.len() <= BUCKET_ALL_PAIRS { bucket.len() } else { BUCKET_HEADS };
            *forgone += ((bucket.len() - heads) * (bucket.len() - heads).saturating_sub(1) / 2) as u64;
            for (i, &(_, _, a)) in bucket[..heads].iter().enumerate() {
                pairs.extend(bucket[i + 1..].iter().filter(|b| self.comparable(a, b.2)).map(|b| (a, b.2)));
            }
        }
        pairs.par_sort_unstable();
        pairs.dedup();
        pairs
    }

    /// Sizes too different for the threshold are not worth comparing (word counts stand for shingle counts, with
    /// some slack).
    fn comparable(&self, a: u32, b: u32) -> bool {
        let words = |g: u32| f64::from(self.units.rows[self.groups.get(g)[0] as usize].words);
        let (a, b) = (words(a), words(b));
        a.min(b) + 2.0 >= self.threshold * 0.8 * a.max(b)
    }

    /// The shingle sets of all groups that stand in a pair, read document by document.
    fn shingles_of(&self, pairs: &[(u32, u32)]) -> HashMap<u32, Vec<u64>, BySame> {
        let mut active: Vec<u32> = pairs.iter().flat_map(|p| [p.0, p.1]).collect();
        active.par_sort_unstable();
        active.dedup();
        let record = |g: &u32| self.units.record_of(self.groups.get(*g)[0]);
        let runs: Vec<&[u32]> = active.chunk_by(|a, b| record(a) == record(b)).collect();
        let sets: Vec<Vec<(u32, Vec<u64>)>> = runs
            .par_iter()
            .map_init(Default::default, |(scratch, buffer, words): &mut (Scratch, String, Vec<u64>), run| {
                let text = self.source.text(record(&run[0]) as usize, buffer);
                let one = |&group: &u32| {
                    let span = self.units.rows[self.groups.get(group)[0] as usize].span;
                    words.clear();
                    self.analyser.words_of(text, [span].into_iter(), scratch, words);
                    let mut set = Vec::new();
                    shingle::set_into(words, UNIT_SHINGLE, &mut set);
                    (group, set)
                };
                run.iter().map(one).collect()
            })
            .collect();
        sets.into_iter().flatten().collect()
    }
}

/// The record of each unit of a group, in order.
pub fn records<'a>(units: &'a Units, group: &'a [u32]) -> impl Iterator<Item = RecordIndex> + 'a {
    group.iter().map(|&u| units.record_of(u))
}
