//! The words and the look of a unit of ASCII, or of ASCII that stands for it, 64 bytes at a time.
//!
//! In: a range of a text. Out: the hashes of its words, and the counts behind its [`Surface`](super::surface). Every
//! block becomes bit masks; where words begin and end, and how many there are of each kind, is arithmetic on them.
//! The twins are [`super::words::words_into`] and [`Counts::of`], a character at a time.

use super::hash;
use super::masks::{self, BLOCK, Kernel, Masks};
use super::surface::Counts;
use super::words::Words;

/// Scratch of [`read`].
#[derive(Debug, Default)]
pub struct AsciiScratch {
    /// The unit in lower case, in whole blocks, so that loads of a word may reach beyond it.
    folded: Vec<u8>,
    /// For each block which of its bytes are letters or digits; one more block without any.
    solid: Vec<u64>,
    /// Where words begin and end, in turn.
    edges: Vec<u32>,
    /// Which words hold a digit, in order.
    numbers: Vec<u32>,
}

/// Appends the words of `text[start..end]` to `words` and returns the counts of its look; nothing is done, and nothing
/// returned, where it is not all ASCII. Without `LOOK` only the exact words are wanted, and the counts are not made.
pub fn read<const LOOK: bool>(
    text: &[u8],
    range: (usize, usize),
    scratch: &mut AsciiScratch,
    words: &mut Words,
) -> Option<Counts> {
    masks::run(Read::<LOOK, LOOK> { text, start: range.0, end: range.1, meant: None, scratch, words })
}

/// Appends the words of a normal form, which `stand_in` stands for, to `words`; the masked ones only with `MASK`.
pub fn words_of<const MASK: bool>(
    (stand_in, folded): (&[u8], &str),
    scratch: &mut AsciiScratch,
    words: &mut Words,
) {
    let meant = Some(folded.as_bytes());
    masks::run(Read::<MASK, false> { text: stand_in, start: 0, end: stand_in.len(), meant, scratch, words });
}

/// Counts the characters of a unit, of which `stand_in` has a byte for each.
pub fn look_of(stand_in: &[u8]) -> Counts {
    masks::run(LookOf(stand_in))
}

struct Read<'r, const MASK: bool, const LOOK: bool> {
    text: &'r [u8],
    start: usize,
    end: usize,
    /// What is hashed in the place of `text` in lower case.
    meant: Option<&'r [u8]>,
    scratch: &'r mut AsciiScratch,
    words: &'r mut Words,
}

/// What the block before hands on.
#[derive(Default)]
struct Before {
    letters: u64,
    digits: u64,
    /// Its last bit: whether a word reaches over the border.
    open: u64,
    /// Whether its last letter or digit has nothing but apostrophes after it.
    runs_on: bool,
    small_starts: u64,
    colon: u64,
    slash: u64,
    w: u64,
}

impl Before {
    /// Hands on what a block holds, beside what [`look`] does.
    #[inline(always)]
    fn pass(&mut self, m: &Masks, letters: u64) {
        self.letters = letters;
        self.digits = m.digit;
        self.colon = m.colon;
        self.slash = m.slash;
        self.w = m.w;
    }
}

impl<const MASK: bool, const LOOK: bool> Kernel for Read<'_, MASK, LOOK> {
    type Output = Option<Counts>;

    #[inline(always)]
    fn run(
        self,
        masks: impl Fn(&[u8; BLOCK]) -> Masks,
        places: impl Fn(u64, u32, &mut [u32; BLOCK]),
    ) -> Option<Counts> {
        let Read { text, start, end, meant, scratch, words } = self;
        let blocks = (end - start).div_ceil(BLOCK);
        scratch.folded.clear();
        scratch.solid.clear();
        scratch.numbers.clear();
        if scratch.edges.len() < (blocks + 1) * BLOCK {
            scratch.edges.resize((blocks + 1) * BLOCK, 0);
        }
        let mut edges = 0;
        let mut counts = Counts { chars: end - start, ..Counts::default() };
        let mut before = Before::default();
        let mut any_join = 0;
        for at in (start..end).step_by(BLOCK) {
            let mut tail = [0; BLOCK];
            let block = block(&text[at..], &mut tail);
            let inside = inside(end - at);
            let mut block_masks = masks(block);
            if inside != u64::MAX {
                block_masks = block_masks.within(inside);
            }
            if block_masks.high != 0 {
                return None;
            }
            if meant.is_none() {
                let mut lower = *block;
                for byte in &mut lower {
                    *byte |= u8::from(byte.is_ascii_uppercase()) << 5;
                }
                scratch.folded.extend_from_slice(&lower);
            }
            let next = if at + BLOCK < end { text[at + BLOCK] } else { 0 };
            let m = &block_masks;
            let letters = m.upper | m.lower;
            let span = span(m, letters, &before, next);
            let turns = span ^ (span << 1 | before.open);
            if let Some(room) = scratch.edges[edges..].first_chunk_mut() {
                places(turns, (at - start) as u32, room);
            }
            if MASK {
                // Those that began in blocks before, the one that reaches over the border among them.
                let before = edges.div_ceil(2) as u32;
                numbers_into(m.digit, span, turns & span, before, &mut scratch.numbers);
            }
            edges += turns.count_ones() as usize;
            scratch.solid.push(letters | m.digit);
            any_join |= m.join;
            if LOOK {
                look(m, inside, &mut before, &mut counts, |apostrophe| {
                    grows_beyond_short(&text[start..end], at - start + apostrophe)
                });
            }
            before.open = span >> 63;
            before.pass(m, letters);
        }
        if edges % 2 == 1 {
            scratch.edges[edges] = (end - start) as u32;
            edges += 1;
        }
        if meant.is_none() {
            scratch.folded.extend_from_slice(&[0; hash::SHORT]);
        }
        let pairs = scratch.edges[..edges].as_chunks::<2>().0;
        let from = words.exact.len();
        let folded = meant.unwrap_or(&scratch.folded);
        words.exact.extend(pairs.iter().map(|&[s, e]| hash::word_in(folded, s as usize, e as usize)));
        if any_join != 0 {
            // Words of nothing but underscores are none, and those behind them move up.
            scratch.solid.push(0);
            let is_word = |pair: &[u32; 2]| any_bit(&scratch.solid, pair[0] as usize, pair[1] as usize);
            let mut solid = pairs.iter().map(is_word);
            retain_from(&mut words.exact, from, || solid.next() == Some(true));
            let (mut counted, mut gone) = (0, 0);
            for number in &mut scratch.numbers {
                let before = &pairs[counted..*number as usize];
                gone += before.iter().filter(|pair| !is_word(pair)).count() as u32;
                (counted, *number) = (*number as usize, *number - gone);
            }
        }
        if MASK {
            words.mask_at(from, &scratch.numbers);
        }
        Some(counts)
    }
}

/// Adds the words that hold a digit: `span` tells the bytes of words in a block, `starts` where they begin, and `before` how many
/// began in blocks before.
#[inline(always)]
fn numbers_into(mut digits: u64, span: u64, starts: u64, before: u32, numbers: &mut Vec<u32>) {
    while digits != 0 {
        let first = digits.trailing_zeros();
        let number = before + (starts & (u64::MAX >> (63 - first))).count_ones() - 1;
        if numbers.last() != Some(&number) {
            numbers.push(number);
        }
        let end = (!span & (u64::MAX << first)).trailing_zeros();
        digits &= u64::MAX.unbounded_shl(end);
    }
}

struct LookOf<'r>(&'r [u8]);

impl Kernel for LookOf<'_> {
    type Output = Counts;

    #[inline(always)]
    fn run(self, masks: impl Fn(&[u8; BLOCK]) -> Masks, _: impl Fn(u64, u32, &mut [u32; BLOCK])) -> Counts {
        let LookOf(stand_in) = self;
        let mut counts = Counts { chars: stand_in.len(), ..Counts::default() };
        let mut before = Before::default();
        for at in (0..stand_in.len()).step_by(BLOCK) {
            let mut tail = [0; BLOCK];
            let inside = inside(stand_in.len() - at);
            let mut m = masks(block(&stand_in[at..], &mut tail));
            if inside != u64::MAX {
                m = m.within(inside);
            }
            look(&m, inside, &mut before, &mut counts, |apostrophe| {
                grows_beyond_short(stand_in, at + apostrophe)
            });
            before.pass(&m, m.upper | m.lower);
        }
        counts
    }
}

/// The first block of `bytes`, in `tail`, which is empty, where there are fewer.
#[inline(always)]
fn block<'b>(bytes: &'b [u8], tail: &'b mut [u8; BLOCK]) -> &'b [u8; BLOCK] {
    bytes.first_chunk().unwrap_or_else(|| {
        tail[..bytes.len()].copy_from_slice(bytes);
        tail
    })
}

/// A bit for each byte of a block before the end, which is so far away.
#[inline(always)]
fn inside(length: usize) -> u64 {
    if length >= BLOCK { u64::MAX } else { (1 << length) - 1 }
}

/// The bytes of words: letters, digits and underscores, and what joins them on both sides (UAX #29, WB6, 7, 11, 12).
#[inline(always)]
fn span(m: &Masks, letters: u64, before: &Before, next: u8) -> u64 {
    let after_letter = letters << 1 | before.letters >> 63;
    let after_digit = m.digit << 1 | before.digits >> 63;
    let before_letter = letters >> 1 | u64::from(next.is_ascii_alphabetic()) << 63;
    let before_digit = m.digit >> 1 | u64::from(next.is_ascii_digit()) << 63;
    let both = m.dot | m.apostrophe;
    let joins = (m.colon | both) & after_letter & before_letter
        | (m.comma | m.semicolon | both) & after_digit & before_digit;
    letters | m.digit | m.join | joins
}

/// Counts what the block adds to the look. A word of the look is a run of letters and digits, apostrophes in it
/// not counted; `grows` tells whether such an apostrophe makes a short word a long one.
#[inline(always)]
fn look(m: &Masks, inside: u64, before: &mut Before, counts: &mut Counts, grows: impl Fn(usize) -> bool) {
    let solid = m.upper | m.lower | m.digit;
    let prior_solid = before.letters | before.digits;
    let after = solid << 1 | u64::from(before.runs_on);
    // The sum carries through a run of apostrophes that stands right after a letter or a digit.
    let (through, over) = m.apostrophe.overflowing_add(m.apostrophe & after);
    let starts = solid & !((after | through) & !m.apostrophe);
    let small_starts = starts & !m.upper;
    let shifted = |now: u64, earlier: u64, by: u32| now << by | earlier >> (64 - by);
    let fourth = solid
        & shifted(solid, prior_solid, 1)
        & shifted(solid, prior_solid, 2)
        & shifted(small_starts, before.small_starts, 3);
    counts.words += starts.count_ones() as usize;
    counts.capitalised += (starts & m.upper).count_ones() as usize;
    counts.short_words += small_starts.count_ones() as usize;
    counts.short_words -= fourth.count_ones() as usize;
    let mut inner = m.apostrophe & after;
    while inner != 0 {
        counts.short_words -= usize::from(grows(inner.trailing_zeros() as usize));
        inner &= inner - 1;
    }
    counts.upper += m.upper.count_ones() as usize;
    counts.lower += m.lower.count_ones() as usize;
    counts.digits += m.digit.count_ones() as usize;
    counts.symbols += (inside & !(solid | m.white)).count_ones() as usize;
    counts.commas += m.comma.count_ones() as usize;
    counts.dots += m.dot.count_ones() as usize;
    counts.tab |= m.tab != 0;
    if m.separator | m.slash | m.at != 0 {
        counts.separators += (m.separator | m.slash).count_ones() as usize;
        counts.ats += m.at.count_ones() as usize;
        let scheme = m.slash & shifted(m.slash, before.slash, 1) & shifted(m.colon, before.colon, 2);
        counts.address |= scheme != 0;
    }
    let www = m.dot & shifted(m.w, before.w, 1) & shifted(m.w, before.w, 2) & shifted(m.w, before.w, 3);
    counts.address |= www != 0;
    before.runs_on = solid >> 63 == 1 || over;
    before.small_starts = small_starts;
}

/// Whether the word around the apostrophe at `at`, the first within it, is of at most three letters before it and of
/// more in all, and starts small.
#[cold]
fn grows_beyond_short(unit: &[u8], at: usize) -> bool {
    let mut first = at;
    while first > 0 && unit[first - 1].is_ascii_alphanumeric() {
        first -= 1;
        if at - first > 3 {
            return false;
        }
    }
    let quoted = unit[..first].iter().rev().position(|&b| b != b'\'');
    if first > 0
        && unit[first - 1] == b'\''
        && quoted.is_some_and(|n| unit[first - 1 - n].is_ascii_alphanumeric())
    {
        return false;
    }
    let word = unit[first..].iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'\'');
    !unit[first].is_ascii_uppercase() && word.filter(|b| **b != b'\'').take(4).count() == 4
}

/// Whether a bit of `start..end` is set; there is a word of bits after the last that the range touches.
#[inline(always)]
fn any_bit(bits: &[u64], start: usize, end: usize) -> bool {
    let (block, shift) = (start / 64, start % 64);
    let window = bits[block] >> shift | bits[block + 1] << 1 << (63 - shift);
    match end - start {
        length @ 0..64 => window & ((1 << length) - 1) != 0,
        _ => (start..end).any(|i| bits[i / 64] >> (i % 64) & 1 == 1),
    }
}

fn retain_from(words: &mut Vec<u64>, from: usize, mut stays: impl FnMut() -> bool) {
    let mut to = from;
    for i in from..words.len() {
        if stays() {
            words[to] = words[i];
            to += 1;
        }
    }
    words.truncate(to);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::fold::fold_into;
    use crate::text::words::words_into;
    use proptest::prelude::*;

    fn agree(text: &str, start: usize, end: usize) -> Result<(), TestCaseError> {
        let unit = &text[start..end];
        let (mut fast, mut twin, mut folded) = (Words::default(), Words::default(), String::new());
        let counts = read::<true>(text.as_bytes(), (start, end), &mut AsciiScratch::default(), &mut fast);
        fold_into(unit, &mut folded);
        words_into(&folded, &mut twin);
        prop_assert_eq!(counts, Some(Counts::of(unit)), "{}", unit);
        prop_assert_eq!(&fast.exact, &twin.exact, "{}", unit);
        prop_assert_eq!(&fast.masked, &twin.masked, "{}", unit);
        fast.clear();
        read::<false>(text.as_bytes(), (start, end), &mut AsciiScratch::default(), &mut fast);
        prop_assert_eq!(&fast.exact, &twin.exact, "{}", unit);
        Ok(())
    }

    #[test]
    fn what_is_not_ascii_is_left_to_others() {
        let mut words = Words::default();
        let text = "a ferry in the harbour, and a fähre".as_bytes();
        assert_eq!(read::<true>(text, (0, text.len()), &mut AsciiScratch::default(), &mut words), None);
        assert!(words.exact.is_empty());
        assert!(read::<true>(text, (0, 20), &mut AsciiScratch::default(), &mut words).is_some());
    }

    proptest! {
        #[test]
        fn blocks_and_characters_agree(text in "[ -~\\t\\n\\r\\x00\\x0b]{0,200}", cut in 0usize..200) {
            agree(&text, cut.min(text.len()), text.len())?;
            agree(&text, 0, cut.min(text.len()))?;
        }

        #[test]
        fn blocks_and_characters_agree_on_dense_punctuation(text in "[abAB12_.:,;'w/ ]{0,150}", cut in 0usize..70) {
            agree(&text, cut.min(text.len()), text.len())?;
        }

        #[test]
        fn blocks_and_characters_agree_on_apostrophes(text in "[aB1' ]{0,150}") {
            agree(&text, 0, text.len())?;
        }

        #[test]
        fn blocks_and_characters_agree_on_long_words(text in "([a-z0-9]{1,90}|[_']{1,70}|[ .]{1,3}|www|://|march){0,12}") {
            agree(&text, 0, text.len())?;
        }
    }
}
