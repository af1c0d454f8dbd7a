//! A unit to its words and its look, the fastest way that its characters allow.
//!
//! In: a unit. Out: [`Words`] and [`Surface`], the same as [`fold`], [`words`] and [`Surface::of`] one after the other
//! make of it. ASCII is read in one pass over its bytes.

use super::ascii::{self, AsciiScratch};
use super::fold;
use super::segment::Unit;
use super::surface::{Counts, Surface};
use super::words::{self, Words};

/// Scratch of one thread.
#[derive(Debug, Default)]
pub struct Reader {
    ascii: AsciiScratch,
    folded: String,
}

impl Reader {
    /// Appends the exact words of `text[start..end]` to `words`; the masked ones are not meant to be looked at.
    pub fn words_into(&mut self, text: &str, start: u32, end: u32, words: &mut Words) {
        let range = (start as usize, end as usize);
        if ascii::read::<false>(text.as_bytes(), range, &mut self.ascii, words).is_some() {
            return;
        }
        fold::fold_into(&text[range.0..range.1], &mut self.folded);
        let folded = (0, self.folded.len());
        if ascii::read::<false>(self.folded.as_bytes(), folded, &mut self.ascii, words).is_none() {
            words::script_words(&self.folded, words);
        }
    }

    /// Appends the words of `unit` of `text` to `words`, exact and masked, and returns its look.
    pub fn unit_into(&mut self, text: &str, unit: &Unit, words: &mut Words) -> Surface {
        let range = (unit.start as usize, unit.end as usize);
        if let Some(counts) = ascii::read::<true>(text.as_bytes(), range, &mut self.ascii, words) {
            return Surface::with(&counts, text, unit);
        }
        let body = &text[range.0..range.1];
        fold::fold_into(body, &mut self.folded);
        let folded = (0, self.folded.len());
        if ascii::read::<true>(self.folded.as_bytes(), folded, &mut self.ascii, words).is_none() {
            words::script_words(&self.folded, words);
        }
        Surface::with(&Counts::of(body), text, unit)
    }

    /// The normal form of `unit` of `text`.
    pub fn folded(&mut self, text: &str, unit: &Unit) -> &str {
        fold::fold_into(&text[unit.start as usize..unit.end as usize], &mut self.folded);
        &self.folded
    }
}
