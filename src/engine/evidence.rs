//! Grouping: how often each unit stands in how many distinct documents of its site, of all sites, and in its
//! own document.
//!
//! One sort of all units by masked and exact fingerprint serves all counts but those of templates, which are grouped by
//! their anchors. Documents are counted by copies: pages of one site with the same lines, and those that share most of their
//! own long ones, are one page saved twice (or its print version), and make nothing boilerplate.

use super::leaders::{self, Shared, leaders};
use super::repeated::Repeated;
use super::templates::{Covered, templates};
use super::units::{Documents, ONCE, Units, evidence_of};
use crate::document::{RecordIndex, SiteIndex};
use crate::store::row::row;
use crate::store::{Bits, Builder, By, Column, Sorted, Sorter, Store, Walk};
use crate::tables::{Evidence, UnitRow};
use rayon::prelude::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use xxhash_rust::xxh3::Xxh3;

/// Units of at least this many words tell whether two pages are copies.
const OWN_WORDS: u16 = 8;
/// A line that stands on more than this share of the pages of its site says nothing about copies.
const WIDESPREAD: f32 = 0.25;
/// Two pages are copies where this share of the shorter one's own long lines stands in the other.
const COPY_SHARE: f32 = 0.6;
/// With fewer words of its own than this a page is never taken for a copy, unless all of its lines are the same.
const COPY_MIN_WORDS: u32 = 30;
/// On a site of no more pages than this a few copies are most of it, and no line is their own. There two pages are copies, too,
/// where this share of the long lines of either stands in the other, and neither has `COPY_MIN_WORDS` beside them: more may be an
/// article among long furniture.
const SMALL_SITE: u32 = 20;
const ALIKE_SHARE: f32 = 0.9;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    masked: u64,
    /// Half of the fingerprint: of few units it tells those apart whose masked words are the same.
    exact: u64,
    site: SiteIndex,
    unit: u32,
    record: RecordIndex,
    words: u16,
}

row!(Entry { masked: u64, exact: u64, site: SiteIndex, unit: u32, record: u32, words: u16 });

/// The fingerprint of all units of a page, its site, and the page.
type Whole = (u128, u32, RecordIndex);

/// What the grouping found.
#[derive(Debug, Default)]
pub struct Grouped {
    /// The units whose words, or parts of them, stand elsewhere too, in order; all others stand once.
    pub evidence: Column<(u32, Evidence)>,
    /// For each document the first one that it is a copy of as a page of the same site; itself for most.
    pub leaders: Vec<RecordIndex>,
    /// Distinct pages of each site.
    pub pages: Vec<u32>,
}

impl Grouped {
    /// The counts of the units of a document, a row each.
    pub fn of(&self, units: &Units, record: RecordIndex) -> Vec<Evidence> {
        let range = units.range(record);
        let place = |unit: usize| self.evidence.partition_point(|r| (r.0 as usize) < unit);
        let rows = self.evidence.read_all(place(range.start)..place(range.end));
        let mut evidence = Vec::new();
        evidence_of(range, &rows, &mut evidence);
        evidence
    }
}

/// Distinct pages of a site; 1 where there is none.
pub fn pages_of(pages: &[u32], site: SiteIndex) -> u32 {
    if site.is_some() { pages.get(site.0 as usize).copied().unwrap_or(1) } else { 1 }
}

/// Counts everything.
pub fn group(units: &Units, documents: &Documents, store: &Arc<Store>) -> Grouped {
    let repeated = Repeated::with_room_for(units.rows.len(), store);
    units.masked.parts(
        |_, _| false,
        |_, masked| {
            (0..masked.len()).into_par_iter().with_min_len(1 << 10).for_each(|place| {
                repeated.ask_ahead(masked, place);
                repeated.add(masked[place]);
            });
        },
    );
    let (mut masked_buffer, mut exact_buffer, mut row_buffer) = (Vec::new(), Vec::new(), Vec::new());
    let mut sorter = Sorter::new(store, |e: &Entry| *e);
    let mut whole = Sorter::new(store, |p: &Whole| *p);
    for stretch in units.stretches(store, 2 * size_of::<Entry>()) {
        let range = units.range_of(&stretch);
        let masked = units.masked.read(range.clone(), &mut masked_buffer);
        let exact = units.exact.read(range.clone(), &mut exact_buffer);
        let rows = units.rows.read(range.clone(), &mut row_buffer);
        let of_record = |record: RecordIndex| {
            let (repeated, first) = (&repeated, range.start);
            let entry = move |unit: usize| Entry {
                masked: masked[unit - first],
                exact: (exact[unit - first] >> 64) as u64,
                site: documents.sites[record as usize],
                unit: unit as u32,
                record,
                words: rows[unit - first].words,
            };
            let again = move |unit: &usize| {
                repeated.ask_ahead(masked, unit - first);
                repeated.has(masked[unit - first])
            };
            units.range(record).filter(again).map(entry)
        };
        // Where a line stands nowhere else no other page is the same.
        let may_be_same = |record: &RecordIndex| {
            let mut of_page = units.range(*record);
            let has_site = documents.sites[*record as usize].is_some();
            has_site && !of_page.is_empty() && of_page.all(|u| repeated.has(masked[u - range.start]))
        };
        let page = |record: RecordIndex| -> Whole {
            let mut hash = Xxh3::new();
            units.range(record).for_each(|u| hash.update(&exact[u - range.start].to_le_bytes()));
            (hash.digest128(), documents.sites[record as usize].0, record)
        };
        whole.par_extend(stretch.clone().into_par_iter().filter(may_be_same).map(page));
        sorter.par_extend(stretch.into_par_iter().flat_map_iter(of_record));
    }
    drop(repeated);
    let same = same_pages(&whole.sorted(), store);
    let entries = sorter.sorted();
    let leaders = copies(&entries, &same, units, documents, store);
    drop(same);
    let pages = pages_of_sites(documents, &leaders);
    let mut counted = Sorter::new(store, |r: &(u32, Evidence)| r.0);
    entries.mapped_or_walked(
        |a, b| a.masked == b.masked,
        |masked, out| count(masked, &leaders, out),
        |masked, take| count_long(masked, &leaders, store, take),
        |made| counted.append(made),
    );
    drop(entries);
    let counted = counted.sorted();
    let templates = templates(units, documents, &leaders, &pages, store);
    let evidence = join(&counted, &templates, store);
    Grouped { evidence, leaders, pages }
}

/// Pages, in order, whose units are all those of an earlier one of their site, with the first of these.
fn same_pages(
    whole: &Sorted<Whole, impl By<Whole>>,
    store: &Arc<Store>,
) -> Column<(RecordIndex, RecordIndex)> {
    let mut same = Sorter::new(store, |p: &(RecordIndex, RecordIndex)| *p);
    let mut first: Option<Whole> = None;
    whole.each(|page| match first {
        Some(first) if (first.0, first.1) == (page.0, page.1) => same.push((page.2, first.2)),
        _ => first = Some(*page),
    });
    same.finish()
}

/// The counts of units with those of their templates.
fn join(
    counted: &Sorted<(u32, Evidence), impl By<(u32, Evidence)>>,
    templates: &Column<Covered>,
    store: &Arc<Store>,
) -> Column<(u32, Evidence)> {
    let mut joined = Builder::new(store);
    let mut templates = templates.cursor();
    let of_template = |covered: Covered, seen: Evidence| {
        let anchored = covered.words.count_ones() as u8;
        (covered.unit, Evidence { site_template: covered.pages, anchored, ..seen })
    };
    counted.each(|&(unit, seen)| {
        while let Some(template) = templates.next_if(|t| t.unit < unit) {
            joined.push(of_template(template, ONCE));
        }
        match templates.next_if(|t| t.unit == unit) {
            Some(template) => joined.push(of_template(template, seen)),
            None => joined.push((unit, seen)),
        }
    });
    joined.extend(templates.map(|t| of_template(t, ONCE)));
    joined.finish()
}

/// Counts entries of one masked fingerprint.
fn count(masked: &[Entry], leaders: &[RecordIndex], out: &mut Vec<(u32, Evidence)>) {
    // Most are the same to the letter: then the pages of a site that have it are those that have the line.
    let several = masked[0].exact != masked[masked.len() - 1].exact;
    let mut pages: Vec<(SiteIndex, RecordIndex)> = Vec::new();
    if several {
        let of_sites = masked.iter().filter(|e| e.site.is_some());
        pages.extend(of_sites.map(|e| (e.site, leaders[e.record as usize])));
        pages.sort_unstable();
        pages.dedup();
    }
    for exact in masked.chunk_by(|a, b| a.exact == b.exact) {
        let totals = totals(exact, leaders);
        for site in exact.chunk_by(|a, b| a.site == b.site) {
            let of_site = |s: SiteIndex| {
                let from = pages.partition_point(|p| p.0 < s);
                (pages[from..].partition_point(|p| p.0 == s)) as u32
            };
            let pooled = site[0].site.is_some();
            let site_documents = if pooled { distinct(site, leaders) } else { 1 };
            let base = Evidence {
                site_documents,
                site_masked: if pooled && several { of_site(site[0].site) } else { site_documents },
                documents: totals.0,
                sites: totals.1,
                ..Evidence::default()
            };
            for document in site.chunk_by(|a, b| a.record == b.record) {
                out.extend(of_document(document, base));
            }
        }
    }
}

/// The counts of a line of one document.
fn of_document(document: &[Entry], base: Evidence) -> impl Iterator<Item = (u32, Evidence)> {
    let at_most = |count: usize| count.min(u16::MAX as usize) as u16;
    let in_document = at_most(document.len());
    let counts = move |(earlier, entry): (usize, &Entry)| {
        (entry.unit, Evidence { in_document, earlier: at_most(earlier), ..base })
    };
    document.iter().enumerate().map(counts)
}

/// Counts entries of one masked fingerprint that are too many to be held, as `count` does.
fn count_long(
    masked: &Walk<'_, Entry, impl By<Entry>>,
    leaders: &[RecordIndex],
    store: &Arc<Store>,
    take: &mut dyn FnMut((u32, Evidence)),
) {
    let leader = |entry: &Entry| leaders[entry.record as usize];
    let mut pages = Sorter::new(store, |p: &(u64, SiteIndex, RecordIndex)| *p);
    masked.each(|entry| pages.push((entry.exact, entry.site, leader(entry))));
    // For each line and site the pages with it; for each line its pages and sites.
    let of_sites = distinct_pages(&pages.sorted(), store);
    let mut of_lines: Builder<(u64, u32, u32)> = Builder::new(store);
    let mut line = (masked.first().exact, 0, 0);
    of_sites.each(|&(exact, site, pages)| {
        if exact != line.0 {
            of_lines.push(std::mem::replace(&mut line, (exact, 0, 0)));
        }
        line.1 += pages;
        line.2 += if site.is_some() { 1 } else { pages };
    });
    of_lines.push(line);
    let of_lines = of_lines.finish();
    let several = of_lines.len() > 1;
    let with_masked = several.then(|| {
        let mut pages = Sorter::new(store, |p: &(u64, SiteIndex, RecordIndex)| *p);
        masked.each(|entry| pages.push((entry.masked, entry.site, leader(entry))));
        distinct_pages(&pages.sorted(), store)
    });
    let (mut of_sites, mut of_lines) = (of_sites.cursor(), of_lines.cursor());
    let mut base = Evidence::default();
    let mut document: Vec<Entry> = Vec::new();
    masked.each(|entry| {
        let last = document.last().copied();
        if last.is_some_and(|last| (last.exact, last.record) != (entry.exact, entry.record)) {
            of_document(&document, base).for_each(&mut *take);
            document.clear();
        }
        if last.is_none_or(|last| last.exact != entry.exact) {
            (_, base.documents, base.sites) = of_lines.next().unwrap_or_default();
        }
        if last.is_none_or(|last| (last.exact, last.site) != (entry.exact, entry.site)) {
            let pages = of_sites.next().map_or(1, |row| row.2);
            base.site_documents = if entry.site.is_some() { pages } else { 1 };
            base.site_masked = match &with_masked {
                Some(pages) if entry.site.is_some() => {
                    pages.get(pages.partition_point(|row| row.1 < entry.site)).2
                }
                _ => base.site_documents,
            };
        }
        document.push(*entry);
    });
    of_document(&document, base).for_each(take);
}

/// How many distinct pages come with each line and site, in order.
fn distinct_pages(
    pages: &Sorted<(u64, SiteIndex, RecordIndex), impl By<(u64, SiteIndex, RecordIndex)>>,
    store: &Arc<Store>,
) -> Column<(u64, SiteIndex, u32)> {
    let mut counted = Builder::new(store);
    let mut last: Option<(u64, SiteIndex, RecordIndex)> = None;
    let mut count = 0;
    pages.each(|&page| match last.replace(page) {
        Some(last) if last == page => {}
        Some(last) if (last.0, last.1) == (page.0, page.1) => count += 1,
        before => {
            counted.extend(before.map(|last| (last.0, last.1, count)));
            count = 1;
        }
    });
    counted.extend(last.map(|last| (last.0, last.1, count)));
    counted.finish()
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

fn pages_of_sites(documents: &Documents, leaders: &[RecordIndex]) -> Vec<u32> {
    let mut counts = vec![0u32; documents.site_count()];
    for (record, site) in documents.sites.iter().enumerate() {
        if site.is_some() && leaders[record] == record as u32 {
            counts[site.0 as usize] += 1;
        }
    }
    counts
}

/// For each document of a site the words of all its long lines.
fn own_words(units: &Units, documents: &Documents, store: &Arc<Store>) -> Vec<u32> {
    let mut own = Vec::with_capacity(documents.len());
    let mut buffer = Vec::new();
    for stretch in units.stretches(store, size_of::<UnitRow>()) {
        let range = units.range_of(&stretch);
        let rows = units.rows.read(range.clone(), &mut buffer);
        let long = |record: RecordIndex| -> u32 {
            let of_record = units.range(record);
            let rows = &rows[of_record.start - range.start..of_record.end - range.start];
            let words = rows.iter().map(|row| row.words).filter(|&w| w >= OWN_WORDS);
            if documents.sites[record as usize].is_some() { words.map(u32::from).sum() } else { 0 }
        };
        own.par_extend(stretch.into_par_iter().with_min_len(64).map(long));
    }
    own
}

/// For each document the first of its site that it is a copy of. `same` are documents, in order, whose units are all those of an
/// earlier one, with the first of these.
fn copies(
    entries: &Sorted<Entry, impl By<Entry>>,
    same: &Column<(RecordIndex, RecordIndex)>,
    units: &Units,
    documents: &Documents,
    store: &Arc<Store>,
) -> Vec<RecordIndex> {
    let mut pages = documents.of_sites();
    let mut is_same = Bits::new(documents.len());
    same.each(|&(record, _)| {
        is_same.set(record as usize);
        pages[documents.sites[record as usize].0 as usize] -= 1;
    });
    let own: Vec<AtomicU32> = own_words(units, documents, store).into_iter().map(AtomicU32::new).collect();
    let lose =
        |entry: &Entry| _ = own[entry.record as usize].fetch_sub(entry.words.into(), Ordering::Relaxed);
    let (mut of_own, mut of_all) = (leaders::sorter(store), leaders::sorter(store));
    let tells = |line: &Entry| line.words >= OWN_WORDS && line.site.is_some();
    // How a line that stands on so many pages of its site tells of copies: as their own, as one of a small site.
    let how = |line: &Entry, pages_with: usize| {
        let of_site = pages[line.site.0 as usize];
        (pages_with as f32 <= (of_site as f32 * WIDESPREAD).max(3.0), of_site <= SMALL_SITE)
    };
    entries.mapped_or_walked(
        |a, b| (a.exact, a.site) == (b.exact, b.site),
        |run, out: &mut Vec<(Shared, bool, bool)>| {
            if !tells(&run[0]) {
                return;
            }
            let first_of_same = |page: &&[Entry]| !is_same.has(page[0].record as usize);
            let pages_with = run.chunk_by(|a, b| a.record == b.record).filter(first_of_same);
            let (is_own, is_small) = how(&run[0], pages_with.clone().count());
            if is_own {
                // A line counts once a page.
                pages_with.clone().for_each(|page| page[1..].iter().for_each(lose));
            } else {
                run.iter().for_each(lose);
            }
            if is_own || is_small {
                let others = pages_with.skip(1).map(|page| page[0].record);
                let words = u32::from(run[0].words);
                out.extend(others.map(|other| ((other, run[0].record, words), is_own, is_small)));
            }
        },
        |run, take| {
            let line = run.first();
            if !tells(line) {
                return;
            }
            let pages_with = |take: &mut dyn FnMut(&Entry, bool)| {
                let mut last = None;
                run.each(|entry| {
                    let is_again = last.replace(entry.record) == Some(entry.record);
                    take(entry, is_again);
                });
            };
            let first_of_same = |entry: &Entry| !is_same.has(entry.record as usize);
            let mut count = 0;
            pages_with(&mut |entry, is_again| count += usize::from(!is_again && first_of_same(entry)));
            let (is_own, is_small) = how(line, count);
            let mut first = true;
            pages_with(&mut |entry, is_again| {
                if !is_own || is_again && first_of_same(entry) {
                    lose(entry);
                }
                let is_other = !is_again && first_of_same(entry) && !std::mem::take(&mut first);
                if is_other && (is_own || is_small) {
                    take(((entry.record, line.record, u32::from(line.words)), is_own, is_small));
                }
            });
        },
        |made| {
            of_own.extend(made.iter().filter(|row| row.1).map(|row| row.0));
            of_all.extend(made.iter().filter(|row| row.2).map(|row| row.0));
        },
    );
    let by_own = leaders(documents.len(), of_own, |other, first, shared| {
        let words = |record: RecordIndex| own[record as usize].load(Ordering::Relaxed);
        let least = words(other).min(words(first));
        least >= COPY_MIN_WORDS && shared as f32 >= COPY_SHARE * least as f32
    });
    drop((own, is_same));
    let by_all = if pages.iter().any(|pages| (2..=SMALL_SITE).contains(pages)) {
        let all = own_words(units, documents, store);
        leaders(documents.len(), of_all, |other, first, shared| {
            let most = all[other as usize].max(all[first as usize]);
            let little_else = most.saturating_sub(shared) < COPY_MIN_WORDS;
            little_else && shared >= COPY_MIN_WORDS && shared as f32 >= ALIKE_SHARE * most as f32
        })
    } else {
        Vec::new()
    };
    first_of_all(same, by_own, &by_all)
}

/// For each document the first that it is a copy of by any of these: those with the same units, its leader by own lines, or that
/// by all lines, where there are such.
fn first_of_all(
    same: &Column<(RecordIndex, RecordIndex)>,
    mut leaders: Vec<RecordIndex>,
    by_all: &[RecordIndex],
) -> Vec<RecordIndex> {
    let mut same = same.cursor();
    for (record, place) in (0..).zip(0..leaders.len()) {
        let first = match same.next_if(|same| same.0 == record) {
            Some((_, first)) => first,
            None if leaders[place] == record => by_all.get(place).copied().unwrap_or(record),
            None => leaders[place],
        };
        // A leader comes before what it leads, and is done.
        leaders[place] = leaders[first as usize];
    }
    leaders
}
