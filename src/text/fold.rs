//! The normal form that words are read from: NFKC, lower case, typographic quotes as plain ones, and
//! mis-decoded UTF-8 (`â€™`, or its bytes as Latin-1 characters) folded back to what was meant.
//!
//! In: a unit. Out: its normal form, appended to scratch. ASCII takes a path of its own.

use super::scripts::{self, Fold};
use super::stand_ins::ascii_length;
use unicode_normalization::char::canonical_combining_class;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

/// Writes the normal form of `unit` to `out`, which is cleared first. Line breaks become spaces.
pub fn fold_into(unit: &str, out: &mut String) {
    out.clear();
    if unit.is_ascii() {
        out.push_str(unit);
        out.make_ascii_lowercase();
        return;
    }
    // What is written as it stands, up to here, is written at once.
    let (mut from, mut at) = (0, 0);
    // Whether all that was written is in normal form for sure, and the combining class of the last character.
    let (mut settled, mut class) = (true, 0);
    while let Some(c) = unit[at..].chars().next() {
        let before = at;
        while let Some(of) = scripts::thai(unit.as_bytes(), at).map(|thai| scripts::THAI_CLASSES[thai]) {
            if of == scripts::OTHER {
                break;
            }
            settled &= of == 0 || of >= class;
            class = of;
            at += 3;
        }
        if at > before {
            continue;
        }
        if c.is_ascii() {
            let length = ascii_length(&unit.as_bytes()[at..]);
            out.push_str(&unit[from..at]);
            let start = out.len();
            out.push_str(&unit[at..at + length]);
            out[start..].make_ascii_lowercase();
            at += length;
            (from, class) = (at, 0);
            continue;
        }
        let (meant, taken) = misdecoded(c, &unit[at..]).unwrap_or((c, c.len_utf8()));
        let folded = scripts::fold(meant);
        if let Fold::To(to, of) = folded {
            settled &= of == 0 || of >= class;
            class = of;
            if to == c {
                at += taken;
                continue;
            }
        }
        out.push_str(&unit[from..at]);
        at += taken;
        from = at;
        match folded {
            Fold::To(to, _) => out.push(to),
            Fold::SaraAm => {
                class = 0;
                out.push_str("\u{e4d}\u{e32}");
            }
            Fold::Untold => settled &= push_plain(meant, out),
        }
    }
    out.push_str(&unit[from..]);
    if !settled && !out.is_ascii() && is_nfkc_quick(out.chars()) != IsNormalized::Yes {
        let composed: String = out.nfkc().flat_map(char::to_lowercase).collect();
        *out = composed;
    }
}

/// Writes the plain form of a character; whether that is in normal form for sure.
fn push_plain(c: char, out: &mut String) -> bool {
    match c {
        '\u{2018}' | '\u{2019}' | '\u{201b}' | '\u{2bc}' | '\u{ff07}' => out.push('\''),
        '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{ab}' | '\u{bb}' => out.push('"'),
        '\u{2010}'..='\u{2015}' => out.push('-'),
        '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{3000}' => out.push(' '),
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{feff}' => {}
        '\u{2026}' => out.push_str("..."),
        _ => {
            let start = out.len();
            out.extend(c.to_lowercase());
            return out[start..].chars().all(is_settled);
        }
    }
    true
}

/// Whether a character is in normal form whatever stands around it.
fn is_settled(c: char) -> bool {
    canonical_combining_class(c) == 0 && is_nfkc_quick(std::iter::once(c)) == IsNormalized::Yes
}

/// Where `text`, which starts with `first`, starts with UTF-8 that was read as Latin-1 or Windows-1252: the character that was meant, and
/// how many bytes of `text` spell it.
#[inline(always)]
fn misdecoded(first: char, text: &str) -> Option<(char, usize)> {
    if first > '\u{f4}' { None } else { misdecoded_from(first, text) }
}

fn misdecoded_from(first: char, text: &str) -> Option<(char, usize)> {
    let lead = u8::try_from(u32::from(first)).ok()?;
    let length = match lead {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return None,
    };
    let mut chars = text.chars();
    chars.next();
    let mut bytes = [lead, 0, 0, 0];
    let mut taken = char::from(lead).len_utf8();
    for slot in bytes.iter_mut().take(length).skip(1) {
        let c = chars.next()?;
        *slot = latin_byte(c).filter(|b| (0x80..0xc0).contains(b))?;
        taken += c.len_utf8();
    }
    let meant = std::str::from_utf8(&bytes[..length]).ok()?.chars().next()?;
    Some((meant, taken))
}

/// The byte that Latin-1 or Windows-1252 decodes to `c`.
fn latin_byte(c: char) -> Option<u8> {
    const HIGH: [char; 32] = [
        '\u{20ac}', '\u{81}', '\u{201a}', '\u{192}', '\u{201e}', '\u{2026}', '\u{2020}', '\u{2021}',
        '\u{2c6}', '\u{2030}', '\u{160}', '\u{2039}', '\u{152}', '\u{8d}', '\u{17d}', '\u{8f}', '\u{90}',
        '\u{2018}', '\u{2019}', '\u{201c}', '\u{201d}', '\u{2022}', '\u{2013}', '\u{2014}', '\u{2dc}',
        '\u{2122}', '\u{161}', '\u{203a}', '\u{153}', '\u{9d}', '\u{17e}', '\u{178}',
    ];
    match u32::from(c) {
        n @ 0x80..=0xff => Some(n as u8),
        n if n > 0xff => HIGH.iter().position(|&h| h == c).map(|i| 0x80 + i as u8),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fold(text: &str) -> String {
        let mut out = String::from("left over");
        fold_into(text, &mut out);
        out
    }

    #[test]
    fn case_width_and_quotes_are_folded() {
        assert_eq!(fold("WOULDN\u{2019}T \u{201c}ＡＢ\u{201d} ﬁsh ÉTÉ"), "wouldn't \"ab\" fish été");
    }

    #[test]
    fn misdecoded_utf8_is_what_was_meant() {
        assert_eq!(fold("Wouldn\u{e2}\u{80}\u{99}t"), "wouldn't");
        assert_eq!(fold("Wouldn\u{e2}\u{20ac}\u{2122}t caf\u{c3}\u{a9}"), "wouldn't café");
    }

    #[test]
    fn what_only_looks_misdecoded_stays() {
        assert_eq!(fold("château â la crème Ã"), "château â la crème ã");
    }

    /// The normal form without what is known of scripts.
    fn twin(unit: &str) -> String {
        let mut out = String::new();
        let mut rest = unit;
        while let Some(c) = rest.chars().next() {
            let (meant, taken) = misdecoded(c, rest).unwrap_or((c, c.len_utf8()));
            push_plain(meant, &mut out);
            rest = &rest[taken..];
        }
        out.nfkc().flat_map(char::to_lowercase).collect()
    }

    proptest! {
        #[test]
        fn scripts_are_folded_as_everything_is(text in "[a-zA-Z éÉßñÂâ\u{80}\u{99}€™áА-яёЀĀ-ſΑ-ώա-և؀-ي페\u{11a8}港が\u{3099}ァ。“’…½ﬁ½\u{301}\u{323}ก-๛ิุ่้ำ]{0,30}") {
            prop_assert_eq!(fold(&text), twin(&text));
        }

        #[test]
        fn anything_is_folded_as_everything_is(text in any::<String>()) {
            prop_assert_eq!(fold(&text), twin(&text));
        }
    }

    #[test]
    fn ascii_and_general_paths_agree_on_ascii() {
        let text = "The Quick (brown) FOX's 3.14 -- jumps";
        assert_eq!(fold(text), text.to_lowercase());
    }
}
