//! Records within bytes, and fields within records.

use super::chosen;
use dechaff::config::Fields;
use dechaff::corpus::json::{self, FieldPaths, Found};
use dechaff::corpus::records::own_fields;
use dechaff::corpus::spelling::Spelling;
use dechaff::corpus::split::{Splitter, Values};
use dechaff::corpus::table::{self, Rows};
use dechaff::corpus::warc::{self, Entry};
use std::ops::Range;
use std::sync::LazyLock;

const MOST: usize = 1 << 14;
/// Bytes of a file that is split again for every buffer.
const MOST_SPLIT: usize = 1 << 10;

/// Paths that the one pass over the bytes reads, and the same but for a date that leads into an object, so that
/// serde_json reads them.
static PATHS: LazyLock<[FieldPaths; 2]> = LazyLock::new(|| {
    ["date", "a.b"].map(|date| FieldPaths::new(&Fields { date: date.into(), ..Fields::default() }))
});

/// What was found, but for the date.
type Read = (Result<Range<usize>, String>, Option<Range<usize>>, Option<String>, Option<String>);

fn all<'r>(record: &'r str, found: &Found<'r>) -> Read {
    (found.text_range(record, "text"), found.id_range(record), found.url(), found.site())
}

/// The fields of a record, by both readers.
pub fn json(data: &[u8]) {
    let record = &*String::from_utf8_lossy(&data[..data.len().min(MOST)]);
    let found = PATHS[0].read(record);
    let twin = PATHS[1].read(record);
    assert_eq!(
        found.as_ref().map(|f| all(record, f)).map_err(String::as_str),
        twin.as_ref().map(|f| all(record, f)).map_err(String::as_str)
    );
    if let Ok(twin) = &twin {
        twin.date();
    }
    let Ok(found) = found else { return };
    found.date();
    if let Some(range) = found.id_range(record) {
        assert!(json::scalar(&record[range]).is_some());
    }
    let Ok(range) = found.text_range(record, "text") else { return };
    let raw = &record[range.clone()];
    let text = json::unescape(raw);
    match serde_json::from_str::<String>(&record[range.start - 1..range.end + 1]) {
        Ok(same) => assert!(same == text && !json::has_lone_surrogate(raw)),
        Err(_) => assert!(json::has_lone_surrogate(raw)),
    }
    offsets(Spelling::Json, raw, &text);
}

/// The places of a text in its spelling cut both at the same characters.
fn offsets(spelling: Spelling, raw: &str, text: &str) {
    let bounds: Vec<usize> = (0..=text.len()).filter(|&at| text.is_char_boundary(at)).collect();
    let places = spelling.raw_offsets(raw, &bounds);
    assert_eq!(places.len(), bounds.len());
    assert_eq!((places[0], places[places.len() - 1]), (0, raw.len()));
    // Every pair of parts would take a time that grows with the square of the length.
    for (&at, &place) in bounds.iter().zip(&places).step_by(1 + bounds.len() / 16) {
        assert_eq!(spelling.read(&raw[..place]), text[..at]);
        assert_eq!(spelling.read(&raw[place..]), text[at..]);
    }
}

/// Texts and their spellings, and spellings that are none.
pub fn spelling(data: &[u8]) {
    let (choice, data) = chosen(data, MOST);
    let text = &*String::from_utf8_lossy(data);
    let spelling = [Spelling::Plain, Spelling::Json, Spelling::Quoted][choice % 3];
    let raw = spelling.plain(text);
    assert_eq!(spelling.read(&raw), text);
    offsets(spelling, &raw, text);
    // A damaged receipt may hold any bytes for a spelling, and any places.
    let mut buffer = String::new();
    let read = spelling.text(text, &mut buffer).len();
    json::has_lone_surrogate(text);
    let anywhere: Vec<usize> = data.iter().map(|&b| usize::from(b) * 16).collect();
    spelling.raw_offsets(text, &anywhere);
    let every: Vec<usize> = (0..=read).collect();
    assert!(spelling.raw_offsets(text, &every).iter().all(|&at| at <= text.len()));
}

#[derive(Debug, Default, PartialEq)]
struct Splits {
    records: Vec<(u64, Vec<u8>)>,
    lead: Vec<u8>,
    separator: Vec<u8>,
    /// All bytes but separators, in order.
    back: Vec<u8>,
}

/// Splits a file that comes in buffers of `step` bytes more each time.
fn by_steps(mut splitter: Splitter, file: &[u8], step: usize) -> Result<Splits, String> {
    let (mut buffer, mut at, mut over) = (Vec::new(), 0, false);
    let mut splits = Splits::default();
    while !over {
        let to = (at + step).min(file.len());
        buffer.extend_from_slice(&file[at..to]);
        over = to == file.len();
        at = to;
        let split = splitter.split(&buffer, over)?;
        assert!(split.lead <= split.used && split.used <= buffer.len());
        splits.lead.extend_from_slice(&buffer[..split.lead]);
        splits.back.extend_from_slice(&buffer[..split.lead]);
        if let Some((from, to)) = split.separator {
            splits.separator = buffer[from..to].to_vec();
        }
        let mut behind = split.lead;
        for p in &split.pieces {
            assert!(behind <= p.from && p.from <= p.start && p.start <= p.end && p.end <= p.next);
            behind = p.next;
            splits.records.push((p.line, buffer[p.start..p.end].to_vec()));
            splits.back.extend_from_slice(&buffer[p.from..p.next]);
        }
        assert!(behind <= split.used || over);
        if let Some((from, to)) = split.end {
            splits.back.extend_from_slice(&buffer[from..to]);
        }
        buffer.drain(..split.used);
    }
    Ok(splits)
}

/// A file that comes in buffers has the records that it has as a whole, and no byte is lost.
pub fn split(data: &[u8]) {
    let (choice, data) = chosen(data, MOST_SPLIT);
    let new = || match choice % 4 {
        0 => Splitter::lines(),
        1 => Splitter::Values(Values::default()),
        2 => Splitter::Rows(Box::<Rows>::default()),
        _ => Splitter::Records,
    };
    // Values are not looked for before there are as many bytes.
    let values = choice % 4 == 1;
    let mut file = if values { vec![b' '; 4096] } else { Vec::new() };
    file.extend_from_slice(data);
    let whole = by_steps(new(), &file, file.len().max(1));
    let step = [1, 2, 3, 5, 7, 16, 61, 300][choice / 4 % 8].max(data.len() / 64);
    let parts = by_steps(new(), &file, if values { 4096 + step } else { step });
    assert_eq!(whole, parts);
    let Ok(whole) = whole else { return };
    match choice % 4 {
        0 | 2 => assert_eq!(whole.back, file),
        1 => assert!(whole.back.len() <= file.len()),
        _ => assert!(
            file.starts_with(&whole.back)
                && file[whole.back.len()..].iter().all(|b| matches!(b, b'\r' | b'\n'))
        ),
    }
}

/// The header of a table, and the fields of a row.
pub fn table(data: &[u8]) {
    let (choice, data) = chosen(data, MOST);
    let row = &*String::from_utf8_lossy(data);
    let header = table::Header::read(row);
    for name in &header.names {
        assert_eq!(header.names.iter().position(|n| n == name), header.column(name));
    }
    for separator in [header.separator, [b',', b'\t', b';', b'|'][choice % 4]] {
        let fields = table::fields(row.as_bytes(), separator);
        let mut back = Vec::new();
        for (number, field) in fields.iter().enumerate() {
            let text = field.text(row);
            let raw = &row[field.range.clone()];
            if number > 0 {
                back.push(separator);
            }
            if field.quoted {
                assert_eq!(row.as_bytes()[field.range.start - 1], b'"');
                back.extend([b"\"", raw.as_bytes(), b"\""].concat());
                if field.well_formed {
                    offsets(Spelling::Quoted, raw, &text);
                }
            } else {
                assert_eq!(raw, text);
                back.extend(raw.as_bytes());
            }
        }
        if fields.iter().all(|f| f.well_formed) {
            assert_eq!(back, row.as_bytes());
        }
    }
}

/// Records of archives are documents that can be read, or are none.
pub fn warc(data: &[u8]) {
    let data = &data[..data.len().min(MOST)];
    static OWN: LazyLock<FieldPaths> = LazyLock::new(|| FieldPaths::new(&own_fields()));
    for piece in warc::split(data, true).pieces {
        if let Entry::Document(line) = warc::entry(&data[piece.start..piece.end], 1 << 16) {
            let found = OWN.read(&line).expect("a line of JSON");
            found.text_range(&line, "text").expect("a text");
        }
    }
}
