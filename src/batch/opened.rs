//! An output folder, opened to look into: its receipts, its files, and the records of the input out of them.

use super::columns::{self, From, Merge};
use super::files::{self, FileRow, Written};
use crate::clean::cuts;
use crate::clean::receipt::{self, Receipt, check_header};
use crate::config::{Config, Fields};
use crate::corpus::format::Format;
use crate::corpus::json::FieldPaths;
use crate::corpus::pile::{Array, Records, Standing};
use crate::corpus::records::{own_fields, spelling};
use crate::corpus::spelling::Spelling;
use crate::corpus::table;
use crate::disk::{Disk, Temporary, WriteFile};
use crate::error::{Error, Result};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::io::{BufRead, BufReader};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// An output folder.
pub struct Opened<'a> {
    /// Where it is.
    pub folder: PathBuf,
    /// Where it lies.
    pub disk: &'a dyn Disk,
    /// The settings it was made with.
    pub config: Config,
    /// Where the receipts of each file lie, in order.
    pub receipts: BTreeMap<String, Vec<ReceiptPlace>>,
    /// Holds them.
    receipts_file: Box<dyn Temporary>,
    /// The files of the input.
    pub files: Vec<FileRow>,
    /// Unusable records by file, in order.
    pub rejected: HashMap<String, Vec<RejectedPlace>>,
    /// Files that the run could not read: nothing of them is here.
    pub unreadable: Vec<String>,
    own: Fields,
}

/// Where a receipt lies in its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReceiptPlace {
    /// Place of its record among all.
    pub record: u32,
    /// Whether the record was removed as a copy.
    pub removed: bool,
    /// Place of its record among those of its file.
    pub row: u64,
    /// First byte.
    start: u64,
    /// Bytes.
    length: u32,
    /// Its line, from 1.
    line: u32,
}

/// What is looked at of every receipt.
#[derive(Debug, Deserialize)]
struct ReceiptHead<'a> {
    record: u32,
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    file: Cow<'a, str>,
    row: u64,
    #[serde(default)]
    document: Option<IgnoredAny>,
}

/// What became of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Was {
    /// It is as it was.
    Kept,
    /// Its text was cut.
    Cut,
    /// It was removed as a copy.
    Removed,
    /// It could not be used.
    Rejected,
}

/// An unusable record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RejectedPlace {
    /// Its place among the records of its file.
    pub row: u64,
    /// Whether it stayed among the documents.
    pub kept: bool,
    /// Its length.
    pub bytes: u64,
}

/// A row of `rejected.jsonl`.
#[derive(Debug, Deserialize)]
struct RejectedRow {
    file: String,
    #[serde(default)]
    row: Option<u64>,
    #[serde(default)]
    bytes: u64,
    #[serde(default)]
    kept: bool,
    #[serde(default)]
    unreadable: bool,
}

impl<'a> Opened<'a> {
    /// Opens an output folder.
    ///
    /// # Errors
    /// A folder that is none, or whose files are not in their formats.
    pub fn new(disk: &'a dyn Disk, folder: &Path) -> Result<Opened<'a>> {
        let receipts_path = folder.join("receipts").join("receipts.jsonl");
        if !receipts_path.is_file() {
            return Err(Error::Output {
                path: folder.to_path_buf(),
                reason: "not an output of dechaff: receipts/receipts.jsonl is missing".into(),
            });
        }
        let read = |name: &str| -> Result<(PathBuf, String)> {
            let path = folder.join(name);
            let mut text = String::new();
            let mut file = disk.open(&path).map_err(Error::io("read", &path))?;
            std::io::Read::read_to_string(&mut file, &mut text).map_err(Error::io("read", &path))?;
            Ok((path, text))
        };
        let bad =
            |path: &Path, line: u64, reason: String| Error::Format { path: path.to_path_buf(), line, reason };
        let (path, text) = read("config.toml")?;
        let config = toml::from_str(&text).map_err(|e| bad(&path, 0, e.message().to_owned()))?;
        let (path, text) = read("files.jsonl")?;
        let files = files::read(&path, &text)?;
        let mut receipts: BTreeMap<String, Vec<ReceiptPlace>> = BTreeMap::new();
        each_head(disk, &receipts_path, &mut |place, head| match receipts.get_mut(&*head.file) {
            Some(places) => places.push(place),
            None => _ = receipts.insert(head.file.into_owned(), vec![place]),
        })?;
        let receipts_file = disk.open_parts(&receipts_path).map_err(Error::io("read", &receipts_path))?;
        let (path, text) = read("rejected.jsonl")?;
        let mut rejected: HashMap<String, Vec<RejectedPlace>> = HashMap::new();
        let mut unreadable = Vec::new();
        for (number, line) in (1..).zip(text.lines()) {
            let row: RejectedRow =
                serde_json::from_str(line).map_err(|e| bad(&path, number, e.to_string()))?;
            if row.unreadable {
                unreadable.push(row.file);
            } else if let Some(place) = row.row {
                let place = RejectedPlace { row: place, kept: row.kept, bytes: row.bytes };
                rejected.entry(row.file).or_default().push(place);
            }
        }
        Ok(Opened {
            folder: folder.to_path_buf(),
            disk,
            config,
            receipts,
            receipts_file,
            files,
            rejected,
            unreadable,
            own: own_fields(),
        })
    }

    fn receipts_path(&self) -> PathBuf {
        self.folder.join("receipts").join("receipts.jsonl")
    }

    /// A receipt.
    ///
    /// # Errors
    /// A disk that fails; a receipt that is not in its format.
    pub fn receipt(&self, place: &ReceiptPlace) -> Result<Receipt<'static>> {
        let mut line = vec![0; place.length as usize];
        let path = self.receipts_path();
        self.receipts_file.read_at(&mut line, place.start).map_err(Error::io("read", &path))?;
        let number = u64::from(place.line);
        serde_json::from_slice(&line).map_err(|e| Error::Format { path, line: number, reason: e.to_string() })
    }

    /// The receipt of the document with this id; all of them where ids repeat.
    ///
    /// # Errors
    /// As [`Opened::receipt`].
    pub fn find(&self, id: &str) -> Result<Vec<Receipt<'static>>> {
        let mut places = Vec::new();
        each_head(self.disk, &self.receipts_path(), &mut |place, head| {
            if head.id == id {
                places.push(place);
            }
        })?;
        places.iter().map(|place| self.receipt(place)).collect()
    }

    /// Whether the folder holds cleaned documents: not after a scan, nor where they were only marked.
    pub fn has_documents(&self) -> bool {
        self.files.iter().all(|f| f.documents == Written::Cleaned)
    }

    /// The original text of the record of a receipt; nothing where the folder holds no cleaned documents.
    pub fn original_text(&self, wanted: &Receipt<'_>) -> Result<Option<String>> {
        let file = self.files.iter().find(|f| f.file == wanted.file);
        let file = file.ok_or_else(|| self.broken(wanted, "its file is not in files.jsonl"))?;
        if !self.has_documents() {
            return Ok(None);
        }
        let mut text = None;
        if file.output_format == Format::Parquet {
            self.columns_of(file, &mut |row, put_back| {
                if u64::from(row) == wanted.row {
                    text = Some(put_back.to_owned());
                }
            })?;
        } else {
            let mut record = None;
            self.records_of(file, &mut |row, standing, _| {
                if row == wanted.row {
                    record = Some(standing.record);
                }
                Ok(())
            })?;
            if let Some(record) = record {
                let record =
                    String::from_utf8(record).map_err(|_| self.broken(wanted, "its record is not UTF-8"))?;
                let place = self.text_of(file, &record, None).map_err(|e| self.broken(wanted, &e))?;
                text = Some(place.1.read(&record[place.0]).into_owned());
            }
        }
        match text {
            Some(text) => Ok(Some(text)),
            None => Err(self.broken(wanted, "its record is missing")),
        }
    }

    /// Where the text of a record of the output lies, and how it is spelt.
    fn text_of(
        &self,
        file: &FileRow,
        record: &str,
        header: Option<&table::Header>,
    ) -> std::result::Result<(Range<usize>, Spelling), String> {
        let fields = file.fields(&self.config.fields, &self.own);
        let range = match file.output_format {
            Format::Text | Format::Parquet => 0..record.len(),
            Format::Csv => {
                let pile;
                let header = match header {
                    Some(header) => header,
                    None => {
                        // Of texts that all went only copies are there.
                        pile = match self.pile("documents", file).map_err(|e| e.to_string())? {
                            None => self.pile("removed", file).map_err(|e| e.to_string())?,
                            pile => pile,
                        };
                        pile.as_ref().and_then(Records::header).ok_or("its table has no header")?
                    }
                };
                let column =
                    header.column(&fields.text).ok_or_else(|| format!("no column `{}`", fields.text))?;
                let mut found = table::fields(record.as_bytes(), header.separator);
                if column >= found.len() {
                    return Err(format!("no field `{}`", fields.text));
                }
                found.swap_remove(column).range
            }
            _ => FieldPaths::new(fields).read(record)?.text_range(record, &fields.text)?,
        };
        let spelling = spelling(file.output_format, record, range.start);
        Ok((range, spelling))
    }

    /// The pile of a file below `top`, if there is one.
    fn pile(&self, top: &str, file: &FileRow) -> Result<Option<Records>> {
        let (name, format, compression) = if top == "rejected" {
            (&file.file, file.format, file.compression)
        } else {
            (&file.output, file.output_format, file.output_compression)
        };
        let path = self.folder.join(top).join(name);
        if !path.is_file() {
            return Ok(None);
        }
        let separator = file.separator.as_ref().map_or(2, String::len);
        let array = Array { lead: file.lead, separator, tail: file.tail };
        Records::open(self.disk, &path, (format, compression), array).map(Some)
    }

    /// Calls `each` with the place, the original bytes and the fate of every record of a file, in order. What stands before
    /// and behind all of them is given back.
    pub fn records_of(
        &self,
        file: &FileRow,
        each: &mut dyn FnMut(u64, Standing, Was) -> Result<()>,
    ) -> Result<(Vec<u8>, Vec<u8>)> {
        let converted = file.is_converted();
        let mut piles = [self.pile("documents", file)?, self.pile("removed", file)?, None];
        if !converted {
            piles[2] = self.pile("rejected", file)?;
        }
        let header = piles.iter().flatten().find_map(Records::header).cloned();
        let lead = piles[0].as_ref().map(|p| p.lead().to_vec()).unwrap_or_default();
        let mut fates = self.fates(file);
        for row in 0..u64::from(file.records) {
            let (was, rejected, receipt) = fates.next(row);
            let pile = match was {
                // Of a packed file whose end is damaged there may be no record to set aside.
                Was::Rejected if converted || rejected.is_some_and(|r| r.bytes == 0) => continue,
                Was::Rejected if !rejected.is_some_and(|r| r.kept) => 2,
                Was::Removed => 1,
                _ => 0,
            };
            let standing = match &mut piles[pile] {
                Some(pile) => pile.read(rejected.map(|r| r.bytes))?,
                None => None,
            };
            let Some(mut standing) = standing else {
                return Err(self.misfit(file, row, "a record is missing"));
            };
            let receipt = receipt.map(|place| self.receipt(place)).transpose()?;
            match (was, &receipt) {
                (Was::Cut, Some(receipt)) => {
                    standing.record = self.put_back(file, &standing.record, receipt, header.as_ref())?;
                }
                (Was::Removed, Some(receipt)) => {
                    let record = std::str::from_utf8(&standing.record)
                        .map_err(|_| self.broken(receipt, "its record is not UTF-8"))?;
                    let (range, spelling) =
                        self.text_of(file, record, header.as_ref()).map_err(|e| self.broken(receipt, &e))?;
                    self.check(&spelling.read(&record[range]), receipt)?;
                }
                _ => {}
            }
            each(row, standing, was)?;
        }
        self.all_used(file, &fates)?;
        let mut ends = Vec::new();
        for pile in piles {
            let end = pile.map_or(Ok(Some(Vec::new())), Records::finish)?;
            ends.push(end.ok_or_else(|| self.misfit(file, u64::from(file.records), "a record too many"))?);
        }
        Ok((lead, ends.swap_remove(0)))
    }

    /// What stands before all records of a file.
    pub fn lead(&self, file: &FileRow) -> Result<Vec<u8>> {
        Ok(self.pile("documents", file)?.map(|p| p.lead().to_vec()).unwrap_or_default())
    }

    /// The texts of a table in columns, put back, by row.
    fn columns_of(&self, file: &FileRow, each: &mut dyn FnMut(u32, &str)) -> Result<()> {
        let column = &file.fields(&self.config.fields, &self.own).text;
        let texts = |top: &str| -> Result<Vec<Option<String>>> {
            let path = self.folder.join(top).join(&file.output);
            if path.is_file() { columns::texts(self.disk, &path, column) } else { Ok(Vec::new()) }
        };
        let mut piles =
            [texts("documents")?.into_iter(), texts("removed")?.into_iter(), texts("rejected")?.into_iter()];
        let mut fates = self.fates(file);
        for row in 0..file.records {
            let (was, rejected, receipt) = fates.next(u64::from(row));
            let pile = match was {
                Was::Rejected if file.is_converted() => continue,
                Was::Rejected if !rejected.is_some_and(|r| r.kept) => 2,
                Was::Removed => 1,
                _ => 0,
            };
            let text =
                piles[pile].next().ok_or_else(|| self.misfit(file, u64::from(row), "a row is missing"))?;
            match (text, was, receipt) {
                (Some(left), Was::Cut, Some(place)) => {
                    each(row, &self.put_back_text(&left, &self.receipt(place)?)?);
                }
                (Some(text), _, _) => each(row, &text),
                (None, _, _) => {}
            }
        }
        self.all_used(file, &fates)
    }

    /// Puts a table in columns back; false where nothing of it was written.
    pub fn merge_columns(
        &self,
        file: &FileRow,
        create: &mut dyn FnMut() -> Result<(PathBuf, Box<dyn WriteFile>)>,
        count: &mut dyn FnMut(Was),
    ) -> Result<bool> {
        let pile = |top: &str| Some(self.folder.join(top).join(&file.output)).filter(|p| p.is_file());
        let piles = [pile("documents"), pile("removed"), pile("rejected")];
        let mut fates = self.fates(file);
        if piles.iter().all(Option::is_none) {
            for row in 0..u64::from(file.records) {
                let (was, ..) = fates.next(row);
                if was != Was::Rejected || !file.is_converted() {
                    return Err(self.misfit(file, row, "a row is missing"));
                }
            }
            return self.all_used(file, &fates).map(|()| false);
        }
        let receipts = self.receipts.get(&file.file).map(Vec::as_slice).unwrap_or_default();
        let mut from = |row: u32| {
            let (was, rejected, _) = fates.next(u64::from(row));
            if was == Was::Rejected && file.is_converted() {
                return From::Nowhere;
            }
            count(was);
            match was {
                Was::Rejected if !rejected.is_some_and(|r| r.kept) => From::Rejected,
                Was::Removed => From::Removed,
                Was::Cut => From::Cut,
                _ => From::Documents,
            }
        };
        let mut put_back = |row: u32, left: &str| {
            let found = receipts.binary_search_by_key(&u64::from(row), |r| r.row);
            let at = found.map_err(|_| self.misfit(file, u64::from(row), "its receipt is missing"))?;
            self.put_back_text(left, &self.receipt(&receipts[at])?)
        };
        let merge = Merge {
            piles,
            rows: file.records,
            text: &file.fields(&self.config.fields, &self.own).text,
            from: &mut from,
            put_back: &mut put_back,
        };
        columns::merge(self.disk, merge, create)?;
        self.all_used(file, &fates).map(|()| true)
    }

    /// A receipt that no record was met for is one out of its place, or of a record that is not there.
    fn all_used(&self, file: &FileRow, fates: &Fates<'_>) -> Result<()> {
        let unused = fates.receipts.first().map(|r| r.row).or(fates.rejected.first().map(|r| r.row));
        match unused {
            Some(row) => Err(self.misfit(file, row, "a receipt or a rejected record is out of its place")),
            None => Ok(()),
        }
    }

    fn fates<'o>(&'o self, file: &FileRow) -> Fates<'o> {
        let receipts = self.receipts.get(&file.file).map(Vec::as_slice).unwrap_or_default();
        let rejected = self.rejected.get(&file.file).map(Vec::as_slice).unwrap_or_default();
        Fates { receipts, rejected }
    }

    /// The record before its cuts, checked against the hash of its text.
    fn put_back(
        &self,
        file: &FileRow,
        record: &[u8],
        receipt: &Receipt<'_>,
        header: Option<&table::Header>,
    ) -> Result<Vec<u8>> {
        let record =
            std::str::from_utf8(record).map_err(|_| self.broken(receipt, "its record is not UTF-8"))?;
        // Quotes stand around nothing where they tell that there is a row.
        let emptied = file.output_format == Format::Csv && receipt.cuts.iter().any(|c| c.raw_start.is_some());
        let record = if emptied && record == "\"\"" { "" } else { record };
        let (range, spelling) = self.text_of(file, record, header).map_err(|e| self.broken(receipt, &e))?;
        let misfit = || self.broken(receipt, "its cuts do not fit the record");
        let left = &record[range.clone()];
        // Offsets count in the original text; within what is left they are found by what was cut before.
        let (mut gone, mut raw_gone) = (0, 0);
        let mut places = Vec::with_capacity(receipt.cuts.len());
        let mut spelt = Vec::with_capacity(receipt.cuts.len());
        let raws: Vec<_> = receipt
            .cuts
            .iter()
            .map(|c| c.raw.as_deref().map_or_else(|| spelling.plain(&c.removed), Into::into))
            .collect();
        for (cut, raw) in receipt.cuts.iter().zip(&raws) {
            places.push((cut.start as usize).checked_sub(gone).ok_or_else(misfit)?);
            let length = cut.end.checked_sub(cut.start).ok_or_else(misfit)? as usize;
            gone = length.checked_add(gone).ok_or_else(misfit)?;
            if let Some(start) = cut.raw_start {
                spelt.push((start as usize).checked_sub(raw_gone).ok_or_else(misfit)?);
            }
            raw_gone += raw.len();
        }
        if spelt.len() != places.len() {
            spelt = spelling.raw_offsets(left, &places);
        }
        if spelt.len() != places.len() {
            return Err(misfit());
        }
        let mut text = String::with_capacity(left.len() + raw_gone);
        let mut at = 0;
        for (place, raw) in spelt.into_iter().zip(&raws) {
            text.push_str(left.get(at..place).ok_or_else(misfit)?);
            text.push_str(raw);
            at = place;
        }
        text.push_str(left.get(at..).ok_or_else(misfit)?);
        self.check(&spelling.read(&text), receipt)?;
        let bytes = record.as_bytes();
        Ok([&bytes[..range.start], text.as_bytes(), &bytes[range.end..]].concat())
    }

    fn put_back_text(&self, left: &str, receipt: &Receipt<'_>) -> Result<String> {
        let removed: Vec<(usize, &[u8])> =
            receipt.cuts.iter().map(|c| (c.start as usize, c.removed.as_bytes())).collect();
        let whole = cuts::put_back(left.as_bytes(), &removed).and_then(|whole| String::from_utf8(whole).ok());
        let whole = whole.ok_or_else(|| self.broken(receipt, "its cuts do not fit the record"))?;
        self.check(&whole, receipt)?;
        Ok(whole)
    }

    /// Compares a text that was put back with the hash of the original.
    fn check(&self, text: &str, receipt: &Receipt<'_>) -> Result<()> {
        if receipt::hash(text) == receipt.xxh3 {
            return Ok(());
        }
        Err(self.broken(receipt, "the text put back is not the original: the output was changed"))
    }

    fn broken(&self, receipt: &Receipt<'_>, reason: &str) -> Error {
        Error::Format {
            path: self.folder.join("documents").join(&*receipt.file),
            line: receipt.line,
            reason: format!("record `{}` of the input: {reason}", receipt.id),
        }
    }

    fn misfit(&self, file: &FileRow, row: u64, reason: &str) -> Error {
        Error::Format {
            path: self.folder.join("receipts").join("receipts.jsonl"),
            line: 0,
            reason: format!(
                "the receipts of {} do not fit its records: {reason}, at record {}",
                file.file,
                row + 1
            ),
        }
    }
}

/// Reads the receipts of a folder one by one, as far as all are looked at.
fn each_head(
    disk: &dyn Disk,
    path: &Path,
    take: &mut dyn FnMut(ReceiptPlace, ReceiptHead<'_>),
) -> Result<()> {
    let mut lines = BufReader::with_capacity(1 << 18, disk.open(path).map_err(Error::io("read", path))?);
    let (mut line, mut start, mut number) = (Vec::new(), 0u64, 0u32);
    loop {
        line.clear();
        let length = lines.read_until(b'\n', &mut line).map_err(Error::io("read", path))?;
        if length == 0 {
            return Ok(());
        }
        number += 1;
        let bad =
            |reason: String| Error::Format { path: path.to_path_buf(), line: u64::from(number), reason };
        let text = std::str::from_utf8(&line).map_err(|e| bad(e.to_string()))?;
        if number == 1 {
            check_header(text.trim_end(), receipt::FORMAT, receipt::VERSION).map_err(bad)?;
        } else {
            let head: ReceiptHead<'_> = serde_json::from_str(text).map_err(|e| bad(e.to_string()))?;
            let (record, removed, row) = (head.record, head.document.is_some(), head.row);
            let length = u32::try_from(length).map_err(|_| bad("is longer than 4 GiB".into()))?;
            take(ReceiptPlace { record, removed, row, start, length, line: number }, head);
        }
        start += length as u64;
    }
}

/// What became of the records of a file, in order.
struct Fates<'o> {
    receipts: &'o [ReceiptPlace],
    rejected: &'o [RejectedPlace],
}

impl<'o> Fates<'o> {
    /// What became of the record at this place; an unusable one; its receipt.
    fn next(&mut self, row: u64) -> (Was, Option<RejectedPlace>, Option<&'o ReceiptPlace>) {
        if let Some((&rejected, rest)) = self.rejected.split_first()
            && rejected.row == row
        {
            self.rejected = rest;
            return (Was::Rejected, Some(rejected), None);
        }
        match self.receipts.split_first() {
            Some((receipt, rest)) if receipt.row == row => {
                self.receipts = rest;
                let was = if receipt.removed { Was::Removed } else { Was::Cut };
                (was, None, Some(receipt))
            }
            _ => (Was::Kept, None, None),
        }
    }
}
