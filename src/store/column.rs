//! Rows in the order of their places.

use super::{Ahead, Row, Share, Store};
use crate::disk::Temporary;
use rayon::prelude::*;
use std::borrow::Cow;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// Bytes that are asked of the budget at a time.
const STEP: usize = 1 << 16;

/// So many blocks are taken apart by one thread; more by all.
const PARALLEL: usize = 2;
/// Blocks that all threads make before they are written.
const BLOCKS: usize = 16;

/// Rows, in memory or in a temporary file.
#[derive(Debug)]
pub struct Column<T> {
    store: Arc<Store>,
    rows: Rows<T>,
    /// Bytes of the budget that it holds.
    held: usize,
}

#[derive(Debug)]
enum Rows<T> {
    Memory(Vec<T>),
    Disk {
        file: Arc<dyn Temporary>,
        start: u64,
        count: usize,
        /// The first row of every so many, see [`fence`], where rows are looked for.
        fences: OnceLock<Vec<T>>,
    },
}

impl<T> Default for Column<T> {
    fn default() -> Self {
        Column { store: Arc::default(), rows: Rows::Memory(Vec::new()), held: 0 }
    }
}

impl<T> Drop for Column<T> {
    fn drop(&mut self) {
        self.store.give_back(Share::Tables, self.held);
    }
}

impl<T: Row> Column<T> {
    /// Rows that are in memory already; they stay there if the budget has room for them.
    pub(super) fn of(store: &Arc<Store>, rows: Vec<T>) -> Column<T> {
        let held = rows.capacity() * size_of::<T>();
        if store.take(Share::Tables, held) {
            return Column { store: Arc::clone(store), rows: Rows::Memory(rows), held };
        }
        let mut builder = Builder::new(store);
        builder.extend_from_slice(&rows);
        builder.finish()
    }

    /// A part of a temporary file.
    pub(super) fn on_disk(
        store: &Arc<Store>,
        file: Arc<dyn Temporary>,
        start: u64,
        count: usize,
    ) -> Column<T> {
        Column {
            store: Arc::clone(store),
            rows: Rows::Disk { file, start, count, fences: OnceLock::new() },
            held: 0,
        }
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        match &self.rows {
            Rows::Memory(rows) => rows.len(),
            Rows::Disk { count, .. } => *count,
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// One row, of several that are asked for in order.
    pub fn get_next(&self, at: usize, ahead: &mut Ahead) -> T {
        match &self.rows {
            Rows::Memory(rows) => rows[at],
            Rows::Disk { file, start, count, .. } => {
                let (from, end) = (start + (at * T::BYTES) as u64, start + (count * T::BYTES) as u64);
                T::get(ahead.read(&self.store, file, from, T::BYTES, end))
            }
        }
    }

    /// The rows of a range, of several that are asked for in order; `buffer` holds them where they come from disk.
    pub fn read_next<'a>(
        &'a self,
        range: Range<usize>,
        ahead: &mut Ahead,
        buffer: &'a mut Vec<T>,
    ) -> &'a [T] {
        match &self.rows {
            Rows::Memory(rows) => &rows[range],
            Rows::Disk { file, start, count, .. } => {
                let (from, end) =
                    (start + (range.start * T::BYTES) as u64, start + (count * T::BYTES) as u64);
                let bytes = ahead.read(&self.store, file, from, range.len() * T::BYTES, end);
                buffer.clear();
                buffer.extend(bytes.chunks_exact(T::BYTES).map(T::get));
                buffer
            }
        }
    }

    /// One row.
    pub fn get(&self, at: usize) -> T {
        match &self.rows {
            Rows::Memory(rows) => rows[at],
            Rows::Disk { .. } => {
                let mut buffer = Vec::new();
                self.read(at..at + 1, &mut buffer)[0]
            }
        }
    }

    /// The rows of a range; `buffer` holds them where they come from disk.
    pub fn read<'a>(&'a self, range: Range<usize>, buffer: &'a mut Vec<T>) -> &'a [T] {
        match &self.rows {
            Rows::Memory(rows) => &rows[range],
            Rows::Disk { .. } => {
                buffer.clear();
                self.append(range, buffer);
                buffer
            }
        }
    }

    /// The rows of a range, borrowed where they are in memory.
    pub fn read_all(&self, range: Range<usize>) -> Cow<'_, [T]> {
        match &self.rows {
            Rows::Memory(rows) => Cow::Borrowed(&rows[range]),
            Rows::Disk { .. } => {
                let mut rows = Vec::new();
                self.append(range, &mut rows);
                Cow::Owned(rows)
            }
        }
    }

    /// Adds the rows of a range.
    pub(super) fn append(&self, range: Range<usize>, rows: &mut Vec<T>) {
        match &self.rows {
            Rows::Memory(all) => rows.extend_from_slice(&all[range]),
            Rows::Disk { file, start, count, .. } => {
                assert!(range.end <= *count, "rows {range:?} of {count}");
                let (block, at) = (block::<T>(), rows.len());
                let read = |bytes: &mut Vec<u8>, (number, rows): (usize, &mut [T])| {
                    bytes.resize(rows.len() * T::BYTES, 0);
                    let from = range.start + number * block;
                    self.store.read(&**file, start + (from * T::BYTES) as u64, bytes);
                    rows.iter_mut()
                        .zip(bytes.chunks_exact(T::BYTES))
                        .for_each(|(row, bytes)| *row = T::get(bytes));
                };
                // Rows have no default: what threads fill in is made of zeros.
                const { assert!(T::BYTES <= 256) };
                rows.resize(at + range.len(), T::get(&[0; 256][..T::BYTES]));
                let blocks = &mut rows[at..];
                if blocks.len() > PARALLEL * block {
                    blocks.par_chunks_mut(block).enumerate().for_each_init(Vec::new, read);
                } else {
                    let mut bytes = Vec::new();
                    blocks.chunks_mut(block).enumerate().for_each(|blocks| read(&mut bytes, blocks));
                }
            }
        }
    }

    /// Changes the rows of a range where they lie.
    pub fn change(&mut self, range: Range<usize>, change: impl FnOnce(&mut [T])) {
        let from = range.start;
        let mut buffer = Vec::new();
        if matches!(self.rows, Rows::Disk { .. }) {
            self.append(range.clone(), &mut buffer);
        }
        match &mut self.rows {
            Rows::Memory(rows) => change(&mut rows[range]),
            Rows::Disk { file, start, fences, .. } => {
                change(&mut buffer);
                par_write_rows(&self.store, &**file, *start + (from * T::BYTES) as u64, &buffer);
                *fences = OnceLock::new();
            }
        }
    }

    /// The number of rows at the front for which this holds; it must hold for none behind them.
    pub fn partition_point(&self, holds: impl Fn(&T) -> bool) -> usize {
        match &self.rows {
            Rows::Memory(rows) => rows.partition_point(holds),
            Rows::Disk { count, fences, .. } => {
                let step = fence::<T>();
                let fences =
                    fences.get_or_init(|| (0..*count).step_by(step).map(|at| self.get(at)).collect());
                let behind = fences.partition_point(&holds);
                if behind == 0 {
                    return 0;
                }
                let from = (behind - 1) * step;
                let mut rows = Vec::new();
                from + self.read(from..(from + step).min(*count), &mut rows).partition_point(holds)
            }
        }
    }

    /// Hands on all rows in order, part by part; rows that are the `same` as their neighbours are in one part. Each part
    /// is told the place of its first row.
    pub fn parts(&self, same: impl Fn(&T, &T) -> bool, mut take: impl FnMut(usize, &[T])) {
        if let Rows::Memory(rows) = &self.rows {
            take(0, rows);
            return;
        }
        let window = self.store.window(size_of::<T>());
        let (mut buffer, mut first): (Vec<T>, usize) = (Vec::new(), 0);
        while first + buffer.len() < self.len() {
            let (from, looked_at) = (first + buffer.len(), buffer.len().max(1));
            self.append(from..(from + window).min(self.len()), &mut buffer);
            let end = if first + buffer.len() == self.len() {
                buffer.len()
            } else {
                // Those that were held before are all the same.
                (looked_at..buffer.len()).rev().find(|&i| !same(&buffer[i - 1], &buffer[i])).unwrap_or(0)
            };
            if end > 0 {
                take(first, &buffer[..end]);
                buffer.drain(..end);
                first += end;
            }
        }
    }

    /// Hands on all rows in order, by runs of the `same`.
    pub fn runs(&self, same: impl Fn(&T, &T) -> bool, mut take: impl FnMut(&[T])) {
        self.parts(&same, |_, part| part.chunk_by(&same).for_each(&mut take));
    }

    /// Hands on all rows in order.
    pub fn each(&self, mut take: impl FnMut(&T)) {
        self.parts(|_, _| false, |_, part| part.iter().for_each(&mut take));
    }

    /// Reads on from the front.
    pub fn cursor(&self) -> Cursor<'_, T> {
        let most = self.store.window(size_of::<T>()).clamp(1, block::<T>());
        Cursor { column: self, buffer: Vec::new(), most, from: 0, at: 0 }
    }
}

/// Reads a column from its front to its end.
pub struct Cursor<'a, T> {
    column: &'a Column<T>,
    buffer: Vec<T>,
    /// Rows that are read at a time.
    most: usize,
    /// Place of the first row in the buffer.
    from: usize,
    /// Place of the next row.
    at: usize,
}

impl<T: Row> Cursor<'_, T> {
    /// The next row, which stays the next.
    pub fn peek(&mut self) -> Option<T> {
        if self.at >= self.column.len() {
            return None;
        }
        if let Rows::Memory(rows) = &self.column.rows {
            return Some(rows[self.at]);
        }
        if self.at >= self.from + self.buffer.len() {
            self.from = self.at;
            self.buffer.clear();
            self.column.append(self.at..(self.at + self.most).min(self.column.len()), &mut self.buffer);
        }
        Some(self.buffer[self.at - self.from])
    }

    /// The next row, if it is one of these.
    pub fn next_if(&mut self, wanted: impl Fn(&T) -> bool) -> Option<T> {
        let row = self.peek().filter(|row| wanted(row))?;
        self.at += 1;
        Some(row)
    }
}

impl<T: Row> Iterator for Cursor<'_, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.next_if(|_| true)
    }
}

/// How many rows are read or written at a time.
pub(super) fn block<T: Row>() -> usize {
    (STEP / T::BYTES).max(1)
}

/// Rows from one fence to the next: few enough to be read at once, and many for one that is held.
fn fence<T: Row>() -> usize {
    (STEP / 4 / T::BYTES).max(1)
}

/// Takes rows in the order of their places.
pub struct Builder<T> {
    store: Arc<Store>,
    rows: Vec<T>,
    held: usize,
    file: Option<Arc<dyn Temporary>>,
    /// Rows in the file.
    written: usize,
}

impl<T: Row> Builder<T> {
    /// No rows yet.
    pub fn new(store: &Arc<Store>) -> Builder<T> {
        Builder { store: Arc::clone(store), rows: Vec::new(), held: 0, file: None, written: 0 }
    }

    /// How many rows were added.
    pub fn len(&self) -> usize {
        self.written + self.rows.len()
    }

    /// Whether none was.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds a row.
    pub fn push(&mut self, row: T) {
        self.rows.push(row);
        if self.rows.len() * size_of::<T>() > self.held {
            self.make_room();
        }
    }

    /// Adds rows.
    pub fn extend(&mut self, rows: impl IntoIterator<Item = T>) {
        rows.into_iter().for_each(|row| self.push(row));
    }

    /// Adds rows that lie together.
    pub fn extend_from_slice(&mut self, rows: &[T]) {
        for part in rows.chunks(block::<T>()) {
            self.rows.extend_from_slice(part);
            if self.rows.len() * size_of::<T>() > self.held {
                self.make_room();
            }
        }
    }

    fn make_room(&mut self) {
        if self.file.is_none() {
            // Memory is asked for in steps that grow as the vector does.
            let wanted =
                (self.rows.capacity().max(self.rows.len()) * size_of::<T>() + STEP).saturating_sub(self.held);
            if self.store.take(Share::Tables, wanted) {
                self.held += wanted;
                return;
            }
            self.file = Some(self.store.file());
            self.store.give_back(Share::Tables, std::mem::take(&mut self.held));
        }
        self.flush();
    }

    fn flush(&mut self) {
        if let Some(file) = &self.file {
            write_rows(&self.store, &**file, (self.written * T::BYTES) as u64, &self.rows);
        }
        self.written += self.rows.len();
        self.rows.clear();
        self.rows.shrink_to(block::<T>());
        // From now on it writes whenever a block is full.
        self.held = block::<T>() * size_of::<T>();
    }

    /// All rows.
    pub fn finish(mut self) -> Column<T> {
        if self.file.is_some() {
            self.flush();
        }
        let Some(file) = self.file.take() else {
            let (rows, held) = (std::mem::take(&mut self.rows), std::mem::take(&mut self.held));
            return Column { store: Arc::clone(&self.store), rows: Rows::Memory(rows), held };
        };
        self.held = 0;
        Column::on_disk(&self.store, file, 0, self.written)
    }
}

impl<T> Drop for Builder<T> {
    fn drop(&mut self) {
        if self.file.is_none() {
            self.store.give_back(Share::Tables, self.held);
        }
    }
}

/// Writes rows to a temporary file. The thread may hold a lock, and one that waits for others does their work: so it makes them itself.
fn write_rows<T: Row>(store: &Store, file: &dyn Temporary, mut at: u64, rows: &[T]) {
    let mut bytes = vec![0; rows.len().min(block::<T>()) * T::BYTES];
    for rows in rows.chunks(block::<T>()) {
        let bytes = &mut bytes[..rows.len() * T::BYTES];
        put_rows(rows, bytes);
        store.write(file, at, bytes);
        at += bytes.len() as u64;
    }
}

/// Writes rows to a temporary file, blocks of which all threads make. One writes them: those that write to one file wait for each
/// other, and do so busily.
pub(super) fn par_write_rows<T: Row>(store: &Store, file: &dyn Temporary, mut at: u64, rows: &[T]) {
    let block = block::<T>();
    let mut bytes = vec![0; rows.len().min(BLOCKS * block) * T::BYTES];
    for rows in rows.chunks(BLOCKS * block) {
        let bytes = &mut bytes[..rows.len() * T::BYTES];
        rows.par_chunks(block)
            .zip(bytes.par_chunks_mut(block * T::BYTES))
            .for_each(|(rows, bytes)| put_rows(rows, bytes));
        store.write(file, at, bytes);
        at += bytes.len() as u64;
    }
}

fn put_rows<T: Row>(rows: &[T], bytes: &mut [u8]) {
    rows.iter().zip(bytes.chunks_exact_mut(T::BYTES)).for_each(|(row, out)| row.put(out));
}
