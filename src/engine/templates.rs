//! Templates: lines of a site that share anchors, a few words at a place told from one end, with lines of other pages.
//!
//! In: the keys of the anchors of all units, sites, copies of pages. Out: for each unit that shares anchors how many pages have
//! its rarest one, and how many of its words they cover.
//!
//! A line of furniture brings its anchors on each page again, so there are many places of few anchors. They are counted in a
//! table, page after page. Only those are sorted that it has no room for, and those of pages that have copies, which are one
//! page together.

use super::anchored::{ANCHOR_PAGES, Anchor, Part, Window};
use super::counting::{CountTable, CountingFilter};
use super::units::{Documents, Units};
use crate::document::{RecordIndex, SiteIndex};
use crate::store::row::row;
use crate::store::{Bits, Builder, Column, Sorter, Store};
use rayon::prelude::*;
use std::sync::Arc;

/// In a large site it is this share of its pages: furniture stands on many, a turn of phrase on a few.
const ANCHOR_SHARE: f32 = 0.05;

/// An anchor that is sorted to be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Anchored {
    key: u64,
    leader: RecordIndex,
    unit: u32,
    words: u32,
}

row!(Anchored { key: u64, leader: u32, unit: u32, words: u32 });

/// What anchors that enough pages have tell of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Covered {
    /// Which unit.
    pub unit: u32,
    /// The pages that have the rarest of them.
    pub pages: u32,
    /// A bit for each word that one of them covers.
    pub words: u32,
}

row!(Covered { unit: u32, pages: u32, words: u32 });

impl Covered {
    fn and(self, other: Covered) -> Covered {
        Covered { pages: self.pages.min(other.pages), words: self.words | other.words, ..self }
    }
}

/// For each unit that shares anchors with units of other pages of its site, what those say of it; in the order of units.
pub fn templates(
    units: &Units,
    documents: &Documents,
    leaders: &[RecordIndex],
    pages: &[u32],
    store: &Arc<Store>,
) -> Column<Covered> {
    let mut copied = Bits::new(leaders.len());
    let copies = leaders.iter().enumerate().filter(|&(record, &leader)| leader != record as RecordIndex);
    copies.for_each(|(_, &leader)| copied.set(leader as usize));
    let sites = &documents.sites;
    let pages = Pages { sites, leaders, copied, pages };
    let mut covered = Sorter::new(store, |row: &Covered| *row);
    let most = units.anchors.iter().map(Part::len).max().unwrap_or(0);
    let mut filter = CountingFilter::with_room_for(most, store);
    for part in &units.anchors {
        filter.clear();
        let windows = |take: &mut dyn FnMut(&Window<'_>)| {
            part.windows(units, sites, (store, size_of::<u32>() + size_of::<Anchored>()), take);
        };
        windows(&mut |window| {
            let documents = window.documents().filter(|&d| pages.least(window.record(d)).is_some());
            documents.for_each(|document| {
                window.each(document, |key| filter.ask_for(key), |anchor| filter.add(anchor.key));
            });
        });
        let table = CountTable::with_room_for(filter.keys_with_three(), store);
        let mut rest = Sorter::new(store, |row: &Anchored| *row);
        windows(&mut |window| {
            let documents = window.documents();
            let counted = documents.fold(Counted::default, |mut counted, document| {
                pages.count(window, document, (&filter, &table), &mut counted);
                counted
            });
            rest.par_extend(counted.flat_map_iter(|counted| counted.left));
        });
        rest.sorted().mapped(
            |a, b| a.key == b.key,
            |run, out| pages.count_sorted(run, &table, out),
            |made| covered.append(made),
        );
        windows(&mut |window| {
            let found = window.documents().fold(Vec::new, |mut found, document| {
                pages.look_up(window, document, &table, &mut found);
                found
            });
            covered.par_extend(found.flatten_iter());
        });
    }
    let mut of_units = Builder::new(store);
    covered.sorted().mapped(
        |a, b| a.unit == b.unit,
        |anchors, out| out.extend(anchors.iter().copied().reduce(Covered::and)),
        |made| of_units.extend_from_slice(&made),
    );
    of_units.finish()
}

/// What a thread counts.
#[derive(Default)]
struct Counted {
    /// Scratch: the keys of a document.
    keys: Vec<u64>,
    /// What comes to be sorted.
    left: Vec<Anchored>,
}

/// Pages, and the sites that they are of.
struct Pages<'a> {
    sites: &'a [SiteIndex],
    leaders: &'a [RecordIndex],
    /// Which leaders have copies.
    copied: Bits,
    /// How many pages each site has.
    pages: &'a [u32],
}

impl Pages<'_> {
    /// On how many pages of the site of a document an anchor must stand; `None` where there are not so many.
    fn least(&self, record: RecordIndex) -> Option<u32> {
        let pages = self.pages[self.sites[record as usize].0 as usize];
        (pages >= ANCHOR_PAGES).then(|| ANCHOR_PAGES.max((pages as f32 * ANCHOR_SHARE) as u32))
    }

    /// Counts the anchors of a document in a table, but those that come to be sorted.
    fn count(
        &self,
        window: &Window<'_>,
        document: usize,
        (filter, table): (&CountingFilter, &CountTable),
        Counted { keys, left }: &mut Counted,
    ) {
        let record = window.record(document);
        let Some(least) = self.least(record) else { return };
        let leader = self.leaders[record as usize];
        let row = |a: Anchor| Anchored { key: a.key, leader, unit: a.unit, words: a.words };
        if self.copied.has(leader as usize) {
            window.each(
                document,
                |key| filter.ask_for(key),
                |anchor| {
                    if filter.may_reach(anchor.key, least) {
                        left.push(row(anchor));
                    }
                },
            );
            return;
        }
        keys.clear();
        window.each(
            document,
            |key| filter.ask_for(key),
            |anchor| {
                if filter.may_reach(anchor.key, least) {
                    keys.push(anchor.key);
                }
            },
        );
        keys.sort_unstable();
        keys.dedup();
        keys.retain(|&key| !table.add(key, 1));
        if !keys.is_empty() {
            window.each(
                document,
                |_| {},
                |anchor| {
                    if keys.binary_search(&anchor.key).is_ok() {
                        left.push(row(anchor));
                    }
                },
            );
        }
    }

    /// Counts the places of an anchor that came to be sorted: into the table, if it has that, else for themselves.
    fn count_sorted(&self, run: &[Anchored], table: &CountTable, out: &mut Vec<Covered>) {
        let pages = run.chunk_by(|a, b| a.leader == b.leader).count() as u32;
        let in_table = table.get(run[0].key).is_some() && table.add(run[0].key, pages);
        if !in_table && self.least(run[0].leader).is_some_and(|least| pages >= least) {
            out.extend(run.iter().map(|a| Covered { unit: a.unit, pages, words: a.words }));
        }
    }

    /// What the anchors of a document that the table has say of its units.
    fn look_up(&self, window: &Window<'_>, document: usize, table: &CountTable, found: &mut Vec<Covered>) {
        let Some(least) = self.least(window.record(document)) else { return };
        window.each(
            document,
            |key| table.ask_for(key),
            |anchor| {
                let Some(pages) = table.get(anchor.key).filter(|&pages| pages >= least) else { return };
                let by_this = Covered { unit: anchor.unit, pages, words: anchor.words };
                match found.last_mut().filter(|last| last.unit == anchor.unit) {
                    Some(last) => *last = last.and(by_this),
                    None => found.push(by_this),
                }
            },
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::anchored::{AnchorBatch, AnchorBuilder, Parts};
    use super::*;
    use crate::disk::RealDisk;
    use crate::sketch::anchors;
    use std::collections::{BTreeMap, BTreeSet};

    const PAGES: [u32; 3] = [2, 150, 400];

    /// Documents of three sites, copies among them, and the masked words of their lines, which are made of few words.
    fn corpus() -> (Documents, Vec<RecordIndex>, Vec<Vec<Vec<u64>>>) {
        let mut rng = fastrand::Rng::with_seed(3);
        let (mut documents, mut leaders, mut lines) = (Documents::default(), Vec::new(), Vec::new());
        for record in 0..600u32 {
            let copied = rng.u32(0..=record);
            let is_copy = copied < record && rng.u8(0..10) == 0 && leaders[copied as usize] == copied;
            leaders.push(if is_copy { copied } else { record });
            let site = if rng.u8(0..20) == 0 { SiteIndex::NONE } else { SiteIndex(rng.u32(0..3)) };
            documents.sites.push(if is_copy { documents.sites[copied as usize] } else { site });
            let line = |rng: &mut fastrand::Rng| {
                (0..rng.u64(0..40)).map(|place| place * 7 + rng.u64(0..3)).collect()
            };
            lines.push((0..rng.usize(0..8)).map(|_| line(&mut rng)).collect());
        }
        (documents, leaders, lines)
    }

    fn expected(
        documents: &Documents,
        leaders: &[RecordIndex],
        lines: &[Vec<Vec<u64>>],
    ) -> BTreeMap<u32, Covered> {
        /// The pages of an anchor, and its units with the words that it covers.
        type Places = (BTreeSet<u32>, Vec<(u32, u32)>);
        let mut places: BTreeMap<(u32, u32), Places> = BTreeMap::new();
        let mut unit = 0;
        for (record, lines) in lines.iter().enumerate() {
            let site = documents.sites[record];
            for line in lines {
                let mut keys = Vec::new();
                anchors::keys_into(line, &mut keys);
                for (key, (from, to, _)) in keys.into_iter().zip(anchors::places(anchors::words(line))) {
                    if site.is_some() && PAGES[site.0 as usize] >= ANCHOR_PAGES {
                        let place = places.entry((site.0, key)).or_default();
                        place.0.insert(leaders[record]);
                        place.1.push((unit, (from..to).map(|word| 1 << word).sum()));
                    }
                }
                unit += 1;
            }
        }
        let mut expected: BTreeMap<u32, Covered> = BTreeMap::new();
        for ((site, _), (leaders, units)) in places {
            let pages = leaders.len() as u32;
            if pages >= ANCHOR_PAGES.max(PAGES[site as usize] / 20) {
                for (unit, words) in units {
                    let row = Covered { unit, pages, words };
                    expected.entry(unit).and_modify(|e| *e = e.and(row)).or_insert(row);
                }
            }
        }
        expected
    }

    #[test]
    fn templates_are_those_of_a_plain_count_wherever_anchors_are_counted() {
        let (documents, leaders, lines) = corpus();
        let expected: Vec<Covered> = expected(&documents, &leaders, &lines).into_values().collect();
        assert!(expected.len() > 100);
        for (budget, count) in [(None, 1), (None, 2), (Some(1), 1), (Some(1), 3), (Some(400_000), 2)] {
            let store = Arc::new(Store::new(Arc::new(RealDisk), budget, &std::env::temp_dir()));
            let parts = Parts::so_many(count, &documents);
            let mut builder = AnchorBuilder::new(&parts, &store);
            let mut units = Units { first: vec![0], ..Units::default() };
            for (batch, lines) in lines.chunks(100).enumerate() {
                let mut made = AnchorBatch::default();
                for (document, lines) in lines.iter().enumerate() {
                    units.first.push(units.first[units.first.len() - 1] + lines.len() as u32);
                    if let Some(part) = parts.of(100 * batch + document) {
                        lines.iter().for_each(|line| made.add(line));
                        made.end(document, part);
                    }
                }
                builder.extend(100 * batch as u32, &made);
            }
            units.anchors = builder.finish();
            let mut rows = Vec::new();
            templates(&units, &documents, &leaders, &PAGES, &store).each(|row| rows.push(*row));
            assert_eq!(rows, expected, "{count} parts within {budget:?} bytes");
        }
    }
}
