//! Templates: lines of a site that share anchors, a few words at a place told from one end, with lines of other pages.
//!
//! In: the keys of the anchors of all units, sites, copies of pages. Out: for each unit that shares anchors how many pages have
//! its rarest one, and how many of its words they cover.

use super::repeated::{Repeated, mixed};
use super::units::{Documents, Units};
use crate::document::{RecordIndex, SiteIndex};
use crate::sketch::anchors;
use crate::store::{Builder, Column, Sorter, Store};
use rayon::prelude::*;
use std::sync::Arc;

/// Words at one place of a line are an anchor of a template where this many distinct pages of the site have it.
const ANCHOR_PAGES: u32 = 3;
/// In a large site it is this share of its pages: furniture stands on many, a turn of phrase on a few.
const ANCHOR_SHARE: f32 = 0.05;

/// For each unit that shares anchors with units of other pages of its site: the smallest page count of its anchors,
/// and how many of its words they cover; in the order of units.
pub fn templates(
    units: &Units,
    documents: &Documents,
    leaders: &[RecordIndex],
    pages: &[u32],
    store: &Arc<Store>,
) -> Column<(u32, u32, u8)> {
    type Anchored = (SiteIndex, u32, RecordIndex, u32, u8, u8);
    let repeated = Repeated::with_room_for(units.anchors.len(), store);
    let mut sorter = Sorter::new(store, |r: &Anchored| *r);
    let (mut words_buffer, mut buffer) = (Vec::new(), Vec::new());
    for collecting in [false, true] {
        let mut at = 0;
        for stretch in units.stretches(store, 16 * (size_of::<u32>() + size_of::<Anchored>())) {
            let all = units.range_of(&stretch);
            let words = units.anchor_words.read(all.clone(), &mut words_buffer);
            // Where the anchors of each document begin.
            let mut starts = Vec::with_capacity(stretch.len());
            let mut end = 0;
            for record in stretch.clone() {
                starts.push(end);
                let range = units.range(record);
                let words = &words[range.start - all.start..range.end - all.start];
                end += words.iter().map(|&words| anchors::count(words)).sum::<usize>();
            }
            let keys = units.anchors.read(at..at + end, &mut buffer);
            at += end;
            let of_record = |record: RecordIndex| {
                let site = documents.sites[record as usize];
                let wanted = site.is_some() && pages[site.0 as usize] >= ANCHOR_PAGES;
                let range = if wanted { units.range(record) } else { 0..0 };
                let start = starts[(record - stretch.start) as usize];
                let of_unit = move |unit: usize| {
                    let places = anchors::places(words[unit - all.start]);
                    places.map(move |(from, to, _)| (unit as u32, from as u8, to as u8))
                };
                let row =
                    move |((unit, from, to), &key)| (site, key, leaders[record as usize], unit, from, to);
                range.flat_map(of_unit).zip(&keys[start..]).map(row)
            };
            let key = |row: &Anchored| mixed(row.0.0, row.1);
            let records = stretch.clone().into_par_iter();
            if collecting {
                let again = |record| of_record(record).filter(|row| repeated.has(key(row)));
                sorter.par_extend(records.flat_map_iter(again));
            } else {
                records.for_each(|r| of_record(r).for_each(|row| repeated.add(key(&row))));
            }
        }
    }
    drop(repeated);
    let mut common = Sorter::new(store, |c: &(u32, u8, u8, u32)| *c);
    sorter.sorted().mapped(
        |a, b| (a.0, a.1) == (b.0, b.1),
        |run, out| {
            let count = run.chunk_by(|a, b| a.2 == b.2).count() as u32;
            let least = ANCHOR_PAGES.max((pages[run[0].0.0 as usize] as f32 * ANCHOR_SHARE) as u32);
            if count >= least {
                out.extend(run.iter().map(|r| (r.3, r.4, r.5, count)));
            }
        },
        |made| common.append(made),
    );
    let mut covered = Builder::new(store);
    common.sorted().mapped(
        |a, b| a.0 == b.0,
        |anchors, out| {
            let (mut words, mut end) = (0, 0);
            for &(_, from, to, _) in anchors {
                words += to.saturating_sub(from.max(end));
                end = end.max(to);
            }
            out.push((anchors[0].0, anchors.iter().map(|a| a.3).min().unwrap_or(0), words));
        },
        |made| covered.extend_from_slice(&made),
    );
    covered.finish()
}
