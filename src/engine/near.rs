//! Which groups of units nearly say the same: those that share a bucket are compared.

use super::analyse::Analyser;
use super::groups::{Groups, Left};
use super::near_sets::{GROUP_BYTES, StoredSets, bytes_of};
use super::repeated::{AHEAD, Repeated, banded};
use super::{Cancel, Source};
use crate::error::Result;
use crate::store::row::row;
use crate::store::{Bits, Builder, By, Column, Sorted, Sorter, Store};
use crate::tables::{NEAR_BANDS, NearRow};
use crate::text::shingle::{self, Bitmap};
use rayon::prelude::*;
use std::sync::atomic::{AtomicU64, Ordering};
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

/// Bytes of a pair that waits.
const PAIR_BYTES: usize = 24;
/// Groups that are compared at a time: enough that few documents are read again for the next ones.
const MOST_GROUPS: usize = 1 << 19;

/// A group, and what it is to be compared with: an earlier group, or, where the bits are set, those heads of a large
/// bucket (by its number). Groups that nearly all say the same share several large buckets, whose heads are mostly the
/// same ones; these rows are fewer than the pairs.
type Wanted = (u32, u32, u8);
/// Two groups that are to be compared, the later one first.
type Pair = (u32, u32);
/// `(band, band key, group, shingles, bitmap)`.
type Banded = (u8, u32, u32, u16, Bitmap);
/// The first groups of a large bucket.
type Heads = [u32; BUCKET_HEADS];

impl NearSearch<'_> {
    /// Finds the pairs of groups whose shingles are at least as similar as the threshold.
    pub fn run(&self, store: &Arc<Store>, cancel: &Cancel) -> Result<NearMatches> {
        let forgone = AtomicU64::new(0);
        let (wanted, heads) = self.wanted(store, &forgone);
        cancel.check()?;
        // A group's pairs, each once, the later group first: texts are read in order, and what many are compared with are few.
        let each = |take: &mut dyn FnMut(&[Pair])| {
            wanted.mapped(|a, b| a.0 == b.0, |run, pairs| pairs_of(run, &heads, pairs), |pairs| take(&pairs));
        };
        let edges = Sorter::new(store, |e: &Edge| (e.a, e.b));
        let mut comparing = Comparing::new(self, edges, store);
        let mut fit = true;
        each(&mut |pairs| fit = fit && pairs.iter().all(|&pair| comparing.add(pair)));
        cancel.check()?;
        if !fit {
            comparing.forget();
            let mut compared = Bits::new(self.left.units.rows.len());
            each(&mut |pairs| {
                pairs.iter().flat_map(|&(b, a)| [a, b]).for_each(|group| compared.set(group as usize));
            });
            comparing.stored = Some(self.store_sets(compared, comparing.most, store, cancel)?);
            let mut done = Ok(());
            each(&mut |pairs| {
                if done.is_ok() {
                    done = comparing.take(pairs, cancel);
                }
            });
            done?;
        }
        Ok(NearMatches { edges: comparing.finish(), forgone: forgone.into_inner() })
    }

    /// What is to be compared, by the later group, and the heads of the large buckets.
    fn wanted(
        &self,
        store: &Arc<Store>,
        forgone: &AtomicU64,
    ) -> (Sorted<Wanted, impl By<Wanted> + use<>>, Column<Heads>) {
        let mut wanted = Sorter::new(store, |w: &Wanted| *w);
        let large = Mutex::new(Builder::new(store));
        let large_bucket = |heads: &[Banded], groups: usize| {
            let others = (groups - BUCKET_HEADS) as u64;
            forgone.fetch_add(others * (others - 1) / 2, Ordering::Relaxed);
            let mut large = large.lock().unwrap_or_else(PoisonError::into_inner);
            large.push(std::array::from_fn(|i| heads[i].2));
            large.len() as u32 - 1
        };
        // What the group at a place of a large bucket is to be compared with.
        let with_heads = |heads: &[Banded], number: u32, i: usize, b: &Banded| {
            let earlier = heads[..i.min(BUCKET_HEADS)].iter().enumerate();
            let bits = earlier.map(|(head, a)| u8::from(self.comparable(a, b)) << head).sum();
            (bits != 0).then_some((b.2, number, bits))
        };
        self.buckets(store).mapped_or_walked(
            |a, b| (a.0, a.1) == (b.0, b.1),
            |bucket, out| {
                if bucket.len() <= BUCKET_ALL_PAIRS {
                    for (i, a) in bucket.iter().enumerate() {
                        let comparable = bucket[i + 1..].iter().filter(|b| self.comparable(a, b));
                        out.extend(comparable.map(|b| (b.2, a.2, 0)));
                    }
                    return;
                }
                let heads = &bucket[..BUCKET_HEADS];
                let number = large_bucket(heads, bucket.len());
                out.extend(bucket.iter().enumerate().filter_map(|(i, b)| with_heads(heads, number, i, b)));
            },
            |bucket, take| {
                let (mut heads, mut groups) = (Vec::new(), 0);
                bucket.each(|&b| {
                    if groups < BUCKET_HEADS {
                        heads.push(b);
                    }
                    groups += 1;
                });
                let number = large_bucket(&heads, groups);
                let mut i = 0;
                bucket.each(|b| {
                    with_heads(&heads, number, i, b).into_iter().for_each(&mut *take);
                    i += 1;
                });
            },
            |made| wanted.append(made),
        );
        (wanted.sorted(), large.into_inner().unwrap_or_else(PoisonError::into_inner).finish())
    }

    /// The groups by band and band key, with their words; only those that are not alone.
    fn buckets(&self, store: &Arc<Store>) -> Sorted<Banded, impl By<Banded>> {
        let units = self.left.units;
        let repeated = Repeated::with_room_for(units.near.len() * NEAR_BANDS, store);
        let mut sorter = Sorter::new(store, |b: &Banded| (b.0, b.1, b.2));
        let window = store.window(size_of::<NearRow>() + NEAR_BANDS * size_of::<Banded>());
        let mut buffer = Vec::new();
        for collecting in [false, true] {
            let mut at = 0;
            while at < units.near.len() {
                let to = (at + window).min(units.near.len());
                let near = units.near.read(at..to, &mut buffer);
                at = to;
                let rows = (0..near.len()).into_par_iter().with_min_len(1 << 12).filter(|&row| {
                    near.get(row + AHEAD / NEAR_BANDS).inspect(|&n| {
                        keys_of(n).for_each(|(_, key)| repeated.ask_for(key));
                    });
                    let unit = near[row].unit;
                    self.left.left.has(unit as usize) && self.groups.is_first(unit)
                });
                if collecting {
                    let of_band =
                        |n: &NearRow, band: usize| (band as u8, n.keys[band], n.unit, n.shingles, n.bitmap);
                    sorter.par_extend(rows.flat_map_iter(|row| {
                        let again = keys_of(&near[row]).filter(|&(_, key)| repeated.has(key));
                        again.map(move |(band, _)| of_band(&near[row], band))
                    }));
                } else {
                    rows.for_each(|row| keys_of(&near[row]).for_each(|(_, key)| repeated.add(key)));
                }
            }
        }
        sorter.sorted()
    }

    /// Whether two groups are worth comparing: not where one is much longer (also where that is by saying the same again,
    /// which sets do not tell), nor where the bitmaps say that they are less similar.
    fn comparable(&self, a: &Banded, b: &Banded) -> bool {
        let (fewer, more) = (a.3.min(b.3), a.3.max(b.3));
        let alike = f64::from(fewer) + 4.0 >= self.threshold * 0.8 * (f64::from(more) + 2.0);
        // Of the longest it is not known how many shingles they have.
        let shingles = usize::from(fewer) + usize::from(more);
        alike && (more == u16::MAX || shingle::may_reach(self.threshold, (a.4, b.4), shingles))
    }
}

/// The bands of a unit, with a key for each.
fn keys_of(near: &NearRow) -> impl Iterator<Item = (usize, u64)> + use<> {
    near.keys.into_iter().enumerate().map(|(band, key)| (band, banded(band, key)))
}

/// The pairs of one group, sorted and each once, behind `pairs`.
fn pairs_of(run: &[Wanted], heads: &Column<Heads>, pairs: &mut Vec<Pair>) {
    let from = pairs.len();
    for &(group, with, bits) in run {
        if bits == 0 {
            pairs.push((group, with));
        } else {
            let heads = (0..).zip(heads.get(with as usize));
            pairs.extend(heads.filter(|&(head, _)| bits >> head & 1 != 0).map(|(_, a)| (group, a)));
        }
    }
    pairs[from..].sort_unstable();
    let mut to = from;
    for at in from..pairs.len() {
        if to == from || pairs[to - 1] != pairs[at] {
            pairs[to] = pairs[at];
            to += 1;
        }
    }
    pairs.truncate(to);
}

/// Takes pairs, and compares them when there are enough.
struct Comparing<'a, B> {
    search: &'a NearSearch<'a>,
    /// Pairs that wait, and the groups in them, each once.
    pairs: Vec<Pair>,
    groups: Vec<u32>,
    waits: Bits,
    /// Bytes that they may need, and those that they may in all.
    bytes: usize,
    most: usize,
    /// Shingle sets, where they are read from a table.
    stored: Option<StoredSets>,
    edges: Sorter<Edge, B>,
}

impl<'a, B: By<Edge>> Comparing<'a, B> {
    fn new(search: &'a NearSearch<'a>, edges: Sorter<Edge, B>, store: &Store) -> Comparing<'a, B> {
        Comparing {
            search,
            pairs: Vec::new(),
            groups: Vec::new(),
            waits: Bits::new(search.left.units.rows.len()),
            bytes: 0,
            stored: None,
            most: store.rows_at_once(GROUP_BYTES).min(MOST_GROUPS) * GROUP_BYTES,
            edges,
        }
    }

    /// Adds a pair; whether there is room for more.
    fn add(&mut self, pair: Pair) -> bool {
        for group in [pair.0, pair.1] {
            if !self.waits.has(group as usize) {
                self.waits.set(group as usize);
                self.groups.push(group);
                self.bytes += bytes_of(self.search.left.units.spans.get(group as usize));
            }
        }
        self.pairs.push(pair);
        self.bytes += PAIR_BYTES;
        self.bytes < self.most
    }

    fn take(&mut self, pairs: &[Pair], cancel: &Cancel) -> Result<()> {
        for &pair in pairs {
            if !self.add(pair) {
                self.compare();
                cancel.check()?;
            }
        }
        Ok(())
    }

    /// Forgets all pairs that wait.
    fn forget(&mut self) {
        self.pairs.clear();
        self.bytes = 0;
        self.groups.drain(..).for_each(|group| self.waits.unset(group as usize));
    }

    fn compare(&mut self) {
        self.groups.par_sort_unstable();
        let groups = std::mem::take(&mut self.groups);
        let sets = match &self.stored {
            Some(stored) => stored.of(groups),
            None => self.search.shingles_of(groups),
        };
        let of_group = |pairs: &[Pair]| {
            let b = pairs[0].0;
            let (set, told) = sets.get(b);
            let near = |&(_, a): &Pair| {
                let (other, of_other) = sets.get(a);
                let similarity = shingle::jaccard(other, set);
                let edge = Edge { a, b, similarity: similarity as f32 };
                (similarity >= self.search.threshold && told.may_copy(of_other, similarity)).then_some(edge)
            };
            pairs.iter().filter_map(near).collect::<Vec<_>>()
        };
        let edges = self.pairs.par_chunk_by(|a, b| a.0 == b.0).flat_map_iter(of_group).collect();
        self.edges.append(edges);
        self.groups = sets.groups;
        self.forget();
    }

    fn finish(mut self) -> Column<Edge> {
        self.compare();
        self.edges.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    #[test]
    fn the_pairs_of_a_group_come_once_each_and_in_order() {
        let mut heads = Builder::new(&Arc::new(Store::default()));
        heads.extend([[0, 1, 2, 3, 4, 5, 6, 7], [1, 2, 8, 9, 10, 11, 12, 13]]);
        let mut pairs = vec![(8, 7)];
        let run = [(9, 0, 0b101), (9, 1, 0b111), (9, 2, 0), (9, 7, 0)];
        pairs_of(&run, &heads.finish(), &mut pairs);
        assert_eq!(pairs, [(8, 7), (9, 0), (9, 1), (9, 2), (9, 7), (9, 8)]);
    }
}
