//! The records of a corpus, held in memory as they came: bytes, places, and where the text lies in each.

use super::json::{self, FieldPaths};
use super::site;
use super::walk::{Format, InputFile};
use crate::config::{Config, Keep};
use crate::document::SiteIndex;
use crate::engine::{Cancel, Source};
use crate::error::{Error, Result};
use crate::progress::Progress;
use crate::tables::DocumentRow;
use rayon::prelude::*;
use std::collections::HashMap;
use std::io::Read;
use std::ops::Range;
use std::path::Path;
use xxhash_rust::xxh3::xxh3_64;

/// The longest text, in bytes: spans are 32-bit.
const MAX_TEXT: usize = u32::MAX as usize;

/// One record that can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordRow {
    /// Which file.
    pub file: u32,
    /// Place among the records of the file, unusable ones included, from 0.
    pub row: u32,
    /// Line in the file, from 1.
    pub line: u64,
    /// First byte in the file.
    pub start: u64,
    /// Bytes, without the line break.
    pub length: u64,
    /// First byte of the text within the record, after its quote.
    pub text_start: u64,
    /// Bytes of the text as it is spelt there.
    pub text_length: u64,
}

/// A record that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// Which file.
    pub file: u32,
    /// Place among the records of the file, from 0.
    pub row: u32,
    /// Line in the file, from 1.
    pub line: u64,
    /// First byte in the file.
    pub start: u64,
    /// Bytes, without the line break.
    pub length: u64,
    /// Why.
    pub reason: String,
}

/// A file and its bytes.
#[derive(Debug)]
pub struct LoadedFile {
    /// Its name in the output, and its format.
    pub file: InputFile,
    content: Content,
}

/// The bytes of a file: checked as a whole where they are all UTF-8, else record by record.
#[derive(Debug)]
enum Content {
    Text(String),
    Bytes(Vec<u8>),
}

impl LoadedFile {
    fn new(file: InputFile, bytes: Vec<u8>) -> LoadedFile {
        let content = String::from_utf8(bytes).map_or_else(|e| Content::Bytes(e.into_bytes()), Content::Text);
        LoadedFile { file, content }
    }

    /// All of it.
    pub fn bytes(&self) -> &[u8] {
        match &self.content {
            Content::Text(text) => text.as_bytes(),
            Content::Bytes(bytes) => bytes,
        }
    }

    /// A part of it as text.
    fn text(&self, range: Range<usize>) -> std::result::Result<&str, std::str::Utf8Error> {
        match &self.content {
            Content::Text(text) => Ok(&text[range]),
            Content::Bytes(bytes) => std::str::from_utf8(&bytes[range]),
        }
    }
}

/// All records of a run.
#[derive(Debug, Default)]
pub struct Records {
    /// Files in order.
    pub files: Vec<LoadedFile>,
    /// Usable records in order.
    pub rows: Vec<RecordRow>,
    /// Unusable ones in order.
    pub rejected: Vec<Rejected>,
    /// What is known of each usable record.
    pub documents: Vec<DocumentRow>,
    /// Names of the sites.
    pub sites: Vec<String>,
    paths: Option<FieldPaths>,
    made_ids: HashMap<u32, String>,
}

/// How to read.
pub struct Reading<'a> {
    /// Field names, preferred sites.
    pub config: &'a Config,
    /// The site of all documents, whatever they say.
    pub site: Option<&'a str>,
    /// Hears of bytes read.
    pub progress: &'a dyn Progress,
    /// May stop it.
    pub cancel: &'a Cancel,
}

struct Parsed {
    row: RecordRow,
    site: Option<String>,
    date: Option<i64>,
    no_id: bool,
}

impl Reading<'_> {
    /// Reads files.
    pub fn files(&self, files: Vec<InputFile>) -> Result<Records> {
        let total = files.iter().map(|f| std::fs::metadata(&f.path).map_or(0, |m| m.len())).sum();
        self.progress.start("reading", total);
        let mut loaded = Vec::with_capacity(files.len());
        for file in files {
            self.cancel.check()?;
            let bytes = std::fs::read(&file.path).map_err(Error::io("read", &file.path))?;
            self.progress.advance(bytes.len() as u64);
            loaded.push(LoadedFile::new(file, bytes));
        }
        self.progress.finish();
        self.loaded(loaded)
    }

    /// Reads JSON Lines from a stream.
    pub fn stream(&self, mut stream: impl Read) -> Result<Records> {
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).map_err(Error::io("read", Path::new("-")))?;
        let file = InputFile {
            path: "-".into(),
            name: "stdin.jsonl".into(),
            format: Format::JsonLines,
            folder: None,
        };
        self.loaded(vec![LoadedFile::new(file, bytes)])
    }

    fn loaded(&self, files: Vec<LoadedFile>) -> Result<Records> {
        let paths = FieldPaths::new(&self.config.fields);
        let mut records = Records { paths: Some(paths), ..Records::default() };
        let mut site_index: HashMap<String, u32> = HashMap::new();
        let preferred: HashMap<String, u32> = self
            .config
            .document
            .prefer
            .iter()
            .enumerate()
            .map(|(i, s)| (s.to_lowercase(), i as u32))
            .collect();
        let mut unnamed: Vec<u32> = Vec::new();
        for (number, file) in files.iter().enumerate() {
            let pieces = match file.file.format {
                Format::JsonLines => lines(file.bytes()),
                Format::Text => vec![Piece { line: 1, start: 0, end: file.bytes().len() }],
            };
            let parsed: Vec<std::result::Result<Parsed, Rejected>> = pieces
                .par_iter()
                .enumerate()
                .with_min_len(64)
                .map(|(row, piece)| {
                    self.parse(file, number as u32, row as u32, piece, records.paths.as_ref())
                })
                .collect();
            self.cancel.check()?;
            for result in parsed {
                match result {
                    Err(rejected) => records.rejected.push(rejected),
                    Ok(parsed) => {
                        if parsed.no_id {
                            unnamed.push(records.rows.len() as u32);
                        }
                        let site = match parsed.site {
                            None => SiteIndex::NONE,
                            Some(name) => SiteIndex(*site_index.entry(name).or_insert_with_key(|name| {
                                records.sites.push(name.clone());
                                records.sites.len() as u32 - 1
                            })),
                        };
                        let preference = if site.is_some() {
                            preferred.get(&records.sites[site.0 as usize])
                        } else {
                            None
                        };
                        let preference = preference.copied().unwrap_or(u32::MAX);
                        records.documents.push(DocumentRow { site, date: parsed.date, preference });
                        records.rows.push(parsed.row);
                    }
                }
            }
        }
        if records.rows.len() >= u32::MAX as usize {
            return Err(Error::TooMany { what: "records", limit: u64::from(u32::MAX) });
        }
        records.files = files;
        records.name_unnamed(&unnamed);
        Ok(records)
    }

    fn parse(
        &self,
        file: &LoadedFile,
        number: u32,
        row: u32,
        piece: &Piece,
        paths: Option<&FieldPaths>,
    ) -> std::result::Result<Parsed, Rejected> {
        let length = piece.end - piece.start;
        let reject = |reason: String| Rejected {
            file: number,
            row,
            line: piece.line,
            start: piece.start as u64,
            length: length as u64,
            reason,
        };
        let text = file
            .text(piece.start..piece.end)
            .map_err(|e| reject(format!("not UTF-8 at byte {} of the record", e.valid_up_to() + 1)))?;
        let mut parsed = Parsed {
            row: RecordRow {
                file: number,
                row,
                line: piece.line,
                start: piece.start as u64,
                length: length as u64,
                text_start: 0,
                text_length: length as u64,
            },
            site: self.site.map(str::to_owned),
            date: None,
            no_id: false,
        };
        if let (Format::JsonLines, Some(paths)) = (file.file.format, paths) {
            let found = paths.read(text).map_err(reject)?;
            let range = found.text_range(text, &self.config.fields.text).map_err(reject)?;
            parsed.row.text_start = range.start as u64;
            parsed.row.text_length = range.len() as u64;
            parsed.site =
                parsed.site.or_else(|| found.site()).or_else(|| found.url().and_then(|u| site::of_url(&u)));
            if matches!(self.config.document.keep, Keep::Earliest | Keep::Latest) {
                parsed.date = found.date().and_then(|d| super::date::parse(&d));
            }
            parsed.no_id = found.id().is_none();
        }
        if parsed.row.text_length > MAX_TEXT as u64 {
            return Err(reject(format!(
                "a text of {} bytes; at most {MAX_TEXT} can be cleaned",
                parsed.row.text_length
            )));
        }
        let site = parsed.site.or_else(|| file.file.folder.clone());
        parsed.site = site.and_then(|s| site::normal(&s));
        Ok(parsed)
    }
}

struct Piece {
    line: u64,
    start: usize,
    end: usize,
}

/// The lines of a file that are not blank; a byte-order mark before the first is left out.
fn lines(bytes: &[u8]) -> Vec<Piece> {
    let mut out = Vec::new();
    let mut start = if bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    for (line, end) in (1..).zip(memchr::memchr_iter(b'\n', bytes).chain([bytes.len()])) {
        if start < end && !bytes[start..end].iter().all(u8::is_ascii_whitespace) {
            out.push(Piece { line, start, end });
        }
        start = end + 1;
    }
    out
}

impl Records {
    /// The bytes of a record, without the line break.
    pub fn raw(&self, record: u32) -> &str {
        let row = &self.rows[record as usize];
        // A record that is no UTF-8 was rejected when it was read.
        self.files[row.file as usize]
            .text(row.start as usize..(row.start + row.length) as usize)
            .unwrap_or_default()
    }

    /// The text of a record as it is spelt there.
    pub fn raw_text(&self, record: u32) -> &str {
        let row = &self.rows[record as usize];
        &self.raw(record)[row.text_start as usize..(row.text_start + row.text_length) as usize]
    }

    /// The format of the file that a record stands in.
    pub fn format(&self, record: u32) -> Format {
        self.files[self.rows[record as usize].file as usize].file.format
    }

    /// The name in the output of the file that a record stands in.
    pub fn file_name(&self, record: u32) -> &str {
        &self.files[self.rows[record as usize].file as usize].file.name
    }

    /// The id of a record: its field, the name of its file, or a content hash and an occurrence number.
    pub fn id(&self, record: u32) -> String {
        if let Some(id) = self.made_ids.get(&record) {
            return id.clone();
        }
        match (self.format(record), &self.paths) {
            (Format::JsonLines, Some(paths)) => {
                paths.read(self.raw(record)).ok().and_then(|f| f.id()).unwrap_or_default()
            }
            _ => self.file_name(record).to_owned(),
        }
    }

    /// The site of a record.
    pub fn site(&self, record: u32) -> Option<&str> {
        let site = self.documents[record as usize].site;
        site.is_some().then(|| self.sites[site.0 as usize].as_str())
    }

    fn name_unnamed(&mut self, unnamed: &[u32]) {
        let mut hashes: Vec<(u64, u32)> =
            unnamed.par_iter().map(|&r| (xxh3_64(json::unescape(self.raw_text(r)).as_bytes()), r)).collect();
        hashes.par_sort_unstable();
        for same in hashes.chunk_by(|a, b| a.0 == b.0) {
            for (occurrence, &(hash, record)) in same.iter().enumerate() {
                self.made_ids.insert(record, format!("{hash:016x}-{}", occurrence + 1));
            }
        }
    }
}

impl Source for Records {
    fn len(&self) -> usize {
        self.rows.len()
    }

    fn text<'a>(&'a self, record: usize, buffer: &'a mut String) -> &'a str {
        let raw = self.raw_text(record as u32);
        if self.format(record as u32) == Format::Text || memchr::memchr(b'\\', raw.as_bytes()).is_none() {
            return raw;
        }
        json::unescape_into(raw, buffer);
        buffer
    }
}
