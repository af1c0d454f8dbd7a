//! A finished output folder against its own checksums, receipts and counts.

use super::files::FileRow;
use super::opened::{Opened, Was};
use super::out::{CHECKSUMS, RUN, checksum, run_checksum, sum_and_name};
use crate::corpus::format::Format;
use crate::disk::Disk;
use crate::error::{Error, Result};
use std::collections::{BTreeMap, HashSet};
use std::path::Path;

/// What was found.
#[derive(Debug, Default)]
pub struct Verified {
    /// Files whose checksums were compared.
    pub files: u64,
    /// Records that were put back and compared.
    pub records: u64,
    /// Receipts that were checked.
    pub receipts: u64,
    /// What is wrong, a line each.
    pub problems: Vec<String>,
    /// Files that the run could not read: nothing of them is in the output.
    pub unreadable: Vec<String>,
}

/// Checks a folder: every file against its checksum, every receipt against its record and its witness, the counts against
/// each other.
///
/// # Errors
/// A folder that is no output of dechaff, or a disk that cannot be read.
pub fn verify(disk: &dyn Disk, folder: &Path) -> Result<Verified> {
    let mut found = Verified::default();
    checksums(disk, folder, &mut found)?;
    let opened = match Opened::new(disk, folder) {
        Ok(opened) => opened,
        Err(error @ (Error::Format { .. } | Error::Io { .. })) if !found.problems.is_empty() => {
            found.problems.push(error.to_string());
            return Ok(found);
        }
        Err(error) => return Err(error),
    };
    records(&opened, &mut found)?;
    witnesses(&opened, &mut found)?;
    found.unreadable = opened.unreadable;
    Ok(found)
}

fn checksums(disk: &dyn Disk, folder: &Path, found: &mut Verified) -> Result<()> {
    let read = |name: &str| -> Result<Vec<u8>> {
        let (path, mut bytes) = (folder.join(name), Vec::new());
        let mut file = disk.open(&path).map_err(Error::io("read", &path))?;
        std::io::Read::read_to_end(&mut file, &mut bytes).map_err(Error::io("read", &path))?;
        Ok(bytes)
    };
    let sums = read(CHECKSUMS)?;
    match read(RUN).map(|run| serde_json::from_slice::<serde_json::Value>(&run)) {
        Ok(Ok(run)) => {
            if run["xxh3"] != run_checksum(&run) {
                found.problems.push(format!("{RUN}: was changed"));
            } else if run["checksums"] != format!("{:032x}", xxhash_rust::xxh3::xxh3_128(&sums)) {
                found.problems.push(format!("{CHECKSUMS}: was changed"));
            }
        }
        Ok(Err(error)) => found.problems.push(format!("{RUN}: {error}")),
        Err(error) => found.problems.push(error.to_string()),
    }
    let mut listed: HashSet<String> = [CHECKSUMS, RUN].map(str::to_owned).into();
    for (number, line) in (1..).zip(String::from_utf8_lossy(&sums).lines()) {
        let Some((sum, name)) = sum_and_name(line) else {
            found.problems.push(format!("{CHECKSUMS}:{number}: neither a checksum nor a name"));
            continue;
        };
        listed.insert(name.clone());
        found.files += 1;
        match checksum(disk, &folder.join(&name)) {
            Ok((_, actual)) if actual == sum => {}
            Ok(_) => found.problems.push(format!("{name}: was changed: its checksum differs")),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                found.problems.push(format!("{name}: is missing"));
            }
            Err(e) => return Err(Error::io("read", folder.join(name))(e)),
        }
    }
    for entry in walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().flatten() {
        if let Ok(name) = entry.path().strip_prefix(folder)
            && entry.file_type().is_file()
            && !listed.contains(&name.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/"))
        {
            found
                .problems
                .push(format!("{}: is not of the run: {CHECKSUMS} does not name it", name.display()));
        }
    }
    Ok(())
}

/// Puts every record back, which compares the text of each cut one with its hash, and counts them.
fn records(opened: &Opened<'_>, found: &mut Verified) -> Result<()> {
    let mut counts = Counts::default();
    for file in &opened.files {
        counts.records += u64::from(file.records);
        counts.rejected += u64::from(file.rejected);
        found.receipts += opened.receipts.get(&file.file).map_or(0, Vec::len) as u64;
        if !opened.has_documents() {
            continue;
        }
        match put_back(opened, file) {
            Ok(was) => {
                found.records += was.values().sum::<u64>();
                counts.removed += was.get("removed").unwrap_or(&0);
                counts.cut += was.get("cut").unwrap_or(&0);
            }
            Err(error @ (Error::Format { .. } | Error::Io { .. } | Error::Input(_))) => {
                found.problems.push(error.to_string());
            }
            Err(error) => return Err(error),
        }
    }
    let path = opened.folder.join("summary.json");
    let summary = std::fs::read(&path).map_err(Error::io("read", &path))?;
    let summary: serde_json::Value = match serde_json::from_slice(&summary) {
        Ok(summary) => summary,
        Err(error) => {
            found.problems.push(format!("summary.json: {error}"));
            return Ok(());
        }
    };
    let mut told = vec![("records_in", counts.records), ("records_rejected", counts.rejected)];
    if opened.has_documents() && found.problems.is_empty() {
        told.extend([("records_removed", counts.removed), ("records_cut", counts.cut)]);
    }
    for (name, count) in told {
        if summary[name] != count {
            found.problems.push(format!("summary.json: {name} is {}, {count} were found", summary[name]));
        }
    }
    Ok(())
}

#[derive(Default)]
struct Counts {
    records: u64,
    rejected: u64,
    removed: u64,
    cut: u64,
}

fn put_back(opened: &Opened<'_>, file: &FileRow) -> Result<BTreeMap<&'static str, u64>> {
    let mut counts = BTreeMap::new();
    let mut count = |was: Was| {
        let name = match was {
            Was::Kept => "kept",
            Was::Cut => "cut",
            Was::Removed => "removed",
            Was::Rejected => "rejected",
        };
        *counts.entry(name).or_default() += 1;
    };
    if file.output_format == Format::Parquet {
        let nowhere: Box<dyn crate::disk::WriteFile> = Box::new(std::io::sink());
        let mut nowhere = Some(nowhere);
        let mut create =
            || Ok((file.output.clone().into(), nowhere.take().unwrap_or_else(|| Box::new(std::io::sink()))));
        opened.merge_columns(file, &mut create, &mut count)?;
    } else {
        opened.records_of(file, &mut |_, _, was| {
            count(was);
            Ok(())
        })?;
    }
    Ok(counts)
}

/// Every witness is a document that stays.
fn witnesses(opened: &Opened<'_>, found: &mut Verified) -> Result<()> {
    let all = || opened.receipts.values().flatten();
    let removed: HashSet<u32> = all().filter(|r| r.removed).map(|r| r.record).collect();
    for place in all() {
        let receipt = match opened.receipt(place) {
            Ok(receipt) => receipt,
            Err(error @ Error::Format { .. }) => {
                found.problems.push(error.to_string());
                continue;
            }
            Err(error) => return Err(error),
        };
        let documents = receipt.document.iter().map(|d| d.witness.record);
        let units = receipt.cuts.iter().filter_map(|c| c.witness.as_ref()).map(|w| w.record);
        for witness in documents.chain(units).filter(|w| removed.contains(w)) {
            found.problems.push(format!(
                "receipts/receipts.jsonl: record `{}`: its witness, record {witness}, was removed itself",
                receipt.id
            ));
        }
    }
    Ok(())
}
