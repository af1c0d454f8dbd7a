//! What was decided, for those who cut with other tools: attributes beside the documents, a field in them, lists of ids.

use super::out::{Folder, Packing, line_of};
use super::write::{Item, Near, Place, Writer};
use crate::corpus::format::{Compression, Format};
use crate::corpus::records::Raw;
use crate::corpus::table::{Header, fields};
use crate::document::Kind;
use crate::engine::RawBuffer;
use crate::error::Result;
use crate::tables::CutRow;
use serde::Serialize;
use serde_json::json;

/// What a run writes of the documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Emit {
    /// `documents/`, cleaned.
    Documents,
    /// `documents/`, whole, with a field `dechaff` that holds the spans.
    Field,
    /// `attributes/dechaff/`: Dolma attribute files, a row a record.
    Attributes,
    /// `kept-ids.txt` and `removed-ids.txt`.
    Ids,
}

/// The field, and the folder of the attributes.
pub const NAME: &str = "dechaff";

/// A cut as other tools want it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Marked {
    /// First code point.
    pub start: u64,
    /// One past the last.
    pub end: u64,
    /// As in the receipt.
    pub score: f32,
    /// What it is.
    pub kind: Kind,
}

/// What the field `dechaff` holds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Annotation {
    /// Whether the document goes as a whole.
    pub removed: bool,
    /// What would be cut of it.
    pub spans: Vec<Marked>,
}

impl<'a> Writer<'a> {
    /// What was decided about a record, in code points of its text.
    pub(super) fn annotation(
        &self,
        record: u32,
        raw: &Raw<'_>,
        (buffer, near): (&mut String, &mut Near<'a>),
    ) -> Annotation {
        let text = raw.spelling().text(raw.raw_text(), buffer);
        if let Some(removed) = self.decisions.removed(record) {
            let whole = Marked {
                start: 0,
                end: text.chars().count() as u64,
                score: removed.witness.similarity,
                kind: Kind::Document,
            };
            return Annotation { removed: true, spans: vec![whole] };
        }
        let stretch = near.of(self.decisions, record);
        let rows = stretch.cuts_of(record);
        let (mut chars, mut at) = (0u64, 0usize);
        let mut to = |offset: u32| {
            chars += text[at..offset as usize].chars().count() as u64;
            at = offset as usize;
            chars
        };
        let mark = |(row, range): (&CutRow, crate::document::Span)| Marked {
            start: to(range.start),
            end: to(range.end),
            score: row.score,
            kind: row.kind,
        };
        let spans = rows.iter().zip(stretch.ranges(text, rows)).map(mark).collect();
        Annotation { removed: false, spans }
    }

    /// What the field `dechaff` of a record holds.
    pub(super) fn annotation_json(
        &self,
        record: u32,
        raw: &Raw<'_>,
        work: (&mut String, &mut Near<'a>),
    ) -> String {
        let annotation = self.annotation(record, raw, work);
        serde_json::to_string(&annotation).expect("plain values are always JSON")
    }

    /// A record with the field `dechaff`, whole else.
    pub(super) fn annotated(
        &self,
        record: u32,
        raw: &Raw<'_>,
        work: (&mut String, &mut Near<'a>),
        out: &mut Vec<u8>,
    ) {
        let annotation = self.annotation_json(record, raw, work);
        let raw = raw.record;
        match self.records.file(record).format {
            Format::Csv => {
                let Header { separator, names } = super::write::table_header(self.records.file(record));
                out.extend_from_slice(raw.as_bytes());
                // A row may have fewer values than there are columns.
                let values = fields(raw.as_bytes(), separator).len();
                out.extend(std::iter::repeat_n(separator, names.len().saturating_sub(values)));
                out.push(separator);
                out.extend_from_slice(format!("\"{}\"", annotation.replace('"', "\"\"")).as_bytes());
            }
            _ => {
                // A record is an object, so that it ends in a brace.
                let inside = raw.trim_end().strip_suffix('}').unwrap_or(raw).trim_end();
                let comma = if inside.ends_with('{') { "" } else { "," };
                out.extend_from_slice(format!("{inside}{comma}\"{NAME}\":{annotation}}}").as_bytes());
            }
        }
    }

    /// `attributes/dechaff/`: for every record of a file, in order, the spans of each kind.
    pub(super) fn attributes(&self, folder: &mut Folder<'_>) -> Result<()> {
        for (number, target) in self.targets.iter().enumerate() {
            let file = &self.records.files[number];
            let lines = matches!(file.format, Format::JsonLines | Format::Warc);
            let (named, stem) = Compression::of_name(&file.input.name);
            let name = match file.format {
                _ if lines && target.format == Format::JsonLines => target.name.clone(),
                Format::JsonLines => format!("{stem}{}", target.compression.ending()),
                _ if named == Compression::None => format!("{}.jsonl", file.input.name),
                _ => format!("{stem}.jsonl{}", target.compression.ending()),
            };
            let name = format!("attributes/{NAME}/{name}");
            if folder.has(&name) {
                continue;
            }
            let rejected = self.unusable(number).filter(|_| file.format != Format::Warc);
            let items = self.merged(self.records.of_file(number), rejected);
            let packing = Packing { compression: target.compression, level: self.run.output.level };
            let mut file = folder.create(name, packing);
            file.touch()?;
            self.in_order(
                items,
                |_, item, work, out| {
                    let (id, annotation) = match item {
                        Item::Record(record) => {
                            let raw = self.records.load(record, &mut work.text.raw);
                            let work = (&mut work.text.text, &mut work.near);
                            (self.records.id_of(record, &raw), self.annotation(record, &raw, work))
                        }
                        Item::Rejected(_) => {
                            (String::new(), Annotation { removed: false, spans: Vec::new() })
                        }
                    };
                    let spans = |kind: Kind| {
                        let spans = annotation.spans.iter().filter(|s| s.kind == kind);
                        spans.map(|s| json!([s.start, s.end, s.score])).collect::<Vec<_>>()
                    };
                    let attributes: serde_json::Map<_, _> = Kind::ALL
                        .iter()
                        .map(|&kind| (format!("{NAME}_{}_spans", kind.name()), spans(kind).into()))
                        .collect();
                    out.extend(line_of(&json!({"id": id, "attributes": attributes}))?);
                    Ok(())
                },
                |bytes| file.write(bytes),
            )?;
            folder.keep(file)?;
        }
        Ok(())
    }

    /// `kept-ids.txt` and `removed-ids.txt`: an id a line.
    pub(super) fn ids(&self, folder: &mut Folder<'_>) -> Result<()> {
        for (name, place) in [("kept-ids.txt", Place::Documents), ("removed-ids.txt", Place::Removed)] {
            let mut file = folder.create(name, Packing::NONE);
            file.touch()?;
            let mut buffer = RawBuffer::default();
            for record in 0..self.records.count() {
                if self.decisions.is_removed(record) == (place == Place::Removed) {
                    let id = self.records.id(record, &mut buffer);
                    // An id with a line break would be two.
                    let id = if id.contains(char::is_control) { json!(id).to_string() } else { id };
                    file.write(id.as_bytes())?;
                    file.write(b"\n")?;
                }
            }
            folder.keep(file)?;
        }
        Ok(())
    }
}

/// The header of a table with one column more.
pub(super) fn header(lead: &[u8]) -> Vec<u8> {
    let row = lead.trim_ascii_end();
    let text = String::from_utf8_lossy(row);
    let separator = Header::read(text.trim_start_matches('\u{feff}')).separator;
    let mut out = row.to_vec();
    if !row.is_empty() {
        out.push(separator);
        out.extend_from_slice(NAME.as_bytes());
    }
    out.extend_from_slice(&lead[row.len()..]);
    out
}
