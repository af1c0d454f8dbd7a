//! The brute-force twin of everything that is measured: words by the library's reader, sets of word n-grams kept
//! as the words themselves, similarity by counting.

use dechaff::text::segment::{Lines, segment_into};
use dechaff::text::words::{Words, words_into};
use dechaff::text::{fold, segment::Unit};
use std::collections::HashSet;
use std::ops::Range;

/// The words of a unit.
pub fn unit_words(unit: &str) -> Vec<u64> {
    let (mut folded, mut words) = (String::new(), Words::default());
    fold::fold_into(unit, &mut folded);
    words_into(&folded, &mut words);
    words.exact
}

/// The spans of the units of a text.
pub fn units(text: &str) -> Vec<Range<usize>> {
    let mut units: Vec<Unit> = Vec::new();
    segment_into(text, &mut Lines::default(), &mut units);
    units.iter().map(|u| u.start as usize..u.end as usize).collect()
}

/// The words of a text, unit by unit, without the units that lie in a cut.
pub fn words_left(text: &str, cuts: &[Range<usize>]) -> Vec<u64> {
    let gone = |u: &Range<usize>| cuts.iter().any(|c| c.start <= u.start && u.end <= c.end);
    units(text).into_iter().filter(|u| !gone(u)).flat_map(|u| unit_words(&text[u])).collect()
}

/// The set of word n-grams; of fewer words than n one, made of all of them.
pub fn grams(words: &[u64], n: usize) -> HashSet<Vec<u64>> {
    if words.is_empty() {
        return HashSet::new();
    }
    words.windows(n.min(words.len())).map(<[u64]>::to_vec).collect()
}

/// Jaccard similarity; 0 where either is empty.
pub fn jaccard(a: &HashSet<Vec<u64>>, b: &HashSet<Vec<u64>>) -> f64 {
    let both = a.intersection(b).count();
    if both == 0 { 0.0 } else { both as f64 / (a.len() + b.len() - both) as f64 }
}

/// The share of `inner` that stands in `outer`.
pub fn containment(inner: &HashSet<Vec<u64>>, outer: &HashSet<Vec<u64>>) -> f64 {
    inner.intersection(outer).count() as f64 / inner.len().max(1) as f64
}
