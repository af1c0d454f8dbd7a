//! Grouping the units that are left: those with the same words.

use super::repeated::Repeated;
use super::units::Units;
use crate::document::RecordIndex;
use crate::store::{Ahead, Bits, Column, Sorter, Store};
use rayon::prelude::*;
use std::sync::Arc;

/// The units that are left, of the documents that stay.
pub struct Left<'a> {
    /// All units.
    pub units: &'a Units,
    /// Which of them went.
    pub gone: &'a Bits,
    /// Which documents went.
    pub removed: &'a Bits,
    /// Which units are left, in documents that stay.
    pub(super) left: Bits,
}

impl<'a> Left<'a> {
    /// What is left where these units and these documents went.
    pub fn new(units: &'a Units, gone: &'a Bits, removed: &'a Bits) -> Left<'a> {
        let mut left = Bits::new(units.rows.len());
        for record in (0..units.records() as RecordIndex).filter(|&r| !removed.has(r as usize)) {
            units.range(record).filter(|&u| !gone.has(u)).for_each(|u| left.set(u));
        }
        Left { units, gone, removed, left }
    }

    /// How many documents stay.
    pub fn documents(&self) -> usize {
        (0..self.units.records()).filter(|&r| !self.removed.has(r)).count()
    }

    /// The units of a document that are left.
    pub fn of(&self, record: RecordIndex) -> impl Iterator<Item = usize> + '_ {
        self.units.range(record).filter(|&u| self.left.has(u))
    }
}

/// Units with the same words. A group is named by its first unit; most units are a group of their own.
#[derive(Debug, Default)]
pub struct Groups {
    /// First unit, unit and words of all units in groups of two or more; by group, in order within each.
    pub members: Column<(u32, u32, u16)>,
    /// Units that are not the first of their group, with that; in order.
    later: Column<(u32, u32)>,
    is_later: Bits,
    /// Units that others follow in their group.
    leads: Bits,
}

impl Groups {
    /// Groups the units that are left. Same words have the same masked words.
    pub fn of(left: &Left<'_>, store: &Arc<Store>) -> Groups {
        let units = left.units;
        let repeated = Repeated::with_room_for(units.rows.len(), store);
        let mut sorter = Sorter::new(store, |r: &(u128, u32, u16)| (r.0, r.1));
        let (mut masked_buffer, mut exact_buffer, mut row_buffer) = (Vec::new(), Vec::new(), Vec::new());
        for collecting in [false, true] {
            for stretch in units.stretches(store, 64) {
                let range = units.range_of(&stretch);
                let masked = units.masked.read(range.clone(), &mut masked_buffer);
                let masked = |unit: usize| {
                    let place = unit - range.start;
                    repeated.ask_ahead(masked, place);
                    masked[place]
                };
                let records = stretch.into_par_iter();
                if collecting {
                    let exact = units.exact.read(range.clone(), &mut exact_buffer);
                    let rows = units.rows.read(range.clone(), &mut row_buffer);
                    let row = |unit: usize| {
                        (exact[unit - range.start], unit as u32, rows[unit - range.start].words)
                    };
                    let again = |record| left.of(record).filter(|&u| repeated.has(masked(u))).map(row);
                    sorter.par_extend(records.flat_map_iter(again));
                } else {
                    records.for_each(|record| left.of(record).for_each(|u| repeated.add(masked(u))));
                }
            }
        }
        drop(repeated);
        let mut members = Sorter::new(store, |m: &(u32, u32, u16)| *m);
        let mut later = Sorter::new(store, |l: &(u32, u32)| *l);
        sorter.sorted().mapped_or_walked(
            |a, b| a.0 == b.0,
            |run, out| {
                if run.len() > 1 {
                    out.extend(run.iter().map(|r| (run[0].1, r.1, r.2)));
                }
            },
            |run, take| run.each(|r| take((run.first().1, r.1, r.2))),
            |made| {
                later.extend(made.iter().filter(|m| m.0 != m.1).map(|m| (m.1, m.0)));
                members.append(made);
            },
        );
        let (members, later) = (members.finish(), later.finish());
        let (mut is_later, mut leads) = (Bits::new(units.rows.len()), Bits::new(units.rows.len()));
        later.each(|l| {
            is_later.set(l.0 as usize);
            leads.set(l.1 as usize);
        });
        Groups { members, later, is_later, leads }
    }

    /// Whether a unit is the first of its group.
    pub fn is_first(&self, unit: u32) -> bool {
        !self.is_later.has(unit as usize)
    }

    /// Whether a group has one unit only.
    pub fn is_alone(&self, group: u32) -> bool {
        !self.leads.has(group as usize)
    }

    /// The group of a unit.
    pub fn of_unit(&self, unit: u32) -> u32 {
        if self.is_first(unit) {
            return unit;
        }
        self.later.get(self.later.partition_point(|l| l.0 < unit)).1
    }

    /// The units of a group, into `units`.
    pub fn get(&self, group: u32, units: &mut Vec<u32>) {
        units.clear();
        if self.is_alone(group) {
            units.push(group);
            return;
        }
        let from = self.members.partition_point(|m| m.0 < group);
        let mut ahead = Ahead::default();
        let mut rows = (from..self.members.len()).map(|at| self.members.get_next(at, &mut ahead));
        while let Some(member) = rows.next().filter(|m| m.0 == group) {
            units.push(member.1);
        }
    }
}
