//! A file on its reading thread: unpacked, split into records, and told chunk by chunk.

use super::format::{self, Compression, Format};
use super::packing;
use super::parts::{Parts, ROOM};
use super::reading::{Reading, SAFE_BYTES};
use super::split::{Piece, Splitter, Values};
use super::table::{Header, Rows};
use super::walk::InputFile;
use crate::disk::ReadFile;
use crate::error::{Error, Result};
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use xxhash_rust::xxh3::Xxh3;

/// Bytes that are unpacked before records are looked for.
pub(super) const CHUNK: usize = 1 << 22;

/// Packed bytes that are read at a time.
const BLOCK: usize = 1 << 18;

/// Bytes at the beginning of a file that tell what it holds.
const HEAD: usize = 1 << 12;

/// A part of a file, split and not yet parsed.
pub(super) struct Chunk {
    /// Some bytes before the first piece may have no meaning.
    pub bytes: Vec<u8>,
    pub pieces: Vec<Piece>,
    /// Where its first byte lies in the unpacked file.
    pub offset: u64,
    /// Why the last of its records cannot be used: the file broke off within it.
    pub broken: Option<String>,
}

/// What a reading thread tells of its file, in this order.
pub(super) enum Message {
    Begin(Box<Beginning>),
    Chunk(Chunk),
    End(Box<Ending>),
    Unreadable(String),
    Failed(Error),
}

pub(super) struct Beginning {
    pub format: Format,
    pub compression: Compression,
    pub columns: Option<Header>,
}

#[derive(Default)]
pub(super) struct Ending {
    pub lead: Vec<u8>,
    pub separator: Option<Vec<u8>>,
    pub end: Vec<u8>,
    pub bytes: u64,
    pub xxh3: u128,
}

impl Reading<'_> {
    /// Reads a file on its own thread.
    pub(super) fn read_file(
        &self,
        file: &InputFile,
        mut opened: Box<dyn ReadFile>,
        is_taken: &dyn Fn() -> bool,
        tell: &mut dyn FnMut(Message) -> bool,
    ) -> bool {
        let size = match opened.seek(SeekFrom::End(0)) {
            Ok(size) => opened.rewind().map(|()| Some(size)),
            // What has no end has no size: a pipe.
            Err(e) if e.kind() == io::ErrorKind::NotSeekable => Ok(None),
            Err(e) => Err(e),
        };
        match size {
            Ok(size) => self.read_stream(file, (opened, size), is_taken, tell),
            Err(e) => tell(Message::Failed(Error::io("read", &file.path)(e))),
        }
    }

    /// Reads a stream, of a file of some size where it is told. A file is read by several threads while its chunks are taken.
    pub(super) fn read_stream(
        &self,
        file: &InputFile,
        stream: (Box<dyn Read + Send + '_>, Option<u64>),
        is_taken: &dyn Fn() -> bool,
        tell: &mut dyn FnMut(Message) -> bool,
    ) -> bool {
        match self.try_read(file, stream, is_taken, tell) {
            Ok(ending) => tell(Message::End(Box::new(ending))),
            Err(error) => tell(Message::Failed(error)),
        }
    }

    fn try_read(
        &self,
        file: &InputFile,
        (mut stream, size): (Box<dyn Read + Send + '_>, Option<u64>),
        is_taken: &dyn Fn() -> bool,
        tell: &mut dyn FnMut(Message) -> bool,
    ) -> Result<Ending> {
        let failed = |e| Error::io("read", &file.path)(e);
        let seen = Arc::new(Seen::default());
        let head = take_up_to(&mut stream, HEAD).map_err(failed)?;
        if format::of_bytes(&head, file.format) == Format::Parquet {
            let beginning =
                Beginning { format: Format::Parquet, compression: Compression::None, columns: None };
            tell(Message::Begin(Box::new(beginning)));
            // Its columns are read, and its bytes hashed, where they lie.
            return Ok(Ending::default());
        }
        let compression = Compression::of_bytes(&head);
        let tracked = Tracked { stream: io::Cursor::new(head).chain(stream), seen: Arc::clone(&seen) };
        let mut plain = match compression {
            Compression::None => Box::new(tracked),
            _ => packing::unpack(compression, BufReader::with_capacity(BLOCK, tracked)).map_err(failed)?,
        };
        let mut buffer = Buffer::default();
        let mut broken = self.fill(&mut *plain, &mut buffer, HEAD, &seen).map_err(failed)?;
        if seen.bytes() == 0 && Compression::of_name(&file.name).0 != Compression::None {
            broken = Some("it has no bytes, and a packed file has some: it was cut short".into());
        }
        let format = format::of_bytes(buffer.held(), file.format);
        if format == Format::Parquet {
            let reason = format!("a Parquet file within {}; unpack it first", compression.name());
            return Err(Error::Input(format!("{}: {reason}", file.path.display())));
        }
        let mut splitter = match format {
            Format::JsonLines => Splitter::lines(),
            Format::Json => Splitter::Values(Values::default()),
            Format::Csv => Splitter::Rows(Box::<Rows>::default()),
            Format::Warc => Splitter::Records,
            Format::Text | Format::Parquet => Splitter::Whole,
        };
        let mut begun = false;
        let (mut ending, mut offset, mut wanted) = (Ending::default(), 0u64, CHUNK);
        let in_parts = compression == Compression::None && format != Format::Text && self.most.is_none();
        let readers = if in_parts { self.part_readers() } else { 1 };
        let mut parts = None;
        loop {
            let left = seen.bytes()..size.unwrap_or(0);
            if parts.is_none() && readers > 1 && left.end > left.start + 2 * CHUNK as u64 && is_taken() {
                let again = self.disk.open_parts(&file.path).map_err(failed)?;
                parts = Some(Parts::new(&Arc::from(again), left, readers));
            }
            if let Some(parts) = &mut parts {
                self.fill_by_parts(parts, (&mut buffer, offset), wanted, &seen).map_err(failed)?;
            } else if broken.is_none() {
                broken = self.fill(&mut *plain, &mut buffer, wanted, &seen).map_err(failed)?;
            }
            let held = buffer.held();
            let unpacked = offset + held.len() as u64;
            let limit = SAFE_BYTES.max(size.unwrap_or(seen.bytes()).saturating_mul(self.max_expansion));
            if compression != Compression::None && unpacked > limit {
                return Err(Error::Input(format!(
                    "{}: unpacks to more than {} times its size; --max-expansion N allows more",
                    file.path.display(),
                    self.max_expansion
                )));
            }
            let last = held.len() < wanted || broken.is_some();
            let bad = |reason| Error::Input(format!("{}: {reason}", file.path.display()));
            let mut split = splitter.split(held, last).map_err(bad)?;
            if !begun && (last || split.used > 0) {
                begun = true;
                let columns =
                    if let Splitter::Rows(rows) = &splitter { rows.header().cloned() } else { None };
                if !tell(Message::Begin(Box::new(Beginning { format, compression, columns }))) {
                    return Ok(ending);
                }
            }
            if split.used == 0 && !last {
                // A record longer than the buffer: twice as much the next time, so that it is not looked through often.
                wanted = held.len() * 2;
                continue;
            }
            ending.lead.extend_from_slice(&held[..split.lead]);
            if let Some((from, to)) = split.separator {
                ending.separator = Some(held[from..to].to_vec());
            }
            if let Some((from, to)) = split.end {
                ending.end.extend_from_slice(&held[from..to]);
            }
            let rest = held[split.used..].to_vec();
            let Buffer { mut bytes, start } = buffer;
            bytes.truncate(start + split.used);
            if start > 0 {
                split.pieces.iter_mut().for_each(|piece| piece.move_by(start));
            }
            let at = offset - start as u64;
            let chunk = Chunk { bytes, pieces: split.pieces, offset: at, broken: broken.clone() };
            offset += split.used as u64;
            if !tell(Message::Chunk(chunk)) || last || self.most.is_some_and(|most| offset >= most) {
                break;
            }
            wanted = CHUNK.max(rest.len() + CHUNK / 2);
            buffer = Buffer { bytes: rest, start: 0 };
        }
        (ending.bytes, ending.xxh3) = (seen.bytes(), seen.xxh3());
        Ok(ending)
    }

    /// Reads until the buffer holds `wanted` bytes or nothing follows. What is told is why the packed bytes break off.
    fn fill(
        &self,
        plain: &mut dyn Read,
        buffer: &mut Buffer,
        wanted: usize,
        seen: &Seen,
    ) -> io::Result<Option<String>> {
        let mut at = buffer.held().len();
        // Memory that comes as zeros need not be cleared before it is read into.
        let mut filled = vec![0; wanted.max(at)];
        filled[..at].copy_from_slice(buffer.held());
        let before = seen.bytes();
        let end = loop {
            if at == filled.len() {
                break Ok(());
            }
            match plain.read_some(&mut filled[at..]) {
                Ok(0) => break Ok(()),
                Ok(read) => at += read,
                Err(e) => break Err(e),
            }
        };
        filled.truncate(at);
        *buffer = Buffer { bytes: filled, start: 0 };
        self.progress.advance(seen.bytes() - before);
        match end {
            Ok(()) => Ok(None),
            // A disk that fails is not a damaged file.
            Err(e) if seen.failed() => Err(e),
            Err(e) => Ok(Some(format!("its packed bytes break off or are damaged ({e})"))),
        }
    }

    /// The same by parts, with a buffer that begins at an offset of the file.
    fn fill_by_parts(
        &self,
        parts: &mut Parts,
        (buffer, offset): (&mut Buffer, u64),
        wanted: usize,
        seen: &Seen,
    ) -> io::Result<()> {
        while buffer.held().len() < wanted {
            let Some(mut part) = parts.next()? else { break };
            seen.add(&part[ROOM..]);
            self.progress.advance((part.len() - ROOM) as u64);
            let rest = buffer.held();
            if rest.len() <= ROOM && offset >= ROOM as u64 {
                let start = ROOM - rest.len();
                part[start..ROOM].copy_from_slice(rest);
                *buffer = Buffer { bytes: part, start };
            } else {
                buffer.bytes.extend_from_slice(&part[ROOM..]);
            }
        }
        Ok(())
    }
}

/// What was read of a file and is not done with, behind bytes of no meaning.
#[derive(Default)]
struct Buffer {
    bytes: Vec<u8>,
    start: usize,
}

impl Buffer {
    fn held(&self) -> &[u8] {
        &self.bytes[self.start..]
    }
}

/// Reads that a signal may not end.
trait ReadSome: Read {
    /// Reads some bytes; none at the end only.
    fn read_some(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.read(buffer) {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                read => return read,
            }
        }
    }
}
impl<R: Read + ?Sized> ReadSome for R {}

fn take_up_to(stream: &mut dyn Read, bytes: usize) -> io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(bytes);
    stream.take(bytes as u64).read_to_end(&mut head)?;
    Ok(head)
}

/// What was read of a packed file so far.
#[derive(Default)]
struct Seen {
    bytes: AtomicU64,
    failed: AtomicU64,
    hash: Mutex<Xxh3>,
}

impl Seen {
    fn add(&self, bytes: &[u8]) {
        self.bytes.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        self.hash.lock().unwrap_or_else(PoisonError::into_inner).update(bytes);
    }

    fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    fn failed(&self) -> bool {
        self.failed.load(Ordering::Relaxed) > 0
    }

    fn xxh3(&self) -> u128 {
        self.hash.lock().unwrap_or_else(PoisonError::into_inner).digest128()
    }
}

/// Counts and hashes what is read, and remembers whether reading itself failed.
struct Tracked<R> {
    stream: R,
    seen: Arc<Seen>,
}

impl<R: Read> Read for Tracked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.stream.read(buffer);
        match &read {
            Ok(n) => self.seen.add(&buffer[..*n]),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => _ = self.seen.failed.fetch_add(1, Ordering::Relaxed),
        }
        read
    }
}
