//! Tables of comma- or tab-separated values (RFC 4180): where rows end, and where their fields lie.

use super::split::{Piece, Split};
use csv_core::{ReadRecordResult, Reader, ReaderBuilder};
use std::ops::Range;

/// Separators that are told from a header, the usual one first.
const SEPARATORS: [u8; 3] = [b',', b';', b'|'];

/// The separator is told from so much of a table whose first line does not end.
const HEAD: usize = 1 << 20;

/// Finds the rows of a table.
#[derive(Debug)]
pub struct Rows {
    header: Option<Header>,
    line: u64,
}

/// The names of the columns, and what separates them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Between fields.
    pub separator: u8,
    /// The names, in order.
    pub names: Vec<String>,
}

impl Header {
    /// Reads the first row of a table.
    pub fn read(row: &str) -> Header {
        let outside = |separator: u8| fields(row.as_bytes(), separator).len();
        // Names of columns hold commas now and then, but no tabs. Of the others the one that separates most.
        let stray = |separator: u8| {
            let loose = |f: &Field| !f.quoted && row.as_bytes()[f.range.clone()].contains(&b'"');
            fields(row.as_bytes(), separator).iter().any(loose)
        };
        let most = SEPARATORS.into_iter().rev().max_by_key(|&s| (!stray(s), outside(s))).unwrap_or(b',');
        let separator = if outside(b'\t') > 1 { b'\t' } else { most };
        let names = fields(row.as_bytes(), separator).into_iter().map(|f| f.text(row)).collect();
        Header { separator, names }
    }

    /// Which column has this name.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|n| n == name)
    }
}

/// A field of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its bytes, without its quotes.
    pub range: Range<usize>,
    /// Whether quotes stand around it, and doubled ones within.
    pub quoted: bool,
    /// Whether its quotes stand where they should.
    pub well_formed: bool,
}

impl Field {
    /// What it says.
    pub fn text(&self, row: &str) -> String {
        let raw = &row[self.range.clone()];
        if self.quoted { raw.replace("\"\"", "\"") } else { raw.to_owned() }
    }
}

/// The fields of a row, without its line break.
pub fn fields(row: &[u8], separator: u8) -> Vec<Field> {
    let mut out = Vec::new();
    let mut at = 0;
    loop {
        let field = if row.get(at) == Some(&b'"') {
            let (end, closed) = closing_quote(row, at + 1);
            let behind = if closed { end + 1 } else { end };
            let next = memchr::memchr(separator, &row[behind..]).map_or(row.len(), |n| behind + n);
            let field = Field { range: at + 1..end, quoted: true, well_formed: closed && next == behind };
            at = next;
            field
        } else {
            let next = memchr::memchr(separator, &row[at..]).map_or(row.len(), |n| at + n);
            let field = Field { range: at..next, quoted: false, well_formed: true };
            at = next;
            field
        };
        out.push(field);
        if at >= row.len() {
            return out;
        }
        at += 1;
    }
}

/// The quote that closes a field whose inside begins at `at`; the end of the row, and false, where none does.
fn closing_quote(row: &[u8], mut at: usize) -> (usize, bool) {
    while let Some(n) = memchr::memchr(b'"', &row[at..]) {
        if row.get(at + n + 1) != Some(&b'"') {
            return (at + n, true);
        }
        at += n + 2;
    }
    (row.len(), false)
}

impl Default for Rows {
    /// Before the header.
    fn default() -> Rows {
        Rows { header: None, line: 1 }
    }
}

impl Rows {
    /// The header, once it was read.
    pub fn header(&self) -> Option<&Header> {
        self.header.as_ref()
    }

    /// Finds the rows in `bytes`; see [`super::split::Splitter::split`].
    ///
    /// # Errors
    /// A header that is not UTF-8.
    pub fn split(&mut self, bytes: &[u8], last: bool) -> Result<Split, String> {
        let mut split = Split::default();
        let mut at = 0;
        if self.header.is_none() {
            let mark = if bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
            // The separator is not known yet; ends of rows do not depend on it but after a separator and a quote.
            let Some((end, next)) = self.guess_header(&bytes[mark..], last) else {
                if last {
                    (split.lead, split.used) = (bytes.len(), bytes.len());
                }
                return Ok(split);
            };
            let row = std::str::from_utf8(&bytes[mark..mark + end])
                .map_err(|_| "its header is not UTF-8".to_owned())?;
            self.header = Some(Header::read(row));
            at = mark + next;
            self.line += breaks(&bytes[..at]);
            (split.lead, split.used) = (at, at);
        }
        let separator = self.header.as_ref().map_or(b',', |h| h.separator);
        while let Some((_, end, next)) = row(&bytes[at..], separator, last) {
            let (start, end, next) = (at, at + end, at + next);
            split.pieces.push(Piece { line: self.line, from: start, start, end, next });
            self.line += breaks(&bytes[start..next]);
            at = next;
            split.used = at;
        }
        if last {
            (split.end, split.used) = (Some((at, bytes.len())), bytes.len());
        }
        Ok(split)
    }

    fn guess_header(&self, bytes: &[u8], last: bool) -> Option<(usize, usize)> {
        // The separator is told from the same bytes, however many there are so far.
        let head = &bytes[..bytes.len().min(HEAD)];
        let first = match memchr::memchr(b'\n', head) {
            Some(n) => &head[..n],
            None if last || head.len() == HEAD => head,
            None => return None,
        };
        let separator = Header::read(&String::from_utf8_lossy(first)).separator;
        row(bytes, separator, last).map(|(_, end, next)| (end, next))
    }
}

/// The start and the end of the first row of `bytes` that is not blank, and where the one after it begins, past all blank
/// rows: they stay with the row before them, for a line feed before a row could be taken for half of the line break of
/// whatever row stands before it in another file. `None` where it is not known to end.
fn row(bytes: &[u8], separator: u8, last: bool) -> Option<(usize, usize, usize)> {
    let blank = |bytes: &[u8]| bytes.iter().take_while(|b| matches!(b, b'\n' | b'\r')).count();
    let start = blank(bytes);
    let body = &bytes[start..];
    if body.is_empty() {
        return None;
    }
    let next = start + row_end(body, separator, last)?;
    let row = &bytes[start..next];
    let row = row.strip_suffix(b"\n").unwrap_or(row);
    let row = row.strip_suffix(b"\r").unwrap_or(row);
    let behind = next + blank(&bytes[next..]);
    (behind < bytes.len() || last).then_some((start, start + row.len(), behind))
}

/// One past the line break that ends the row at the beginning of `bytes`.
fn row_end(bytes: &[u8], separator: u8, last: bool) -> Option<usize> {
    // Without a quote the first line break ends the row.
    let line = memchr::memchr2(b'\n', b'\r', bytes);
    if let Some(end) = line
        && memchr::memchr(b'"', &bytes[..end]).is_none()
    {
        return past_break(bytes, end, last);
    }
    let mut reader: Reader = ReaderBuilder::new().delimiter(separator).build();
    let (mut output, mut ends) = ([0u8; 4096], [0usize; 256]);
    let mut at = 0;
    loop {
        let (result, used, _, _) = reader.read_record(&bytes[at..], &mut output, &mut ends);
        at += used;
        match result {
            ReadRecordResult::Record => return past_break(bytes, at - 1, last),
            ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {}
            ReadRecordResult::InputEmpty | ReadRecordResult::End => return last.then_some(bytes.len()),
        }
    }
}

/// One past the line break at `at`: a carriage return may be the first half of it.
fn past_break(bytes: &[u8], at: usize, last: bool) -> Option<usize> {
    match (bytes[at], bytes.get(at + 1)) {
        (b'\r', Some(b'\n')) => Some(at + 2),
        (b'\r', None) if !last => None,
        _ => Some(at + 1),
    }
}

fn breaks(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts(row: &str) -> Vec<String> {
        fields(row.as_bytes(), b',').iter().map(|f| f.text(row)).collect()
    }

    #[test]
    fn fields_lie_between_separators_and_quotes() {
        assert_eq!(texts(r#"a,"b ""c"", d",,"" "#), ["a", r#"b "c", d"#, "", ""]);
        assert_eq!(texts(""), [""]);
        assert!(fields(br#"a,"b"c"#, b',').iter().any(|f| !f.well_formed));
        assert!(fields(br#"a,"b"#, b',').iter().any(|f| !f.well_formed));
    }

    #[test]
    fn the_header_tells_the_separator() {
        assert_eq!(
            Header::read("id\ttext, or so"),
            Header { separator: b'\t', names: vec!["id".into(), "text, or so".into()] }
        );
        assert_eq!(Header::read("id;\"a,b,c\";text").separator, b';');
        assert_eq!(Header::read("text").separator, b',');
    }

    #[test]
    fn rows_may_hold_line_breaks() {
        let file = b"id,text\r\n1,\"a\nb\"\r\n\r\n2,c\n3,\"d";
        for step in 1..file.len() {
            let mut rows = Rows::default();
            let (mut buffer, mut found) = (Vec::new(), Vec::new());
            for part in file.chunks(step).chain([&[][..]]) {
                buffer.extend_from_slice(part);
                let split = rows.split(&buffer, part.is_empty()).unwrap();
                for p in &split.pieces {
                    found.push((p.line, String::from_utf8(buffer[p.start..p.end].to_vec()).unwrap()));
                }
                buffer.drain(..split.used);
            }
            let wanted = [(2, "1,\"a\nb\""), (5, "2,c"), (6, "3,\"d")].map(|(l, r)| (l, r.to_owned()));
            assert_eq!(found, wanted, "{step}");
        }
    }

    proptest! {
        #[test]
        fn fields_are_those_of_the_csv_library(rows in prop::collection::vec(
            prop::collection::vec("[a\", \n\r]{0,6}", 2..5), 1..5)
        ) {
            let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
            writer.write_record(["id", "text"]).unwrap();
            rows.iter().for_each(|r| writer.write_record(r).unwrap());
            let file = writer.into_inner().unwrap();
            let split = Rows::default().split(&file, true).unwrap();
            let read: Vec<Vec<String>> = split.pieces.iter()
                .map(|p| texts(std::str::from_utf8(&file[p.start..p.end]).unwrap())).collect();
            prop_assert_eq!(read, rows);
        }
    }
}
