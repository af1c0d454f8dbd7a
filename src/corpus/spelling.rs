//! How a text is spelt within a record: plainly, as the inside of a JSON string, or of a quoted field of a table.

use super::json;
use std::borrow::Cow;

/// How a text is spelt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spelling {
    /// As it is.
    Plain,
    /// With the escapes of JSON.
    Json,
    /// With its quotes doubled.
    Quoted,
}

impl Spelling {
    /// Whether these bytes are the text already.
    pub fn is_plain(self, raw: &str) -> bool {
        match self {
            Spelling::Plain => true,
            Spelling::Json => memchr::memchr(b'\\', raw.as_bytes()).is_none(),
            Spelling::Quoted => memchr::memchr(b'"', raw.as_bytes()).is_none(),
        }
    }

    /// The text; `buffer` holds it where it is not spelt plainly.
    pub fn text<'a>(self, raw: &'a str, buffer: &'a mut String) -> &'a str {
        if self.is_plain(raw) {
            return raw;
        }
        match self {
            Spelling::Json => json::unescape_into(raw, buffer),
            _ => {
                buffer.clear();
                buffer.push_str(&raw.replace("\"\"", "\""));
            }
        }
        buffer
    }

    /// The same as an owned or borrowed text.
    pub fn read(self, raw: &str) -> Cow<'_, str> {
        if self.is_plain(raw) {
            return Cow::Borrowed(raw);
        }
        let mut buffer = String::new();
        self.text(raw, &mut buffer);
        Cow::Owned(buffer)
    }

    /// Where byte offsets of the text (sorted) lie in its spelling; those beyond its end are left out.
    pub fn raw_offsets(self, raw: &str, offsets: &[usize]) -> Vec<usize> {
        match self {
            Spelling::Json => json::raw_offsets(raw, offsets),
            Spelling::Plain => offsets.iter().copied().take_while(|&o| o <= raw.len()).collect(),
            Spelling::Quoted => quoted_offsets(raw, offsets),
        }
    }

    /// Whether that is how a text is usually spelt, as [`Spelling::plain`] gives it.
    pub fn is_usual(self, text: &str, raw: &str) -> bool {
        match self {
            Spelling::Plain => text == raw,
            Spelling::Json => json::is_plain_escape(text, raw),
            Spelling::Quoted => self.plain(text) == raw,
        }
    }

    /// The usual spelling of a text.
    pub fn plain(self, text: &str) -> Cow<'_, str> {
        match self {
            Spelling::Plain => Cow::Borrowed(text),
            Spelling::Json => Cow::Owned(json::plain_escape(text)),
            Spelling::Quoted => Cow::Owned(text.replace('"', "\"\"")),
        }
    }
}

fn quoted_offsets(raw: &str, offsets: &[usize]) -> Vec<usize> {
    let mut out = Vec::with_capacity(offsets.len());
    let mut wanted = offsets.iter().copied().peekable();
    let (mut at, mut text_at) = (0, 0);
    loop {
        let plain = memchr::memchr(b'"', &raw.as_bytes()[at..]).unwrap_or(raw.len() - at);
        while let Some(offset) = wanted.next_if(|&o| o <= text_at + plain) {
            out.push(at + offset.saturating_sub(text_at));
        }
        at += plain;
        text_at += plain;
        if at >= raw.len() {
            return out;
        }
        at = (at + 2).min(raw.len());
        text_at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn offsets_of_a_text_cut_its_spelling_at_the_same_places(text in "[a-c\"\\\\\né]{0,20}", at in 0usize..24) {
            let at = (0..=text.len().min(at)).rev().find(|&a| text.is_char_boundary(a)).unwrap_or(0);
            for spelling in [Spelling::Plain, Spelling::Json, Spelling::Quoted] {
                let raw = spelling.plain(&text).into_owned();
                prop_assert_eq!(spelling.read(&raw), text.as_str());
                prop_assert!(spelling.is_usual(&text, &raw));
                let offsets = spelling.raw_offsets(&raw, &[at, text.len()]);
                prop_assert_eq!(offsets[1], raw.len());
                prop_assert_eq!(spelling.read(&raw[..offsets[0]]), &text[..at]);
                prop_assert_eq!(spelling.read(&raw[offsets[0]..]), &text[at..]);
            }
        }
    }
}
