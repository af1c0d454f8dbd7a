//! Where the sentences of a long line end.
//!
//! In: a line. Out: the lengths of its sentences in bytes, white space after each included; they add up to
//! the line. A terminator followed by white space and something that may start a sentence ends one, unless an
//! initial or a common abbreviation stands before it; two spaces after a terminator always do. Ideographic
//! terminators need no space.

/// Abbreviations that stand before a name or a number, in lower case without the dot.
const ABBREVIATIONS: &[&str] = &[
    "mr", "mrs", "ms", "dr", "prof", "gen", "col", "lt", "sgt", "capt", "rep", "sen", "gov", "st", "rev",
    "hon", "vs", "no", "nos", "vol", "fig", "art", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sept",
    "sep", "oct", "nov", "dec", "approx", "messrs", "mme", "mlle", "hr", "fr", "sr", "sra", "nr", "bzw",
    "z.b", "e.g", "i.e", "u.s",
];

/// The same, each in one number.
const PACKED: [u64; ABBREVIATIONS.len()] = {
    let mut all = [0; ABBREVIATIONS.len()];
    let mut at = 0;
    while at < all.len() {
        all[at] = packed(ABBREVIATIONS[at].as_bytes());
        at += 1;
    }
    all
};

/// A word of seven bytes at most as a number, in lower case, behind a mark that tells its length.
const fn packed(word: &[u8]) -> u64 {
    let (mut packed, mut at) = (1, 0);
    while at < word.len() {
        packed = packed << 8 | word[at].to_ascii_lowercase() as u64;
        at += 1;
    }
    packed
}

/// The lengths in bytes of the sentences of `line`, in order.
pub fn lengths(line: &str) -> impl Iterator<Item = usize> + '_ {
    let ascii = line.is_ascii();
    let mut at = 0;
    std::iter::from_fn(move || {
        (at < line.len()).then(|| {
            let length = first_length(&line[at..], ascii);
            at += length;
            length
        })
    })
}

fn first_length(text: &str, ascii: bool) -> usize {
    if ascii {
        return first_ascii_length(text);
    }
    let mut from = 0;
    while let Some(found) = next_terminator(text, from) {
        let (start, end, spaced) = found;
        from = end;
        let rest = &text[end..];
        let closing = rest.len()
            - rest.trim_start_matches(['"', '\'', ')', ']', '\u{201d}', '\u{2019}', '\u{bb}']).len();
        let after = &rest[closing..];
        let body = after.trim_start();
        let white = &after[..after.len() - body.len()];
        // A no-break space is one, whatever it is made of.
        let spaces = white.chars().take(2).count();
        if body.is_empty() {
            return text.len();
        }
        if !spaced
            || spaces == 2
            || spaces == 1 && may_start(body) && !is_abbreviation(&text[..start], text, start)
        {
            if spaced && spaces == 0 {
                continue;
            }
            return end + closing + white.len();
        }
    }
    text.len()
}

/// The same for a text of ASCII.
fn first_ascii_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let is_white = |b: &u8| b.is_ascii_whitespace() || *b == 0x0b;
    let run = |from: usize, of: &dyn Fn(&u8) -> bool| {
        bytes[from..].iter().position(|b| !of(b)).map_or(bytes.len(), |n| from + n)
    };
    let mut from = 0;
    while let Some(found) = memchr::memchr3(b'.', b'!', b'?', &bytes[from..]) {
        let start = from + found;
        let end = run(start, &|b| matches!(b, b'.' | b'!' | b'?'));
        let closed = run(end, &|b| matches!(b, b'"' | b'\'' | b')' | b']'));
        let next = run(closed, &is_white);
        if next == bytes.len() {
            return next;
        }
        let ends = match next - closed {
            0 => false,
            1 => may_start(&text[next..]) && !is_abbreviation(&text[..start], text, start),
            _ => true,
        };
        if ends {
            return next;
        }
        from = end;
    }
    bytes.len()
}

/// Whether a character ends a sentence, and whether white space must follow for that.
pub fn terminator(c: char) -> Option<bool> {
    match c {
        '.' | '!' | '?' | '\u{2026}' => Some(true),
        // Armenian, Arabic, Urdu, Devanagari, Myanmar, Ethiopic, Khmer.
        '\u{589}' | '\u{61f}' | '\u{6d4}' | '\u{964}' | '\u{965}' | '\u{104b}' | '\u{1362}' | '\u{17d4}' => {
            Some(true)
        }
        '\u{3002}' | '\u{ff01}' | '\u{ff1f}' | '\u{ff61}' => Some(false),
        _ => None,
    }
}

/// The next run of terminators at or after `from`: its start, its end, and whether white space must follow.
fn next_terminator(text: &str, from: usize) -> Option<(usize, usize, bool)> {
    let bytes = text.as_bytes();
    let mut at = from;
    while at < bytes.len() {
        match bytes[at] {
            b'.' | b'!' | b'?' => {
                let end = bytes[at..]
                    .iter()
                    .position(|b| !matches!(b, b'.' | b'!' | b'?'))
                    .map_or(bytes.len(), |n| at + n);
                return Some((at, end, true));
            }
            b if b < 0x80 => at += 1,
            _ => {
                let c = text[at..].chars().next()?;
                let end = at + c.len_utf8();
                if let Some(spaced) = terminator(c) {
                    return Some((at, end, spaced));
                }
                at = end;
            }
        }
    }
    None
}

fn may_start(text: &str) -> bool {
    let first = text
        .trim_start_matches(['"', '\'', '(', '[', '\u{201c}', '\u{2018}', '\u{ab}', '-', '\u{2014}', ' '])
        .chars()
        .next();
    first.is_none_or(|c| !c.is_lowercase())
}

fn is_abbreviation(before: &str, text: &str, at: usize) -> bool {
    if !text[at..].starts_with('.') || text[at..].starts_with("..") {
        return false;
    }
    // What ends in a longer run of plain letters is none, whatever stands before.
    if before.len() > 6 && before.as_bytes()[before.len() - 7..].iter().all(u8::is_ascii_alphanumeric) {
        return false;
    }
    let word = before
        .rsplit(|c: char| c.is_whitespace() || matches!(c, '(' | '"' | '\u{201c}'))
        .next()
        .unwrap_or("");
    if word.len() > 6 {
        return false;
    }
    let mut letters = word.chars();
    match (letters.next(), letters.next()) {
        (Some(c), None) => c.is_alphabetic(),
        _ => PACKED.contains(&packed(word.as_bytes())) || word.len() == 3 && word.as_bytes()[1] == b'.',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(line: &str) -> Vec<&str> {
        let mut at = 0;
        lengths(line)
            .map(|n| {
                let piece = line[at..at + n].trim();
                at += n;
                piece
            })
            .collect()
    }

    #[test]
    fn sentences_end_at_terminators_before_a_capital() {
        assert_eq!(
            split("It rained. The ferry stayed in port! \"Why?\" he asked."),
            ["It rained.", "The ferry stayed in port!", "\"Why?\" he asked."]
        );
    }

    #[test]
    fn initials_abbreviations_and_decimals_do_not_end_one() {
        assert_eq!(
            split("Mr. J. Roe paid 3.5 million to the U.S. Navy. It was late."),
            ["Mr. J. Roe paid 3.5 million to the U.S. Navy.", "It was late."]
        );
    }

    #[test]
    fn two_spaces_after_a_terminator_always_end_one() {
        assert_eq!(split("He went on.  iPhones sold well."), ["He went on.", "iPhones sold well."]);
    }

    #[test]
    fn each_script_has_a_full_stop_of_its_own() {
        assert_eq!(split("کشتی نہیں آئی۔ کیوں؟ سب گھر گئے۔"), ["کشتی نہیں آئی۔", "کیوں؟", "سب گھر گئے۔"]);
        assert_eq!(split("Նավը չեկավ։ Բոլորը գնացին տուն։"), ["Նավը չեկավ։", "Բոլորը գնացին տուն։"]);
        assert_eq!(split("船は来なかった。皆は帰った。"), ["船は来なかった。", "皆は帰った。"]);
        // Not within a word.
        assert_eq!(split("መርከቡ።አልመጣም። ሁሉም ሄዱ።"), ["መርከቡ።አልመጣም።", "ሁሉም ሄዱ።"]);
    }

    #[test]
    fn a_no_break_space_is_one_space() {
        let line = "Then Mr.\u{a0}Roe paid on 3.\u{a0}března.\u{202f}He left.";
        assert_eq!(split(line), ["Then Mr.\u{a0}Roe paid on 3.\u{a0}března.", "He left."]);
    }

    #[test]
    fn ideographic_terminators_need_no_space() {
        assert_eq!(split("港口今天关闭。渡轮没有开。").len(), 2);
    }

    proptest::proptest! {
        #[test]
        fn ascii_is_split_as_any_text(text in "([aBx.!?\"') \\t\\x0b-]|Mr|etc|U\\.S|\\. |approximately){0,40}") {
            let any = |text: &str| {
                let mut lengths = Vec::new();
                let mut at = 0;
                while at < text.len() {
                    lengths.push(first_length(&text[at..], false));
                    at += lengths[lengths.len() - 1];
                }
                lengths
            };
            proptest::prop_assert_eq!(lengths(&text).collect::<Vec<_>>(), any(&text), "{:?}", text);
        }
    }

    #[test]
    fn lengths_add_up_to_the_line() {
        for line in ["", "no end", "A. B. C.", "… and…  So on. x", "é. Ü! ñ?  ."] {
            assert_eq!(lengths(line).sum::<usize>(), line.len(), "{line}");
        }
    }
}
