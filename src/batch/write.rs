//! Decisions and records to the output folder or stream, in parallel over batches, in input order.

use super::Run;
use super::annotate::Emit;
use super::columns;
use super::files::{self, FileRow, Target, Written};
use super::out::{Folder, OutFile, Packing, line_of};
use crate::clean::receipt::{self, Header};
use crate::corpus::format::{Compression, Format};
use crate::corpus::reading::OnError;
use crate::corpus::records::{FileRead, Records, Rejected};
use crate::corpus::table::{self, Header as TableHeader};
use crate::engine::{Decisions, Source};
use crate::error::{Error, Result};
use crate::judge::because::Because;
use rayon::prelude::*;
use serde_json::json;
use std::collections::HashSet;
use std::io::Write;

/// Batches that are held before they are written.
const WINDOW: usize = 32;

/// Writes what was decided.
pub struct Writer<'a> {
    pub(super) records: &'a Records,
    pub(super) decisions: &'a Decisions,
    pub(super) run: &'a Run<'a>,
    /// Where the records of each file go.
    pub(super) targets: Vec<Target>,
    pub(super) because: Because<'a>,
}

/// What becomes of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Documents,
    Removed,
    Rejected,
}

impl Place {
    fn folder(self) -> &'static str {
        match self {
            Place::Documents => "documents",
            Place::Removed => "removed",
            Place::Rejected => "rejected",
        }
    }
}

/// A record of a file, usable or not.
#[derive(Debug, Clone, Copy)]
pub(super) enum Item<'a> {
    Record(u32),
    Rejected(&'a Rejected),
}

impl<'a> Writer<'a> {
    /// For these decisions.
    ///
    /// # Errors
    /// Two files that would be written under one name.
    pub fn new(records: &'a Records, decisions: &'a Decisions, run: &'a Run<'a>) -> Result<Writer<'a>> {
        let targets: Vec<Target> = records.files.iter().map(|f| run.output.conversion.target(f)).collect();
        let mut names = HashSet::new();
        for (target, file) in targets.iter().zip(&records.files) {
            if !names.insert(&target.name) {
                return Err(Error::Input(format!(
                    "{}: would be written as `{}`, as another file is; rename one of them",
                    file.input.path.display(),
                    target.name
                )));
            }
        }
        Ok(Writer { records, decisions, run, targets, because: Because::new(&run.lists.model) })
    }

    /// Writes `documents/`, `removed/` and `rejected/` below `folder`.
    pub fn documents(&self, folder: &mut Folder<'_>) -> Result<()> {
        self.each_file(folder, &[Place::Documents, Place::Removed, Place::Rejected])
    }

    /// Writes what a pipe does not pass on: `removed/` and `rejected/`.
    pub fn set_aside(&self, folder: &mut Folder<'_>) -> Result<()> {
        self.each_file(folder, &[Place::Removed, Place::Rejected])
    }

    /// Writes `receipts/receipts.jsonl`, `clusters.jsonl`, `passages.jsonl`, `rejected.jsonl` and `files.jsonl`.
    pub fn decisions(&self, folder: &mut Folder<'_>, written: Written) -> Result<()> {
        let all: Vec<Item<'_>> = (0..self.records.rows.len() as u32).map(Item::Record).collect();
        let name = "receipts/receipts.jsonl";
        if !folder.has(name) {
            let mut file = folder.create(name, Packing::NONE);
            file.write(&line_of(&Header::new(receipt::FORMAT, receipt::VERSION))?)?;
            self.in_order(
                &all,
                |_, item, buffer, out| {
                    if let Item::Record(record) = item
                        && let Some(receipt) = self.receipt(record, buffer)
                    {
                        serde_json::to_writer(&mut *out, &receipt)
                            .map_err(|e| Error::Unbalanced(e.to_string()))?;
                        out.push(b'\n');
                    }
                    Ok(())
                },
                |bytes| file.write(bytes),
            )?;
            folder.keep(file)?;
        }
        self.clusters(folder, &all)?;
        self.passages(folder)?;
        let mut rejected = folder.create("rejected.jsonl", Packing::NONE);
        rejected.touch()?;
        for row in &self.records.rejected {
            rejected.write(&line_of(&json!({
                "file": self.records.files[row.file as usize].input.name, "line": row.line, "row": row.row,
                "offset": row.offset, "bytes": row.bytes.len(), "reason": row.reason,
                "kept": self.run.on_error == OnError::Keep,
            }))?)?;
        }
        for (file, reason) in &self.records.unreadable {
            rejected.write(&line_of(&json!({"file": file.name, "reason": reason, "unreadable": true}))?)?;
        }
        folder.keep(rejected)?;
        let mut list = folder.create("files.jsonl", Packing::NONE);
        list.write(&line_of(&Header::new(files::FORMAT, files::VERSION))?)?;
        for (number, (file, target)) in self.records.files.iter().zip(&self.targets).enumerate() {
            let rejected = self.records.rejected_of(number).len() as u32;
            list.write(&line_of(&FileRow::new(file, rejected, target, written))?)?;
        }
        folder.keep(list)
    }

    /// Writes the cleaned records to a stream, packed as it came.
    pub fn stream(&self, output: &mut dyn Write) -> Result<()> {
        for (number, target) in self.targets.iter().enumerate() {
            let mut packed =
                PackedStream { output, packing: self.packing(target), block: Vec::new(), any: false };
            self.place(number, Place::Documents, &mut |bytes| packed.write(bytes))?;
            packed.finish()?;
        }
        output.flush().map_err(Error::io("write", "-"))
    }

    fn packing(&self, target: &Target) -> Packing {
        Packing { compression: target.compression, level: self.run.output.level }
    }

    /// The items of a file that go to a place, in order.
    pub(super) fn items(&self, number: usize, place: Place) -> Vec<Item<'a>> {
        let keep = self.run.on_error == OnError::Keep;
        let annotated = self.run.output.emits(Emit::Field);
        let usable = self.records.of_file(number);
        if place == Place::Rejected {
            return if keep {
                Vec::new()
            } else {
                self.records.rejected_of(number).iter().map(Item::Rejected).collect()
            };
        }
        let removed = |r: &u32| self.decisions.removed(*r).is_some() && !annotated;
        let mut items: Vec<Item<'a>> =
            usable.filter(|r| removed(r) == (place == Place::Removed)).map(Item::Record).collect();
        let converted = self.records.files[number].format != self.targets[number].format;
        if keep && place == Place::Documents && !converted {
            items.extend(self.records.rejected_of(number).iter().map(Item::Rejected));
            items.sort_by_key(|i| match i {
                Item::Record(r) => self.records.rows[*r as usize].row,
                Item::Rejected(rejected) => rejected.row,
            });
        }
        items
    }

    fn each_file(&self, folder: &mut Folder<'_>, places: &[Place]) -> Result<()> {
        for (number, target) in self.targets.iter().enumerate() {
            self.run.cancel.check()?;
            for &place in places {
                // What could not be read is kept in the form that it came in.
                let name = if place == Place::Rejected {
                    &self.records.files[number].input.name
                } else {
                    &target.name
                };
                let name = format!("{}/{name}", place.folder());
                if folder.has(&name) || !self.is_wanted(number, place) {
                    continue;
                }
                if self.records.files[number].format == Format::Parquet {
                    columns::write(self, folder, number, place, &name)?;
                    continue;
                }
                let compression = match place {
                    Place::Rejected => self.records.files[number].compression,
                    _ => target.compression,
                };
                let packing = Packing { compression, ..self.packing(target) };
                let mut file: OutFile<'_> = folder.create(name, packing);
                file.touch()?;
                self.place(number, place, &mut |bytes| file.write(bytes))?;
                folder.keep(file)?;
            }
            self.run.progress.advance(self.records.of_file(number).len() as u64);
        }
        Ok(())
    }

    /// Whether there is anything to write: all files have their place in `documents/` but texts that went.
    fn is_wanted(&self, number: usize, place: Place) -> bool {
        let is_text = self.records.files[number].format == Format::Text;
        (place == Place::Documents && !is_text) || !self.items(number, place).is_empty()
    }

    /// The bytes of a file in a place, one piece after another.
    fn place(&self, number: usize, place: Place, write: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let (file, target) = (&self.records.files[number], &self.targets[number]);
        let converted = file.format != target.format && place != Place::Rejected;
        // A table or an array is one in every pile; what stands around lines stays with the documents.
        let framed = match file.format {
            Format::Csv | Format::Json => true,
            _ => place == Place::Documents,
        };
        if framed && !converted {
            if self.run.output.emits(Emit::Field) && file.format == Format::Csv && place == Place::Documents {
                write(&super::annotate::header(&file.lead))?;
            } else {
                write(&file.lead)?;
            }
        }
        let separator =
            file.separator.as_deref().unwrap_or(if file.format == Format::Json { b",\n" } else { b"" });
        let header = (converted && file.format == Format::Csv).then(|| table_header(file));
        let items = self.items(number, place);
        self.in_order(
            &items,
            |at, item, buffer, out| {
                if at > 0 && !converted {
                    out.extend_from_slice(separator);
                }
                match item {
                    Item::Rejected(rejected) => out.extend_from_slice(&rejected.bytes),
                    Item::Record(record) if converted => {
                        let mut cleaned = Vec::new();
                        self.body(record, place, buffer, &mut cleaned);
                        self.converted(record, &cleaned, header.as_ref(), out)?;
                    }
                    Item::Record(record) => {
                        let (before, after) = self.records.around(record);
                        out.extend_from_slice(before);
                        self.body(record, place, buffer, out);
                        out.extend_from_slice(after);
                    }
                }
                Ok(())
            },
            &mut *write,
        )?;
        if framed && !converted { write(&file.end) } else { Ok(()) }
    }

    /// A record as it stands in a place.
    fn body(&self, record: u32, place: Place, buffer: &mut String, out: &mut Vec<u8>) {
        let raw = self.records.raw(record).as_bytes();
        if place == Place::Documents && self.run.output.emits(Emit::Field) {
            self.annotated(record, buffer, out);
        } else if place == Place::Documents {
            self.cleaned(record, buffer, out);
        } else {
            out.extend_from_slice(raw);
        }
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
        let offsets = self.records.spelling(record).raw_offsets(self.records.raw_text(record), &offsets);
        let base = self.records.rows[record as usize].text_start as usize;
        let mut at = 0;
        for pair in offsets.chunks_exact(2) {
            out.extend_from_slice(&raw[at..base + pair[0]]);
            at = base + pair[1];
        }
        out.extend_from_slice(&raw[at..]);
    }

    /// The text of a record without its cuts.
    pub(super) fn cleaned_text(&self, record: u32, buffer: &mut String) -> String {
        let text = self.records.text(record as usize, buffer);
        let ranges = self.ranges(text, self.decisions.cuts_of(record));
        crate::clean::cuts::cut(text, &ranges)
    }

    /// A record as a line of JSON.
    fn converted(
        &self,
        record: u32,
        cleaned: &[u8],
        header: Option<&TableHeader>,
        out: &mut Vec<u8>,
    ) -> Result<()> {
        match (self.records.file(record).format, header) {
            (Format::Csv, Some(header)) => {
                let row = String::from_utf8_lossy(cleaned);
                let fields = table::fields(row.as_bytes(), header.separator);
                let fields = header.names.iter().zip(fields).map(|(n, f)| (n.clone(), f.text(&row).into()));
                out.extend(line_of(&fields.collect::<serde_json::Map<_, _>>())?);
            }
            (Format::Text, _) => {
                let text = String::from_utf8_lossy(cleaned);
                out.extend(line_of(&json!({"id": self.records.id(record), "text": text}))?);
            }
            _ => {
                // Line breaks of JSON stand only between its tokens.
                out.extend(cleaned.iter().map(|&b| if matches!(b, b'\n' | b'\r') { b' ' } else { b }));
                out.push(b'\n');
            }
        }
        Ok(())
    }

    /// `passages.jsonl`: paragraphs that several kept documents carry and that were left.
    fn passages(&self, folder: &mut Folder<'_>) -> Result<()> {
        let mut file = folder.create("passages.jsonl", Packing::NONE);
        file.touch()?;
        let mut buffer = String::new();
        for passage in &self.decisions.passages {
            let record = self.decisions.units.record_of(passage.unit);
            let span = self.decisions.units.rows[passage.unit as usize].span;
            file.write(&line_of(&json!({
                "id": self.records.id(record), "record": record, "start": span.start, "end": span.end,
                "documents": passage.documents, "stories": passage.stories, "copies": passage.copies,
                "at_edge": passage.at_edge, "text": span.of(self.records.text(record as usize, &mut buffer)),
            }))?)?;
        }
        folder.keep(file)
    }

    fn clusters(&self, folder: &mut Folder<'_>, all: &[Item<'_>]) -> Result<()> {
        let mut file = folder.create("clusters.jsonl", Packing::NONE);
        file.touch()?;
        let records = self.records.rows.len() as u32;
        let kept: HashSet<u32> =
            (0..records).filter_map(|r| self.decisions.removed(r)).map(|r| r.witness.of).collect();
        self.in_order(
            all,
            |_, item, _, out| {
                let Item::Record(record) = item else { return Ok(()) };
                let row = match self.decisions.removed(record) {
                    Some(removed) => json!({
                        "id": self.records.id(record), "record": record, "cluster": removed.witness.of, "kept": false,
                        "rule": removed.rule.name(), "similarity": removed.witness.similarity,
                        "witness": self.records.id(removed.witness.of),
                    }),
                    None if kept.contains(&record) => json!({
                        "id": self.records.id(record), "record": record, "cluster": record, "kept": true,
                    }),
                    None => return Ok(()),
                };
                out.extend_from_slice(&line_of(&row)?);
                Ok(())
            },
            |bytes| file.write(bytes),
        )?;
        folder.keep(file)
    }

    /// Makes bytes of all items in parallel and hands them on in order.
    pub(super) fn in_order(
        &self,
        items: &[Item<'_>],
        make: impl Fn(usize, Item<'_>, &mut String, &mut Vec<u8>) -> Result<()> + Sync,
        mut take: impl FnMut(&[u8]) -> Result<()>,
    ) -> Result<()> {
        let batch = self.run.batch.max(1);
        let all: Vec<(usize, Item<'_>)> = items.iter().copied().enumerate().collect();
        for window in all.chunks(WINDOW * batch) {
            self.run.cancel.check()?;
            let made: Vec<Result<Vec<u8>>> = window
                .par_chunks(batch)
                .map_init(String::new, |buffer, batch| {
                    let mut out = Vec::new();
                    for &(at, item) in batch {
                        make(at, item, buffer, &mut out)?;
                    }
                    Ok(out)
                })
                .collect();
            for bytes in made {
                take(&bytes?)?;
            }
        }
        Ok(())
    }
}

/// The header of a table.
pub(super) fn table_header(file: &FileRead) -> TableHeader {
    let lead = String::from_utf8_lossy(&file.lead);
    TableHeader::read(lead.trim_start_matches('\u{feff}').trim_matches(['\r', '\n']))
}

/// A stream that is packed as it is written.
struct PackedStream<'a> {
    output: &'a mut dyn Write,
    packing: Packing,
    block: Vec<u8>,
    any: bool,
}

impl PackedStream<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        if self.packing.compression == Compression::None {
            return self.output.write_all(bytes).map_err(Error::io("write", "-"));
        }
        self.block.extend_from_slice(bytes);
        while self.block.len() >= crate::corpus::packing::MEMBER {
            let rest = self.block.split_off(crate::corpus::packing::MEMBER);
            let member = std::mem::replace(&mut self.block, rest);
            self.put(member)?;
        }
        Ok(())
    }

    fn put(&mut self, member: Vec<u8>) -> Result<()> {
        let Packing { compression, level } = self.packing;
        let packed =
            crate::corpus::packing::pack(compression, level, member).map_err(Error::io("pack", "-"))?;
        self.any = true;
        self.output.write_all(&packed).map_err(Error::io("write", "-"))
    }

    fn finish(mut self) -> Result<()> {
        if self.packing.compression == Compression::None || (self.any && self.block.is_empty()) {
            return Ok(());
        }
        let member = std::mem::take(&mut self.block);
        self.put(member)
    }
}
