//! Which keys come more than once, before any is sorted.
//!
//! In: keys that are hashes. Out: for a key whether it was added at least twice; now and then also for one that was
//! not. Most lines, shingles and band keys of a corpus come once, and there is no need to collect and to sort them.
//! Threads may add at the same time: what is remembered does not depend on the order.

use crate::store::{Store, large};
use std::sync::atomic::{AtomicU64, Ordering};

/// Slots a key: of the keys that come once, about this part of one is taken for repeated.
const SLOTS: usize = 16;

/// So many keys later what was asked for has come.
pub const AHEAD: usize = 32;

/// Slots of two bits, by the first bits of a key: seen, and seen again.
pub struct Repeated {
    words: Vec<AtomicU64>,
}

impl Repeated {
    /// Room for so many keys, as far as the store has it: with less room more keys are taken for repeated that are not.
    pub fn with_room_for(keys: usize, store: &Store) -> Repeated {
        Repeated::of(store.filter(keys * SLOTS / 4))
    }

    /// The same where no more than two sorters and one window are at work beside it, with the memory of others.
    pub fn with_more_room_for(keys: usize, store: &Store) -> Repeated {
        Repeated::of(store.large_filter(keys * SLOTS / 4))
    }

    fn of(bytes: usize) -> Repeated {
        Repeated { words: large::table((bytes / 8).max(2)) }
    }

    fn place(&self, key: u64) -> (&AtomicU64, u64) {
        let slot = place_of(key, 32 * self.words.len());
        (&self.words[slot / 32], 1 << (2 * (slot % 32)))
    }

    /// Asks for the slot of a key that is added or looked up soon: some [`AHEAD`] keys later, for a table does not fit into the
    /// caches of a processor, and the look itself would wait for it.
    #[inline]
    pub fn ask_for(&self, key: u64) {
        large::ask_for(self.place(key).0);
    }

    /// Asks for the slot of the key that stands [`AHEAD`] places behind one that is looked at now.
    #[inline]
    pub fn ask_ahead(&self, keys: &[u64], at: usize) {
        if let Some(&later) = keys.get(at + AHEAD) {
            self.ask_for(later);
        }
    }

    /// Adds a key, whose first bits are to be as good as chance.
    pub fn add(&self, key: u64) {
        let (word, seen) = self.place(key);
        let before = word.load(Ordering::Relaxed);
        if before & (seen << 1) != 0 {
            return;
        }
        if before & seen != 0 || word.fetch_or(seen, Ordering::Relaxed) & seen != 0 {
            word.fetch_or(seen << 1, Ordering::Relaxed);
        }
    }

    /// Whether a key was added; for some that were not as well.
    pub fn has_any(&self, key: u64) -> bool {
        let (word, seen) = self.place(key);
        word.load(Ordering::Relaxed) & seen != 0
    }

    /// Whether a key was added twice or more; for some that were added once as well.
    pub fn has(&self, key: u64) -> bool {
        let (word, seen) = self.place(key);
        word.load(Ordering::Relaxed) & (seen << 1) != 0
    }
}

/// One of so many places, by the first bits of a key.
pub fn place_of(key: u64, places: usize) -> usize {
    ((u128::from(key) * places as u128) >> 64) as usize
}

/// A key from a number of a band and its band key, which is as good as chance itself.
pub fn banded(band: usize, key: u32) -> u64 {
    u64::from(key ^ (band as u32).wrapping_mul(0x9e37_79b9)) << 32
}

/// A key from two numbers of which the second is as good as chance, or at least different for different things.
pub fn mixed(of: u32, key: u32) -> u64 {
    let mixed = (u64::from(of) << 32 | u64::from(key)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ mixed >> 32).wrapping_mul(0xff51_afd7_ed55_8ccd)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rayon::prelude::*;

    #[test]
    fn all_that_repeat_and_few_others_are_found() {
        const KEYS: u32 = 100_000;
        let repeated = Repeated::with_room_for(KEYS as usize + 10_000, &Store::default());
        (0..KEYS + 10_000).into_par_iter().for_each(|i| repeated.add(mixed(7, i % KEYS)));
        assert!((0..10_000).all(|i| repeated.has(mixed(7, i))));
        let wrong = (10_000..KEYS).filter(|&i| repeated.has(mixed(7, i))).count();
        assert!(wrong < KEYS as usize / 10, "{wrong}");
    }
}
