//! What a run will take, told before it: a part of the input is cleaned twice, in memory and on disk, and what that took is
//! scaled up.
//!
//! A part shows how many bytes, lines and cuts there are a byte of input, and what each costs on this machine. It does not
//! show what a corpus shares with itself: receipts of furniture are more than the part has, documents that go are fewer.

use super::{Earlier, Outcome, Output, Product, Run, sample};
use crate::corpus::reading::OnError;
use crate::corpus::walk::{self, InputFile, Inputs};
use crate::error::{Error, Result};
use crate::progress::Silent;
use crate::report::summary::bytes;
use std::path::Path;
use std::sync::Arc;

/// Bytes of the input, unpacked, that are tried.
const SAMPLE: u64 = 48 << 20;
/// Memory that a run takes whatever its input: the program, its lists and model, what threads keep, chunks on their way.
const FIXED: f64 = 40e6;
/// What a run takes beside its budget where tables do not fit: the same, and what is read, cut and packed at a time.
const AT_WORK: f64 = 60e6;
/// Bytes a document that stay in memory whatever the budget.
const DOCUMENT_BYTES: f64 = 30.0;
/// A budget with which a trial keeps next to nothing in memory, and yet works as a large run does.
const ON_DISK: u64 = 16 << 20;
/// Tables may go to disk where a run is told to take more than this part of the budget.
const CLOSE: f64 = 0.25;
/// Part of the budget that is used where tables do not fit.
const USED: f64 = 0.6;
/// Sorting, and tables that fit no cache: for each doubling of the input so much more time a byte.
const GROWTH: f64 = 0.06;

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
    /// Tells what a run over these inputs will take; `written` says whether it has an output folder.
    ///
    /// # Errors
    /// Inputs that cannot be read.
    pub fn forecast(&self, inputs: &Inputs, product: Product, written: bool) -> Result<Forecast> {
        let size = |file: &InputFile| std::fs::metadata(&file.path).map_or(0, |m| m.len());
        // What is no file, such as a pipe, can be read once only.
        let mut files = walk::list(inputs)?.files;
        files.retain(|file| file.path.is_file());
        if files.is_empty() {
            return Err(Error::Input("what comes from a pipe cannot be tried before it is cleaned".into()));
        }
        let input: u64 = files.iter().map(&size).sum();
        // Within a small budget a trial is small too.
        let most = SAMPLE.min(self.store.budget().unwrap_or(u64::MAX) / 8).max(1 << 22);
        let folder = tempfile::tempdir_in(self.store.folder())
            .map_err(Error::io("make a folder in", self.store.folder()))?;
        let sampled = sample::of(&files, most, folder.path())?;
        let memory = self.trial(&sampled, folder.path(), None, product)?;
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
            output_bytes: if written { (memory.output * scale) as u64 } else { 0 },
        };
        if let Some(budget) = self.store.budget()
            && forecast.memory_bytes as f64 > CLOSE * budget as f64
        {
            // Within as small a part of the budget as the sample is of the input the same tables go to disk.
            let part = ((budget as f64 / scale) as u64).max(ON_DISK).min(budget);
            let disk = self.trial(&sampled, folder.path(), Some(part), product)?;
            if disk.temporary > 0.0 {
                forecast.seconds = disk.seconds * scale * growth;
                forecast.temporary_bytes = (disk.temporary * scale) as u64;
                let most = (USED * budget as f64 + DOCUMENT_BYTES * documents + AT_WORK) as u64;
                forecast.memory_bytes = forecast.memory_bytes.min(most);
            }
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

    /// Cleans a part of the input into a folder below this one that is thrown away.
    fn trial(
        &self,
        sample: &[InputFile],
        folder: &Path,
        budget: Option<u64>,
        product: Product,
    ) -> Result<Trial> {
        let target = folder.join("trial");
        let store = Arc::new(self.store.with_budget(budget));
        let output = Output { force: true, earlier: Earlier::Replace, ..self.output.clone() };
        // What cannot be used the run itself tells, with its place.
        let on_error = if self.on_error == OnError::Fail { OnError::Reject } else { self.on_error };
        let run = Run { on_error, store, output, progress: &Silent, ..*self };
        let before = super::resident_memory().unwrap_or(0);
        let began = std::time::Instant::now();
        let found = walk::Found { files: sample.to_vec(), ..walk::Found::default() };
        let (outcome, read) = run.store.guarded(|| run.run_found(found, &[], Some(&target), product))?;
        let seconds = began.elapsed().as_secs_f64();
        // Where the system does not tell: what tables and texts come to for articles.
        let memory = match super::peak_memory() {
            Some(peak) => peak.saturating_sub(before) as f64,
            None => FIXED + 3.0 * outcome.summary.text_bytes_in as f64,
        };
        let temporary = run.store.temporary_peak() as f64;
        let files = walkdir::WalkDir::new(&target).into_iter().flatten();
        let output =
            files.filter_map(|f| f.metadata().ok()).filter(|m| m.is_file()).map(|m| m.len()).sum::<u64>();
        std::fs::remove_dir_all(&target).map_err(Error::io("remove", &target))?;
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
