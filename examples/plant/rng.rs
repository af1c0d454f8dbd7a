//! A small random generator of our own (SplitMix64), so that a corpus is the
//! same bytes on every machine and with every version of every dependency.
//! Streams are keyed: a page or an article can be made again at any time.

use xxhash_rust::xxh3::xxh3_64_with_seed;

/// A deterministic stream of numbers.
#[derive(Clone)]
pub struct Rng(u64);

impl Rng {
    /// The stream that belongs to `label` and `number` under `seed`.
    pub fn keyed(seed: u64, label: &str, number: u64) -> Self {
        let named = xxh3_64_with_seed(label.as_bytes(), seed);
        Rng(xxh3_64_with_seed(&number.to_le_bytes(), named))
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `n`; 0 when `n` is 0.
    pub fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.bits()) * n as u128) >> 64) as usize
    }

    /// A number from `low` to `high`, both included.
    pub fn range(&mut self, low: usize, high: usize) -> usize {
        low + self.below(high.saturating_sub(low) + 1)
    }

    /// True in `percent` of 100 calls.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One element of a list that is not empty.
    pub fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }

    /// Puts a list in random order.
    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for i in (1..list.len()).rev() {
            list.swap(i, self.below(i + 1));
        }
    }
}
