//! Sorting more rows than fit: sorted runs in one temporary file, merged.

use super::column::par_write_rows;
use super::merge::{Merge, Part};
use super::{Builder, Column, Row, Store};
use crate::disk::Temporary;
use rayon::prelude::*;
use std::sync::Arc;

/// Rows that a thread maps at a time, and those that are the same as the last of them; and that it merges at least.
pub(super) const PIECE: usize = 1 << 12;
/// Sorted runs that are merged at a time. Of more at once each is read in pieces that are too small, and each step of the merge
/// looks at all of them.
const RUNS: usize = 256;

/// What rows are sorted by. A type of its own for each, and not a pointer to a function: comparing is most of sorting, and two
/// calls a comparison took up to a tenth of a whole run.
pub trait By<T>: Copy + Send + Sync {
    /// What is compared.
    type Key: Ord + Send;
    /// The key of a row.
    fn key(self, row: &T) -> Self::Key;
}

impl<T, K: Ord + Send, F: Fn(&T) -> K + Copy + Send + Sync> By<T> for F {
    type Key = K;
    fn key(self, row: &T) -> K {
        self(row)
    }
}

/// Takes rows in any order; equal keys must mean equal rows, or rows whose order does not matter.
pub struct Sorter<T, B> {
    store: Arc<Store>,
    by: B,
    rows: Vec<T>,
    most: usize,
    file: Option<Arc<dyn Temporary>>,
    runs: Vec<(u64, usize)>,
    end: u64,
}

impl<T: Row, B: By<T>> Sorter<T, B> {
    /// Sorts by a key.
    pub fn new<K>(store: &Arc<Store>, by: B) -> Sorter<T, B>
    where
        B: Fn(&T) -> K,
    {
        Sorter {
            store: Arc::clone(store),
            by,
            rows: Vec::new(),
            most: store.rows_at_once(size_of::<T>()),
            file: None,
            runs: Vec::new(),
            end: 0,
        }
    }

    /// Adds a row.
    pub fn push(&mut self, row: T) {
        if self.rows.len() >= self.most {
            self.spill();
        }
        self.rows.push(row);
    }

    /// Adds rows.
    pub fn extend(&mut self, rows: impl IntoIterator<Item = T>) {
        rows.into_iter().for_each(|row| self.push(row));
    }

    /// Adds rows that lie together, without a copy of the first ones.
    pub fn append(&mut self, rows: Vec<T>) {
        if self.rows.is_empty() && self.runs.is_empty() && rows.len() <= self.most {
            self.rows = rows;
        } else if self.rows.len() + rows.len() <= self.most {
            self.rows.extend_from_slice(&rows);
        } else {
            self.extend(rows);
        }
    }

    /// Adds rows that are made in parallel, in their order.
    pub fn par_extend(&mut self, rows: impl ParallelIterator<Item = T>) {
        let mut made = rows.collect_vec_list();
        if self.rows.len() + made.iter().map(Vec::len).sum::<usize>() <= self.most {
            made.iter_mut().for_each(|part| self.rows.append(part));
        } else {
            made.into_iter().for_each(|part| self.extend(part));
        }
    }

    fn sort(&mut self) {
        let by = self.by;
        self.rows.par_sort_unstable_by_key(|row| by.key(row));
    }

    fn spill(&mut self) {
        self.sort();
        let file = self.file.get_or_insert_with(|| self.store.file());
        par_write_rows(&self.store, &**file, self.end, &self.rows);
        self.runs.push((self.end, self.rows.len()));
        self.end += (self.rows.len() * T::BYTES) as u64;
        self.rows.clear();
    }

    /// Merges runs to longer ones, until they are few enough.
    fn merge_runs(&mut self) {
        while self.runs.len() > RUNS {
            let merged = self.store.file();
            let Some(file) = self.file.replace(Arc::clone(&merged)) else { return };
            let runs = std::mem::take(&mut self.runs);
            self.end = 0;
            for runs in runs.chunks(RUNS) {
                let (mut end, mut count) = (self.end, 0);
                self.of_runs(&file, runs).parts(
                    |_, _| false,
                    |part| {
                        par_write_rows(&self.store, &*merged, end, part);
                        end += (part.len() * T::BYTES) as u64;
                        count += part.len();
                    },
                );
                self.runs.push((self.end, count));
                self.end = end;
            }
        }
    }

    /// Runs in a file.
    fn of_runs(&self, file: &Arc<dyn Temporary>, runs: &[(u64, usize)]) -> Sorted<T, B> {
        let of_run =
            |&(start, count): &(u64, usize)| Column::on_disk(&self.store, Arc::clone(file), start, count);
        Sorted::Runs { store: Arc::clone(&self.store), by: self.by, runs: runs.iter().map(of_run).collect() }
    }

    /// All rows, sorted, to be read by range.
    pub fn finish(self) -> Column<T> {
        match self.sorted() {
            Sorted::Memory(store, rows) => Column::of(&store, rows),
            runs @ Sorted::Runs { .. } => {
                let mut merged = Builder::new(runs.store());
                runs.parts(|_, _| false, |part| merged.extend_from_slice(part));
                merged.finish()
            }
        }
    }

    /// All rows, sorted, to be walked through: of those that are on disk nothing is written again.
    pub fn sorted(mut self) -> Sorted<T, B> {
        if self.file.is_none() {
            self.sort();
            self.rows.shrink_to_fit();
            return Sorted::Memory(self.store, self.rows);
        }
        self.spill();
        self.merge_runs();
        match self.file.take() {
            Some(file) => self.of_runs(&file, &self.runs),
            None => Sorted::Memory(self.store, Vec::new()),
        }
    }
}

/// Sorted rows that are walked through.
pub enum Sorted<T, B> {
    /// All of them.
    Memory(Arc<Store>, Vec<T>),
    /// Sorted runs, which are merged as they are walked through.
    Runs {
        /// Holds them.
        store: Arc<Store>,
        /// What they are sorted by.
        by: B,
        /// Each sorted.
        runs: Vec<Column<T>>,
    },
}

impl<T: Row, B: By<T>> Sorted<T, B> {
    fn store(&self) -> &Arc<Store> {
        match self {
            Sorted::Memory(store, _) | Sorted::Runs { store, .. } => store,
        }
    }

    /// Hands on all rows in order, part by part; rows that are the `same` as their neighbours are in one part.
    pub fn parts(&self, same: impl Fn(&T, &T) -> bool + Send + Sync, mut take: impl FnMut(&[T])) {
        self.parts_up_to(usize::MAX, &same, |part| {
            if let Part::Rows(rows) = part {
                take(rows);
            }
        });
    }

    /// The same, but where more than `most` rows on disk are the `same` only the first one is handed on.
    fn parts_up_to(
        &self,
        most: usize,
        same: &(impl Fn(&T, &T) -> bool + Send + Sync),
        mut take: impl FnMut(Part<&[T], T>),
    ) {
        let (store, by, runs) = match self {
            Sorted::Memory(_, rows) => return take(Part::Rows(rows)),
            Sorted::Runs { store, by, runs } => (store, *by, runs),
        };
        let mut merge = Merge::new(runs, by, store.window(size_of::<T>()) / 2);
        let mut part = merge.next_part(same, most);
        loop {
            if matches!(&part, Part::Rows(rows) if rows.is_empty()) {
                return;
            }
            let mut next = Part::Rows(Vec::new());
            // The next part is merged beside what is done with this one.
            rayon::in_place_scope(|scope| {
                scope.spawn(|_| next = merge.next_part(same, most));
                take(match &part {
                    Part::Rows(rows) => Part::Rows(rows),
                    Part::Long(first) => Part::Long(*first),
                });
            });
            part = next;
        }
    }

    /// Hands on all rows in order, by runs of the `same`.
    pub fn runs(&self, same: impl Fn(&T, &T) -> bool + Send + Sync, mut take: impl FnMut(&[T])) {
        self.parts(&same, |part| part.chunk_by(&same).for_each(&mut take));
    }

    /// Hands on what `map` makes of each run of the `same`, in order; runs are mapped on all threads.
    pub fn mapped<R: Send>(
        &self,
        same: impl Fn(&T, &T) -> bool + Send + Sync,
        map: impl Fn(&[T], &mut Vec<R>) + Sync,
        mut take: impl FnMut(Vec<R>),
    ) where
        T: Sync,
    {
        self.parts(&same, |part| mapped(part, &same, &map, &mut take));
    }

    /// The same, but a run that is too long to be held is walked through instead, as often as its results need.
    pub fn mapped_or_walked<R: Send>(
        &self,
        same: impl Fn(&T, &T) -> bool + Send + Sync,
        map: impl Fn(&[T], &mut Vec<R>) + Sync,
        walk: impl Fn(&Walk<'_, T, B>, &mut dyn FnMut(R)),
        mut take: impl FnMut(Vec<R>),
    ) where
        T: Sync,
    {
        let window = self.store().window(size_of::<T>());
        self.parts_up_to(2 * window, &same, |part| match (part, self) {
            (Part::Rows(rows), _) => mapped(rows, &same, &map, &mut take),
            (Part::Long(first), Sorted::Runs { by, runs, .. }) => {
                let mut made = Vec::new();
                walk(&Walk { runs, by: *by, first, same: &same, rows: window / 2 }, &mut |row| {
                    made.push(row);
                    if made.len() == PIECE {
                        take(std::mem::take(&mut made));
                    }
                });
                take(made);
            }
            (Part::Long(_), Sorted::Memory(..)) => {}
        });
    }

    /// Hands on all rows in order.
    pub fn each(&self, mut take: impl FnMut(&T)) {
        self.parts(|_, _| false, |part| part.iter().for_each(&mut take));
    }
}

/// Rows that are the same, and too many to be held.
pub struct Walk<'a, T, B> {
    runs: &'a [Column<T>],
    by: B,
    first: T,
    same: &'a (dyn Fn(&T, &T) -> bool + Sync),
    /// Rows that are held.
    rows: usize,
}

impl<T: Row, B: By<T>> Walk<'_, T, B> {
    /// The first of them.
    pub fn first(&self) -> &T {
        &self.first
    }

    /// Hands on all of them in order.
    pub fn each(&self, mut take: impl FnMut(&T)) {
        let mut merge = Merge::new(self.runs, self.by, self.rows);
        merge.go_to(|row| self.by.key(row) < self.by.key(&self.first));
        while let Part::Rows(rows) = merge.next_part(&|_, _| false, usize::MAX) {
            let same = rows.partition_point(|row| (self.same)(&self.first, row));
            rows[..same].iter().for_each(&mut take);
            if same < rows.len() || rows.is_empty() {
                return;
            }
        }
    }
}

/// Hands on what `map` makes of each run of the `same` rows, in order; runs are mapped on all threads.
fn mapped<T: Sync, R: Send>(
    rows: &[T],
    same: impl Fn(&T, &T) -> bool + Sync,
    map: impl Fn(&[T], &mut Vec<R>) + Sync,
    take: &mut impl FnMut(Vec<R>),
) {
    let mut rest = rows;
    let next_piece = || {
        let least = PIECE.min(rest.len());
        let more = rest[least..].iter().zip(&rest[least.saturating_sub(1)..]);
        let (piece, behind) =
            rest.split_at(least + more.take_while(|(row, before)| same(before, row)).count());
        rest = behind;
        (!piece.is_empty()).then_some(piece)
    };
    let mut pieces = std::iter::from_fn(next_piece);
    // What is made of them waits until it is taken, so there are only a few a thread.
    let at_once = 3 * rayon::current_num_threads();
    loop {
        let pieces: Vec<&[T]> = pieces.by_ref().take(at_once).collect();
        if pieces.is_empty() {
            return;
        }
        let of_piece = |piece: &&[T]| {
            let mut made = Vec::new();
            piece.chunk_by(&same).for_each(|run| map(run, &mut made));
            made
        };
        let made: Vec<Vec<R>> = pieces.par_iter().map(of_piece).collect();
        made.into_iter().for_each(&mut *take);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::RealDisk;
    use proptest::prelude::*;

    fn small() -> Arc<Store> {
        Arc::new(Store::new(Arc::new(RealDisk), Some(1), &std::env::temp_dir()))
    }

    #[test]
    fn many_runs_are_merged_to_a_few_first() {
        let mut rng = fastrand::Rng::with_seed(5);
        let store = small();
        let mut rows: Vec<(u32, u64)> = (0..(2 * RUNS as u64 + 9) * 1024).map(|i| (rng.u32(..), i)).collect();
        let mut sorter = Sorter::new(&store, |r: &(u32, u64)| *r);
        sorter.extend(rows.iter().copied());
        let sorted = sorter.sorted();
        assert!(
            matches!(&sorted, Sorted::Runs { runs, .. } if runs.len() == 3),
            "so many runs are three longer ones"
        );
        let mut walked = Vec::with_capacity(rows.len());
        sorted.each(|row| walked.push(*row));
        rows.sort_unstable();
        assert!(walked == rows);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        #[test]
        fn rows_sorted_on_disk_are_those_sorted_in_memory(
            seed in any::<u64>(), count in 0usize..20_000, keys in 1u32..50,
        ) {
            let mut rng = fastrand::Rng::with_seed(seed);
            let rows: Vec<(u32, u64)> = (0..count).map(|i| (rng.u32(0..keys), i as u64)).collect();
            let mut sorted = rows.clone();
            sorted.sort_unstable();
            for store in [small(), Arc::default()] {
                let sorter = || {
                    let mut sorter = Sorter::new(&store, |r: &(u32, u64)| *r);
                    sorter.extend(rows.iter().copied());
                    sorter
                };
                let (walked, column) = (sorter().sorted(), sorter().finish());
                let mut runs = Vec::new();
                walked.runs(|a, b| a.0 == b.0, |run| runs.push(run.to_vec()));
                prop_assert_eq!(runs.concat(), sorted.clone());
                prop_assert!(runs.windows(2).all(|r| r[0][0].0 < r[1][0].0));
                let mut mapped = Vec::new();
                walked.mapped(|a, b| a.0 == b.0, |run, out| out.push(run.to_vec()), |made| mapped.extend(made));
                prop_assert_eq!(&mapped, &runs);
                let lengths: Vec<(u32, usize)> = runs.iter().map(|run| (run[0].0, run.len())).collect();
                let mut mapped = Vec::new();
                walked.mapped_or_walked(
                    |a, b| a.0 == b.0,
                    |run, out| out.push((run[0].0, run.len())),
                    |run, take| {
                        for _ in 0..2 {
                            let mut rows = Vec::new();
                            run.each(|row| rows.push(*row));
                            assert_eq!(Some(run.first()), rows.first());
                            assert!(rows.len() > 1024 && rows.is_sorted() && rows.iter().all(|r| r.0 == rows[0].0));
                            take((rows[0].0, rows.len()));
                        }
                    },
                    |made| mapped.extend(made),
                );
                let long = (mapped.len() - runs.len()) as u32;
                prop_assert!(store.budget().is_none() && long == 0 || long >= u32::from(count / keys as usize > 5000));
                mapped.dedup();
                prop_assert_eq!(mapped, lengths);
                prop_assert_eq!(column.len(), rows.len());
                let (mut all, mut runs) = (Vec::new(), Vec::new());
                column.each(|row| all.push(*row));
                prop_assert_eq!(&all, &sorted);
                column.runs(|a, b| a.0 == b.0, |run| runs.push(run.to_vec()));
                let expected: Vec<Vec<(u32, u64)>> = sorted.chunk_by(|a, b| a.0 == b.0).map(<[_]>::to_vec).collect();
                prop_assert_eq!(runs, expected);
                let wanted = sorted.partition_point(|r| r.0 < 25);
                prop_assert_eq!(column.partition_point(|r| r.0 < 25), wanted);
                let mut buffer = Vec::new();
                prop_assert_eq!(column.read(wanted / 2..wanted, &mut buffer), &sorted[wanted / 2..wanted]);
                prop_assert_eq!(column.cursor().collect::<Vec<_>>(), sorted.clone());
            }
        }
    }
}
