//! Records in another format than they came in: lines of JSON, and tables of such lines.

use super::annotate::{Emit, NAME};
use super::columns::{TableSink, annotation_field};
use super::shape::{Columns, Shape, distinct};
use super::write::{Item, Place, Work, Writer, table_header};
use crate::corpus::format::Format;
use crate::corpus::reading::OnError;
use crate::corpus::records::own_fields;
use crate::corpus::split;
use crate::corpus::table::{self, Header};
use crate::engine::TextBuffer;
use crate::engine::ordered::ordered;
use crate::error::{Error, Result};
use std::borrow::Cow;
use std::ops::Range;

impl<'a> Writer<'a> {
    /// Whether the records of a file go into another format.
    pub(super) fn is_converted(&self, number: usize) -> bool {
        self.records.files[number].format != self.targets[number].format
    }

    /// Whether unusable records of a file stay where they are: not in another format, which has no place for them.
    pub(super) fn keeps_rejected(&self, number: usize) -> bool {
        self.run.on_error == OnError::Keep && !self.is_converted(number)
    }

    /// Whether what stands behind the values of a file has no place in the format that they are written in.
    pub(super) fn has_left_over(&self, number: usize) -> bool {
        let file = &self.records.files[number];
        file.format == Format::Json && self.is_converted(number) && !split::is_leavable(&file.end)
    }

    /// The bytes of a file of another format, one piece after another.
    pub(super) fn convert(
        &self,
        number: usize,
        place: Place,
        columns: Option<&Columns>,
        write: &mut dyn FnMut(&[u8]) -> Result<()>,
    ) -> Result<()> {
        let (file, target) = (&self.records.files[number], &self.targets[number]);
        let failed = |reason: String| self.unfit(number, &reason);
        let header = (file.format == Format::Csv).then(|| table_header(file));
        let annotated = place == Place::Documents && self.run.output.emits(Emit::Field);
        let mut sink = match (columns, target.format) {
            (Some(columns), Format::Parquet) => {
                let schema = columns.schema(annotated.then(annotation_field)).map_err(failed)?;
                Some(TableSink::new(&target.name, schema, self.run.output.level)?)
            }
            (Some(columns), _) => {
                write(&columns.header(annotated.then_some(NAME)).map_err(failed)?)?;
                None
            }
            (None, _) => None,
        };
        self.in_order(
            self.items(number, place),
            |_, item, work, out| {
                let Item::Record(record) = item else { return Ok(()) };
                let Some(columns) = columns else {
                    self.line(record, place, header.as_ref(), work, out);
                    return Ok(());
                };
                let mut line = Vec::new();
                self.line(record, place, header.as_ref(), work, &mut line);
                let line = std::str::from_utf8(&line).map_err(|e| failed(e.to_string()))?;
                match target.format {
                    Format::Parquet => columns.line(line, out),
                    _ => columns.row(line, out),
                }
                .map_err(failed)
            },
            |bytes| match &mut sink {
                Some(sink) => sink.take(bytes, write),
                None => write(bytes),
            },
        )?;
        sink.map_or(Ok(()), |sink| sink.finish(write))
    }

    /// The columns of the table that the records of a file go into; `None` where they go into none.
    pub(super) fn columns_of(&self, number: usize) -> Result<Option<Columns>> {
        let (file, target) = (&self.records.files[number], &self.targets[number]);
        let is_table = matches!(target.format, Format::Csv | Format::Parquet);
        if !is_table || !self.is_converted(number) || file.format == Format::Parquet {
            return Ok(None);
        }
        let fields = &self.run.config.fields;
        let own = own_fields();
        let (shape, text) = match file.format {
            Format::Text => (Shape::of_texts(["id", "text"]), &own.text),
            Format::Warc => (self.shape(number)?, &own.text),
            _ => (self.shape(number)?, &fields.text),
        };
        shape.columns(text).map(Some).map_err(|reason| self.unfit(number, &reason))
    }

    /// What the records of a file have for fields, all of them seen once more.
    fn shape(&self, number: usize) -> Result<Shape> {
        let mut all = Shape::default();
        let file = &self.records.files[number];
        let header = (file.format == Format::Csv).then(|| table_header(file));
        let as_line = |header: &Header, row: &str| {
            let mut line = Vec::new();
            object(row_fields(header, row), &mut line);
            String::from_utf8_lossy(&line).into_owned()
        };
        if let Some(header) = header.as_ref().filter(|_| !file.lead.trim_ascii().is_empty()) {
            // All columns of a table that has no rows.
            let separators = String::from(char::from(header.separator)).repeat(header.names.len().max(1) - 1);
            all.see(&as_line(header, &separators)).map_err(|reason| self.unfit(number, &reason))?;
        }
        let records = self.records.of_file(number);
        let size = self.run.batch.clamp(1, SEEN) as u32;
        let parts =
            records.clone().step_by(size as usize).map(|start| start..(start + size).min(records.end));
        ordered(
            parts,
            |buffer: &mut TextBuffer, part: Range<u32>| {
                let mut shape = Shape::default();
                for record in part {
                    let record = self.records.load(record, &mut buffer.raw).record;
                    match &header {
                        Some(header) => shape.see(&as_line(header, record))?,
                        None => shape.see(record)?,
                    }
                }
                Ok(shape)
            },
            |shape: std::result::Result<Shape, String>| {
                self.run.cancel.check()?;
                all.merge(shape.map_err(|reason| self.unfit(number, &reason))?);
                Ok(())
            },
        )?;
        Ok(all)
    }

    pub(super) fn unfit(&self, number: usize, reason: &str) -> Error {
        let path = &self.records.files[number].input.path;
        Error::Input(format!(
            "{}: cannot be written as `{}`: {reason}",
            path.display(),
            self.targets[number].name
        ))
    }

    /// A record as a line of JSON.
    fn line(
        &self,
        record: u32,
        place: Place,
        header: Option<&Header>,
        work: &mut Work<'a>,
        out: &mut Vec<u8>,
    ) {
        let has_fields = !matches!(self.records.file(record).format, Format::Csv | Format::Text);
        let marks = place == Place::Documents && self.run.output.emits(Emit::Field);
        let mut body = Vec::new();
        if has_fields || !marks {
            self.body(record, place, work, (false, &mut body));
        } else {
            body.extend_from_slice(self.records.load(record, &mut work.text.raw).record.as_bytes());
        }
        if has_fields {
            // Line breaks of JSON stand only between its tokens.
            out.extend(body.iter().map(|&b| if matches!(b, b'\n' | b'\r') { b' ' } else { b }));
            return out.push(b'\n');
        }
        let body = String::from_utf8_lossy(&body);
        match header {
            Some(header) => object(row_fields(header, &body), out),
            None => {
                let id = self.records.id(record, &mut work.text.raw);
                object([("id".into(), id.into()), ("text".into(), body)], out);
            }
        }
        if marks {
            let raw = self.records.load(record, &mut work.text.raw);
            let annotation = self.annotation_json(record, &raw, (&mut work.text.text, &mut work.near));
            out.pop();
            out.extend_from_slice(format!(",\"{NAME}\":{annotation}}}").as_bytes());
        }
        out.push(b'\n');
    }
}

/// Records whose fields are looked at together.
const SEEN: usize = 256;

/// An object of texts.
fn object<'f>(fields: impl IntoIterator<Item = (Cow<'f, str>, Cow<'f, str>)>, out: &mut Vec<u8>) {
    let spelt = |text: &str| serde_json::to_string(text).expect("a string is always JSON");
    let mut mark = "{";
    for (name, value) in fields {
        out.extend_from_slice(format!("{mark}{}:{}", spelt(&name), spelt(&value)).as_bytes());
        mark = ",";
    }
    out.push(b'}');
}

/// The values of a row under their names; those behind the last name are called by their numbers.
fn row_fields<'f>(header: &'f Header, row: &'f str) -> impl Iterator<Item = (Cow<'f, str>, Cow<'f, str>)> {
    let values = table::fields(row.as_bytes(), header.separator);
    let name = |at: usize| -> Cow<'f, str> {
        header.names.get(at).map_or_else(|| format!("column {}", at + 1).into(), |n| n.as_str().into())
    };
    // Of columns of one name the first counts.
    let names = distinct((0..values.len()).map(name));
    names.into_iter().zip(values).map(|(name, value)| (name, value.text(row).into()))
}
