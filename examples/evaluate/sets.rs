//! Texts as exact sets of word n-grams, and an exact search among them.
//!
//! In: texts. Out: for each a sorted set of numbers, one for each distinct n-gram of the corpus, the rarest
//! first; and whether a set resembles one of those in an index. No sketch and no bucket: by the prefix filter
//! (Chaudhuri, Ganti and Kaushik 2006) no pair at or above the threshold is passed over.

use clap::ValueEnum;
use dechaff::text::segment::{self, Lines};
use dechaff::text::words::Words as Hashed;
use dechaff::text::{fold, words};
use rayon::prelude::*;
use xxhash_rust::xxh3::xxh3_128;

/// What a word is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Words {
    /// As dechaff reads them: units, folded, by Unicode segmentation
    Dechaff,
    /// Runs of letters and digits, lower-cased: a check that shares nothing with dechaff
    Plain,
}

/// The n-gram sets of all texts. A text of fewer than n words has one n-gram, of all its words; a text without
/// words has none.
pub fn of<'t>(texts: impl IntoParallelIterator<Item = &'t str>, words: Words, n: usize) -> Vec<Vec<u32>> {
    let grams: Vec<Vec<u128>> = texts
        .into_par_iter()
        .map(|text| {
            let words = match words {
                Words::Dechaff => dechaff_words(text),
                Words::Plain => plain_words(text),
            };
            n_grams(&words, n)
        })
        .collect();
    by_rarity(&grams)
}

fn dechaff_words(text: &str) -> Vec<u64> {
    let (mut units, mut folded, mut hashed) = (Vec::new(), String::new(), Hashed::default());
    segment::segment_into(text, &mut Lines::default(), &mut units);
    for unit in &units {
        fold::fold_into(&text[unit.start as usize..unit.end as usize], &mut folded);
        words::words_into(&folded, &mut hashed);
    }
    hashed.exact
}

fn plain_words(text: &str) -> Vec<u64> {
    let lower = text.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty());
    words.map(|w| xxh3_128(w.as_bytes()) as u64).collect()
}

/// Distinct n-grams, sorted. 128 bits: no two of a corpus collide.
fn n_grams(words: &[u64], n: usize) -> Vec<u128> {
    let mut bytes = Vec::new();
    let windows = if words.is_empty() { 0 } else { words.len().saturating_sub(n) + 1 };
    let mut grams: Vec<u128> = (0..windows)
        .map(|from| {
            bytes.clear();
            let gram = &words[from..words.len().min(from + n)];
            gram.iter().for_each(|w| bytes.extend_from_slice(&w.to_le_bytes()));
            xxh3_128(&bytes)
        })
        .collect();
    grams.sort_unstable();
    grams.dedup();
    grams
}

/// Numbers the n-grams by the number of texts that hold them, the rarest first.
fn by_rarity(grams: &[Vec<u128>]) -> Vec<Vec<u32>> {
    let mut all: Vec<u128> = grams.iter().flatten().copied().collect();
    all.par_sort_unstable();
    let mut counted: Vec<(u32, u128)> = all.chunk_by(|a, b| a == b).map(|r| (r.len() as u32, r[0])).collect();
    counted.par_sort_unstable();
    let mut numbers: Vec<(u128, u32)> =
        counted.iter().enumerate().map(|(number, &(_, gram))| (gram, number as u32)).collect();
    numbers.par_sort_unstable();
    let number = |gram: &u128| {
        let at = numbers.binary_search_by_key(gram, |n| n.0).expect("every n-gram was counted");
        numbers[at].1
    };
    grams
        .par_iter()
        .map(|grams| {
            let mut set: Vec<u32> = grams.iter().map(number).collect();
            set.sort_unstable();
            set
        })
        .collect()
}

/// Jaccard similarity of two sorted sets; 0 where both are empty.
pub fn jaccard(a: &[u32], b: &[u32]) -> f64 {
    let (mut i, mut j, mut both) = (0, 0, 0usize);
    while let (Some(x), Some(y)) = (a.get(i), b.get(j)) {
        both += usize::from(x == y);
        i += usize::from(x <= y);
        j += usize::from(y <= x);
    }
    if both == 0 { 0.0 } else { both as f64 / (a.len() + b.len() - both) as f64 }
}

/// Sets that can be asked for one that resembles another.
pub struct Index<'s> {
    sets: &'s [Vec<u32>],
    threshold: f64,
    /// For each n-gram the sets that have it in their prefix.
    postings: Vec<Vec<u32>>,
    /// The set that each one was last compared with.
    compared: Vec<u32>,
}

impl<'s> Index<'s> {
    /// An index without any of `sets` in it.
    pub fn new(sets: &'s [Vec<u32>], threshold: f64) -> Self {
        let grams = sets.iter().flatten().max().map_or(0, |&last| last as usize + 1);
        let (postings, compared) = (vec![Vec::new(); grams], vec![u32::MAX; sets.len()]);
        Index { sets, threshold, postings, compared }
    }

    /// The first n-grams of a set. Two sets at or above the threshold t share at least t |x| n-grams of either
    /// set x, so that the rarest one they share stands before the last of these in both.
    fn prefix(&self, set: usize) -> &'s [u32] {
        let set = &self.sets[set];
        // Rounded down by more than the product can be off: a longer prefix only costs time.
        let least = (self.threshold * set.len() as f64 - 1e-6).ceil().max(1.0) as usize;
        &set[..(set.len() + 1).saturating_sub(least)]
    }

    /// Adds a set.
    pub fn add(&mut self, set: usize) {
        for &gram in self.prefix(set) {
            self.postings[gram as usize].push(set as u32);
        }
    }

    /// Whether a set in the index is as similar to `set` as the threshold asks; a set is not its own likeness.
    pub fn resembles_one(&mut self, set: usize) -> bool {
        for &gram in self.prefix(set) {
            for &other in &self.postings[gram as usize] {
                let seen = std::mem::replace(&mut self.compared[other as usize], set as u32);
                if seen != set as u32
                    && other as usize != set
                    && jaccard(&self.sets[set], &self.sets[other as usize]) >= self.threshold
                {
                    return true;
                }
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sets of runs of numbers that overlap by much and by little, from a fixed sequence.
    fn runs() -> Vec<Vec<u32>> {
        let mut random = fastrand::Rng::with_seed(7);
        (0..400)
            .map(|_| {
                let from = random.u32(0..60);
                (from..from + random.u32(0..40)).filter(|_| random.u8(0..10) > 0).collect()
            })
            .collect()
    }

    #[test]
    fn the_index_finds_what_comparing_all_pairs_finds() {
        let sets = runs();
        for threshold in [0.3, 0.5, 0.7, 0.9, 1.0] {
            let mut index = Index::new(&sets, threshold);
            for i in 0..sets.len() {
                let all = (0..i).any(|j| jaccard(&sets[i], &sets[j]) >= threshold);
                assert_eq!(index.resembles_one(i), all, "{threshold} {i}");
                index.add(i);
            }
        }
    }

    #[test]
    fn texts_without_words_resemble_nothing() {
        let sets = of(vec!["", "...", "one two"], Words::Plain, 5);
        assert_eq!(sets.iter().map(Vec::len).collect::<Vec<_>>(), [0, 0, 1]);
        let mut index = Index::new(&sets, 0.7);
        index.add(0);
        assert!(!index.resembles_one(1));
    }

    #[test]
    fn rare_n_grams_come_first() {
        let sets = of(vec!["a b c", "b c d", "c d e"], Words::Plain, 1);
        let shared = sets[0].iter().filter(|g| sets[1].contains(g) && sets[2].contains(g)).max();
        assert_eq!(shared, Some(&4));
    }
}
