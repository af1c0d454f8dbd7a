//! Texts of any encoding to UTF-8 and back.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, GB18030, GBK, UTF_8, UTF_16BE, UTF_16LE};

/// How far a text is searched for the name of its encoding.
const DECLARED_WITHIN: usize = 1024;

/// How much of a text is looked at for zero bytes.
const LOOKED_AT: usize = 1 << 12;

/// A text, and what it takes to spell it as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded {
    /// The text, without a byte-order mark.
    pub text: String,
    /// How it was spelt.
    pub spelt: Spelt,
}

/// How a text was spelt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spelt {
    /// In which encoding.
    pub encoding: &'static Encoding,
    /// Whether a byte-order mark stood before it.
    pub mark: bool,
}

impl Spelt {
    /// UTF-8 without a mark.
    pub const PLAIN: Spelt = Spelt { encoding: UTF_8, mark: false };
}

/// Reads a text by its byte-order mark, else by `given`, else by what it declares (`charset=`, `encoding=`), else by
/// detection. UTF-16 without a mark is known by its zero bytes. Only an encoding that gives back the same bytes is used.
///
/// # Errors
/// Which encoding was tried, where none gives back the same bytes.
pub fn decode(bytes: &[u8], given: Option<&'static Encoding>) -> Result<Decoded, String> {
    if let Some((encoding, length)) = Encoding::for_bom(bytes) {
        let spelt = Spelt { encoding, mark: true };
        return exactly(&bytes[length..], spelt)
            .ok_or_else(|| format!("its byte-order mark says {}, its bytes are not", encoding.name()));
    }
    if let Some(given) = given {
        let spelt = Spelt { encoding: given, mark: false };
        return exactly(bytes, spelt).ok_or_else(|| format!("its bytes are not {}", given.name()));
    }
    if let Some(encoding) = unmarked_utf_16(bytes)
        && let Some(decoded) = exactly(bytes, Spelt { encoding, mark: false })
    {
        return Ok(decoded);
    }
    if let Some(decoded) = exactly(bytes, Spelt::PLAIN) {
        return Ok(decoded);
    }
    // What detection calls GBK may hold characters that only its superset can spell again.
    let guess = match detect(bytes) {
        guess if guess == GBK => GB18030,
        guess => guess,
    };
    declared(bytes)
        .into_iter()
        .chain([guess])
        .find_map(|encoding| exactly(bytes, Spelt { encoding, mark: false }))
        .ok_or_else(|| format!("not UTF-8, and {} does not give back its bytes either", guess.name()))
}

fn exactly(bytes: &[u8], spelt: Spelt) -> Option<Decoded> {
    let text = spelt.encoding.decode_without_bom_handling_and_without_replacement(bytes)?.into_owned();
    let mut back = Vec::new();
    encode_body(&text, spelt, &mut back)?;
    (back == bytes).then_some(Decoded { text, spelt })
}

/// Spells a text in its encoding again.
///
/// # Errors
/// `None` where the encoding has no such character.
pub fn encode(text: &str, spelt: Spelt) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() + 3);
    if spelt.mark {
        let mark: &[u8] = match spelt.encoding {
            e if e == UTF_16LE => b"\xff\xfe",
            e if e == UTF_16BE => b"\xfe\xff",
            _ => b"\xef\xbb\xbf",
        };
        out.extend_from_slice(mark);
    }
    encode_body(text, spelt, &mut out)?;
    Some(out)
}

fn encode_body(text: &str, spelt: Spelt, out: &mut Vec<u8>) -> Option<()> {
    match spelt.encoding {
        e if e == UTF_16LE => out.extend(text.encode_utf16().flat_map(u16::to_le_bytes)),
        e if e == UTF_16BE => out.extend(text.encode_utf16().flat_map(u16::to_be_bytes)),
        encoding => {
            let (bytes, _, replaced) = encoding.encode(text);
            if replaced {
                return None;
            }
            out.extend_from_slice(&bytes);
        }
    }
    Some(())
}

/// The UTF-16 of a text without a mark, most of whose characters are of the first 256: every other byte of them is zero.
fn unmarked_utf_16(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = &bytes[..bytes.len().min(LOOKED_AT)];
    let zeros = |first: usize| head.iter().skip(first).step_by(2).filter(|&&b| b == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    let is_most = |zeros: usize, others: usize| zeros * 4 > head.len() && others * 50 < zeros;
    match () {
        () if is_most(odd, even) => Some(UTF_16LE),
        () if is_most(even, odd) => Some(UTF_16BE),
        () => None,
    }
}

fn detect(bytes: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    detector.guess(None, Utf8Detection::Allow)
}

/// The encoding that a text names near its beginning, as HTML and XML do.
pub fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = &bytes[..bytes.len().min(DECLARED_WITHIN)];
    for key in [&b"charset="[..], b"encoding="] {
        if let Some(at) = memchr::memmem::find(head, key) {
            let value = &head[at + key.len()..];
            let value = value.strip_prefix(b"\"").or_else(|| value.strip_prefix(b"'")).unwrap_or(value);
            let end = value.iter().position(|b| !(b.is_ascii_alphanumeric() || b"-_:.".contains(b)));
            let label = &value[..end.unwrap_or(value.len())];
            if let Some(encoding) = Encoding::for_label(label) {
                return Some(encoding);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_spelt_the_same_again() {
        let text = "Der Hafen öffnet früh, die Fähre fährt später. Größe und Maß stehen im Buch, die Züge fahren über den \
                    Fluß, und schöne Mädchen grüßen müde Männer.";
        for (label, mark) in [
            ("utf-8", true),
            ("utf-8", false),
            ("utf-16le", true),
            ("utf-16be", true),
            ("utf-16le", false),
            ("utf-16be", false),
            ("windows-1252", false),
        ] {
            let spelt = Spelt { encoding: Encoding::for_label(label.as_bytes()).unwrap(), mark };
            let bytes = encode(text, spelt).unwrap();
            let decoded = decode(&bytes, None).unwrap();
            assert_eq!(decoded, Decoded { text: text.into(), spelt }, "{label}");
            assert_eq!(encode(&decoded.text, decoded.spelt).unwrap(), bytes, "{label}");
        }
    }

    #[test]
    fn a_declared_encoding_comes_before_a_guess() {
        let text = "<?xml version=\"1.0\" encoding=\"koi8-r\"?>\nГавань";
        let spelt = Spelt { encoding: Encoding::for_label(b"koi8-r").unwrap(), mark: false };
        let decoded = decode(&encode(text, spelt).unwrap(), None).unwrap();
        assert_eq!(decoded.text, text);
    }

    #[test]
    fn bytes_that_would_not_come_back_are_refused() {
        // Half a character after a mark of UTF-16.
        assert!(decode(b"\xff\xfea\x00b", None).is_err());
        assert!(decode(b"a\xffb", Some(UTF_8)).is_err());
    }
}
