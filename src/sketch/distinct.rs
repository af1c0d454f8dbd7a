//! Each of some hashes once.

/// Words of bits; the more there are, the more hashes are told apart by them.
const WORDS: usize = 1 << 10;

/// Scratch to keep each of some hashes once.
pub struct Distinct {
    words: Box<[u64; WORDS]>,
}

impl Default for Distinct {
    fn default() -> Distinct {
        Distinct { words: Box::new([0; WORDS]) }
    }
}

impl Distinct {
    /// Keeps each hash once, in any order. Where no two of them set the same bit, as in most documents, they are so already;
    /// else they are sorted.
    pub fn keep(&mut self, hashes: &mut Vec<u64>) {
        // Of hashes that were sampled by their last bits the first ones still differ.
        let place = |hash: u64| ((hash >> 54) as usize % WORDS, 1 << (hash >> 48 & 63));
        let mut twice = false;
        for &hash in hashes.iter() {
            let (word, bit) = place(hash);
            twice |= self.words[word] & bit != 0;
            self.words[word] |= bit;
        }
        hashes.iter().for_each(|&hash| self.words[place(hash).0] = 0);
        if twice {
            hashes.sort_unstable();
            hashes.dedup();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn each_is_kept_once(
            several in prop::collection::vec(prop::collection::vec(prop_oneof![any::<u64>(), 0..9u64, (0..9u64).prop_map(|h| h << 48)], 0..200), 1..4)
        ) {
            let mut distinct = Distinct::default();
            for mut hashes in several {
                let all: BTreeSet<u64> = hashes.iter().copied().collect();
                distinct.keep(&mut hashes);
                prop_assert_eq!(hashes.len(), all.len());
                prop_assert_eq!(hashes.into_iter().collect::<BTreeSet<u64>>(), all);
            }
        }
    }
}
