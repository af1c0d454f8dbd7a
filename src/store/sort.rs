//! Sorting more rows than fit: sorted runs in one temporary file, merged.

use super::column::{Cursor, write_rows};
use super::{Builder, Column, Row, Store};
use crate::disk::Temporary;
use rayon::prelude::*;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

/// Takes rows in any order; equal keys must mean equal rows, or rows whose order does not matter.
pub struct Sorter<T, K> {
    store: Arc<Store>,
    key: fn(&T) -> K,
    rows: Vec<T>,
    most: usize,
    file: Option<Arc<dyn Temporary>>,
    runs: Vec<(u64, usize)>,
    end: u64,
}

impl<T: Row, K: Ord + Send> Sorter<T, K> {
    /// Sorts by a key.
    pub fn new(store: &Arc<Store>, key: fn(&T) -> K) -> Sorter<T, K> {
        Sorter {
            store: Arc::clone(store),
            key,
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

    fn spill(&mut self) {
        self.rows.par_sort_unstable_by_key(self.key);
        let file = self.file.get_or_insert_with(|| self.store.file());
        write_rows(&self.store, &**file, self.end, &self.rows);
        self.runs.push((self.end, self.rows.len()));
        self.end += (self.rows.len() * T::BYTES) as u64;
        self.rows.clear();
    }

    /// All rows, sorted.
    pub fn finish(mut self) -> Column<T> {
        if self.file.is_none() {
            self.rows.par_sort_unstable_by_key(self.key);
            self.rows.shrink_to_fit();
            return Column::in_memory(&self.store, self.rows);
        }
        self.spill();
        self.rows = Vec::new();
        let Some(file) = self.file.take() else { return Column::in_memory(&self.store, Vec::new()) };
        let runs: Vec<Column<T>> = self
            .runs
            .iter()
            .map(|&(start, count)| Column::on_disk(&self.store, Arc::clone(&file), start, count))
            .collect();
        let mut cursors: Vec<Cursor<'_, T>> = runs.iter().map(Column::cursor).collect();
        let next = |cursors: &mut [Cursor<'_, T>], run: usize| {
            cursors[run].peek().map(|row| Reverse(((self.key)(&row), run)))
        };
        let mut heap: BinaryHeap<Reverse<(K, usize)>> =
            (0..cursors.len()).filter_map(|run| next(&mut cursors, run)).collect();
        let mut merged = Builder::new(&self.store);
        while let Some(Reverse((_, run))) = heap.pop() {
            merged.extend(cursors[run].next());
            heap.extend(next(&mut cursors, run));
        }
        merged.finish()
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

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        #[test]
        fn rows_sorted_on_disk_are_those_sorted_in_memory(seed in any::<u64>(), count in 0usize..20_000) {
            let mut rng = fastrand::Rng::with_seed(seed);
            let rows: Vec<(u32, u64)> = (0..count).map(|i| (rng.u32(0..50), i as u64)).collect();
            let mut sorted = rows.clone();
            sorted.sort_unstable();
            for store in [small(), Arc::default()] {
                let mut sorter = Sorter::new(&store, |r: &(u32, u64)| *r);
                sorter.extend(rows.iter().copied());
                let column = sorter.finish();
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
