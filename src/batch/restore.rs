//! An output folder to the corpus that it was made from, record by record, byte for byte.

use super::out::{Folder, LazyFile, check};
use crate::clean::cuts;
use crate::clean::receipt::{self, Header, Receipt};
use crate::config::Config;
use crate::corpus::json::{self, FieldPaths};
use crate::corpus::walk;
use crate::error::{Error, Result};
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

/// What a finished restore tells.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Restored {
    /// Files written.
    pub files: u64,
    /// Records in them.
    pub records: u64,
    /// Records whose cuts were put back.
    pub cut: u64,
    /// Records that had been removed as copies.
    pub removed: u64,
    /// Records that had been rejected.
    pub rejected: u64,
}

/// An output folder, opened to look into.
pub struct Opened {
    folder: PathBuf,
    /// The settings it was made with.
    pub config: Config,
    /// Receipts by file, in order.
    pub receipts: BTreeMap<String, Vec<Receipt>>,
    rejected: BTreeMap<String, Vec<u64>>,
}

impl Opened {
    /// Opens an output folder.
    pub fn new(folder: &Path) -> Result<Opened> {
        let receipts_path = folder.join("receipts").join("receipts.jsonl");
        if !receipts_path.is_file() {
            return Err(Error::Output {
                path: folder.to_path_buf(),
                reason: "not an output of dechaff: receipts/receipts.jsonl is missing".into(),
            });
        }
        let config_path = folder.join("config.toml");
        let config = fs::read_to_string(&config_path).map_err(Error::io("read", &config_path))?;
        let config = toml::from_str(&config).map_err(|e| Error::Format {
            path: config_path,
            line: 0,
            reason: e.message().to_owned(),
        })?;
        let mut receipts: BTreeMap<String, Vec<Receipt>> = BTreeMap::new();
        let lines = read_lines(&receipts_path)?;
        let bad = |line: usize, reason: String| Error::Format {
            path: receipts_path.clone(),
            line: line as u64 + 1,
            reason,
        };
        for (number, line) in lines.iter().enumerate() {
            if number == 0 {
                let header: Header = serde_json::from_slice(line).map_err(|e| bad(number, e.to_string()))?;
                header.check().map_err(|e| bad(number, e))?;
                continue;
            }
            let receipt: Receipt = serde_json::from_slice(line).map_err(|e| bad(number, e.to_string()))?;
            receipts.entry(receipt.file.clone()).or_default().push(receipt);
        }
        let mut rejected: BTreeMap<String, Vec<u64>> = BTreeMap::new();
        let rejected_path = folder.join("rejected.jsonl");
        for (number, line) in read_lines(&rejected_path)?.iter().enumerate() {
            let row: serde_json::Value = serde_json::from_slice(line).map_err(|e| Error::Format {
                path: rejected_path.clone(),
                line: number as u64 + 1,
                reason: e.to_string(),
            })?;
            let file = row["file"].as_str().unwrap_or_default().to_owned();
            rejected.entry(file).or_default().push(row["row"].as_u64().unwrap_or(0));
        }
        Ok(Opened { folder: folder.to_path_buf(), config, receipts, rejected })
    }

    /// The receipt of the document with this id; all of them where ids repeat.
    pub fn find(&self, id: &str) -> Vec<&Receipt> {
        self.receipts.values().flatten().filter(|r| r.id == id).collect()
    }

    /// The original text of the record of a receipt; nothing where the folder holds no documents, as after a scan.
    pub fn original_text(&self, wanted: &Receipt) -> Result<Option<String>> {
        if !self.folder.join("documents").is_dir() {
            return Ok(None);
        }
        let mut text = None;
        self.records_of(&wanted.file, |row, record, _| {
            if row == wanted.row {
                text = Some(record.to_vec());
            }
            Ok(())
        })?;
        let record = text.ok_or_else(|| self.broken(wanted, "its record is missing"))?;
        let record = String::from_utf8(record).map_err(|_| self.broken(wanted, "its record is not UTF-8"))?;
        if !is_lines(&wanted.file) {
            return Ok(Some(record));
        }
        let range = self.text_range(&record).map_err(|e| self.broken(wanted, &e))?;
        Ok(Some(json::unescape(&record[range]).into_owned()))
    }

    /// Writes the corpus as it was below `target`, which appears when it is whole.
    pub fn restore(&self, target: &Path, force: bool) -> Result<Restored> {
        check(target, std::slice::from_ref(&self.folder), force)?;
        let out = Folder::begin(target)?;
        let mut done = Restored::default();
        for name in self.files()? {
            let mut file = LazyFile::new(out.path().join(&name));
            file.touch()?;
            done.files += 1;
            let lines = is_lines(&name);
            self.records_of(&name, |_, record, was| {
                done.records += 1;
                match was {
                    Was::Kept => {}
                    Was::Cut => done.cut += 1,
                    Was::Removed => done.removed += 1,
                    Was::Rejected => done.rejected += 1,
                }
                file.write(record)?;
                if lines { file.write(b"\n") } else { Ok(()) }
            })?;
            file.finish()?;
        }
        out.finish()?;
        Ok(done)
    }

    /// Names of all files below `documents/`, `removed/` and `rejected/`.
    fn files(&self) -> Result<Vec<String>> {
        let mut names = Vec::new();
        for top in ["documents", "removed", "rejected"] {
            let root = self.folder.join(top);
            for entry in walkdir::WalkDir::new(&root).sort_by_file_name().into_iter().flatten() {
                if let Ok(relative) = entry.path().strip_prefix(&root)
                    && entry.file_type().is_file()
                {
                    names.push(relative.to_string_lossy().replace('\\', "/"));
                }
            }
        }
        if !self.folder.join("documents").is_dir() && names.is_empty() {
            return Err(Error::Output {
                path: self.folder.clone(),
                reason: "holds no documents to restore".into(),
            });
        }
        names.sort_unstable();
        names.dedup();
        Ok(names)
    }

    /// Calls `each` with the place, the original bytes and the fate of every record of a file, in order.
    fn records_of(&self, name: &str, mut each: impl FnMut(u64, &[u8], Was) -> Result<()>) -> Result<()> {
        let no_receipts = Vec::new();
        let receipts = self.receipts.get(name).unwrap_or(&no_receipts);
        let rejected = self.rejected.get(name).map(Vec::as_slice).unwrap_or_default();
        let mut piles =
            [self.pile("documents", name)?, self.pile("removed", name)?, self.pile("rejected", name)?];
        let (mut receipts, mut rejected) = (receipts.iter().peekable(), rejected.iter().peekable());
        for row in 0.. {
            let receipt = receipts.next_if(|r| r.row == row);
            let was = match receipt {
                _ if rejected.next_if(|&&r| r == row).is_some() => Was::Rejected,
                Some(r) if r.document.is_some() => Was::Removed,
                Some(_) => Was::Cut,
                None => Was::Kept,
            };
            let pile = match was {
                Was::Kept | Was::Cut => &mut piles[0],
                Was::Removed => &mut piles[1],
                Was::Rejected => &mut piles[2],
            };
            match (pile.next(), receipt) {
                (None, None) if was == Was::Kept => break,
                (None, Some(receipt)) => return Err(self.broken(receipt, "its record is missing")),
                (None, None) => {
                    return Err(Error::Format {
                        path: self.folder.join("rejected").join(name),
                        line: row + 1,
                        reason: "a rejected record is missing".into(),
                    });
                }
                (Some(record), Some(receipt)) if was == Was::Cut => {
                    each(row, &self.put_back(&record, receipt)?, was)?
                }
                (Some(record), _) => each(row, &record, was)?,
            }
        }
        if receipts.next().is_some() || piles.iter_mut().any(|p| p.next().is_some()) {
            return Err(Error::Format {
                path: self.folder.join("receipts").join("receipts.jsonl"),
                line: 0,
                reason: format!("the receipts of {name} do not fit its records"),
            });
        }
        Ok(())
    }

    fn pile(&self, top: &str, name: &str) -> Result<std::vec::IntoIter<Vec<u8>>> {
        let path = self.folder.join(top).join(name);
        if !path.is_file() {
            return Ok(Vec::new().into_iter());
        }
        let records = if is_lines(name) {
            read_lines(&path)?
        } else {
            vec![fs::read(&path).map_err(Error::io("read", &path))?]
        };
        Ok(records.into_iter())
    }

    fn text_range(&self, record: &str) -> std::result::Result<std::ops::Range<usize>, String> {
        FieldPaths::new(&self.config.fields).read(record)?.text_range(record, &self.config.fields.text)
    }

    /// The record before its cuts, checked against the hash of its text.
    fn put_back(&self, record: &[u8], receipt: &Receipt) -> Result<Vec<u8>> {
        let record =
            std::str::from_utf8(record).map_err(|_| self.broken(receipt, "its record is not UTF-8"))?;
        let misfit = || self.broken(receipt, "its cuts do not fit the record");
        if !is_lines(&receipt.file) {
            let removed: Vec<(usize, &[u8])> =
                receipt.cuts.iter().map(|c| (c.start as usize, c.removed.as_bytes())).collect();
            let whole = cuts::put_back(record.as_bytes(), &removed).ok_or_else(misfit)?;
            return self
                .checked(String::from_utf8(whole).ok().as_deref(), receipt)
                .map(|t| t.as_bytes().to_vec());
        }
        let range = self.text_range(record).map_err(|e| self.broken(receipt, &e))?;
        let left = &record[range.clone()];
        let raws: Vec<_> = receipt.cuts.iter().map(receipt::raw_of).collect();
        // Offsets count in the text; within the string that is left they are found by what was cut before.
        let mut gone = 0;
        let mut places = Vec::with_capacity(raws.len());
        for cut in &receipt.cuts {
            places.push((cut.start as usize).checked_sub(gone).ok_or_else(misfit)?);
            gone += (cut.end - cut.start) as usize;
        }
        let spelt = json::raw_offsets(left, &places);
        if spelt.len() != places.len() {
            return Err(misfit());
        }
        let mut text = String::with_capacity(left.len());
        let mut at = 0;
        for (place, raw) in spelt.into_iter().zip(&raws) {
            text.push_str(left.get(at..place).ok_or_else(misfit)?);
            text.push_str(raw);
            at = place;
        }
        text.push_str(&left[at..]);
        self.checked(Some(&json::unescape(&text)), receipt)?;
        let bytes = record.as_bytes();
        Ok([&bytes[..range.start], text.as_bytes(), &bytes[range.end..]].concat())
    }

    fn checked<'t>(&self, text: Option<&'t str>, receipt: &Receipt) -> Result<&'t str> {
        text.filter(|t| receipt::hash(t) == receipt.xxh3).ok_or_else(|| {
            self.broken(receipt, "the text put back is not the original: the output was changed")
        })
    }

    fn broken(&self, receipt: &Receipt, reason: &str) -> Error {
        Error::Format {
            path: self.folder.join("documents").join(&receipt.file),
            line: receipt.line,
            reason: format!("record `{}` of the input: {reason}", receipt.id),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Was {
    Kept,
    Cut,
    Removed,
    Rejected,
}

fn is_lines(name: &str) -> bool {
    walk::format_of_name(name) == walk::Format::JsonLines
}

fn read_lines(path: &Path) -> Result<Vec<Vec<u8>>> {
    let file = fs::File::open(path).map_err(Error::io("read", path))?;
    let mut lines = Vec::new();
    let mut reader = BufReader::with_capacity(1 << 18, file);
    loop {
        let mut line = Vec::new();
        if reader.read_until(b'\n', &mut line).map_err(Error::io("read", path))? == 0 {
            return Ok(lines);
        }
        if line.last() == Some(&b'\n') {
            line.pop();
        }
        lines.push(line);
    }
}
