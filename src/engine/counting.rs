//! How often keys come, counted by many threads at the same time.
//!
//! In: keys that are hashes. Out: for a key a count that is never too low (a counting filter: four bits a slot, and no key
//! kept), or the count itself (a table). What is counted does not depend on the order in which threads add.

use super::repeated::place_of;
use crate::store::{Store, large};
use rayon::prelude::*;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// Slots of a filter a key.
const SLOTS: usize = 4;
/// Slots of a filter in a word, and the most that one counts to.
const IN_WORD: usize = 16;
const MOST: u64 = 15;

/// A counting filter: by the first bits of a key how often it came at most, up to 15.
pub struct CountingFilter {
    words: Vec<AtomicU64>,
}

impl CountingFilter {
    /// Room for so many keys, as far as the store has it: with less room counts are too high for more of them.
    pub fn with_room_for(keys: usize, store: &Store) -> CountingFilter {
        let words = (store.filter(keys * SLOTS / 2) / size_of::<u64>()).max(2);
        CountingFilter { words: large::table(words) }
    }

    /// Forgets all keys.
    pub fn clear(&mut self) {
        self.words.par_iter_mut().for_each(|word| *word.get_mut() = 0);
    }

    fn place(&self, key: u64) -> (&AtomicU64, usize) {
        let slot = place_of(key, IN_WORD * self.words.len());
        (&self.words[slot / IN_WORD], 4 * (slot % IN_WORD))
    }

    /// As [`Repeated::ask_for`](super::repeated::Repeated::ask_for).
    #[inline]
    pub fn ask_for(&self, key: u64) {
        large::ask_for(self.place(key).0);
    }

    /// Counts a key, whose first bits are to be as good as chance.
    pub fn add(&self, key: u64) {
        let (word, shift) = self.place(key);
        let more = |word: u64| (word >> shift & MOST < MOST).then(|| word + (1 << shift));
        // Where no more is counted nothing is written.
        let _ = word.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
    }

    /// Whether a key came so often, or 15 times; now and then also one that did not.
    pub fn may_reach(&self, key: u64, count: u32) -> bool {
        let (word, shift) = self.place(key);
        word.load(Ordering::Relaxed) >> shift & MOST >= u64::from(count).min(MOST)
    }

    /// About how many keys came three times or more; fewer where there is less room.
    pub fn keys_with_three(&self) -> usize {
        let with_three = |word: &AtomicU64| {
            let word = word.load(Ordering::Relaxed);
            let [two, four, eight] = [word >> 1, word >> 2, word >> 3];
            ((word & two | four | eight) & (u64::MAX / MOST)).count_ones() as usize
        };
        self.words.iter().map(with_three).sum()
    }
}

/// How far from its place a key may stand in a table. Where none of these slots is free there is no room for it, then and
/// for ever, for no key is taken out.
const REACH: usize = 32;

/// A table of counts by key. What it has no room for the caller counts otherwise.
pub struct CountTable {
    slots: Vec<(AtomicU64, AtomicU32)>,
}

impl CountTable {
    /// Room for so many keys, as far as the store has it.
    pub fn with_room_for(keys: usize, store: &Store) -> CountTable {
        let slot = size_of::<(AtomicU64, AtomicU32)>();
        let slots = store.filter((2 * keys + REACH) * slot) / slot;
        CountTable { slots: large::table(slots) }
    }

    fn reach(&self, key: u64) -> &[(AtomicU64, AtomicU32)] {
        let last = self.slots.len().saturating_sub(REACH);
        let from = place_of(key, last);
        &self.slots[from..(from + REACH).min(self.slots.len())]
    }

    /// As [`Repeated::ask_for`](super::repeated::Repeated::ask_for).
    #[inline]
    pub fn ask_for(&self, key: u64) {
        self.reach(key).first().inspect(|slot| large::ask_for(*slot));
    }

    /// Adds to the count of a key, which is not 0 and whose first bits are as good as chance; whether there is room for it.
    #[must_use]
    pub fn add(&self, key: u64, count: u32) -> bool {
        let is_its = |slot: &AtomicU64| match slot.load(Ordering::Relaxed) {
            0 => match slot.compare_exchange(0, key, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => true,
                Err(now) => now == key,
            },
            there => there == key,
        };
        let slot = self.reach(key).iter().find(|slot| is_its(&slot.0));
        slot.inspect(|slot| _ = slot.1.fetch_add(count, Ordering::Relaxed)).is_some()
    }

    /// The count of a key, if there was room for it.
    pub fn get(&self, key: u64) -> Option<u32> {
        for (there, count) in self.reach(key) {
            match there.load(Ordering::Relaxed) {
                0 => return None,
                there if there == key => return Some(count.load(Ordering::Relaxed)),
                _ => {}
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::super::repeated::mixed;
    use super::*;
    use crate::disk::RealDisk;
    use std::collections::HashMap;
    use std::sync::Arc;

    const KEYS: u32 = 30_000;

    /// Keys, each as often as it is in the range of 0 to 19.
    fn keys() -> impl ParallelIterator<Item = u64> {
        (0..KEYS).into_par_iter().flat_map_iter(|i| std::iter::repeat_n(mixed(1, i), i as usize % 20))
    }

    #[test]
    fn a_filter_counts_never_too_little_and_seldom_too_much() {
        for store in [Store::default(), Store::new(Arc::new(RealDisk), Some(1), &std::env::temp_dir())] {
            let filter = CountingFilter::with_room_for(10 * KEYS as usize, &store);
            keys().for_each(|key| filter.add(key));
            for i in 0..KEYS {
                assert!((0..=i % 20).all(|count| filter.may_reach(mixed(1, i), count)));
            }
        }
        let filter = CountingFilter::with_room_for(10 * KEYS as usize, &Store::default());
        keys().for_each(|key| filter.add(key));
        let wrong = (0..KEYS).filter(|&i| i % 20 < 14 && filter.may_reach(mixed(1, i), i % 20 + 1)).count();
        assert!(wrong < KEYS as usize / 20, "{wrong}");
        let three = (0..KEYS).filter(|i| i % 20 >= 3).count();
        let told = filter.keys_with_three();
        assert!(told.abs_diff(three) < three / 10, "{told} of {three}");
    }

    #[test]
    fn a_table_counts_what_it_has_room_for() {
        for room in [KEYS as usize, KEYS as usize / 8, 0] {
            let table = CountTable::with_room_for(room, &Store::default());
            let left: Vec<u64> = keys().filter(|&key| !table.add(key, 2)).collect();
            let mut times: HashMap<u64, u32> = HashMap::new();
            left.iter().for_each(|&key| *times.entry(key).or_default() += 1);
            for i in 0..KEYS {
                let (key, all) = (mixed(1, i), i % 20);
                match table.get(key) {
                    Some(count) => assert_eq!((count, times.get(&key)), (2 * all, None)),
                    None => assert_eq!(times.get(&key).copied().unwrap_or(0), all),
                }
            }
            if room == KEYS as usize {
                assert!(times.len() < KEYS as usize / 100, "{} have no room", times.len());
            } else {
                assert!(times.len() > KEYS as usize / 2);
            }
        }
    }
}
