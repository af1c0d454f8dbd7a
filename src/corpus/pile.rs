//! The records of a written file, one after another, with what stands around them.

use super::format::{Compression, Format};
use super::packing;
use super::split::{self, Piece, Splitter, value_end};
use super::table::{Header, Rows};
use crate::disk::Disk;
use crate::error::{Error, Result};
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

/// Bytes that are read at a time.
const CHUNK: usize = 1 << 20;

/// A record with what stands around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// What separates it from the one before, in the format of the file.
    pub before: Vec<u8>,
    /// The record.
    pub record: Vec<u8>,
    /// The line break behind it.
    pub after: Vec<u8>,
}

/// The records of a written file, in whatever way they are found again.
pub enum Records {
    /// By how the format separates them.
    Split(Box<Pile>),
    /// By lengths.
    Values(Values),
}

impl Records {
    /// Opens a file; `array` tells of one that is an array what stands around its values.
    ///
    /// # Errors
    /// As the disk, or what cannot be unpacked.
    pub fn open(
        disk: &dyn Disk,
        path: &Path,
        (format, compression): (Format, Compression),
        array: Array,
    ) -> Result<Records> {
        match format {
            Format::Json => Values::open(disk, path, compression, array).map(Records::Values),
            _ => Pile::open(disk, path, format, compression).map(|pile| Records::Split(Box::new(pile))),
        }
    }

    /// What stands before all records.
    pub fn lead(&self) -> &[u8] {
        match self {
            Records::Split(pile) => &pile.lead,
            Records::Values(values) => &values.lead,
        }
    }

    /// The header of a table.
    pub fn header(&self) -> Option<&Header> {
        if let Records::Split(pile) = self { pile.header() } else { None }
    }

    /// The next record; `bytes`: the length of a broken one.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn read(&mut self, bytes: Option<u64>) -> Result<Option<Standing>> {
        match self {
            Records::Split(pile) => pile.read(),
            Records::Values(values) => values.read(bytes),
        }
    }

    /// What stands behind all records; `None` where there is one more.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn finish(self) -> Result<Option<Vec<u8>>> {
        match self {
            Records::Split(mut pile) => Ok(if pile.read()?.is_some() { None } else { Some(pile.end) }),
            Records::Values(values) => values.finish(),
        }
    }
}

/// A file that is read record by record.
pub struct Pile {
    path: PathBuf,
    plain: Box<dyn Read + Send>,
    splitter: Splitter,
    buffer: Vec<u8>,
    pieces: std::vec::IntoIter<Piece>,
    used: usize,
    wanted: usize,
    last: bool,
    /// What stands before all records.
    pub lead: Vec<u8>,
    /// What stands between two, where that belongs to none.
    pub separator: Option<Vec<u8>>,
    /// What stands behind all, once they were read.
    pub end: Vec<u8>,
}

impl Pile {
    /// Opens a file.
    ///
    /// # Errors
    /// As the disk, or what cannot be unpacked.
    pub fn open(disk: &dyn Disk, path: &Path, format: Format, compression: Compression) -> Result<Pile> {
        let plain = unpacked(disk, path, compression)?;
        let splitter = match format {
            Format::Json => Splitter::Values(split::Values::default()),
            Format::Csv => Splitter::Rows(Box::<Rows>::default()),
            Format::Text | Format::Parquet => Splitter::Whole,
            Format::Warc => Splitter::Records,
            Format::JsonLines => Splitter::lines(),
        };
        let mut pile = Pile {
            path: path.to_path_buf(),
            plain,
            splitter,
            buffer: Vec::new(),
            pieces: Vec::new().into_iter(),
            used: 0,
            wanted: CHUNK,
            last: false,
            lead: Vec::new(),
            separator: None,
            end: Vec::new(),
        };
        pile.fill()?;
        Ok(pile)
    }

    /// The header of a table.
    pub fn header(&self) -> Option<&Header> {
        if let Splitter::Rows(rows) = &self.splitter { rows.header() } else { None }
    }

    /// Reads on until records were found or nothing follows.
    fn fill(&mut self) -> Result<()> {
        self.buffer.drain(..self.used);
        self.used = 0;
        while !self.last {
            let missing = self.wanted.saturating_sub(self.buffer.len()) as u64;
            let read = (&mut self.plain).take(missing).read_to_end(&mut self.buffer);
            read.map_err(Error::io("read", &self.path))?;
            self.last = self.buffer.len() < self.wanted;
            let bad = |reason| Error::Format { path: self.path.clone(), line: 1, reason };
            let split = self.splitter.split(&self.buffer, self.last).map_err(bad)?;
            self.lead.extend_from_slice(&self.buffer[..split.lead]);
            if let Some((from, to)) = split.separator {
                self.separator = Some(self.buffer[from..to].to_vec());
            }
            if let Some((from, to)) = split.end {
                self.end.extend_from_slice(&self.buffer[from..to]);
            }
            self.used = split.used;
            if split.used == 0 && !self.last {
                self.wanted = self.buffer.len() * 2;
                continue;
            }
            self.wanted = CHUNK.max(self.buffer.len() - split.used + CHUNK / 2);
            self.pieces = split.pieces.into_iter();
            if self.pieces.len() > 0 {
                break;
            }
            self.buffer.drain(..self.used);
            self.used = 0;
        }
        Ok(())
    }

    /// The next record.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn read(&mut self) -> Result<Option<Standing>> {
        loop {
            if let Some(p) = self.pieces.next() {
                let bytes = |from: usize, to: usize| self.buffer[from..to].to_vec();
                return Ok(Some(Standing {
                    before: bytes(p.from, p.start),
                    record: bytes(p.start, p.end),
                    after: bytes(p.end, p.next),
                }));
            }
            if self.last {
                return Ok(None);
            }
            self.fill()?;
        }
    }
}

fn unpacked(disk: &dyn Disk, path: &Path, compression: Compression) -> Result<Box<dyn Read + Send>> {
    let file = disk.open(path).map_err(Error::io("read", path))?;
    let packed = BufReader::with_capacity(1 << 18, file);
    packing::unpack(compression, packed).map_err(Error::io("unpack", path))
}

/// What lies in the pile of an array: what is broken in it, or was cut out of it, may be read otherwise than it was before,
/// so that lengths tell where its values stand.
#[derive(Debug, Clone, Copy)]
pub struct Array {
    /// Bytes before all values.
    pub lead: usize,
    /// Bytes between two.
    pub separator: usize,
    /// Bytes behind all.
    pub tail: usize,
}

/// An array that is read value by value.
pub struct Values {
    path: PathBuf,
    plain: Box<dyn Read + Send>,
    array: Array,
    buffer: Vec<u8>,
    at: usize,
    first: bool,
    /// What stands before all values.
    pub lead: Vec<u8>,
}

impl Values {
    /// Opens a file.
    ///
    /// # Errors
    /// As the disk, or what cannot be unpacked.
    pub fn open(disk: &dyn Disk, path: &Path, compression: Compression, array: Array) -> Result<Values> {
        let plain = unpacked(disk, path, compression)?;
        let mut values = Values {
            path: path.to_path_buf(),
            plain,
            array,
            buffer: Vec::new(),
            at: 0,
            first: true,
            lead: Vec::new(),
        };
        values.lead = values.take(array.lead)?.unwrap_or_default();
        Ok(values)
    }

    /// Has so many bytes at hand, if they are there.
    fn wait(&mut self, bytes: usize) -> Result<bool> {
        let there = self.buffer.len() - self.at;
        if there < bytes {
            self.buffer.drain(..std::mem::take(&mut self.at));
            let missing = (bytes - there).max(CHUNK) as u64;
            let read = (&mut self.plain).take(missing).read_to_end(&mut self.buffer);
            read.map_err(Error::io("read", &self.path))?;
        }
        Ok(self.buffer.len() - self.at >= bytes)
    }

    fn take(&mut self, bytes: usize) -> Result<Option<Vec<u8>>> {
        if !self.wait(bytes)? {
            return Ok(None);
        }
        self.at += bytes;
        Ok(Some(self.buffer[self.at - bytes..self.at].to_vec()))
    }

    /// The next value: of so many bytes, or an object that is whole.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn read(&mut self, length: Option<u64>) -> Result<Option<Standing>> {
        if !std::mem::take(&mut self.first) && self.take(self.array.separator)?.is_none() {
            return Ok(None);
        }
        let length = match length {
            Some(length) => usize::try_from(length).ok(),
            None => self.length_of_object()?,
        };
        let Some(length) = length else { return Ok(None) };
        let standing = |record| Standing { before: Vec::new(), record, after: Vec::new() };
        Ok(self.take(length)?.map(standing))
    }

    fn length_of_object(&mut self) -> Result<Option<usize>> {
        let mut wanted = 1;
        while self.wait(wanted)? {
            let bytes = &self.buffer[self.at..];
            if bytes[0] != b'{' {
                return Ok(None);
            }
            if let Some(length) = value_end(bytes, false) {
                return Ok(Some(length));
            }
            wanted = bytes.len() * 2;
            // What there is of the last value may be less than that.
            if !self.wait(wanted)? {
                return Ok(value_end(&self.buffer[self.at..], false));
            }
        }
        Ok(None)
    }

    /// What stands behind all values; `None` where that is not as much as it should be.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn finish(mut self) -> Result<Option<Vec<u8>>> {
        let tail = self.take(self.array.tail)?;
        Ok(if self.wait(1)? { None } else { tail })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::RealDisk;

    #[test]
    fn lengths_tell_where_what_is_broken_ends() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.json");
        let long = format!("{{\"a\":\"{}\"}}", "]".repeat(3 * CHUNK));
        std::fs::write(&path, format!("[ {{]}}\"; {long}; }}]")).unwrap();
        let open = |tail| {
            Values::open(&RealDisk, &path, Compression::None, Array { lead: 2, separator: 2, tail }).unwrap()
        };
        let mut values = open(3);
        assert_eq!(values.lead, b"[ ");
        assert_eq!(values.read(Some(4)).unwrap().unwrap().record, b"{]}\"");
        assert_eq!(values.read(None).unwrap().unwrap().record, long.as_bytes());
        assert_eq!(values.finish().unwrap(), None);
        let mut values = open(4);
        assert!(values.read(Some(4)).unwrap().is_some() && values.read(None).unwrap().is_some());
        assert_eq!(values.finish().unwrap().unwrap(), b"; }]");
        let mut values = open(4);
        assert!(values.read(Some(4)).unwrap().is_some() && values.read(None).unwrap().is_some());
        assert_eq!(values.read(None).unwrap(), None);
        assert_eq!(open(0).read(Some(u64::MAX)).unwrap(), None);
    }
}
