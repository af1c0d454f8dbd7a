//! Lines that are nearly one of a list.
//!
//! In: the masked words of known lines, and of a unit. Out: how similar the unit is to the known line most like it,
//! where that reaches [`SIMILARITY`]. Two lines that reach it share all but a fifth of the shingles of either, so that
//! one of any fifth and one more of a known line's shingles stands in the unit. Only these, the ones that the fewest
//! known lines have, are indexed (a prefix filter; Chaudhuri, Ganti and Kaushik 2006): nothing is missed, and what is
//! found is measured. Units that are longer than all known lines by more than a quarter are not even looked up, which
//! leaves the paragraphs of an article out.

use crate::tables::{NEAR_MIN_WORDS, UNIT_SHINGLE};
use crate::text::hash::BySame;
use crate::text::shingle;
use std::collections::HashMap;

/// Jaccard similarity of word 3-gram sets from which a unit is nearly a known line: as for repeats.
pub const SIMILARITY: f64 = 0.8;

/// Known lines of [`NEAR_MIN_WORDS`] words and more, by their rarest shingles.
#[derive(Debug, Clone, Default)]
pub struct NearLines {
    lines: Vec<Line>,
    by_shingle: HashMap<u64, Vec<u32>, BySame>,
    /// A bit for each of these shingles, and for what falls on the same one.
    seen: Seen,
    /// Words of the longest line.
    longest: usize,
}

/// A bit each for shingles: nearly all that a unit has are in none of the lines.
#[derive(Debug, Clone)]
struct Seen(Box<[u64; 1024]>);

impl Default for Seen {
    fn default() -> Seen {
        Seen(Box::new([0; 1024]))
    }
}

impl Seen {
    fn add(&mut self, shingle: u64) {
        self.0[(shingle >> 6) as usize % self.0.len()] |= 1 << (shingle % 64);
    }

    fn has(&self, shingle: u64) -> bool {
        self.0[(shingle >> 6) as usize % self.0.len()] >> (shingle % 64) & 1 != 0
    }
}

#[derive(Debug, Clone)]
struct Line {
    words: usize,
    shingles: Box<[u64]>,
}

impl NearLines {
    /// Adds a line of these words, if it is long enough.
    pub fn add(&mut self, words: &[u64]) {
        if words.len() < NEAR_MIN_WORDS {
            return;
        }
        let mut shingles = Vec::new();
        shingle::set_into(words, UNIT_SHINGLE, &mut shingles);
        let line = self.lines.len() as u32;
        let prefix = (shingles.len() as f64 * (1.0 - SIMILARITY) + 1e-9) as usize + 1;
        let mut rarest = shingles.clone();
        rarest.sort_by_key(|s| (self.by_shingle.get(s).map_or(0, Vec::len), *s));
        for &shingle in &rarest[..prefix] {
            self.by_shingle.entry(shingle).or_default().push(line);
            self.seen.add(shingle);
        }
        self.longest = self.longest.max(words.len());
        self.lines.push(Line { words: words.len(), shingles: shingles.into_boxed_slice() });
    }

    /// How similar a unit of these words is to the line most like it, if any is similar enough.
    pub fn similarity(&self, words: &[u64], shingles: &mut Vec<u64>) -> Option<f32> {
        if words.len() < NEAR_MIN_WORDS || SIMILARITY * words.len() as f64 > self.longest as f64 {
            return None;
        }
        let mut found = false;
        shingle::for_each(words, UNIT_SHINGLE, |s| {
            found |= self.seen.has(s) && self.by_shingle.contains_key(&s)
        });
        if !found {
            return None;
        }
        shingle::set_into(words, UNIT_SHINGLE, shingles);
        let candidates = shingles.iter().filter_map(|s| self.by_shingle.get(s)).flatten();
        let lines = candidates.map(|&line| &self.lines[line as usize]);
        let measured = lines
            .filter(|line| is_as_long(line.words, words.len()))
            .map(|line| shingle::jaccard(&line.shingles, shingles));
        measured.filter(|&s| s >= SIMILARITY).max_by(f64::total_cmp).map(|s| s as f32)
    }
}

/// Whether lines of so many words can be similar enough. Where a line says the same words again and again, this is a
/// condition of its own.
fn is_as_long(a: usize, b: usize) -> bool {
    a.min(b) as f64 >= SIMILARITY * a.max(b) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn similarity(lines: &NearLines, words: &[u64]) -> Option<f32> {
        lines.similarity(words, &mut Vec::new())
    }

    fn near(lines: &[&[u64]]) -> NearLines {
        let mut near = NearLines::default();
        lines.iter().for_each(|words| near.add(words));
        near
    }

    #[test]
    fn a_word_more_is_nearly_the_line_and_two_are_not() {
        let near = near(&[&[1, 2, 3, 4, 5, 6, 7, 8]]);
        assert_eq!(similarity(&near, &[1, 2, 3, 4, 5, 6, 7, 8, 9]), Some(6.0 / 7.0));
        assert_eq!(similarity(&near, &[1, 2, 3, 4, 5, 6, 7, 8]), Some(1.0));
        assert_eq!(similarity(&near, &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]), None);
    }

    #[test]
    fn short_lines_are_like_nothing() {
        let near = near(&[&[1, 2, 3, 4, 5, 6, 7], &[1, 2, 3, 4, 5, 6, 7, 8]]);
        assert_eq!(near.lines.len(), 1);
        assert_eq!(similarity(&near, &[1, 2, 3, 4, 5, 6, 7]), None);
    }

    #[test]
    fn the_most_similar_line_counts() {
        let near = near(&[&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]]);
        assert_eq!(similarity(&near, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12]), Some(8.0 / 9.0));
    }

    /// A line with the words at some places changed, left out or doubled.
    fn edited(words: &[u64], edits: &[(usize, u64)]) -> Vec<u64> {
        let mut words = words.to_vec();
        for &(at, edit) in edits {
            let at = at % words.len().max(1);
            match edit % 4 {
                0 if words.len() > 1 => drop(words.remove(at)),
                1 => words.insert(at, edit),
                2 => words.push(edit),
                _ => words[at] = edit,
            }
        }
        words
    }

    fn line() -> impl Strategy<Value = Vec<u64>> {
        prop::collection::vec(0u64..12, 8..40)
    }

    proptest! {
        #[test]
        fn nothing_that_is_similar_is_missed(
            lines in prop::collection::vec(line(), 1..12),
            picked in 0usize..12,
            edits in prop::collection::vec((0usize..40, 0u64..16), 0..4),
        ) {
            let mut near = NearLines::default();
            lines.iter().for_each(|l| near.add(l));
            let unit = edited(&lines[picked % lines.len()], &edits);
            let set = |words: &[u64]| {
                let mut out = Vec::new();
                shingle::set_into(words, UNIT_SHINGLE, &mut out);
                out
            };
            let every = lines.iter().filter(|l| is_as_long(l.len(), unit.len()) && unit.len() >= NEAR_MIN_WORDS);
            let similarities = every.map(|l| shingle::jaccard(&set(l), &set(&unit)));
            let best = similarities.filter(|&s| s >= SIMILARITY).max_by(f64::total_cmp).map(|s| s as f32);
            prop_assert_eq!(similarity(&near, &unit), best);
        }
    }
}
