//! The shingle sets of groups of units.
//!
//! In: groups that are compared. Out: their sets, made from the texts, document by document; or, where more are compared than
//! can be held, read from a table that is made of all of them first, for one long document may have lines for each lot.

use super::analyse::Scratch;
use super::near::NearSearch;
use super::{Cancel, TextBuffer};
use crate::document::Span;
use crate::error::Result;
use crate::store::{Ahead, Bits, Builder, Column, Store};
use crate::tables::UNIT_SHINGLE;
use crate::text::numbers;
use crate::text::shingle;
use rayon::prelude::*;
use std::sync::Arc;

/// A document of more groups than this is read on several threads, and so are as many sets of a table.
const LONG_RUN: usize = 1 << 12;
/// Bytes that a group may need while it is compared: so many at least, and for each byte of its text, the shingles of which
/// are held twice for a moment.
pub(super) const GROUP_BYTES: usize = 512;
const TEXT_BYTES: usize = 4;
/// Units of which the sets are counted together.
const COUNTED: usize = 1 << 10;

/// Bytes that a group with this text may need while it is compared.
pub(super) fn bytes_of(span: Span) -> usize {
    GROUP_BYTES.max((span.end - span.start) as usize * TEXT_BYTES)
}

impl NearSearch<'_> {
    /// The shingle sets of groups, which are sorted, read document by document.
    pub(super) fn shingles_of(&self, groups: Vec<u32>) -> Sets {
        let record = |g: &u32| self.left.units.record_of(*g);
        let runs: Vec<&[u32]> = groups.chunk_by(|a, b| record(a) == record(b)).collect();
        let of_run = |reader: &mut Reader, run: &&[u32]| {
            let text = self.source.text(record(&run[0]) as usize, &mut reader.text);
            if run.len() <= LONG_RUN {
                return vec![self.shingles_in(text, run, &mut reader.words)];
            }
            // Few documents are so long, so that their threads are free.
            let part = |words: &mut Words, run| self.shingles_in(text, run, words);
            run.par_chunks(LONG_RUN).map_init(Words::default, part).collect()
        };
        let parts: Vec<Vec<(Vec<u64>, Vec<Compact>)>> =
            runs.par_iter().map_init(Reader::default, of_run).collect();
        drop(runs);
        Sets::of(groups, parts.into_iter().flatten())
    }

    /// The shingles of groups of one document, behind one another, and what each has.
    fn shingles_in(&self, text: &str, groups: &[u32], reader: &mut Words) -> (Vec<u64>, Vec<Compact>) {
        let Words { scratch, words, set, ahead } = reader;
        let (mut shingles, mut compact) = (Vec::new(), Vec::with_capacity(groups.len()));
        for &unit in groups {
            words.clear();
            let span = self.left.units.spans.get_next(unit as usize, ahead);
            self.analyser.words_of(text, [span].into_iter(), scratch, words);
            shingle::set_into(words, UNIT_SHINGLE, set);
            shingles.extend_from_slice(set);
            let told = Told {
                numbers: numbers::fingerprint(span.of(text)),
                words: words.iter().fold(0, |sum, &word| sum.wrapping_add(word)),
            };
            compact.push(Compact { shingles: set.len() as u32, told });
        }
        (shingles, compact)
    }

    /// The sets of all groups that are compared, as a table; the texts of so many bytes are read at a time.
    pub(super) fn store_sets(
        &self,
        compared: Bits,
        most: usize,
        store: &Arc<Store>,
        cancel: &Cancel,
    ) -> Result<StoredSets> {
        let (mut rows, mut shingles) = (Builder::new(store), Builder::new(store));
        let mut end_lot = |groups: &mut Vec<u32>| {
            let sets = self.shingles_of(std::mem::take(groups));
            let from = shingles.len();
            let row = |(at, &told): (usize, &Told)| {
                let Told { numbers, words } = told;
                ((from + sets.first[at]) as u64, (sets.first[at + 1] - sets.first[at]) as u32, numbers, words)
            };
            rows.extend(sets.told.iter().enumerate().map(row));
            shingles.extend_from_slice(&sets.shingles);
        };
        let (mut before, mut count, mut bytes) = (Vec::new(), 0u32, 0);
        let (mut groups, mut ahead) = (Vec::new(), Ahead::default());
        for from in (0..compared.len()).step_by(COUNTED) {
            before.push(count);
            for unit in (from..compared.len().min(from + COUNTED)).filter(|&unit| compared.has(unit)) {
                count += 1;
                groups.push(unit as u32);
                bytes += bytes_of(self.left.units.spans.get_next(unit, &mut ahead));
                if bytes >= most {
                    cancel.check()?;
                    end_lot(&mut groups);
                    bytes = 0;
                }
            }
        }
        end_lot(&mut groups);
        Ok(StoredSets { compared, before, rows: rows.finish(), shingles: shingles.finish() })
    }
}

/// Shingle sets in a table.
pub(super) struct StoredSets {
    /// Which groups have one.
    compared: Bits,
    /// How many of these there are before every so many units.
    before: Vec<u32>,
    /// Where the shingles of each begin, how many they are, what it tells.
    rows: Column<(u64, u32, u64, u64)>,
    shingles: Column<u64>,
}

impl StoredSets {
    /// The sets of groups, which are sorted.
    pub fn of(&self, groups: Vec<u32>) -> Sets {
        let read = |groups: &[u32]| {
            let (mut rows, mut ahead, mut buffer) = (Ahead::default(), Ahead::default(), Vec::new());
            let (mut shingles, mut compact) = (Vec::new(), Vec::with_capacity(groups.len()));
            for &group in groups {
                let group = group as usize;
                let from = group / COUNTED;
                let row = self.before[from] as usize + self.compared.count(from * COUNTED..group);
                let (first, count, numbers, words) = self.rows.get_next(row, &mut rows);
                let range = first as usize..first as usize + count as usize;
                shingles.extend_from_slice(self.shingles.read_next(range, &mut ahead, &mut buffer));
                compact.push(Compact { shingles: count, told: Told { numbers, words } });
            }
            (shingles, compact)
        };
        let parts: Vec<_> = groups.par_chunks(LONG_RUN).map(read).collect();
        Sets::of(groups, parts)
    }
}

/// What a thread that reads units again keeps from one document to the next.
#[derive(Default)]
struct Reader {
    text: TextBuffer,
    words: Words,
}

#[derive(Default)]
struct Words {
    scratch: Scratch,
    words: Vec<u64>,
    set: Vec<u64>,
    ahead: Ahead,
}

/// What is known of the words of a group.
struct Compact {
    /// How many shingles there are.
    shingles: u32,
    told: Told,
}

/// What lines tell that are nearly the same and no copies.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Told {
    /// Which numbers.
    numbers: u64,
    /// Which words, each as often as it is there, in any order.
    words: u64,
}

impl Told {
    /// Whether lines of so similar sets, and of words that are not the same one after the other, may be copies. With
    /// other numbers a line tells something else, however much of the rest is the same, and so it does with the same words in
    /// another order, or where nothing but how often they come again tells it from the other.
    pub fn may_copy(self, other: Told, similarity: f64) -> bool {
        self.numbers == other.numbers && self.words != other.words && similarity < 1.0
    }
}

/// Shingle sets of groups, behind one another, and what each tells.
pub(super) struct Sets {
    pub groups: Vec<u32>,
    first: Vec<usize>,
    told: Vec<Told>,
    shingles: Vec<u64>,
}

impl Sets {
    /// Of groups, which are sorted, and the shingles of several of them, behind one another.
    fn of(groups: Vec<u32>, parts: impl IntoIterator<Item = (Vec<u64>, Vec<Compact>)>) -> Sets {
        let mut sets = Sets { groups, first: vec![0], told: Vec::new(), shingles: Vec::new() };
        for (shingles, compact) in parts {
            for Compact { shingles, told } in compact {
                sets.first.push(sets.first[sets.first.len() - 1] + shingles as usize);
                sets.told.push(told);
            }
            sets.shingles.extend_from_slice(&shingles);
        }
        sets
    }

    /// The set of a group, and what it tells.
    pub fn get(&self, group: u32) -> (&[u64], Told) {
        let at = self.groups.partition_point(|&g| g < group);
        (&self.shingles[self.first[at]..self.first[at + 1]], self.told[at])
    }
}
