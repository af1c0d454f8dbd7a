//! Decisions and records to the output folder or stream, in parallel over batches, in input order.

use super::Run;
use super::annotate::Emit;
use super::columns;
use super::files::{self, FileRow, Target, Written};
use super::out::{Folder, OutFile, Packing, line_of};
use super::receipts::Facts;
use super::shape::Columns;
use crate::clean::receipt::{self, Header};
use crate::corpus::format::{Compression, Format};
use crate::corpus::records::{FileRead, Raw, Records};
use crate::corpus::table::Header as TableHeader;
use crate::engine::fates::NextFates;
use crate::engine::ordered::ordered;
use crate::engine::{Decisions, RawBuffer, Source, Stretch, TextBuffer};
use crate::error::{Error, Result};
use crate::report::summary::Touched;
use crate::store::{Ahead, Bits};
use crate::tables::{CutRow, Evidence, PassageRow};
use serde_json::json;
use std::collections::HashSet;
use std::io::Write;
use std::ops::Range;

/// Writes what was decided.
pub struct Writer<'a> {
    pub(super) records: &'a Records,
    pub(super) decisions: &'a Decisions,
    pub(super) run: &'a Run<'a>,
    /// Where the records of each file go.
    pub(super) targets: Vec<Target>,
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

/// A record of a file, usable or not, by its number among such.
#[derive(Debug, Clone, Copy)]
pub(super) enum Item {
    Record(u32),
    Rejected(u32),
}

/// Records in the order of their file.
pub(super) type Items<'a> = Box<dyn Iterator<Item = Item> + 'a>;

/// What a thread that writes keeps from one record to the next.
#[derive(Default)]
pub(super) struct Work<'a> {
    pub text: TextBuffer,
    /// The records of witnesses.
    pub witness: RawBuffer,
    /// The bytes of a record that was rejected.
    pub rejected: Vec<u8>,
    pub near: Near<'a>,
    pub evidence: Vec<Evidence>,
    pub facts: Facts,
    pub fates: NextFates,
    /// What receipts were made of since the last batch.
    pub touched: Touched,
}

/// What was decided about the record that is written, and those behind it.
#[derive(Default)]
pub(super) struct Near<'a>(Option<(Range<u32>, Stretch<'a>)>);

/// Units whose decisions are read together, as far as whole records go: those of some records that are written together.
const NEAR: usize = 2048;

impl<'a> Near<'a> {
    /// What was decided about a record.
    pub fn of(&mut self, decisions: &'a Decisions, record: u32) -> &Stretch<'a> {
        self.read(decisions, record, Decisions::stretch)
    }

    /// What was decided about a record, with the counts behind it.
    pub fn with_evidence(&mut self, decisions: &'a Decisions, record: u32) -> &Stretch<'a> {
        self.0.take_if(|(_, stretch)| !stretch.has_evidence());
        self.read(decisions, record, Decisions::stretch_with_evidence)
    }

    fn read(
        &mut self,
        decisions: &'a Decisions,
        record: u32,
        read: impl Fn(&'a Decisions, Range<u32>) -> Stretch<'a>,
    ) -> &Stretch<'a> {
        if self.0.as_ref().is_none_or(|(records, _)| !records.contains(&record)) {
            let records = record..decisions.units.end_of(record, NEAR);
            self.0 = Some((records.clone(), read(decisions, records)));
        }
        self.0.as_ref().map(|(_, stretch)| stretch).expect("it was just read")
    }
}

/// What each file becomes.
///
/// # Errors
/// Two files that would be written under one name.
pub(super) fn targets(records: &Records, run: &Run<'_>) -> Result<Vec<Target>> {
    let marked = run.output.emits(Emit::Field);
    let targets: Vec<Target> =
        records.files.iter().map(|f| run.output.conversion.target(f, marked)).collect();
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
    Ok(targets)
}

impl<'a> Writer<'a> {
    /// For these decisions, with what [`targets`] told.
    pub fn new(
        records: &'a Records,
        decisions: &'a Decisions,
        run: &'a Run<'a>,
        targets: Vec<Target>,
    ) -> Writer<'a> {
        Writer { records, decisions, run, targets }
    }

    /// Writes `documents/`, `removed/` and `rejected/` below `folder`.
    pub fn documents(&self, folder: &mut Folder<'_>) -> Result<()> {
        self.each_file(folder, &[Place::Documents, Place::Removed, Place::Rejected])
    }

    /// Writes what a pipe does not pass on: `removed/` and `rejected/`.
    pub fn set_aside(&self, folder: &mut Folder<'_>) -> Result<()> {
        self.each_file(folder, &[Place::Removed, Place::Rejected])
    }

    /// Writes `receipts/receipts.jsonl`, `clusters.jsonl`, `passages.jsonl`, `rejected.jsonl` and `files.jsonl`. Told is what was
    /// counted on the way, unless the receipts were there before.
    pub fn decisions(&self, folder: &mut Folder<'_>, written: Written) -> Result<Option<Touched>> {
        let mut touched = None;
        let all = || (0..self.records.count()).map(Item::Record);
        let name = "receipts/receipts.jsonl";
        if !folder.has(name) {
            let mut file = folder.create(name, Packing::NONE);
            file.write(&line_of(&Header::new(receipt::FORMAT, receipt::VERSION))?)?;
            let counted = self.in_order(
                all(),
                |_, item, work, out| {
                    if let Item::Record(record) = item
                        && let Some(receipt) = self.receipt(record, work)
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
            touched = Some(counted);
        }
        self.clusters(folder, all())?;
        self.passages(folder)?;
        let mut rejected = folder.create("rejected.jsonl", Packing::NONE);
        rejected.touch()?;
        for (row, reason) in self.records.rejected.reasons() {
            rejected.write(&line_of(&json!({
                "file": self.records.files[row.file as usize].input.name, "line": row.line, "row": row.row,
                "offset": row.offset, "bytes": row.length(), "reason": reason,
                "kept": self.keeps_rejected(row.file as usize),
            }))?)?;
        }
        for (file, reason) in &self.records.unreadable {
            rejected.write(&line_of(&json!({"file": file.name, "reason": reason, "unreadable": true}))?)?;
        }
        folder.keep(rejected)?;
        let mut list = folder.create("files.jsonl", Packing::NONE);
        list.write(&line_of(&Header::new(files::FORMAT, files::VERSION))?)?;
        for (number, (file, target)) in self.records.files.iter().zip(&self.targets).enumerate() {
            let rejected = self.records.rejected.of_file(number).len() as u32;
            list.write(&line_of(&FileRow::new(file, rejected, target, written))?)?;
        }
        folder.keep(list)?;
        Ok(touched)
    }

    /// Writes the cleaned records to a stream, packed as it came.
    pub fn stream(&self, output: &mut dyn Write) -> Result<()> {
        for (number, target) in self.targets.iter().enumerate() {
            let mut packed =
                PackedStream { output, packing: self.packing(target), block: Vec::new(), any: false };
            let columns = self.columns_of(number)?;
            self.place(number, Place::Documents, columns.as_ref(), &mut |bytes| packed.write(bytes))?;
            packed.finish()?;
        }
        output.flush().map_err(Error::io("write", "-"))
    }

    fn packing(&self, target: &Target) -> Packing {
        Packing { compression: target.compression, level: self.run.output.level }
    }

    /// The items of a file that go to a place, in order.
    pub(super) fn items(&self, number: usize, place: Place) -> Items<'a> {
        let keep = self.keeps_rejected(number);
        let annotated = self.run.output.emits(Emit::Field);
        let (records, decisions) = (self.records, self.decisions);
        let rejected = self.unusable(number);
        if place == Place::Rejected {
            return if keep { Box::new(std::iter::empty()) } else { Box::new(rejected.map(Item::Rejected)) };
        }
        let goes = move |r: &u32| (decisions.is_removed(*r) && !annotated) == (place == Place::Removed);
        let usable = records.of_file(number).filter(goes);
        if keep && place == Place::Documents {
            self.merged(usable, rejected)
        } else {
            Box::new(usable.map(Item::Record))
        }
    }

    /// Unusable records of a file that can be set aside: of some there is nothing but the reason. Rows of a table in columns
    /// are there without bytes of their own.
    pub(super) fn unusable(&self, number: usize) -> impl Iterator<Item = u32> + use<'a> {
        let rejected = &self.records.rejected;
        let in_columns = self.records.files[number].format == Format::Parquet;
        rejected.of_file(number).filter(move |&r| in_columns || rejected.row(r).length() > 0)
    }

    /// Usable and unusable records of a file, in order.
    pub(super) fn merged(
        &self,
        usable: impl Iterator<Item = u32> + 'a,
        rejected: impl Iterator<Item = u32> + 'a,
    ) -> Items<'a> {
        let (records, mut ahead) = (self.records, Ahead::default());
        let rejected = rejected.map(move |number| (number, records.rejected.row(number).row));
        let (mut usable, mut rejected) = (usable.peekable(), rejected.peekable());
        Box::new(std::iter::from_fn(move || {
            let before = match (usable.peek(), rejected.peek()) {
                (Some(&record), Some(rejected)) => {
                    records.rows.get_next(record as usize, &mut ahead).row < rejected.1
                }
                (record, _) => record.is_some(),
            };
            if before {
                usable.next().map(Item::Record)
            } else {
                rejected.next().map(|rejected| Item::Rejected(rejected.0))
            }
        }))
    }

    fn each_file(&self, folder: &mut Folder<'_>, places: &[Place]) -> Result<()> {
        for (number, target) in self.targets.iter().enumerate() {
            self.run.cancel.check()?;
            let mut columns = None;
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
                if columns.is_none() && place != Place::Rejected {
                    columns = self.columns_of(number)?;
                }
                self.place(number, place, columns.as_ref(), &mut |bytes| file.write(bytes))?;
                folder.keep(file)?;
            }
            self.run.progress.advance(self.records.of_file(number).len() as u64);
        }
        Ok(())
    }

    /// Whether there is anything to write: all files have their place in `documents/` but texts that went.
    fn is_wanted(&self, number: usize, place: Place) -> bool {
        let is_text = self.records.files[number].format == Format::Text;
        let left_over = place == Place::Rejected && self.has_left_over(number);
        (place == Place::Documents && !is_text) || left_over || self.items(number, place).next().is_some()
    }

    /// The bytes of a file in a place, one piece after another.
    fn place(
        &self,
        number: usize,
        place: Place,
        columns: Option<&Columns>,
        write: &mut dyn FnMut(&[u8]) -> Result<()>,
    ) -> Result<()> {
        if place != Place::Rejected && self.is_converted(number) {
            return self.convert(number, place, columns, write);
        }
        let file = &self.records.files[number];
        // A table or an array is one in every pile; what stands around lines stays with the documents.
        let framed = match file.format {
            Format::Csv | Format::Json => true,
            _ => place == Place::Documents,
        };
        if framed {
            if self.run.output.emits(Emit::Field) && file.format == Format::Csv && place == Place::Documents {
                write(&super::annotate::header(&file.lead))?;
            } else {
                write(&file.lead)?;
            }
        }
        let separator =
            file.separator.as_deref().unwrap_or(if file.format == Format::Json { b",\n" } else { b"" });
        self.in_order(
            self.items(number, place),
            |at, item, work, out| {
                if at > 0 {
                    out.extend_from_slice(separator);
                }
                match item {
                    Item::Rejected(number) => {
                        out.extend_from_slice(self.records.rejected.bytes(number, &mut work.rejected));
                    }
                    Item::Record(record) => self.body(record, place, work, (true, out)),
                }
                Ok(())
            },
            &mut *write,
        )?;
        if framed { write(&file.end) } else { Ok(()) }
    }

    /// A record as it stands in a place; with what stands around it, if that is asked for.
    pub(super) fn body(
        &self,
        record: u32,
        place: Place,
        work: &mut Work<'a>,
        (around, out): (bool, &mut Vec<u8>),
    ) {
        let Work { text: buffer, near, .. } = work;
        let raw = self.records.load(record, &mut buffer.raw);
        if around {
            out.extend_from_slice(raw.before);
        }
        if place == Place::Documents && self.run.output.emits(Emit::Field) {
            self.annotated(record, &raw, (&mut buffer.text, near), out);
        } else if place == Place::Documents {
            self.cleaned(record, &raw, (&mut buffer.text, near), out);
        } else {
            out.extend_from_slice(raw.record.as_bytes());
        }
        if around {
            out.extend_from_slice(raw.after);
        }
    }

    /// The bytes of a record with its text cut; those it came with where nothing was cut.
    fn cleaned(
        &self,
        record: u32,
        raw: &Raw<'_>,
        (buffer, near): (&mut String, &mut Near<'a>),
        out: &mut Vec<u8>,
    ) {
        let bytes = raw.record.as_bytes();
        let stretch = near.of(self.decisions, record);
        let rows = stretch.cuts_of(record);
        if rows.is_empty() {
            out.extend_from_slice(bytes);
            return;
        }
        let text = raw.spelling().text(raw.raw_text(), buffer);
        let ranges = stretch.ranges(text, rows);
        let offsets: Vec<usize> = ranges.iter().flat_map(|r| [r.start as usize, r.end as usize]).collect();
        let offsets = raw.spelling().raw_offsets(raw.raw_text(), &offsets);
        let base = raw.row.text_start as usize;
        let mut at = 0;
        for pair in offsets.chunks_exact(2) {
            out.extend_from_slice(&bytes[at..base + pair[0]]);
            at = base + pair[1];
        }
        out.extend_from_slice(&bytes[at..]);
        // Nothing at all would be a blank line, and no row.
        if self.is_emptied(raw, rows, stretch) {
            out.extend_from_slice(b"\"\"");
        }
    }

    /// Whether cuts leave nothing of a row of a table that has one column, and no quotes.
    pub(super) fn is_emptied(&self, raw: &Raw<'_>, rows: &[CutRow], stretch: &Stretch<'_>) -> bool {
        let file = raw.row.file as usize;
        let bare = raw.row.text_length == raw.record.len() as u64;
        if self.records.files[file].format != Format::Csv || !bare || self.is_converted(file) {
            return false;
        }
        let cut: u32 = stretch.ranges(raw.record, rows).iter().map(|r| r.end - r.start).sum();
        u64::from(cut) == raw.row.text_length
    }

    /// The text of a record without its cuts; `None` where it has none.
    pub(super) fn cleaned_text(&self, record: u32, work: &mut Work<'a>) -> Option<String> {
        let stretch = work.near.of(self.decisions, record);
        let rows = stretch.cuts_of(record);
        if rows.is_empty() {
            return None;
        }
        let text = self.records.text(record as usize, &mut work.text);
        Some(crate::clean::cuts::cut(text, &stretch.ranges(text, rows)))
    }

    /// `passages.jsonl`: paragraphs that several kept documents carry and that were left.
    fn passages(&self, folder: &mut Folder<'_>) -> Result<()> {
        let mut file = folder.create("passages.jsonl", Packing::NONE);
        file.touch()?;
        let record_of = |passage: &PassageRow| self.decisions.units.record_of(passage.unit);
        let mut passages = self.decisions.passages.cursor();
        let batches = std::iter::from_fn(|| {
            let batch: Vec<PassageRow> = passages.by_ref().take(PASSAGES).collect();
            (!batch.is_empty()).then_some(batch)
        });
        ordered(
            batches,
            |buffer: &mut TextBuffer, batch| {
                let mut out = Vec::new();
                // Many stand in one document, whose text is read once.
                for of_record in batch.chunk_by(|a, b| record_of(a) == record_of(b)) {
                    let record = record_of(&of_record[0]);
                    let id = self.records.id(record, &mut buffer.raw);
                    let text = self.records.text(record as usize, buffer);
                    for passage in of_record {
                        let span = self.decisions.units.spans.get(passage.unit as usize);
                        out.extend(line_of(&json!({
                            "id": id, "record": record, "start": span.start, "end": span.end,
                            "documents": passage.documents, "stories": passage.stories, "copies": passage.copies,
                            "at_edge": passage.at_edge, "text": span.of(text),
                        }))?);
                    }
                }
                Ok(out)
            },
            |lines: Result<Vec<u8>>| {
                self.run.cancel.check()?;
                file.write(&lines?)
            },
        )?;
        folder.keep(file)
    }

    fn clusters(&self, folder: &mut Folder<'_>, all: impl Iterator<Item = Item>) -> Result<()> {
        let mut file = folder.create("clusters.jsonl", Packing::NONE);
        file.touch()?;
        let mut kept = Bits::new(self.records.rows.len());
        self.decisions.documents.removed.each(|r| kept.set(r.1.witness.of as usize));
        self.in_order(
            all,
            |_, item, work, out| {
                let Item::Record(record) = item else { return Ok(()) };
                let mut id = || self.records.id(record, &mut work.text.raw);
                let row = match self.decisions.removed_next(record, &mut work.fates) {
                    Some(removed) => json!({
                        "id": id(), "record": record, "cluster": removed.witness.of, "kept": false,
                        "rule": removed.rule.name(), "similarity": removed.witness.similarity,
                        "witness": self.records.id(removed.witness.of, &mut work.witness),
                    }),
                    None if kept.has(record as usize) => json!({
                        "id": id(), "record": record, "cluster": record, "kept": true,
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

    /// Makes bytes of all items in parallel and hands them on in order. Told is what receipts were made of.
    pub(super) fn in_order(
        &self,
        items: impl Iterator<Item = Item>,
        make: impl Fn(usize, Item, &mut Work<'a>, &mut Vec<u8>) -> Result<()> + Sync,
        mut take: impl FnMut(&[u8]) -> Result<()>,
    ) -> Result<Touched> {
        let mut touched = Touched::default();
        let (most, mut ahead) = (self.run.batch.max(1), Ahead::default());
        let mut items = items.enumerate();
        let batches = std::iter::from_fn(|| {
            let (mut batch, mut bytes) = (Vec::new(), 0);
            while batch.len() < most && bytes < BATCH_BYTES {
                let Some((at, item)) = items.next() else { break };
                bytes += match item {
                    Item::Record(record) => self.records.rows.get_next(record as usize, &mut ahead).bytes(),
                    Item::Rejected(number) => self.records.rejected.row(number).length(),
                };
                batch.push((at, item));
            }
            (!batch.is_empty()).then_some((batch, bytes))
        });
        ordered(
            batches,
            |work: &mut Work<'a>, (batch, bytes)| {
                // Memory that nothing is written to costs nothing.
                let mut out = Vec::with_capacity(bytes.min(2 * BATCH_BYTES) as usize);
                batch.into_iter().try_for_each(|(at, item)| make(at, item, work, &mut out))?;
                Ok((out, std::mem::take(&mut work.touched)))
            },
            |made: Result<(Vec<u8>, Touched)>| {
                self.run.cancel.check()?;
                let (bytes, of_batch) = made?;
                touched = touched.and(of_batch);
                take(&bytes)
            },
        )?;
        Ok(touched)
    }
}

/// Passages that are written together.
const PASSAGES: usize = 256;
/// Bytes of the records that are written together: large ones are few at a time.
const BATCH_BYTES: u64 = 1 << 19;

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
