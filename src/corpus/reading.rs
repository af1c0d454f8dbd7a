//! Files to records: unpacked and split on threads of their own, a few chunks ahead; parsed in parallel; kept in the
//! order of the input.

use super::arriving::{Beginning, Chunk, Input, Message};
pub use super::assembly::OnError;
use super::assembly::{Assembly, Outcome, Parsed};
use super::encoding;
use super::format::{Compression, Format};
use super::json::FieldPaths;
use super::parquet;
use super::queue::Queue;
use super::records::{Content, FileRead, RecordRow, Records, own_fields};
use super::rejected::{Rejected, RejectedRow};
use super::site::{self, Sites};
use super::split::Piece;
use super::table::{self, Header};
use super::walk::InputFile;
use super::warc;
use crate::config::{Config, Fields, Keep};
use crate::disk::{Disk, ReadFile};
use crate::engine::Cancel;
use crate::error::{Error, Result};
use crate::progress::Progress;
use crate::store::Store;
use encoding_rs::Encoding;
use rayon::prelude::*;
use std::io::{self, Read};
use std::sync::Arc;

/// The longest text, in bytes: spans are 32-bit.
pub const MAX_TEXT: usize = u32::MAX as usize;

/// Files that unpack to fewer bytes are never refused as bombs.
pub(super) const SAFE_BYTES: u64 = 1 << 30;

/// Chunks of a file that wait to be taken at most.
const WAITING: usize = 4;

/// How to read.
pub struct Reading<'a> {
    /// Field names, preferred sites.
    pub config: &'a Config,
    /// The site of all documents, whatever they say.
    pub site: Option<&'a str>,
    /// The encoding of text files without a byte-order mark, whatever they look like.
    pub encoding: Option<&'static Encoding>,
    /// How many times its size a file may unpack to.
    pub max_expansion: u64,
    /// What is done with a record that cannot be used.
    pub on_error: OnError,
    /// Where the files lie.
    pub disk: &'a dyn Disk,
    /// Holds what was read.
    pub store: &'a Arc<Store>,
    /// Hears of bytes read.
    pub progress: &'a dyn Progress,
    /// May stop it.
    pub cancel: &'a Cancel,
}

/// Where the fields of the records of a file are found.
enum Columns<'a> {
    Json(&'a FieldPaths),
    Table(TableColumns),
    None,
}

struct TableColumns {
    separator: u8,
    text: usize,
    id: Option<usize>,
    url: Option<usize>,
    date: Option<usize>,
    sites: Vec<usize>,
}

impl TableColumns {
    fn new(header: &Header, fields: &Fields) -> Option<TableColumns> {
        let column = |name: &str| if name.is_empty() { None } else { header.column(name) };
        let sites = super::json::site_fields(fields);
        Some(TableColumns {
            separator: header.separator,
            text: column(&fields.text)?,
            id: column(&fields.id),
            url: column(&fields.url),
            date: column(&fields.date),
            sites: sites.iter().filter_map(|s| column(s)).collect(),
        })
    }
}

impl Reading<'_> {
    /// Reads files.
    ///
    /// # Errors
    /// A file that cannot be read, or is no file of its format.
    pub fn files(&self, files: Vec<InputFile>) -> Result<Records> {
        let size = |f: &InputFile| std::fs::metadata(&f.path).map_or(0, |m| m.len());
        self.progress.start("reading", files.iter().map(size).sum());
        let open = |file: &InputFile| self.disk.open(&file.path).map(|f| f as Box<dyn ReadFile>);
        let queue = Queue::new(
            files.len(),
            rayon::current_num_threads().clamp(1, files.len().max(1)),
            self.waiting(),
        );
        let records = std::thread::scope(|scope| {
            for _ in 0..queue.readers() {
                scope.spawn(|| {
                    while let Some(number) = queue.take() {
                        // Closed whatever happens, so that nobody waits for a reader that is gone.
                        let _closing = queue.closing(number);
                        let file = &files[number];
                        let mut tell = |message| queue.put(number, message);
                        match open(file) {
                            Ok(opened) => self.read_file(file, opened, &|| queue.is_taken(number), &mut tell),
                            Err(e) if !file.named && is_private(&e) => {
                                tell(Message::Unreadable(e.to_string()))
                            }
                            Err(e) => tell(Message::Failed(Error::io("read", &file.path)(e))),
                        };
                    }
                });
            }
            // Whatever happens, readers do not wait for ever.
            let _stopping = queue.stopping();
            self.assemble(&files, |number| queue.next(number))
        });
        self.progress.finish();
        records
    }

    /// Reads a stream: JSON Lines, or what its first bytes tell.
    ///
    /// # Errors
    /// A stream that cannot be read, or breaks off.
    pub fn stream(&self, stream: impl Read + Send) -> Result<Records> {
        let file = InputFile {
            path: "-".into(),
            name: "stdin.jsonl".into(),
            format: Some(Format::JsonLines),
            folder: None,
            named: true,
            most: None,
        };
        let queue = Queue::new(1, 1, self.waiting());
        let files = [file];
        std::thread::scope(|scope| {
            scope.spawn(|| {
                if let Some(number) = queue.take() {
                    let _closing = queue.closing(number);
                    let tell = &mut |message| queue.put(number, message);
                    self.read_stream(&files[0], Input::Stream(Box::new(stream)), &|| false, tell);
                }
            });
            // Whatever happens, readers do not wait for ever.
            let _stopping = queue.stopping();
            self.assemble(&files, |number| queue.next(number))
        })
    }

    /// Chunks of a file that wait to be taken.
    fn waiting(&self) -> usize {
        let readers = 2 * rayon::current_num_threads();
        (self.store.rows_at_once(1) / (readers * super::arriving::CHUNK)).clamp(1, WAITING)
    }

    /// On how many threads the parts of one file are read: on as many as the budget has room for, beside the chunks that wait.
    /// A reader fills one part while another waits.
    pub(super) fn part_readers(&self) -> usize {
        let threads = rayon::current_num_threads();
        let room = self.store.rows_at_once(1) / super::arriving::CHUNK;
        (room.saturating_sub(self.waiting() * threads) / 2).clamp(1, threads)
    }

    fn assemble(
        &self,
        files: &[InputFile],
        mut next: impl FnMut(usize) -> Option<Message>,
    ) -> Result<Records> {
        let mut assembly = Assembly::new(self.config, self.on_error, self.disk, self.store);
        let paths = FieldPaths::new(&self.config.fields);
        let own_paths = FieldPaths::new(&own_fields());
        'files: for (number, input) in files.iter().enumerate() {
            let mut file = FileRead::new(input.clone(), Format::Text, Compression::None);
            let mut columns = Columns::None;
            let mut over = false;
            while let Some(message) = next(number) {
                self.cancel.check()?;
                match message {
                    Message::Unreadable(reason) => {
                        if self.on_error == OnError::Fail {
                            return Err(Error::Input(format!("{}: {reason}", input.path.display())));
                        }
                        assembly.unreadable(input, reason);
                        continue 'files;
                    }
                    Message::Failed(error) => return Err(error),
                    Message::Begin(beginning) => {
                        file = FileRead::new(input.clone(), beginning.format, beginning.compression);
                        columns = self.columns(&beginning, &file, [&paths, &own_paths])?;
                        assembly.begin(&file);
                        if file.format == Format::Parquet {
                            let read = parquet::open(self, &file);
                            let opened = match read {
                                Err(Error::Input(reason)) if self.on_error != OnError::Fail => {
                                    // Without its end a table in columns cannot be read at all.
                                    let path = format!("{}: ", input.path.display());
                                    let reason = reason.strip_prefix(&path).unwrap_or(&reason).to_owned();
                                    assembly.unreadable(input, reason);
                                    continue 'files;
                                }
                                opened => opened?,
                            };
                            let take = &mut |file: &mut FileRead, group: parquet::Group| {
                                assembly.take_group(file, group)
                            };
                            parquet::read(self, &mut file, &opened, take)?;
                        }
                    }
                    Message::Chunk(chunk) => self.take_chunk(chunk, &mut file, &columns, &mut assembly)?,
                    Message::End(ending) => {
                        over = true;
                        if file.format != Format::Parquet {
                            (file.bytes, file.xxh3) = (ending.bytes, ending.xxh3);
                        }
                        (file.lead, file.separator, file.end) = (ending.lead, ending.separator, ending.end);
                        if file.format == Format::Warc {
                            file.end.clear();
                        }
                    }
                }
            }
            if !over {
                return Err(Error::Unbalanced(format!("{} was not read to its end", input.path.display())));
            }
            assembly.end(file);
        }
        assembly.finish()
    }

    fn columns<'p>(
        &self,
        begun: &Beginning,
        file: &FileRead,
        paths: [&'p FieldPaths; 2],
    ) -> Result<Columns<'p>> {
        match begun.format {
            Format::JsonLines | Format::Json => Ok(Columns::Json(paths[0])),
            Format::Warc => Ok(Columns::Json(paths[1])),
            Format::Text | Format::Parquet => Ok(Columns::None),
            Format::Csv => {
                let Some(header) = &begun.columns else { return Ok(Columns::None) };
                let fields = &self.config.fields;
                TableColumns::new(header, fields).map(Columns::Table).ok_or_else(|| {
                    Error::Input(format!(
                        "{}: no column `{}` among {}; --text-field names another",
                        file.input.path.display(),
                        fields.text,
                        header.names.join(", ")
                    ))
                })
            }
        }
    }

    fn take_chunk(
        &self,
        chunk: Chunk,
        file: &mut FileRead,
        columns: &Columns<'_>,
        assembly: &mut Assembly<'_>,
    ) -> Result<()> {
        let Chunk { bytes, mut pieces, offset, broken } = chunk;
        let reject = |bytes: &[u8], piece: &Piece, reason: String| {
            let (offset, bytes) = (offset + piece.start as u64, bytes[piece.from..piece.next].to_vec());
            Outcome::Rejected(Rejected { row: RejectedRow::at(piece.line, offset), bytes, reason })
        };
        // The record in which it breaks off is set aside; where it does behind one that is whole, nothing but the reason.
        let is_whole = |piece: &Piece| {
            file.format == Format::Json
                && serde_json::from_slice::<serde::de::IgnoredAny>(&bytes[piece.start..piece.end]).is_ok()
        };
        let breaks_off =
            |piece: &mut Piece| file.format == Format::Warc || piece.next == piece.end && !is_whole(piece);
        let end = bytes.len();
        let nothing = Piece { line: 0, from: end, start: end, end, next: end };
        let cut_off =
            broken.map(|reason| reject(&bytes, &pieces.pop_if(breaks_off).unwrap_or(nothing), reason));
        let mut outcomes: Vec<Outcome> = Vec::with_capacity(pieces.len() + 1);
        let content = match file.format {
            Format::Warc => {
                let entry = |p: &Piece| warc::entry(&bytes[p.start..p.end], SAFE_BYTES);
                let entries: Vec<warc::Entry> = pieces.par_iter().map(entry).collect();
                let (mut lines, mut sites) = (String::new(), Sites::default());
                for (piece, entry) in pieces.iter().zip(entries) {
                    let line = match entry {
                        warc::Entry::PassedOver(what) => {
                            outcomes.push(Outcome::PassedOver(what));
                            continue;
                        }
                        warc::Entry::Broken(reason) => {
                            outcomes.push(reject(&bytes, piece, reason));
                            continue;
                        }
                        warc::Entry::Document(line) => line,
                    };
                    let (start, end) = (lines.len(), lines.len() + line.len());
                    let place = Piece { line: 0, from: start, start, end, next: end + 1 };
                    outcomes.push(match self.parse(file.format, &line, &place, (columns, &mut sites)) {
                        Ok(parsed) => Outcome::Document(parsed),
                        Err(reason) => reject(&bytes, piece, reason),
                    });
                    lines.push_str(&line);
                    lines.push('\n');
                }
                Content::Text(lines)
            }
            Format::Text => {
                let mut text = String::new();
                for piece in &pieces {
                    let decoded = encoding::decode(&bytes, self.encoding).and_then(|decoded| {
                        let piece = Piece { end: decoded.text.len(), next: decoded.text.len(), ..*piece };
                        let columns = (columns, &mut Sites::default());
                        Ok((self.parse(file.format, &decoded.text, &piece, columns)?, decoded))
                    });
                    match decoded {
                        Ok((parsed, decoded)) => {
                            outcomes.push(Outcome::Document(parsed));
                            file.encoding = Some((decoded.spelt.encoding, decoded.spelt.mark));
                            text = decoded.text;
                        }
                        Err(reason) => outcomes.push(reject(&bytes, piece, reason)),
                    }
                }
                Content::Text(text)
            }
            _ => {
                let content = Content::new(bytes);
                let parse = |sites: &mut Sites, p: &Piece| {
                    let text = content.text(p.start..p.end);
                    text.map_err(|e| format!("not UTF-8 at byte {} of the record", e.valid_up_to() + 1))
                        .and_then(|text| self.parse(file.format, text, p, (columns, sites)))
                        .map_or_else(|reason| reject(content.bytes(), p, reason), Outcome::Document)
                };
                outcomes.par_extend(pieces.par_iter().with_min_len(32).map_init(Sites::default, parse));
                content
            }
        };
        outcomes.extend(cut_off);
        assembly.take(file, content, offset, outcomes)
    }

    /// Finds the fields of a record.
    fn parse(
        &self,
        format: Format,
        record: &str,
        piece: &Piece,
        (columns, sites): (&Columns<'_>, &mut Sites),
    ) -> std::result::Result<Parsed, String> {
        let length = piece.end - piece.start;
        let mut parsed = Parsed {
            row: RecordRow {
                file: 0,
                row: 0,
                chunk: 0,
                id_start: 0,
                id_length: 0,
                check: 0,
                line: piece.line,
                start: piece.start as u64,
                length: length as u64,
                before: (piece.start - piece.from) as u64,
                after: (piece.next - piece.end) as u64,
                text_start: 0,
                text_length: length as u64,
            },
            site: None,
            date: None,
        };
        let (mut site, mut url, mut date, mut id) = (None, None, None, 0..0);
        let field = &self.config.fields.text;
        match columns {
            Columns::Json(paths) => {
                let found = paths.read(record)?;
                let range = found.text_range(record, if format == Format::Warc { "text" } else { field })?;
                parsed.row.text_start = range.start as u64;
                parsed.row.text_length = range.len() as u64;
                (site, url, date) = (found.site(), found.url(), found.date());
                id = found.id_range(record).unwrap_or(0..0);
            }
            Columns::Table(columns) => {
                let fields = table::fields(record.as_bytes(), columns.separator);
                let text = fields.get(columns.text).ok_or_else(|| format!("no field `{field}`"))?;
                if !fields.iter().all(|f| f.well_formed) {
                    let lines = memchr::memchr_iter(b'\n', record.trim_ascii_end().as_bytes()).count() + 1;
                    let within = if lines > 1 { format!(", in {lines} lines") } else { String::new() };
                    return Err(format!("its quotes do not pair{within}"));
                }
                parsed.row.text_start = text.range.start as u64;
                parsed.row.text_length = text.range.len() as u64;
                let get = |column: Option<usize>| column.and_then(|c| fields.get(c));
                let text_of = |column: Option<usize>| get(column).map(|f| f.text(record));
                site = columns.sites.iter().find_map(|&c| text_of(Some(c)).and_then(|s| site::normal(&s)));
                (url, date) = (text_of(columns.url), text_of(columns.date));
                id = get(columns.id).map_or(0..0, |f| {
                    let quotes = usize::from(f.quoted && !f.range.is_empty());
                    f.range.start - quotes..f.range.end + quotes
                });
            }
            Columns::None => {}
        }
        if u32::try_from(id.end).is_ok() {
            (parsed.row.id_start, parsed.row.id_length) = (id.start as u32, id.len() as u32);
        }
        if parsed.row.text_length > MAX_TEXT as u64 {
            return Err(too_long(parsed.row.text_length));
        }
        parsed.site = self.site_of(site, url.as_deref(), sites);
        parsed.date = self.date_of(date);
        Ok(parsed)
    }

    /// The site of a record: what the run says, else the record, else its address.
    pub(super) fn site_of(
        &self,
        site: Option<String>,
        url: Option<&str>,
        sites: &mut Sites,
    ) -> Option<String> {
        let told = self.site.map(str::to_owned);
        told.or(site).or_else(|| url.and_then(|u| sites.of_url(u)))
    }

    /// The date of a record, where it is asked for.
    pub(super) fn date_of(&self, date: Option<String>) -> Option<i64> {
        let wanted = matches!(self.config.document.keep, Keep::Earliest | Keep::Latest);
        if wanted { date.and_then(|d| super::date::parse(&d)) } else { None }
    }
}

/// Why a text cannot be cleaned.
pub(super) fn too_long(bytes: u64) -> String {
    format!("a text of {bytes} bytes; at most {MAX_TEXT} can be cleaned")
}

/// Whether a file of a folder may be passed by: it is gone, or not ours to read.
fn is_private(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::NotFound)
}
