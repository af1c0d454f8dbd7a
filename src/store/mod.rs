//! Tables larger than memory: rows in order, kept in memory as far as the budget goes and in temporary files beyond.
//!
//! A [`Column`] holds rows in the order of their places and is read by range; a [`Sorter`] takes rows in any order and
//! gives a sorted column, by sorted runs and a merge where they do not fit. What comes out never depends on the budget.
//!
//! Reading back is called from deep inside loops over rows, on many threads, where nothing sensible can be done about a
//! disk that fails. So the store remembers the failure and unwinds, as a panic would, but without a word to the user;
//! [`Store::guarded`], which is around every run, turns that into the error. Nothing is ever worked out from rows that
//! could not be read.

pub mod ahead;
pub mod bits;
pub mod column;
pub mod large;
mod merge;
pub mod row;
pub mod sort;

pub use ahead::Ahead;
pub use bits::Bits;
pub use column::{Builder, Column};
pub use row::Row;
pub use sort::{By, Sorted, Sorter, Walk};

use crate::disk::{Disk, RealDisk, Temporary};
use crate::error::{Error, Result};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Parts of the budget, in hundredths: the bytes of the input, tables that stay through the run, and rows that a step
/// holds for a while. The rest is for what is counted by record.
const INPUT_SHARE: u64 = 25;
const TABLES_SHARE: u64 = 20;
const STEP_SHARE: u64 = 25;

/// Rows that a step works on at a time are never fewer than this, nor their blocks on disk smaller.
const LEAST_ROWS: usize = 1024;
/// They are never more than this: more at once makes nothing faster.
const MOST_ROWS: usize = 1 << 18;

/// What is kept in memory, and against which part of the budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Share {
    /// Bytes of the input.
    Input,
    /// Rows of tables.
    Tables,
}

/// The memory of a run, and where it goes beyond it.
pub struct Store {
    disk: Arc<dyn Disk>,
    folder: PathBuf,
    budget: Option<u64>,
    held: [AtomicU64; 2],
    spilled: AtomicU64,
    /// Bytes in temporary files now, and the most there ever were.
    occupied: [AtomicU64; 2],
    failure: Mutex<Option<Error>>,
}

/// Memory taken from the budget.
#[derive(Debug)]
pub struct Lease {
    store: Arc<Store>,
    share: Share,
    bytes: usize,
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.store.give_back(self.share, self.bytes);
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("folder", &self.folder).field("budget", &self.budget).finish()
    }
}

impl Default for Store {
    fn default() -> Self {
        Store::new(Arc::new(RealDisk), None, &std::env::temp_dir())
    }
}

impl Store {
    /// A store with a budget in bytes (none: everything stays in memory) and a folder for temporary files.
    pub fn new(disk: Arc<dyn Disk>, budget: Option<u64>, folder: &Path) -> Store {
        Store {
            disk,
            folder: folder.to_owned(),
            budget,
            held: [AtomicU64::new(0), AtomicU64::new(0)],
            spilled: AtomicU64::new(0),
            occupied: [AtomicU64::new(0), AtomicU64::new(0)],
            failure: Mutex::new(None),
        }
    }

    /// The budget, if there is one.
    pub fn budget(&self) -> Option<u64> {
        self.budget
    }

    /// Bytes written to temporary files so far.
    pub fn spilled(&self) -> u64 {
        self.spilled.load(Ordering::Relaxed)
    }

    /// The most bytes that temporary files took at a time.
    pub fn temporary_peak(&self) -> u64 {
        self.occupied[1].load(Ordering::Relaxed)
    }

    /// Where temporary files go.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A store of the same disk and folder with another budget.
    pub fn with_budget(&self, budget: Option<u64>) -> Store {
        Store::new(Arc::clone(&self.disk), budget, &self.folder)
    }

    /// Memory for something that stays until the lease is dropped, if the budget has it.
    pub fn lease(self: &Arc<Self>, share: Share, bytes: usize) -> Option<Lease> {
        self.take(share, bytes).then(|| Lease { store: Arc::clone(self), share, bytes })
    }

    /// Takes memory for something that stays, if the budget has it.
    pub fn take(&self, share: Share, bytes: usize) -> bool {
        let Some(budget) = self.budget else { return true };
        let part = match share {
            Share::Input => INPUT_SHARE,
            Share::Tables => TABLES_SHARE,
        };
        let most = budget / 100 * part;
        let held = &self.held[share as usize];
        let fits = |held: u64| Some(held + bytes as u64).filter(|&h| h <= most);
        held.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits).is_ok()
    }

    /// Gives memory back.
    pub fn give_back(&self, share: Share, bytes: usize) {
        if self.budget.is_some() {
            self.held[share as usize].fetch_sub(bytes as u64, Ordering::Relaxed);
        }
    }

    /// How many rows of so many bytes a step may hold for a while, to sort them.
    pub fn rows_at_once(&self, bytes: usize) -> usize {
        match self.budget {
            None => usize::MAX,
            Some(budget) => (self.step(budget) / bytes.max(1)).max(LEAST_ROWS),
        }
    }

    /// How many rows of so many bytes are worked on at a time: many enough for all threads, and within the budget.
    pub fn window(&self, bytes: usize) -> usize {
        self.rows_at_once(bytes).min(MOST_ROWS)
    }

    /// How many bits or counters of so many bytes may help to tell what repeats.
    pub fn filter(&self, bytes: usize) -> usize {
        self.budget.map_or(bytes, |budget| bytes.min(self.step(budget)))
    }

    /// The same where no more than two sorters and one window are at work: it takes the place of what else a step may hold.
    pub fn large_filter(&self, bytes: usize) -> usize {
        self.budget.map_or(bytes, |budget| bytes.min(3 * self.step(budget)))
    }

    fn step(&self, budget: u64) -> usize {
        // Up to three sorters and as many windows are at work at a time.
        (u128::from(budget) * u128::from(STEP_SHARE) / 400) as usize
    }

    /// A new temporary file, that nobody else can see and that is gone when it is dropped.
    pub(crate) fn file(self: &Arc<Self>) -> Arc<dyn Temporary> {
        let file = self.must("make a temporary file in", self.disk.temporary(&self.folder));
        Arc::new(Counted { file, store: Arc::clone(self), length: AtomicU64::new(0) })
    }

    pub(crate) fn write(&self, file: &dyn Temporary, at: u64, bytes: &[u8]) {
        self.spilled.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        self.must("write a temporary file in", file.write_at(bytes, at));
    }

    pub(crate) fn read(&self, file: &dyn Temporary, at: u64, bytes: &mut [u8]) {
        self.must("read a temporary file in", file.read_at(bytes, at));
    }

    /// Writes bytes behind those that a temporary file already has; told is where they are.
    pub fn set_aside(
        self: &Arc<Self>,
        aside: &mut Option<(Arc<dyn Temporary>, u64)>,
        bytes: &[u8],
    ) -> (Arc<dyn Temporary>, u64) {
        let (file, end) = aside.get_or_insert_with(|| (self.file(), 0));
        let at = *end;
        self.write(&**file, at, bytes);
        *end += bytes.len() as u64;
        (Arc::clone(file), at)
    }

    pub(crate) fn must<T>(&self, action: &'static str, result: io::Result<T>) -> T {
        result.unwrap_or_else(|e| self.fail(Error::io(action, &self.folder)(e)))
    }

    /// Ends what is done within [`Store::guarded`] with an error.
    pub fn fail(&self, error: Error) -> ! {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        resume_unwind(Box::new(Failed))
    }

    /// Does something that may read and write tables.
    ///
    /// # Errors
    /// Its own, and those of temporary files.
    pub fn guarded<T>(&self, work: impl FnOnce() -> Result<T>) -> Result<T> {
        catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
            if !panic.is::<Failed>() {
                resume_unwind(panic);
            }
            let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
            Err(failure.take().unwrap_or_else(|| Error::Unbalanced("a table failed without an error".into())))
        })
    }
}

/// A temporary file whose bytes are counted as long as there are any.
#[derive(Debug)]
struct Counted {
    file: Box<dyn Temporary>,
    store: Arc<Store>,
    length: AtomicU64,
}

impl Temporary for Counted {
    fn read_at(&self, bytes: &mut [u8], at: u64) -> io::Result<()> {
        self.file.read_at(bytes, at)
    }

    fn write_at(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        let end = at + bytes.len() as u64;
        let before = self.length.fetch_max(end, Ordering::Relaxed);
        let more = end.saturating_sub(before);
        let [now, most] = &self.store.occupied;
        most.fetch_max(now.fetch_add(more, Ordering::Relaxed) + more, Ordering::Relaxed);
        self.file.write_at(bytes, at)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let length = self.length.load(Ordering::Relaxed);
        self.store.occupied[0].fetch_sub(length, Ordering::Relaxed);
    }
}

/// What the store unwinds with; its error is in the store.
struct Failed;
