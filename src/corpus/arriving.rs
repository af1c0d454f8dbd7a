//! A file on its reading thread: unpacked, split into records, and told chunk by chunk.

use super::format::{self, Compression, Format};
use super::packing;
use super::parts::{Parts, ROOM};
use super::reading::{Reading, SAFE_BYTES};
use super::split::{Piece, Splitter, Values};
use super::table::{Header, Rows};
use super::walk::InputFile;
use crate::disk::{ReadFile, Temporary};
use crate::error::{Error, Result};
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use xxhash_rust::xxh3::Xxh3;

/// Bytes that are unpacked before records are looked for.
pub(super) const CHUNK: usize = 1 << 22;

/// Packed bytes that are read at a time.
const BLOCK: usize = 1 << 18;

/// What is left of a file is read in parts where it has more bytes.
const LEAST_IN_PARTS: u64 = 2 * CHUNK as u64;

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
            Ok(Some(size)) => self.read_stream(file, Input::File(opened, size), is_taken, tell),
            Ok(None) => self.read_stream(file, Input::Stream(opened), is_taken, tell),
            Err(e) => tell(Message::Failed(Error::io("read", &file.path)(e))),
        }
    }

    /// Reads a stream or a file. A file is read by several threads while its chunks are taken.
    pub(super) fn read_stream(
        &self,
        file: &InputFile,
        input: Input<'_>,
        is_taken: &dyn Fn() -> bool,
        tell: &mut dyn FnMut(Message) -> bool,
    ) -> bool {
        match self.try_read(file, input, is_taken, tell) {
            Ok(ending) => tell(Message::End(Box::new(ending))),
            Err(error) => tell(Message::Failed(error)),
        }
    }

    fn try_read(
        &self,
        file: &InputFile,
        input: Input<'_>,
        is_taken: &dyn Fn() -> bool,
        tell: &mut dyn FnMut(Message) -> bool,
    ) -> Result<Ending> {
        let failed = |e| Error::io("read", &file.path)(e);
        let (seen, place) = (Arc::new(Seen::default()), Arc::default());
        let size = input.size();
        let again = input.parts();
        let mut stream = Onward { input, place: Arc::clone(&place) };
        let head = take_up_to(&mut stream, HEAD).map_err(failed)?;
        if format::of_bytes(&head, file.format) == Format::Parquet {
            if size.is_none() {
                let reason =
                    "a Parquet file, which has its columns told at its end; name it instead of piping it";
                return Err(Error::Input(format!("{}: {reason}", file.path.display())));
            }
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
        let in_parts = compression == Compression::None && format != Format::Text && file.most.is_none();
        let (mut again, readers) = (again.filter(|_| in_parts), self.part_readers());
        let mut parts = None;
        loop {
            let left = seen.bytes()..size.unwrap_or(0);
            if readers > 1 && left.end > left.start + LEAST_IN_PARTS && again.is_some() && is_taken() {
                parts = again.take().map(|again| Parts::new(&Arc::from(again), left, readers));
            }
            let by_parts = |parts| self.fill_by_parts(parts, (&mut buffer, offset), wanted, &seen);
            if !parts.as_mut().map_or(Ok(true), by_parts).map_err(failed)? {
                // What follows, in a file that grew, or got shorter, is read as if there had been no parts.
                parts = None;
                place.store(seen.bytes(), Ordering::Relaxed);
            }
            if parts.is_none() && broken.is_none() {
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
            let beyond = || split.beyond.then(|| "what follows the last value is no record".to_owned());
            let broken_here = broken.clone().or_else(beyond);
            let chunk = Chunk { bytes, pieces: split.pieces, offset: at, broken: broken_here };
            offset += split.used as u64;
            if !tell(Message::Chunk(chunk)) || last || file.most.is_some_and(|most| offset >= most) {
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

    /// The same by parts, with a buffer that begins at an offset of the file; whether there may be more parts.
    fn fill_by_parts(
        &self,
        parts: &mut Parts,
        (buffer, offset): (&mut Buffer, u64),
        wanted: usize,
        seen: &Seen,
    ) -> io::Result<bool> {
        while buffer.held().len() < wanted {
            let mut part = match parts.next() {
                Ok(Some(part)) => part,
                Ok(None) => return Ok(false),
                Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Ok(false),
                Err(e) => return Err(e),
            };
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
        Ok(true)
    }
}

/// What is read.
pub(super) enum Input<'s> {
    Stream(Box<dyn Read + Send + 's>),
    /// With its size.
    File(Box<dyn ReadFile>, u64),
}

impl Input<'_> {
    fn size(&self) -> Option<u64> {
        match self {
            Input::Stream(_) => None,
            Input::File(_, size) => Some(*size),
        }
    }

    /// The same file for readers of its parts, where it is worth while.
    fn parts(&self) -> Option<Box<dyn Temporary>> {
        match self {
            Input::File(file, size) if *size > LEAST_IN_PARTS => file.parts(),
            _ => None,
        }
    }
}

/// Reads on, from another place of the file where one is given: any but its beginning, once.
struct Onward<'s> {
    input: Input<'s>,
    place: Arc<AtomicU64>,
}

impl Read for Onward<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.input {
            Input::Stream(stream) => stream.read(buffer),
            Input::File(file, _) => {
                match self.place.swap(0, Ordering::Relaxed) {
                    0 => {}
                    place => _ = file.seek(SeekFrom::Start(place))?,
                }
                file.read(buffer)
            }
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::corpus::reading::OnError;
    use crate::disk::{Disk, RealDisk};
    use crate::engine::Cancel;
    use crate::progress::Silent;
    use crate::store::Store;
    use std::cell::Cell;
    use std::fs::{self, File};
    use std::io::Write;
    use std::path::Path;

    type Change<'c> = dyn Fn(&Path) + Sync + 'c;

    /// The bytes of all chunks of a file, how many were read, and their hash, or why there is no end. `change` is called
    /// when parts may begin.
    fn read(path: &Path, opened: Box<dyn ReadFile>, change: &Change) -> Result<(Vec<u8>, u64, u128)> {
        let store = Arc::new(Store::new(Arc::new(RealDisk), None, path.parent().unwrap()));
        let reading = Reading {
            config: &Config::default(),
            site: None,
            encoding: None,
            max_expansion: 2,
            on_error: OnError::Reject,
            disk: &RealDisk,
            store: &store,
            progress: &Silent,
            cancel: &Cancel::default(),
        };
        let file = InputFile {
            path: path.to_owned(),
            name: "a.jsonl".into(),
            format: Some(Format::JsonLines),
            folder: None,
            named: true,
            most: None,
        };
        let (mut bytes, mut end, mut chunks) = (Vec::new(), Ok(Ending::default()), 0);
        let is_taken = Cell::new(false);
        let mut tell = |message: Message| {
            match message {
                Message::Begin(_) => {}
                Message::Chunk(chunk) => {
                    chunk.pieces.iter().for_each(|p| bytes.extend_from_slice(&chunk.bytes[p.from..p.next]));
                    chunks += 1;
                    if chunks == 2 {
                        change(path);
                        is_taken.set(true);
                    }
                }
                Message::End(ending) => end = Ok(*ending),
                Message::Unreadable(reason) => panic!("{reason}"),
                Message::Failed(error) => end = Err(error),
            }
            true
        };
        assert!(reading.read_file(&file, opened, &|| is_taken.get(), &mut tell));
        end.map(|end| (bytes, end.bytes, end.xxh3))
    }

    fn on_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(work)
    }

    /// Lines of very different lengths, some longer than the room before parts.
    fn lines(bytes: usize) -> Vec<u8> {
        let mut rng = fastrand::Rng::with_seed(5);
        let mut out = Vec::with_capacity(bytes + 200_000);
        while out.len() < bytes {
            let length = if rng.u8(..) == 0 { 100_000 } else { rng.usize(..5_000) };
            out.extend(std::iter::repeat_with(|| rng.lowercase() as u8).take(length));
            out.push(b'\n');
        }
        out.truncate(bytes);
        out
    }

    #[test]
    fn a_file_is_read_to_its_end_whatever_happens_to_it_once_it_is_open() {
        let before = lines(5 * CHUNK + 12_345);
        let longer: Vec<u8> = before.iter().copied().chain(lines(2 * CHUNK + 3)).collect();
        let replace = |path: &Path| {
            let other = path.with_extension("other");
            fs::write(&other, vec![b'o'; before.len()]).unwrap();
            fs::rename(other, path).unwrap();
        };
        let remove = |path: &Path| fs::remove_file(path).unwrap();
        let shorten = |path: &Path| {
            File::options().write(true).open(path).unwrap().set_len(4 * CHUNK as u64 + 7).unwrap()
        };
        let lengthen = |path: &Path| {
            File::options().append(true).open(path).unwrap().write_all(&longer[before.len()..]).unwrap()
        };
        let shorter = &before[..4 * CHUNK + 7];
        let changes: [(&str, &Change, &[u8]); 5] = [
            ("none", &|_| (), &before),
            ("replaced", &replace, &before),
            ("removed", &remove, &before),
            ("shortened", &shorten, shorter),
            ("lengthened", &lengthen, &longer),
        ];
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.jsonl");
        for (name, change, expected) in changes {
            for threads in [1, 2, 5] {
                fs::write(&path, &before).unwrap();
                let opened = RealDisk.open(&path).unwrap();
                let (bytes, length, hash) = on_threads(threads, || read(&path, opened, change)).unwrap();
                assert!(bytes == expected, "{name}, {threads} threads: {} bytes", bytes.len());
                assert_eq!(length, expected.len() as u64);
                assert_eq!(hash, xxhash_rust::xxh3::xxh3_128(expected));
            }
        }
    }

    /// A file whose parts cannot be read.
    #[derive(Debug)]
    struct Failing(File);

    impl Read for Failing {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.0.read(buffer)
        }
    }

    impl Seek for Failing {
        fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
            self.0.seek(to)
        }
    }

    impl ReadFile for Failing {
        fn parts(&self) -> Option<Box<dyn Temporary>> {
            Some(Box::new(Failing(self.0.try_clone().unwrap())))
        }
    }

    impl Temporary for Failing {
        fn read_at(&self, _: &mut [u8], _: u64) -> io::Result<()> {
            Err(io::Error::other("a bad sector"))
        }

        fn write_at(&self, _: &[u8], _: u64) -> io::Result<()> {
            Err(io::ErrorKind::Unsupported.into())
        }
    }

    #[test]
    fn parts_that_cannot_be_read_are_an_error_that_names_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.jsonl");
        fs::write(&path, lines(5 * CHUNK)).unwrap();
        let opened = Box::new(Failing(File::open(&path).unwrap()));
        let error = on_threads(2, || read(&path, opened, &|_| ())).unwrap_err().to_string();
        assert!(error.contains("a.jsonl") && error.contains("a bad sector"), "{error}");
    }
}
