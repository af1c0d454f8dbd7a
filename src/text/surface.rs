//! What a unit looks like: a few shares and classes that the boilerplate model weighs, each in one byte.
//!
//! In: the unit as it stands in the text. Out: [`Surface`]. Nothing here knows a language.

use super::numbering;
use super::scripts;
use super::segment::{Part, Unit, ends_sentence};

/// The look of a unit. Shares are in 1/255.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Surface {
    /// Characters, at most 65,535.
    pub chars: u16,
    /// Columns of white space before it.
    pub indent: u8,
    /// Share of words that begin with a capital.
    pub capitalised: u8,
    /// Share of lower-case words of at most three letters: function words, whatever the language.
    pub short_words: u8,
    /// Share of characters that are digits.
    pub digits: u8,
    /// Share of characters that are neither letters, digits nor white space.
    pub symbols: u8,
    /// Commas, at most 255.
    pub commas: u8,
    /// Separators of menus and links (`|`, `»`, `>`, `/`, `[`, `•`), at most 255.
    pub separators: u8,
    /// Flags, see the constants.
    pub flags: u16,
}

impl Surface {
    /// The unit ends as a sentence does.
    pub const SENTENCE: u16 = 1;
    /// The unit ends with a colon.
    pub const COLON: u16 = 2;
    /// The unit starts with a lower-case letter.
    pub const LOWER: u16 = 4;
    /// The unit starts with neither a letter, a digit nor a quote: a bullet, a bracket, a rule.
    pub const BULLET: u16 = 8;
    /// A blank line stands before it.
    pub const AFTER_BLANK: u16 = 16;
    /// It is one sentence of a longer line.
    pub const PART: u16 = 32;
    /// It holds an address of the web or of mail.
    pub const ADDRESS: u16 = 64;
    /// It has no lower-case letter but two capitals or more.
    pub const SHOUTED: u16 = 128;
    /// It starts with a quotation mark.
    pub const QUOTE: u16 = 256;

    /// It holds no letter.
    pub const NO_LETTERS: u16 = 512;
    /// It begins with a number as items of lists do.
    pub const NUMBERED: u16 = 1024;
    /// It is a row of a table: wide white space divides it into three cells or more.
    pub const CELLS: u16 = 2048;

    /// Whether a flag is set.
    pub fn has(self, flag: u16) -> bool {
        self.flags & flag != 0
    }

    /// Reads the look of `unit` of `text`.
    pub fn of(text: &str, unit: &Unit) -> Surface {
        Surface::with(&Counts::of(&text[unit.start as usize..unit.end as usize]), text, unit)
    }

    /// The look of `unit` of `text`, whose characters were counted before.
    pub fn with(counts: &Counts, text: &str, unit: &Unit) -> Surface {
        let body = &text[unit.start as usize..unit.end as usize];
        let first = body.chars().next().unwrap_or(' ');
        let mut flags = 0;
        let mut set = |flag: u16, on: bool| flags |= if on { flag } else { 0 };
        set(Self::SENTENCE, ends_sentence(body));
        set(Self::COLON, body.ends_with(':'));
        // What it is like costs less than to ask for it by itself: a mark begins most lines of lists.
        let like = if first.is_ascii() { first as u8 } else { scripts::like(first) };
        set(Self::LOWER, like.is_ascii_lowercase() && first.is_lowercase());
        set(
            Self::BULLET,
            !like.is_ascii_alphanumeric() && !matches!(first, '"' | '\'' | '\u{201c}' | '\u{2018}' | '('),
        );
        set(
            Self::QUOTE,
            matches!(first, '"' | '\'' | '\u{201c}' | '\u{2018}' | '\u{ab}' | '\u{201e}' | '\u{300c}'),
        );
        set(Self::AFTER_BLANK, unit.after_blank);
        set(Self::PART, unit.part == Part::Sentence);
        set(Self::ADDRESS, counts.address || counts.ats > 0 && counts.dots > 0);
        set(Self::NO_LETTERS, counts.lower + counts.upper == 0);
        set(Self::NUMBERED, counts.digits > 0 && numbering::number_of(body).is_some());
        set(Self::SHOUTED, counts.lower == 0 && counts.upper > 1);
        // Text has a space a word; two gaps are four more, or tabs.
        let seen = counts.lower + counts.upper + counts.digits + counts.symbols;
        let spaced = counts.chars <= ROW_CHARS && (counts.chars > seen + counts.words + 2 || counts.tab);
        set(Self::CELLS, spaced && gaps(body) >= 2);
        Surface {
            chars: counts.chars.min(65_535) as u16,
            indent: unit.indent,
            capitalised: share(counts.capitalised, counts.words),
            short_words: share(counts.short_words, counts.words),
            digits: share(counts.digits, counts.chars),
            symbols: share(counts.symbols, counts.chars),
            commas: counts.commas.min(255) as u8,
            separators: counts.separators.min(255) as u8,
            flags,
        }
    }
}

/// So much white space, or a tab, divides the cells of a row; a table that was made text has wide gaps.
const GAP: usize = 3;
/// No row of a table has more characters.
const ROW_CHARS: usize = 320;

/// How many times white space divides lines into cells.
pub fn gaps(lines: &str) -> usize {
    let (mut gaps, mut run, mut indent) = (0, 0, true);
    for b in lines.bytes() {
        match b {
            b' ' => run += 1,
            b'\t' => run += GAP,
            b'\n' => indent = true,
            _ => {
                gaps += usize::from(run >= GAP && !indent);
                (run, indent) = (0, false);
            }
        }
    }
    gaps
}

fn share(part: usize, whole: usize) -> u8 {
    // Short numbers, which those of nearly all units are, are divided faster.
    match (u16::try_from(part), u16::try_from(whole)) {
        (Ok(part), Ok(whole)) => (u32::from(part) * 255).checked_div(whole.into()).unwrap_or(0) as u8,
        _ => (part * 255).checked_div(whole).unwrap_or(0) as u8,
    }
}

/// How many characters of each kind a unit has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    pub(super) chars: usize,
    /// Runs of letters and digits, apostrophes in them not counted.
    pub(super) words: usize,
    pub(super) capitalised: usize,
    pub(super) short_words: usize,
    pub(super) digits: usize,
    pub(super) symbols: usize,
    pub(super) commas: usize,
    pub(super) separators: usize,
    pub(super) upper: usize,
    pub(super) lower: usize,
    pub(super) ats: usize,
    pub(super) dots: usize,
    /// Whether it holds a tab.
    pub(super) tab: bool,
    /// Whether it holds `://` or `www.`.
    pub(super) address: bool,
    pub(super) word_letters: usize,
    pub(super) word_capital: bool,
}

impl Counts {
    /// Counts the characters of `body`, one at a time.
    pub fn of(body: &str) -> Counts {
        let mut counts = Counts::default();
        body.chars().for_each(|c| counts.add(c));
        counts.end_word();
        counts.address =
            counts.separators > 1 && body.contains("://") || counts.dots > 0 && body.contains("www.");
        counts
    }

    #[inline(always)]
    fn add_ascii(&mut self, b: u8) {
        self.chars += 1;
        match b {
            b'a'..=b'z' => {
                self.lower += 1;
                self.word_letters += 1;
            }
            b'A'..=b'Z' => self.add_capital(),
            b'0'..=b'9' => {
                self.digits += 1;
                self.word_letters += 1;
            }
            b' ' | b'\t' | b'\n' | b'\r' => {
                self.tab |= b == b'\t';
                self.end_word();
            }
            b'\'' => self.symbols += 1,
            _ => self.add_symbol(b),
        }
    }

    /// Counts a character behind those before.
    pub(super) fn add(&mut self, c: char) {
        self.add_ascii(if c.is_ascii() { c as u8 } else { scripts::like(c) });
    }

    fn add_capital(&mut self) {
        self.upper += 1;
        self.word_capital |= self.word_letters == 0;
        self.word_letters += 1;
    }

    fn add_symbol(&mut self, b: u8) {
        self.symbols += 1;
        match b {
            b',' => self.commas += 1,
            b'|' | b'>' | b'<' | b'/' | b'[' | b']' => self.separators += 1,
            b'@' => self.ats += 1,
            b'.' => self.dots += 1,
            _ => {}
        }
        self.end_word();
    }

    fn end_word(&mut self) {
        if self.word_letters > 0 {
            self.words += 1;
            self.capitalised += usize::from(self.word_capital);
            self.short_words += usize::from(!self.word_capital && self.word_letters <= 3);
        }
        self.word_letters = 0;
        self.word_capital = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Surface {
        let unit = Unit { start: 0, end: text.len() as u32, indent: 0, after_blank: true, part: Part::Whole };
        Surface::of(text, &unit)
    }

    #[test]
    fn a_sentence_and_a_menu_look_different() {
        let sentence = of("The board, which met on Monday, said it would raise the fees.");
        let menu = of("Home | News | SPORT » Weather");
        assert!(sentence.has(Surface::SENTENCE) && !menu.has(Surface::SENTENCE));
        assert_eq!((sentence.commas, menu.separators), (2, 3));
        assert_eq!(menu.capitalised, 255);
        assert!(sentence.short_words > 80 && menu.short_words == 0);
    }

    #[test]
    fn flags_tell_starts_and_ends() {
        assert!(of("• one").has(Surface::BULLET));
        assert!(of("TT").has(Surface::SHOUTED));
        assert!(of("write to a@b.example").has(Surface::ADDRESS));
        assert!(of("Related:").has(Surface::COLON));
    }

    #[test]
    fn rows_of_cells_are_told_from_text_with_wide_spaces() {
        assert!(of("3    7  6   1  2  0 RUS BUF RW 89  Ivan Petrov").has(Surface::CELLS));
        assert!(of("depth\t\tint\t\tThe depth of the frame.").has(Surface::CELLS));
        for text in ["The end.   A new beginning.", "One line\n     and the next\n     and the last", "a\tb"]
        {
            assert!(!of(text).has(Surface::CELLS), "{text}");
        }
        assert_eq!((gaps("a\tb"), gaps("  a   b c    d "), gaps("a  b")), (1, 2, 0));
    }
}
