//! What the characters of common scripts are: for reading words, for folding, and for the look of a line.
//!
//! In: a character. Out: small classes, without a search in the tables of Unicode. What is not told here is asked of
//! the crates and the standard library; the tests ask them about every character that is.

use std::sync::LazyLock;

/// How a character of a normal form takes part in words (the property Word_Break of UAX #29, where it is plain).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Neither a letter nor a digit, and joins nothing.
    Other,
    /// A letter of a script with spaces.
    Letter,
    /// A decimal digit.
    Digit,
    /// `_`.
    Join,
    /// Joins letters.
    MidLetter,
    /// Joins digits.
    MidNumber,
    /// Joins letters, and digits.
    MidBoth,
    /// A word by itself.
    Single,
    /// Belongs to what stands before it.
    Mark,
    /// Joins its like.
    Katakana,
    /// Not told here.
    Untold,
}

/// Characters below this one are told by tables.
const TABLED: usize = 0x1000;

/// What a function tells of each character that is tabled, or of some from one on.
macro_rules! table {
    ($kind:ty, $of:path, $first:expr) => {
        table!($kind, $of, $first, 0, TABLED)
    };
    ($kind:ty, $of:path, $first:expr, $from:expr, $count:expr) => {{
        let mut table: [$kind; $count] = [$first; $count];
        let mut at = 0;
        while at < $count {
            if let Some(c) = char::from_u32($from + at as u32) {
                table[at] = $of(c);
            }
            at += 1;
        }
        table
    }};
}

/// The part that a character plays in words.
#[inline(always)]
pub fn part(c: char) -> Part {
    static PARTS: [Part; TABLED] = table!(Part, part_of, Part::Untold);
    PARTS.get(c as usize).copied().unwrap_or_else(|| part_of(c))
}

const fn part_of(c: char) -> Part {
    match c {
        'a'..='z' | 'A'..='Z' => Part::Letter,
        '0'..='9' => Part::Digit,
        '_' => Part::Join,
        ':' => Part::MidLetter,
        ',' | ';' => Part::MidNumber,
        '.' | '\'' => Part::MidBoth,
        '\0'..='\x7f' => Part::Other,
        '\u{d7}' | '\u{f7}' => Part::Other,
        '\u{c0}'..='\u{24f}'
        | '\u{388}'..='\u{38a}'
        | '\u{38e}'..='\u{3a1}'
        | '\u{3a3}'..='\u{3ce}'
        | '\u{400}'..='\u{481}'
        | '\u{48a}'..='\u{52f}' => Part::Letter,
        '\u{531}'..='\u{556}' | '\u{561}'..='\u{586}' | '\u{621}'..='\u{64a}' | '\u{671}'..='\u{6d3}' => {
            Part::Letter
        }
        '\u{1e00}'..='\u{1eff}' | '\u{ac00}'..='\u{d7a3}' => Part::Letter,
        '\u{e50}'..='\u{e59}' => Part::Digit,
        '\u{e31}' | '\u{e34}'..='\u{e3a}' | '\u{e47}'..='\u{e4e}' => Part::Mark,
        '\u{e01}'..='\u{e33}' | '\u{e40}'..='\u{e46}' => Part::Single,
        '\u{e3f}' | '\u{e4f}' | '\u{e5a}' | '\u{e5b}' => Part::Other,
        '\u{4e00}'..='\u{9fff}' | '\u{3041}'..='\u{3096}' => Part::Single,
        '\u{30a1}'..='\u{30fa}' | '\u{30fc}' => Part::Katakana,
        '\u{a1}'..='\u{a9}' | '\u{ab}' | '\u{ac}' | '\u{ae}'..='\u{b1}' | '\u{b6}' | '\u{bb}' | '\u{bf}' => {
            Part::Other
        }
        '\u{2010}'..='\u{2017}' | '\u{201a}'..='\u{2023}' | '\u{2030}'..='\u{203b}' => Part::Other,
        '\u{20a0}'..='\u{20bf}' | '\u{2190}'..='\u{22ff}' | '\u{2500}'..='\u{2775}' => Part::Other,
        '\u{3001}'..='\u{3003}' | '\u{3008}'..='\u{3011}' | '\u{3014}'..='\u{301d}' => Part::Other,
        _ => Part::Untold,
    }
}

/// What a normal form makes of a character of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fold {
    /// This one, which no normalisation changes; with its combining class, where that is not zero.
    To(char, u8),
    /// Thai SARA AM, which is taken apart.
    SaraAm,
    /// Not told here.
    Untold,
}

/// What becomes of a character that is not ASCII in normal form.
#[inline(always)]
pub fn fold(c: char) -> Fold {
    static FOLDS: [Fold; TABLED] = table!(Fold, fold_of, Fold::Untold);
    FOLDS.get(c as usize).copied().unwrap_or_else(|| fold_of(c))
}

const fn shifted(c: char, by: u32) -> Fold {
    match char::from_u32(c as u32 + by) {
        Some(c) => Fold::To(c, 0),
        None => Fold::Untold,
    }
}

const fn fold_of(c: char) -> Fold {
    match c {
        '\u{e33}' => Fold::SaraAm,
        '\u{e38}' | '\u{e39}' => Fold::To(c, 103),
        '\u{e3a}' => Fold::To(c, 9),
        '\u{e48}'..='\u{e4b}' => Fold::To(c, 107),
        '\u{e01}'..='\u{e37}' | '\u{e3f}'..='\u{e47}' | '\u{e4c}'..='\u{e5b}' => Fold::To(c, 0),
        '\u{4e00}'..='\u{9fff}' | '\u{3041}'..='\u{3096}' | '\u{30a1}'..='\u{30fa}' | '\u{30fc}' => {
            Fold::To(c, 0)
        }
        '\u{430}'..='\u{45f}' => Fold::To(c, 0),
        '\u{410}'..='\u{42f}' => shifted(c, 0x20),
        '\u{400}'..='\u{40f}' => shifted(c, 0x50),
        '\u{d7}' | '\u{f7}' => Fold::To(c, 0),
        '\u{df}'..='\u{ff}' => Fold::To(c, 0),
        '\u{c0}'..='\u{de}' => shifted(c, 0x20),
        '\u{130}'..='\u{133}' | '\u{13f}' | '\u{140}' | '\u{149}' | '\u{178}' | '\u{17f}' => Fold::Untold,
        // A capital stands before its small letter.
        '\u{100}'..='\u{137}' | '\u{14a}'..='\u{177}' => shifted(c, 1 - c as u32 % 2),
        '\u{138}'..='\u{148}' | '\u{179}'..='\u{17e}' => shifted(c, c as u32 % 2),
        '\u{3ac}'..='\u{3ce}' => Fold::To(c, 0),
        '\u{391}'..='\u{3a1}' | '\u{3a3}'..='\u{3a9}' => shifted(c, 0x20),
        '\u{561}'..='\u{586}' | '\u{621}'..='\u{64a}' => Fold::To(c, 0),
        '\u{ac00}'..='\u{d7a3}' => Fold::To(c, 0),
        '\u{2022}' | '\u{20ac}' | '\u{a3}' | '\u{a9}' | '\u{ae}' | '\u{b0}' => Fold::To(c, 0),
        _ => Fold::Untold,
    }
}

/// The Thai character at `at` as a number below 128; none where another character stands there.
#[inline(always)]
pub fn thai(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = bytes.get(at..)?;
    let spelt = match rest.first_chunk::<4>() {
        Some(four) => u32::from_le_bytes(*four),
        None => rest.first_chunk::<3>().map(|&[a, b, c]| u32::from_le_bytes([a, b, c, 0]))?,
    };
    // E0 B8 or E0 B9, then the last six bits.
    (spelt & 0xfeff == 0xb8e0).then_some((spelt >> 2 & 64 | spelt >> 16 & 63) as usize)
}

/// How many words a Thai character begins, by its number; [`OTHER`] where it is neither a word nor of one.
pub static THAI_WORDS: [u8; 128] = table!(u8, words_of, OTHER, 0xe00, 128);

const fn words_of(c: char) -> u8 {
    match part_of(c) {
        Part::Single => 1,
        Part::Mark => 0,
        _ => OTHER,
    }
}

/// The combining class of a Thai character, by its number, where no normal form changes it; [`OTHER`] for the rest.
pub static THAI_CLASSES: [u8; 128] = table!(u8, class_of, OTHER, 0xe00, 128);

const fn class_of(c: char) -> u8 {
    match fold_of(c) {
        Fold::To(_, class) => class,
        _ => OTHER,
    }
}

/// Neither a combining class nor a number of words.
pub const OTHER: u8 = u8::MAX;

/// ASCII that counts in the look of a line as a character that is not ASCII does.
#[inline(always)]
pub fn like(c: char) -> u8 {
    // Made when it is first asked: what the standard library knows of them no compiler can ask.
    static LIKE: LazyLock<[u8; TABLED]> =
        LazyLock::new(|| std::array::from_fn(|at| char::from_u32(at as u32).map_or(UNTOLD, like_of_any)));
    LIKE.get(c as usize).copied().unwrap_or_else(|| match like_of(c) {
        UNTOLD => like_of_any(c),
        told => told,
    })
}

const UNTOLD: u8 = 0;

const fn like_of(c: char) -> u8 {
    match c {
        '\u{e50}'..='\u{e59}' => b'0',
        '\u{e3f}' | '\u{e47}'..='\u{e4c}' | '\u{e4e}' | '\u{e4f}' | '\u{e5a}' | '\u{e5b}' => b'*',
        '\u{e01}'..='\u{e3a}' | '\u{e40}'..='\u{e4d}' => b'a',
        '\u{4e00}'..='\u{9fff}' | '\u{3041}'..='\u{3096}' | '\u{30a1}'..='\u{30fa}' | '\u{30fc}' => b'a',
        '\u{ac00}'..='\u{d7a3}' => b'a',
        '\u{2010}'..='\u{2027}' => symbol(c),
        _ => UNTOLD,
    }
}

/// The same for a Thai character, by its number.
pub static THAI_LIKE: [u8; 128] = table!(u8, like_of_thai, UNTOLD, 0xe00, 128);

const fn like_of_thai(c: char) -> u8 {
    let told = like_of(c);
    if told == UNTOLD { symbol(c) } else { told }
}

fn like_of_any(c: char) -> u8 {
    if c.is_uppercase() {
        b'A'
    } else if c.is_alphabetic() {
        b'a'
    } else if c.is_numeric() {
        b'0'
    } else if c.is_whitespace() {
        b' '
    } else {
        symbol(c)
    }
}

const fn symbol(c: char) -> u8 {
    match c {
        '\u{2019}' => b'\'',
        '\u{3001}' | '\u{ff0c}' | '\u{60c}' => b',',
        '\u{bb}' | '\u{ab}' | '\u{203a}' | '\u{2022}' | '\u{b7}' => b'|',
        _ => b'*',
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use unicode_normalization::UnicodeNormalization;
    use unicode_normalization::char::canonical_combining_class;
    use unicode_segmentation::UnicodeSegmentation;

    fn others() -> impl Iterator<Item = char> {
        ('\u{80}'..='\u{10ffff}').filter(|c| c.is_alphanumeric() || u32::from(*c) < 0x3_0000)
    }

    /// What the part that a character plays looks like between two others, in words of the segmentation crate.
    fn seen(c: char) -> [usize; 5] {
        let words = |text: String| text.split_word_bounds().count();
        [
            words(format!("a{c}a")),
            words(format!("1{c}1")),
            words(format!("ア{c}ア")),
            words(format!("_{c}")),
            words(format!(" {c}")),
        ]
    }

    #[test]
    fn parts_are_those_of_the_segmentation_crate() {
        for c in ('\0'..='\x7f').chain(others()) {
            let like = match part(c) {
                Part::Untold => continue,
                Part::Other => '(',
                Part::Letter => 'b',
                Part::Digit => '2',
                Part::Join => '_',
                Part::MidLetter => ':',
                Part::MidNumber => ',',
                Part::MidBoth => '.',
                Part::Single => '港',
                Part::Mark => '\u{301}',
                Part::Katakana => 'イ',
            };
            // White space ends a line of words before it is asked for its part.
            if !c.is_whitespace() {
                assert_eq!(seen(c), seen(like), "{c:?}");
            }
            let counts = matches!(part(c), Part::Letter | Part::Digit | Part::Single | Part::Katakana);
            assert!(part(c) == Part::Mark || c.is_alphanumeric() == counts, "{c:?}");
            assert_eq!(c.is_numeric(), part(c) == Part::Digit, "{c:?}");
        }
    }

    #[test]
    fn folds_are_what_the_crates_make_of_them() {
        for c in others() {
            let folded: String = c.to_lowercase().nfkc().flat_map(char::to_lowercase).collect();
            match fold(c) {
                Fold::Untold => {}
                Fold::SaraAm => assert_eq!(folded, "\u{e4d}\u{e32}"),
                Fold::To(to, class) => {
                    assert_eq!(folded, to.to_string(), "{c:?}");
                    assert_eq!(canonical_combining_class(to), class, "{c:?}");
                    // Nothing that stands after an untouched character combines with it unseen.
                    assert_eq!(
                        unicode_normalization::is_nfkc_quick([to].into_iter()),
                        unicode_normalization::IsNormalized::Yes
                    );
                }
            }
        }
    }

    #[test]
    fn looks_are_those_of_the_standard_library() {
        for c in others() {
            assert_eq!(like(c), like_of_any(c), "{c:?}");
            if let Some(n) = thai(c.to_string().as_bytes(), 0) {
                assert_eq!(THAI_LIKE[n], like_of_any(c), "{c:?}");
            }
        }
    }
}
