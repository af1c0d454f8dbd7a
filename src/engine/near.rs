//! Which groups of units nearly say the same: those that share a bucket are compared.

use super::analyse::{Analyser, Scratch};
use super::groups::{Groups, Left};
use super::repeated::{Repeated, mixed};
use super::{Cancel, Source, TextBuffer};
use crate::error::Result;
use crate::store::row::row;
use crate::store::{Ahead, Builder, Column, Sorter, Store};
use crate::tables::{NEAR_BANDS, NearRow, UNIT_SHINGLE, UnitRow};
use crate::text::shingle;
use rayon::prelude::*;
use std::sync::{Arc, Mutex, PoisonError};

/// In a bucket of more groups than this, each is compared with the first of them only.
const BUCKET_ALL_PAIRS: usize = 48;
/// How many of a large bucket's first groups all others are compared with.
const BUCKET_HEADS: usize = 8;

row!(Edge { a: u32, b: u32, similarity: f32 });

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
    pub edges: Column<Edge>,
    /// Comparisons that large buckets did not make.
    pub forgone: u64,
}

impl NearMatches {
    /// The similarity of two groups, where it was measured and is high enough.
    pub fn between(&self, x: u32, y: u32) -> Option<f32> {
        let key = (x.min(y), x.max(y));
        let at = self.edges.partition_point(|e| (e.a, e.b) < key);
        (at < self.edges.len())
            .then(|| self.edges.get(at))
            .filter(|e| (e.a, e.b) == key)
            .map(|e| e.similarity)
    }
}

/// What the search for near matches runs over.
pub struct NearSearch<'a> {
    /// Where the texts come from.
    pub source: &'a dyn Source,
    /// Reads words as the first pass did.
    pub analyser: &'a Analyser,
    /// The units that are left.
    pub left: &'a Left<'a>,
    /// Which of them say the same.
    pub groups: &'a Groups,
    /// The least Jaccard similarity.
    pub threshold: f64,
}

/// Bytes that a pair may need while it is measured.
const PAIR_BYTES: usize = 512;

impl NearSearch<'_> {
    /// Finds the pairs of groups whose shingles are at least as similar as the threshold.
    pub fn run(&self, store: &Arc<Store>, cancel: &Cancel) -> Result<NearMatches> {
        let mut near = NearMatches::default();
        let pairs = self.candidates(store, &mut near.forgone);
        cancel.check()?;
        let mut edges = Sorter::new(store, |e: &Edge| (e.a, e.b));
        let (window, mut from, mut buffer) = (store.window(PAIR_BYTES), 0, Vec::new());
        while from < pairs.len() {
            let to = (from + window).min(pairs.len());
            let pairs = pairs.read(from..to, &mut buffer);
            from = to;
            let sets = self.shingles_of(pairs);
            let measured = pairs.par_iter().filter_map(|&(b, a)| {
                let similarity = shingle::jaccard(sets.get(a), sets.get(b));
                (similarity >= self.threshold).then_some(Edge { a, b, similarity: similarity as f32 })
            });
            edges.append(measured.collect());
            cancel.check()?;
        }
        near.edges = edges.finish();
        Ok(near)
    }

    /// Pairs of groups that share a bucket, each once, the later group first: in that order of theirs, so that texts are
    /// read in order too. What many are compared with are few.
    fn candidates(&self, store: &Arc<Store>, forgone: &mut u64) -> Column<(u32, u32)> {
        let units = self.left.units;
        let repeated = Repeated::with_room_for(units.near.len() * NEAR_BANDS, store);
        let mut sorter = Sorter::new(store, |b: &(u8, u32, u32, u16)| (b.0, b.1, b.2));
        let (mut unit_buffer, mut near_buffer) = (Vec::new(), Vec::new());
        for collecting in [false, true] {
            let mut at = 0;
            for stretch in
                units.stretches(store, size_of::<UnitRow>() + size_of::<NearRow>() + NEAR_BANDS * 16)
            {
                let range = units.range_of(&stretch);
                let to = units.near.partition_point(|n| (n.unit as usize) < range.end);
                let near = units.near.read(at..to, &mut near_buffer);
                at = to;
                let firsts = near
                    .par_iter()
                    .filter(|n| self.left.left.has(n.unit as usize) && self.groups.is_first(n.unit));
                if collecting {
                    let rows = units.rows.read(range.clone(), &mut unit_buffer);
                    let of_unit = |n: &NearRow| {
                        let (unit, words) = (n.unit, rows[n.unit as usize - range.start].words);
                        let repeated = &repeated;
                        let again = move |&(band, key): &(u8, u32)| repeated.has(mixed(u32::from(band), key));
                        (0u8..).zip(n.keys).filter(again).map(move |(band, key)| (band, key, unit, words))
                    };
                    sorter.append(firsts.flat_map_iter(of_unit).collect());
                } else {
                    firsts.for_each(|n| {
                        (0u32..).zip(n.keys).for_each(|(band, key)| repeated.add(mixed(band, key)));
                    });
                }
            }
        }
        drop(repeated);
        let mut pairs = Sorter::new(store, |p: &(u32, u32)| *p);
        // Large buckets make more pairs than may wait to be taken; they wait themselves.
        let large: Mutex<Vec<Vec<(u32, u16)>>> = Mutex::default();
        let large = || large.lock().unwrap_or_else(PoisonError::into_inner);
        sorter.sorted().mapped(
            |a, b| (a.0, a.1) == (b.0, b.1),
            |bucket, out| {
                if bucket.len() > BUCKET_ALL_PAIRS {
                    return large().push(bucket.iter().map(|b| (b.2, b.3)).collect());
                }
                for (i, a) in bucket.iter().enumerate() {
                    let comparable = bucket[i + 1..].iter().filter(|b| self.comparable(a.3, b.3));
                    out.extend(comparable.map(|b| (b.2, a.2)));
                }
            },
            |made| {
                pairs.append(made);
                for bucket in std::mem::take(&mut *large()) {
                    let others = (bucket.len() - BUCKET_HEADS) as u64;
                    *forgone += others * (others - 1) / 2;
                    for (i, a) in bucket[..BUCKET_HEADS].iter().enumerate() {
                        let comparable = bucket[i + 1..].iter().filter(|b| self.comparable(a.1, b.1));
                        pairs.extend(comparable.map(|b| (b.0, a.0)));
                    }
                }
            },
        );
        let mut distinct = Builder::new(store);
        pairs.sorted().runs(|a, b| a == b, |run| distinct.push(run[0]));
        distinct.finish()
    }

    /// Sizes too different for the threshold are not worth comparing (word counts stand for shingle counts, with
    /// some slack).
    fn comparable(&self, a: u16, b: u16) -> bool {
        let (a, b) = (f64::from(a), f64::from(b));
        a.min(b) + 2.0 >= self.threshold * 0.8 * a.max(b)
    }

    /// The shingle sets of all groups that stand in a pair, read document by document.
    fn shingles_of(&self, pairs: &[(u32, u32)]) -> Sets {
        let mut groups: Vec<u32> = pairs.iter().flat_map(|p| [p.0, p.1]).collect();
        groups.par_sort_unstable();
        groups.dedup();
        let units = self.left.units;
        let record = |g: &u32| units.record_of(*g);
        let runs: Vec<&[u32]> = groups.chunk_by(|a, b| record(a) == record(b)).collect();
        let parts: Vec<(Vec<u64>, Vec<u32>)> = runs
            .par_iter()
            .map_init(Reader::default, |reader, run| {
                let Reader { scratch, text, words, set, ahead, rows } = reader;
                let (first, last) = (run[0] as usize, run[run.len() - 1] as usize);
                let rows = units.rows.read_next(first..last + 1, ahead, rows);
                let text = self.source.text(record(&run[0]) as usize, text);
                let (mut shingles, mut sizes) = (Vec::new(), Vec::with_capacity(run.len()));
                for &unit in *run {
                    words.clear();
                    let span = rows[unit as usize - first].span;
                    self.analyser.words_of(text, [span].into_iter(), scratch, words);
                    shingle::set_into(words, UNIT_SHINGLE, set);
                    shingles.extend_from_slice(set);
                    sizes.push(set.len() as u32);
                }
                (shingles, sizes)
            })
            .collect();
        drop(runs);
        let mut sets = Sets { groups, first: vec![0], shingles: Vec::new() };
        for (shingles, sizes) in parts {
            for size in sizes {
                sets.first.push(sets.first[sets.first.len() - 1] + size as usize);
            }
            sets.shingles.extend_from_slice(&shingles);
        }
        sets
    }
}

/// What a thread that reads units again keeps from one document to the next.
#[derive(Default)]
struct Reader {
    scratch: Scratch,
    text: TextBuffer,
    words: Vec<u64>,
    set: Vec<u64>,
    ahead: Ahead,
    rows: Vec<UnitRow>,
}

/// Shingle sets of groups, behind one another.
struct Sets {
    groups: Vec<u32>,
    first: Vec<usize>,
    shingles: Vec<u64>,
}

impl Sets {
    fn get(&self, group: u32) -> &[u64] {
        let at = self.groups.partition_point(|&g| g < group);
        &self.shingles[self.first[at]..self.first[at + 1]]
    }
}
