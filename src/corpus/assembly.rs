//! Records put together in their order: numbered, with their sites, and kept in memory or on disk.

use super::format::{Compression, Format};
use super::parquet::{Batch, Group};
use super::records::{self, Chunk, Content, FileRead, RecordRow, Records};
use super::rejected::{Rejected, RejectedBuilder};
use super::site::{self, SiteNumbers};
use super::walk::InputFile;
use crate::config::{Config, Keep};
use crate::disk::{Disk, Temporary};
use crate::document::SiteIndex;
use crate::error::{Error, Result};
use crate::store::{Builder, Share, Store};
use std::sync::Arc;

/// What is done with a record that cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnError {
    /// The run ends.
    Fail,
    /// It is set aside, and the run goes on.
    #[default]
    Reject,
    /// It stays in its place, untouched.
    Keep,
}

/// What was found out about a record.
pub(super) struct Parsed {
    /// Its place in its chunk.
    pub row: RecordRow,
    /// Its site.
    pub site: Option<String>,
    /// Its date, where it is asked for.
    pub date: Option<i64>,
}

/// A record that turned out to be a document, no document, or unusable.
pub(super) enum Outcome {
    Document(Parsed),
    Rejected(Rejected),
    PassedOver(String),
}

/// Puts records together in their order.
pub(super) struct Assembly<'a> {
    config: &'a Config,
    on_error: OnError,
    disk: &'a dyn Disk,
    store: &'a Arc<Store>,
    records: Records,
    rows: Builder<RecordRow>,
    dates: Builder<Option<i64>>,
    unnamed: Builder<u32>,
    /// The file that is read, where its records can be read there again.
    again: Option<Arc<dyn Temporary>>,
    /// How many files are open for that.
    open: usize,
    /// Holds what neither memory nor files of the input do, and how much.
    aside: Option<(Arc<dyn Temporary>, u64)>,
    rejected: RejectedBuilder,
    sites: SiteNumbers,
}

/// Files of at least this size, or larger than the budget, are read again where they lie, and not set aside.
const LARGE: u64 = 1 << 26;
/// No more of them are held open.
const MOST_OPEN: usize = 64;

impl<'a> Assembly<'a> {
    /// Of nothing yet.
    pub fn new(
        config: &'a Config,
        on_error: OnError,
        disk: &'a dyn Disk,
        store: &'a Arc<Store>,
    ) -> Assembly<'a> {
        Assembly {
            config,
            on_error,
            disk,
            store,
            records: Records { first: vec![0], store: Arc::clone(store), ..Records::default() },
            rows: Builder::new(store),
            dates: Builder::new(store),
            unnamed: Builder::new(store),
            again: None,
            open: 0,
            aside: None,
            sites: SiteNumbers::default(),
            rejected: RejectedBuilder::new(store),
        }
    }

    /// Notes a file that cannot be read.
    pub fn unreadable(&mut self, input: &InputFile, reason: String) {
        self.records.unreadable.push((input.clone(), reason));
    }

    /// Begins a file.
    pub fn begin(&mut self, file: &FileRead) {
        let plain = matches!(file.format, Format::JsonLines | Format::Json | Format::Csv)
            && file.compression == Compression::None;
        let path = &file.input.path;
        let least = LARGE.min(self.store.budget().unwrap_or(LARGE));
        let large = || std::fs::metadata(path).is_ok_and(|m| m.is_file() && m.len() >= least);
        self.again = None;
        if plain && self.open < MOST_OPEN && large() {
            // Where it cannot be held open its records are set aside.
            self.again = self.disk.open_parts(path).ok().map(Arc::from);
        }
    }

    /// Ends a file.
    pub fn end(&mut self, file: FileRead) {
        self.open += usize::from(self.again.take().is_some_and(|again| Arc::strong_count(&again) > 1));
        self.records.files.push(file);
        self.records.first.push(self.rows.len() as u32);
    }

    /// All records.
    pub fn finish(self) -> Result<Records> {
        let mut records = self.records;
        if self.rows.len() >= u32::MAX as usize {
            return Err(Error::TooMany { what: "records", limit: u64::from(u32::MAX) });
        }
        (records.rows, records.documents.dates) = (self.rows.finish(), self.dates.finish());
        records.rejected = self.rejected.finish();
        records.documents.preferences = self.sites.preferences(&self.config.document.prefer);
        records.sites = self.sites.finish();
        records.name_unnamed(&self.unnamed.finish());
        Ok(records)
    }

    /// Keeps the bytes of some records, which begin at an offset of their file: in memory as far as the budget goes, else
    /// where they lie if they can be read there again, else aside.
    fn keep(&mut self, mut content: Content, offset: u64, rows: &mut [RecordRow]) {
        content.shrink();
        let store = self.store;
        let bytes = content.bytes();
        let kept = if let Some(lease) = store.lease(Share::Input, bytes.len()) {
            Chunk::Memory(content, lease)
        } else if let Some(again) = &self.again {
            for row in rows {
                let (from, to) = (row.start - row.before, row.start + row.length + row.after);
                row.check = records::check(&bytes[from as usize..to as usize]);
            }
            Chunk::File(Arc::clone(again), offset..offset + bytes.len() as u64)
        } else {
            let (file, at) = store.set_aside(&mut self.aside, bytes);
            Chunk::File(file, at..at + bytes.len() as u64)
        };
        self.records.chunks.push(kept);
    }

    pub fn take(
        &mut self,
        file: &mut FileRead,
        content: Content,
        offset: u64,
        outcomes: Vec<Outcome>,
    ) -> Result<()> {
        let mut rows = Vec::with_capacity(outcomes.len());
        for outcome in outcomes {
            match outcome {
                Outcome::PassedOver(what) => *file.passed_over.entry(what).or_default() += 1,
                Outcome::Rejected(rejected) => self.reject(file, rejected)?,
                Outcome::Document(parsed) => rows.push(self.add(file, parsed)),
            }
        }
        self.keep(content, offset, &mut rows);
        self.rows.extend_from_slice(&rows);
        Ok(())
    }

    /// Takes a row group: it stays where it was unpacked as a whole or not at all, for its rows share what they lie in.
    pub fn take_group(&mut self, file: &mut FileRead, group: Group) -> Result<()> {
        let lease = self.store.lease(Share::Input, group.bytes).map(Arc::new);
        for Batch { held, rows: found } in group.batches {
            let mut rows = Vec::with_capacity(found.len());
            for row in found {
                match row {
                    Ok(parsed) => rows.push(self.add(file, parsed)),
                    Err(rejected) => self.reject(file, rejected)?,
                }
            }
            match &lease {
                Some(lease) => self.records.chunks.push(Chunk::Rows(held, Arc::clone(lease))),
                None => {
                    let content = held.joined(&mut rows);
                    self.keep(Content::Text(content), 0, &mut rows);
                }
            }
            self.rows.extend_from_slice(&rows);
        }
        Ok(())
    }

    fn reject(&mut self, file: &mut FileRead, mut rejected: Rejected) -> Result<()> {
        (rejected.row.file, rejected.row.row) = (self.records.files.len() as u32, file.records);
        if self.on_error == OnError::Fail {
            return Err(Error::Input(format!("{}: {}", rejected.row.place(file), rejected.reason)));
        }
        file.records += 1;
        self.rejected.push(&rejected);
        Ok(())
    }

    /// Numbers a record; its row is still to be kept.
    fn add(&mut self, file: &mut FileRead, parsed: Parsed) -> RecordRow {
        let mut row = parsed.row;
        (row.file, row.row) = (self.records.files.len() as u32, file.records);
        row.chunk = self.records.chunks.len() as u32;
        file.records += 1;
        let name = parsed.site.or_else(|| file.input.folder.clone()).and_then(|s| site::normal(&s));
        let site = name.map_or(SiteIndex::NONE, |name| self.sites.number(&name));
        let record = self.records.documents.sites.len() as u32;
        self.records.documents.sites.push(site);
        if matches!(self.config.document.keep, Keep::Earliest | Keep::Latest) {
            self.dates.push(parsed.date);
        }
        if row.id_length == 0 && file.format != Format::Text {
            self.unnamed.push(record);
        }
        row
    }
}
