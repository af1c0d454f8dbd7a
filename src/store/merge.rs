//! Merging sorted runs.
//!
//! In: columns that are sorted, each a run. Out: their rows in order, part by part; of rows that are the same, and too many
//! to be held, the first one.

use super::sort::{By, PIECE};
use super::{Column, Row};
use rayon::prelude::*;

/// Merges sorted runs, part by part: all rows up to a key beyond which a run has more on disk are taken out of what was
/// read of the runs, and sorted. A sort that sees what is in order already does that with fewer mispredicted branches than a
/// heap of the next row of each run, and each thread may do a part of it.
pub(super) struct Merge<'a, T, B> {
    runs: Vec<Run<'a, T>>,
    by: B,
    /// Rows that are held of each run.
    most: usize,
    /// Rows that were merged, which are the same as the next ones may be.
    left: Vec<T>,
}

/// The next of merged rows.
pub(super) enum Part<R, T> {
    /// The last one is not the same as what follows; none at the end.
    Rows(R),
    /// The first of rows that are the same, and too many to be held. What comes next is behind them.
    Long(T),
}

/// A sorted run, of which a part was read.
struct Run<'a, T> {
    column: &'a Column<T>,
    /// Rows that were read.
    read: usize,
    /// The last of these.
    rows: Vec<T>,
    /// Those before were merged.
    at: usize,
    /// Those before are merged now.
    to: usize,
}

impl<T: Row> Run<'_, T> {
    /// Reads on until it holds so many rows.
    fn fill(&mut self, most: usize) {
        let room = most - (self.rows.len() - self.at);
        if 2 * room >= most {
            self.rows.drain(..self.at);
            self.at = 0;
            let to = (self.read + room).min(self.column.len());
            self.column.append(self.read..to, &mut self.rows);
            self.read = to;
        }
    }
}

impl<'a, T: Row, B: By<T>> Merge<'a, T, B> {
    /// Of runs of which so many rows are held together.
    pub(super) fn new(runs: &'a [Column<T>], by: B, rows: usize) -> Self {
        let most = (rows / runs.len().max(1)).max(32);
        let run = |column| Run { column, read: 0, rows: Vec::new(), at: 0, to: 0 };
        Merge { runs: runs.iter().map(run).collect(), by, most, left: Vec::new() }
    }

    /// Goes on with the first row that is not before.
    pub(super) fn go_to(&mut self, before: impl Fn(&T) -> bool + Sync) {
        self.left.clear();
        self.runs.par_iter_mut().for_each(|run| {
            run.read = run.column.partition_point(&before);
            run.rows.clear();
            (run.at, run.to) = (0, 0);
        });
    }

    /// The next rows; those that are the `same` are too many where they are more than `most`.
    pub(super) fn next_part(
        &mut self,
        same: &(impl Fn(&T, &T) -> bool + Sync),
        most: usize,
    ) -> Part<Vec<T>, T> {
        let mut part = std::mem::take(&mut self.left);
        loop {
            let looked_at = part.len();
            if !self.merge_next(&mut part) {
                return Part::Rows(part);
            }
            let differ = |&i: &usize| !same(&part[i - 1], &part[i]);
            if let Some(end) = (looked_at.max(1)..part.len()).rev().find(differ) {
                self.left = part.split_off(end);
                return Part::Rows(part);
            }
            if part.len() > most {
                let (by, first) = (self.by, part[0]);
                self.go_to(|row| by.key(row) <= by.key(&first) || same(&first, row));
                return Part::Long(first);
            }
        }
    }

    /// Adds the next rows; whether there are more.
    fn merge_next(&mut self, part: &mut Vec<T>) -> bool {
        let (by, most) = (self.by, self.most);
        self.runs.par_iter_mut().for_each(|run| run.fill(most));
        let more = self.runs.iter().filter(|run| run.read < run.column.len());
        let bound = more.filter_map(|run| run.rows.last()).map(|row| by.key(row)).min();
        for run in &mut self.runs {
            let within = |row: &T| bound.as_ref().is_none_or(|bound| by.key(row) <= *bound);
            run.to = run.at + run.rows[run.at..].partition_point(within);
        }
        let sorted: Vec<&[T]> = self.runs.iter().map(|run| &run.rows[run.at..run.to]).collect();
        merge_slices(&sorted, by, part);
        self.runs.iter_mut().for_each(|run| run.at = run.to);
        bound.is_some()
    }
}

/// Adds sorted rows of several slices, sorted. Each thread merges those between two keys.
fn merge_slices<T: Row, B: By<T>>(slices: &[&[T]], by: B, out: &mut Vec<T>) {
    let rows: usize = slices.iter().map(|slice| slice.len()).sum();
    let longest = slices.iter().max_by_key(|slice| slice.len()).copied().unwrap_or_default();
    let pieces = rayon::current_num_threads().min(rows / PIECE).max(1);
    let place = |slice: &[T], piece: usize| match piece {
        0 => 0,
        _ if piece == pieces => slice.len(),
        _ => {
            let key = by.key(&longest[longest.len() * piece / pieces]);
            slice.partition_point(|row| by.key(row) < key)
        }
    };
    let merged = |piece: usize| {
        let mut merged = Vec::with_capacity(2 * rows / pieces);
        for slice in slices {
            merged.extend_from_slice(&slice[place(slice, piece)..place(slice, piece + 1)]);
        }
        merged.sort_by_key(|row| by.key(row));
        merged
    };
    let merged: Vec<Vec<T>> = (0..pieces).into_par_iter().map(merged).collect();
    out.reserve(rows);
    merged.iter().for_each(|piece| out.extend_from_slice(piece));
}
