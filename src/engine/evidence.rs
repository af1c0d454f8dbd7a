//! Grouping: how often each unit stands in how many distinct documents of its site, of all sites, and in its
//! own document.
//!
//! One sort of all units by masked and exact fingerprint serves all counts but those of templates, which are grouped by
//! their anchors. Documents are counted by copies:
//! pages of one site that share most of their own long lines are one page saved twice (or its print version),
//! and make nothing boilerplate.

use super::repeated::{Repeated, mixed};
use crate::document::{RecordIndex, SiteIndex};
use crate::tables::{AnchorRow, DocumentRow, Evidence, Units};
use rayon::prelude::*;

/// Units of at least this many words tell whether two pages are copies.
const OWN_WORDS: u16 = 8;
/// A line that stands on more than this share of the pages of its site says nothing about copies.
const WIDESPREAD: f32 = 0.25;
/// Two pages are copies where this share of the shorter one's own long lines stands in the other.
const COPY_SHARE: f32 = 0.6;
/// With fewer words of its own than this a page is never taken for a copy.
const COPY_MIN_WORDS: u32 = 30;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    masked: u64,
    exact: u128,
    site: SiteIndex,
    unit: u32,
    record: RecordIndex,
}

/// What the grouping found.
#[derive(Debug, Default)]
pub struct Grouped {
    /// A row per unit.
    pub evidence: Vec<Evidence>,
    /// For each document the first one that it is a copy of as a page of the same site; itself for most.
    pub leaders: Vec<RecordIndex>,
    /// Distinct pages of each document's site; 1 where it has no site.
    pub pages: Vec<u32>,
}

/// The counts of a unit whose words stand nowhere else.
const ONCE: Evidence = Evidence {
    site_documents: 1,
    site_masked: 1,
    site_template: 0,
    anchored: 0,
    documents: 1,
    sites: 1,
    in_document: 1,
    earlier: 0,
};

/// Counts everything.
pub fn group(units: &Units, documents: &[DocumentRow]) -> Grouped {
    let repeated = Repeated::with_room_for(units.rows.len());
    units.rows.par_iter().for_each(|row| repeated.add(row.masked));
    let of_record = |record: usize| {
        let entry = move |unit: usize| Entry {
            masked: units.rows[unit].masked,
            exact: units.rows[unit].exact,
            site: documents[record].site,
            unit: unit as u32,
            record: record as u32,
        };
        let repeated = &repeated;
        units.range(record as u32).filter(|&u| repeated.has(units.rows[u].masked)).map(entry)
    };
    let mut entries: Vec<Entry> = (0..documents.len()).into_par_iter().flat_map_iter(of_record).collect();
    entries.par_sort_unstable();
    let leaders = copies(&entries, units, documents);
    let pages = pages_of_sites(documents, &leaders);
    let mut evidence = vec![ONCE; units.rows.len()];
    let parts: Vec<Vec<(u32, Evidence)>> =
        split_at_groups(&entries).into_par_iter().map(|part| count(part, &leaders)).collect();
    for (unit, row) in parts.into_iter().flatten() {
        evidence[unit as usize] = row;
    }
    drop(entries);
    for (unit, documents, words) in templates(units, documents, &leaders, &pages) {
        evidence[unit as usize].site_template = documents;
        evidence[unit as usize].anchored = words;
    }
    Grouped { evidence, leaders, pages }
}

/// Cuts the sorted entries into parts for threads, never inside a group of one masked fingerprint.
fn split_at_groups(entries: &[Entry]) -> Vec<&[Entry]> {
    const PART: usize = 1 << 16;
    let mut parts = Vec::new();
    let mut rest = entries;
    while rest.len() > PART {
        let masked = rest[PART].masked;
        let end = rest.partition_point(|e| e.masked <= masked);
        let (part, tail) = rest.split_at(end);
        parts.push(part);
        rest = tail;
    }
    parts.push(rest);
    parts
}

fn count(part: &[Entry], leaders: &[RecordIndex]) -> Vec<(u32, Evidence)> {
    let mut out = Vec::with_capacity(part.len());
    let mut pages: Vec<(SiteIndex, RecordIndex)> = Vec::new();
    for masked in part.chunk_by(|a, b| a.masked == b.masked) {
        pages.clear();
        pages
            .extend(masked.iter().filter(|e| e.site.is_some()).map(|e| (e.site, leaders[e.record as usize])));
        pages.sort_unstable();
        pages.dedup();
        for exact in masked.chunk_by(|a, b| a.exact == b.exact) {
            let totals = totals(exact, leaders);
            for site in exact.chunk_by(|a, b| a.site == b.site) {
                let of_site = |s: SiteIndex| {
                    let from = pages.partition_point(|p| p.0 < s);
                    (pages[from..].partition_point(|p| p.0 == s)) as u32
                };
                let pooled = site[0].site.is_some();
                let base = Evidence {
                    site_documents: if pooled { distinct(site, leaders) } else { 1 },
                    site_masked: if pooled { of_site(site[0].site) } else { 1 },
                    documents: totals.0,
                    sites: totals.1,
                    ..Evidence::default()
                };
                for document in site.chunk_by(|a, b| a.record == b.record) {
                    let in_document = document.len().min(u16::MAX as usize) as u16;
                    for (earlier, entry) in document.iter().enumerate() {
                        let earlier = earlier.min(u16::MAX as usize) as u16;
                        out.push((entry.unit, Evidence { in_document, earlier, ..base }));
                    }
                }
            }
        }
    }
    out
}

/// Distinct documents and sites of a run with one exact fingerprint.
fn totals(exact: &[Entry], leaders: &[RecordIndex]) -> (u32, u32) {
    let (mut documents, mut sites) = (0, 0);
    for site in exact.chunk_by(|a, b| a.site == b.site) {
        let here = distinct(site, leaders);
        documents += here;
        sites += if site[0].site.is_some() { 1 } else { here };
    }
    (documents, sites)
}

fn distinct(site: &[Entry], leaders: &[RecordIndex]) -> u32 {
    if site.len() == 1 {
        return 1;
    }
    let mut pages: Vec<RecordIndex> = site.iter().map(|e| leaders[e.record as usize]).collect();
    pages.sort_unstable();
    pages.dedup();
    pages.len() as u32
}

fn pages_of_sites(documents: &[DocumentRow], leaders: &[RecordIndex]) -> Vec<u32> {
    let mut counts = vec![0u32; site_count(documents)];
    for (record, document) in documents.iter().enumerate() {
        if document.site.is_some() && leaders[record] == record as u32 {
            counts[document.site.0 as usize] += 1;
        }
    }
    documents.iter().map(|d| if d.site.is_some() { counts[d.site.0 as usize] } else { 1 }).collect()
}

fn site_count(documents: &[DocumentRow]) -> usize {
    documents.iter().filter(|d| d.site.is_some()).map(|d| d.site.0 as usize + 1).max().unwrap_or(0)
}

/// For each document of a site the words of all its long lines.
fn own_words(units: &Units, documents: &[DocumentRow]) -> Vec<u32> {
    let long = |record: usize| {
        let words = units.of(record as u32).iter().map(|row| row.words).filter(|&w| w >= OWN_WORDS);
        if documents[record].site.is_some() { words.map(u32::from).sum() } else { 0 }
    };
    (0..documents.len()).into_par_iter().map(long).collect()
}

/// For each document the first of its site that it is a copy of.
fn copies(entries: &[Entry], units: &Units, documents: &[DocumentRow]) -> Vec<RecordIndex> {
    let mut pages = vec![0u32; site_count(documents)];
    for document in documents.iter().filter(|d| d.site.is_some()) {
        pages[document.site.0 as usize] += 1;
    }
    let mut own = own_words(units, documents);
    let mut pairs: Vec<(RecordIndex, RecordIndex, u32)> = Vec::new();
    let mut records: Vec<RecordIndex> = Vec::new();
    for run in entries.chunk_by(|a, b| (a.exact, a.site) == (b.exact, b.site)) {
        let words = units.rows[run[0].unit as usize].words;
        if words < OWN_WORDS || !run[0].site.is_some() {
            continue;
        }
        records.clear();
        records.extend(run.iter().map(|e| e.record));
        records.dedup();
        let widespread = (pages[run[0].site.0 as usize] as f32 * WIDESPREAD).max(3.0);
        if records.len() as f32 > widespread {
            run.iter().for_each(|e| own[e.record as usize] -= u32::from(words));
            continue;
        }
        // A line counts once a page.
        for pair in run.windows(2).filter(|p| p[0].record == p[1].record) {
            own[pair[0].record as usize] -= u32::from(words);
        }
        pairs.extend(records[1..].iter().map(|&other| (other, records[0], u32::from(words))));
    }
    pairs.par_sort_unstable();
    let mut leaders: Vec<RecordIndex> = (0..documents.len() as u32).collect();
    for pair in pairs.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
        let (other, first) = (pair[0].0, pair[0].1);
        let shared: u32 = pair.iter().map(|p| p.2).sum();
        let least = own[other as usize].min(own[first as usize]);
        let copy = least >= COPY_MIN_WORDS && shared as f32 >= COPY_SHARE * least as f32;
        if copy && leaders[other as usize] == other {
            leaders[other as usize] = leaders[first as usize];
        }
    }
    leaders
}

/// Words at one place of a line are an anchor of a template where this many distinct pages of the site have it.
const ANCHOR_PAGES: u32 = 3;
/// In a large site it is this share of its pages: furniture stands on many, a turn of phrase on a few.
const ANCHOR_SHARE: f32 = 0.05;

/// For each unit that shares anchors with units of other pages of its site: the smallest page count of its anchors,
/// and how many of its words they cover.
fn templates(
    units: &Units,
    documents: &[DocumentRow],
    leaders: &[RecordIndex],
    pages: &[u32],
) -> Vec<(u32, u32, u8)> {
    let wanted = |record: usize| documents[record].site.is_some() && pages[record] >= ANCHOR_PAGES;
    let anchors = |record: usize| {
        let at = |unit: u32| units.anchors.partition_point(|a| a.unit < unit);
        let range = units.range(record as u32);
        if wanted(record) { at(range.start as u32)..at(range.end as u32) } else { 0..0 }
    };
    let repeated = Repeated::with_room_for(units.anchors.len());
    let key = |record: usize, at: usize| mixed(documents[record].site.0, units.anchors[at].key);
    let records = 0..documents.len();
    records.clone().into_par_iter().for_each(|r| anchors(r).for_each(|at| repeated.add(key(r, at))));
    let of_record = |r: usize| {
        let repeated = &repeated;
        let shared = anchors(r).filter(move |&at| repeated.has(key(r, at)));
        shared.map(move |at| (documents[r].site, units.anchors[at].key, leaders[r], at as u32))
    };
    let mut rows: Vec<(SiteIndex, u32, RecordIndex, u32)> =
        records.into_par_iter().flat_map_iter(of_record).collect();
    rows.par_sort_unstable();
    let mut common: Vec<(AnchorRow, u32)> = Vec::new();
    for run in rows.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
        let count = run.chunk_by(|a, b| a.2 == b.2).count() as u32;
        let least = ANCHOR_PAGES.max((pages[run[0].2 as usize] as f32 * ANCHOR_SHARE) as u32);
        if count >= least {
            common.extend(run.iter().map(|r| (units.anchors[r.3 as usize], count)));
        }
    }
    common.par_sort_unstable_by_key(|(a, count)| (a.unit, a.from, a.to, *count));
    common
        .chunk_by(|a, b| a.0.unit == b.0.unit)
        .map(|anchors| {
            let (mut covered, mut end) = (0, 0);
            for (anchor, _) in anchors {
                covered += anchor.to.saturating_sub(anchor.from.max(end));
                end = end.max(anchor.to);
            }
            (anchors[0].0.unit, anchors.iter().map(|a| a.1).min().unwrap_or(0), covered)
        })
        .collect()
}
