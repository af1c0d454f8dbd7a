//! Decisions and records to the output folder or stream, in parallel over batches, in input order.

use super::Run;
use super::out::LazyFile;
use crate::clean::receipt::Header;
use crate::corpus::json;
use crate::corpus::records::Records;
use crate::corpus::walk::Format;
use crate::engine::{Decisions, Source};
use crate::error::{Error, Result};
use rayon::prelude::*;
use std::collections::HashSet;
use std::io::Write;
use std::path::Path;

/// Records a batch, and batches that are held before they are written.
const BATCH: usize = 256;
const WINDOW: usize = 32 * BATCH;

/// Writes what was decided.
pub struct Writer<'a> {
    pub(super) records: &'a Records,
    pub(super) decisions: &'a Decisions,
    pub(super) run: &'a Run<'a>,
}

/// What becomes of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Documents,
    Removed,
}

impl Writer<'_> {
    /// Writes `documents/`, `removed/` and `rejected/` below `folder`.
    pub fn documents(&self, folder: &Path) -> Result<()> {
        self.each_file(folder, &[Place::Documents, Place::Removed])?;
        self.rejected(folder)
    }

    /// Writes what a pipe does not pass on: `removed/` and `rejected/`.
    pub fn set_aside(&self, folder: &Path) -> Result<()> {
        self.each_file(folder, &[Place::Removed])?;
        self.rejected(folder)
    }

    /// Writes `receipts/receipts.jsonl`, `clusters.jsonl` and `rejected.jsonl` below `folder`.
    pub fn decisions(&self, folder: &Path) -> Result<()> {
        let mut receipts = LazyFile::new(folder.join("receipts").join("receipts.jsonl"));
        receipts.write(&line_of(&Header::current())?)?;
        self.in_order(
            |record, buffer, out| {
                if let Some(receipt) = self.receipt(record, buffer) {
                    serde_json::to_writer(&mut *out, &receipt)
                        .map_err(|e| Error::Unbalanced(e.to_string()))?;
                    out.push(b'\n');
                }
                Ok(())
            },
            |bytes| receipts.write(bytes),
        )?;
        receipts.finish()?;
        self.clusters(folder)?;
        self.passages(folder)?;
        let mut rejected = LazyFile::new(folder.join("rejected.jsonl"));
        rejected.touch()?;
        for row in &self.records.rejected {
            rejected.write(&line_of(&serde_json::json!({
                "file": self.records.files[row.file as usize].file.name, "line": row.line, "row": row.row,
                "offset": row.start, "bytes": row.length, "reason": row.reason,
            }))?)?;
        }
        rejected.finish()
    }

    /// Writes the cleaned records to a stream.
    pub fn stream(&self, output: &mut dyn Write) -> Result<()> {
        self.in_order(
            |record, buffer, out| {
                if self.decisions.removed(record).is_none() {
                    self.cleaned(record, buffer, out);
                    out.push(b'\n');
                }
                Ok(())
            },
            |bytes| output.write_all(bytes).map_err(Error::io("write", "-")),
        )?;
        output.flush().map_err(Error::io("write", "-"))
    }

    fn each_file(&self, folder: &Path, places: &[Place]) -> Result<()> {
        let mut from = 0;
        for (number, loaded) in self.records.files.iter().enumerate() {
            self.run.cancel.check()?;
            let to = from + self.records.rows[from..].partition_point(|r| r.file as usize <= number);
            let name = &loaded.file.name;
            for &place in places {
                let top = if place == Place::Documents { "documents" } else { "removed" };
                let mut file = LazyFile::new(folder.join(top).join(name));
                let here = |r: &u32| self.decisions.removed(*r).is_some() == (place == Place::Removed);
                let records: Vec<u32> = (from as u32..to as u32).filter(here).collect();
                if place == Place::Documents
                    && (loaded.file.format == Format::JsonLines || !records.is_empty())
                {
                    file.touch()?;
                }
                let lines = loaded.file.format == Format::JsonLines;
                for window in records.chunks(WINDOW) {
                    for bytes in self.window(window, |record, buffer, out| {
                        match place {
                            Place::Documents => self.cleaned(record, buffer, out),
                            Place::Removed => out.extend_from_slice(self.records.raw(record).as_bytes()),
                        }
                        if lines {
                            out.push(b'\n');
                        }
                        Ok(())
                    })? {
                        file.write(&bytes)?;
                    }
                    self.run.progress.advance(window.len() as u64);
                }
                file.finish()?;
            }
            from = to;
        }
        Ok(())
    }

    fn rejected(&self, folder: &Path) -> Result<()> {
        for rows in self.records.rejected.chunk_by(|a, b| a.file == b.file) {
            let loaded = &self.records.files[rows[0].file as usize];
            let mut file = LazyFile::new(folder.join("rejected").join(&loaded.file.name));
            for row in rows {
                file.write(&loaded.bytes()[row.start as usize..(row.start + row.length) as usize])?;
                if loaded.file.format == Format::JsonLines {
                    file.write(b"\n")?;
                }
            }
            file.finish()?;
        }
        Ok(())
    }

    /// The bytes of a record with its text cut; those it came with where nothing was cut.
    fn cleaned(&self, record: u32, buffer: &mut String, out: &mut Vec<u8>) {
        let raw = self.records.raw(record).as_bytes();
        let rows = self.decisions.cuts_of(record);
        if rows.is_empty() {
            out.extend_from_slice(raw);
            return;
        }
        let text = self.records.text(record as usize, buffer);
        let ranges = self.ranges(text, rows);
        let offsets: Vec<usize> = ranges.iter().flat_map(|r| [r.start as usize, r.end as usize]).collect();
        let offsets = match self.records.format(record) {
            Format::JsonLines => json::raw_offsets(self.records.raw_text(record), &offsets),
            Format::Text => offsets,
        };
        let base = self.records.rows[record as usize].text_start as usize;
        let mut at = 0;
        for pair in offsets.chunks_exact(2) {
            out.extend_from_slice(&raw[at..base + pair[0]]);
            at = base + pair[1];
        }
        out.extend_from_slice(&raw[at..]);
    }

    /// `passages.jsonl`: paragraphs that several kept documents carry and that were left.
    fn passages(&self, folder: &Path) -> Result<()> {
        let mut file = LazyFile::new(folder.join("passages.jsonl"));
        file.touch()?;
        let mut buffer = String::new();
        for passage in &self.decisions.passages {
            let record = self.decisions.units.record_of(passage.unit);
            let span = self.decisions.units.rows[passage.unit as usize].span;
            file.write(&line_of(&serde_json::json!({
                "id": self.records.id(record), "record": record, "start": span.start, "end": span.end,
                "documents": passage.documents, "stories": passage.stories, "copies": passage.copies,
                "at_edge": passage.at_edge, "text": span.of(self.records.text(record as usize, &mut buffer)),
            }))?)?;
        }
        file.finish()
    }

    fn clusters(&self, folder: &Path) -> Result<()> {
        let mut file = LazyFile::new(folder.join("clusters.jsonl"));
        file.touch()?;
        let records = self.records.rows.len() as u32;
        let kept: HashSet<u32> =
            (0..records).filter_map(|r| self.decisions.removed(r)).map(|r| r.witness.of).collect();
        self.in_order(
            |record, _, out| {
                let row = match self.decisions.removed(record) {
                    Some(removed) => serde_json::json!({
                        "id": self.records.id(record), "record": record, "cluster": removed.witness.of, "kept": false,
                        "rule": removed.rule.name(), "similarity": removed.witness.similarity,
                        "witness": self.records.id(removed.witness.of),
                    }),
                    None if kept.contains(&record) => serde_json::json!({
                        "id": self.records.id(record), "record": record, "cluster": record, "kept": true,
                    }),
                    None => return Ok(()),
                };
                out.extend_from_slice(&line_of(&row)?);
                Ok(())
            },
            |bytes| file.write(bytes),
        )?;
        file.finish()
    }

    /// Makes bytes of all records in parallel and hands them on in order.
    fn in_order(
        &self,
        make: impl Fn(u32, &mut String, &mut Vec<u8>) -> Result<()> + Sync,
        mut take: impl FnMut(&[u8]) -> Result<()>,
    ) -> Result<()> {
        let records: Vec<u32> = (0..self.records.rows.len() as u32).collect();
        for window in records.chunks(WINDOW) {
            self.run.cancel.check()?;
            for bytes in self.window(window, &make)? {
                take(&bytes)?;
            }
        }
        Ok(())
    }

    fn window(
        &self,
        records: &[u32],
        make: impl Fn(u32, &mut String, &mut Vec<u8>) -> Result<()> + Sync,
    ) -> Result<Vec<Vec<u8>>> {
        records
            .par_chunks(BATCH)
            .map_init(String::new, |buffer, batch| {
                let mut out = Vec::new();
                for &record in batch {
                    make(record, buffer, &mut out)?;
                }
                Ok(out)
            })
            .collect()
    }
}

fn line_of(row: &impl serde::Serialize) -> Result<Vec<u8>> {
    let mut line = serde_json::to_vec(row).map_err(|e| Error::Unbalanced(e.to_string()))?;
    line.push(b'\n');
    Ok(line)
}
