//! What a run will take, told before it: a part of the input is cleaned twice, in memory and on disk, and what that took is
//! scaled up.
//!
//! A part shows how many bytes, lines and cuts there are a byte of input, and what each costs on this machine. It does not
//! show what a corpus shares with itself: receipts of furniture are more than the part has, documents that go are fewer.

use super::{Earlier, Outcome, Output, Product, Run};
use crate::corpus::walk::{self, Inputs};
use crate::error::{Error, Result};
use crate::progress::Silent;
use crate::report::summary::bytes;
use std::path::Path;
use std::sync::Arc;

/// Bytes of the input, unpacked, that are tried.
const SAMPLE: u64 = 48 << 20;
/// From so many files.
const FILES: usize = 12;
/// Memory that a run takes whatever its input: the program, its lists and model, what threads keep, chunks on their way.
const FIXED: f64 = 40e6;
/// Bytes a document that stay in memory whatever the budget.
const DOCUMENT_BYTES: f64 = 48.0;
/// Part of the budget that is used where tables do not fit.
const USED: f64 = 0.6;
/// Sorting, and tables that fit no cache: for each doubling of the input so much more time a byte.
const GROWTH: f64 = 0.07;

/// What a run will take.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Forecast {
    /// Bytes of the input as it lies there.
    pub input_bytes: u64,
    /// Of these, how many were tried.
    pub sample_bytes: u64,
    /// Documents.
    pub documents: u64,
    /// Seconds.
    pub seconds: f64,
    /// Memory at its peak.
    pub memory_bytes: u64,
    /// Temporary files at their peak.
    pub temporary_bytes: u64,
    /// The output folder.
    pub output_bytes: u64,
}

impl Forecast {
    /// For people, in a line.
    pub fn to_text(&self) -> String {
        let time = match self.seconds {
            s if s < 100.0 => format!("{s:.0} s"),
            s if s < 6000.0 => format!("{:.0} min", s / 60.0),
            s => format!("{:.1} h", s / 3600.0),
        };
        format!(
            "{} documents: about {time}, {} of memory, {} of temporary files, {} of output ({} of {} of input tried)",
            crate::report::summary::grouped(self.documents),
            bytes(self.memory_bytes),
            bytes(self.temporary_bytes),
            bytes(self.output_bytes),
            bytes(self.sample_bytes),
            bytes(self.input_bytes)
        )
    }
}

/// What a trial took.
struct Trial {
    outcome: Outcome,
    seconds: f64,
    memory: f64,
    temporary: f64,
    output: f64,
    /// Bytes of the input files that it read.
    read: u64,
}

impl Run<'_> {
    /// Tells what a run over these inputs will take.
    ///
    /// # Errors
    /// Inputs that cannot be read.
    pub fn forecast(&self, inputs: &Inputs, product: Product) -> Result<Forecast> {
        let files = walk::list(inputs)?.files;
        let size = |path: &Path| std::fs::metadata(path).map_or(0, |m| m.len());
        let input: u64 = files.iter().map(|f| size(&f.path)).sum();
        // Evenly from all files, the first of them first.
        let step = files.len().div_ceil(FILES).max(1);
        let mut sample = Inputs::default();
        sample.named.extend(files.iter().step_by(step).map(|f| f.path.clone()));
        let most = SAMPLE / sample.named.len().max(1) as u64;
        let memory = self.trial(&sample, most, None, product)?;
        let read = memory.read.max(1);
        let scale = (input as f64 / read as f64).max(1.0);
        let growth = 1.0 + GROWTH * scale.log2();
        let documents = memory.outcome.summary.records_in as f64 * scale;
        let mut forecast = Forecast {
            input_bytes: input,
            sample_bytes: read.min(input),
            documents: documents as u64,
            seconds: memory.seconds * scale * growth,
            memory_bytes: ((memory.memory - FIXED).max(0.0) * scale + FIXED) as u64,
            temporary_bytes: 0,
            output_bytes: (memory.output * scale) as u64,
        };
        if let Some(budget) = self.store.budget()
            && forecast.memory_bytes as f64 > USED * budget as f64
        {
            let disk = self.trial(&sample, most, Some(1), product)?;
            let resident = USED * budget as f64 / forecast.memory_bytes as f64;
            let seconds = memory.seconds * resident + disk.seconds * (1.0 - resident);
            forecast.seconds = seconds * scale * growth;
            forecast.temporary_bytes = (disk.temporary * scale * (1.0 - resident)) as u64;
            forecast.memory_bytes = (USED * budget as f64 + DOCUMENT_BYTES * documents + FIXED / 2.0) as u64;
        }
        Ok(forecast)
    }

    /// What there is too little room for, if the disk tells.
    pub fn lack_of_room(&self, forecast: &Forecast, output: Option<&Path>) -> Option<String> {
        let needs = [
            (
                Some(self.store.folder()),
                forecast.temporary_bytes,
                "temporary files; --tmp-dir names another folder",
            ),
            (output, forecast.output_bytes, "the output"),
        ];
        needs.into_iter().find_map(|(folder, needed, what)| {
            let there = folder?.ancestors().find(|f| f.is_dir()).unwrap_or(Path::new("."));
            let free = free_room(there)?;
            (free < needed).then(|| {
                format!(
                    "{} has {} left, and about {} are needed for {what}",
                    there.display(),
                    bytes(free),
                    bytes(needed)
                )
            })
        })
    }

    /// Cleans a part of the input into a folder that is thrown away.
    fn trial(&self, sample: &Inputs, most: u64, budget: Option<u64>, product: Product) -> Result<Trial> {
        let folder = tempfile::tempdir_in(self.store.folder())
            .map_err(Error::io("make a folder in", self.store.folder()))?;
        let target = folder.path().join("trial");
        let store = Arc::new(self.store.with_budget(budget));
        let output = Output { force: true, earlier: Earlier::Replace, ..self.output.clone() };
        let run =
            Run { most: Some(most), store, output, progress: &Silent, list_files: self.list_files, ..*self };
        let before = super::resident_memory().unwrap_or(0);
        let began = std::time::Instant::now();
        let (outcome, read) = run.store.guarded(|| run.run_files(sample, Some(&target), product))?;
        let seconds = began.elapsed().as_secs_f64();
        let memory = super::peak_memory().unwrap_or(0).saturating_sub(before) as f64;
        let temporary = run.store.temporary_peak() as f64;
        let files = walkdir::WalkDir::new(&target).into_iter().flatten();
        let output =
            files.filter_map(|f| f.metadata().ok()).filter(|m| m.is_file()).map(|m| m.len()).sum::<u64>();
        Ok(Trial { outcome, seconds, memory, temporary, output: output as f64, read })
    }
}

/// Bytes that are free where a folder lies.
#[cfg(unix)]
fn free_room(folder: &Path) -> Option<u64> {
    let stat = rustix::fs::statvfs(folder).ok()?;
    Some(stat.f_bavail * stat.f_frsize)
}

#[cfg(not(unix))]
fn free_room(_: &Path) -> Option<u64> {
    None
}
