//! MinHash (Broder 1997) with k permutations over 32-bit values.
//!
//! In: shingles. Out: for each permutation the smallest permuted value; two sets agree in a row with a chance
//! of about their Jaccard similarity. The permutations are fixed: the same text has the same signature anywhere.

use super::banding::Banding;
use super::lanes;

/// The permutations of a signature, and its banding.
#[derive(Debug, Clone)]
pub struct MinHash {
    banding: Banding,
    permutations: Permutations,
}

/// Fixed permutations of the 32-bit values, each an odd factor and a seed, for [`lanes::update`].
#[derive(Debug, Clone)]
pub(super) struct Permutations {
    pub odd: Vec<u32>,
    pub seeds: Vec<u32>,
}

/// Scratch of [`MinHash::keys_into`] and [`Bins::keys_into`](super::bins::Bins::keys_into).
#[derive(Debug, Default)]
pub struct SketchScratch {
    pub(super) values: Vec<u32>,
    pub(super) mins: Vec<u32>,
    pub(super) some: SomeRows,
}

/// Some rows of a signature, and their permutations side by side.
#[derive(Debug, Default)]
pub(super) struct SomeRows {
    rows: Vec<usize>,
    odd: Vec<u32>,
    seeds: Vec<u32>,
    mins: Vec<u32>,
}

impl SketchScratch {
    /// Where the shingles of the next text go, as 32-bit values; empty it before.
    pub fn values(&mut self) -> &mut Vec<u32> {
        &mut self.values
    }
}

/// A shingle as the 32-bit value that is permuted.
pub fn value(shingle: u64) -> u32 {
    (shingle >> 32) as u32
}

impl Permutations {
    /// At least so many.
    pub fn new(rows: usize) -> Self {
        let mut state = 0x6465_6368_6166_6600u64;
        let mut next = || {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            ((z ^ (z >> 31)) >> 32) as u32
        };
        let lanes = rows.next_multiple_of(lanes::WIDTH);
        let odd = (0..lanes).map(|_| next() | 1).collect();
        let seeds = (0..lanes).map(|_| next()).collect();
        Permutations { odd, seeds }
    }
}

impl SomeRows {
    /// Gives those rows of `signature` that are `u32::MAX` the smallest value by their own permutation.
    pub fn fill_empty(&mut self, values: &[u32], permutations: &Permutations, signature: &mut [u32]) {
        self.rows.clear();
        self.rows.extend((0..signature.len()).filter(|&row| signature[row] == u32::MAX));
        if self.rows.is_empty() {
            return;
        }
        let lanes = self.rows.len().next_multiple_of(lanes::WIDTH);
        for (to, all) in [(&mut self.odd, &permutations.odd), (&mut self.seeds, &permutations.seeds)] {
            to.clear();
            to.extend(self.rows.iter().map(|&row| all[row]));
            to.resize(lanes, 0);
        }
        self.mins.clear();
        self.mins.resize(lanes, u32::MAX);
        lanes::update(values, &self.odd, &self.seeds, &mut self.mins);
        for (&row, &least) in self.rows.iter().zip(&self.mins) {
            signature[row] = least;
        }
    }
}

impl MinHash {
    /// Permutations for `banding`.
    pub fn new(banding: Banding) -> Self {
        MinHash { banding, permutations: Permutations::new(banding.hashes()) }
    }

    /// The banding that the keys follow.
    pub fn banding(&self) -> Banding {
        self.banding
    }

    /// The signature of the values in `scratch`, one minimum a row; all `u32::MAX` for no values.
    pub fn signature<'s>(&self, scratch: &'s mut SketchScratch) -> &'s [u32] {
        scratch.mins.clear();
        let Permutations { odd, seeds } = &self.permutations;
        scratch.mins.resize(odd.len(), u32::MAX);
        lanes::update(&scratch.values, odd, seeds, &mut scratch.mins);
        &scratch.mins[..self.banding.hashes()]
    }

    /// Appends a bucket key for each band of the values in `scratch` to `keys`. Nothing is appended for no
    /// values: empty texts share no bucket.
    pub fn keys_into(&self, scratch: &mut SketchScratch, keys: &mut Vec<u32>) {
        if scratch.values.is_empty() {
            return;
        }
        let rows = self.banding.rows;
        let signature = self.signature(scratch);
        keys.extend(signature.chunks_exact(rows).map(band_key));
    }
}

pub(super) fn band_key(rows: &[u32]) -> u32 {
    let mut h = 0x9e37_79b9_7f4a_7c15u64;
    for &row in rows {
        h = (h ^ u64::from(row)).wrapping_mul(0xff51_afd7_ed55_8ccd);
        h ^= h >> 32;
    }
    (h >> 16) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::shingle;

    fn signature(set: &[u64]) -> Vec<u32> {
        let mut scratch = SketchScratch::default();
        scratch.values().extend(set.iter().map(|&s| value(s)));
        MinHash::new(Banding { bands: 128, rows: 1 }).signature(&mut scratch).to_vec()
    }

    fn words(range: std::ops::Range<u64>) -> Vec<u64> {
        range.map(|i| i.wrapping_mul(0x2545_f491_4f6c_dd1d) ^ 0xabcd).collect()
    }

    #[test]
    fn rows_agree_as_often_as_jaccard_says() {
        for (overlap, sets) in [(20u64, 60), (60, 60), (90, 60)] {
            let (mut agree, mut rows, mut exact) = (0usize, 0usize, 0.0);
            for i in 0..sets {
                let base = i * 1000;
                let (mut a, mut b) = (Vec::new(), Vec::new());
                shingle::set_into(&words(base..base + 100), 1, &mut a);
                shingle::set_into(&words(base + 100 - overlap..base + 200 - overlap), 1, &mut b);
                let (x, y) = (signature(&a), signature(&b));
                agree += x.iter().zip(&y).filter(|(p, q)| p == q).count();
                rows += x.len();
                exact += shingle::jaccard(&a, &b);
            }
            let (estimate, exact) = (agree as f64 / rows as f64, exact / sets as f64);
            assert!((estimate - exact).abs() < 0.03, "{estimate} {exact}");
        }
    }

    #[test]
    fn empty_texts_have_no_keys() {
        let mut keys = Vec::new();
        MinHash::new(Banding { bands: 5, rows: 3 }).keys_into(&mut SketchScratch::default(), &mut keys);
        assert!(keys.is_empty());
    }

    #[test]
    fn committed_vector() {
        let signature = signature(&[1 << 32, 2 << 32, 3 << 32]);
        assert_eq!(signature[..3], [1_828_691_649, 89_234_766, 298_449_041]);
    }
}
