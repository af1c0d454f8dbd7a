//! The words of a unit as 64-bit hashes, exact and masked.
//!
//! In: the normal form of a unit ([`super::fold`]). Out: a hash per word. Words are those of Unicode text
//! segmentation (UAX #29) that hold a letter or a digit; in scripts without spaces every character is a word,
//! so that n-grams over words are n-grams over characters there. The masked form reads every number and
//! every name of a month or a weekday as one and the same word, and a run of them as one.

use super::hash;
use super::scripts::{self, Part, part};
use unicode_segmentation::UnicodeSegmentation;

/// The masked word of every number, month and weekday, and of a run of them.
pub const SLOT: u64 = 0x9e37_79b9_7f4a_7c15;

/// Word hashes of one unit or of a run of units.
#[derive(Debug, Default, Clone)]
pub struct Words {
    /// A hash per word.
    pub exact: Vec<u64>,
    /// The same with numbers and dates masked and their runs merged.
    pub masked: Vec<u64>,
    /// How many of the exact words are single characters of a script without spaces.
    pub unspaced: usize,
}

impl Words {
    /// Forgets all words.
    pub fn clear(&mut self) {
        self.exact.clear();
        self.masked.clear();
        self.unspaced = 0;
    }

    /// The length in words as a reader would count: three characters of an unspaced script for one word.
    pub fn count(&self) -> usize {
        self.exact.len() - self.unspaced + self.unspaced.div_ceil(3)
    }

    fn push(&mut self, word: &str, number: bool) {
        let hash = hash::word(word.as_bytes());
        self.exact.push(hash);
        self.mask(hash, number);
    }

    /// A word of a script without spaces, which is the name of no month and no weekday.
    #[inline(always)]
    fn push_character(&mut self, word: &str) {
        let hash = hash::word(word.as_bytes());
        self.exact.push(hash);
        self.masked.push(hash);
    }

    fn mask(&mut self, hash: u64, number: bool) {
        let masked = if number || is_calendar_word(hash) { SLOT } else { hash };
        if masked != SLOT || self.masked.last() != Some(&SLOT) {
            self.masked.push(masked);
        }
    }

    /// Masks the exact words from the one at `from` on, of which those at `numbers`, in order, hold a digit. Most words are neither
    /// numbers nor dates: what stands between these is copied.
    #[inline(always)]
    pub(super) fn mask_at(&mut self, from: usize, numbers: &[u32]) {
        let Words { exact, masked, .. } = self;
        let added = &exact[from..];
        let mut numbers = numbers.iter().map(|&number| number as usize).peekable();
        let (mut done, mut date) = (0, calendar_word(added, 0));
        loop {
            let next = date.unwrap_or(added.len()).min(numbers.peek().copied().unwrap_or(added.len()));
            masked.extend_from_slice(&added[done..next]);
            if next == added.len() {
                return;
            }
            if masked.last() != Some(&SLOT) {
                masked.push(SLOT);
            }
            done = next + 1;
            numbers.next_if_eq(&next);
            if date == Some(next) {
                date = calendar_word(added, done);
            }
        }
    }

    /// Whether the masked words are the exact ones.
    pub fn is_plain(&self) -> bool {
        self.exact == self.masked
    }
}

/// Appends the words of `folded`, a normal form, to `words`.
pub fn words_into(folded: &str, words: &mut Words) {
    if folded.is_ascii() { ascii_words(folded, words) } else { script_words(folded, words) }
}

/// Any text: what lies between white space is read by the parts that its characters play where those are told, and by
/// the segmentation crate where one is not.
pub fn script_words(folded: &str, words: &mut Words) {
    let (mut white, mut from) = (0, 0);
    while from < folded.len() {
        let rest = &folded[from..];
        let length = solid_length(rest.as_bytes());
        if length > 0 {
            if !told_words(rest, length, words) {
                // A mark at its start belongs to the white space before it.
                unicode_words(&folded[white..from + length], words);
            }
            white = from + length;
        }
        from += length + 1;
    }
}

/// How many bytes stand before the first white space of ASCII.
#[inline(always)]
fn solid_length(bytes: &[u8]) -> usize {
    const EACH: u64 = 0x0101_0101_0101_0101;
    let (eights, _) = bytes.as_chunks::<8>();
    // The high bit of each byte that is below 0x21, and perhaps of some behind the first of these.
    let small = |eight: &[u8; 8]| {
        let eight = u64::from_le_bytes(*eight);
        eight.wrapping_sub(0x21 * EACH) & !eight & (0x80 * EACH)
    };
    let from = 8 * eights.iter().take_while(|eight| small(eight) == 0).count();
    let rest = bytes[from..].iter().position(|b| b.is_ascii_whitespace());
    rest.map_or(bytes.len(), |length| from + length)
}

/// Reads a piece without white space, of so many bytes of `text`, unless it holds a character whose part is not told: then
/// nothing is done.
fn told_words(text: &str, length: usize, words: &mut Words) -> bool {
    let piece = &text[..length];
    let (exact, masked, unspaced) = (words.exact.len(), words.masked.len(), words.unspaced);
    let (mut at, mut first) = (0, part_at(piece, 0));
    while let Some(part) = first {
        let end = thai_words((text, length), at, words);
        let told =
            if end > at { Some((end, part_at(piece, end))) } else { told_word(piece, at, part, words) };
        match told {
            Some((end, next)) => (at, first) = (end, next),
            None => {
                words.exact.truncate(exact);
                words.masked.truncate(masked);
                words.unspaced = unspaced;
                return false;
            }
        }
    }
    true
}

/// Reads the Thai characters from `at` on that are words, each with the marks that belong to it; where they end.
#[inline(always)]
fn thai_words((text, length): (&str, usize), mut at: usize, words: &mut Words) -> usize {
    let bytes = text.as_bytes();
    let begun = |at: usize| scripts::thai(bytes, at).map_or(scripts::OTHER, |n| scripts::THAI_WORDS[n]);
    if begun(at) != 1 {
        return at;
    }
    let from = words.exact.len();
    // Where words begin: written always and kept where one does, for there is no telling which character is a mark.
    let mut starts = [0; 64];
    loop {
        let mut count = 0;
        while count < starts.len() && at < length {
            let begins = begun(at);
            if begins == scripts::OTHER {
                break;
            }
            starts[count] = at;
            count += usize::from(begins);
            at += 3;
        }
        // Of the last of a full load the marks were not looked at.
        let full = count == starts.len();
        let last = starts[count - 1];
        words.exact.extend(starts[..count].windows(2).map(|word| hash::word_in(bytes, word[0], word[1])));
        if !full {
            words.exact.push(hash::word_in(bytes, last, at));
            break;
        }
        at = last;
    }
    words.unspaced += words.exact.len() - from;
    words.masked.extend_from_slice(&words.exact[from..]);
    at
}

/// The part of a character, and where it ends.
type PartTo = (Part, usize);

/// The part of the character at `at`; `None` behind the last.
#[inline(always)]
fn part_at(piece: &str, at: usize) -> Option<PartTo> {
    piece[at..].chars().next().map(|c| (part(c), at + c.len_utf8()))
}

/// Reads the word that starts at `at` with a character of this part, or steps over what is none: where it ends, and the
/// part of the character there.
#[inline(always)]
fn told_word(piece: &str, at: usize, first: PartTo, words: &mut Words) -> Option<(usize, Option<PartTo>)> {
    let (mut class, mut end) = first;
    match class {
        Part::Letter | Part::Digit | Part::Join => {}
        Part::Single | Part::Katakana => {
            let of_word = if class == Part::Single { Part::Mark } else { Part::Katakana };
            let next = loop {
                let next = part_at(piece, end);
                match next {
                    Some((part, further)) if part == of_word => end = further,
                    Some((Part::Untold | Part::Mark, _)) => return None,
                    Some((Part::Join, _)) if class == Part::Katakana => return None,
                    _ => break next,
                }
            };
            words.unspaced += 1;
            words.push_character(&piece[at..end]);
            return Some((end, next));
        }
        Part::Mark | Part::Untold => return None,
        Part::Other | Part::MidLetter | Part::MidNumber | Part::MidBoth => {
            return Some((end, part_at(piece, end)));
        }
    }
    let (mut solid, mut number) = (false, false);
    let next = loop {
        solid |= class != Part::Join;
        number |= class == Part::Digit;
        let next = part_at(piece, end);
        let Some((part, further)) = next else { break next };
        match part {
            Part::Letter | Part::Digit | Part::Join => (class, end) = (part, further),
            Part::Mark | Part::Untold => return None,
            Part::Katakana if class == Part::Join => return None,
            Part::Other | Part::Single | Part::Katakana => break next,
            Part::MidLetter | Part::MidNumber | Part::MidBoth => {
                let Some((after, furthest)) = part_at(piece, further) else { break next };
                let joins = match part {
                    Part::MidLetter => class == Part::Letter && after == Part::Letter,
                    Part::MidNumber => class == Part::Digit && after == Part::Digit,
                    _ => class == after && matches!(class, Part::Letter | Part::Digit),
                };
                if matches!(after, Part::Mark | Part::Untold) {
                    return None;
                }
                if !joins {
                    break next;
                }
                (class, end) = (after, furthest);
            }
        }
    };
    if solid {
        words.unspaced += usize::from(piece[at..].starts_with(is_unspaced));
        words.push(&piece[at..end], number);
    }
    Some((end, next))
}

/// The general path, by the segmentation crate; the others must agree with it wherever both apply.
pub fn unicode_words(folded: &str, words: &mut Words) {
    for word in folded.unicode_words() {
        if word.chars().next().is_some_and(is_unspaced) {
            words.unspaced += 1;
        }
        words.push(word, word.chars().any(char::is_numeric));
    }
}

const OTHER: u8 = 0;
const LETTER: u8 = 1;
const DIGIT: u8 = 2;
const JOIN: u8 = 3;
const MID_LETTER: u8 = 4;
const MID_NUMBER: u8 = 5;
const MID_BOTH: u8 = 6;

const CLASSES: [u8; 256] = {
    let mut table = [OTHER; 256];
    let mut b = 0;
    while b < 128 {
        table[b] = match b as u8 {
            b'a'..=b'z' | b'A'..=b'Z' => LETTER,
            b'0'..=b'9' => DIGIT,
            b'_' => JOIN,
            b':' => MID_LETTER,
            b',' | b';' => MID_NUMBER,
            b'.' | b'\'' => MID_BOTH,
            _ => OTHER,
        };
        b += 1;
    }
    table
};

fn ascii_words(folded: &str, words: &mut Words) {
    let bytes = folded.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if !matches!(CLASSES[bytes[at] as usize], LETTER | DIGIT | JOIN) {
            at += 1;
            continue;
        }
        let start = at;
        let (mut solid, mut number) = (false, false);
        loop {
            let class = CLASSES[bytes[at] as usize];
            solid |= class != JOIN;
            number |= class == DIGIT;
            at += 1;
            let Some(&next) = bytes.get(at) else { break };
            match CLASSES[next as usize] {
                LETTER | DIGIT | JOIN => continue,
                OTHER => break,
                mid => {
                    let after = bytes.get(at + 1).map_or(OTHER, |&b| CLASSES[b as usize]);
                    let joins = match mid {
                        MID_LETTER => class == LETTER && after == LETTER,
                        MID_NUMBER => class == DIGIT && after == DIGIT,
                        _ => class == after && matches!(class, LETTER | DIGIT),
                    };
                    if !joins {
                        break;
                    }
                    at += 1;
                }
            }
        }
        if solid {
            words.push(&folded[start..at], number);
        }
    }
}

/// Scripts that put no spaces between words: Thai, Lao, Burmese, Khmer, Han, Hiragana, Katakana.
pub fn is_unspaced(c: char) -> bool {
    matches!(u32::from(c),
        0x0e00..=0x0eff | 0x1000..=0x109f | 0x1780..=0x17ff | 0x3041..=0x30ff | 0x31f0..=0x31ff | 0x3400..=0x4dbf
        | 0x4e00..=0x9fff | 0xaa60..=0xaa7f | 0xf900..=0xfaff | 0x20000..=0x323af)
}

/// Months and weekdays, in full and as commonly abbreviated, in English, German, French, Spanish, Portuguese,
/// Italian and Dutch. Words that are also ordinary ones (`may`, `mar`, `sat`, `sun`, `mars`, `son`) are left out.
const CALENDAR: [&str; 125] = [
    "january",
    "february",
    "march",
    "april",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
    "jan",
    "feb",
    "apr",
    "jun",
    "jul",
    "aug",
    "sep",
    "sept",
    "oct",
    "nov",
    "dec",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "mon",
    "tue",
    "tues",
    "wed",
    "thu",
    "thurs",
    "fri",
    "januar",
    "februar",
    "märz",
    "mai",
    "juni",
    "juli",
    "oktober",
    "dezember",
    "montag",
    "dienstag",
    "mittwoch",
    "donnerstag",
    "freitag",
    "samstag",
    "sonntag",
    "janvier",
    "février",
    "avril",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
    "lundi",
    "mardi",
    "mercredi",
    "jeudi",
    "vendredi",
    "samedi",
    "dimanche",
    "enero",
    "febrero",
    "marzo",
    "abril",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "septiembre",
    "octubre",
    "noviembre",
    "diciembre",
    "lunes",
    "martes",
    "miércoles",
    "jueves",
    "viernes",
    "sábado",
    "domingo",
    "janeiro",
    "fevereiro",
    "março",
    "maio",
    "junho",
    "julho",
    "setembro",
    "outubro",
    "novembro",
    "dezembro",
    "gennaio",
    "febbraio",
    "aprile",
    "maggio",
    "giugno",
    "luglio",
    "settembre",
    "ottobre",
    "dicembre",
    "lunedì",
    "martedì",
    "mercoledì",
    "giovedì",
    "venerdì",
    "sabato",
    "domenica",
    "januari",
    "februari",
    "maart",
    "mei",
    "augustus",
    "maandag",
    "dinsdag",
    "woensdag",
    "donderdag",
    "vrijdag",
    "zaterdag",
    "zondag",
];

/// The hashes of the calendar in a table: each at the first free slot from that of its first bits on.
const CALENDAR_SLOTS: [u64; 512] = {
    let mut slots = [0; 512];
    let mut i = 0;
    while i < CALENDAR.len() {
        let hash = hash::short(CALENDAR[i].as_bytes());
        let mut slot = (hash >> 55) as usize;
        while slots[slot] != 0 {
            slot = (slot + 1) % slots.len();
        }
        slots[slot] = hash;
        i += 1;
    }
    slots
};

/// A bit for each word of the calendar, by its hash: most other words need no look at the table.
const CALENDAR_BITS: [u64; 512] = {
    let mut bits = [0u64; 512];
    let mut i = 0;
    while i < CALENDAR.len() {
        let hash = hash::short(CALENDAR[i].as_bytes());
        bits[(hash >> 55) as usize] |= 1 << ((hash >> 49) & 63);
        i += 1;
    }
    bits
};

#[inline(always)]
fn may_be_calendar_word(hash: u64) -> bool {
    static BITS: [u64; 512] = CALENDAR_BITS;
    BITS[(hash >> 55) as usize] >> ((hash >> 49) & 63) & 1 == 1
}

/// The first name of a month or weekday from a place on.
#[inline(always)]
fn calendar_word(words: &[u64], from: usize) -> Option<usize> {
    words[from..].iter().position(|&hash| is_calendar_word(hash)).map(|found| from + found)
}

#[inline(always)]
fn is_calendar_word(hash: u64) -> bool {
    static SLOTS: [u64; 512] = CALENDAR_SLOTS;
    if !may_be_calendar_word(hash) {
        return false;
    }
    let from = (hash >> 55) as usize;
    let found = (0..SLOTS.len()).map(|n| SLOTS[(from + n) % SLOTS.len()]).find(|&h| h == hash || h == 0);
    found == Some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(text: &str) -> Words {
        let mut words = Words::default();
        words_into(text, &mut words);
        words
    }

    #[test]
    fn numbers_and_dates_are_one_masked_word() {
        assert_eq!(of("updated 4 days ago").masked, of("updated 12 days ago").masked);
        assert_eq!(of("on march 3, 2024 at 10:41").masked, of("on 3 october 1999 at 9:02").masked);
        assert_ne!(of("4 days").exact, of("5 days").exact);
    }

    #[test]
    fn unspaced_scripts_have_a_word_a_character() {
        assert_eq!(of("港口今天").exact.len(), 4);
        assert_eq!(of("กาแฟ").exact.len(), of("กาแฟ").unspaced);
        assert_eq!(of("港口今天关闭").count(), 2);
    }

    #[test]
    fn a_line_without_letters_has_no_words() {
        assert!(of("### -- * _ __").exact.is_empty());
    }

    proptest! {
        #[test]
        fn ascii_path_agrees_with_unicode_segmentation(text in "[ -~]{0,60}") {
            let folded = text.to_lowercase();
            let (mut fast, mut twin) = (Words::default(), Words::default());
            ascii_words(&folded, &mut fast);
            unicode_words(&folded, &mut twin);
            prop_assert_eq!(fast.exact, twin.exact);
            prop_assert_eq!(fast.masked, twin.masked);
        }

        #[test]
        fn parts_agree_with_unicode_segmentation(
            text in "[a-z12_.:,;'é\u{301}\u{308}äßяё港口がカー\u{3099}กาำ๑ิ่็฿ก-๛½•©\u{200d}·\u{ff0e}\u{a0} \t\n]{0,24}"
        ) {
            let (mut fast, mut twin) = (Words::default(), Words::default());
            script_words(&text, &mut fast);
            unicode_words(&text, &mut twin);
            prop_assert_eq!(&fast.exact, &twin.exact, "{:?}", text);
            prop_assert_eq!(fast.masked, twin.masked);
            prop_assert_eq!(fast.unspaced, twin.unspaced);
        }

        #[test]
        fn parts_agree_with_unicode_segmentation_on_anything(text in any::<String>()) {
            let (mut fast, mut twin) = (Words::default(), Words::default());
            script_words(&text, &mut fast);
            unicode_words(&text, &mut twin);
            prop_assert_eq!(&fast.exact, &twin.exact, "{:?}", text);
            prop_assert_eq!(fast.masked, twin.masked);
            prop_assert_eq!(fast.unspaced, twin.unspaced);
        }

        #[test]
        fn ascii_path_agrees_on_dense_punctuation(text in "[ab1_.:,;' ]{0,24}") {
            let (mut fast, mut twin) = (Words::default(), Words::default());
            ascii_words(&text, &mut fast);
            unicode_words(&text, &mut twin);
            prop_assert_eq!(fast.exact, twin.exact);
            prop_assert_eq!(fast.masked, twin.masked);
        }
    }
}
