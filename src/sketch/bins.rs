//! Signatures of long texts by one permutation, and MinHash where that finds nothing.
//!
//! In: shingles. Out: a value a row. The values fall into as many bins as there are rows, and a row is the smallest of
//! its bin (one-permutation hashing: Li, Owen and Zhang 2012); the row of an empty bin is that of
//! [`MinHash`](super::minhash::MinHash). Two sets agree in a row with a chance of about their Jaccard similarity, be
//! they large or small: where neither has a value in the bin both rows are MinHash; where one has, the rows are
//! the same if the smallest of all is in both sets, and differ else.

use super::banding::Banding;
use super::minhash::{Permutations, SketchScratch, band_key};

/// The bins and permutations of a signature, and its banding.
#[derive(Debug, Clone)]
pub struct Bins {
    banding: Banding,
    permutations: Permutations,
}

impl Bins {
    /// As many bins as `banding` has rows in all.
    pub fn new(banding: Banding) -> Self {
        Bins { banding, permutations: Permutations::new(banding.hashes()) }
    }

    /// The banding that the keys follow.
    pub fn banding(&self) -> Banding {
        self.banding
    }

    /// The signature of the values in `scratch`, one a row; all `u32::MAX` for no values.
    pub fn signature<'s>(&self, scratch: &'s mut SketchScratch) -> &'s [u32] {
        let SketchScratch { values, mins, some } = scratch;
        mins.clear();
        mins.resize(self.banding.hashes(), u32::MAX);
        for &value in values.iter() {
            // The first bits of a value say its bin, and the others its rank there.
            let bin = (u64::from(value) * mins.len() as u64) >> 32;
            let least = &mut mins[bin as usize];
            *least = value.min(*least);
        }
        some.fill_empty(values, &self.permutations, mins);
        mins
    }

    /// Appends a bucket key for each band of the values in `scratch` to `keys`. Nothing is appended for no
    /// values: empty texts share no bucket.
    pub fn keys_into(&self, scratch: &mut SketchScratch, keys: &mut Vec<u32>) {
        if !scratch.values().is_empty() {
            keys.extend(self.signature(scratch).chunks_exact(self.banding.rows).map(band_key));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sketch::minhash::{MinHash, value};
    use crate::text::shingle;

    /// Two sets of so many values each, which have `both` in common, and their Jaccard similarity.
    fn pair(sizes: [u64; 2], both: u64, number: u64) -> ([Vec<u32>; 2], f64) {
        let from = number << 32;
        let sets = [from..from + sizes[0], from + sizes[0] - both..from + sizes[0] - both + sizes[1]];
        let sets = sets.map(|words| {
            let (words, mut set) = (Vec::from_iter(words), Vec::new());
            shingle::for_each(&words, 1, |s| set.push(value(s)));
            set
        });
        (sets, both as f64 / (sizes[0] + sizes[1] - both) as f64)
    }

    /// How many of two sets of a size are the same where their similarity is at most this.
    fn shared(size: u64, similarity: f64) -> u64 {
        (2.0 * size as f64 * similarity / (1.0 + similarity)) as u64
    }

    fn with<T>(values: &[u32], take: impl FnOnce(&mut SketchScratch) -> T) -> T {
        let mut scratch = SketchScratch::default();
        scratch.values().extend_from_slice(values);
        take(&mut scratch)
    }

    #[test]
    fn rows_agree_as_often_as_jaccard_says_however_many_bins_are_empty() {
        let bins = Bins::new(Banding { bands: 125, rows: 1 });
        let alike = [2, 10, 60, 125, 300, 2000]
            .into_iter()
            .flat_map(|size| [0.2, 0.7].map(|jaccard| ([size, size], shared(size, jaccard))));
        let unlike = [([3, 30], 3), ([10, 400], 9), ([60, 90], 55), ([100, 1000], 100), ([300, 900], 250)];
        for (sizes, both) in alike.chain(unlike) {
            let (mut agree, mut rows, mut exact) = (0, 0, 0.0);
            for number in 0..1 + 40_000 / sizes.iter().sum::<u64>() {
                let (sets, jaccard) = pair(sizes, both, number);
                let [a, b] = sets.map(|set| with(&set, |s| bins.signature(s).to_vec()));
                agree += a.iter().zip(&b).filter(|(p, q)| p == q).count();
                (rows, exact) = (rows + a.len(), jaccard);
            }
            let estimate = f64::from(agree as u32) / f64::from(rows as u32);
            assert!((estimate - exact).abs() < 0.03, "{sizes:?}: {estimate} {exact}");
        }
    }

    #[test]
    fn pairs_at_the_threshold_share_a_band_as_often_as_is_said() {
        let banding = Banding::choose(0.7, 0.95, 128);
        let bins = Bins::new(banding);
        let alike = [20, 80, 200, 1000].map(|size| ([size, size], shared(size, 0.7)));
        for (sizes, both) in alike.into_iter().chain([([40, 50], 38), ([300, 400], 290), ([100, 130], 96)]) {
            let (mut found, mut chance) = (0.0, 0.0);
            for number in 0..1000 {
                let (sets, jaccard) = pair(sizes, both, number);
                let [a, b] = sets.map(|set| {
                    with(&set, |scratch| {
                        let mut keys = Vec::new();
                        bins.keys_into(scratch, &mut keys);
                        keys
                    })
                });
                found += f64::from(u8::from(a.iter().zip(&b).any(|(p, q)| p == q)));
                chance = banding.chance(jaccard);
            }
            // Four standard deviations below what is said.
            let least = 1000.0 * chance - 4.0 * (1000.0 * chance * (1.0 - chance)).sqrt();
            assert!(found >= least, "{found} of 1000 pairs of {sizes:?} shingles, {chance}");
        }
    }

    #[test]
    fn rows_of_empty_bins_are_those_of_minhash() {
        let banding = Banding { bands: 20, rows: 1 };
        let (values, top) = (vec![7, 9, 1 << 20], u32::MAX / 20);
        assert!(values.iter().all(|&v| v < top));
        let (bins, minhash) = (Bins::new(banding), MinHash::new(banding));
        let rows = with(&values, |s| bins.signature(s).to_vec());
        assert_eq!(rows[0], 7);
        assert_eq!(rows[1..], with(&values, |s| minhash.signature(s).to_vec())[1..]);
    }

    #[test]
    fn empty_texts_have_no_keys() {
        let mut keys = Vec::new();
        with(&[], |s| Bins::new(Banding { bands: 5, rows: 3 }).keys_into(s, &mut keys));
        assert!(keys.is_empty());
    }

    #[test]
    fn committed_vector() {
        let values: Vec<u32> = (1..40).map(|v: u32| v.wrapping_mul(0x9e37_79b9)).collect();
        let rows = with(&values, |s| Bins::new(Banding { bands: 4, rows: 2 }).signature(s).to_vec());
        assert_eq!(
            rows,
            [
                56_502_930,
                683_130_215,
                1_161_830_871,
                1_697_034_457,
                2_175_735_113,
                2_710_938_699,
                3_337_565_984,
                3_816_266_640
            ]
        );
    }
}
