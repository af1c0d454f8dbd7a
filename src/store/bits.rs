//! A bit for each of many things.

use std::ops::Range;

/// Bits by number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bits {
    words: Vec<u64>,
    length: usize,
}

impl Bits {
    /// So many bits, all unset.
    pub fn new(length: usize) -> Bits {
        Bits { words: vec![0; length.div_ceil(64)], length }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Whether a bit is set; those beyond the end are not.
    pub fn has(&self, at: usize) -> bool {
        self.words.get(at / 64).is_some_and(|word| word >> (at % 64) & 1 != 0)
    }

    /// Sets a bit.
    pub fn set(&mut self, at: usize) {
        self.words[at / 64] |= 1 << (at % 64);
    }

    /// Unsets a bit.
    pub fn unset(&mut self, at: usize) {
        self.words[at / 64] &= !(1 << (at % 64));
    }

    /// Whether any bit of a range is set.
    pub fn any(&self, range: Range<usize>) -> bool {
        self.of(range).any(|bits| bits != 0)
    }

    /// How many bits of a range are set.
    pub fn count(&self, range: Range<usize>) -> usize {
        self.of(range).map(|bits| bits.count_ones() as usize).sum()
    }

    /// The bits of a range, word by word.
    fn of(&self, mut range: Range<usize>) -> impl Iterator<Item = u64> + '_ {
        std::iter::from_fn(move || {
            if range.start >= range.end {
                return None;
            }
            let (word, from) = (range.start / 64, range.start % 64);
            let to = (range.end - word * 64).min(64);
            range.start = word * 64 + to;
            Some(self.words[word] & (u64::MAX >> (64 - (to - from))) << from)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_found_one_by_one_and_in_ranges() {
        let mut bits = Bits::new(200);
        [0, 63, 64, 130].into_iter().for_each(|b| bits.set(b));
        bits.set(131);
        bits.unset(131);
        let set: Vec<usize> = (0..300).filter(|&b| bits.has(b)).collect();
        assert_eq!(set, [0, 63, 64, 130]);
        for from in 0..200 {
            for to in from..200 {
                let within = set.iter().filter(|&b| (from..to).contains(b)).count();
                assert_eq!((bits.any(from..to), bits.count(from..to)), (within > 0, within), "{from}..{to}");
            }
        }
    }
}
