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
use crate::document::Span;

/// Scratch of one thread.
#[derive(Debug, Default)]
pub struct Reader {
    ascii: AsciiScratch,
    folded: String,
    stand_in: Vec<u8>,
    words: Words,
    together: Vec<Span>,
}

/// Bytes that are read as one: many enough that where they begin and end costs little, and what is made of them stays near.
const TOGETHER: u32 = 1 << 12;

impl Reader {
    /// Appends the exact words of `text[start..end]` to `exact`: no masked ones are made, or only by the way.
    pub fn words_into(&mut self, text: &str, start: u32, end: u32, exact: &mut Vec<u64>) {
        let range = (start as usize, end as usize);
        let mut words = std::mem::take(&mut self.words);
        words.clear();
        let behind = behind_mark(text, range);
        if ascii::read::<false>(text.as_bytes(), behind, &mut self.ascii, &mut words).is_none() {
            self.folded_words::<false>(&text[range.0..range.1], &mut words);
        }
        exact.extend_from_slice(&words.exact);
        self.words = words;
    }

    /// Appends the exact words of spans of `text`, which are in order, to `exact`. Those that have nothing but white space between
    /// them are read as one where that is ASCII.
    pub fn words_of_spans(&mut self, text: &str, spans: impl Iterator<Item = Span>, exact: &mut Vec<u64>) {
        let mut together = std::mem::take(&mut self.together);
        for span in spans {
            if let (Some(first), Some(last)) = (together.first(), together.last()) {
                let between = text.as_bytes().get(last.end as usize..span.start as usize).unwrap_or_default();
                let reaches = span.end - first.start <= TOGETHER && !between.is_empty();
                if !reaches || !between.iter().all(u8::is_ascii_whitespace) {
                    self.together_into(text, &together, exact);
                    together.clear();
                }
            }
            together.push(span);
        }
        self.together_into(text, &together, exact);
        together.clear();
        self.together = together;
    }

    fn together_into(&mut self, text: &str, spans: &[Span], exact: &mut Vec<u64>) {
        if let [first, .., last] = spans
            && text.as_bytes()[first.start as usize..last.end as usize].is_ascii()
        {
            self.words_into(text, first.start, last.end, exact);
        } else {
            spans.iter().for_each(|span| self.words_into(text, span.start, span.end, exact));
        }
    }

    /// Appends the exact words of a whole text to `exact`: those of its units, for no word goes over the end of a line.
    pub fn words_of_text(&mut self, text: &str, exact: &mut Vec<u64>) {
        let mut start = 0;
        let lines = memchr::memchr_iter(b'\n', text.as_bytes()).chain([text.len()]).map(|end| {
            let line = Span { start, end: end as u32 };
            start = end as u32 + 1;
            line
        });
        self.words_of_spans(text, lines, exact);
    }

    /// Appends the words of `unit` of `text` to `words`, exact and masked, and returns its look.
    pub fn unit_into(&mut self, text: &str, unit: &Unit, words: &mut Words) -> Surface {
        let range = (unit.start as usize, unit.end as usize);
        let behind = behind_mark(text, range);
        if let Some(mut counts) = ascii::read::<true>(text.as_bytes(), behind, &mut self.ascii, words) {
            if behind != range {
                counts.add(MARK);
            }
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

/// What most items of lists begin with. No word reaches to it.
const MARK: char = '\u{2022}';

/// What stands behind the mark and the space that an item of a list begins with, where it begins so: what is left is mostly ASCII.
fn behind_mark(text: &str, (start, end): (usize, usize)) -> (usize, usize) {
    let item = text[start..end].strip_prefix(MARK).filter(|item| item.starts_with(' '));
    (item.map_or(start, |item| end - item.len()), end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::segment::Part;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_fastest_way_gives_the_same_words_and_look(
            mark in prop::sample::select(vec!["", "\u{2022} ", "\u{2022}", "\u{2022}  ", "\u{2022}\t", "· ", "— "]),
            body in prop_oneof!["[a-cA-C12_.:,;'w|/@ \\t]{0,80}", "[a-c12. éЯ한港\u{2019}\u{2022}]{0,20}"],
        ) {
            let text = format!("{mark}{body}").trim().to_owned();
            let (mut words, mut twin, mut folded) = (Words::default(), Words::default(), String::new());
            let unit =
                Unit { start: 0, end: text.len() as u32, indent: 0, after_blank: false, part: Part::Whole };
            let look = Reader::default().unit_into(&text, &unit, &mut words);
            fold::fold_into(&text, &mut folded);
            words::words_into(&folded, &mut twin);
            prop_assert_eq!(look, Surface::of(&text, &unit), "{}", text);
            prop_assert_eq!((&words.exact, &words.masked), (&twin.exact, &twin.masked), "{}", text);
            let mut exact = Vec::new();
            Reader::default().words_into(&text, 0, unit.end, &mut exact);
            prop_assert_eq!(exact, twin.exact);
        }

        #[test]
        fn spans_that_are_read_as_one_have_the_words_of_each(
            pieces in prop::collection::vec(
                (prop_oneof![3 => "[a-z0-9.:' ,_-]{0,90}", 1 => "[a-zé ไทยß.]{0,30}", 1 => "[a-z ]{2000}"], "[ \\n\\t.a]{0,3}", 0..9u8),
                0..9,
            )
        ) {
            let (mut text, mut spans) = (String::new(), Vec::new());
            for (piece, between, wanted) in &pieces {
                let start = text.len() as u32;
                text += piece;
                if *wanted > 0 {
                    spans.push(Span { start, end: text.len() as u32 });
                }
                text += between;
            }
            let (mut reader, mut each, mut together) = (Reader::default(), Vec::new(), Vec::new());
            spans.iter().for_each(|span| reader.words_into(&text, span.start, span.end, &mut each));
            reader.words_of_spans(&text, spans.iter().copied(), &mut together);
            prop_assert_eq!(&together, &each);
            let (mut of_lines, mut of_text) = (Vec::new(), Vec::new());
            let mut start = 0;
            for line in text.split_inclusive('\n') {
                reader.words_into(&text, start, start + line.len() as u32, &mut of_lines);
                start += line.len() as u32;
            }
            reader.words_of_text(&text, &mut of_text);
            prop_assert_eq!(of_text, of_lines);
        }
    }
}
