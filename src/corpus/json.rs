//! One JSON object: where its fields lie, and its text without touching anything else.
//!
//! In: the bytes of a record. Out: byte ranges of the wanted values. The record itself is never written anew: a
//! cut text is spliced into it.

use super::scan;
use crate::config::Fields;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

/// The fields that dechaff looks for, split at dots.
#[derive(Debug, Clone)]
pub struct FieldPaths {
    wanted: Vec<(Want, String)>,
    /// Whether a path leads into an object.
    nested: bool,
}

/// What a field is wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Want {
    Text,
    Id,
    Url,
    Date,
    /// Sites by rank: the lowest that a record has.
    Site(u8),
}

/// Fields tried for the site where the settings name none.
const SITE_FIELDS: [&str; 4] = ["site", "host", "domain", "source_domain"];

/// The fields that may name the site, the first that a record has counts.
pub fn site_fields(fields: &Fields) -> Vec<String> {
    if fields.site.is_empty() { SITE_FIELDS.map(str::to_owned).to_vec() } else { vec![fields.site.clone()] }
}

impl FieldPaths {
    /// The paths of these settings.
    pub fn new(fields: &Fields) -> FieldPaths {
        let mut wanted = vec![
            (Want::Text, fields.text.clone()),
            (Want::Id, fields.id.clone()),
            (Want::Url, fields.url.clone()),
            (Want::Date, fields.date.clone()),
        ];
        wanted.extend((0..).zip(site_fields(fields)).map(|(rank, field)| (Want::Site(rank), field)));
        wanted.retain(|w| !w.1.is_empty());
        let nested = wanted.iter().any(|w| w.1.contains('.'));
        FieldPaths { wanted, nested }
    }

    /// Finds the fields of one record.
    ///
    /// # Errors
    /// Why the record cannot be used.
    pub fn read<'r>(&self, record: &'r str) -> Result<Found<'r>, String> {
        if !self.nested
            && let Some(found) = self.read_plain(record)
        {
            return Ok(found);
        }
        self.read_any(record)
    }

    /// Reads a record without surprises: a sound object, with keys that are spelt without escapes.
    fn read_plain<'r>(&self, record: &'r str) -> Option<Found<'r>> {
        let mut found = Found::default();
        scan::fields(record, |key, raw| {
            for (want, path) in &self.wanted {
                if path == key {
                    found.set(*want, raw);
                }
            }
        })?;
        Some(found)
    }

    /// Reads any record; what cannot be read is told as serde_json tells it.
    fn read_any<'r>(&self, record: &'r str) -> Result<Found<'r>, String> {
        let mut found = Found::default();
        let mut reader = serde_json::Deserializer::from_str(record);
        reader.disable_recursion_limit();
        let seed = ObjectSeed { paths: self, prefix: "", found: &mut found };
        seed.deserialize(&mut reader).map_err(|e| reason(&e))?;
        reader.end().map_err(|e| reason(&e))?;
        Ok(found)
    }
}

fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rfind(" at line ") {
        Some(at) => format!("{} at byte {}", &text[..at], error.column()),
        None => text,
    }
}

/// The values of one record, as they stand in it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Found<'r> {
    text: Option<&'r str>,
    id: Option<&'r str>,
    url: Option<&'r str>,
    date: Option<&'r str>,
    site: Option<(u8, &'r str)>,
}

impl<'r> Found<'r> {
    /// The bytes of the text within `record`, between its quotes.
    ///
    /// # Errors
    /// Why there is no text.
    pub fn text_range(&self, record: &'r str, field: &str) -> Result<Range<usize>, String> {
        let Some(raw) = self.text else { return Err(format!("no field `{field}`")) };
        if !raw.starts_with('"') {
            let what = match raw.as_bytes()[0] {
                b'n' => "null",
                b't' | b'f' => "a boolean",
                b'[' => "an array",
                b'{' => "an object",
                _ => "a number",
            };
            return Err(format!("field `{field}` is {what}, not a string"));
        }
        let start = raw.as_ptr() as usize - record.as_ptr() as usize + 1;
        Ok(start..start + raw.len() - 2)
    }

    /// The bytes of the id within `record`, with its quotes: a string or a number.
    pub fn id_range(&self, record: &'r str) -> Option<Range<usize>> {
        let raw = self.id?;
        let start = raw.as_ptr() as usize - record.as_ptr() as usize;
        (!raw.starts_with(['n', '{', '['])).then_some(start..start + raw.len())
    }

    /// The address.
    pub fn url(&self) -> Option<String> {
        self.url.and_then(scalar)
    }

    /// The date.
    pub fn date(&self) -> Option<String> {
        self.date.and_then(scalar)
    }

    /// The site, if it is not empty.
    pub fn site(&self) -> Option<String> {
        self.site.and_then(|s| scalar(s.1)).and_then(|s| super::site::normal(&s))
    }
}

/// A string without its quotes and escapes, a number as it is written; nothing for null, arrays and objects.
pub fn scalar(raw: &str) -> Option<String> {
    match raw.as_bytes().first()? {
        b'"' => Some(unescape(&raw[1..raw.len() - 1]).into_owned()),
        b'n' | b'{' | b'[' => None,
        _ => Some(raw.to_owned()),
    }
}

struct ObjectSeed<'p, 'f, 'r> {
    paths: &'p FieldPaths,
    prefix: &'p str,
    found: &'f mut Found<'r>,
}

impl<'r> DeserializeSeed<'r> for ObjectSeed<'_, '_, 'r> {
    type Value = ();

    fn deserialize<D: Deserializer<'r>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'r> Visitor<'r> for ObjectSeed<'_, '_, 'r> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<M: MapAccess<'r>>(self, mut map: M) -> Result<(), M::Error> {
        while let Some(key) = map.next_key_seed(KeySeed)? {
            let raw: &'r RawValue = map.next_value()?;
            for (want, path) in &self.paths.wanted {
                let Some(rest) = path.strip_prefix(self.prefix) else { continue };
                if rest == key {
                    self.found.set(*want, raw.get());
                } else if raw.get().starts_with('{')
                    && rest.len() > key.len()
                    && rest.starts_with(&*key)
                    && rest.as_bytes()[key.len()] == b'.'
                {
                    let prefix = &path[..self.prefix.len() + key.len() + 1];
                    let one = FieldPaths { wanted: vec![(*want, path.clone())], nested: true };
                    let mut inner = serde_json::Deserializer::from_str(raw.get());
                    inner.disable_recursion_limit();
                    // The object was read as a whole already, so that it cannot fail now.
                    let _ = ObjectSeed { paths: &one, prefix, found: self.found }.deserialize(&mut inner);
                }
            }
        }
        Ok(())
    }
}

impl<'r> Found<'r> {
    fn set(&mut self, want: Want, raw: &'r str) {
        match want {
            Want::Text => self.text = Some(raw),
            Want::Id => self.id = Some(raw),
            Want::Url => self.url = Some(raw),
            Want::Date => self.date = Some(raw),
            Want::Site(rank) => {
                let better = self.site.is_none_or(|(r, _)| rank <= r);
                if better && scalar(raw).is_some_and(|s| !s.trim().is_empty()) {
                    self.site = Some((rank, raw));
                }
            }
        }
    }
}

/// The fields of an object in order, those that stand twice too, each value as it is spelt.
///
/// # Errors
/// What is no object.
pub fn members(object: &str) -> Result<Vec<(Cow<'_, str>, &str)>, String> {
    let mut reader = serde_json::Deserializer::from_str(object);
    reader.disable_recursion_limit();
    let members = reader.deserialize_map(Members).map_err(|e| reason(&e))?;
    reader.end().map_err(|e| reason(&e))?;
    Ok(members)
}

/// The elements of an array, each as it is spelt.
///
/// # Errors
/// What is no array.
pub fn elements(array: &str) -> Result<Vec<&str>, String> {
    let mut reader = serde_json::Deserializer::from_str(array);
    reader.disable_recursion_limit();
    let elements = Vec::<&RawValue>::deserialize(&mut reader).map_err(|e| reason(&e))?;
    Ok(elements.into_iter().map(RawValue::get).collect())
}

struct Members;

impl<'r> Visitor<'r> for Members {
    type Value = Vec<(Cow<'r, str>, &'r str)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<M: MapAccess<'r>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let mut members = Vec::new();
        while let Some(key) = map.next_key_seed(KeySeed)? {
            members.push((key, map.next_value::<&'r RawValue>()?.get()));
        }
        Ok(members)
    }
}

struct KeySeed;

impl<'r> DeserializeSeed<'r> for KeySeed {
    type Value = Cow<'r, str>;

    fn deserialize<D: Deserializer<'r>>(self, deserializer: D) -> Result<Cow<'r, str>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'r> Visitor<'r> for KeySeed {
    type Value = Cow<'r, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E>(self, key: &'r str) -> Result<Cow<'r, str>, E> {
        Ok(Cow::Borrowed(key))
    }

    fn visit_str<E>(self, key: &str) -> Result<Cow<'r, str>, E> {
        Ok(Cow::Owned(key.to_owned()))
    }
}

/// The text that the inside of a JSON string spells. A surrogate without its other half is read as U+FFFD; the
/// record keeps it as it is.
pub fn unescape(raw: &str) -> Cow<'_, str> {
    if memchr::memchr(b'\\', raw.as_bytes()).is_none() {
        return Cow::Borrowed(raw);
    }
    let mut out = String::with_capacity(raw.len());
    unescape_into(raw, &mut out);
    Cow::Owned(out)
}

/// The same into `out`, which is cleared first.
pub fn unescape_into(raw: &str, out: &mut String) {
    out.clear();
    // What is written is no longer.
    out.reserve(raw.len());
    let mut at = 0;
    while at < raw.len() {
        let plain = plain_length(&raw.as_bytes()[at..]);
        if plain > 0 {
            out.push_str(&raw[at..at + plain]);
            at += plain;
        } else {
            let (c, length) = escape(&raw[at..]);
            out.push(c);
            at += length;
        }
    }
}

/// How many bytes stand before the first escape, which often stands right behind another.
#[inline(always)]
fn plain_length(raw: &[u8]) -> usize {
    match raw.first() {
        Some(b'\\') => 0,
        _ => memchr::memchr(b'\\', raw).unwrap_or(raw.len()),
    }
}

/// The character of the escape that `raw` starts with, and the bytes it takes. Sound JSON has no others, a damaged receipt
/// may: of those the backslash stands for itself.
fn escape(raw: &str) -> (char, usize) {
    let simple = |c| (c, 2);
    match raw.as_bytes().get(1) {
        Some(b'n') => simple('\n'),
        Some(b't') => simple('\t'),
        Some(b'r') => simple('\r'),
        Some(b'b') => simple('\u{8}'),
        Some(b'f') => simple('\u{c}'),
        Some(b'u') => {
            if raw.get(2..6).is_none() {
                return ('\\', 1);
            }
            let high = hex(raw, 2);
            if (0xd800..0xdc00).contains(&high) && raw.get(6..8) == Some("\\u") {
                let low = hex(raw, 8);
                if (0xdc00..0xe000).contains(&low) {
                    let code = 0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                    return (char::from_u32(code).unwrap_or('\u{fffd}'), 12);
                }
            }
            (char::from_u32(high).unwrap_or('\u{fffd}'), 6)
        }
        Some(&b) if b.is_ascii() => simple(char::from(b)),
        _ => ('\\', 1),
    }
}

/// The inside of the JSON string that the common writers make of a text: only what must be escaped is.
pub fn plain_escape(text: &str) -> String {
    let quoted = serde_json::to_string(text).expect("a string is always JSON");
    quoted[1..quoted.len() - 1].to_owned()
}

/// Whether [`plain_escape`] spells a text so.
pub fn is_plain_escape(text: &str, raw: &str) -> bool {
    let (mut text, mut raw) = (text.as_bytes(), raw.as_bytes());
    loop {
        let plain = memchr::memchr(b'\\', raw).unwrap_or(raw.len());
        let same = text.len() >= plain && text[..plain] == raw[..plain];
        if !same || raw[..plain].iter().any(|&b| b < b' ' || b == b'"') {
            return false;
        }
        (text, raw) = (&text[plain..], &raw[plain..]);
        let Some(&escaped) = text.first() else { return raw.is_empty() };
        let two = match escaped {
            b'"' | b'\\' => escaped,
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            0x08 => b'b',
            0x0c => b'f',
            _ => 0,
        };
        let length = if two != 0 && raw.get(1) == Some(&two) {
            2
        } else if two == 0 && escaped < b' ' && raw.starts_with(format!("\\u{escaped:04x}").as_bytes()) {
            6
        } else {
            return false;
        };
        (text, raw) = (&text[1..], &raw[length..]);
    }
}

/// Whether a text holds an escape of half a surrogate pair, which no text can: what stands beside it decides how it is
/// read.
pub fn has_lone_surrogate(raw: &str) -> bool {
    let mut at = 0;
    while let Some(n) = memchr::memchr(b'\\', &raw.as_bytes()[at..]) {
        let (c, length) = escape(&raw[at + n..]);
        if c == '\u{fffd}' && length == 6 && !(0xfffd..0xfffe).contains(&hex(raw, at + n + 2)) {
            return true;
        }
        at += n + length;
    }
    false
}

fn hex(raw: &str, at: usize) -> u32 {
    raw.get(at..at + 4).and_then(|h| u32::from_str_radix(h, 16).ok()).unwrap_or(0xfffd)
}

/// Where byte offsets of the text (sorted) lie in the JSON string that spells it; those beyond its end are left out.
pub fn raw_offsets(raw: &str, offsets: &[usize]) -> Vec<usize> {
    let mut out = Vec::with_capacity(offsets.len());
    let (mut at, mut text_at) = (0, 0);
    let mut wanted = offsets.iter().copied().peekable();
    loop {
        let plain = plain_length(&raw.as_bytes()[at..]);
        while let Some(offset) = wanted.next_if(|&o| o <= text_at + plain) {
            // An offset within a character, or out of order, is that of a damaged receipt.
            out.push(at + offset.saturating_sub(text_at));
        }
        at += plain;
        text_at += plain;
        if at >= raw.len() {
            break;
        }
        let (c, length) = escape(&raw[at..]);
        at += length;
        text_at += c.len_utf8();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn escapes_that_are_none_and_places_in_disorder_end_somewhere() {
        // A damaged receipt brought them.
        for raw in ["\\u12", "\\", "\\u1\u{e9}23", "\\\u{e9}", "\\ud83d\\u", "\\uzzzz"] {
            let text = unescape(raw).len();
            has_lone_surrogate(raw);
            assert!(raw_offsets(raw, &(0..=text).collect::<Vec<_>>()).iter().all(|&at| at <= raw.len()));
        }
        assert_eq!(raw_offsets("a\\u00e9b", &[2, 1, 4]), [7, 7, 8]);
    }

    fn text(record: &str, fields: &Fields) -> Result<String, String> {
        let found = FieldPaths::new(fields).read(record)?;
        Ok(unescape(&record[found.text_range(record, &fields.text)?]).into_owned())
    }

    #[test]
    fn fields_are_found_by_name_and_by_path() {
        let fields = Fields { text: "page.body".into(), url: "metadata.url".into(), ..Fields::default() };
        let record = r#"{"page":{"title":1,"body":"a\nb"},"metadata":{"url":"u"},"id":7,"host":"H.org"}"#;
        let found = FieldPaths::new(&fields).read(record).unwrap();
        assert_eq!(text(record, &fields).unwrap(), "a\nb");
        assert_eq!(
            (found.url().unwrap(), &record[found.id_range(record).unwrap()], found.site().unwrap()),
            ("u".into(), "7", "h.org".into())
        );
    }

    #[test]
    fn of_duplicate_keys_the_last_counts_as_for_most_readers() {
        assert_eq!(text(r#"{"text":"a","text":"b"}"#, &Fields::default()).unwrap(), "b");
    }

    #[test]
    fn unusable_records_say_why() {
        for (record, why) in [
            ("{\"text\":null}", "field `text` is null, not a string"),
            ("{}", "no field `text`"),
            ("[1]", "invalid type: sequence, expected a JSON object at byte 0"),
            ("{\"text\":\"a\"} x", "trailing characters at byte 14"),
            ("{\"text\":\"a", "EOF while parsing a string at byte 10"),
        ] {
            assert_eq!(text(record, &Fields::default()).unwrap_err(), why, "{record}");
        }
    }

    #[test]
    fn what_dechaff_does_not_understand_is_read_over() {
        let deep = "[".repeat(100_000) + &"]".repeat(100_000);
        let record =
            format!(r#"{{"n":123456789012345678901234567890.5e-3,"deep":{deep},"s":"\ud800","text":"ok"}}"#);
        assert_eq!(text(&record, &Fields::default()).unwrap(), "ok");
    }

    #[test]
    fn lone_surrogates_are_read_as_replacement_characters() {
        assert_eq!(unescape(r"a\ud800b\ude00\ud83d\ude00"), "a\u{fffd}b\u{fffd}\u{1f600}");
    }

    proptest! {
        #[test]
        fn plain_records_are_read_as_any(record in scan::tests::records()) {
            let paths = FieldPaths::new(&Fields::default());
            if let Some(found) = paths.read_plain(&record) {
                prop_assert_eq!(Ok(found), paths.read_any(&record), "{}", record);
            }
        }

        #[test]
        fn unescape_agrees_with_serde_json(s in any::<String>()) {
            let json = serde_json::to_string(&s).unwrap();
            prop_assert_eq!(unescape(&json[1..json.len() - 1]), s);
        }

        #[test]
        fn the_plain_spelling_is_told_from_others(s in "[an\n\"\\\\é\u{1}]{0,8}", raw in "[anu01\n\"\\\\é\u{1}/]{0,12}") {
            prop_assert!(is_plain_escape(&s, &plain_escape(&s)));
            prop_assert_eq!(is_plain_escape(&s, &raw), plain_escape(&s) == raw);
            let of_raw = unescape(&raw);
            prop_assert_eq!(is_plain_escape(&of_raw, &raw), plain_escape(&of_raw) == raw);
        }

        #[test]
        fn offsets_of_text_and_string_agree(s in "[a\n\"\\\\é😀\u{1}]{0,30}") {
            let json = serde_json::to_string(&s).unwrap();
            let raw = &json[1..json.len() - 1];
            let offsets: Vec<usize> = (0..=s.len()).filter(|&i| s.is_char_boundary(i)).collect();
            let raws = raw_offsets(raw, &offsets);
            prop_assert_eq!(raws.len(), offsets.len());
            for (o, r) in offsets.iter().zip(raws) {
                prop_assert_eq!(unescape(&raw[..r]), &s[..*o]);
            }
        }
    }
}
