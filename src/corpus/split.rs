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
    /// Whether it is known what stands between two values.
    separated: bool,
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
            if start >= bytes.len() || (self.array && bytes[start] == b']') {
                self.closed = start < bytes.len();
                break;
            }
            let Some(end) =
                value_end(&bytes[start..], self.array).map(|n| start + n).or(last.then_some(bytes.len()))
            else {
                break;
            };
            // A value is over for sure where something follows it.
            if end == bytes.len() && !last {
                break;
            }
            let end = start + bytes[start..end].trim_ascii_end().len();
            // What is broken may have no comma before it.
            if self.seen > 0 && !self.separated && (!self.array || bytes[behind..start].contains(&b',')) {
                split.separator = Some((behind, start));
                self.separated = true;
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
        split
    }

    /// What follows the last value: the closing bracket. With what comes after that it is a record of its own, and no good
    /// one.
    fn close(&mut self, bytes: &[u8], split: &mut Split) {
        let end = split.used;
        let bracket = end + white(&bytes[end..]);
        let rest = if self.closed { bracket + 1 } else { bracket };
        let start = (rest + white(&bytes[rest.min(bytes.len())..])).min(bytes.len());
        // A comma too many, or a bracket, is no record.
        let start = if memchr::memchr(b'{', &bytes[start..]).is_none() { bytes.len() } else { start };
        if start < bytes.len() {
            let line = self.line + breaks(&bytes[end..start]);
            split.pieces.push(Piece {
                line,
                from: bracket,
                start: bracket,
                end: bytes.len(),
                next: bytes.len(),
            });
            split.end = Some((end, bracket));
        } else {
            split.end = Some((end, bytes.len()));
        }
        split.used = bytes.len();
    }

    /// Where the value after `at` begins, past white space and, in an array, a comma.
    fn next_value(&self, bytes: &[u8], at: usize) -> usize {
        let mut next = at + white(&bytes[at..]);
        if self.array && self.seen > 0 && bytes.get(next) == Some(&b',') {
            next += 1;
            next += white(&bytes[next..]);
        }
        next
    }
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
    let (mut depth, mut at) = (0usize, 0);
    while at < bytes.len() {
        match bytes[at] {
            b'"' => {
                at = string_end(bytes, at + 1)?;
                if depth == 0 {
                    return Some(at);
                }
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth > 0 => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            b']' if array => return Some(at),
            b',' if array && depth == 0 => return Some(at),
            b if depth == 0 && !array && b.is_ascii_whitespace() => return Some(at),
            _ => {}
        }
        at += 1;
    }
    None
}

/// One past the quote that ends a string whose inside begins at `at`.
fn string_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?;
        if bytes[at] == b'"' {
            return Some(at + 1);
        }
        at += 2;
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
                if matches!(splitter, Splitter::Values(_)) && !records.is_empty() {
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
            ("[{}]\n[{}]", &["1:{}", "2:]\n[{}]"]),
        ] {
            for step in [1, 7, 5000] {
                let (records, back) = by_steps(Splitter::Values(Values::default()), file.as_bytes(), step);
                assert_eq!(records, wanted, "{file} {step}");
                assert!(back == file || file.ends_with("[{}]"), "{step} {back}");
            }
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
