//! Which numbers a line tells.
//!
//! In: a line. Out: a hash of the numbers in it, the same for the same numbers in any order. Two lines that are nearly the same
//! but tell other numbers tell other things.

use super::scripts::{self, Part};
use xxhash_rust::xxh3::xxh3_64;

/// A hash of the runs of digits of `line`; 0 where there are none.
pub fn fingerprint(line: &str) -> u64 {
    let bytes = line.as_bytes();
    let (mut sum, mut at) = (0u64, 0);
    while let Some(found) = bytes[at..].iter().position(|&b| b.is_ascii_digit() || b >= 0x80) {
        let from = at + found;
        let mut chars = line[from..].chars();
        let run: usize = chars.by_ref().take_while(|&c| is_number(c)).map(char::len_utf8).sum();
        if run > 0 {
            sum = sum.wrapping_add(xxh3_64(&bytes[from..from + run]) | 1);
        }
        // Past what ended the run, too.
        at = line.len() - chars.as_str().len();
    }
    sum
}

/// Digits of other scripts, fractions and the like count as well.
fn is_number(c: char) -> bool {
    match scripts::part(c) {
        Part::Untold => c.is_numeric(),
        part => part == Part::Digit,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_numbers_are_the_same_in_any_order_and_spelling_around_them() {
        let same = fingerprint("From 3 March 2012 at 1,000 a day");
        assert_eq!(fingerprint("1 000 a day, as of 2012-3"), same);
        for other in ["From 3 March 2013 at 1,000 a day", "From 3 March at 1,000 a day", "3 3 2012 1 000", ""]
        {
            assert_ne!(fingerprint(other), same, "{other}");
        }
        assert_eq!(fingerprint("No number at all, né"), 0);
    }

    #[test]
    fn a_number_is_what_unicode_calls_one() {
        for c in '\0'..=char::MAX {
            assert_eq!(is_number(c), c.is_numeric(), "{c:?}");
        }
    }

    #[test]
    fn digits_of_other_scripts_count() {
        assert_ne!(fingerprint("วันที่ ๑๗ กันยายน"), fingerprint("วันที่ ๑๖ กันยายน"));
        assert_ne!(fingerprint("第１条"), fingerprint("第２条"));
    }
}
