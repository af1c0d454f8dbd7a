//! What whole documents are compared by: their sketches, in the order of records.

use crate::document::RecordIndex;
use crate::error::Result;
use crate::store::{Builder, Column, Store};
use crate::tables::SketchRow;
use rayon::prelude::*;
use std::ops::Range;
use std::sync::Arc;

/// Sketches of documents, in the order of records.
#[derive(Debug, Default)]
pub struct Sketches {
    /// A row per document; none where documents are not compared.
    pub rows: Column<SketchRow>,
    /// Band keys, `bands` a document (zeros where it has no words).
    pub keys: Column<u32>,
    /// Sampled shingles, document after document, those of each once, as they were made first.
    samples: Column<u64>,
    again: Again,
}

/// Samples that were made anew, and stand for others.
#[derive(Debug, Default)]
struct Again {
    /// Of which documents they are, in order, and how many those had before.
    documents: Column<(RecordIndex, u32)>,
    /// Document after document.
    samples: Column<u64>,
}

/// Bytes of a sample that is read, and is sorted or looked up meanwhile.
const SAMPLE_BYTES: usize = 24;

/// So many documents between two that were made anew are handed on as they lie; fewer are put together with these.
const APART: usize = 256;

impl Sketches {
    /// About how many samples there are.
    pub fn samples(&self) -> usize {
        self.samples.len() + self.again.samples.len()
    }

    /// The rows of the documents from one on: as many as a step may hold at so many `bytes` a document beside its samples, one at
    /// least.
    fn rows_from<'a>(
        &'a self,
        from: usize,
        (store, bytes): (&Store, usize),
        buffer: &'a mut Vec<SketchRow>,
    ) -> &'a [SketchRow] {
        let bytes = size_of::<SketchRow>() + bytes;
        let (at_once, most) = (store.window(bytes), store.rows_at_once(1));
        let rows = self.rows.read(from..(from + at_once).min(self.rows.len()), buffer);
        let (mut count, mut samples) = (0, 0);
        for row in rows {
            let with_it = samples + row.samples as usize;
            if count > 0 && (count + 1) * bytes + with_it * SAMPLE_BYTES > most {
                break;
            }
            (count, samples) = (count + 1, with_it);
        }
        &rows[..count]
    }

    /// Hands on all documents with their samples, in order: as many at a time as a step may hold at so many `bytes` a
    /// document beside its samples, one at least.
    pub fn windows(
        &self,
        (store, bytes): (&Store, usize),
        mut take: impl FnMut(Range<usize>, &[SketchRow], &[u64]),
    ) {
        let samples = |rows: &[SketchRow]| rows.iter().map(|row| row.samples as usize).sum::<usize>();
        let (mut row_buffer, mut buffer, mut joined) = (Vec::new(), Vec::new(), Vec::new());
        let mut documents = self.again.documents.cursor();
        let (mut from, mut at, mut again_at) = (0, 0, 0);
        while from < self.rows.len() {
            let rows = self.rows_from(from, (store, bytes), &mut row_buffer);
            let to = from + rows.len();
            let rows_of = |range: &Range<usize>| &rows[range.start - from..range.end - from];
            // Documents from `begun` to `done` wait in `joined`.
            let (mut begun, mut done) = (from, from);
            joined.clear();
            while done < to {
                let anew = documents.next_if(|&(record, _)| (record as usize) < to);
                let run = done..anew.map_or(to, |(record, _)| record as usize);
                let length = samples(rows_of(&run));
                let read = self.samples.read(at..at + length, &mut buffer);
                if run.len() < APART && (done > begun || anew.is_some()) {
                    joined.extend_from_slice(read);
                } else {
                    if done > begun {
                        take(begun..done, rows_of(&(begun..done)), &joined);
                        joined.clear();
                    }
                    take(run.clone(), rows_of(&run), read);
                    begun = run.end;
                }
                (at, done) = (at + length, run.end);
                if let Some((_, before)) = anew {
                    let made = rows[done - from].samples as usize;
                    joined.extend_from_slice(self.again.samples.read(again_at..again_at + made, &mut buffer));
                    (at, again_at, done) = (at + before as usize, again_at + made, done + 1);
                }
            }
            if done > begun {
                take(begun..done, rows_of(&(begun..done)), &joined);
            }
            from = to;
        }
    }

    /// Makes the sketches of some documents anew, in parallel, where `bands` are the band keys of one: no other is touched.
    ///
    /// # Errors
    /// Those of `check`, which is asked now and then.
    pub fn make_again<S: Default>(
        &mut self,
        (store, bands): (&Arc<Store>, usize),
        wanted: impl Fn(RecordIndex) -> bool + Sync,
        make: impl Fn(&mut S, RecordIndex) -> SketchBatch + Sync,
        check: impl Fn() -> Result<()>,
    ) -> Result<()> {
        let (mut documents, mut samples) = (Builder::new(store), Builder::new(store));
        let bytes = size_of::<SketchBatch>() + 2 * bands * size_of::<u32>();
        let mut buffer = Vec::new();
        let mut from = 0;
        while from < self.rows.len() {
            check()?;
            let range = from..from + self.rows_from(from, (store, bytes), &mut buffer).len();
            from = range.end;
            let wanted: Vec<RecordIndex> =
                (range.start as u32..range.end as u32).into_par_iter().filter(|&r| wanted(r)).collect();
            if wanted.is_empty() {
                continue;
            }
            let made: Vec<SketchBatch> =
                wanted.par_iter().map_init(S::default, |scratch, &record| make(scratch, record)).collect();
            let places = || wanted.iter().map(|&record| record as usize - range.start).zip(&made);
            self.rows.change(range.clone(), |rows| {
                for (place, made) in places() {
                    documents.push((range.start as u32 + place as u32, rows[place].samples));
                    rows[place] = made.rows[0];
                }
            });
            self.keys.change(range.start * bands..range.end * bands, |keys| {
                for (place, made) in places() {
                    keys[place * bands..(place + 1) * bands].copy_from_slice(&made.keys);
                }
            });
            made.iter().for_each(|made| samples.extend_from_slice(&made.samples));
        }
        self.again = Again { documents: documents.finish(), samples: samples.finish() };
        Ok(())
    }
}

/// Sketches of some documents.
#[derive(Debug, Default)]
pub struct SketchBatch {
    /// A row per document.
    pub rows: Vec<SketchRow>,
    /// As in [`Sketches`].
    pub keys: Vec<u32>,
    /// Sampled shingles, document after document, those of each once.
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
        let (rows, keys, samples) = (self.rows.finish(), self.keys.finish(), self.samples.finish());
        Sketches { rows, keys, samples, again: Again::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::RealDisk;

    const BANDS: usize = 2;

    /// A sketch of so many samples, all of which tell `of`.
    fn sketch(of: u32, samples: u32) -> SketchBatch {
        SketchBatch {
            rows: vec![SketchRow { exact: of.into(), words: of, samples }],
            keys: vec![of; BANDS],
            samples: vec![of.into(); samples as usize],
        }
    }

    #[test]
    fn those_made_again_stand_for_the_others() {
        let mut rng = fastrand::Rng::with_seed(7);
        for (budget, share) in [(None, 30), (None, 1), (Some(1 << 20), 3), (Some(1 << 20), 900), (None, 0)] {
            let store = Arc::new(Store::new(Arc::new(RealDisk), budget, &std::env::temp_dir()));
            let mut builder = SketchBuilder::new(&store);
            let mut expected: Vec<SketchBatch> =
                (0..20_000).map(|record| sketch(record, rng.u32(0..9))).collect();
            expected.iter().for_each(|made| builder.extend(&made.rows, &made.keys, &made.samples));
            let mut sketches = builder.finish();
            let mut anew = vec![None; expected.len()];
            for record in 0..expected.len() {
                if rng.u32(0..1000) < share {
                    let (of, samples) = (rng.u32(1_000_000..), rng.u32(0..30));
                    anew[record] = Some((of, samples));
                    expected[record] = sketch(of, samples);
                }
            }
            let make = |_: &mut (), record: RecordIndex| {
                let (of, samples) = anew[record as usize].unwrap_or_default();
                sketch(of, samples)
            };
            let wanted = |record: RecordIndex| anew[record as usize].is_some();
            sketches.make_again((&store, BANDS), wanted, make, || Ok(())).unwrap();
            assert_eq!(store.spilled() > 0, budget.is_some());
            for _ in 0..2 {
                let mut next = 0;
                sketches.windows((&store, 100), |records, rows, samples| {
                    assert_eq!(records.start, next);
                    next = records.end;
                    let of = &expected[records];
                    assert!(rows.iter().eq(of.iter().flat_map(|made| &made.rows)));
                    assert!(samples.iter().eq(of.iter().flat_map(|made| &made.samples)));
                });
                assert_eq!(next, expected.len());
            }
            let keys = sketches.keys.read_all(0..sketches.keys.len()).into_owned();
            assert!(keys.iter().eq(expected.iter().flat_map(|made| &made.keys)));
        }
    }
}
