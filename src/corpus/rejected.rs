//! Records that cannot be used.
//!
//! In: each with its bytes and the reason, in order. Out: the same by number; they stay in memory as far as the budget goes.

use super::format::Format;
use super::records::FileRead;
use crate::store::row::row;
use crate::store::{Ahead, Builder, Column, Store};
use std::ops::Range;
use std::sync::Arc;

/// A record that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// Where it stands.
    pub row: RejectedRow,
    /// It as it came, with what separates it from the next; empty where it is a row of a table in columns.
    pub bytes: Vec<u8>,
    /// Why.
    pub reason: String,
}

/// Where a record stands that cannot be used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RejectedRow {
    /// Which file.
    pub file: u32,
    /// Place among the records of the file, from 0.
    pub row: u32,
    /// Line in the file, from 1; 0 where lines tell nothing.
    pub line: u64,
    /// First byte in the unpacked file.
    pub offset: u64,
    /// Its bytes among those of all.
    bytes: (u64, u64),
    /// Its reason among those of all.
    reason: (u64, u64),
}

row!(RejectedRow { file: u32, row: u32, line: u64, offset: u64, bytes: (u64, u64), reason: (u64, u64) });

impl RejectedRow {
    /// Of a line and an offset of a file.
    pub fn at(line: u64, offset: u64) -> RejectedRow {
        RejectedRow { line, offset, ..RejectedRow::default() }
    }

    /// How many bytes it has, with what separates it from the next.
    pub fn length(&self) -> u64 {
        self.bytes.1 - self.bytes.0
    }

    /// Where it stands, for people.
    pub fn place(&self, file: &FileRead) -> String {
        let path = file.input.path.display();
        match (file.format, self.line) {
            (Format::Parquet, _) => format!("{path}, row {}", u64::from(self.row) + 1),
            (_, 0) => format!("{path}, byte {}", self.offset),
            (_, line) => format!("{path}:{line}"),
        }
    }
}

/// All of a run, numbered in the order of the input.
#[derive(Debug, Default)]
pub struct RejectedRecords {
    rows: Column<RejectedRow>,
    bytes: Column<u8>,
    reasons: Column<u8>,
}

impl RejectedRecords {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.rows.len()
    }

    /// The numbers of those of a file.
    pub fn of_file(&self, file: usize) -> Range<u32> {
        let from = self.rows.partition_point(|r| (r.file as usize) < file);
        from as u32..self.rows.partition_point(|r| r.file as usize <= file) as u32
    }

    /// Where one stands.
    pub fn row(&self, number: u32) -> RejectedRow {
        self.rows.get(number as usize)
    }

    /// The bytes of one.
    pub fn bytes<'a>(&'a self, number: u32, buffer: &'a mut Vec<u8>) -> &'a [u8] {
        let (from, to) = self.row(number).bytes;
        self.bytes.read(from as usize..to as usize, buffer)
    }

    /// Where all stand, and why they cannot be used.
    pub fn reasons(&self) -> impl Iterator<Item = (RejectedRow, String)> + '_ {
        let (mut ahead, mut buffer) = (Ahead::default(), Vec::new());
        self.rows.cursor().map(move |row| {
            let (from, to) = row.reason;
            let reason = self.reasons.read_next(from as usize..to as usize, &mut ahead, &mut buffer);
            (row, String::from_utf8_lossy(reason).into_owned())
        })
    }
}

/// Takes them in order.
pub struct RejectedBuilder {
    rows: Builder<RejectedRow>,
    bytes: Builder<u8>,
    reasons: Builder<u8>,
}

impl RejectedBuilder {
    /// Of none yet.
    pub fn new(store: &Arc<Store>) -> RejectedBuilder {
        RejectedBuilder {
            rows: Builder::new(store),
            bytes: Builder::new(store),
            reasons: Builder::new(store),
        }
    }

    /// Adds one.
    pub fn push(&mut self, rejected: &Rejected) {
        let added = |to: &mut Builder<u8>, bytes: &[u8]| {
            let from = to.len() as u64;
            to.extend_from_slice(bytes);
            (from, to.len() as u64)
        };
        let bytes = added(&mut self.bytes, &rejected.bytes);
        let reason = added(&mut self.reasons, rejected.reason.as_bytes());
        self.rows.push(RejectedRow { bytes, reason, ..rejected.row });
    }

    /// All of them.
    pub fn finish(self) -> RejectedRecords {
        RejectedRecords {
            rows: self.rows.finish(),
            bytes: self.bytes.finish(),
            reasons: self.reasons.finish(),
        }
    }
}
