//! What the boilerplate model weighs of a unit: its look, its counts, and its place on the page.
//!
//! In: the units of one document with their evidence. Out: a row of [`COUNT`] numbers per unit, most between 0
//! and 1. No feature knows a language.

use crate::tables::{Evidence, UnitRow};
use crate::text::surface::Surface;

/// Names of the features, as they stand in the model file.
pub const NAMES: [&str; COUNT] = [
    "edge",
    "words",
    "no_words",
    "chars",
    "sentence",
    "colon",
    "lower",
    "bullet",
    "after_blank",
    "part",
    "address",
    "shouted",
    "capitalised",
    "short_words",
    "digits",
    "symbols",
    "commas",
    "separators",
    "indent",
    "one_word",
    "two_to_four",
    "long_sentence",
    "on_site",
    "site_pages",
    "site_share",
    "masked",
    "template",
    "anchored",
    "sites",
    "site_long",
    "again",
    "again_count",
    "from_start",
    "from_end",
    "place",
    "in_run",
    "run_before",
    "run_after",
    "near_mass",
    "page_words",
    "page_repeated",
    "page_sentences",
    "pages",
    "alone",
    "before_run",
    "after_run",
    "repeat_near",
    "long_lines_near",
    "page_short_units",
    "page_repeated_units",
    "page_head",
    "page_tail",
    "page_units",
];

/// How many features a unit has.
pub const COUNT: usize = 53;

/// No feature is larger.
const CEILING: f32 = 4.0;
/// Words of text around a unit that make 1 of its feature `near_mass`.
const NEAR_MASS: f32 = 150.0;

/// One row of features.
pub type Row = [f32; COUNT];

/// Appends the features of all units of a document to `out`. `pages` is the number of distinct
/// pages of the document's site.
pub fn features_into(units: &[UnitRow], evidence: &[Evidence], pages: u32, out: &mut Vec<Row>) {
    let run = best_run(units, evidence, pages);
    let page = Page::of(units, evidence, pages);
    for (i, (unit, seen)) in units.iter().zip(evidence).enumerate() {
        let mut row = Filler { row: [0.0; COUNT], at: 0 };
        row.push(0.0);
        look(unit, &mut row);
        counts(unit, seen, pages, &mut row);
        place(units, i, &run, &mut row);
        row.push(text_around(units, evidence, i, pages) / NEAR_MASS);
        row.push(page.words);
        row.push(page.repeated);
        row.push(page.sentences);
        row.push(scaled(pages.min(MANY_PAGES), 8.0));
        row.push(flag(pages < 2));
        row.push(flag(i < run.start));
        row.push(flag(i >= run.end));
        row.push(repeated_around(units, evidence, i, pages) / 8.0);
        row.push(neighbourhood(units, evidence, i, 8, |u, _| flag(u.words >= 20)) / 16.0);
        row.push(page.short_units);
        row.push(page.repeated_units);
        row.push(page.head);
        row.push(page.tail);
        row.push(scaled(units.len() as u32 + 1, 9.0));
        debug_assert_eq!(row.at, COUNT);
        out.push(row.row);
    }
}

/// The row of a place before the first or after the last unit.
pub fn edge() -> Row {
    let mut row = [0.0; COUNT];
    row[0] = 1.0;
    row
}

struct Filler {
    row: Row,
    at: usize,
}

impl Filler {
    fn push(&mut self, value: f32) {
        self.row[self.at] = value.min(CEILING);
        self.at += 1;
    }
}

fn flag(on: bool) -> f32 {
    f32::from(u8::from(on))
}

/// log2(n) / top, for counts.
fn scaled(n: u32, top: f32) -> f32 {
    (n.max(1) as f32).log2() / top
}

fn share(byte: u8) -> f32 {
    f32::from(byte) / 255.0
}

fn look(unit: &UnitRow, row: &mut Filler) {
    let look = &unit.surface;
    let words = u32::from(unit.words);
    row.push(scaled(words + 1, 6.0));
    row.push(flag(words == 0));
    row.push(scaled(u32::from(look.chars) + 1, 9.0));
    for bit in [
        Surface::SENTENCE,
        Surface::COLON,
        Surface::LOWER,
        Surface::BULLET,
        Surface::AFTER_BLANK,
        Surface::PART,
        Surface::ADDRESS,
        Surface::SHOUTED,
    ] {
        row.push(flag(look.has(bit)));
    }
    row.push(share(look.capitalised));
    row.push(share(look.short_words));
    row.push(share(look.digits));
    row.push(share(look.symbols));
    row.push((f32::from(look.commas) * 10.0 / (words as f32 + 1.0)).min(1.0));
    row.push((f32::from(look.separators) / 4.0).min(1.0));
    row.push((f32::from(look.indent) / 8.0).min(1.0));
    row.push(flag(words == 1));
    row.push(flag((2..=4).contains(&words)));
    row.push(flag(words >= 12 && look.has(Surface::SENTENCE)));
}

fn counts(unit: &UnitRow, seen: &Evidence, pages: u32, row: &mut Filler) {
    let documents = among(seen.site_documents, pages);
    row.push(flag(documents >= 1.5));
    row.push(documents.log2() / 6.0);
    row.push(if pages > 1 { (seen.site_documents - 1) as f32 / (pages - 1) as f32 } else { 0.0 });
    row.push((among(seen.site_masked, pages) / documents).log2() / 6.0);
    row.push(among(seen.site_template, pages).log2() / 6.0);
    row.push(anchored(unit, seen));
    row.push(scaled(seen.sites, 5.0));
    row.push(flag(documents >= 1.5 && unit.words >= 12));
    row.push(flag(seen.in_document > 1));
    row.push(scaled(u32::from(seen.in_document), 4.0));
}

fn place(units: &[UnitRow], i: usize, run: &std::ops::Range<usize>, row: &mut Filler) {
    let n = units.len();
    row.push(4.0 / (4.0 + i as f32));
    row.push(4.0 / (4.0 + (n - 1 - i) as f32));
    row.push(i as f32 / n as f32);
    row.push(flag(run.contains(&i)));
    let distance = |d: usize| scaled(d as u32 + 1, 5.0);
    row.push(if i < run.start { distance(run.start - i) } else { 0.0 });
    row.push(if i >= run.end { distance(i + 1 - run.end) } else { 0.0 });
}

/// Whether other pages of the site have the line; of a large site, enough of them.
pub fn is_repeated(seen: &Evidence, pages: u32) -> bool {
    among(seen.site_documents.max(seen.site_masked), pages) >= 1.5
}

/// Pages of a site beyond which counts are scaled down: a line on 50 of 20,000 pages is no more of a habit of the
/// site than one that stands on a single page of 200.
const MANY_PAGES: u32 = 200;

/// A count of documents of a site, as it would be expected among 200 of its pages.
pub fn among(documents: u32, pages: u32) -> f32 {
    let share = (MANY_PAGES as f32 / pages.max(1) as f32).min(1.0);
    1.0 + (documents.max(1) - 1) as f32 * share
}

/// The share of a unit's words that are anchors of a template of its site.
pub fn anchored(unit: &UnitRow, seen: &Evidence) -> f32 {
    f32::from(seen.anchored) / f32::from(unit.masked_words.max(1))
}

fn is_content(unit: &UnitRow, seen: &Evidence, pages: u32) -> bool {
    !is_repeated(seen, pages) && unit.words >= 8
}

/// Words of text that no other page has within four units of unit `i`.
pub fn text_around(units: &[UnitRow], evidence: &[Evidence], i: usize, pages: u32) -> f32 {
    let words = |u: &UnitRow, e: &Evidence| if is_content(u, e, pages) { f32::from(u.words) } else { 0.0 };
    neighbourhood(units, evidence, i, 4, words)
}

/// Units within four of unit `i` that other pages have.
pub fn repeated_around(units: &[UnitRow], evidence: &[Evidence], i: usize, pages: u32) -> f32 {
    neighbourhood(units, evidence, i, 4, |_, e| flag(is_repeated(e, pages)))
}

fn neighbourhood(
    units: &[UnitRow],
    evidence: &[Evidence],
    i: usize,
    reach: usize,
    of: impl Fn(&UnitRow, &Evidence) -> f32,
) -> f32 {
    let range = i.saturating_sub(reach)..(i + reach + 1).min(units.len());
    range.filter(|&k| k != i).map(|k| of(&units[k], &evidence[k])).sum()
}

struct Page {
    words: f32,
    repeated: f32,
    sentences: f32,
    short_units: f32,
    repeated_units: f32,
    head: f32,
    tail: f32,
}

impl Page {
    fn of(units: &[UnitRow], evidence: &[Evidence], pages: u32) -> Page {
        const ZONE: usize = 10;
        let (mut words, mut repeated, mut sentences) = (0u32, 0u32, 0u32);
        let (mut short_units, mut repeated_units) = (0u32, 0u32);
        for (unit, seen) in units.iter().zip(evidence) {
            let n = u32::from(unit.words);
            words += n;
            repeated += if is_repeated(seen, pages) { n } else { 0 };
            sentences += if unit.surface.has(Surface::SENTENCE) { n } else { 0 };
            short_units += u32::from(is_short(unit));
            repeated_units += u32::from(is_repeated(seen, pages));
        }
        let zone = |range: std::ops::Range<usize>| {
            let of = range.len().max(1) as f32;
            range.filter(|&i| is_short(&units[i]) || is_repeated(&evidence[i], pages)).count() as f32 / of
        };
        let total = words.max(1) as f32;
        let count = units.len().max(1) as f32;
        Page {
            words: scaled(words + 1, 12.0),
            repeated: repeated as f32 / total,
            sentences: sentences as f32 / total,
            short_units: short_units as f32 / count,
            repeated_units: repeated_units as f32 / count,
            head: zone(0..units.len().min(ZONE)),
            tail: zone(units.len().saturating_sub(ZONE)..units.len()),
        }
    }
}

/// Whether a unit looks like an entry of a menu.
pub fn is_short(unit: &UnitRow) -> bool {
    unit.words <= 4 && !unit.surface.has(Surface::SENTENCE)
}

/// The run of units with the largest sum, where a unique unit scores its words less a constant and a repeated
/// one a loss (Kadane's algorithm; the single-run extractor that this feature comes from).
fn best_run(units: &[UnitRow], evidence: &[Evidence], pages: u32) -> std::ops::Range<usize> {
    const COST: f32 = 7.0;
    const LOSS: f32 = 10.0;
    let (mut best, mut best_sum) = (0..0, 0.0);
    let (mut start, mut sum) = (0, 0.0f32);
    for (i, (unit, seen)) in units.iter().zip(evidence).enumerate() {
        if sum <= 0.0 {
            (start, sum) = (i, 0.0);
        }
        let repeated = is_repeated(seen, pages) || among(seen.site_template, pages) > 2.5 && unit.words < 12;
        sum += if repeated { -LOSS } else { f32::from(unit.words.min(60)) - COST };
        if sum > best_sum {
            (best, best_sum) = (start..i + 1, sum);
        }
    }
    best
}
