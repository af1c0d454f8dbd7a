//! ASCII that stands for other characters, so that the vectors for ASCII read texts that are not.
//!
//! In: a unit, or its normal form. Out: ASCII of which words begin and end at the same places, or of which the look is the
//! same. What the characters are is told by [`super::scripts`]; the twins are [`super::words::unicode_words`] and
//! [`Counts::of`](super::surface::Counts::of).

use super::scripts::{self, Part};

/// Writes a byte for each byte of `folded`, a normal form, to `out`, which is cleared first: one in the place of which words
/// begin and end where those of `folded` do. Whether there is such a text: not where a character is a word by itself,
/// belongs to the one before it, or is not told.
pub fn for_words(folded: &str, out: &mut Vec<u8>) -> bool {
    out.clear();
    out.reserve(folded.len());
    let mut at = 0;
    loop {
        let ascii = ascii_length(&folded.as_bytes()[at..]);
        out.extend_from_slice(&folded.as_bytes()[at..at + ascii]);
        at += ascii;
        let Some(c) = folded[at..].chars().next() else { return true };
        let byte = match scripts::part(c) {
            Part::Letter => b'a',
            Part::Other => 0,
            _ => return false,
        };
        at += c.len_utf8();
        out.resize(at, byte);
    }
}

/// Writes a byte for each character of `body` to `out`, which is cleared first: one that counts as the character does.
pub fn for_look(body: &str, out: &mut Vec<u8>) {
    let bytes = body.as_bytes();
    out.clear();
    out.resize(bytes.len(), 0);
    let (mut at, mut count) = (0, 0);
    loop {
        let ascii = ascii_length(&bytes[at..]);
        out[count..count + ascii].copy_from_slice(&bytes[at..at + ascii]);
        (at, count) = (at + ascii, count + ascii);
        while let Some(thai) = scripts::thai(bytes, at) {
            out[count] = scripts::THAI_LIKE[thai];
            (at, count) = (at + 3, count + 1);
        }
        let Some(c) = body[at..].chars().next() else { break };
        if !c.is_ascii() {
            out[count] = scripts::like(c);
            (at, count) = (at + c.len_utf8(), count + 1);
        }
    }
    out.truncate(count);
}

/// How many bytes of ASCII stand at the start.
#[inline(always)]
pub fn ascii_length(bytes: &[u8]) -> usize {
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let (words, rest) = bytes.as_chunks::<8>();
    for (i, word) in words.iter().enumerate() {
        let high = u64::from_le_bytes(*word) & HIGH;
        if high != 0 {
            return 8 * i + high.trailing_zeros() as usize / 8;
        }
    }
    8 * words.len() + rest.iter().take_while(|b| b.is_ascii()).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::ascii::{self, AsciiScratch};
    use crate::text::surface::Counts;
    use crate::text::words::{Words, unicode_words};
    use proptest::prelude::*;

    fn agree(text: &str) -> Result<(), TestCaseError> {
        let (mut stand_in, mut scratch) = (Vec::new(), AsciiScratch::default());
        let ascii = text.bytes().position(|b| !b.is_ascii()).unwrap_or(text.len());
        prop_assert_eq!(ascii_length(text.as_bytes()), ascii);
        for_look(text, &mut stand_in);
        prop_assert_eq!(ascii::look_of(&stand_in), Counts::of(text), "{}", text);
        let (mut fast, mut twin) = (Words::default(), Words::default());
        if for_words(text, &mut stand_in) {
            unicode_words(text, &mut twin);
            ascii::words_of::<true>((&stand_in, text), &mut scratch, &mut fast);
            prop_assert_eq!(&fast.exact, &twin.exact, "{}", text);
            prop_assert_eq!(&fast.masked, &twin.masked, "{}", text);
            prop_assert_eq!(fast.unspaced, twin.unspaced, "{}", text);
            fast.clear();
            ascii::words_of::<false>((&stand_in, text), &mut scratch, &mut fast);
            prop_assert_eq!(&fast.exact, &twin.exact, "{}", text);
        }
        Ok(())
    }

    #[test]
    fn what_is_a_word_by_itself_has_no_stand_in() {
        let mut out = Vec::new();
        assert!(for_words("• fähre — перевоз ferry_2 페리", &mut out));
        assert!(out.is_ascii() && out.len() == "• fähre — перевоз ferry_2 페리".len());
        assert!(
            !for_words("a ferry, 渡船", &mut out)
                && !for_words("กาแฟ", &mut out)
                && !for_words("e\u{301}", &mut out)
        );
    }

    proptest! {
        #[test]
        fn plain_scripts_are_read_as_they_stand(text in "[a-cA-C12_.:,;'|/@ éäßłŻяЯёع페•»’©、\u{a0}]{0,200}") {
            agree(&text)?;
        }

        #[test]
        fn words_of_many_blocks_are_read_as_they_stand(text in "([a-zéäя]{1,40}|[•_' ]{1,20}|[0-9.,]{1,9}|www.|://|märz|février){0,12}") {
            agree(&text)?;
        }

        #[test]
        fn anything_is_read_as_it_stands(text in any::<String>()) {
            agree(&text)?;
        }
    }
}
