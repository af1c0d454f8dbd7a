//! Lines known beforehand: furniture of the web at large, a user's own list, and lines to protect.
//!
//! A list has a line or a template per row: `{n}` stands for a number or a date, `{*}` for one to twelve words.
//! Rows that start with `#` and empty rows are comments (a line of only `#` signs is written `\###`).
//! Long lines are also known where a unit says nearly the same; templates with `{*}` are not. Of the lists that ship, short
//! rows match only a line that reads as a label: `> people.` ends a sentence that was broken into lines, and is not `people`.
//! In: the masked words of a unit. Out: whether a row matches it, or how similar the nearest is.

use super::nearly::NearLines;
use crate::text::hash::BySame;
use crate::text::surface::gaps;
use crate::text::words::{self, SLOT, Words};
use crate::text::{fold, segment};
use std::collections::{HashMap, HashSet};
use xxhash_rust::xxh3::xxh3_64;

/// The longest run of words that `{*}` stands for.
const MAX_WILD: usize = 12;
/// Units of more masked words than this are no templates.
const MAX_WORDS: usize = 60;
/// Mined rows of so many words, numbers aside, are labels.
const LABEL_WORDS: usize = 2;
/// What ends a sentence or leads on to what follows, where it is written once: dots after it say that more is behind it.
const ENDS: [char; 6] = ['.', '?', ',', ';', '!', ':'];
/// What a line begins with that somebody said; not `«`, which on many pages leads back.
const QUOTES: [char; 8] = ['"', '\'', '\u{201c}', '\u{2018}', '\u{201e}', '\u{300c}', '>', '|'];
/// A date and a time have no more numbers one behind the other than three.
const FIGURES: usize = 4;

/// How a row of a list matches a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Match {
    /// Only as a label of a word or two, which may be a heading or the word of a table, too.
    Label,
    /// As furniture wherever it stands.
    Line,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    Word(u64),
    Wild,
}

/// A list of known lines, ready to match.
#[derive(Debug, Clone, Default)]
pub struct KnownLines {
    whole: HashSet<u64, BySame>,
    /// Short rows that match a label only, and as what.
    labels: HashMap<u64, Match, BySame>,
    marks: HashSet<u64, BySame>,
    templates: Vec<Vec<Piece>>,
    by_first: HashMap<u64, Vec<u32>, BySame>,
    by_last: HashMap<u64, Vec<u32>, BySame>,
    near: NearLines,
    /// Masked words of the longest row without `{*}`.
    longest: usize,
}

impl KnownLines {
    /// Adds the rows of a list.
    ///
    /// # Errors
    /// The number of a row (from 1) and what is wrong with it.
    pub fn add(&mut self, list: &str) -> Result<(), (u64, String)> {
        self.add_rows(list, None)
    }

    /// Adds the rows of a list that is meant for all sites: those of one word match only a line that reads as a label.
    ///
    /// # Errors
    /// The number of a row (from 1) and what is wrong with it.
    pub fn add_general(&mut self, list: &str) -> Result<(), (u64, String)> {
        self.add_rows(list, Some(Match::Line))
    }

    /// The same of a list that was mined: its rows of a word or two are labels, such as the sections of a site.
    ///
    /// # Errors
    /// The number of a row (from 1) and what is wrong with it.
    pub fn add_mined(&mut self, list: &str) -> Result<(), (u64, String)> {
        self.add_rows(list, Some(Match::Label))
    }

    /// Short rows match only a line that reads as a label, as `short` or as a line; all rows as lines without that.
    fn add_rows(&mut self, list: &str, short: Option<Match>) -> Result<(), (u64, String)> {
        let mut scratch = (String::new(), Words::default());
        for (number, row) in list.lines().enumerate() {
            let row = row.trim();
            if row.is_empty() || row.starts_with('#') {
                continue;
            }
            let row = row.strip_prefix('\\').unwrap_or(row);
            self.add_row(row, short, &mut scratch).map_err(|reason| (number as u64 + 1, reason))?;
        }
        Ok(())
    }

    fn add_row(
        &mut self,
        row: &str,
        short: Option<Match>,
        (folded, words): &mut (String, Words),
    ) -> Result<(), String> {
        let mut pieces = Vec::new();
        for (i, literal) in row.split("{*}").enumerate() {
            if i > 0 && pieces.last() != Some(&Piece::Wild) {
                pieces.push(Piece::Wild);
            }
            fold::fold_into(&literal.replace("{n}", " 0 "), folded);
            words.clear();
            words::words_into(folded, words);
            pieces.extend(words.masked.iter().map(|&w| Piece::Word(w)));
        }
        let only_slots = pieces.iter().all(|p| *p == Piece::Word(SLOT));
        match (pieces.first(), pieces.last()) {
            // A row of numbers only is meant to the letter: `-30-` ends a story, `12` does not.
            _ if only_slots => {
                fold::fold_into(row, folded);
                let marks = marks(folded);
                if marks.is_empty() {
                    return Err("a row without words or marks".into());
                }
                self.marks.insert(xxh3_64(marks.as_bytes()));
            }
            _ if !pieces.contains(&Piece::Wild) => {
                let words: Vec<u64> =
                    pieces.iter().map(|p| if let Piece::Word(w) = p { *w } else { SLOT }).collect();
                let count = words.iter().filter(|&&w| w != SLOT).count();
                let is_short = match short {
                    Some(Match::Label) => count <= LABEL_WORDS,
                    Some(Match::Line) => words.len() == 1,
                    None => false,
                };
                // `{n} days ago` is a stamp, and neither a heading nor a row of a table, as `May {n}` may be.
                let is_stamp = count > 1 && count < words.len();
                if let Some(short) = short.filter(|_| is_short) {
                    let label = if is_stamp { Match::Line } else { short };
                    let held = self.labels.entry(hash(&words)).or_insert(label);
                    *held = label.max(*held);
                } else {
                    self.whole.insert(hash(&words));
                }
                self.near.add(&words);
                self.longest = self.longest.max(words.len());
            }
            (Some(&Piece::Word(first)), _) => {
                self.by_first.entry(first).or_default().push(self.templates.len() as u32);
                self.templates.push(pieces);
            }
            (_, Some(&Piece::Word(last))) => {
                self.by_last.entry(last).or_default().push(self.templates.len() as u32);
                self.templates.push(pieces);
            }
            _ => return Err("a template needs words at its start or its end".into()),
        }
        Ok(())
    }

    /// Whether there is nothing to match.
    pub fn is_empty(&self) -> bool {
        self.whole.is_empty() && self.labels.is_empty() && self.marks.is_empty() && self.templates.is_empty()
    }

    /// How a unit of this text and these masked words is known, if it is; `folded` is asked for where it has no other words
    /// than numbers.
    pub fn matches(&self, masked: &[u64], folded: &str, unit: &str) -> Option<Match> {
        if masked.iter().all(|&w| w == SLOT) {
            let known = !self.marks.is_empty() && self.marks.contains(&xxh3_64(marks(folded).as_bytes()));
            return known.then_some(Match::Line);
        }
        let (first, last) = (masked.first()?, masked.last()?);
        let hash = (masked.len() <= self.longest).then(|| hash(masked));
        if hash.is_some_and(|hash| self.whole.contains(&hash)) {
            return Some(Match::Line);
        }
        let mut candidates = self.by_first.get(first).into_iter().chain(self.by_last.get(last)).flatten();
        if masked.len() <= MAX_WORDS && candidates.any(|&t| fits(&self.templates[t as usize], masked)) {
            return Some(Match::Line);
        }
        let label = *self.labels.get(&hash?)?;
        reads_as_label(unit).then_some(label)
    }

    /// How similar a unit of these masked words is to the known line most like it, from
    /// [`SIMILARITY`](super::nearly::SIMILARITY) on. Rows of fewer than eight words and those with `{*}` are like none.
    pub fn similarity(&self, masked: &[u64], shingles: &mut Vec<u64>) -> Option<f32> {
        self.near.similarity(masked, shingles)
    }

    /// Whether the known lines hold this line, given as text.
    pub fn holds(&self, line: &str) -> bool {
        self.match_of(line).is_some()
    }

    fn match_of(&self, line: &str) -> Option<Match> {
        let (mut folded, mut words) = (String::new(), Words::default());
        fold::fold_into(line, &mut folded);
        words::words_into(&folded, &mut words);
        self.matches(&words.masked, &folded, line)
    }
}

/// Whether a line neither ends as a sentence or a heading of a list does, nor is quoted (in mails, too), nor a row of figures
/// or of cells, nor code.
fn reads_as_label(line: &str) -> bool {
    let line = line.trim();
    let unquoted = line.trim_end_matches(|c: char| c.is_whitespace() || "\"'”’»)".contains(c));
    let stem = unquoted.trim_end_matches(ENDS);
    let is_sentence = unquoted.len() - stem.len() == 1;
    let is_row = gaps(line) > 0
        || line.split_whitespace().filter(|word| is_decimal(word)).nth(1).is_some()
        || longest_run(line.split_whitespace().map(is_figure)) >= FIGURES;
    !is_sentence && !is_row && !line.starts_with(QUOTES) && !line.contains("()")
}

fn longest_run(of: impl Iterator<Item = bool>) -> usize {
    let runs = of.scan(0, |run, goes_on| {
        *run = if goes_on { *run + 1 } else { 0 };
        Some(*run)
    });
    runs.max().unwrap_or(0)
}

/// Whether a word has digits and no letters.
fn is_figure(word: &str) -> bool {
    word.contains(|c: char| c.is_ascii_digit()) && !word.contains(char::is_alphabetic)
}

/// Whether a word is a number with a fraction: not a date, which has two points.
fn is_decimal(word: &str) -> bool {
    let bytes = word.as_bytes();
    let points = bytes
        .windows(3)
        .filter(|w| w[0].is_ascii_digit() && matches!(w[1], b'.' | b',') && w[2].is_ascii_digit());
    points.count() == 1
}

fn marks(folded: &str) -> String {
    folded.chars().filter(|c| !c.is_whitespace()).collect()
}

fn hash(words: &[u64]) -> u64 {
    words.iter().fold(0x6b6e_6f77, |h, w| (h ^ w).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29))
}

/// Steps through a template with a bit for each place where the pieces so far may end, at most [`MAX_WORDS`]. To try one
/// run after another for each wild piece takes hours where a list and a line repeat a word.
fn fits(template: &[Piece], words: &[u64]) -> bool {
    let mut ends = 1u64;
    for piece in template {
        ends = match piece {
            Piece::Word(word) => behind(*word, words, ends),
            Piece::Wild => (1..=MAX_WILD).fold(0, |to, n| to | ends << n),
        };
        if ends == 0 {
            return false;
        }
    }
    ends >> words.len() & 1 == 1
}

/// The places behind `word` where it stands at one of `places`.
fn behind(word: u64, words: &[u64], mut places: u64) -> u64 {
    let mut to = 0;
    while places != 0 {
        let at = places.trailing_zeros() as usize;
        places &= places - 1;
        if words.get(at) == Some(&word) {
            to |= 2 << at;
        }
    }
    to
}

/// The rows of a list as units would be read, for checks: whether each row is one unit.
pub fn is_one_unit(row: &str) -> bool {
    let mut units = Vec::new();
    segment::segment_into(row, &mut segment::Lines::default(), &mut units);
    units.len() == 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn list(rows: &str) -> KnownLines {
        let mut known = KnownLines::default();
        known.add(rows).unwrap();
        known
    }

    #[test]
    fn lines_match_whatever_their_case_and_punctuation() {
        let known = list("# comment\n\nBack to top\n");
        assert!(known.holds("« BACK TO TOP »"));
        assert!(!known.holds("Back to top of the hill"));
        assert!(!known.holds("comment"));
    }

    #[test]
    fn slots_stand_for_numbers_and_for_runs_of_words() {
        let known =
            list("{n} comments\nTo read {*} resource {*}, please click here.\n{*} is a contributor here\n");
        assert!(known.holds("12 Comments"));
        assert!(known.holds("To read Harlan’s resource Water and Stone: A Tale, please click here."));
        assert!(!known.holds("To read more, please click here."));
        assert!(known.holds("Jane Roe is a contributor here"));
    }

    #[test]
    fn a_template_of_many_slots_takes_no_time_on_a_line_that_repeats_its_words() {
        let known = list(&("word ".to_owned() + &"{*} word ".repeat(16) + "end\n"));
        assert!(!known.holds(&("word ".repeat(58) + "and end")));
        assert!(known.holds(&("word ".repeat(59) + "end")));
    }

    #[test]
    fn mined_rows_of_a_word_or_two_match_labels_only() {
        let mut known = KnownLines::default();
        known.add_mined("people\nmain\nload more\nchina {n}\nall rights reserved\n").unwrap();
        for label in
            ["People", "• People »", "Load more...", "China (12)", "CHINA 12,4", "All rights reserved."]
        {
            assert!(known.holds(label), "{label}");
        }
        for text in [
            "> people.",
            "people?\"",
            "People:",
            "Load more!",
            "CHINA  5.58  6.12  -  6.39",
            "China 4 2.",
            "China 1410 1411 1410 1409",
            "CHINA      13",
            "China\t13",
            "main()",
            "\"People",
            "> People",
        ] {
            assert!(!known.holds(text), "{text}");
            assert!(list("people\nmain\nload more\nchina {n}\n").holds(text), "{text}");
        }
    }

    #[test]
    fn mined_rows_of_two_words_and_a_number_are_stamps_and_no_labels() {
        let mut known = KnownLines::default();
        known.add_mined("{n} days ago\nmay {n}\nload more\n").unwrap();
        let matched = |line: &str| known.match_of(line);
        assert_eq!(matched("4 days ago"), Some(Match::Line));
        assert_eq!(matched("4 days ago."), None, "the rest of a sentence");
        assert_eq!((matched("May 170"), matched("Load more")), (Some(Match::Label), Some(Match::Label)));
    }

    #[test]
    fn general_rows_of_one_word_match_labels_too_but_as_furniture() {
        for mined_first in [true, false] {
            let mut known = KnownLines::default();
            let mined = |known: &mut KnownLines| known.add_mined("share\n").unwrap();
            if mined_first {
                mined(&mut known);
            }
            known.add_general("share\nread more\n").unwrap();
            if !mined_first {
                mined(&mut known);
            }
            let matched = |line: &str| known.match_of(line);
            assert_eq!(matched("[ SHARE ]"), Some(Match::Line));
            assert_eq!(matched("share."), None, "the rest of a sentence");
            assert_eq!(matched("Read more!"), Some(Match::Line));
        }
    }

    #[test]
    fn a_row_of_dates_is_no_row_of_figures() {
        let mut known = KnownLines::default();
        known.add_mined("updated {n}\n").unwrap();
        assert!(known.holds("Updated 24.11.2026 14.30") && !known.holds("Updated 24.5 24.8"));
    }

    proptest! {
        #[test]
        fn templates_fit_as_by_trying_every_run(
            template in prop::collection::vec(0u64..4, 0..7),
            words in prop::collection::vec(0u64..3, 0..16),
        ) {
            fn twin(template: &[Piece], words: &[u64]) -> bool {
                match template.split_first() {
                    None => words.is_empty(),
                    Some((Piece::Word(w), rest)) => words.first() == Some(w) && twin(rest, &words[1..]),
                    Some((Piece::Wild, rest)) => {
                        (1..=words.len().min(MAX_WILD)).any(|n| twin(rest, &words[n..]))
                    }
                }
            }
            let template: Vec<Piece> =
                template.into_iter().map(|n| if n == 3 { Piece::Wild } else { Piece::Word(n) }).collect();
            prop_assert_eq!(fits(&template, &words), twin(&template, &words));
        }
    }

    #[test]
    fn rows_longer_than_templates_may_be_are_matched_whole() {
        let row = "word ".repeat(70);
        assert!(list(&row).holds(&row) && !list(&row).holds(&"word ".repeat(71)));
    }

    #[test]
    fn marks_without_words_match_exactly() {
        let known = list("\\###\n* * *\n");
        assert!(known.holds("###") && known.holds("***") && !known.holds("####"));
        let end = list("-30-\n");
        assert!(end.holds("-30-") && !end.holds("30") && !end.holds("12"));
    }

    #[test]
    fn a_template_of_nothing_is_refused_with_its_row() {
        assert_eq!(KnownLines::default().add("ok\n{*}\n").unwrap_err().0, 2);
    }
}
