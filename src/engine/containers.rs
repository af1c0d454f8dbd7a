//! Which documents may be contained in longer ones, told by shingles that are sampled by hash.
//!
//! Most documents have too few samples that stand anywhere else, and a filter tells that before any sample is collected. Of the
//! others the samples are sought in all documents, and sorted.

use super::documents::Compared;
use super::repeated::Repeated;
use super::sketches::Sketches;
use crate::config::DocumentSettings;
use crate::document::RecordIndex;
use crate::store::{Ahead, Bits, Builder, Column, Sorter, Store};
use crate::tables::SketchRow;
use rayon::prelude::*;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// A sampled shingle in more documents than this says nothing of two of them.
const SAMPLE_MAX_DOCUMENTS: usize = 64;
/// Share of a document's samples that must stand in another for it to be worth measuring.
const SAMPLE_SHARE: f32 = 0.5;
/// The filter of samples that are sought has room for one in so many: where more are sought, more are sorted than need be.
const SOUGHT: usize = 8;

/// What the search runs over.
pub(super) struct ContainerSearch<'a> {
    pub sketches: &'a Sketches,
    pub compared: &'a Compared,
    pub settings: &'a DocumentSettings,
    pub store: &'a Arc<Store>,
}

/// Some documents that are compared, with their samples.
struct Window<'a> {
    compared: &'a Compared,
    /// The first of them.
    from: usize,
    rows: &'a [SketchRow],
    samples: &'a [u64],
    /// Where the samples of each begin.
    first: Vec<usize>,
}

impl Window<'_> {
    /// Its documents, with the places of their samples.
    fn documents(&self) -> impl ParallelIterator<Item = (RecordIndex, &SketchRow, Range<usize>)> {
        let compared = |&place: &usize| self.compared.distinct.has(self.from + place);
        (0..self.rows.len()).into_par_iter().with_min_len(64).filter(compared).map(|place| {
            let samples = self.first[place]..self.first[place + 1];
            ((self.from + place) as RecordIndex, &self.rows[place], samples)
        })
    }

    /// The samples at some places, which are looked for in `table`.
    fn samples_in(&self, places: Range<usize>, table: &Repeated) -> impl Iterator<Item = u64> {
        places.map(|place| {
            table.ask_ahead(self.samples, place);
            self.samples[place]
        })
    }
}

/// A sample, and a document that has it.
type Place = (u64, RecordIndex);

impl ContainerSearch<'_> {
    /// Pairs of a document and a longer one that may contain it, sorted. `forgone` is raised by the samples that stand in too many
    /// documents to be looked at, as far as they are of one that might be contained.
    pub fn run(&self, forgone: &mut u64) -> Column<(RecordIndex, RecordIndex)> {
        let samples = self.sketches.samples();
        let repeated = Repeated::with_more_room_for(samples, self.store);
        self.windows(|window| {
            window.documents().for_each(|(_, _, samples)| {
                window.samples_in(samples, &repeated).for_each(|sample| repeated.add(sample));
            });
        });
        let sought = Repeated::with_room_for(samples / SOUGHT, self.store);
        let mut sorter = Sorter::new(self.store, |place: &Place| *place);
        let mut is_sought = Bits::new(self.compared.words.len());
        self.windows(|window| {
            let may_go = window.documents().filter_map(|(record, row, samples)| {
                let in_others = window.samples_in(samples.clone(), &repeated).filter(|&s| repeated.has(s));
                self.may_go(row, in_others.count()).then(|| {
                    let samples = window.samples[samples].iter().copied().filter(|&s| repeated.has(s));
                    let places = samples.inspect(|&sample| sought.add(sample));
                    places.map(|s| (s, record)).collect::<Vec<Place>>()
                })
            });
            for places in may_go.collect_vec_list().into_iter().flatten() {
                places.first().inspect(|place| is_sought.set(place.1 as usize));
                sorter.append(places);
            }
        });
        drop(repeated);
        self.windows(|window| {
            let (sought, is_sought) = (&sought, &is_sought);
            let others = window.documents().filter(|other| !is_sought.has(other.0 as usize));
            sorter.par_extend(others.flat_map_iter(|(record, _, samples)| {
                let found = window.samples_in(samples, sought).filter(|&s| sought.has_any(s));
                found.map(move |s| (s, record))
            }));
        });
        drop((sought, is_sought));
        let shared = sorter.sorted();
        let same = |a: &Place, b: &Place| a.0 == b.0;
        let elsewhere: Vec<AtomicU32> = self.compared.words.iter().map(|_| AtomicU32::new(0)).collect();
        let in_many = AtomicU64::new(0);
        let each_run = |use_of: &(dyn Fn(&[Place]) + Sync)| {
            shared.mapped(same, |run, _: &mut Vec<()>| use_of(run), |_| {});
        };
        each_run(&|run| {
            if run.len() > 1 {
                run.iter().for_each(|place| _ = elsewhere[place.1 as usize].fetch_add(1, Ordering::Relaxed));
            }
            in_many.fetch_add(u64::from(run.len() > SAMPLE_MAX_DOCUMENTS), Ordering::Relaxed);
        });
        let mut may_go = self.that_may_go(&elsewhere);
        if in_many.into_inner() > 0 {
            let passed_by = AtomicU64::new(0);
            each_run(&|run| {
                if run.len() > SAMPLE_MAX_DOCUMENTS {
                    let matters = run.iter().any(|place| may_go.has(place.1 as usize));
                    passed_by.fetch_add(u64::from(matters), Ordering::Relaxed);
                    run.iter()
                        .for_each(|place| _ = elsewhere[place.1 as usize].fetch_sub(1, Ordering::Relaxed));
                }
            });
            *forgone += passed_by.into_inner();
            may_go = self.that_may_go(&elsewhere);
        }
        drop(elsewhere);
        let size = |r: RecordIndex| {
            let Compared { words, rank, .. } = self.compared;
            (words[r as usize], std::cmp::Reverse(rank[r as usize]))
        };
        let mut pairs = Sorter::new(self.store, |p: &(RecordIndex, RecordIndex)| *p);
        shared.mapped(
            same,
            |run, out| {
                if run.len() > SAMPLE_MAX_DOCUMENTS || !run.iter().any(|r| may_go.has(r.1 as usize)) {
                    return;
                }
                for (i, &(_, a)) in run.iter().enumerate() {
                    let later = run[i + 1..].iter();
                    let pair = |&(_, b): &Place| if size(a) < size(b) { (a, b) } else { (b, a) };
                    out.extend(later.map(pair).filter(|p| may_go.has(p.0 as usize)));
                }
            },
            |made| pairs.append(made),
        );
        drop(shared);
        let mut kept = Builder::new(self.store);
        let mut ahead = Ahead::default();
        pairs.sorted().runs(
            |x, y| x == y,
            |run| {
                let row = self.sketches.rows.get_next(run[0].0 as usize, &mut ahead);
                if run.len() as f32 >= row.samples as f32 * SAMPLE_SHARE {
                    kept.push(run[0]);
                }
            },
        );
        kept.finish()
    }

    /// Whether a document may be contained in another, if so many of its samples stand elsewhere.
    fn may_go(&self, row: &SketchRow, elsewhere: usize) -> bool {
        let wanted = (row.samples as f32 * SAMPLE_SHARE).max(1.0);
        row.words >= self.settings.containment_min_words && elsewhere as f32 >= wanted
    }

    fn that_may_go(&self, elsewhere: &[AtomicU32]) -> Bits {
        let mut may_go = Bits::new(elsewhere.len());
        let mut record = 0;
        self.sketches.rows.each(|row| {
            if self.may_go(row, elsewhere[record].load(Ordering::Relaxed) as usize) {
                may_go.set(record);
            }
            record += 1;
        });
        may_go
    }

    /// Hands on all documents, some at a time.
    fn windows(&self, mut take: impl FnMut(&Window<'_>)) {
        self.sketches.windows((self.store, 0), |records, rows, samples| {
            let mut first = vec![0];
            first.extend(rows.iter().scan(0, |sum, row| {
                *sum += row.samples as usize;
                Some(*sum)
            }));
            take(&Window { compared: self.compared, from: records.start, rows, samples, first });
        });
    }
}
