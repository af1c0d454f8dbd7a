//! The records of a corpus as they came: bytes, places, and where the text and the id lie in each.

use super::format::{Compression, Format};
use super::json;
use super::spelling::Spelling;
use super::walk::InputFile;
use crate::config::Fields;
use crate::engine::Source;
use crate::tables::DocumentRow;
use encoding_rs::Encoding;
use rayon::prelude::*;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
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

/// A record that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// Which file.
    pub file: u32,
    /// Place among the records of the file, from 0.
    pub row: u32,
    /// Line in the file, from 1; 0 where lines tell nothing.
    pub line: u64,
    /// First byte in the unpacked file.
    pub offset: u64,
    /// It as it came, with what separates it from the next; empty where it is a row of a table in columns.
    pub bytes: Vec<u8>,
    /// Why.
    pub reason: String,
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

/// All records of a run.
#[derive(Debug, Default)]
pub struct Records {
    /// Files in order.
    pub files: Vec<FileRead>,
    /// The bytes of their records.
    pub chunks: Vec<Content>,
    /// Usable records in order.
    pub rows: Vec<RecordRow>,
    /// Unusable ones in order.
    pub rejected: Vec<Rejected>,
    /// Files in folders that could not be opened, and why.
    pub unreadable: Vec<(InputFile, String)>,
    /// What is known of each usable record.
    pub documents: Vec<DocumentRow>,
    /// Names of the sites.
    pub sites: Vec<String>,
    made_ids: HashMap<u32, String>,
}

impl Records {
    /// The record as it came.
    pub fn raw(&self, record: u32) -> &str {
        let row = &self.rows[record as usize];
        // A record that is no UTF-8 was rejected when it was read.
        self.chunks[row.chunk as usize]
            .text(row.start as usize..(row.start + row.length) as usize)
            .unwrap_or_default()
    }

    /// What stands before and behind a record and belongs to none.
    pub fn around(&self, record: u32) -> (&[u8], &[u8]) {
        let row = &self.rows[record as usize];
        let bytes = self.chunks[row.chunk as usize].bytes();
        let (start, end) = (row.start as usize, (row.start + row.length) as usize);
        (&bytes[start - row.before as usize..start], &bytes[end..end + row.after as usize])
    }

    /// The text of a record as it is spelt there.
    pub fn raw_text(&self, record: u32) -> &str {
        let row = &self.rows[record as usize];
        &self.raw(record)[row.text_start as usize..(row.text_start + row.text_length) as usize]
    }

    /// How the text of a record is spelt.
    pub fn spelling(&self, record: u32) -> Spelling {
        let row = &self.rows[record as usize];
        spelling(self.file(record).format, self.raw(record), row.text_start as usize)
    }

    /// The file that a record stands in.
    pub fn file(&self, record: u32) -> &FileRead {
        &self.files[self.rows[record as usize].file as usize]
    }

    /// The numbers of the usable records of a file.
    pub fn of_file(&self, file: usize) -> Range<u32> {
        let from = self.rows.partition_point(|r| (r.file as usize) < file);
        let to = self.rows.partition_point(|r| r.file as usize <= file);
        from as u32..to as u32
    }

    /// The unusable records of a file.
    pub fn rejected_of(&self, file: usize) -> &[Rejected] {
        let from = self.rejected.partition_point(|r| (r.file as usize) < file);
        let to = self.rejected.partition_point(|r| r.file as usize <= file);
        &self.rejected[from..to]
    }

    /// The id of a record: its field, the name of its file, or a content hash and an occurrence number.
    pub fn id(&self, record: u32) -> String {
        if let Some(id) = self.made_ids.get(&record) {
            return id.clone();
        }
        let row = &self.rows[record as usize];
        let file = self.file(record);
        if file.format == Format::Text {
            return file.input.name.clone();
        }
        let id = &self.raw(record)[row.id_start as usize..(row.id_start + row.id_length) as usize];
        match file.format {
            Format::JsonLines | Format::Json | Format::Warc => json::scalar(id).unwrap_or_default(),
            Format::Csv if id.starts_with('"') => id[1..id.len() - 1].replace("\"\"", "\""),
            _ => id.to_owned(),
        }
    }

    /// The site of a record.
    pub fn site(&self, record: u32) -> Option<&str> {
        let site = self.documents[record as usize].site;
        site.is_some().then(|| self.sites[site.0 as usize].as_str())
    }

    /// Gives ids to the records that have none.
    pub fn name_unnamed(&mut self) {
        let unnamed = (0..self.rows.len() as u32)
            .into_par_iter()
            .filter(|&r| self.rows[r as usize].id_length == 0 && self.file(r).format != Format::Text);
        let hash = |r| (xxh3_64(self.spelling(r).read(self.raw_text(r)).as_bytes()), r);
        let mut hashes: Vec<(u64, u32)> = unnamed.map(hash).collect();
        hashes.par_sort_unstable();
        for same in hashes.chunk_by(|a, b| a.0 == b.0) {
            for (occurrence, &(hash, record)) in same.iter().enumerate() {
                self.made_ids.insert(record, format!("{hash:016x}-{}", occurrence + 1));
            }
        }
    }
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

    fn text<'a>(&'a self, record: usize, buffer: &'a mut String) -> &'a str {
        self.spelling(record as u32).text(self.raw_text(record as u32), buffer)
    }
}
