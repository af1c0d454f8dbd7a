//! A whole run over files: read, decide, write, and tell what was done.

pub mod out;
pub mod receipts;
pub mod restore;
pub mod write;

use crate::config::Config;
use crate::corpus::records::{Reading, Records};
use crate::corpus::walk;
use crate::document::Kind;
use crate::engine::{Cancel, Decisions, Job, Lists};
use crate::error::{Error, Result};
use crate::progress::Progress;
use crate::report::summary::Summary;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
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
    /// Hears where the run is.
    pub progress: &'a dyn Progress,
    /// May stop it.
    pub cancel: &'a Cancel,
}

/// What a finished run tells.
#[derive(Debug)]
pub struct Outcome {
    /// Counts and examples.
    pub summary: Summary,
    /// The first of the records that could not be used, and why.
    pub rejected: Vec<String>,
    /// Files in folders that dechaff does not read.
    pub passed_over: Vec<PathBuf>,
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
    pub fn files(
        &self,
        inputs: &[PathBuf],
        output: Option<&Path>,
        product: Product,
        force: bool,
    ) -> Result<Outcome> {
        if let Some(output) = output {
            out::check(output, inputs, force)?;
        }
        let began = Instant::now();
        let found = walk::list(inputs)?;
        let reading =
            Reading { config: self.config, site: self.site, progress: self.progress, cancel: self.cancel };
        let records = reading.files(found.files)?;
        let read = began.elapsed().as_secs_f64();
        let decisions = self.decide(&records)?;
        let decided = began.elapsed().as_secs_f64();
        let summary = self.summarise(&records, &decisions);
        summary.check()?;
        let mut outcome = Outcome {
            summary,
            rejected: rejected(&records),
            passed_over: found.passed_over,
            seconds: [read, decided - read, 0.0],
        };
        if let Some(output) = output {
            self.progress.start("writing", records.rows.len() as u64);
            let folder = out::Folder::begin(output)?;
            let writer = write::Writer { records: &records, decisions: &decisions, run: self };
            if product == Product::Corpus {
                writer.documents(folder.path())?;
            }
            writer.decisions(folder.path())?;
            folder.file("summary.json", outcome.summary.to_json().as_bytes())?;
            folder.file("config.toml", config_file(self.config)?.as_bytes())?;
            outcome.seconds[2] = began.elapsed().as_secs_f64() - decided;
            folder.file("run.json", self.run_json(&outcome, inputs, began).as_bytes())?;
            self.cancel.check()?;
            folder.finish()?;
            self.progress.finish();
        }
        Ok(outcome)
    }

    /// Cleans JSON Lines from `input` to `output`; receipts go to the folder `receipts` if it is named.
    pub fn pipe(
        &self,
        input: impl Read,
        output: &mut dyn Write,
        receipts: Option<(&Path, bool)>,
    ) -> Result<Outcome> {
        if let Some((path, force)) = receipts {
            out::check(path, &[], force)?;
        }
        let began = Instant::now();
        let reading =
            Reading { config: self.config, site: self.site, progress: self.progress, cancel: self.cancel };
        let records = reading.stream(input)?;
        let read = began.elapsed().as_secs_f64();
        let decisions = self.decide(&records)?;
        let decided = began.elapsed().as_secs_f64();
        let summary = self.summarise(&records, &decisions);
        summary.check()?;
        let writer = write::Writer { records: &records, decisions: &decisions, run: self };
        let mut outcome = Outcome {
            summary,
            rejected: rejected(&records),
            passed_over: Vec::new(),
            seconds: [read, decided - read, 0.0],
        };
        if let Some((path, _)) = receipts {
            let folder = out::Folder::begin(path)?;
            writer.decisions(folder.path())?;
            writer.set_aside(folder.path())?;
            folder.file("summary.json", outcome.summary.to_json().as_bytes())?;
            folder.file("config.toml", config_file(self.config)?.as_bytes())?;
            folder.file("run.json", self.run_json(&outcome, &[PathBuf::from("-")], began).as_bytes())?;
            folder.finish()?;
        }
        writer.stream(output)?;
        outcome.seconds[2] = began.elapsed().as_secs_f64() - decided;
        Ok(outcome)
    }

    fn decide(&self, records: &Records) -> Result<Decisions> {
        let job = Job {
            source: records,
            documents: &records.documents,
            config: self.config,
            lists: self.lists,
            progress: self.progress,
            cancel: self.cancel,
        };
        job.decide()
    }

    fn summarise(&self, records: &Records, decisions: &Decisions) -> Summary {
        let mut summary = Summary::of(records, decisions);
        if self.config.runs(Kind::Document) {
            let document = &self.config.document;
            let banding = crate::sketch::banding::Banding::choose(document.threshold, document.recall, 128);
            summary.banding = Some(banding.in_words(document.threshold));
        }
        summary
    }

    fn run_json(&self, outcome: &Outcome, inputs: &[PathBuf], began: Instant) -> String {
        let inputs: Vec<String> = inputs.iter().map(|p| p.display().to_string()).collect();
        let run = serde_json::json!({
            "format": "dechaff run",
            "version": env!("CARGO_PKG_VERSION"),
            "inputs": inputs,
            "site": self.site,
            "lists": self.list_files.iter().map(|p| p.display().to_string()).collect::<Vec<_>>(),
            "passed_over": outcome.passed_over.iter().map(|p| p.display().to_string()).collect::<Vec<_>>(),
            "threads": rayon::current_num_threads(),
            "peak_memory_bytes": peak_memory(),
            "seconds": {"read": outcome.seconds[0], "decide": outcome.seconds[1], "write": outcome.seconds[2],
                        "all": began.elapsed().as_secs_f64()},
        });
        serde_json::to_string_pretty(&run).expect("plain values are always JSON") + "\n"
    }
}

fn config_file(config: &Config) -> Result<String> {
    toml::to_string(config)
        .map_err(|e| Error::Setting { setting: "config.toml".into(), reason: e.to_string() })
}

/// `file:line: reason` of every rejected record.
fn rejected(records: &Records) -> Vec<String> {
    let show = |r: &crate::corpus::records::Rejected| {
        let file = &records.files[r.file as usize].file;
        format!("{}:{}: {}", file.path.display(), r.line, r.reason)
    };
    records.rejected.iter().map(show).collect()
}

/// The peak resident size so far, where the system tells it (Linux).
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}
