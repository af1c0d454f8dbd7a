//! Tables in columns (Parquet), written and put back: every column but the text as it came, and what the file says of
//! itself.

use super::annotate::{Annotation, Emit, NAME};
use super::out::{Folder, Packing};
use super::shape::{Columns, Shape, distinct};
use super::write::{Item, Place, Work, Writer};
use crate::corpus::format::Format;
use crate::corpus::parquet::{ROWS, SharedFile, broken, caught, load, text_column};
use crate::corpus::strings::strings;
use crate::disk::{Disk, WriteFile};
use crate::error::{Error, Result};
use arrow_array::{Array, ArrayRef, LargeStringArray, RecordBatch, UInt32Array};
use arrow_schema::{DataType, Field, Fields, Schema, SchemaRef};
use arrow_select::interleave::interleave_record_batch;
use arrow_select::take::take_record_batch;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::basic::{Compression as Codec, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::reader::Length;
use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// An error of Arrow, with the file it came from.
fn arrow_error(path: &Path) -> impl Fn(arrow_schema::ArrowError) -> Error + '_ {
    move |error| broken(path)(ParquetError::External(Box::new(error)))
}

/// An error in writing.
fn write_error(path: &Path) -> impl Fn(ParquetError) -> Error + '_ {
    move |error| match error {
        ParquetError::External(source) => match source.downcast::<std::io::Error>() {
            Ok(source) => Error::io("write", path)(*source),
            Err(source) => Error::io("write", path)(std::io::Error::other(source)),
        },
        error => Error::io("write", path)(std::io::Error::other(error)),
    }
}

/// A table that is read row by row, all columns.
struct Table {
    path: PathBuf,
    bytes: u64,
    metadata: ArrowReaderMetadata,
    batches: ParquetRecordBatchReader,
}

impl Table {
    fn open(disk: &dyn Disk, path: &Path) -> Result<Table> {
        let file = SharedFile::open(disk, path)?;
        let bytes = file.len();
        let metadata = load(&file, path)?;
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata.clone());
        let batches = caught(|| builder.with_batch_size(ROWS).build()).map_err(broken(path))?;
        Ok(Table { path: path.to_path_buf(), bytes, metadata, batches })
    }

    fn rows(&self) -> u64 {
        self.metadata.metadata().file_metadata().num_rows().unsigned_abs()
    }

    fn next(&mut self) -> Result<Option<RecordBatch>> {
        caught(|| self.batches.next().transpose()).map_err(arrow_error(&self.path))
    }

    /// How a table like this one is written: its packing, the rows of its groups, what it says of itself.
    fn properties(&self) -> WriterProperties {
        let metadata = self.metadata.metadata();
        let first = metadata.row_groups().first();
        let codec = first.and_then(|g| g.columns().first()).map_or(Codec::SNAPPY, |c| c.compression());
        let rows = metadata.row_groups().iter().map(|g| g.num_rows()).max().unwrap_or(0).max(1) as usize;
        // The schema of Arrow is written by the writer itself.
        let said = metadata.file_metadata().key_value_metadata().map(|pairs| {
            pairs
                .iter()
                .filter(|p| p.key != parquet::arrow::ARROW_SCHEMA_META_KEY)
                .cloned()
                .collect::<Vec<_>>()
        });
        WriterProperties::builder()
            .set_compression(codec)
            .set_max_row_group_row_count(Some(rows))
            .set_max_row_group_bytes(Some(GROUP_BYTES))
            .set_key_value_metadata(said)
            .build()
    }
}

/// Rows that are written together: as many lines as these, or of so many bytes.
const BATCH_BYTES: usize = 16 << 20;
/// A row group is ended when about so many packed bytes of it wait.
const GROUP_BYTES: usize = 32 << 20;

/// Makes a table of lines of JSON.
pub(super) struct TableSink {
    name: String,
    decoder: arrow_json::reader::Decoder,
    writer: ArrowWriter<Vec<u8>>,
    rows: usize,
    bytes: usize,
}

impl TableSink {
    /// For lines whose values are those of the schema.
    pub fn new(name: &str, schema: SchemaRef, level: Option<u32>) -> Result<TableSink> {
        let level = ZstdLevel::try_new(level.unwrap_or(3).clamp(1, 22) as i32);
        let properties = WriterProperties::builder()
            .set_compression(Codec::ZSTD(level.map_err(write_error(Path::new(name)))?))
            .build();
        let decoder =
            arrow_json::ReaderBuilder::new(Arc::clone(&schema)).with_batch_size(ROWS).build_decoder();
        let writer = ArrowWriter::try_new(Vec::new(), schema, Some(properties));
        Ok(TableSink {
            name: name.to_owned(),
            decoder: decoder.map_err(arrow_error(Path::new(name)))?,
            writer: writer.map_err(write_error(Path::new(name)))?,
            rows: 0,
            bytes: 0,
        })
    }

    /// Takes lines, and hands on what of the table is finished. Where it is cut into batches and row groups depends on
    /// its lines, never on how they come.
    pub fn take(&mut self, lines: &[u8], write: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let mut at = 0;
        for end in memchr::memchr_iter(b'\n', lines) {
            let line = &lines[at..=end];
            at = end + 1;
            let taken = self.decoder.decode(line).map_err(arrow_error(Path::new(&self.name)))?;
            if taken != line.len() {
                return Err(Error::Unbalanced(format!("{}: a line was not taken whole", self.name)));
            }
            self.rows += 1;
            self.bytes += line.len();
            if self.rows == ROWS || self.bytes >= BATCH_BYTES {
                self.batch(write)?;
            }
        }
        Ok(())
    }

    fn batch(&mut self, write: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let path = Path::new(&self.name);
        (self.rows, self.bytes) = (0, 0);
        if let Some(batch) = self.decoder.flush().map_err(arrow_error(path))? {
            self.writer.write(&batch).map_err(write_error(path))?;
        }
        if self.writer.in_progress_size() >= GROUP_BYTES {
            self.writer.flush().map_err(write_error(path))?;
        }
        let finished = self.writer.inner_mut();
        write(finished)?;
        finished.clear();
        Ok(())
    }

    /// Ends the table.
    pub fn finish(mut self, write: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        self.batch(write)?;
        write(&self.writer.into_inner().map_err(write_error(Path::new(&self.name)))?)
    }
}

/// Writes a table, or the lines of JSON that it becomes, and these as another table.
enum Sink {
    Table(Box<ArrowWriter<Box<dyn WriteFile>>>),
    Lines(Box<arrow_json::writer::LineDelimitedWriter<Vec<u8>>>),
}

/// Writes the rows of a file that go to a place.
pub(super) fn write(
    writer: &Writer<'_>,
    folder: &mut Folder<'_>,
    number: usize,
    place: Place,
    name: &str,
) -> Result<()> {
    let (file, target) = (&writer.records.files[number], &writer.targets[number]);
    let path = &file.input.path;
    let mut table = Table::open(writer.run.disk, path)?;
    let whole = table.bytes == file.bytes && table.rows() == u64::from(file.records);
    if !whole && file.input.most.is_none() {
        return Err(Error::Input(format!("{}: was changed while the run went on", path.display())));
    }
    let schema = Arc::clone(table.metadata.schema());
    let text = text_column(&schema, &writer.run.config.fields.text, path)?;
    let annotated = place == Place::Documents && writer.run.output.emits(Emit::Field);
    let schema = if annotated { with_annotation(&schema) } else { schema };
    let named = with_distinct_names(&schema);
    let lines = target.format != Format::Parquet && place != Place::Rejected;
    let failed = |reason: String| writer.unfit(number, &reason);
    let commas = if lines && target.format == Format::Csv {
        let names = named.fields().iter().map(|f| f.name().as_str());
        Some(Shape::of_texts(names).columns(&writer.run.config.fields.text).map_err(failed)?)
    } else {
        None
    };
    let (out_path, mut sink, mut out_file) = if lines {
        let packing = Packing { compression: target.compression, level: writer.run.output.level };
        let mut out = folder.create(name, packing);
        out.touch()?;
        if let Some(commas) = &commas {
            out.write(&commas.header(None).map_err(failed)?)?;
        }
        (PathBuf::from(name), line_sink(), Some(out))
    } else {
        let (out_path, out) = folder.plain(name)?;
        let properties = table.properties();
        let sink = ArrowWriter::try_new(out, Arc::clone(&schema), Some(properties));
        let sink = Sink::Table(Box::new(sink.map_err(write_error(&out_path))?));
        (out_path, sink, None)
    };
    let mut items = writer.items(number, place).peekable();
    let (mut first, mut work) = (0u32, Work::default());
    while let Some(batch) = table.next()? {
        writer.run.cancel.check()?;
        if first >= file.records {
            break;
        }
        let after = first + batch.num_rows() as u32;
        let (mut rows, mut records) = (Vec::new(), Vec::new());
        while let Some(item) = items.next_if(|i| row_of(writer, i) < after) {
            rows.push(row_of(writer, &item) - first);
            records.push(item);
        }
        first = after;
        if rows.is_empty() {
            continue;
        }
        let mut taken = take_record_batch(&batch, &UInt32Array::from(rows)).map_err(arrow_error(path))?;
        if annotated {
            taken = annotate(writer, &taken, &records, &schema, &mut work).map_err(arrow_error(path))?;
        } else if place == Place::Documents {
            let mut cleaned = |item: &Item| match item {
                Item::Record(record) => writer.cleaned_text(*record, &mut work),
                Item::Rejected(_) => None,
            };
            let cleaned: Vec<Option<String>> = records.iter().map(&mut cleaned).collect();
            taken = with_texts(&taken, text, &cleaned).map_err(arrow_error(path))?;
        }
        match &mut sink {
            Sink::Table(sink) => sink.write(&taken).map_err(write_error(&out_path))?,
            Sink::Lines(sink) => {
                let taken = RecordBatch::try_new(Arc::clone(&named), taken.columns().to_vec());
                sink.write(&taken.map_err(arrow_error(path))?).map_err(arrow_error(path))?;
                if let Some(out) = &mut out_file {
                    match &commas {
                        Some(commas) => out.write(&as_rows(commas, sink.get_ref()).map_err(failed)?)?,
                        None => out.write(sink.get_ref())?,
                    }
                    *sink = match line_sink() {
                        Sink::Lines(fresh) => fresh,
                        Sink::Table(_) => unreachable!("a line sink is one"),
                    };
                }
            }
        }
    }
    match (sink, out_file) {
        (Sink::Table(sink), _) => {
            let mut out = sink.into_inner().map_err(write_error(&out_path))?;
            out.flush().map_err(Error::io("write", &out_path))?;
            drop(out);
            folder.keep_written(name)
        }
        (Sink::Lines(_), Some(out)) => folder.keep(out),
        (Sink::Lines(_), None) => Ok(()),
    }
}

/// Lines of JSON as rows of comma-separated values.
fn as_rows(commas: &Columns, lines: &[u8]) -> std::result::Result<Vec<u8>, String> {
    let lines = std::str::from_utf8(lines).map_err(|e| e.to_string())?;
    let mut rows = Vec::with_capacity(lines.len());
    lines.lines().try_for_each(|line| commas.row(line, &mut rows))?;
    Ok(rows)
}

fn line_sink() -> Sink {
    let writer = arrow_json::writer::WriterBuilder::new().with_explicit_nulls(true).build(Vec::new());
    Sink::Lines(Box::new(writer))
}

fn row_of(writer: &Writer<'_>, item: &Item) -> u32 {
    match item {
        Item::Record(record) => writer.records.row(*record).row,
        Item::Rejected(number) => writer.records.rejected.row(*number).row,
    }
}

/// The batch with other texts in the rows that have one.
fn with_texts(
    batch: &RecordBatch,
    column: usize,
    texts: &[Option<String>],
) -> std::result::Result<RecordBatch, arrow_schema::ArrowError> {
    if texts.iter().all(Option::is_none) {
        return Ok(batch.clone());
    }
    let array = batch.column(column);
    let before = strings(array)
        .ok_or_else(|| arrow_schema::ArrowError::CastError("the text column holds no strings".into()))?;
    let value = |row: usize| match &texts[row] {
        Some(text) => Some(text.as_str()),
        None => before.is_valid(row).then(|| before.value(row)),
    };
    let after: LargeStringArray = (0..batch.num_rows()).map(value).collect();
    let after = arrow_cast::cast(&(Arc::new(after) as ArrayRef), array.data_type())?;
    let mut columns = batch.columns().to_vec();
    columns[column] = after;
    RecordBatch::try_new(batch.schema(), columns)
}

/// The type of the column `dechaff`.
fn annotation_type() -> DataType {
    let span = Fields::from(vec![
        Field::new("start", DataType::Int64, false),
        Field::new("end", DataType::Int64, false),
        Field::new("score", DataType::Float32, false),
        Field::new("kind", DataType::Utf8, false),
    ]);
    let spans = DataType::List(Arc::new(Field::new("item", DataType::Struct(span), true)));
    DataType::Struct(Fields::from(vec![
        Field::new("removed", DataType::Boolean, false),
        Field::new("spans", spans, false),
    ]))
}

/// The column `dechaff`.
pub(super) fn annotation_field() -> Field {
    Field::new(NAME, annotation_type(), true)
}

/// Names that the fields of an object may have, which readers take for one where they are the same.
fn with_distinct_names(schema: &SchemaRef) -> SchemaRef {
    let names = distinct(schema.fields().iter().map(|f| f.name().as_str().into()));
    let named =
        |(field, name): (&Arc<Field>, Cow<'_, str>)| field.as_ref().clone().with_name(name.into_owned());
    Arc::new(Schema::new(schema.fields().iter().zip(names).map(named).collect::<Vec<_>>()))
}

fn with_annotation(schema: &SchemaRef) -> SchemaRef {
    let mut fields = schema.fields().to_vec();
    fields.push(Arc::new(annotation_field()));
    Arc::new(Schema::new_with_metadata(fields, schema.metadata().clone()))
}

fn annotate<'a>(
    writer: &Writer<'a>,
    batch: &RecordBatch,
    items: &[Item],
    schema: &SchemaRef,
    work: &mut Work<'a>,
) -> std::result::Result<RecordBatch, arrow_schema::ArrowError> {
    #[derive(serde::Serialize)]
    struct Row {
        dechaff: Annotation,
    }
    let rows: Vec<Row> = items
        .iter()
        .map(|item| Row {
            dechaff: match item {
                Item::Record(record) => {
                    let raw = writer.records.load(*record, &mut work.text.raw);
                    writer.annotation(*record, &raw, (&mut work.text.text, &mut work.near))
                }
                Item::Rejected(_) => Annotation { removed: false, spans: Vec::new() },
            },
        })
        .collect();
    let one = Arc::new(Schema::new(vec![annotation_field()]));
    let mut decoder =
        arrow_json::ReaderBuilder::new(one).with_batch_size(rows.len().max(1)).build_decoder()?;
    decoder.serialize(&rows)?;
    let column = decoder.flush()?.map(|b| Arc::clone(b.column(0)));
    let column = column.ok_or_else(|| arrow_schema::ArrowError::JsonError("no annotations".into()))?;
    let mut columns = batch.columns().to_vec();
    columns.push(column);
    RecordBatch::try_new(Arc::clone(schema), columns)
}

/// Which pile a row comes from, and its text where that was cut.
pub(super) enum From {
    /// `documents/`, as it is there.
    Documents,
    /// `documents/`, with the text that `put_back` makes of what was left.
    Cut,
    /// `removed/`.
    Removed,
    /// `rejected/`.
    Rejected,
    /// Nowhere: it was not written.
    Nowhere,
}

/// How the rows of a table are put back.
pub(super) struct Merge<'a> {
    /// The files below `documents/`, `removed/` and `rejected/`, those that there are.
    pub piles: [Option<PathBuf>; 3],
    /// How many rows the table had.
    pub rows: u32,
    /// The name of the text column.
    pub text: &'a str,
    /// Where a row comes from.
    pub from: &'a mut dyn FnMut(u32) -> From,
    /// The text before its cuts, of what was left.
    pub put_back: &'a mut dyn FnMut(u32, &str) -> Result<String>,
}

/// One row at a time of a pile.
struct Cursor {
    table: Table,
    batches: Vec<RecordBatch>,
    at: usize,
}

impl Cursor {
    /// The batch and the place in it of the next row; `None` where there is none.
    fn next(&mut self) -> Result<Option<(usize, usize)>> {
        loop {
            if let Some(batch) = self.batches.last()
                && self.at < batch.num_rows()
            {
                self.at += 1;
                return Ok(Some((self.batches.len() - 1, self.at - 1)));
            }
            match self.table.next()? {
                Some(batch) => {
                    self.batches.push(batch);
                    self.at = 0;
                }
                None => return Ok(None),
            }
        }
    }

    /// Forgets the batches that are over.
    fn forget(&mut self) {
        if let Some(last) = self.batches.pop() {
            self.batches = vec![last];
        }
    }
}

/// Puts a table back; `write` takes its batches in order, and is first told its schema. Without a `write` rows are only
/// put back and looked at by `merge`.
pub(super) fn merge(
    disk: &dyn Disk,
    merge: Merge<'_>,
    create: &mut dyn FnMut() -> Result<(PathBuf, Box<dyn WriteFile>)>,
) -> Result<()> {
    let mut cursors = Vec::new();
    for pile in &merge.piles {
        let cursor = match pile {
            Some(path) => Some(Cursor { table: Table::open(disk, path)?, batches: Vec::new(), at: 0 }),
            None => None,
        };
        cursors.push(cursor);
    }
    let Some(first) = cursors.iter().flatten().next() else { return Ok(()) };
    let schema = Arc::clone(first.table.metadata.schema());
    let path = first.table.path.clone();
    let text = text_column(&schema, merge.text, &path)?;
    let properties = first.table.properties();
    let (out_path, out) = create()?;
    let writer = ArrowWriter::try_new(out, Arc::clone(&schema), Some(properties));
    let mut writer = writer.map_err(write_error(&out_path))?;
    let misfit = |row: u32| Error::Format {
        path: path.clone(),
        line: u64::from(row) + 1,
        reason: "the rows of documents/, removed/ and rejected/ do not fit the receipts".into(),
    };
    let mut row = 0;
    while row < merge.rows {
        let mut places = Vec::with_capacity(ROWS);
        let mut cut = Vec::new();
        while row < merge.rows && places.len() < ROWS {
            let from = (merge.from)(row);
            let pile = match from {
                From::Documents | From::Cut => 0,
                From::Removed => 1,
                From::Rejected => 2,
                From::Nowhere => {
                    row += 1;
                    continue;
                }
            };
            let cursor = cursors[pile].as_mut().ok_or_else(|| misfit(row))?;
            let (batch, at) = cursor.next()?.ok_or_else(|| misfit(row))?;
            cut.push(matches!(from, From::Cut).then_some(row));
            places.push((pile, batch, at));
            row += 1;
        }
        if places.is_empty() {
            break;
        }
        let mut batches: Vec<&RecordBatch> = Vec::new();
        let mut offsets = [0; 3];
        for (pile, cursor) in cursors.iter().enumerate() {
            offsets[pile] = batches.len();
            batches.extend(cursor.iter().flat_map(|c| &c.batches));
        }
        let indices: Vec<(usize, usize)> =
            places.iter().map(|&(pile, batch, at)| (offsets[pile] + batch, at)).collect();
        let merged = interleave_record_batch(&batches, &indices).map_err(arrow_error(&path))?;
        let left = strings(merged.column(text)).ok_or_else(|| misfit(row))?;
        let mut texts = Vec::with_capacity(cut.len());
        for (at, cut) in cut.into_iter().enumerate() {
            texts.push(match cut {
                Some(row) => Some((merge.put_back)(row, left.value(at))?),
                None => None,
            });
        }
        let merged = with_texts(&merged, text, &texts).map_err(arrow_error(&path))?;
        writer.write(&merged).map_err(write_error(&out_path))?;
        cursors.iter_mut().flatten().for_each(Cursor::forget);
    }
    if cursors.iter_mut().flatten().try_fold(false, |any, c| Ok::<_, Error>(any | c.next()?.is_some()))? {
        return Err(misfit(row));
    }
    let mut out = writer.into_inner().map_err(write_error(&out_path))?;
    out.flush().map_err(Error::io("write", &out_path))
}

/// The texts of a table's rows.
pub(super) fn texts(disk: &dyn Disk, path: &Path, column: &str) -> Result<Vec<Option<String>>> {
    let mut table = Table::open(disk, path)?;
    let text = text_column(&Arc::clone(table.metadata.schema()), column, path)?;
    let mut out = Vec::new();
    while let Some(batch) = table.next()? {
        if let Some(strings) = strings(batch.column(text)) {
            out.extend(
                (0..batch.num_rows()).map(|r| strings.is_valid(r).then(|| strings.value(r).to_owned())),
            );
        }
    }
    Ok(out)
}
