//! The records of a corpus as they came: bytes, places, and where the text and the id lie in each.

use super::format::{Compression, Format};
use super::json;
use super::rejected::RejectedRecords;
use super::site::SiteNames;
use super::spelling::Spelling;
use super::strings::Strings;
use super::walk::InputFile;
use crate::config::Fields;
use crate::disk::Temporary;
use crate::engine::units::Documents;
use crate::engine::{RawBuffer, Source, TextBuffer};
use crate::error::Error;
use crate::store::row::row;
use crate::store::{Column, Lease, Sorter, Store};
use encoding_rs::Encoding;
use rayon::prelude::*;
use std::collections::{BTreeMap, HashSet};
use std::ops::Range;
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_64;

/// One record that can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordRow {
    /// Which file.
    pub file: u32,
    /// Place among the records of the file, unusable ones included, from 0.
    pub row: u32,
    /// Which part of the bytes read.
    pub chunk: u32,
    /// First byte of the id, as it is spelt, within the record; see `id_length`.
    pub id_start: u32,
    /// Bytes of the id; 0 where it has none.
    pub id_length: u32,
    /// Tells whether it is still the same where it lies in a file of the input; 0 where it does not.
    pub check: u32,
    /// Line in the file, from 1; 0 where lines tell nothing.
    pub line: u64,
    /// First byte within its chunk.
    pub start: u64,
    /// Bytes, without what separates it from others.
    pub length: u64,
    /// Bytes before it that belong to no record: blank lines.
    pub before: u64,
    /// Bytes behind it that belong to no record: a line break.
    pub after: u64,
    /// First byte of the text within the record, after its quote.
    pub text_start: u64,
    /// Bytes of the text as it is spelt there.
    pub text_length: u64,
}

impl RecordRow {
    /// Its bytes with those around it.
    pub fn bytes(&self) -> u64 {
        self.before + self.length + self.after
    }
}

/// The bytes of a part of a file: checked as a whole where they are all UTF-8, else record by record.
#[derive(Debug)]
pub enum Content {
    /// All of it is UTF-8.
    Text(String),
    /// Some of it is not.
    Bytes(Vec<u8>),
}

impl Content {
    /// Checks bytes.
    pub fn new(bytes: Vec<u8>) -> Content {
        String::from_utf8(bytes).map_or_else(|e| Content::Bytes(e.into_bytes()), Content::Text)
    }

    /// Gives memory back that it does not need: a small file was read into room for a large one.
    pub fn shrink(&mut self) {
        match self {
            Content::Text(text) if text.capacity() > 2 * text.len() => text.shrink_to_fit(),
            Content::Bytes(bytes) if bytes.capacity() > 2 * bytes.len() => bytes.shrink_to_fit(),
            _ => {}
        }
    }

    /// All of it.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Content::Text(text) => text.as_bytes(),
            Content::Bytes(bytes) => bytes,
        }
    }

    /// A part of it as text.
    ///
    /// # Errors
    /// Where it is no UTF-8.
    pub fn text(&self, range: Range<usize>) -> Result<&str, std::str::Utf8Error> {
        match self {
            Content::Text(text) if text.is_char_boundary(range.start) && text.is_char_boundary(range.end) => {
                Ok(&text[range])
            }
            content => std::str::from_utf8(&content.bytes()[range]),
        }
    }
}

/// A file that was read.
#[derive(Debug)]
pub struct FileRead {
    /// Where it is, and its name.
    pub input: InputFile,
    /// What it holds.
    pub format: Format,
    /// How it is packed.
    pub compression: Compression,
    /// The encoding of a text, and whether a byte-order mark stood before it.
    pub encoding: Option<(&'static Encoding, bool)>,
    /// Bytes on disk.
    pub bytes: u64,
    /// XXH3-128 of these.
    pub xxh3: u128,
    /// Records, unusable ones included.
    pub records: u32,
    /// What stands before all records: a byte-order mark, a bracket, a header.
    pub lead: Vec<u8>,
    /// What stands between two records, where that is no part of them.
    pub separator: Option<Vec<u8>>,
    /// What stands behind all records.
    pub end: Vec<u8>,
    /// Records that are no documents, by what they are.
    pub passed_over: BTreeMap<String, u64>,
}

impl FileRead {
    /// A file of which nothing was read yet.
    pub fn new(input: InputFile, format: Format, compression: Compression) -> FileRead {
        FileRead {
            input,
            format,
            compression,
            encoding: None,
            bytes: 0,
            xxh3: 0,
            records: 0,
            lead: Vec::new(),
            separator: None,
            end: Vec::new(),
            passed_over: BTreeMap::new(),
        }
    }

    /// Its name below `documents/`: that of the input, but that an archive becomes JSON Lines.
    pub fn output_name(&self) -> String {
        if self.format != Format::Warc {
            return self.input.name.clone();
        }
        let (_, name) = Compression::of_name(&self.input.name);
        format!("{name}.jsonl{}", self.compression.ending())
    }
}

row!(RecordRow {
    file: u32,
    row: u32,
    chunk: u32,
    id_start: u32,
    id_length: u32,
    check: u32,
    line: u64,
    start: u64,
    length: u64,
    before: u64,
    after: u64,
    text_start: u64,
    text_length: u64,
});

/// Rows of a table in columns: what is looked at of them, where it was read to.
#[derive(Debug)]
pub struct Rows {
    /// The column of texts; none where it has none at all.
    pub texts: Option<Strings>,
    /// Their ids, one behind the other.
    pub ids: String,
}

impl Rows {
    /// The text of a row; none where it has none.
    pub fn text(&self, row: usize) -> Option<&str> {
        self.texts.as_ref()?.get(row)
    }

    /// Bytes of memory that they take, but for buffers that were counted before.
    pub fn memory(&self, counted: &mut HashSet<*const u8>) -> usize {
        self.ids.capacity() + self.texts.as_ref().map_or(0, |texts| texts.memory(counted))
    }

    /// Their texts, each with its id behind it, and where they lie there.
    pub fn joined(&self, rows: &mut [RecordRow]) -> String {
        let texts: u64 = rows.iter().map(|row| row.text_length).sum();
        let mut content = String::with_capacity(texts as usize + self.ids.len());
        for row in rows {
            let start = content.len() as u64;
            content.push_str(self.text(row.start as usize).unwrap_or_default());
            content.push_str(self.id(row));
            (row.start, row.id_start) = (start, row.text_length as u32);
        }
        content
    }

    fn id(&self, row: &RecordRow) -> &str {
        let start = row.id_start as usize;
        &self.ids[start..start + row.id_length as usize]
    }
}

/// Where a part of the input is kept.
#[derive(Debug)]
pub enum Chunk {
    /// In memory.
    Memory(Content, Lease),
    /// In memory, as rows of a table, with the others of their row group.
    Rows(Rows, Arc<Lease>),
    /// A part of a file: one of the input, or a temporary one.
    File(Arc<dyn Temporary>, Range<u64>),
}

/// All records of a run.
#[derive(Debug, Default)]
pub struct Records {
    /// Files in order.
    pub files: Vec<FileRead>,
    /// The bytes of their records.
    pub chunks: Vec<Chunk>,
    /// Usable records in order.
    pub rows: Column<RecordRow>,
    /// The first usable record of each file, and the end of those of the last.
    pub first: Vec<u32>,
    /// Unusable ones in order.
    pub rejected: RejectedRecords,
    /// Files in folders that could not be opened, and why.
    pub unreadable: Vec<(InputFile, String)>,
    /// What is known of each usable record.
    pub documents: Documents,
    /// Names of the sites.
    pub sites: SiteNames,
    /// Records without an id: record, occurrence and hash of its text.
    pub made_ids: Column<(u32, u32, u64)>,
    /// Holds the tables, and hears of files that changed.
    pub store: Arc<Store>,
}

/// A record as it came.
pub struct Raw<'a> {
    /// Where it lies.
    pub row: RecordRow,
    /// Bytes before it that belong to no record.
    pub before: &'a [u8],
    /// It; of a table in columns its text.
    pub record: &'a str,
    /// Its id as it is spelt; empty where it has none.
    id: &'a str,
    /// Bytes behind it that belong to no record.
    pub after: &'a [u8],
    format: Format,
}

impl<'a> Raw<'a> {
    /// Its text as it is spelt there.
    pub fn raw_text(&self) -> &'a str {
        &self.record[self.row.text_start as usize..(self.row.text_start + self.row.text_length) as usize]
    }

    /// How its text is spelt.
    pub fn spelling(&self) -> Spelling {
        spelling(self.format, self.record, self.row.text_start as usize)
    }

    /// Its text.
    pub fn text(&self, buffer: &'a mut String) -> &'a str {
        self.spelling().text(self.raw_text(), buffer)
    }

    /// Its id, where it has one.
    fn id(&self) -> String {
        match self.format {
            Format::JsonLines | Format::Json | Format::Warc => json::scalar(self.id).unwrap_or_default(),
            Format::Csv if self.id.starts_with('"') => self.id[1..self.id.len() - 1].replace("\"\"", "\""),
            _ => self.id.to_owned(),
        }
    }
}

impl Records {
    /// How many usable records there are.
    pub fn count(&self) -> u32 {
        self.rows.len() as u32
    }

    /// Where a record lies.
    pub fn row(&self, record: u32) -> RecordRow {
        self.rows.get(record as usize)
    }

    /// A record as it came; `buffer` holds it where it comes from disk.
    pub fn load<'a>(&'a self, record: u32, buffer: &'a mut RawBuffer) -> Raw<'a> {
        let row = self.rows.get_next(record as usize, &mut buffer.rows);
        let format = self.files.get(row.file as usize).map_or(Format::JsonLines, |f| f.format);
        let (from, to) = ((row.start - row.before) as usize, (row.start + row.length + row.after) as usize);
        let (start, end) = (row.start as usize, (row.start + row.length) as usize);
        let id = row.id_start as usize..row.id_start as usize + row.id_length as usize;
        let (file, place) = match &self.chunks[row.chunk as usize] {
            Chunk::Memory(content, _) => {
                let bytes = content.bytes();
                // A record that is no UTF-8 was rejected when it was read.
                let record = content.text(start..end).unwrap_or_default();
                let (before, after) = (&bytes[from..start], &bytes[end..to]);
                let id = record.get(id).unwrap_or_default();
                return Raw { row, before, record, id, after, format };
            }
            Chunk::Rows(held, _) => {
                let record = held.text(start).unwrap_or_default();
                return Raw { row, before: &[], record, id: held.id(&row), after: &[], format };
            }
            Chunk::File(file, place) => (file, place),
        };
        let (at, length) = (place.start + from as u64, to - from);
        let path = || self.files.get(row.file as usize).map(|f| f.input.path.clone()).unwrap_or_default();
        let changed = || Error::Input(format!("{}: was changed while the run went on", path().display()));
        match buffer.bytes.try_read(file, at, length, place.end) {
            Ok(()) => {}
            Err(e) if row.check == 0 => self.store.must("read a temporary file in", Err(e)),
            Err(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => self.store.fail(changed()),
            Err(e) => self.store.fail(Error::io("read", path())(e)),
        }
        let bytes = buffer.bytes.piece(at, length);
        let (before, rest) = bytes.split_at(start - from);
        let (record, after) = rest.split_at(end - start);
        match std::str::from_utf8(record) {
            Ok(record) if row.check == 0 || row.check == check(bytes) => {
                let id = &record[id];
                // Behind the text of a row there is nothing but its id.
                let own = if format == Format::Parquet { row.text_length as usize } else { record.len() };
                Raw { row, before, record: &record[..own], id, after, format }
            }
            _ => self.store.fail(changed()),
        }
    }

    /// The file that a record stands in.
    pub fn file(&self, record: u32) -> &FileRead {
        let after = self.first.partition_point(|&first| first <= record);
        &self.files[after - 1]
    }

    /// The numbers of the usable records of a file.
    pub fn of_file(&self, file: usize) -> Range<u32> {
        self.first[file]..self.first[file + 1]
    }

    /// The id of a record: its field, the name of its file, or a content hash and an occurrence number.
    pub fn id(&self, record: u32, buffer: &mut RawBuffer) -> String {
        self.id_of(record, &self.load(record, buffer))
    }

    /// The id of a record that was loaded.
    pub fn id_of(&self, record: u32, raw: &Raw<'_>) -> String {
        if raw.format == Format::Text {
            return self.files[raw.row.file as usize].input.name.clone();
        }
        if raw.row.id_length == 0 {
            let at = self.made_ids.partition_point(|made| made.0 < record);
            let (_, occurrence, hash) = self.made_ids.get(at);
            return format!("{hash:016x}-{occurrence}");
        }
        raw.id()
    }

    /// The site of a record.
    pub fn site(&self, record: u32) -> Option<&str> {
        let site = self.documents.sites[record as usize];
        site.is_some().then(|| self.sites.get(site))
    }

    /// Gives ids to the records that have none.
    pub(super) fn name_unnamed(&mut self, unnamed: &Column<u32>) {
        let mut hashes = Sorter::new(&self.store, |h: &(u64, u32)| *h);
        unnamed.parts(
            |_, _| false,
            |_, records| {
                let hash = |buffer: &mut TextBuffer, &record: &u32| {
                    (xxh3_64(self.text(record as usize, buffer).as_bytes()), record)
                };
                hashes.append(records.par_iter().map_init(TextBuffer::default, hash).collect());
            },
        );
        let mut made = Sorter::new(&self.store, |m: &(u32, u32, u64)| m.0);
        let mut last = None;
        let mut occurrence = 0;
        hashes.sorted().each(|&(hash, record)| {
            occurrence = if last.replace(hash) == Some(hash) { occurrence + 1 } else { 1 };
            made.push((record, occurrence, hash));
        });
        self.made_ids = made.finish();
    }
}

/// Tells whether bytes are the same again; never 0.
pub(super) fn check(bytes: &[u8]) -> u32 {
    (xxh3_64(bytes) as u32).max(1)
}

/// How a text that begins at `start` of a record is spelt.
pub fn spelling(format: Format, record: &str, start: usize) -> Spelling {
    match format {
        Format::JsonLines | Format::Json | Format::Warc => Spelling::Json,
        Format::Csv if start > 0 && record.as_bytes()[start - 1] == b'"' => Spelling::Quoted,
        _ => Spelling::Plain,
    }
}

/// The fields of records that dechaff made itself.
pub fn own_fields() -> Fields {
    Fields::default()
}

impl Source for Records {
    fn len(&self) -> usize {
        self.rows.len()
    }

    fn lengths(&self, records: Range<usize>) -> Vec<u64> {
        self.rows.read_all(records).iter().map(|row| row.text_length).collect()
    }

    fn text<'a>(&'a self, record: usize, buffer: &'a mut TextBuffer) -> &'a str {
        self.load(record as u32, &mut buffer.raw).text(&mut buffer.text)
    }
}
