//! What whole documents are compared by: their sketches, in the order of records.

use crate::store::{Builder, Column, Store};
use crate::tables::SketchRow;
use std::ops::Range;
use std::sync::Arc;

/// Sketches of documents, in the order of records.
#[derive(Debug, Default)]
pub struct Sketches {
    /// A row per document; none where documents are not compared.
    pub rows: Column<SketchRow>,
    /// Band keys, `bands` a document (zeros where it has no words).
    pub keys: Column<u32>,
    /// Sampled shingles, document after document, those of each once.
    pub samples: Column<u64>,
}

/// Bytes of a sample that is read, and is sorted or looked up meanwhile.
const SAMPLE_BYTES: usize = 24;

impl Sketches {
    /// Hands on all documents with their samples, in order: as many at a time as a step may hold at so many `bytes` a
    /// document beside its samples, one at least.
    pub fn windows(
        &self,
        (store, bytes): (&Store, usize),
        mut take: impl FnMut(Range<usize>, &[SketchRow], &[u64]),
    ) {
        let bytes = size_of::<SketchRow>() + bytes;
        let (at_once, most) = (store.window(bytes), store.rows_at_once(1));
        let (mut row_buffer, mut sample_buffer) = (Vec::new(), Vec::new());
        let (mut from, mut sample) = (0, 0);
        while from < self.rows.len() {
            let rows = self.rows.read(from..(from + at_once).min(self.rows.len()), &mut row_buffer);
            let (mut count, mut samples) = (0, 0);
            for row in rows {
                let with_it = samples + row.samples as usize;
                if count > 0 && (count + 1) * bytes + with_it * SAMPLE_BYTES > most {
                    break;
                }
                (count, samples) = (count + 1, with_it);
            }
            let read = self.samples.read(sample..sample + samples, &mut sample_buffer);
            take(from..from + count, &rows[..count], read);
            (from, sample) = (from + count, sample + samples);
        }
    }
}

/// Sketches of some documents.
#[derive(Debug, Default)]
pub struct SketchBatch {
    /// A row per document.
    pub rows: Vec<SketchRow>,
    /// As in [`Sketches`].
    pub keys: Vec<u32>,
    /// As in [`Sketches`].
    pub samples: Vec<u64>,
}

/// Takes sketches in the order of records.
pub struct SketchBuilder {
    rows: Builder<SketchRow>,
    keys: Builder<u32>,
    samples: Builder<u64>,
}

impl SketchBuilder {
    /// None yet.
    pub fn new(store: &Arc<Store>) -> SketchBuilder {
        SketchBuilder { rows: Builder::new(store), keys: Builder::new(store), samples: Builder::new(store) }
    }

    /// Adds those of the next documents.
    pub fn extend(&mut self, rows: &[SketchRow], keys: &[u32], samples: &[u64]) {
        self.rows.extend_from_slice(rows);
        self.keys.extend_from_slice(keys);
        self.samples.extend_from_slice(samples);
    }

    /// All of them.
    pub fn finish(self) -> Sketches {
        Sketches { rows: self.rows.finish(), keys: self.keys.finish(), samples: self.samples.finish() }
    }
}
