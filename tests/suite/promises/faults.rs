//! Every file operation of a small run fails once, in each way that a disk fails: never a wrong output under a final name,
//! always an error that says what and where.

use crate::newsroom;
use crate::output::tree;
use dechaff::batch::out::Earlier;
use dechaff::batch::{Output, Product, Run};
use dechaff::config::Builtin;
use dechaff::corpus::format::Compression;
use dechaff::corpus::packing::pack;
use dechaff::corpus::walk::Inputs;
use dechaff::disk::{Disk, ReadFile, RealDisk, Temporary, WriteFile};
use dechaff::engine::{Cancel, Lists};
use dechaff::store::Store;
use dechaff::{Config, Error};
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A disk whose operation of a given number fails, and, where it is full, all that write after it.
#[derive(Debug, Clone)]
struct Faulty {
    calls: Arc<AtomicU64>,
    fails: u64,
    kind: ErrorKind,
}

impl Faulty {
    fn call(&self, writes: bool) -> io::Result<()> {
        let call = self.calls.fetch_add(1, Ordering::SeqCst);
        let full = self.kind == ErrorKind::StorageFull;
        let fails = if full { writes && call >= self.fails } else { call == self.fails };
        if fails { Err(self.kind.into()) } else { Ok(()) }
    }
}

struct FaultyFile<F>(F, Faulty);

impl<F: Read> Read for FaultyFile<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.1.call(false)?;
        self.0.read(buffer)
    }
}

impl<F: Seek> Seek for FaultyFile<F> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.1.call(false)?;
        self.0.seek(to)
    }
}

impl ReadFile for FaultyFile<Box<dyn ReadFile>> {
    fn parts(&self) -> Option<Box<dyn Temporary>> {
        Some(Box::new(FaultyTemporary(self.0.parts()?, self.1.clone())))
    }
}

impl<F: Write> Write for FaultyFile<F> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A disk takes a part of what it is given before it fails.
        self.1.call(true).inspect_err(|_| _ = self.0.write(&bytes[..bytes.len() / 2]))?;
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.1.call(true)?;
        self.0.flush()
    }
}

#[derive(Debug)]
struct FaultyTemporary(Box<dyn Temporary>, Faulty);

impl Temporary for FaultyTemporary {
    fn read_at(&self, bytes: &mut [u8], at: u64) -> io::Result<()> {
        self.1.call(false)?;
        self.0.read_at(bytes, at)
    }

    fn write_at(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        self.1.call(true)?;
        self.0.write_at(bytes, at)
    }
}

impl Disk for Faulty {
    fn open(&self, path: &Path) -> io::Result<Box<dyn ReadFile>> {
        self.call(false)?;
        Ok(Box::new(FaultyFile(RealDisk.open(path)?, self.clone())))
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn WriteFile>> {
        self.call(true)?;
        Ok(Box::new(FaultyFile(RealDisk.create(path)?, self.clone())))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.call(true)?;
        RealDisk.rename(from, to)
    }

    fn create_folder(&self, path: &Path) -> io::Result<()> {
        self.call(true)?;
        RealDisk.create_folder(path)
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        self.call(false)?;
        RealDisk.remove_file(path)
    }

    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        self.call(false)?;
        RealDisk.remove_folder(path)
    }

    fn sync(&self, folder: &Path) -> io::Result<()> {
        self.call(true)?;
        RealDisk.sync(folder)
    }

    fn temporary(&self, folder: &Path) -> io::Result<Box<dyn Temporary>> {
        self.call(true)?;
        Ok(Box::new(FaultyTemporary(RealDisk.temporary(folder)?, self.clone())))
    }

    fn open_parts(&self, path: &Path) -> io::Result<Box<dyn Temporary>> {
        self.call(false)?;
        Ok(Box::new(FaultyTemporary(RealDisk.open_parts(path)?, self.clone())))
    }
}

fn output(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = tree(folder);
    files.remove("run.json");
    files
}

#[test]
fn a_failing_disk_never_leaves_a_wrong_output() {
    let calls = all_fail_once(None, 1);
    assert!(calls > 300, "{calls}");
}

#[test]
fn nor_does_one_that_holds_what_does_not_fit_into_memory() {
    // There are thousands of calls, most of them alike.
    let calls = all_fail_once(Some(1), 41);
    assert!(calls > 1000, "{calls}");
}

/// Every call fails once, or one in so many; how many calls there were.
fn all_fail_once(memory: Option<u64>, step: usize) -> u64 {
    let dir = tempfile::tempdir().unwrap();
    let lines = newsroom::corpus(2, 40);
    let input = dir.path().join("in");
    fs::create_dir(&input).unwrap();
    let packed = pack(Compression::Gzip, None, lines[..20].join("\n").into()).unwrap();
    fs::write(input.join("a.jsonl.gz"), packed).unwrap();
    fs::write(input.join("b.jsonl"), lines[20..].join("\n")).unwrap();
    fs::write(input.join("c.txt"), "The quay was mended in four days.\n").unwrap();
    let config = Config::default();
    let lists = Lists::shipped(Builtin::None);
    let cancel = Cancel::default();
    let inputs = Inputs { named: vec![input], listed: Vec::new() };
    let target = dir.path().join("out");
    let run = |disk: Arc<dyn Disk>, earlier: Earlier| -> Result<(), Error> {
        let output = Output { force: true, earlier, ..Output::default() };
        let store = Arc::new(Store::new(Arc::clone(&disk), memory, dir.path()));
        let run = Run { disk: &*disk, output, store, ..Run::new(&config, &lists, &cancel) };
        run.files(&inputs, Some(&target), Product::Corpus).map(|_| ())
    };
    run(Arc::new(RealDisk), Earlier::Replace).unwrap();
    let expected = output(&target);
    let mut calls = 0;
    for kind in [ErrorKind::Other, ErrorKind::StorageFull, ErrorKind::PermissionDenied] {
        for replaces in [false, true] {
            for fails in (0..).step_by(step) {
                if !replaces && target.exists() {
                    fs::remove_dir_all(&target).unwrap();
                }
                let disk = Faulty { calls: Arc::default(), fails, kind };
                let result = run(Arc::new(disk.clone()), Earlier::Replace);
                let made = disk.calls.load(Ordering::SeqCst);
                if let Err(error) = &result {
                    let named = matches!(error, Error::Io { path, .. } if path.starts_with(dir.path()));
                    assert!(named, "call {fails} of {kind}: {error}");
                }
                // A file that may not be read is passed by, and named; all else that is there is whole.
                let lacks = kind == ErrorKind::PermissionDenied && result.is_ok();
                if target.exists() && !lacks {
                    assert!(
                        output(&target) == expected,
                        "call {fails} of {kind}: a wrong output ({result:?})"
                    );
                } else {
                    assert!(
                        lacks || (result.is_err() && !replaces) || in_safety(&target),
                        "call {fails} of {kind}"
                    );
                }
                // What was left can be completed.
                if result.is_err() {
                    run(Arc::new(RealDisk), Earlier::Resume)
                        .unwrap_or_else(|e| panic!("call {fails} of {kind}: {e}"));
                    assert!(output(&target) == expected, "call {fails} of {kind}: resumed to something else");
                }
                if lacks {
                    run(Arc::new(RealDisk), Earlier::Replace).unwrap();
                }
                if fails >= made {
                    calls += fails;
                    break;
                }
            }
        }
    }
    calls
}

/// An output that was being replaced when the disk failed twice stands beside its name.
fn in_safety(target: &Path) -> bool {
    let name = target.file_name().unwrap().to_string_lossy().into_owned();
    let old: PathBuf = target.with_file_name(format!("{name}.unfinished.replaced"));
    old.join("checksums.txt").is_file()
}
