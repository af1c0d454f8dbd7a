//! Unpacked bytes to records, a buffer at a time. What stands between records stays with them, so that a file is
//! written back as it came.

use super::{table, warc};

/// A record within a buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    /// Line in the file, from 1; 0 where lines do not tell places.
    pub line: u64,
    /// Where the blank lines before it begin.
    pub from: usize,
    /// Its first byte.
    pub start: usize,
    /// One past its last byte.
    pub end: usize,
    /// One past the line break behind it.
    pub next: usize,
}

impl Piece {
    /// The same record so many bytes further on.
    pub fn move_by(&mut self, bytes: usize) {
        for place in [&mut self.from, &mut self.start, &mut self.end, &mut self.next] {
            *place += bytes;
        }
    }
}

/// Finds the ends of records; keeps what it must know from one buffer to the next.
#[derive(Debug)]
pub enum Splitter {
    /// A record a line.
    Lines {
        /// Line breaks before the buffer.
        breaks: u64,
        /// Whether the beginning of the file was seen.
        begun: bool,
    },
    /// The values of a JSON array, or values one after another.
    Values(Values),
    /// The rows of a table.
    Rows(Box<table::Rows>),
    /// The records of a web archive.
    Records,
    /// The file as a whole.
    Whole,
}

/// What stands around the values of a JSON file.
#[derive(Debug, Default)]
pub struct Values {
    begun: bool,
    array: bool,
    closed: bool,
    seen: u64,
    /// What stands between two values, once it is known.
    separator: Option<Vec<u8>>,
    /// Bytes of the file before the buffer.
    before: u64,
    /// Bytes that were looked through for the ends of broken values.
    searched: u64,
    /// Whether no commas stand between the values of an array, but line breaks.
    bare: bool,
    /// The first key of the values that are whole, where all have the same one, and how many there were.
    key: Option<Vec<u8>>,
    whole: u64,
    line: u64,
}

/// What a buffer held.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Split {
    /// The records that end in it.
    pub pieces: Vec<Piece>,
    /// Bytes that are done with; the rest belongs to the next buffer.
    pub used: usize,
    /// Bytes at the beginning of the file that stand before all records: a byte-order mark, an opening bracket, a
    /// header.
    pub lead: usize,
    /// What follows the last record, if the file is over.
    pub end: Option<(usize, usize)>,
    /// What separates the first two records, where that is the format's and not part of a record.
    pub separator: Option<(usize, usize)>,
    /// Whether more than brackets stands behind all values: it is part of `end`, and the last piece has no bytes.
    pub beyond: bool,
}

const MARK: &[u8] = b"\xef\xbb\xbf";

impl Splitter {
    /// For records a line.
    pub fn lines() -> Splitter {
        Splitter::Lines { breaks: 0, begun: false }
    }

    /// Finds the records in `bytes`, which follow what was used before; `last` says that nothing comes after them.
    ///
    /// # Errors
    /// Why the file cannot be split.
    pub fn split(&mut self, bytes: &[u8], last: bool) -> Result<Split, String> {
        match self {
            Splitter::Lines { breaks, begun } => Ok(lines(bytes, last, breaks, begun)),
            Splitter::Values(values) => Ok(values.split(bytes, last)),
            Splitter::Rows(rows) => rows.split(bytes, last),
            Splitter::Records => Ok(warc::split(bytes, last)),
            Splitter::Whole if last => {
                let piece = Piece { line: 1, from: 0, start: 0, end: bytes.len(), next: bytes.len() };
                Ok(Split { pieces: vec![piece], used: bytes.len(), ..Split::default() })
            }
            Splitter::Whole => Ok(Split::default()),
        }
    }
}

fn lines(bytes: &[u8], last: bool, breaks: &mut u64, begun: &mut bool) -> Split {
    let lead = if !*begun && bytes.starts_with(MARK) { MARK.len() } else { 0 };
    let mut split = Split { lead, ..Split::default() };
    let (mut from, mut start) = (lead, lead);
    let end = if last { Some(bytes.len()) } else { None };
    let mut number = *breaks;
    for at in memchr::memchr_iter(b'\n', bytes).chain(end) {
        number += 1;
        if at < start {
            break;
        }
        let next = (at + 1).min(bytes.len());
        let line = &bytes[start..at];
        if !line.is_empty() && !line.trim_ascii().is_empty() {
            // The carriage return of a line break is no part of the record.
            let end = if line.ends_with(b"\r") { at - 1 } else { at };
            split.pieces.push(Piece { line: number, from, start, end, next });
            from = next;
            *breaks = number;
        }
        start = next;
    }
    if last {
        split.end = Some((from, bytes.len()));
        split.used = bytes.len();
    } else {
        split.used = from;
    }
    *begun |= split.used > 0;
    split
}

impl Values {
    fn split(&mut self, bytes: &[u8], last: bool) -> Split {
        let mut split = Split::default();
        let mut at = 0;
        if !self.begun {
            if !last && bytes.len() < 4096 {
                return split;
            }
            at = if bytes.starts_with(MARK) { MARK.len() } else { 0 };
            at += white(&bytes[at..]);
            if bytes.get(at) == Some(&b'[') {
                self.array = true;
                at += 1;
            }
            at += white(&bytes[at..]);
            if at == bytes.len() && !last {
                return split;
            }
            (self.begun, split.lead, split.used, self.line) = (true, at, at, 1 + breaks(&bytes[..at]));
        }
        let mut behind = at;
        while !self.closed {
            let start = self.next_value(bytes, at);
            if start >= bytes.len() {
                break;
            }
            if self.array && bytes[start] == b']' {
                match ends_array(&bytes[start + 1..], last) {
                    Some(false) => {}
                    ends => {
                        self.closed = ends.is_some();
                        break;
                    }
                }
            }
            let Some(end) = self.end(bytes, start, last) else { break };
            let end = start + bytes[start..end].trim_ascii_end().len();
            // What is broken may have no comma before it.
            if self.seen > 0
                && self.separator.is_none()
                && (!self.array || self.bare || bytes[behind..start].contains(&b','))
            {
                split.separator = Some((behind, start));
                self.separator = Some(bytes[behind..start].to_vec());
            }
            self.line += breaks(&bytes[at..start]);
            split.pieces.push(Piece { line: self.line, from: start, start, end, next: end });
            self.line += breaks(&bytes[start..end]);
            self.seen += 1;
            (at, behind) = (end, end);
            // The separator to the next value is seen again with it, so that it is known as a whole.
            split.used = end;
        }
        if last {
            self.close(bytes, &mut split);
        }
        self.before += split.used as u64;
        split
    }

    /// Where the value that begins at `start` ends; `None` where more must be read to know. One that is broken ends where what
    /// looks like the next one begins behind what stands between values, so that damage is set aside as it is, and no
    /// further than it goes. Where nearly all are broken, each so that it is not seen until far behind it, the rest is one.
    fn end(&mut self, bytes: &[u8], start: usize, last: bool) -> Option<usize> {
        /// Bytes that may be searched for each byte of the file, and of how many more than there were.
        const SEARCHED: u64 = 64;
        const AHEAD: u64 = 1 << 22;
        let searched = match scan(&bytes[start..], self.array) {
            Scan::At(length) => {
                let follows = self.follows(&bytes[start + length..], last)?;
                // Between two commas there is no value.
                if follows && length > 0 {
                    self.see(&bytes[start..start + length]);
                    return Some(start + length);
                }
                length
            }
            Scan::Open if !last => return None,
            Scan::Open => bytes.len() - start,
            Scan::Broken(length) => length,
        };
        let allowed = SEARCHED * (self.before + start as u64 + AHEAD);
        let found = if self.searched + searched as u64 <= allowed { self.next(bytes, start) } else { None };
        if found.is_some() {
            self.searched += searched as u64;
        }
        found.or_else(|| {
            let rest = bytes[start..].trim_ascii_end();
            let rest = rest.strip_suffix(b"]").filter(|_| self.array).unwrap_or(rest);
            last.then_some(start + rest.len())
        })
    }

    /// Where the broken value that begins at `start` ends, as what looks like the next one begins.
    fn next(&self, bytes: &[u8], start: usize) -> Option<usize> {
        let mut next = memchr::memchr_iter(b'{', &bytes[start..]).filter_map(|at| {
            let before = &bytes[start..start + at];
            // Objects within another mostly begin with another key.
            let known = self.key.as_deref().filter(|_| self.whole > 1);
            if known.is_some_and(|known| first_key(&bytes[start + at..]) != Some(known)) {
                return None;
            }
            let exactly = self.separator.as_ref().map(|separator| before.strip_suffix(&**separator));
            let value = match exactly {
                Some(Some(value)) => value,
                Some(None) if known.is_none() => return None,
                _ if self.array && !self.bare => before.trim_ascii_end().strip_suffix(b",")?.trim_ascii_end(),
                _ => before.trim_ascii_end(),
            };
            // On a line a text may look so.
            let gap = &before[value.len()..];
            let is_new_line = gap.contains(&b'\n') && (self.array || gap.ends_with(b"\n"));
            let is_next = !value.is_empty() && (is_new_line || value.ends_with(b"}"));
            is_next.then_some(start + value.len())
        });
        next.next()
    }

    /// Whether what stands behind a value may stand there; `None` where more must be read to know.
    fn follows(&mut self, rest: &[u8], last: bool) -> Option<bool> {
        let (gap, rest) = rest.split_at(white(rest));
        let Some(next) = rest.first() else { return last.then_some(true) };
        let with_commas = self.separator.as_ref().map(|separator| separator.contains(&b','));
        match next {
            b']' if self.array => ends_array(&rest[1..], last),
            b',' => Some(with_commas.unwrap_or(!self.bare)),
            b'{' if self.array => {
                self.bare |= self.seen == 0 && gap.contains(&b'\n');
                Some(self.bare)
            }
            b'{' => Some(!with_commas.unwrap_or(false)),
            _ => Some(false),
        }
    }

    /// Takes note of a value that is whole.
    fn see(&mut self, value: &[u8]) {
        let key = first_key(value);
        if self.whole == 0 {
            self.key = key.map(<[u8]>::to_vec);
        } else if self.key.as_deref() != key {
            self.key = None;
        }
        self.whole += 1;
    }

    /// What follows the last value: the closing bracket, and what comes after that.
    fn close(&mut self, bytes: &[u8], split: &mut Split) {
        let end = split.used;
        let bracket = end + white(&bytes[end..]);
        let rest = if self.closed { bracket + 1 } else { bracket };
        let start = (rest + white(&bytes[rest.min(bytes.len())..])).min(bytes.len());
        if !is_leavable(&bytes[start..]) {
            let (line, end) = (self.line + breaks(&bytes[end..start]), bytes.len());
            split.pieces.push(Piece { line, from: end, start: end, end, next: end });
            split.beyond = true;
        }
        split.end = Some((end, bytes.len()));
        split.used = bytes.len();
    }

    /// Where the value after `at` begins, past white space and a comma.
    fn next_value(&self, bytes: &[u8], at: usize) -> usize {
        let mut next = at + white(&bytes[at..]);
        if self.seen > 0 && bytes.get(next) == Some(&b',') {
            next += 1;
            next += white(&bytes[next..]);
        }
        next
    }
}

/// The first key of the object at the beginning of `bytes`, with its quotes.
fn first_key(bytes: &[u8]) -> Option<&[u8]> {
    /// Longer ones are no names.
    const LONGEST: usize = 256;
    let inside = bytes.strip_prefix(b"{")?;
    let key = &inside[white(inside)..];
    let name = key.strip_prefix(b"\"")?;
    let length = memchr::memchr(b'"', &name[..name.len().min(LONGEST)])?;
    Some(&key[..length + 2])
}

/// Whether the bracket before `rest` ends the array of all values, and not one within a value; `None` where more must be
/// read to know.
fn ends_array(rest: &[u8], last: bool) -> Option<bool> {
    let rest = rest.trim_ascii_start();
    let behind_comma = rest.strip_prefix(b",").map(<[u8]>::trim_ascii_start);
    match (rest.first(), behind_comma.map(<[u8]>::first)) {
        (None, _) | (_, Some(None)) => last.then_some(true),
        (Some(b'}'), _) | (_, Some(Some(b'"'))) => Some(false),
        _ => Some(true),
    }
}

/// Whether nothing that stands behind all values would be missed: a comma too many, or a bracket.
pub fn is_leavable(bytes: &[u8]) -> bool {
    bytes.iter().all(|b| b.is_ascii_whitespace() || matches!(b, b',' | b']'))
}

fn white(bytes: &[u8]) -> usize {
    bytes.len() - bytes.trim_ascii_start().len()
}

fn breaks(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}

/// Where the value at the beginning of `bytes` ends: behind its last bracket or quote, before a comma, a bracket or white
/// space. `None` where it goes on beyond them. What is no JSON ends somewhere too; its reader says what is wrong.
pub(super) fn value_end(bytes: &[u8], array: bool) -> Option<usize> {
    if let Scan::At(end) = scan(bytes, array) { Some(end) } else { None }
}

/// Where a value ends.
#[derive(Debug, Clone, Copy)]
enum Scan {
    At(usize),
    /// Beyond the bytes that there are.
    Open,
    /// Nowhere, as so many bytes tell: a string in it goes on beyond its line, or another bracket closes it than opened it.
    Broken(usize),
}

fn scan(bytes: &[u8], array: bool) -> Scan {
    let (mut depth, mut at, mut opened) = (0usize, 0, b'{');
    while at < bytes.len() {
        match bytes[at] {
            b'"' => {
                at = match string_end(bytes, at + 1) {
                    Scan::At(at) if depth > 0 => at,
                    end => return end,
                };
                continue;
            }
            bracket @ (b'{' | b'[') => {
                if depth == 0 {
                    opened = bracket;
                }
                depth += 1;
            }
            b'}' | b']' if depth > 0 => {
                depth -= 1;
                if depth == 0 {
                    // Each stands two behind its opposite in ASCII.
                    return if bytes[at] == opened + 2 { Scan::At(at + 1) } else { Scan::Broken(at) };
                }
            }
            b']' if array => return Scan::At(at),
            b',' if array && depth == 0 => return Scan::At(at),
            b if depth == 0 && !array && b.is_ascii_whitespace() => return Scan::At(at),
            _ => {}
        }
        at += 1;
    }
    Scan::Open
}

/// One past the quote that ends a string whose inside begins at `at`.
fn string_end(bytes: &[u8], mut at: usize) -> Scan {
    loop {
        let Some(found) = bytes.get(at..).and_then(|rest| memchr::memchr3(b'"', b'\\', b'\n', rest)) else {
            return Scan::Open;
        };
        at += found;
        match bytes[at] {
            b'"' => return Scan::At(at + 1),
            b'\\' => at += 2,
            _ => return Scan::Broken(at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Splits a file that comes in buffers of `step` bytes more; the file again from what was found.
    fn by_steps(mut splitter: Splitter, file: &[u8], step: usize) -> (Vec<String>, String) {
        let (mut buffer, mut at) = (Vec::new(), 0);
        let (mut records, mut back) = (Vec::new(), String::new());
        let show = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (mut separator, mut over) = (Vec::new(), false);
        while !over {
            let to = (at + step).min(file.len());
            buffer.extend_from_slice(&file[at..to]);
            over = at == to;
            at = to;
            let split = splitter.split(&buffer, over).unwrap();
            back += &show(&buffer[..split.lead]);
            if let Some((from, to)) = split.separator {
                separator = buffer[from..to].to_vec();
            }
            for piece in &split.pieces {
                let is_first = records.is_empty() || split.beyond && piece.start == piece.end;
                if matches!(splitter, Splitter::Values(_)) && !is_first {
                    back += &show(&separator);
                }
                records.push(format!("{}:{}", piece.line, show(&buffer[piece.start..piece.end])));
                back += &show(&buffer[piece.from..piece.next]);
            }
            if let Some((from, to)) = split.end {
                back += &show(&buffer[from..to]);
            }
            buffer.drain(..split.used);
        }
        (records, back)
    }

    #[test]
    fn lines_keep_what_stands_between_them() {
        let file = b"\xef\xbb\xbf\n{1}\r\n\n  \n{2}\n{3}";
        for step in [1, 3, 100] {
            let (records, back) = by_steps(Splitter::lines(), file, step);
            assert_eq!(records, ["2:{1}", "5:{2}", "6:{3}"]);
            assert_eq!(back.as_bytes(), file, "{step}");
        }
    }

    #[test]
    fn values_of_an_array_and_values_in_a_row() {
        for (file, wanted) in [
            (
                "[\n {\"a\": \"]}\\\"\"},\n {\"b\": [1, {}]}\n]\n",
                &["2:{\"a\": \"]}\\\"\"}", "3:{\"b\": [1, {}]}"][..],
            ),
            ("{\n\"a\": 1}\n{\"b\":\n 2}\n", &["1:{\n\"a\": 1}", "3:{\"b\":\n 2}"]),
            ("[]", &[]),
            ("", &[]),
            ("[{\"a\":1},{\"b\":", &["1:{\"a\":1}", "1:{\"b\":"]),
            ("[{}]\n[{}]", &["1:{}", "2:"]),
        ] {
            for step in [1, 7, 5000] {
                let (records, back) = by_steps(Splitter::Values(Values::default()), file.as_bytes(), step);
                assert_eq!(records, wanted, "{file} {step}");
                assert_eq!(back, file, "{step}");
            }
        }
    }

    #[test]
    fn damage_goes_no_further_than_it_must_and_is_set_aside_as_it_is() {
        for (file, wanted) in [
            // A quote within a text.
            (
                "{\n  \"a\": \"The 19\" screen   is wide } and\"\n}\n{\n  \"a\":  2\n}\n{\n  \"a\": 3\n}\n",
                &[
                    "1:{\n  \"a\": \"The 19\" screen   is wide } and\"\n}",
                    "4:{\n  \"a\":  2\n}",
                    "7:{\n  \"a\": 3\n}",
                ][..],
            ),
            // A quote that is missing.
            (
                "[\n {\"a\":\"1\"},\n {\"a\":\"a [list] b},\n {\"a\":\"c]d\"},\n {\"a\":\"4\"}\n]\n",
                &["2:{\"a\":\"1\"}", "3:{\"a\":\"a [list] b}", "4:{\"a\":\"c]d\"}", "5:{\"a\":\"4\"}"],
            ),
            // Braces that are missing, or too many.
            (
                "[{\"a\":1}, {\"b\":{}, {\"c\":1}, {\"e\":1}]",
                &["1:{\"a\":1}", "1:{\"b\":{}", "1:{\"c\":1}", "1:{\"e\":1}"],
            ),
            (
                "[{\"a\":1}, {\"d\":1}}, {\"e\":1}, {\"f\":[1}, {\"g\":1}]",
                &["1:{\"a\":1}", "1:{\"d\":1}}", "1:{\"e\":1}", "1:{\"f\":[1}", "1:{\"g\":1}"],
            ),
            // Something behind a value.
            ("[\n {\"a\":1} x,\n {\"a\":2}\n]", &["2:{\"a\":1} x", "3:{\"a\":2}"]),
            (
                "[{\"a\":1},{\"b\":\"x,{y\" z},{\"a\":2}]",
                &["1:{\"a\":1}", "1:{\"b\":\"x,{y\" z}", "1:{\"a\":2}"],
            ),
            // A comma that is missing, in the middle and at the end.
            (
                "[{\"a\":1},{\"b\":1}  {\"c\":1},{\"d\":1}]",
                &["1:{\"a\":1}", "1:{\"b\":1}  {\"c\":1}", "1:{\"d\":1}"],
            ),
            ("[{\"a\":1} {\"b\":1}\n]\n", &["1:{\"a\":1} {\"b\":1}"]),
            ("{\"a\":1} x  y\n{\"b\":1}", &["1:{\"a\":1} x  y", "2:{\"b\":1}"]),
            // Lines within brackets, and values with commas that are no array.
            ("[\n{\"a\":1}\n{\"b\":1}\n{\"c\":1}\n]\n", &["2:{\"a\":1}", "3:{\"b\":1}", "4:{\"c\":1}"]),
            ("{\n\"a\":1},\n{\"b\":1}", &["1:{\n\"a\":1}", "3:{\"b\":1}"]),
            // Objects within a broken one, a gap of its own, and a quote that lets a bracket within look like the last one.
            (
                "[{\"i\":1,\"c\":[{\"x\":1},{\"x\":2}]},{\"i\":2},{\"i\":\"a\" b\",\"c\":[{\"x\":1},{\"x\":2}]},{\"i\":4}]",
                &[
                    "1:{\"i\":1,\"c\":[{\"x\":1},{\"x\":2}]}",
                    "1:{\"i\":2}",
                    "1:{\"i\":\"a\" b\",\"c\":[{\"x\":1},{\"x\":2}]}",
                    "1:{\"i\":4}",
                ],
            ),
            (
                "[{\"i\":1}, {\"i\":2}, {\"i\":3]}, {\"i\":4}]",
                &["1:{\"i\":1}", "1:{\"i\":2}", "1:{\"i\":3]}", "1:{\"i\":4}"],
            ),
        ] {
            for step in [1, 7, 5000] {
                let (records, back) = by_steps(Splitter::Values(Values::default()), file.as_bytes(), step);
                assert_eq!(records, wanted, "{file} {step}");
                assert_eq!(back, file, "{step}");
            }
        }
    }

    #[test]
    fn values_that_never_end_take_time_in_proportion() {
        // Each is looked through to the end of the file, as long as that is allowed; the others are one.
        let values = 400_000;
        for file in [
            "{\"a\":1,\n".repeat(values),
            format!("[{}]", "{\"a\":[1},\n".repeat(values)),
            format!("[{}\"x\n]", "{\"a\":{}},\n{\"b\":1,\n".repeat(values)),
        ] {
            let split = Values::default().split(file.as_bytes(), true);
            assert!((1..10_000).contains(&split.pieces.len()), "{}", split.pieces.len());
            assert_eq!(split.used, file.len());
        }
    }

    proptest! {
        #[test]
        fn records_do_not_depend_on_the_buffers(file in "[a\\[\\]{}\",\\\\ \n\r]{0,40}", step in 1usize..9) {
            let lines = |step| by_steps(Splitter::lines(), file.as_bytes(), step);
            prop_assert_eq!(&lines(99).1, &file);
            prop_assert_eq!(lines(99), lines(step));
            let values = |step| by_steps(Splitter::Values(Values::default()), file.as_bytes(), step);
            prop_assert_eq!(values(99).0, values(step).0);
        }
    }
}
