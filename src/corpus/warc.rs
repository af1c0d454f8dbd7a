//! Web archives (WARC, ISO 28500; WET) to JSON Lines: converted records, plain texts, and the visible text of pages.

use super::html;
use super::split::{Piece, Split};
use serde::Serialize;
use std::borrow::Cow;
use std::io::Read;

/// Headers longer than this are none.
const LONGEST_HEADER: usize = 1 << 16;
/// Headers of a record or of a response.
const MOST_HEADERS: usize = 256;

/// What one record is to dechaff.
#[derive(Debug, PartialEq, Eq)]
pub enum Entry {
    /// A document, as a line of JSON.
    Document(String),
    /// No text that was scraped, and why: a request, an image.
    PassedOver(String),
    /// It should be a document and cannot be read.
    Broken(String),
}

/// A document as it is written.
#[derive(Serialize)]
struct Row<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    date: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<&'a str>,
    text: &'a str,
}

/// Finds the records in `bytes`; see [`super::split::Splitter::split`]. A record ends where its length says, if nothing or
/// another record follows there, else where the next one begins.
pub fn split(bytes: &[u8], last: bool) -> Split {
    let mut split = Split::default();
    let mut at = 0;
    loop {
        let start = at + breaks(&bytes[at..]);
        if start >= bytes.len() {
            if last {
                split.used = bytes.len();
            }
            return split;
        }
        let Some((end, next)) = record_end(&bytes[start..], last) else { return split };
        split.pieces.push(Piece { line: 0, from: at, start, end: start + end, next: start + next });
        at = start + next;
        split.used = at;
    }
}

fn breaks(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count()
}

/// The end of the record at the beginning of `bytes`, and where the next one begins; `None` where more bytes are needed.
fn record_end(bytes: &[u8], last: bool) -> Option<(usize, usize)> {
    if let Some((header, fields)) = header(bytes)
        && let Some(length) = fields.get("content-length").and_then(|l| l.parse::<usize>().ok())
        && let Some(end) = header.checked_add(length)
    {
        if end.saturating_add(4 + b"WARC/".len()) > bytes.len() && !last {
            return None;
        }
        if end <= bytes.len() {
            let next = end + breaks(&bytes[end..]);
            // More line breaks than usual may leave the beginning of the next record for the next buffer.
            if next + b"WARC/".len() > bytes.len() && !last {
                return None;
            }
            if next == bytes.len() || bytes[next..].starts_with(b"WARC/") {
                return Some((end, next));
            }
        }
    } else if !last && bytes.len() < LONGEST_HEADER {
        return None;
    }
    match memchr::memmem::find(&bytes[1..], b"\nWARC/1.") {
        Some(n) => Some((bytes[..n + 2].trim_ascii_end().len(), n + 2)),
        None => last.then_some((bytes.len(), bytes.len())),
    }
}

struct Fields<'a>(Vec<(&'a str, Cow<'a, str>)>);

impl Fields<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|f| f.0.eq_ignore_ascii_case(name)).map(|f| &*f.1).filter(|v| !v.is_empty())
    }
}

/// The length of the header of a record with the blank line behind it, and its fields.
fn header(bytes: &[u8]) -> Option<(usize, Fields<'_>)> {
    let head = &bytes[..bytes.len().min(LONGEST_HEADER)];
    let first = memchr::memchr(b'\n', head)? + 1;
    head.starts_with(b"WARC/").then_some(())?;
    let (length, fields) = fields(&head[first..])?;
    Some((first + length, fields))
}

fn fields(bytes: &[u8]) -> Option<(usize, Fields<'_>)> {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let (length, headers) = match httparse::parse_headers(bytes, &mut headers) {
        Ok(httparse::Status::Complete(parsed)) => parsed,
        _ => return None,
    };
    let field = |h: &httparse::Header<'_>| match std::str::from_utf8(h.value) {
        Ok(value) => Cow::Owned(value.trim().to_owned()),
        Err(_) => Cow::Owned(String::from_utf8_lossy(h.value).trim().to_owned()),
    };
    Some((length, Fields(headers.iter().map(|h| (h.name, field(h))).collect())))
}

/// Reads one record; `most` bytes are unpacked of a response that is packed within.
pub fn entry(record: &[u8], most: u64) -> Entry {
    let Some((length, fields)) = header(record) else {
        return Entry::Broken("not a WARC record: its header cannot be read".into());
    };
    let body = &record[length..];
    let told = fields.get("content-length").unwrap_or("");
    if told.parse() != Ok(body.len()) {
        return Entry::Broken(format!(
            "its Content-Length is `{told}`, {} bytes follow its header",
            body.len()
        ));
    }
    let kind = fields.get("warc-type").unwrap_or("").to_ascii_lowercase();
    let text = match kind.as_str() {
        "conversion" | "resource" => {
            text_of(body, fields.get("content-type").unwrap_or(""), kind == "conversion")
        }
        "response" => response(body, fields.get("content-type").unwrap_or(""), most),
        "" => Err(Entry::Broken("it has no WARC-Type".into())),
        other => Err(Entry::PassedOver(format!("records of type {other}"))),
    };
    let text = match text {
        Ok(text) => text,
        Err(entry) => return entry,
    };
    let url = fields.get("warc-target-uri").map(|u| u.trim_matches(['<', '>']));
    let row = Row {
        id: fields.get("warc-record-id").unwrap_or(""),
        url,
        date: fields.get("warc-date"),
        language: fields.get("warc-identified-content-language"),
        text: &text,
    };
    match serde_json::to_string(&row) {
        Ok(row) => Entry::Document(row),
        Err(error) => Entry::Broken(error.to_string()),
    }
}

fn text_of(body: &[u8], kind: &str, conversion: bool) -> Result<String, Entry> {
    let (mime, charset) = media_type(kind);
    match mime.as_str() {
        "text/html" | "application/xhtml+xml" => page(body, charset.as_deref()),
        "text/plain" => Ok(html::decode(body, charset.as_deref().or(conversion.then_some("utf-8")))),
        "" if conversion => Ok(html::decode(body, Some("utf-8"))),
        "" => Err(Entry::PassedOver("content of no type".into())),
        other => Err(Entry::PassedOver(format!("content of type {other}"))),
    }
}

fn page(body: &[u8], charset: Option<&str>) -> Result<String, Entry> {
    html::visible_text(&html::decode(body, charset)).map_err(Entry::Broken)
}

/// The text of an HTTP response.
fn response(record: &[u8], kind: &str, most: u64) -> Result<String, Entry> {
    let broken = |what: &str| Entry::Broken(format!("its response: {what}"));
    if !media_type(kind).0.starts_with("application/http") {
        return text_of(record, kind, false);
    }
    let line = memchr::memchr(b'\n', record).ok_or_else(|| broken("no status line"))?;
    let status = record[..line].split(|b| *b == b' ').nth(1).and_then(|s| std::str::from_utf8(s).ok());
    let status: u16 = status.and_then(|s| s.trim().parse().ok()).ok_or_else(|| broken("no status"))?;
    if !(200..300).contains(&status) {
        return Err(Entry::PassedOver(format!("responses of status {status}")));
    }
    let (length, fields) = fields(&record[line + 1..]).ok_or_else(|| broken("its header cannot be read"))?;
    let mut body = Cow::Borrowed(&record[line + 1 + length..]);
    if fields.get("transfer-encoding").is_some_and(|t| t.eq_ignore_ascii_case("chunked"))
        && let Some(whole) = unchunk(&body)
    {
        // Many writers store the body whole and leave the header as it was.
        body = Cow::Owned(whole);
    }
    if let Some(packed) = fields.get("content-encoding").map(str::to_ascii_lowercase) {
        body = match packed.as_str() {
            "gzip" | "x-gzip" if body.starts_with(&[0x1f, 0x8b]) => {
                Cow::Owned(inflate(flate2::read::MultiGzDecoder::new(&*body), most).map_err(|e| broken(&e))?)
            }
            "deflate" => match inflate(flate2::read::ZlibDecoder::new(&*body), most) {
                Ok(plain) => Cow::Owned(plain),
                Err(_) => body,
            },
            "br" | "zstd" => return Err(Entry::Broken(format!("its response is packed by {packed}"))),
            _ => body,
        };
    }
    text_of(&body, fields.get("content-type").unwrap_or(""), false)
}

fn inflate(packed: impl Read, most: u64) -> Result<Vec<u8>, String> {
    let mut plain = Vec::new();
    packed.take(most).read_to_end(&mut plain).map_err(|e| e.to_string())?;
    if plain.len() as u64 == most { Err(format!("it unpacks to more than {most} bytes")) } else { Ok(plain) }
}

/// A body without the marks of its chunks; `None` where it is in none.
fn unchunk(mut body: &[u8]) -> Option<Vec<u8>> {
    let mut whole = Vec::with_capacity(body.len());
    loop {
        let Ok(httparse::Status::Complete((at, size))) = httparse::parse_chunk_size(body) else {
            return None;
        };
        if size == 0 {
            return Some(whole);
        }
        let end = at.checked_add(usize::try_from(size).ok()?)?;
        whole.extend_from_slice(body.get(at..end)?);
        body = body.get(end..)?;
        body = body.strip_prefix(b"\r\n").or_else(|| body.strip_prefix(b"\n"))?;
    }
}

/// The type and the charset that a Content-Type names.
fn media_type(value: &str) -> (String, Option<String>) {
    let mut parts = value.split(';').map(str::trim);
    let kind = parts.next().unwrap_or("").to_ascii_lowercase();
    let charset = parts.find_map(|p| {
        let (key, value) = p.split_once('=')?;
        key.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"').to_owned())
    });
    (kind, charset)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn record(kind: &str, content: &str, length: usize) -> String {
        format!(
            "WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Record-ID: <urn:x>\r\nWARC-Target-URI: <http://a.example/>\r\nContent-Type: \
             text/plain\r\nContent-Length: {length}\r\n\r\n{content}\r\n\r\n"
        )
    }

    fn entries(file: &str, last: bool) -> Vec<Entry> {
        let pieces = split(file.as_bytes(), last).pieces;
        pieces.iter().map(|p| entry(&file.as_bytes()[p.start..p.end], 1000)).collect()
    }

    #[test]
    fn converted_records_are_documents() {
        let file = record("conversion", "Häfen\nopen", 11) + &record("warcinfo", "x: y", 4);
        let text = r#"{"id":"<urn:x>","url":"http://a.example/","text":"Häfen\nopen"}"#;
        assert_eq!(
            entries(&file, true),
            [Entry::Document(text.into()), Entry::PassedOver("records of type warcinfo".into())]
        );
    }

    #[test]
    fn a_wrong_length_costs_one_record_not_the_rest() {
        for wrong in [3, 5000] {
            let file = record("conversion", "first", wrong) + &record("conversion", "second", 6);
            let entries = entries(&file, true);
            assert!(
                matches!(&entries[0], Entry::Broken(why) if why.contains("Content-Length")),
                "{entries:?}"
            );
            assert!(matches!(&entries[1], Entry::Document(row) if row.contains("second")), "{entries:?}");
            assert_eq!(entries.len(), 2);
        }
    }

    #[test]
    fn a_buffer_that_ends_in_the_name_of_the_format_cuts_no_record() {
        // The text holds what looks like another record, and more line breaks than usual stand behind it.
        let file = record("conversion", "a\nWARC/1.0", 10) + "\r\n\r\n" + &record("conversion", "b", 1);
        let whole = split(file.as_bytes(), true).pieces;
        for length in 0..file.len() {
            let begun = split(&file.as_bytes()[..length], false).pieces;
            assert!(whole.starts_with(&begun), "{length}");
        }
    }

    #[test]
    fn responses_are_unchunked_and_other_types_passed_over() {
        let body = "4\r\n<p>H\r\n9\r\nello</p>x\r\n0\r\n\r\n";
        let http =
            format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n{body}");
        let text = response(http.as_bytes(), "application/http; msgtype=response", 1000).unwrap();
        assert_eq!(text, "Hello\n\nx");
        let image = http.replace("text/html", "image/png");
        let entry = response(image.as_bytes(), "application/http", 1000).unwrap_err();
        assert_eq!(entry, Entry::PassedOver("content of type image/png".into()));
    }

    proptest! {
        #[test]
        fn every_byte_is_in_one_record_or_between_two(file in "(WARC/1\\.0\r\n|Content-Length: [0-9]{1,2}\r\n|\r\n|[a-c]){0,12}") {
            let bytes = file.as_bytes();
            let split = split(bytes, true);
            let mut at = 0;
            for p in &split.pieces {
                prop_assert!(p.from == at && p.start >= at && p.end > p.start && p.next >= p.end);
                at = p.next;
                entry(&bytes[p.start..p.end], 10);
            }
            prop_assert!(bytes[at..].iter().all(|b| matches!(b, b'\r' | b'\n')));
        }
    }
}
