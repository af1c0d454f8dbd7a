//! The output folder: made as `NAME.unfinished` beside its final name, renamed when it is whole. What was finished in it
//! is kept in a journal, so that a run that was stopped can be resumed.

use crate::corpus::format::Compression;
use crate::corpus::packing::{self, MEMBER};
use crate::disk::{Disk, WriteFile};
use crate::error::{Error, Result};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;
use xxhash_rust::xxh3::Xxh3;

/// What an unfinished folder is called behind its name.
const UNFINISHED: &str = "unfinished";
/// Held by the run that writes the folder.
const LOCK: &str = ".lock";
/// Names what is finished in an unfinished folder.
const JOURNAL: &str = ".journal";
/// The checksums of a finished folder, as `xxh128sum` writes and checks them.
pub const CHECKSUMS: &str = "checksums.txt";
/// What differs from run to run; its checksum stands in itself.
pub const RUN: &str = "run.json";

/// Refuses an output that would be written over something that is not ours, or over the input.
pub fn check(output: &Path, inputs: &[PathBuf], force: bool) -> Result<()> {
    check_over(output, inputs, force, is_ours)
}

/// The same, where `is_ours` says what may be written over.
pub fn check_over(
    output: &Path,
    inputs: &[PathBuf],
    force: bool,
    is_ours: impl Fn(&Path) -> bool,
) -> Result<()> {
    let refuse = |reason: String| Err(Error::Output { path: output.to_path_buf(), reason });
    let absolute = absolute(output)?;
    for input in inputs {
        let input_path = match fs::canonicalize(input) {
            Ok(path) => path,
            // A pipe that has no name, as of a shell: it is there, and lies nowhere.
            Err(_) if input.exists() => continue,
            Err(e) => return Err(Error::io("read", input)(e)),
        };
        if absolute.starts_with(&input_path) || input_path.starts_with(&absolute) {
            return refuse(format!(
                "the output and the input {} must not lie in each other",
                input.display()
            ));
        }
    }
    match fs::symlink_metadata(output) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(e) => Err(Error::Io { action: "look at", path: output.to_path_buf(), source: e }),
        Ok(meta) if meta.is_symlink() => refuse("is a link; name the folder itself".into()),
        Ok(meta) if !meta.is_dir() => refuse("exists and is not a folder".into()),
        Ok(_) if is_empty(output)? => Ok(()),
        Ok(_) if !is_ours(output) => {
            refuse("exists and is not an output of dechaff; name another folder".into())
        }
        Ok(_) if force => Ok(()),
        Ok(_) => refuse("exists; name another folder, or replace it with --force".into()),
    }
}

/// Whether a folder is the output of a run.
pub fn is_ours(output: &Path) -> bool {
    output.join(CHECKSUMS).is_file()
}

/// The real path of what may not exist yet: that of its nearest ancestor that does, and the rest as it is named.
fn absolute(path: &Path) -> Result<PathBuf> {
    let full = std::path::absolute(path).map_err(Error::io("name", path))?;
    for ancestor in full.ancestors() {
        if let Ok(real) = fs::canonicalize(ancestor) {
            let rest = full.strip_prefix(ancestor).unwrap_or(Path::new(""));
            return Ok(rest.components().fold(real, |mut at, part| {
                match part {
                    std::path::Component::ParentDir => drop(at.pop()),
                    part => at.push(part),
                }
                at
            }));
        }
    }
    Ok(full)
}

fn is_empty(path: &Path) -> Result<bool> {
    Ok(fs::read_dir(path).map_err(Error::io("read", path))?.next().is_none())
}

/// What is done with an unfinished folder of an earlier run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Earlier {
    /// It is not touched, and the run ends.
    #[default]
    Refuse,
    /// It is removed.
    Replace,
    /// What is finished in it stays.
    Resume,
}

/// A file that is finished.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Finished {
    path: String,
    bytes: u64,
    xxh3: String,
}

/// The first line of a journal.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct JournalHeader {
    format: String,
    version: u32,
    /// Tells runs apart that would write something else.
    fingerprint: String,
}

/// A folder that is being written. Dropped before [`Folder::finish`], it vanishes, unless a file in it is finished and the
/// run can be resumed.
pub struct Folder<'a> {
    disk: &'a dyn Disk,
    partial: PathBuf,
    target: PathBuf,
    finished: BTreeMap<String, Finished>,
    journal: Option<Box<dyn WriteFile>>,
    done: bool,
    /// What an earlier run left in it is to be completed, and was not found to be of another input or other settings.
    taken_over: bool,
    /// Locked as long as the folder is written.
    _lock: File,
}

impl<'a> Folder<'a> {
    /// Makes the unfinished folder, or takes over that of an earlier run.
    pub fn begin(disk: &'a dyn Disk, target: &Path, earlier: Earlier) -> Result<Folder<'a>> {
        let full = std::path::absolute(target).map_err(Error::io("name", target))?;
        let name = full.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_else(|| "out".into());
        let parent = full.parent().map(Path::to_path_buf).unwrap_or_else(|| PathBuf::from("."));
        disk.create_folder(&parent).map_err(Error::io("make", &parent))?;
        let partial = parent.join(format!("{name}.{UNFINISHED}"));
        let refuse = |reason: &str| Err(Error::Output { path: partial.clone(), reason: reason.into() });
        let existed = partial.exists();
        let ours = [LOCK, JOURNAL, CHECKSUMS].iter().any(|name| partial.join(name).is_file());
        if existed && !ours && !is_empty(&partial)? {
            return refuse("is in the way and is not of dechaff; move it, or name another output");
        }
        disk.create_folder(&partial).map_err(Error::io("make", &partial))?;
        let lock = lock(&partial)?;
        if !partial.join(LOCK).is_file() {
            let reason = "was written by another run at this very moment; name another folder";
            return Err(Error::Output { path: full, reason: reason.into() });
        }
        let journal = partial.join(JOURNAL);
        if existed && earlier == Earlier::Refuse && journal.is_file() {
            return refuse(
                "was left by a run that did not finish; --resume completes it, --force starts anew",
            );
        }
        let folder = Folder {
            disk,
            partial,
            target: full,
            finished: BTreeMap::new(),
            journal: None,
            done: false,
            taken_over: earlier == Earlier::Resume && journal.is_file(),
            _lock: lock,
        };
        if existed && earlier != Earlier::Resume {
            folder.empty()?;
        }
        Ok(folder)
    }

    /// Starts the journal, or goes on with that of an earlier run over the same input with the same settings; how many files
    /// of it are finished.
    pub fn journal(&mut self, fingerprint: &str) -> Result<usize> {
        let path = self.partial.join(JOURNAL);
        let header =
            JournalHeader { format: "dechaff journal".into(), version: 1, fingerprint: fingerprint.into() };
        if path.is_file() {
            let mut text = String::new();
            let mut file = self.disk.open(&path).map_err(Error::io("read", &path))?;
            file.read_to_string(&mut text).map_err(Error::io("read", &path))?;
            let mut lines = text.lines();
            let first: Option<JournalHeader> = lines.next().and_then(|l| serde_json::from_str(l).ok());
            if first.is_some_and(|first| first != header) {
                return Err(Error::Output {
                    path: self.partial.clone(),
                    reason: "was begun over other input or with other settings; --force starts anew".into(),
                });
            }
            // The last line may be half written: what it names is written again.
            let finished: Vec<Finished> = lines.filter_map(|l| serde_json::from_str(l).ok()).collect();
            // A summary of all comes last, of whatever was finished by then.
            for file in finished.into_iter().filter(|f| f.path != CHECKSUMS && f.path != RUN) {
                if self.holds(&file)? {
                    self.finished.insert(file.path.clone(), file);
                }
            }
        }
        // Written anew, so that no half line stays in it.
        let mut journal = self.disk.create(&path).map_err(Error::io("make", &path))?;
        let mut lines = line_of(&header)?;
        for file in self.finished.values() {
            lines.extend(line_of(file)?);
        }
        journal.write_all(&lines).and_then(|()| journal.flush()).map_err(Error::io("write", &path))?;
        self.journal = Some(journal);
        self.taken_over = false;
        Ok(self.finished.len())
    }

    /// Whether a file that a journal names is there as it was finished.
    fn holds(&self, file: &Finished) -> Result<bool> {
        if Path::new(&file.path).components().any(|c| !matches!(c, std::path::Component::Normal(_))) {
            return Ok(false);
        }
        let path = self.partial.join(&file.path);
        match checksum(self.disk, &path) {
            Ok((bytes, xxh3)) => Ok(bytes == file.bytes && xxh3 == file.xxh3),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(e) => Err(Error::io("read", path)(e)),
        }
    }

    fn empty(&self) -> Result<()> {
        for entry in fs::read_dir(&self.partial).map_err(Error::io("read", &self.partial))? {
            let entry = entry.map_err(Error::io("read", &self.partial))?;
            let path = entry.path();
            let is_folder = entry.file_type().map_err(Error::io("read", &path))?.is_dir();
            if entry.file_name() == LOCK {
                continue;
            }
            let removed =
                if is_folder { self.disk.remove_folder(&path) } else { self.disk.remove_file(&path) };
            removed.map_err(Error::io("remove", &path))?;
        }
        Ok(())
    }

    /// Whether this file was finished by an earlier run.
    pub fn has(&self, name: &str) -> bool {
        self.finished.contains_key(name)
    }

    /// Whether a file of this checksum was finished under this name.
    pub fn has_written(&self, name: &str, xxh3: &str) -> bool {
        self.finished.get(name).is_some_and(|file| file.xxh3 == xxh3)
    }

    /// A file below the folder that does not exist before something is written to it.
    pub fn create(&self, name: impl Into<String>, packing: Packing) -> OutFile<'a> {
        let name = name.into();
        OutFile {
            disk: self.disk,
            path: self.partial.join(&name),
            name,
            packing,
            file: None,
            hash: Xxh3::new(),
            bytes: 0,
            block: Vec::new(),
            full: Vec::new(),
        }
    }

    /// Ends a file and notes that it is finished.
    pub fn keep(&mut self, file: OutFile<'_>) -> Result<()> {
        let Some(finished) = file.finish()? else { return Ok(()) };
        self.note(finished)
    }

    fn note(&mut self, finished: Finished) -> Result<()> {
        if let Some(journal) = &mut self.journal {
            let line = line_of(&finished)?;
            let path = self.partial.join(JOURNAL);
            journal.write_all(&line).and_then(|()| journal.flush()).map_err(Error::io("write", path))?;
        }
        self.finished.insert(finished.path.clone(), finished);
        Ok(())
    }

    /// Writes a small file.
    pub fn file(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        let mut file = self.create(name, Packing::NONE);
        file.write(bytes)?;
        self.keep(file)
    }

    /// A file that another writer fills; noted by [`Folder::keep_written`].
    pub fn plain(&self, name: &str) -> Result<(PathBuf, Box<dyn WriteFile>)> {
        let path = self.partial.join(name);
        Ok((path.clone(), create_with_parents(self.disk, &path)?))
    }

    /// Notes a file that another writer filled.
    pub fn keep_written(&mut self, name: &str) -> Result<()> {
        let path = self.partial.join(name);
        let (bytes, xxh3) = checksum(self.disk, &path).map_err(Error::io("read", &path))?;
        self.note(Finished { path: name.into(), bytes, xxh3 })
    }

    /// Writes checksums and `run.json`, and gives the folder its name. What stood there (an output of dechaff, checked
    /// before) goes first.
    pub fn finish(mut self, mut run: serde_json::Value) -> Result<()> {
        let mut sums = String::new();
        for file in self.finished.values() {
            sums.push_str(&sum_line(&file.xxh3, &file.path));
        }
        self.file(CHECKSUMS, sums.as_bytes())?;
        run["checksums"] = format!("{:032x}", xxhash_rust::xxh3::xxh3_128(sums.as_bytes())).into();
        run["xxh3"] = run_checksum(&run).into();
        let text = serde_json::to_string_pretty(&run).expect("plain values are always JSON") + "\n";
        self.file(RUN, text.as_bytes())?;
        self.finish_without_checksums()
    }

    /// Gives the folder its name, with nothing in it but what was written.
    pub fn finish_without_checksums(mut self) -> Result<()> {
        self.disk.sync(&self.partial).map_err(Error::io("write", &self.partial))?;
        // Nothing of dechaff's own book-keeping is left in a folder with its final name.
        self.journal = None;
        for name in [JOURNAL, LOCK] {
            let path = self.partial.join(name);
            if path.is_file() {
                self.disk.remove_file(&path).map_err(Error::io("remove", &path))?;
            }
        }
        let old = self.target.with_file_name(format!(
            "{}.replaced",
            self.partial.file_name().unwrap_or_default().to_string_lossy()
        ));
        let replaces = self.target.exists();
        if replaces {
            if old.exists() {
                self.disk.remove_folder(&old).map_err(Error::io("remove", &old))?;
            }
            self.disk.rename(&self.target, &old).map_err(Error::io("move", &self.target))?;
        }
        if let Err(error) = self.disk.rename(&self.partial, &self.target) {
            if replaces {
                self.disk.rename(&old, &self.target).map_err(Error::io("move back", &self.target))?;
            }
            return Err(Error::io("rename", &self.partial)(error));
        }
        self.done = true;
        if replaces {
            self.disk.remove_folder(&old).map_err(Error::io("remove", &old))?;
        }
        let parent = self.target.parent().unwrap_or(Path::new("."));
        self.disk.sync(parent).map_err(Error::io("write", parent))
    }
}

impl Drop for Folder<'_> {
    fn drop(&mut self) {
        let resumable = self.journal.is_some() && !self.finished.is_empty();
        if !self.done && !resumable && !self.taken_over {
            // Nothing can be told from here; the name says that it is unfinished.
            let _ = self.disk.remove_folder(&self.partial);
        }
    }
}

/// A line of the checksums, with its break. Where a name holds a line break or a backslash it is escaped, and a backslash before the
/// checksum says so, as in the lists of `xxh128sum` and its like.
fn sum_line(sum: &str, name: &str) -> String {
    let escaped = name.replace('\\', "\\\\").replace('\n', "\\n").replace('\r', "\\r");
    let mark = if escaped == name { "" } else { "\\" };
    format!("{mark}{sum}  {escaped}\n")
}

/// The checksum and the name in a line of the checksums.
pub fn sum_and_name(line: &str) -> Option<(&str, String)> {
    let (sum, name) = line.split_once("  ")?;
    let Some(sum) = sum.strip_prefix('\\') else { return Some((sum, name.to_owned())) };
    let mut plain = String::new();
    let mut chars = name.chars();
    while let Some(c) = chars.next() {
        plain.push(match c {
            '\\' => match chars.next()? {
                'n' => '\n',
                'r' => '\r',
                c => c,
            },
            c => c,
        });
    }
    Some((sum, plain))
}

/// The checksum of `run.json`: of all that stands in it but the checksum itself.
pub fn run_checksum(run: &serde_json::Value) -> String {
    let mut rest = run.clone();
    if let Some(fields) = rest.as_object_mut() {
        fields.remove("xxh3");
    }
    format!("{:032x}", xxhash_rust::xxh3::xxh3_128(rest.to_string().as_bytes()))
}

/// How often, and how many milliseconds apart, a lock is asked for: a run that is just ending may hold it still.
const LOCK_TRIES: (u32, u64) = (50, 20);

fn lock(partial: &Path) -> Result<File> {
    let path = partial.join(LOCK);
    let file = File::create(&path).map_err(Error::io("make", &path))?;
    for _ in 0..LOCK_TRIES.0 {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(LOCK_TRIES.1)),
            // A file system without locks: nothing tells two runs apart there.
            Err(TryLockError::Error(e)) if e.kind() == io::ErrorKind::Unsupported => return Ok(file),
            Err(TryLockError::Error(e)) => return Err(Error::io("lock", path)(e)),
        }
    }
    Err(Error::Output { path: partial.to_path_buf(), reason: "another run is writing it".into() })
}

/// The length and the XXH3-128 of a file.
pub fn checksum(disk: &dyn Disk, path: &Path) -> io::Result<(u64, String)> {
    let mut file = disk.open(path)?;
    let (mut hash, mut buffer, mut bytes) = (Xxh3::new(), vec![0; 1 << 18], 0);
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok((bytes, format!("{:032x}", hash.digest128()))),
            Ok(n) => {
                hash.update(&buffer[..n]);
                bytes += n as u64;
            }
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
}

fn create_with_parents(disk: &dyn Disk, path: &Path) -> Result<Box<dyn WriteFile>> {
    if let Some(parent) = path.parent()
        && !parent.is_dir()
    {
        disk.create_folder(parent).map_err(Error::io("make", parent))?;
    }
    disk.create(path).map_err(Error::io("make", path))
}

/// How a file is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packing {
    /// In which format.
    pub compression: Compression,
    /// As the format's tools count; their default where it is `None`.
    pub level: Option<u32>,
}

impl Packing {
    /// Not at all.
    pub const NONE: Packing = Packing { compression: Compression::None, level: None };
}

/// So many bytes are written as they come where nothing packs them.
const PLAIN: usize = 1 << 16;

/// A file below the folder, made with its parents when the first byte is written. Its packed bytes do not depend on how
/// its plain ones come.
pub struct OutFile<'a> {
    disk: &'a dyn Disk,
    path: PathBuf,
    name: String,
    packing: Packing,
    file: Option<Box<dyn WriteFile>>,
    hash: Xxh3,
    bytes: u64,
    block: Vec<u8>,
    full: Vec<Vec<u8>>,
}

impl OutFile<'_> {
    /// Makes the file even if nothing is written.
    pub fn touch(&mut self) -> Result<()> {
        if self.file.is_none() {
            self.file = Some(create_with_parents(self.disk, &self.path)?);
        }
        Ok(())
    }

    /// Appends bytes.
    pub fn write(&mut self, mut bytes: &[u8]) -> Result<()> {
        self.touch()?;
        if self.packing.compression == Compression::None && bytes.len() >= PLAIN {
            // So much is not gathered first.
            if !self.block.is_empty() {
                self.full.push(std::mem::take(&mut self.block));
                self.flush()?;
            }
            return self.put(bytes);
        }
        while !bytes.is_empty() {
            let take = bytes.len().min(MEMBER - self.block.len());
            self.block.extend_from_slice(&bytes[..take]);
            bytes = &bytes[take..];
            if self.block.len() == MEMBER {
                self.full.push(std::mem::take(&mut self.block));
                let waiting = if self.packing.compression == Compression::None {
                    1
                } else {
                    rayon::current_num_threads()
                };
                if self.full.len() >= waiting {
                    self.flush()?;
                }
            }
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        let blocks = std::mem::take(&mut self.full);
        let Packing { compression, level } = self.packing;
        let packed: Vec<io::Result<Vec<u8>>> = if compression == Compression::None {
            blocks.into_iter().map(Ok).collect()
        } else {
            blocks.into_par_iter().map(|block| packing::pack(compression, level, block)).collect()
        };
        for block in packed {
            let block = block.map_err(Error::io("pack", &self.path))?;
            self.put(&block)?;
        }
        Ok(())
    }

    fn put(&mut self, bytes: &[u8]) -> Result<()> {
        self.touch()?;
        let Some(file) = &mut self.file else { return Ok(()) };
        file.write_all(bytes).map_err(Error::io("write", &self.path))?;
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    /// Writes what waits. Nothing for a file that was never made.
    fn finish(mut self) -> Result<Option<Finished>> {
        if self.file.is_none() {
            return Ok(None);
        }
        // A packed file of nothing is still a packed file.
        let wanted = self.packing.compression != Compression::None && self.bytes == 0 && self.full.is_empty();
        if !self.block.is_empty() || wanted {
            self.full.push(std::mem::take(&mut self.block));
        }
        self.flush()?;
        if let Some(mut file) = self.file.take() {
            file.flush().map_err(Error::io("write", &self.path))?;
        }
        let xxh3 = format!("{:032x}", self.hash.digest128());
        Ok(Some(Finished { path: self.name, bytes: self.bytes, xxh3 }))
    }
}

/// A value as a line of JSON.
pub fn line_of(row: &impl Serialize) -> Result<Vec<u8>> {
    let mut line = serde_json::to_vec(row).map_err(|e| Error::Unbalanced(e.to_string()))?;
    line.push(b'\n');
    Ok(line)
}
