//! What the characters of common scripts are: for reading words, for folding, and for the look of a line.
//!
//! In: a character. Out: small classes, without a search in the tables of Unicode. What is not told here is asked of
//! the crates and the standard library; the tests ask them about every character that is.

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

/// What a function tells of each character that is tabled.
macro_rules! table {
    ($kind:ty, $of:path, $first:expr) => {{
        let mut table: [$kind; TABLED] = [$first; TABLED];
        let mut at = 0;
        while at < TABLED {
            if let Some(c) = char::from_u32(at as u32) {
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
        '\u{c0}'..='\u{24f}' | '\u{3ac}'..='\u{3ce}' | '\u{400}'..='\u{481}' | '\u{48a}'..='\u{52f}' => {
            Part::Letter
        }
        '\u{1e00}'..='\u{1eff}' => Part::Letter,
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
        '\u{2022}' | '\u{20ac}' | '\u{a3}' | '\u{a9}' | '\u{ae}' | '\u{b0}' => Fold::To(c, 0),
        _ => Fold::Untold,
    }
}

/// What a character counts as in the look of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// A capital letter.
    Upper,
    /// Any other letter.
    Lower,
    /// A digit or another number.
    Digit,
    /// White space.
    White,
    /// Anything else.
    Symbol,
}

/// What a character that is not ASCII counts as.
#[inline(always)]
pub fn look(c: char) -> Look {
    static LOOKS: [Option<Look>; TABLED] = table!(Option<Look>, look_of, None);
    LOOKS.get(c as usize).copied().unwrap_or_else(|| look_of(c)).unwrap_or_else(|| look_of_any(c))
}

const fn look_of(c: char) -> Option<Look> {
    Some(match c {
        '\u{e50}'..='\u{e59}' => Look::Digit,
        '\u{e3f}' | '\u{e47}'..='\u{e4c}' | '\u{e4e}' | '\u{e4f}' | '\u{e5a}' | '\u{e5b}' => Look::Symbol,
        '\u{e01}'..='\u{e3a}' | '\u{e40}'..='\u{e4d}' => Look::Lower,
        '\u{4e00}'..='\u{9fff}' | '\u{3041}'..='\u{3096}' | '\u{30a1}'..='\u{30fa}' | '\u{30fc}' => {
            Look::Lower
        }
        '\u{430}'..='\u{45f}' => Look::Lower,
        '\u{400}'..='\u{42f}' => Look::Upper,
        '\u{d7}' | '\u{f7}' | '\u{2010}'..='\u{2027}' => Look::Symbol,
        '\u{df}'..='\u{ff}' => Look::Lower,
        '\u{c0}'..='\u{de}' => Look::Upper,
        _ => return None,
    })
}

fn look_of_any(c: char) -> Look {
    if c.is_uppercase() {
        Look::Upper
    } else if c.is_alphabetic() {
        Look::Lower
    } else if c.is_numeric() {
        Look::Digit
    } else if c.is_whitespace() {
        Look::White
    } else {
        Look::Symbol
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
            assert_eq!(look(c), look_of_any(c), "{c:?}");
        }
    }
}
