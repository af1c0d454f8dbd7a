//! Shingles: hashes of word n-grams, as sorted sets to measure on and as a stream to sketch from.
//!
//! In: word hashes. Out: n-gram hashes. A text shorter than n words has one shingle made of all of them, which
//! only a text of exactly the same words shares; a text without words has none, and is similar to nothing.

use crate::simd::{self, Kernel};

/// Multiplier of the rolling polynomial (odd, from the golden ratio).
const BASE: u64 = 0x9e37_79b9_7f4a_7c15;

/// Calls `emit` with the hash of every n-gram of `words`, in order.
#[inline]
pub fn for_each(words: &[u64], n: usize, mut emit: impl FnMut(u64)) {
    if words.is_empty() {
        return;
    }
    let n = n.max(1);
    if words.len() < n {
        let sum = words.iter().fold(words.len() as u64, |h, &w| h.wrapping_mul(BASE).wrapping_add(w));
        emit(finish(sum ^ 0x5bd1_e995));
        return;
    }
    let leave = BASE.wrapping_pow(n as u32);
    let mut sum = words[..n].iter().fold(0u64, |sum, &w| sum.wrapping_mul(BASE).wrapping_add(w));
    emit(finish(sum));
    for (&word, &gone) in words[n..].iter().zip(words) {
        // Both products are ready before the sum is.
        sum = sum.wrapping_mul(BASE).wrapping_add(word.wrapping_sub(gone.wrapping_mul(leave)));
        emit(finish(sum));
    }
}

/// The hash of every n-gram of `words`, in order, into `out`, which is cleared first: what [`for_each`] hands on.
pub fn all_into(words: &[u64], n: usize, out: &mut Vec<u64>) {
    out.clear();
    let n = n.max(1);
    if words.len() >= n + FEW && simd::run_wide(All { words, n, out }).is_some() {
        return;
    }
    out.reserve(words.len());
    for_each(words, n, |s| out.push(s));
}

/// Places that are worked on at once: several vectors, of which one moves while the products of the others are on their way.
const MANY: usize = 32;
/// The same for what is left.
const FEW: usize = 8;

/// N-grams of many places at once, each by itself: more products than the rolling way takes, but none waits for the n-gram before.
struct All<'a> {
    words: &'a [u64],
    n: usize,
    out: &'a mut Vec<u64>,
}

impl Kernel for All<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let All { words, n, out } = self;
        out.resize(words.len() + 1 - n, 0);
        let many = at_once::<MANY>(words, n, out);
        let done = many + at_once::<FEW>(&words[many..], n, &mut out[many..]);
        let left = &mut out[done..];
        let mut at = 0;
        if !left.is_empty() {
            for_each(&words[done..], n, |shingle| {
                left[at] = shingle;
                at += 1;
            });
        }
    }
}

/// The first n-grams of `words`, into `out`: so many at a time, and how many there are in all.
#[inline(always)]
fn at_once<const LANES: usize>(words: &[u64], n: usize, out: &mut [u64]) -> usize {
    let blocks = out.as_chunks_mut::<LANES>().0;
    let mut from = 0;
    for block in blocks {
        let mut sums = [0u64; LANES];
        for words in words[from..from + n - 1 + LANES].windows(LANES) {
            for (sum, word) in sums.iter_mut().zip(words) {
                *sum = sum.wrapping_mul(BASE).wrapping_add(*word);
            }
        }
        // Not by `map` of an array, which is compiled without vectors.
        for (shingle, sum) in block.iter_mut().zip(sums) {
            *shingle = finish(sum);
        }
        from += LANES;
    }
    from
}

/// The sorted set of the shingles of `words`, into `out`, which is cleared first.
pub fn set_into(words: &[u64], n: usize, out: &mut Vec<u64>) {
    all_into(words, n, out);
    out.sort_unstable();
    out.dedup();
}

/// The finaliser of MurmurHash3 (Appleby): every input bit reaches every output bit.
#[inline(always)]
fn finish(mut h: u64) -> u64 {
    h ^= h >> 33;
    h = h.wrapping_mul(0xff51_afd7_ed55_8ccd);
    h ^= h >> 33;
    h = h.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    h ^ (h >> 33)
}

/// How many values two sorted sets share. Those of a much smaller one are sought in the other, which is not walked through.
pub fn shared<T: Ord + Copy>(a: &[T], b: &[T]) -> usize {
    const MUCH_SMALLER: usize = 32;
    let (small, mut large) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    let (mut i, mut j, mut both) = (0, 0, 0);
    if small.len() < large.len() / MUCH_SMALLER {
        for value in small {
            large = &large[large.partition_point(|other| other < value)..];
            both += usize::from(large.first() == Some(value));
        }
        return both;
    }
    while i < a.len() && j < b.len() {
        let (x, y) = (a[i], b[j]);
        both += usize::from(x == y);
        i += usize::from(x <= y);
        j += usize::from(y <= x);
    }
    both
}

/// Jaccard similarity of two sorted sets; 0 where either is empty.
pub fn jaccard(a: &[u64], b: &[u64]) -> f64 {
    let both = shared(a, b);
    if both == 0 { 0.0 } else { both as f64 / (a.len() + b.len() - both) as f64 }
}

/// A set of shingles as a bitmap: each sets the bit that its last bits tell.
pub type Bitmap = u64;

/// The bitmap of one shingle; that of a set is the union of theirs.
#[inline]
pub fn bitmap(shingle: u64) -> Bitmap {
    1 << (shingle % u64::from(Bitmap::BITS))
}

/// Whether two sets of at most so many shingles in all may be as similar as `threshold`, by their bitmaps. Each bit that they
/// differ in is a shingle that only one set has, so that what this refuses is less similar for sure (the bitmap filter of
/// Sandes, Teodoro and Melo, Information Systems 88, 2020).
pub fn may_reach(threshold: f64, (a, b): (Bitmap, Bitmap), shingles: usize) -> bool {
    let differ = f64::from((a ^ b).count_ones());
    // J >= t where the symmetric difference is at most this part of both sizes; the rest is for rounding.
    differ <= (1.0 - threshold) / (1.0 + threshold) * shingles as f64 + 1e-6
}

/// The share of `inner` that stands in `outer`; 0 where `inner` is empty.
pub fn containment(inner: &[u64], outer: &[u64]) -> f64 {
    if inner.is_empty() { 0.0 } else { shared(inner, outer) as f64 / inner.len() as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn set(words: &[u64], n: usize) -> Vec<u64> {
        let mut out = vec![1];
        set_into(words, n, &mut out);
        out
    }

    #[test]
    fn short_texts_match_only_the_same_words() {
        assert_eq!(set(&[1, 2], 5), set(&[1, 2], 5));
        assert_ne!(set(&[1, 2], 5), set(&[2, 1], 5));
        assert_ne!(set(&[1, 2], 5), set(&[1, 2, 0], 5));
        assert!(set(&[], 5).is_empty());
        assert_eq!(jaccard(&[], &[]), 0.0);
        assert_eq!(containment(&[], &[1]), 0.0);
    }

    #[test]
    fn committed_vector() {
        assert_eq!(set(&[1, 2, 3, 4, 5, 6], 5), [5_855_738_219_155_059_707, 17_867_787_639_454_450_313]);
    }

    proptest! {
        #[test]
        fn rolling_hash_names_n_grams(words in prop::collection::vec(0u64..4, 0..40), n in 1usize..6) {
            let grams: BTreeSet<&[u64]> =
                if words.len() < n { (!words.is_empty()).then_some(&words[..]).into_iter().collect() }
                else { words.windows(n).collect() };
            prop_assert_eq!(set(&words, n).len(), grams.len());
        }

        #[test]
        fn all_at_once_are_those_one_after_the_other(words in prop::collection::vec(any::<u64>(), 0..200), n in 0usize..9) {
            let (mut all, mut each) = (vec![7], Vec::new());
            all_into(&words, n, &mut all);
            for_each(&words, n, |s| each.push(s));
            prop_assert_eq!(all, each);
        }

        #[test]
        fn similarities_agree_with_sets(a in prop::collection::btree_set(0u64..30, 0..20),
                                        b in prop::collection::btree_set(0u64..30, 0..20)) {
            let (x, y): (Vec<u64>, Vec<u64>) = (a.iter().copied().collect(), b.iter().copied().collect());
            let both = a.intersection(&b).count();
            prop_assert_eq!(shared(&x, &y), both);
            let union = a.union(&b).count();
            let expected = if both == 0 { 0.0 } else { both as f64 / union as f64 };
            prop_assert_eq!(jaccard(&x, &y), expected);
            let map = |set: &[u64]| set.iter().fold(0, |map, &s| map | bitmap(s));
            prop_assert!(may_reach(expected, (map(&x), map(&y)), x.len() + y.len()));
        }

        #[test]
        fn a_small_set_is_found_in_a_much_larger_one(small in prop::collection::btree_set(0u64..3000, 0..20),
                                                     large in prop::collection::btree_set(0u64..3000, 700..1500)) {
            let (x, y): (Vec<u64>, Vec<u64>) = (small.iter().copied().collect(), large.iter().copied().collect());
            let both = small.intersection(&large).count();
            prop_assert_eq!((shared(&x, &y), shared(&y, &x)), (both, both));
        }
    }
}
