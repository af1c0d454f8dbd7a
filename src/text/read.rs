//! A unit to its words and its look, the fastest way that its characters allow.
//!
//! In: a unit. Out: [`Words`] and [`Surface`], the same as [`fold`], [`words`] and [`Surface::of`] one after the other
//! make of it. ASCII is read in one pass over its bytes.

use super::ascii::{self, AsciiScratch};
use super::fold;
use super::segment::Unit;
use super::stand_ins;
use super::surface::Surface;
use super::words::{self, Words};

/// Scratch of one thread.
#[derive(Debug, Default)]
pub struct Reader {
    ascii: AsciiScratch,
    folded: String,
    stand_in: Vec<u8>,
    words: Words,
}

impl Reader {
    /// Appends the exact words of `text[start..end]` to `exact`: no masked ones are made, or only by the way.
    pub fn words_into(&mut self, text: &str, start: u32, end: u32, exact: &mut Vec<u64>) {
        let range = (start as usize, end as usize);
        let mut words = std::mem::take(&mut self.words);
        words.clear();
        if ascii::read::<false>(text.as_bytes(), range, &mut self.ascii, &mut words).is_none() {
            self.folded_words::<false>(&text[range.0..range.1], &mut words);
        }
        exact.extend_from_slice(&words.exact);
        self.words = words;
    }

    /// Appends the words of `unit` of `text` to `words`, exact and masked, and returns its look.
    pub fn unit_into(&mut self, text: &str, unit: &Unit, words: &mut Words) -> Surface {
        let range = (unit.start as usize, unit.end as usize);
        if let Some(counts) = ascii::read::<true>(text.as_bytes(), range, &mut self.ascii, words) {
            return Surface::with(&counts, text, unit);
        }
        let body = &text[range.0..range.1];
        self.folded_words::<true>(body, words);
        stand_ins::for_look(body, &mut self.stand_in);
        Surface::with(&ascii::look_of(&self.stand_in), text, unit)
    }

    /// Appends the words of what is not all ASCII, the masked ones only with `MASK`.
    fn folded_words<const MASK: bool>(&mut self, body: &str, words: &mut Words) {
        fold::fold_into(body, &mut self.folded);
        if stand_ins::for_words(&self.folded, &mut self.stand_in) {
            ascii::words_of::<MASK>((&self.stand_in, &self.folded), &mut self.ascii, words);
        } else {
            words::script_words(&self.folded, words);
        }
    }

    /// The normal form of `unit` of `text`.
    pub fn folded(&mut self, text: &str, unit: &Unit) -> &str {
        fold::fold_into(&text[unit.start as usize..unit.end as usize], &mut self.folded);
        &self.folded
    }
}
