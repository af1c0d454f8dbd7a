//! An output folder to the corpus that it was made from, record by record, byte for byte.

use super::files::{FileRow, Written};
use super::opened::{Opened, Was};
use super::out::{CHECKSUMS, Earlier, Folder, Packing, check_over, checksum, is_ours, sum_and_name};
use crate::corpus::encoding;
use crate::corpus::format::Format;
use crate::error::{Error, Result};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io::Read;
use std::path::Path;

/// What a finished restore tells.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Restored {
    /// Files written.
    pub files: u64,
    /// Records in them.
    pub records: u64,
    /// Records whose cuts were put back.
    pub cut: u64,
    /// Records that had been removed as copies.
    pub removed: u64,
    /// Records that had been rejected.
    pub rejected: u64,
    /// Rejected records that stay in `rejected/`: the format that their file was written in has no place for them.
    pub set_aside: u64,
}

impl Restored {
    fn count(&mut self, was: Was) {
        self.records += 1;
        match was {
            Was::Kept => {}
            Was::Cut => self.cut += 1,
            Was::Removed => self.removed += 1,
            Was::Rejected => self.rejected += 1,
        }
    }
}

/// Writes the corpus as it was below `target`, which appears when it is whole.
///
/// # Errors
/// A folder that holds no cleaned documents, or was changed; a target that cannot be written.
pub fn restore(opened: &Opened<'_>, target: &Path, force: bool) -> Result<Restored> {
    let of_run_or_restored = |folder: &Path| is_ours(folder) || is_restored(folder, &opened.files);
    check_over(target, std::slice::from_ref(&opened.folder), force, of_run_or_restored)?;
    let nothing = |reason: &str| Error::Output { path: opened.folder.clone(), reason: reason.into() };
    if opened.files.iter().any(|f| f.documents == Written::Marked) {
        return Err(nothing("its documents were marked, not cut: there is nothing to put back"));
    }
    if !opened.has_documents() {
        return Err(nothing("holds no documents to restore"));
    }
    is_whole(opened)?;
    let mut out = Folder::begin(opened.disk, target, Earlier::Replace)?;
    let mut done = Restored::default();
    for file in &opened.files {
        done.files += 1;
        restore_file(opened, file, &mut out, &mut done)?;
        if file.is_converted() && opened.folder.join("rejected").join(&file.file).is_file() {
            done.set_aside += u64::from(file.rejected);
        }
    }
    if target.exists() && !is_ours(target) {
        is_the_same(opened, target, &out)?;
    }
    out.finish_without_checksums()?;
    Ok(done)
}

/// Refuses to replace files that are not what was restored: the names are those of the corpus, which may be somebody's own and
/// newer.
fn is_the_same(opened: &Opened<'_>, target: &Path, out: &Folder<'_>) -> Result<()> {
    for entry in walkdir::WalkDir::new(target).into_iter().flatten().filter(|e| e.file_type().is_file()) {
        let (_, sum) = checksum(opened.disk, entry.path()).map_err(Error::io("read", entry.path()))?;
        let name = entry.path().strip_prefix(target).ok().and_then(Path::to_str);
        if !name.is_some_and(|name| out.has_written(name, &sum)) {
            let path = entry.path().to_path_buf();
            let reason = "differs from what would be restored; move it, or name another folder".into();
            return Err(Error::Output { path, reason });
        }
    }
    Ok(())
}

/// Whether a folder holds files of these names and no others: what was restored before.
fn is_restored(folder: &Path, files: &[FileRow]) -> bool {
    let names: HashSet<&str> = files.iter().map(FileRow::restored).collect();
    walkdir::WalkDir::new(folder).into_iter().all(|entry| {
        let Ok(entry) = entry else { return false };
        let name = entry.path().strip_prefix(folder).ok().and_then(Path::to_str);
        entry.file_type().is_dir() || name.is_some_and(|name| names.contains(name))
    })
}

/// Refuses an output that is not as it was written: a receipt that is gone leaves its record cut, and of a record that was not cut
/// nothing else would tell that it was changed.
fn is_whole(opened: &Opened<'_>) -> Result<()> {
    let path = opened.folder.join(CHECKSUMS);
    let mut sums = String::new();
    let mut file = opened.disk.open(&path).map_err(Error::io("read", &path))?;
    file.read_to_string(&mut sums).map_err(Error::io("read", &path))?;
    let sums: BTreeMap<String, &str> =
        sums.lines().filter_map(sum_and_name).map(|(sum, name)| (name, sum)).collect();
    let books = ["receipts/receipts.jsonl", "rejected.jsonl", "files.jsonl"];
    let holds_records =
        |name: &&str| ["documents/", "removed/", "rejected/"].iter().any(|folder| name.starts_with(folder));
    let mut names: BTreeSet<&str> =
        books.into_iter().chain(sums.keys().map(String::as_str).filter(holds_records)).collect();
    // One that is there, and not told, is no better.
    let there = opened.files.iter().flat_map(|file| {
        let [documents, removed] = ["documents", "removed"].map(|top| format!("{top}/{}", file.output));
        [documents, removed, format!("rejected/{}", file.file)]
    });
    let there: Vec<String> = there.filter(|name| opened.folder.join(name).is_file()).collect();
    names.extend(there.iter().map(String::as_str));
    for name in names {
        let path = opened.folder.join(name);
        let (_, sum) = checksum(opened.disk, &path).map_err(Error::io("read", &path))?;
        if sums.get(name) != Some(&sum.as_str()) {
            let reason = format!("is not as the run wrote it, by {CHECKSUMS}; `dechaff verify` tells more");
            return Err(Error::Output { path, reason });
        }
    }
    Ok(())
}

fn restore_file(
    opened: &Opened<'_>,
    file: &FileRow,
    out: &mut Folder<'_>,
    done: &mut Restored,
) -> Result<()> {
    let name = file.restored();
    if file.output_format == Format::Parquet {
        let written = opened.merge_columns(file, &mut || out.plain(name), &mut |was| done.count(was))?;
        return if written { out.keep_written(name) } else { Ok(()) };
    }
    let compression = if file.is_converted() { file.output_compression } else { file.compression };
    let mut written = out.create(name, Packing { compression, level: None });
    written.touch()?;
    let separator = match &file.separator {
        _ if file.is_converted() => b"",
        Some(separator) => separator.as_bytes(),
        None if file.output_format == Format::Json => b",\n",
        None => b"",
    };
    // What stands before all records is known only with the first of them.
    let mut lead = opened.lead(file)?;
    let mut first = true;
    let (_, end) = opened.records_of(file, &mut |_, standing, was| {
        done.count(was);
        written.write(&std::mem::take(&mut lead))?;
        if !std::mem::take(&mut first) {
            written.write(separator)?;
        }
        if file.output_format == Format::Text && was != Was::Rejected {
            return written.write(&spelt(opened, file, standing.record)?);
        }
        written.write(&standing.before)?;
        written.write(&standing.record)?;
        written.write(&standing.after)
    })?;
    written.write(&lead)?;
    written.write(&end)?;
    out.keep(written)
}

/// A text in its own encoding.
fn spelt(opened: &Opened<'_>, file: &FileRow, text: Vec<u8>) -> Result<Vec<u8>> {
    let bad = |reason: &str| Error::Format {
        path: opened.folder.join("documents").join(&file.output),
        line: 0,
        reason: reason.into(),
    };
    let text = String::from_utf8(text).map_err(|_| bad("not UTF-8"))?;
    encoding::encode(&text, file.spelt()).ok_or_else(|| bad("holds a character that its encoding has not"))
}
