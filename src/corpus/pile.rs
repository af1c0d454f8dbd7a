//! The records of a written file, one after another, with what stands around them.

use super::format::{Compression, Format};
use super::packing;
use super::split::{Piece, Splitter, Values};
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
        let file = disk.open(path).map_err(Error::io("read", path))?;
        let packed = BufReader::with_capacity(1 << 18, file);
        let plain = packing::unpack(compression, packed).map_err(Error::io("unpack", path))?;
        let splitter = match format {
            Format::Json => Splitter::Values(Values::default()),
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

/// Records of a file that cannot be told by what they look like, for they are broken: by their lengths.
pub struct Measured {
    path: PathBuf,
    plain: Box<dyn Read + Send>,
    lengths: std::vec::IntoIter<u64>,
    /// Bytes to the next record: what stands before all, then what separates two.
    gap: usize,
    separator: usize,
}

impl Measured {
    /// Opens a file of records of these lengths, with so many bytes before all of them and between two.
    ///
    /// # Errors
    /// As the disk, or what cannot be unpacked.
    pub fn open(
        disk: &dyn Disk,
        path: &Path,
        compression: Compression,
        (lead, separator): (usize, usize),
        lengths: Vec<u64>,
    ) -> Result<Measured> {
        let file = disk.open(path).map_err(Error::io("read", path))?;
        let packed = BufReader::with_capacity(1 << 18, file);
        let plain = packing::unpack(compression, packed).map_err(Error::io("unpack", path))?;
        Ok(Measured { path: path.to_path_buf(), plain, lengths: lengths.into_iter(), gap: lead, separator })
    }

    /// The next record.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn read(&mut self) -> Result<Option<Standing>> {
        let Some(length) = self.lengths.next() else { return Ok(None) };
        let gap = std::mem::replace(&mut self.gap, self.separator) as u64;
        let mut record = Vec::new();
        let read = (&mut self.plain).take(gap + length).read_to_end(&mut record);
        let read = read.map_err(Error::io("read", &self.path))? as u64;
        if read < gap + length {
            return Ok(None);
        }
        record.drain(..gap as usize);
        Ok(Some(Standing { before: Vec::new(), record, after: Vec::new() }))
    }
}
