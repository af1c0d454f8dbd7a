//! The fields of a JSON object, by one pass over its bytes.
//!
//! In: a record. Out: its keys and values as they are spelt. Strict: what comes through is sound JSON. What is
//! unsound, has escapes in a key, or lies deep is left to serde_json, which also says what is wrong with it.

/// Containers in one another beyond which a record is left to serde_json.
const DEPTH: usize = 64;

/// Calls `emit` with each key and its value, as they are spelt; `None` where the record is left to others. Nothing is
/// known of what `emit` heard before that.
pub fn fields<'r>(record: &'r str, mut emit: impl FnMut(&'r str, &'r str)) -> Option<()> {
    let mut scan = Scan { bytes: record.as_bytes(), at: 0 };
    scan.expect(b'{')?;
    if scan.next_is(b'}') {
        return scan.end();
    }
    loop {
        scan.white();
        let key = scan.at;
        if scan.string()? {
            return None;
        }
        let key = &record[key + 1..scan.at - 1];
        scan.expect(b':')?;
        scan.white();
        let value = scan.at;
        scan.value(0)?;
        emit(key, &record[value..scan.at]);
        if !scan.next_is(b',') {
            scan.expect(b'}')?;
            return scan.end();
        }
    }
}

struct Scan<'r> {
    bytes: &'r [u8],
    at: usize,
}

impl Scan<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn white(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn end(&mut self) -> Option<()> {
        self.white();
        self.peek().is_none().then_some(())
    }

    /// Whether `byte` comes after white space; it is stepped over then.
    fn next_is(&mut self, byte: u8) -> bool {
        self.white();
        let is = self.peek() == Some(byte);
        self.at += usize::from(is);
        is
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        self.next_is(byte).then_some(())
    }

    fn value(&mut self, depth: usize) -> Option<()> {
        match self.peek()? {
            b'"' => self.string().map(|_| ()),
            b'{' if depth < DEPTH => self.items(b'}', depth),
            b'[' if depth < DEPTH => self.items(b']', depth),
            b't' => self.word(b"true"),
            b'f' => self.word(b"false"),
            b'n' => self.word(b"null"),
            _ => self.number(),
        }
    }

    /// The inside of an object or an array, up to `close`.
    fn items(&mut self, close: u8, depth: usize) -> Option<()> {
        self.at += 1;
        if self.next_is(close) {
            return Some(());
        }
        loop {
            self.white();
            if close == b'}' {
                self.string()?;
                self.expect(b':')?;
                self.white();
            }
            self.value(depth + 1)?;
            if !self.next_is(b',') {
                return self.expect(close);
            }
        }
    }

    fn word(&mut self, word: &[u8]) -> Option<()> {
        let is = self.bytes[self.at..].starts_with(word);
        self.at += word.len();
        is.then_some(())
    }

    fn number(&mut self) -> Option<()> {
        self.at += usize::from(self.peek() == Some(b'-'));
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            self.at += usize::from(matches!(self.peek(), Some(b'+' | b'-')));
            self.digits()?;
        }
        Some(())
    }

    fn digits(&mut self) -> Option<()> {
        let from = self.at;
        while self.peek().is_some_and(|b| b.is_ascii_digit()) {
            self.at += 1;
        }
        (self.at > from).then_some(())
    }

    /// Steps over a string, quotes included; whether it holds escapes.
    fn string(&mut self) -> Option<bool> {
        if self.peek()? != b'"' {
            return None;
        }
        self.at += 1;
        let mut escapes = false;
        loop {
            self.at += plain(&self.bytes[self.at..]);
            match self.peek()? {
                b'"' => {
                    self.at += 1;
                    return Some(escapes);
                }
                b'\\' => {
                    escapes = true;
                    self.escape()?;
                }
                _ => return None,
            }
        }
    }

    fn escape(&mut self) -> Option<()> {
        match self.bytes.get(self.at + 1)? {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => self.at += 2,
            b'u' => {
                let digits = self.bytes.get(self.at + 2..self.at + 6)?;
                if !digits.iter().all(u8::is_ascii_hexdigit) {
                    return None;
                }
                self.at += 6;
            }
            _ => return None,
        }
        Some(())
    }
}

/// How many bytes from the start of `bytes` on mean themselves in a string.
fn plain(bytes: &[u8]) -> usize {
    const CHUNK: usize = 32;
    let special = |b: &u8| *b == b'"' || *b == b'\\' || *b < 0x20;
    let (chunks, rest) = bytes.as_chunks::<CHUNK>();
    for (n, chunk) in chunks.iter().enumerate() {
        // Without an early exit a chunk is a few vector instructions.
        let mut found = [0; CHUNK];
        for (found, &b) in found.iter_mut().zip(chunk) {
            *found = u8::from(b == b'"') | u8::from(b == b'\\') | u8::from(b < 0x20);
        }
        if found != [0; CHUNK] {
            let words = found.as_chunks::<8>().0.iter().map(|&eight| u64::from_le_bytes(eight));
            let (word, bits) = words.enumerate().find(|(_, bits)| *bits != 0).unwrap_or_default();
            return n * CHUNK + 8 * word + bits.trailing_zeros() as usize / 8;
        }
    }
    bytes.len() - rest.len() + rest.iter().position(special).unwrap_or(rest.len())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Records, most of them sound.
    pub fn records() -> impl Strategy<Value = String> {
        let scalar = prop_oneof![
            any::<String>().prop_map(|s| serde_json::to_string(&s).unwrap()),
            "\"[a-zé \\\\\"n/u0dDx\\x08]{0,70}\"",
            "-?[0-9]{0,3}(\\.[0-9]{0,2})?([eE][+-]?[0-9]{0,2})?",
            "true|false|null|nul|[a-z]",
        ];
        let value = scalar.prop_recursive(3, 20, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(|v| format!("[{}]", v.join(" ,"))),
                prop::collection::vec(("[a-z]{1,3}", inner), 0..4).prop_map(|v| {
                    let pairs: Vec<String> = v.iter().map(|(k, v)| format!("\"{k}\": {v}")).collect();
                    format!("{{{}}}", pairs.join(","))
                }),
            ]
        });
        let key = "text|id|url|date|site|host|[a-z]|te\\\\u0078t";
        let pairs = prop::collection::vec((key, value, "[ \\t]{0,2}"), 0..6);
        (pairs, "[ \\n]?|,|x").prop_map(|(pairs, end)| {
            let pairs: Vec<String> =
                pairs.iter().map(|(k, v, w)| format!("{w}\"{k}\"{w}:{w}{v}{w}")).collect();
            format!("{{{}}}{end}", pairs.join(","))
        })
    }

    fn is_read(record: &str) -> bool {
        fields(record, |_, _| ()).is_some()
    }

    #[test]
    fn values_are_told_as_they_are_spelt() {
        let mut seen = Vec::new();
        let record = r#" {"a" : "x\n\"y" ,"b":[1, {"c":"}"}],"d":-0.5e+3} "#;
        fields(record, |key, value| seen.push((key, value))).unwrap();
        assert_eq!(seen, [("a", r#""x\n\"y""#), ("b", r#"[1, {"c":"}"}]"#), ("d", "-0.5e+3")]);
    }

    #[test]
    fn what_is_unsound_or_unusual_is_left_to_others() {
        for record in
            ["", "{", "[]", "{}x", r#"{"a":01}"#, r#"{"a":1,}"#, r#"{"a":"\x"}"#, "{\"a\":\"\u{1}\"}"]
        {
            assert!(!is_read(record), "{record}");
        }
        assert!(!is_read(r#"{"\u0061":1}"#));
        assert!(!is_read(&format!(r#"{{"a":{}{}}}"#, "[".repeat(99), "]".repeat(99))));
    }

    proptest! {
        #[test]
        fn what_is_read_is_sound(record in records()) {
            if is_read(&record) {
                prop_assert!(serde_json::from_str::<serde::de::IgnoredAny>(&record).is_ok(), "{}", record);
            }
        }

        #[test]
        fn plain_ends_where_something_special_is(text in "[ -~é\\x00-\\x1f]{0,100}") {
            let naive = text.bytes().position(|b| b == b'"' || b == b'\\' || b < 0x20);
            prop_assert_eq!(plain(text.as_bytes()), naive.unwrap_or(text.len()));
        }
    }
}
