//! Tables in columns (Parquet): the columns that are looked at, row group by row group; all of them when they are written.

use super::assembly::Parsed;
use super::checksum::Checksum;
use super::json::site_fields;
use super::reading::{Reading, too_long};
use super::records::{FileRead, RecordRow, Rows};
use super::rejected::{Rejected, RejectedRow};
use super::site::{self, Sites};
use super::strings::{Strings, is_text};
use crate::disk::{Disk, ReadFile};
use crate::error::{Error, Result};
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_schema::{ArrowError, DataType, Schema};
use bytes::Bytes;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::reader::{ChunkReader, Length};
use rayon::prelude::*;
use std::borrow::Cow;
use std::collections::HashSet;
use std::io::{Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// Rows that are decoded at a time.
pub const ROWS: usize = 1024;
/// Row groups are unpacked as a whole as far as this part of the budget holds them, in per cent.
const ROOM: u64 = 25;

/// Rows of a file as records, where they were read to.
pub(super) struct Batch {
    /// Their texts and ids.
    pub held: Rows,
    /// What was found out about each.
    pub rows: Vec<std::result::Result<Parsed, Rejected>>,
}

/// A row group, or a part of one, as records.
pub(super) struct Group {
    /// Its rows in order.
    pub batches: Vec<Batch>,
    /// Bytes of memory that their texts and ids take.
    pub bytes: usize,
}

/// A file that several readers share.
#[derive(Clone)]
pub struct SharedFile {
    file: Arc<Mutex<Box<dyn ReadFile>>>,
    length: u64,
    /// Sees what is read of it.
    checksum: Option<Arc<Checksum>>,
}

impl SharedFile {
    /// Opens a file.
    ///
    /// # Errors
    /// As the disk.
    pub fn open(disk: &dyn Disk, path: &Path) -> Result<SharedFile> {
        let mut file = disk.open(path).map_err(Error::io("read", path))?;
        let length = file.seek(SeekFrom::End(0)).map_err(Error::io("read", path))?;
        Ok(SharedFile { file: Arc::new(Mutex::new(file)), length, checksum: None })
    }

    fn read_at(&self, at: u64, buffer: &mut [u8]) -> std::io::Result<usize> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(at))?;
        file.read(buffer)
    }
}

/// Reads a shared file from some place on.
pub struct FileFrom {
    file: SharedFile,
    at: u64,
}

impl Read for FileFrom {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.file.read_at(self.at, buffer)?;
        self.at += read as u64;
        Ok(read)
    }
}

impl Length for SharedFile {
    fn len(&self) -> u64 {
        self.length
    }
}

impl ChunkReader for SharedFile {
    type T = std::io::BufReader<FileFrom>;

    fn get_read(&self, start: u64) -> ParquetResult<Self::T> {
        Ok(std::io::BufReader::new(FileFrom { file: self.clone(), at: start }))
    }

    fn get_bytes(&self, start: u64, length: usize) -> ParquetResult<Bytes> {
        // What a damaged file says of its length is not to be believed: as many bytes may not fit into memory.
        if start.checked_add(length as u64).is_none_or(|end| end > self.length) {
            return Err(ParquetError::EOF(format!("{length} bytes from {start} on are beyond its end")));
        }
        let mut bytes = Vec::with_capacity(length);
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        // Not by `read_exact`, for which the memory would have to be cleared before.
        let read = file
            .seek(SeekFrom::Start(start))
            .and_then(|_| (&mut **file).take(length as u64).read_to_end(&mut bytes));
        match read {
            Ok(read) if read == length => {
                let bytes = Bytes::from(bytes);
                if let Some(checksum) = &self.checksum {
                    drop(file);
                    checksum.take(start, &bytes);
                }
                Ok(bytes)
            }
            Ok(read) => Err(ParquetError::EOF(format!("{read} of {length} bytes from {start} on"))),
            Err(e) => Err(ParquetError::External(Box::new(e))),
        }
    }
}

/// An error of the format, with its file.
pub fn broken(path: &Path) -> impl Fn(ParquetError) -> Error + '_ {
    move |error| match error {
        ParquetError::External(source) => match source.downcast::<std::io::Error>() {
            Ok(source) => Error::Io { action: "read", path: path.to_path_buf(), source: *source },
            Err(source) => Error::Input(format!("{}: {source}", path.display())),
        },
        error => Error::Input(format!("{}: not a Parquet file that can be read: {error}", path.display())),
    }
}

/// A column, by its name or by the names of the structs around it.
#[derive(Debug, Clone)]
struct Column {
    root: usize,
    within: Vec<String>,
}

impl Column {
    fn find(schema: &Schema, name: &str) -> Option<Column> {
        if name.is_empty() {
            return None;
        }
        if let Ok(root) = schema.index_of(name) {
            return Some(Column { root, within: Vec::new() });
        }
        let mut parts = name.split('.');
        let root = schema.index_of(parts.next()?).ok()?;
        let within: Vec<String> = parts.map(str::to_owned).collect();
        let mut kind = schema.field(root).data_type();
        for part in &within {
            let DataType::Struct(fields) = kind else { return None };
            kind = fields.find(part)?.1.data_type();
        }
        Some(Column { root, within })
    }

    fn of(&self, batch: &RecordBatch, roots: &[usize]) -> Option<ArrayRef> {
        let at = roots.binary_search(&self.root).ok()?;
        self.within.iter().try_fold(Arc::clone(batch.column(at)), |array, name| {
            array.as_struct_opt()?.column_by_name(name).cloned()
        })
    }
}

struct Columns {
    text: Column,
    id: Option<Column>,
    url: Option<Column>,
    date: Option<Column>,
    sites: Vec<Column>,
}

impl Columns {
    fn find(schema: &Schema, reading: &Reading<'_>, path: &Path) -> Result<Columns> {
        let fields = &reading.config.fields;
        Ok(Columns {
            text: Column { root: text_column(schema, &fields.text, path)?, within: Vec::new() },
            id: Column::find(schema, &fields.id),
            url: Column::find(schema, &fields.url),
            date: Column::find(schema, &fields.date),
            sites: site_fields(fields).iter().filter_map(|s| Column::find(schema, s)).collect(),
        })
    }

    /// The columns of the file that are looked at, in order.
    fn roots(&self) -> Vec<usize> {
        let few = [&self.id, &self.url, &self.date].into_iter().flatten();
        let mut roots: Vec<usize> =
            [&self.text].into_iter().chain(few).chain(&self.sites).map(|c| c.root).collect();
        roots.sort_unstable();
        roots.dedup();
        roots
    }

    /// About how many bytes a row group takes in memory.
    fn unpacked(&self, metadata: &ArrowReaderMetadata, group: usize) -> u64 {
        let schema = metadata.metadata().file_metadata().schema_descr();
        let group = metadata.metadata().row_group(group);
        let roots = self.roots();
        let looked_at = |leaf: &(usize, &ColumnChunkMetaData)| {
            leaf.0 < schema.num_columns() && roots.contains(&schema.get_column_root_idx(leaf.0))
        };
        let columns = group.columns().iter().enumerate().filter(looked_at);
        let texts: u64 = columns.map(|(_, column)| column.uncompressed_size().unsigned_abs()).sum();
        let row = size_of::<std::result::Result<Parsed, Rejected>>() as u64;
        texts.saturating_add(group.num_rows().unsigned_abs().saturating_mul(row))
    }
}

/// Which column holds the text.
///
/// # Errors
/// None of this name, or one that holds no strings.
pub fn text_column(schema: &Schema, name: &str, path: &Path) -> Result<usize> {
    let Ok(column) = schema.index_of(name) else {
        let names: Vec<&str> = schema.fields().iter().map(|f| f.name().as_str()).collect();
        return Err(Error::Input(format!(
            "{}: no column `{name}` among {}; --text-field names another",
            path.display(),
            names.join(", ")
        )));
    };
    let kind = schema.field(column).data_type();
    if is_text(kind) {
        return Ok(column);
    }
    Err(Error::Input(format!("{}: column `{name}` holds {kind}, not text", path.display())))
}

/// What a file says of itself.
///
/// # Errors
/// A disk that fails; a file that is none of these, or whose columns would begin before its front.
pub fn load(file: &SharedFile, path: &Path) -> Result<ArrowReaderMetadata> {
    let metadata = caught(|| ArrowReaderMetadata::load(file, Default::default())).map_err(broken(path))?;
    // The library takes it for granted.
    let mut columns = metadata.metadata().row_groups().iter().flat_map(|group| group.columns());
    let starts = |c: &ColumnChunkMetaData| c.dictionary_page_offset().unwrap_or(0).min(c.data_page_offset());
    if columns.any(|c| starts(c) < 0 || c.compressed_size() < 0 || c.num_values() < 0) {
        return Err(broken(path)(ParquetError::General(
            "a column begins before the file, or ends there".into(),
        )));
    }
    // The library would write days that others hold for milliseconds as such, without saying that they are dates.
    let schema = metadata.schema();
    let fields = schema.fields().iter().map(|field| match field.data_type() {
        DataType::Date64 => Arc::new(field.as_ref().clone().with_data_type(DataType::Date32)),
        _ => Arc::clone(field),
    });
    let days = Schema::new_with_metadata(fields.collect::<Vec<_>>(), schema.metadata().clone());
    Ok(as_schema(metadata, days))
}

/// The same file with columns of other kinds, where it can be read so.
fn as_schema(metadata: ArrowReaderMetadata, schema: Schema) -> ArrowReaderMetadata {
    if *metadata.schema().as_ref() == schema {
        return metadata;
    }
    let options = ArrowReaderOptions::new().with_schema(Arc::new(schema));
    ArrowReaderMetadata::try_new(Arc::clone(metadata.metadata()), options).unwrap_or(metadata)
}

/// What the library does with a file; that it panics is an error of the file.
pub fn caught<T, E: From<ParquetError>>(
    work: impl FnOnce() -> std::result::Result<T, E>,
) -> std::result::Result<T, E> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(ParquetError::General("it is damaged".into()).into()))
}

/// The same, with texts as they are looked at.
///
/// # Errors
/// As [`load`].
pub(super) fn open(reading: &Reading<'_>, file: &FileRead) -> Result<ArrowReaderMetadata> {
    let path = &file.input.path;
    let shared = SharedFile::open(reading.disk, path)?;
    let metadata = load(&shared, path)?;
    // Views of a page cost no copy of what stands in it.
    let schema = metadata.schema();
    let text = &reading.config.fields.text;
    let viewed = schema.fields().iter().map(|field| match field.data_type() {
        DataType::Utf8 | DataType::LargeUtf8 if field.name() == text => {
            Arc::new(field.as_ref().clone().with_data_type(DataType::Utf8View))
        }
        _ => Arc::clone(field),
    });
    let viewed = Schema::new_with_metadata(viewed.collect::<Vec<_>>(), schema.metadata().clone());
    Ok(as_schema(metadata, viewed))
}

/// Reads the records of a file, row groups in parallel, and its checksum.
pub(super) fn read(
    reading: &Reading<'_>,
    file: &mut FileRead,
    metadata: &ArrowReaderMetadata,
    take: &mut dyn FnMut(&mut FileRead, Group) -> Result<()>,
) -> Result<()> {
    let path = file.input.path.clone();
    let failed = |e| Error::io("read", &path)(e);
    let columns = Columns::find(metadata.schema(), reading, &path)?;
    let groups: Vec<usize> = (0..metadata.metadata().num_row_groups()).collect();
    let mut opened = reading.disk.open(&path).map_err(failed)?;
    let length = opened.seek(SeekFrom::End(0)).map_err(failed)?;
    let checksum = Arc::new(Checksum::new(opened));
    // What is tried is not hashed: of it not all is read.
    let most = file.input.most;
    let hashed = most.is_none().then_some(&checksum);
    let (mut taken, mut behind) = (0, 0);
    let sizes: Vec<u64> = groups.iter().map(|&group| columns.unpacked(metadata, group)).collect();
    let room = reading.store.budget().map_or(u64::MAX, |budget| budget / 100 * ROOM);
    let mut rest = &groups[..];
    while !rest.is_empty() {
        let mut held = 0;
        let fits = |&&group: &&usize| {
            held = u64::saturating_add(held, sizes[group]);
            held <= room
        };
        let fitting = rest.iter().take(rayon::current_num_threads().max(1)).take_while(fits).count();
        let (window, behind_it) = rest.split_at(fitting.max(1));
        rest = behind_it;
        let mut hand_on = |group: Group| {
            reading.cancel.check()?;
            taken += group.bytes as u64;
            take(file, group)
        };
        let read = || -> Vec<Result<Group>> {
            let group =
                |&group| GroupReader::open(reading, &path, (metadata, group), &columns, hashed)?.whole();
            window.par_iter().map(group).collect()
        };
        if fitting > 0 {
            // What no column of ours lies in is hashed beside.
            let (hashed, read) =
                rayon::join(|| most.map_or_else(|| checksum.go_to(behind), |_| Ok(())), read);
            hashed.map_err(failed)?;
            read.into_iter().try_for_each(|group| hand_on(group?))?;
        } else {
            let mut group = GroupReader::open(reading, &path, (metadata, window[0]), &columns, hashed)?;
            while let Some(part) = group.part()? {
                hand_on(part)?;
            }
        }
        let ends = window.iter().map(|&group| end_of(metadata, group).min(length));
        let end = ends.max().unwrap_or(0).max(behind);
        reading.progress.advance(end - behind);
        behind = end;
        if most.is_some_and(|most| taken >= most) {
            break;
        }
    }
    if most.is_some() {
        // Of the bytes of the file as many as of its rows.
        let rows = metadata.metadata().file_metadata().num_rows().unsigned_abs().max(1);
        file.bytes = length * u64::from(file.records) / rows;
    } else {
        checksum.go_to(length).map_err(failed)?;
        (file.bytes, file.xxh3) = (length, checksum.xxh3());
    }
    Ok(())
}

/// Where the columns of a row group end, as the file says.
fn end_of(metadata: &ArrowReaderMetadata, group: usize) -> u64 {
    // Below zero there is none: such a file is not opened.
    let place = i64::unsigned_abs;
    let columns = metadata.metadata().row_group(group).columns().iter();
    let end = |c: &ColumnChunkMetaData| {
        let start =
            c.dictionary_page_offset().map_or(c.data_page_offset(), |at| at.min(c.data_page_offset()));
        place(start).saturating_add(place(c.compressed_size()))
    };
    columns.map(end).max().unwrap_or(0)
}

/// Reads a row group.
struct GroupReader<'a> {
    reading: &'a Reading<'a>,
    path: &'a Path,
    columns: &'a Columns,
    roots: Vec<usize>,
    batches: ParquetRecordBatchReader,
}

impl<'a> GroupReader<'a> {
    fn open(
        reading: &'a Reading<'a>,
        path: &'a Path,
        (metadata, group): (&ArrowReaderMetadata, usize),
        columns: &'a Columns,
        checksum: Option<&Arc<Checksum>>,
    ) -> Result<GroupReader<'a>> {
        let roots = columns.roots();
        let mask =
            ProjectionMask::roots(metadata.metadata().file_metadata().schema_descr(), roots.iter().copied());
        let file = SharedFile { checksum: checksum.cloned(), ..SharedFile::open(reading.disk, path)? };
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata.clone())
            .with_projection(mask)
            .with_row_groups(vec![group])
            .with_batch_size(ROWS);
        let batches = caught(|| builder.build()).map_err(broken(path))?;
        Ok(GroupReader { reading, path, columns, roots, batches })
    }

    fn next(&mut self) -> Result<Option<RecordBatch>> {
        let batch = caught(|| self.batches.next().transpose());
        batch.map_err(|e: ArrowError| broken(self.path)(ParquetError::External(Box::new(e))))
    }

    /// All of it.
    fn whole(mut self) -> Result<Group> {
        let mut group = Group { batches: Vec::new(), bytes: 0 };
        let mut counted = HashSet::new();
        while let Some(batch) = self.next()? {
            let batch = rows(self.reading, &batch, self.columns, &self.roots);
            group.bytes += batch.held.memory(&mut counted);
            group.batches.push(batch);
        }
        Ok(group)
    }

    /// The next rows of one that is too large to be held: a few for each thread.
    fn part(&mut self) -> Result<Option<Group>> {
        let mut batches = Vec::new();
        while batches.len() < rayon::current_num_threads() {
            let Some(batch) = self.next()? else { break };
            batches.push(batch);
        }
        if batches.is_empty() {
            return Ok(None);
        }
        let rows = |batch: &RecordBatch| rows(self.reading, batch, self.columns, &self.roots);
        let batches: Vec<Batch> = batches.par_iter().map(rows).collect();
        let mut counted = HashSet::new();
        let bytes = batches.iter().map(|batch| batch.held.memory(&mut counted)).sum();
        Ok(Some(Group { batches, bytes }))
    }
}

/// The values of a column as text.
enum Shown {
    Texts(Strings),
    Values(ArrayRef),
    Missing,
}

impl Shown {
    fn of(array: Option<ArrayRef>) -> Shown {
        match array {
            Some(array) if is_text(array.data_type()) => {
                Strings::of(&array).map_or(Shown::Missing, Shown::Texts)
            }
            Some(array) => Shown::Values(array),
            None => Shown::Missing,
        }
    }

    /// A value as text; none for null.
    fn get(&self, row: usize) -> Option<Cow<'_, str>> {
        match self {
            Shown::Texts(texts) => texts.get(row).map(Cow::Borrowed),
            Shown::Values(array) if array.is_valid(row) => {
                let options = FormatOptions::default();
                let shown = ArrayFormatter::try_new(array, &options).ok()?.value(row).to_string();
                Some(Cow::Owned(shown))
            }
            _ => None,
        }
    }
}

fn rows(reading: &Reading<'_>, batch: &RecordBatch, columns: &Columns, roots: &[usize]) -> Batch {
    let texts = columns.text.of(batch, roots).and_then(|a| Strings::of(&a));
    let shown = |column: &Option<Column>| Shown::of(column.as_ref().and_then(|c| c.of(batch, roots)));
    let (ids, urls, dates) = (shown(&columns.id), shown(&columns.url), shown(&columns.date));
    let sites: Vec<Shown> = columns.sites.iter().map(|c| Shown::of(c.of(batch, roots))).collect();
    let (mut named, mut of_urls) = (String::new(), Sites::default());
    let mut rows = Vec::with_capacity(batch.num_rows());
    for row in 0..batch.num_rows() {
        let reject = |reason: String| Rejected { row: RejectedRow::at(0, 0), bytes: Vec::new(), reason };
        let Some(text) = texts.as_ref().and_then(|t| t.get(row)) else {
            rows.push(Err(reject(format!("field `{}` is null, not a string", reading.config.fields.text))));
            continue;
        };
        if text.len() >= super::reading::MAX_TEXT {
            rows.push(Err(reject(too_long(text.len() as u64))));
            continue;
        }
        let id = ids.get(row).unwrap_or_default();
        let id_start = named.len() as u32;
        // Beyond what 32 bits reach it has none.
        let id = if u32::try_from(named.len() + id.len()).is_ok() { id } else { Cow::Borrowed("") };
        named.push_str(&id);
        let site = sites.iter().find_map(|s| s.get(row).and_then(|s| site::normal(&s)));
        rows.push(Ok(Parsed {
            row: RecordRow {
                file: 0,
                row: 0,
                chunk: 0,
                id_start,
                id_length: id.len() as u32,
                check: 0,
                line: 0,
                start: row as u64,
                length: (text.len() + id.len()) as u64,
                before: 0,
                after: 0,
                text_start: 0,
                text_length: text.len() as u64,
            },
            site: reading.site_of(site, urls.get(row).as_deref(), &mut of_urls),
            date: reading.date_of(dates.get(row).map(Cow::into_owned)),
        }));
    }
    Batch { held: Rows { texts, ids: named }, rows }
}
