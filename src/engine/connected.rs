//! Groups of documents that are connected by shared buckets or by candidates for containment.
//!
//! In: the band keys of distinct documents, and which may contain which. Out: the members of each group of two or more,
//! the most preferred first, and the buckets that each member shares with others. Being connected removes nothing.

use super::Cancel;
use super::repeated::{AHEAD, Repeated, banded};
use crate::document::RecordIndex;
use crate::error::Result;
use crate::store::{Bits, Builder, Column, Sorter, Store};
use rayon::prelude::*;
use std::ops::Range;
use std::sync::Arc;

/// Groups of connected documents.
pub struct Connected {
    /// The members of all groups, one group behind the other.
    pub members: Vec<RecordIndex>,
    /// Where each lies.
    pub groups: Vec<Group>,
    /// Places among the members, each behind the buckets that it shares, both ascending.
    pub shared: Column<(u32, u32)>,
}

/// One of them.
#[derive(Debug, Clone)]
pub struct Group {
    /// Its members.
    pub members: Range<usize>,
    /// What these share.
    pub shared: Range<usize>,
    /// How many buckets they share: they are numbered from 0.
    pub buckets: u32,
}

/// Band keys of documents, of which some are compared.
pub struct Keys<'a> {
    /// A key a band, document by document.
    pub keys: &'a Column<u32>,
    /// How many bands there are.
    pub bands: usize,
    /// The documents that are compared.
    pub compared: &'a Bits,
    /// For each document who stays before whom.
    pub rank: &'a [u32],
}

impl Connected {
    /// Groups the documents that share buckets or of which one may contain the other.
    pub fn of(
        keys: &Keys<'_>,
        containers: &Column<(RecordIndex, RecordIndex)>,
        store: &Arc<Store>,
        cancel: &Cancel,
    ) -> Result<Connected> {
        let mut roots: Vec<u32> = (0..keys.rank.len() as u32).collect();
        let shared = keys.shared(store, &mut roots);
        containers.each(|&(a, b)| union(&mut roots, a, b));
        cancel.check()?;
        let mut sorter = Sorter::new(store, |m: &(u32, u32, RecordIndex)| *m);
        for record in (0..roots.len() as u32).filter(|&r| keys.compared.has(r as usize)) {
            let root = find(&mut roots, record);
            sorter.push((root, keys.rank[record as usize], record));
        }
        let (mut members, mut groups) = (Vec::new(), Vec::new());
        let (mut from, mut last) = (0, None);
        let mut end_group = |members: &mut Vec<RecordIndex>, from: usize| {
            if members.len() - from > 1 {
                groups.push(Group { members: from..members.len(), shared: 0..0, buckets: 0 });
            } else {
                members.truncate(from);
            }
            members.len()
        };
        sorter.sorted().each(|&(root, _, record)| {
            if last.replace(root).is_some_and(|last| last != root) {
                from = end_group(&mut members, from);
            }
            members.push(record);
        });
        end_group(&mut members, from);
        // No root is asked for any more.
        let mut places = roots;
        (0u32..).zip(&members).for_each(|(place, &record)| places[record as usize] = place);
        let shared = of_groups(&mut groups, &shared, &places, store);
        Ok(Connected { members, groups, shared })
    }
}

impl Keys<'_> {
    /// Buckets that documents share: any number for each, and the documents in it. Those of one are united.
    fn shared(&self, store: &Arc<Store>, roots: &mut [u32]) -> Column<(u32, RecordIndex)> {
        let Keys { keys, bands, compared, .. } = *self;
        let repeated = Repeated::with_more_room_for(keys.len(), store);
        let mut sorter = Sorter::new(store, |r: &(u8, u32, RecordIndex)| *r);
        let at_once = store.window(bands * 16);
        let mut buffer = Vec::new();
        for collecting in [false, true] {
            for from in (0..roots.len()).step_by(at_once) {
                let to = (from + at_once).min(roots.len());
                let keys = keys.read(from * bands..to * bands, &mut buffer);
                let records = (from..to).into_par_iter().with_min_len(64).filter(|&r| compared.has(r));
                let hash = |at: usize| banded(at % bands, keys[at]);
                let of_record = |r: usize| {
                    ((r - from) * bands..(r - from + 1) * bands).inspect(|at| {
                        if at + AHEAD < keys.len() {
                            repeated.ask_for(hash(at + AHEAD));
                        }
                    })
                };
                if collecting {
                    let shared = |r: usize| {
                        let again = of_record(r).filter(|&at| repeated.has(hash(at)));
                        again.map(move |at| ((at % bands) as u8, keys[at], r as u32))
                    };
                    sorter.par_extend(records.flat_map_iter(shared));
                } else {
                    records.for_each(|r| of_record(r).for_each(|at| repeated.add(hash(at))));
                }
            }
        }
        drop(repeated);
        let mut shared = Builder::new(store);
        let mut first: Option<(u8, u32, RecordIndex)> = None;
        let (mut bucket, mut alone) = (0u32, true);
        sorter.sorted().each(|&row| {
            match first {
                Some(first) if (first.0, first.1) == (row.0, row.1) => {
                    if alone {
                        bucket = bucket.wrapping_add(1);
                        shared.push((bucket, first.2));
                    }
                    shared.push((bucket, row.2));
                    union(roots, first.2, row.2);
                    alone = false;
                }
                _ => (first, alone) = (Some(row), true),
            };
        });
        shared.finish()
    }
}

/// Numbers the buckets of each group, and gives them by the places of members.
fn of_groups(
    groups: &mut [Group],
    shared: &Column<(u32, RecordIndex)>,
    places: &[u32],
    store: &Arc<Store>,
) -> Column<(u32, u32)> {
    let mut sorter = Sorter::new(store, |r: &(u32, u32)| *r);
    let (mut last, mut number) = (None, 0);
    shared.each(|&(bucket, record)| {
        let place = places[record as usize];
        if last.replace(bucket) != Some(bucket) {
            let group = groups.partition_point(|g| g.members.end <= place as usize);
            number = groups[group].buckets;
            groups[group].buckets += 1;
        }
        sorter.push((place, number));
    });
    let by_place = sorter.finish();
    let (mut group, mut at) = (0, 0);
    by_place.each(|&(place, _)| {
        while groups[group].members.end <= place as usize {
            group += 1;
            groups[group].shared = at..at;
        }
        at += 1;
        groups[group].shared.end = at;
    });
    by_place
}

fn find(roots: &mut [u32], mut at: u32) -> u32 {
    while roots[at as usize] != at {
        let above = roots[roots[at as usize] as usize];
        roots[at as usize] = above;
        at = above;
    }
    at
}

fn union(roots: &mut [u32], a: u32, b: u32) {
    let (a, b) = (find(roots, a), find(roots, b));
    roots[a.max(b) as usize] = a.min(b);
}
