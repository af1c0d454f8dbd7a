//! A whole run over files: read, decide, write, and tell what was done.

pub mod annotate;
mod columns;
mod converted;
pub mod files;
pub mod forecast;
pub mod opened;
pub mod out;
mod receipts;
pub mod restore;
mod sample;
mod shape;
pub mod verify;
mod write;

use crate::config::Config;
use crate::corpus::reading::{OnError, Reading};
use crate::corpus::records::Records;
use crate::corpus::walk::{self, Inputs};
use crate::disk::{Disk, RealDisk};
use crate::document::Kind;
use crate::engine::{Cancel, Decisions, Job, Lists};
use crate::error::{Error, Result};
use crate::progress::{Progress, Silent};
use crate::report::summary::{Summary, Touched};
use crate::store::Store;
use annotate::Emit;
use encoding_rs::Encoding;
use files::{Conversion, Written};
use out::Earlier;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

/// What to run over, and how.
pub struct Run<'a> {
    /// Settings.
    pub config: &'a Config,
    /// Known lines, protected lines, model.
    pub lists: &'a Lists,
    /// The files that the lists and the model were read from beside those that ship; told in `run.json`.
    pub list_files: &'a [PathBuf],
    /// The site of all documents, whatever they say.
    pub site: Option<&'a str>,
    /// The encoding of text files without a byte-order mark, whatever they look like.
    pub encoding: Option<&'static Encoding>,
    /// How many times its size a packed file may unpack to.
    pub max_expansion: u64,
    /// What is done with records that cannot be used.
    pub on_error: OnError,
    /// Of how many of them the outcome tells where they stand, and why they cannot be used.
    pub tell_rejected: usize,
    /// What is written.
    pub output: Output,
    /// Documents that are worked on at a time; results never depend on it.
    pub batch: usize,
    /// Where the files lie.
    pub disk: &'a dyn Disk,
    /// Holds what the run remembers, within its budget.
    pub store: Arc<Store>,
    /// Hears where the run is.
    pub progress: &'a dyn Progress,
    /// May stop it.
    pub cancel: &'a Cancel,
}

/// What a run writes, and over what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// What is written of the documents.
    pub emit: Vec<Emit>,
    /// Another format or packing than that of the input.
    pub conversion: Conversion,
    /// How hard to pack, as the formats' own tools count.
    pub level: Option<u32>,
    /// Whether an earlier output is replaced.
    pub force: bool,
    /// What is done with an unfinished output.
    pub earlier: out::Earlier,
}

impl Default for Output {
    fn default() -> Self {
        Output {
            emit: vec![Emit::Documents],
            conversion: Conversion::default(),
            level: None,
            force: false,
            earlier: out::Earlier::Refuse,
        }
    }
}

impl Output {
    /// Whether this is written.
    pub fn emits(&self, emit: Emit) -> bool {
        self.emit.contains(&emit)
    }
}

impl<'a> Run<'a> {
    /// A run with these settings and nothing special.
    pub fn new(config: &'a Config, lists: &'a Lists, cancel: &'a Cancel) -> Run<'a> {
        Run {
            config,
            lists,
            list_files: &[],
            site: None,
            encoding: None,
            max_expansion: MAX_EXPANSION,
            on_error: OnError::default(),
            tell_rejected: TELL_REJECTED,
            output: Output::default(),
            batch: BATCH,
            disk: &RealDisk,
            store: Arc::default(),
            progress: &Silent,
            cancel,
        }
    }
}

/// Documents that are worked on at a time.
pub const BATCH: usize = 256;

/// Of how many records that cannot be used an outcome tells.
pub const TELL_REJECTED: usize = 10;

/// How many times its size a packed file may unpack to: more than any text, less than a file made to fill disks.
pub const MAX_EXPANSION: u64 = 200;

/// What a finished run tells.
#[derive(Debug)]
pub struct Outcome {
    /// Counts and examples.
    pub summary: Summary,
    /// The first of the files and records that could not be used, and why.
    pub rejected: Vec<String>,
    /// Files in folders that dechaff does not read.
    pub passed_over: Vec<PathBuf>,
    /// Files of an unfinished run that were taken over.
    pub finished: usize,
    /// Seconds spent reading, deciding and writing.
    pub seconds: [f64; 3],
}

/// What is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Product {
    /// Cleaned documents with everything that explains and undoes the cuts.
    Corpus,
    /// Only what explains the decisions; nothing is cleaned.
    Decisions,
}

impl Run<'_> {
    /// Cleans files and folders into the folder `output`, which appears when it is whole. With
    /// [`Product::Decisions`] no documents are written.
    ///
    /// # Errors
    /// What cannot be read or written; nothing then stands under the final name.
    pub fn files(&self, inputs: &Inputs, output: Option<&Path>, product: Product) -> Result<Outcome> {
        self.store.guarded(|| self.run_files(inputs, output, product)).map(|(outcome, _)| outcome)
    }

    /// Refuses an output that [`Run::files`] would refuse, before anything is done.
    ///
    /// # Errors
    /// Why it cannot be written to.
    pub fn check_output(&self, inputs: &Inputs, output: Option<&Path>) -> Result<()> {
        output.map_or(Ok(()), |output| out::check(output, &inputs.all(), self.output.force))
    }

    fn run_files(&self, inputs: &Inputs, output: Option<&Path>, product: Product) -> Result<(Outcome, u64)> {
        self.check_output(inputs, output)?;
        self.run_found(walk::list(inputs)?, &inputs.all(), output, product)
    }

    /// Cleans the files that were found; also tells how many of their bytes were read, as they lie there.
    fn run_found(
        &self,
        found: walk::Found,
        named: &[PathBuf],
        output: Option<&Path>,
        product: Product,
    ) -> Result<(Outcome, u64)> {
        let began = Instant::now();
        self.output.conversion.check(&self.config.fields)?;
        // Made before hours of work are put into what goes there.
        let mut folder = match output {
            Some(output) => Some(out::Folder::begin(self.disk, output, self.output.earlier)?),
            None => None,
        };
        if self.on_error == OnError::Fail
            && let Some((path, reason)) = found.unreadable.first()
        {
            return Err(Error::Input(format!("{}: {reason}", path.display())));
        }
        let mut records = self.reading().files(found.files)?;
        records.unreadable.extend(found.unreadable.into_iter().map(|(path, reason)| {
            let name = path.display().to_string();
            (walk::InputFile { path, name, format: None, folder: None, named: false, most: None }, reason)
        }));
        let read = began.elapsed().as_secs_f64();
        // Before hours of work are put into what could not be written.
        let targets = if folder.is_some() { write::targets(&records, self)? } else { Vec::new() };
        let finished = match &mut folder {
            Some(folder) => folder.journal(&self.fingerprint(&records, product)?)?,
            None => 0,
        };
        let decisions = self.decide(&records)?;
        let decided = began.elapsed().as_secs_f64();
        let mut outcome = Outcome {
            summary: Summary::default(),
            rejected: rejected(&records, self.tell_rejected),
            passed_over: found.passed_over,
            finished,
            seconds: [read, decided - read, 0.0],
        };
        let bytes = records.files.iter().map(|f| f.bytes).sum();
        if let Some(mut folder) = folder {
            self.progress.start("writing", records.rows.len() as u64);
            let writer = write::Writer::new(&records, &decisions, self, targets);
            let written = match product {
                Product::Corpus if self.output.emits(Emit::Documents) => Written::Cleaned,
                Product::Corpus if self.output.emits(Emit::Field) => Written::Marked,
                _ => Written::Nowhere,
            };
            // On a thread of the pool, as `Job::decide`.
            rayon::scope(|_| {
                let touched = writer.decisions(&mut folder, written)?;
                outcome.summary = self.summarise(&records, &decisions, touched)?;
                if product == Product::Corpus { self.emit(&writer, &mut folder) } else { Ok(()) }
            })?;
            // The memory goes back while the disk is waited for.
            std::thread::scope(|scope| {
                scope.spawn(|| drop((decisions, records)));
                self.finish(folder, &mut outcome, named, (began, decided))
            })?;
            self.progress.finish();
        } else {
            outcome.summary = self.summarise(&records, &decisions, None)?;
        }
        Ok((outcome, bytes))
    }

    fn emit(&self, writer: &write::Writer<'_>, folder: &mut out::Folder<'_>) -> Result<()> {
        for emit in &self.output.emit {
            match emit {
                Emit::Documents | Emit::Field => writer.documents(folder)?,
                Emit::Attributes => writer.attributes(folder)?,
                Emit::Ids => writer.ids(folder)?,
            }
        }
        Ok(())
    }

    fn finish(
        &self,
        mut folder: out::Folder<'_>,
        outcome: &mut Outcome,
        inputs: &[PathBuf],
        (began, decided): (Instant, f64),
    ) -> Result<()> {
        folder.file("summary.json", outcome.summary.to_json().as_bytes())?;
        folder.file("config.toml", config_file(self.config)?.as_bytes())?;
        outcome.seconds[2] = began.elapsed().as_secs_f64() - decided;
        let run = self.run_json(outcome, inputs, began);
        self.cancel.check()?;
        folder.finish(run)
    }

    /// Cleans JSON Lines from `input` to `output`; receipts go to the folder `receipts` if it is named.
    ///
    /// # Errors
    /// What cannot be read or written.
    pub fn pipe(
        &self,
        input: impl Read + Send,
        output: &mut dyn Write,
        receipts: Option<&Path>,
    ) -> Result<Outcome> {
        self.store.guarded(|| self.run_pipe(input, output, receipts))
    }

    fn run_pipe(
        &self,
        input: impl Read + Send,
        output: &mut dyn Write,
        receipts: Option<&Path>,
    ) -> Result<Outcome> {
        if let Some(path) = receipts {
            out::check(path, &[], self.output.force)?;
        }
        let began = Instant::now();
        self.output.conversion.check(&self.config.fields)?;
        let records = self.reading().stream(input)?;
        let targets = write::targets(&records, self)?;
        // Not before all was read: a signal ends a pipe that waits for its input at once.
        let folder = match receipts {
            Some(path) => Some(out::Folder::begin(self.disk, path, out::Earlier::Replace)?),
            None => None,
        };
        let read = began.elapsed().as_secs_f64();
        let decisions = self.decide(&records)?;
        let decided = began.elapsed().as_secs_f64();
        let writer = write::Writer::new(&records, &decisions, self, targets);
        let mut outcome = Outcome {
            summary: Summary::default(),
            rejected: rejected(&records, self.tell_rejected),
            passed_over: Vec::new(),
            finished: 0,
            seconds: [read, decided - read, 0.0],
        };
        if let Some(mut folder) = folder {
            let touched = writer.decisions(&mut folder, Written::Nowhere)?;
            outcome.summary = self.summarise(&records, &decisions, touched)?;
            writer.set_aside(&mut folder)?;
            self.finish(folder, &mut outcome, &[PathBuf::from("-")], (began, decided))?;
        } else {
            outcome.summary = self.summarise(&records, &decisions, None)?;
        }
        writer.stream(output)?;
        outcome.seconds[2] = began.elapsed().as_secs_f64() - decided;
        Ok(outcome)
    }

    /// How this run reads its input.
    pub fn reading(&self) -> Reading<'_> {
        Reading {
            config: self.config,
            site: self.site,
            encoding: self.encoding,
            max_expansion: self.max_expansion,
            on_error: self.on_error,
            disk: self.disk,
            store: &self.store,
            progress: self.progress,
            cancel: self.cancel,
        }
    }

    /// What a run that would write the same has in common with this one.
    fn fingerprint(&self, records: &Records, product: Product) -> Result<String> {
        let mut hash = xxhash_rust::xxh3::Xxh3::new();
        hash.update(env!("CARGO_PKG_VERSION").as_bytes());
        hash.update(config_file(self.config)?.as_bytes());
        hash.update(format!("{product:?} {:?} {:?}", self.on_error, self.site).as_bytes());
        let Output { emit, conversion, level, .. } = &self.output;
        hash.update(format!("{emit:?} {conversion:?} {level:?}").as_bytes());
        for list in self.list_files {
            hash.update(&std::fs::read(list).map_err(Error::io("read", list))?);
        }
        for file in &records.files {
            hash.update(format!("{} {} {:032x}\n", file.input.name, file.bytes, file.xxh3).as_bytes());
        }
        Ok(format!("{:032x}", hash.digest128()))
    }

    fn decide(&self, records: &Records) -> Result<Decisions> {
        let job = Job {
            source: records,
            documents: &records.documents,
            config: self.config,
            lists: self.lists,
            store: &self.store,
            progress: self.progress,
            cancel: self.cancel,
            batch: self.batch,
        };
        job.decide()
    }

    fn summarise(
        &self,
        records: &Records,
        decisions: &Decisions,
        touched: Option<Touched>,
    ) -> Result<Summary> {
        let mut summary = Summary::of(records, decisions, touched);
        if self.config.runs(Kind::Document) {
            let document = &self.config.document;
            let banding = crate::sketch::banding::Banding::choose(document.threshold, document.recall, 128);
            summary.banding = Some(banding.in_words(document.threshold));
        }
        summary.check()?;
        Ok(summary)
    }

    fn run_json(&self, outcome: &Outcome, inputs: &[PathBuf], began: Instant) -> serde_json::Value {
        let inputs: Vec<String> = inputs.iter().map(|p| p.display().to_string()).collect();
        serde_json::json!({
            "format": "dechaff run",
            "version": env!("CARGO_PKG_VERSION"),
            "inputs": inputs,
            "site": self.site,
            "lists": self.list_files.iter().map(|p| p.display().to_string()).collect::<Vec<_>>(),
            "passed_over": outcome.passed_over.iter().map(|p| p.display().to_string()).collect::<Vec<_>>(),
            "threads": rayon::current_num_threads(),
            "memory_budget_bytes": self.store.budget(),
            "peak_memory_bytes": peak_memory(),
            "temporary_bytes": self.store.temporary_peak(),
            "temporary_bytes_written": self.store.spilled(),
            "seconds": {"read": outcome.seconds[0], "decide": outcome.seconds[1], "write": outcome.seconds[2],
                        "all": began.elapsed().as_secs_f64()},
        })
    }
}

fn config_file(config: &Config) -> Result<String> {
    toml::to_string(config)
        .map_err(|e| Error::Setting { setting: "config.toml".into(), reason: e.to_string() })
}

/// Where and why of the first unreadable files and rejected records.
fn rejected(records: &Records, most: usize) -> Vec<String> {
    let files = records.unreadable.iter().map(|(file, reason)| format!("{}: {reason}", file.path.display()));
    let records = records
        .rejected
        .reasons()
        .map(|(row, reason)| format!("{}: {reason}", row.place(&records.files[row.file as usize])));
    files.chain(records).take(most).collect()
}

/// The peak resident size so far, where the system tells it (Linux).
fn peak_memory() -> Option<u64> {
    status("VmHWM:")
}

/// The resident size now, where the system tells it.
fn resident_memory() -> Option<u64> {
    status("VmRSS:")
}

fn status(name: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix(name))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}
