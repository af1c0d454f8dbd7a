//! What the counts of a unit say of it, and under which chance to belong to the article it goes.

use super::features;
use crate::tables::{Evidence, Known, Rule, UnitRow};
use crate::text::surface::Surface;
use std::ops::RangeInclusive;

/// For the levels conservative, balanced and strict: [`PageSettings`] `repeated`, `masked`, `template` and `certain`. Chosen
/// by cross-validation on labelled pages and on planted corpora.
pub const LEVELS: [[f32; 4]; 3] =
    [[0.12, 0.12, 0.12, 0.95], [0.985, 0.99, 0.985, 0.9], [0.98, 0.99, 0.99, 0.5]];

/// What the judgement needs beside the units.
#[derive(Debug, Clone, Copy)]
pub struct PageSettings {
    /// Distinct pages of the document's site.
    pub pages: u32,
    /// Whether a site is known at all: else it may be no page, but a text.
    pub has_site: bool,
    /// A unit goes where its chance to belong to the article is under this.
    pub threshold: f32,
    /// The same for a line that other pages of the site have.
    pub repeated: f32,
    /// The same for a line that other pages of the site have but for numbers and dates.
    pub masked: f32,
    /// The same for a line that is mostly anchors of a template.
    pub template: f32,
    /// A cut between two paragraphs that stay needs this score where the site does not repeat the line.
    pub certain: f32,
}

impl PageSettings {
    /// Whether counts may overrule the model: not at `conservative`.
    pub(super) fn counts_decide(&self) -> bool {
        self.repeated > self.threshold
    }
}

/// The chance to belong to the article under which a unit goes: higher where the site repeats it, for the model
/// weighs the look of a line against its counts, and a line that is a habit of the site is furniture however much
/// it looks like text.
pub(super) fn threshold_of(unit: &UnitRow, seen: &Evidence, page: &PageSettings, furnished: bool) -> f32 {
    let literal = unit.words >= 3;
    let repeated = features::among(seen.site_documents, page.pages) >= 2.5;
    let masked = features::among(seen.site_masked, page.pages) >= 2.5;
    if literal && furnished && page.counts_decide() && is_on_most_pages(unit, seen, page.pages) {
        1.1
    } else if repeated && literal {
        page.threshold.max(page.repeated)
    } else if masked && unit.words >= 2 {
        let report = if unit.words > STAMP_WORDS { REPORT_CHANCE } else { 1.0 };
        page.threshold.max(page.masked.min(report))
    } else if is_template(unit, seen) && literal {
        page.threshold.max(page.template)
    } else {
        page.threshold
    }
}

/// Prose of so many words may be background where at most half of the pages of its site have it.
const BACKGROUND_WORDS: u16 = 30;

/// The article's own prose stands so near above and below background.
const BACKGROUND_REACH: usize = 3;

/// Whether a unit is background that several articles tell to the letter: long prose that fewer pages of its site have
/// than make a habit, and no other site, with prose of this page alone above and below. `is_article` is what the model
/// says of a unit. Copies of background are for `passage` to judge.
pub(super) fn is_background(
    at: usize,
    units: &[UnitRow],
    evidence: &[Evidence],
    pages: u32,
    is_article: impl Fn(usize) -> bool,
) -> bool {
    let (unit, seen) = (&units[at], &evidence[at]);
    let count = seen.site_documents;
    let few = (2..HABIT_PAGES).contains(&count) && 2 * count <= pages;
    let to_the_letter = seen.site_masked == count && seen.sites <= 1;
    if !few || !to_the_letter || unit.words < BACKGROUND_WORDS || !is_prose(unit) || !is_article(at) {
        return false;
    }
    let is_own = |i: usize| is_prose(&units[i]) && evidence[i].site_documents <= 1 && is_article(i);
    let end = units.len().min(at + 1 + BACKGROUND_REACH);
    (at.saturating_sub(BACKGROUND_REACH)..at).any(is_own) && (at + 1..end).any(is_own)
}

/// A paragraph that differs by its figures alone is a report more often than a stamp: it takes a smaller chance to go.
const REPORT_CHANCE: f32 = 0.98;

/// How sure counts are: the line was written for one of the n pages that have it at most, so that on n - 1 of them
/// it is not the article's own.
pub(super) fn certainty(unit: &UnitRow, seen: &Evidence) -> f32 {
    let template = if is_template(unit, seen) { seen.site_template } else { 1 };
    let pages = seen.site_documents.max(seen.site_masked).max(template);
    1.0 - 1.0 / pages as f32
}

/// A line is a habit of its site where at least this many of its pages carry it, and this share of them.
pub(super) const HABIT_PAGES: u32 = 10;
pub(super) const HABIT_SHARE: f32 = 0.05;

/// Lines of so few words between paragraphs that stay go only where the site repeats them, or they are known: the
/// cells of a table look like a menu.
pub(super) const SHORT_WORDS: u16 = 6;

/// A prose unit of this many words that stays shows that what stands between it and the next one is in the text.
pub const PROSE_WORDS: u16 = 8;

/// The longest line that is a stamp where only its numbers and dates differ; a longer one may be a report.
const STAMP_WORDS: u16 = 12;

/// Whether the same words (of a stamp but for numbers and dates) stand on half of the pages of a site of three or more: on
/// small sites that is all the evidence there can be.
pub(super) fn is_on_most_pages(unit: &UnitRow, seen: &Evidence, pages: u32) -> bool {
    let stamp = unit.words <= STAMP_WORDS;
    let count = if stamp { seen.site_documents.max(seen.site_masked) } else { seen.site_documents };
    count >= 3 && 2 * count >= pages
}

/// Whether a unit is mostly what the template of a site prints.
pub(super) fn is_template(unit: &UnitRow, seen: &Evidence) -> bool {
    features::anchored(unit, seen) >= TEMPLATE_ANCHORED && seen.anchored >= TEMPLATE_WORDS
}

/// A unit is of a template where so many of its words, and this share of them, are anchors.
const TEMPLATE_WORDS: u8 = 4;
const TEMPLATE_ANCHORED: f32 = 0.4;

/// The strongest evidence against a unit, for the receipt.
pub(super) fn rule_of(unit: &UnitRow, seen: &Evidence) -> Rule {
    if seen.site_documents > 1 {
        Rule::SiteLine
    } else if seen.site_masked > 1 || seen.site_template > 2 && unit.words >= 3 {
        Rule::SiteTemplate
    } else if seen.sites > 1 {
        Rule::ManySites
    } else {
        Rule::Context
    }
}

/// A page has a twin where so many words of prose stand on just one other page of its site, and at least as many as elsewhere.
const TWIN_WORDS: u32 = 100;

/// Prose of twins stays down to this chance to belong to the article.
pub(super) const TWIN_CHANCE: f32 = 0.02;

/// Whether a unit is prose that just one other page of the site has.
pub(super) fn is_of_twins(unit: &UnitRow, seen: &Evidence) -> bool {
    seen.site_documents == 2 && is_prose(unit)
}

/// Whether half of the prose of a page stands on just one other page of its site: two copies of one article, and what both have is
/// no furniture.
pub(super) fn has_twin(units: &[UnitRow], evidence: &[Evidence]) -> bool {
    let (mut shared, mut all) = (0u32, 0u32);
    for (unit, seen) in units.iter().zip(evidence).filter(|(u, _)| u.known == Known::No && is_prose(u)) {
        let words = u32::from(unit.words);
        all += words;
        shared += if seen.site_documents == 2 { words } else { 0 };
    }
    shared >= TWIN_WORDS.max(all.div_ceil(2))
}

/// A page holds what other pages hold, too, where so many words of its prose, and this share of what is no more widespread, stand on
/// as many pages, and the model gives them this chance to belong to an article, taken together: on a site of few pages, and of more.
const VERSION_WORDS: u32 = 100;
const VERSION_SHARE: f32 = 0.85;
const VERSION_CHANCE: [f32; 2] = [0.15, 0.2];
/// On a site of more pages what more than three quarters of them have is furniture, whatever it looks like.
const FEW_PAGES: u32 = 20;

/// On how many pages of its site the paragraphs of a page stand that is one of many versions of an article, or holds articles that
/// lists of articles hold, too; `None` where it does not. That others have them says nothing against these, while what still more
/// pages have is furniture around them. `chance` is what the model says of a unit.
pub(super) fn versions(
    units: &[UnitRow],
    evidence: &[Evidence],
    pages: u32,
    chance: impl Fn(usize) -> f32,
) -> Option<RangeInclusive<u32>> {
    let is_furniture = |count: u32| pages > FEW_PAGES && 4 * u64::from(count) > 3 * u64::from(pages);
    let is_shared = |count: u32| count >= 2 && !is_furniture(count);
    let prose = || (0..units.len()).filter(|&i| units[i].known == Known::No && is_prose(&units[i]));
    let words = |i: usize| u32::from(units[i].words);
    let count = |i: usize| evidence[i].site_documents;
    if prose().filter(|&i| is_shared(count(i))).map(words).sum::<u32>() < VERSION_WORDS {
        return None;
    }
    let least = VERSION_CHANCE[usize::from(pages > FEW_PAGES)];
    let surplus = |i: usize| f64::from(words(i)) * f64::from(chance(i) - least);
    let mut prose: Vec<(u32, u32, f64)> = prose().map(|i| (count(i), words(i), surplus(i))).collect();
    prose.sort_by_key(|unit| unit.0);
    // Of the counts that fit those that take in most of the article and least of what is around it.
    let (mut best, mut most_surplus) = (None, 0.0);
    let (mut less, mut below) = (prose.iter().peekable(), (0, 0.0));
    let mut upto = (0, 0.0);
    for same in prose.chunk_by(|a, b| a.0 == b.0) {
        let range = same[0].0 / 2 + 1..=same[0].0;
        upto = same.iter().fold(upto, |sum, unit| (sum.0 + unit.1, sum.1 + unit.2));
        while let Some(unit) = less.next_if(|unit| unit.0 < *range.start()) {
            below = (below.0 + unit.1, below.1 + unit.2);
        }
        let (shared, surplus) = (upto.0 - below.0, upto.1 - below.1);
        let is_most = shared >= VERSION_WORDS && shared as f32 >= VERSION_SHARE * upto.0 as f32;
        if is_shared(same[0].0) && is_most && surplus > most_surplus {
            (best, most_surplus) = (Some(range), surplus);
        }
    }
    best
}

/// The chance to belong to the article from which a unit stays that versions of it share.
pub(super) fn least_of_version(unit: &UnitRow, page: &PageSettings) -> f32 {
    if is_prose(unit) { TWIN_CHANCE.min(page.threshold) } else { page.threshold }
}

/// A sentence of some length.
pub(super) fn is_prose(unit: &UnitRow) -> bool {
    unit.words >= PROSE_WORDS && unit.surface.has(Surface::SENTENCE)
}

/// Whether nothing but the look of a sentence speaks against it, or that other lines of the site begin and end alike: no
/// list and no other page has it. Where a line that stays begins as it does it is a version of that, and no furniture.
pub fn is_doubtful(unit: &UnitRow, seen: &Evidence) -> bool {
    let unique = seen.site_documents.max(seen.site_masked).max(seen.sites) <= 1;
    unit.known == Known::No && unit.words >= PROSE_WORDS && unique
}

#[cfg(test)]
pub(super) mod made {
    use super::{LEVELS, PageSettings};
    use crate::document::Kind;
    use crate::judge::Verdict;
    use crate::judge::model::Model;
    use crate::tables::{Evidence, Known, Reasons, Rule, UnitRow};
    use crate::text::surface::Surface;

    /// A unit of so many words.
    pub fn unit(words: u16, flags: u16) -> UnitRow {
        let surface = Surface { chars: 6 * words, flags, ..Surface::default() };
        UnitRow { masked_words: words as u8, words, known: Known::No, surface }
    }

    /// A verdict on a unit that goes for its look.
    pub fn verdict(unit: usize) -> Verdict {
        Verdict {
            unit,
            kind: Kind::Boilerplate,
            rule: Rule::Context,
            score: 0.8,
            witness: None,
            reasons: Reasons::default(),
        }
    }

    /// How pages of a site of so many are judged at a level.
    pub fn settings(pages: u32, level: usize) -> PageSettings {
        let [repeated, masked, template, certain] = LEVELS[level];
        let threshold = Model::shipped().thresholds[level];
        PageSettings { pages, has_site: true, threshold, repeated, masked, template, certain }
    }

    /// The counts of a line that so many pages of its site have.
    pub fn seen(pages: u32) -> Evidence {
        Evidence {
            site_documents: pages,
            site_masked: pages,
            documents: pages,
            sites: 1,
            in_document: 1,
            ..Evidence::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::made::{seen, unit};
    use super::*;

    #[test]
    fn background_is_long_prose_of_few_pages_amid_own_prose() {
        let is = |words: u16, flags: u16, count: u32, pages: u32, below: u32| {
            let prose = |words| unit(words, Surface::SENTENCE);
            let units = [prose(20), unit(words, flags), unit(2, 0), prose(20)];
            let evidence = [seen(1), seen(count), seen(1), seen(below)];
            is_background(1, &units, &evidence, pages, |_| true)
        };
        assert!(is(40, Surface::SENTENCE, 4, 20, 1));
        assert!(is(30, Surface::SENTENCE, 9, 18, 1));
        assert!(!is(40, Surface::SENTENCE, 1, 20, 1), "on this page alone");
        assert!(!is(40, Surface::SENTENCE, 10, 200, 1), "a habit");
        assert!(!is(40, Surface::SENTENCE, 5, 9, 1), "on most pages");
        assert!(!is(29, Surface::SENTENCE, 4, 20, 1), "short");
        assert!(!is(40, 0, 4, 20, 1), "no sentence");
        assert!(!is(40, Surface::SENTENCE, 4, 20, 12), "furniture below");
        let units = [unit(40, Surface::SENTENCE), unit(40, Surface::SENTENCE)];
        assert!(!is_background(0, &units, &[seen(2), seen(1)], 9, |_| true), "nothing above");
    }

    #[test]
    fn a_page_has_a_twin_where_half_of_its_prose_is_on_one_other_page() {
        let page = |shared: usize, own: usize, pages: u32| {
            let units = vec![unit(25, Surface::SENTENCE); shared + own];
            let evidence: Vec<Evidence> =
                (0..shared + own).map(|i| seen(if i < shared { pages } else { 1 })).collect();
            has_twin(&units, &evidence)
        };
        assert!(page(4, 4, 2) && page(40, 0, 2));
        assert!(!page(4, 5, 2), "less than half");
        assert!(!page(3, 0, 2), "few words");
        assert!(!page(8, 0, 3), "what three pages have may be a habit");
    }

    #[test]
    fn versions_are_many_pages_that_share_nearly_all_that_looks_like_an_article() {
        // A paragraph for each count, with the chance that the model gives it.
        let page = |paragraphs: &[(u32, f32)], pages: u32| {
            let units = vec![unit(30, Surface::SENTENCE); paragraphs.len()];
            let evidence: Vec<Evidence> = paragraphs.iter().map(|p| seen(p.0)).collect();
            versions(&units, &evidence, pages, |i| paragraphs[i].1)
        };
        let of = |shared: u32, chance: f32, paragraphs: usize| vec![(shared, chance); paragraphs];
        assert_eq!(page(&of(6, 0.4, 8), 12), Some(4..=6));
        assert_eq!(page(&[of(6, 0.4, 4), of(5, 0.4, 4), of(1, 0.9, 1)].concat(), 12), Some(4..=6));
        assert_eq!(page(&[of(6, 0.4, 8), of(12, 0.05, 6)].concat(), 12), Some(4..=6), "furniture around it");
        assert_eq!(page(&[of(6, 0.4, 8), of(8, 0.05, 6)].concat(), 8), Some(4..=6), "on few other pages");
        assert_eq!(page(&of(6, 0.4, 8), 80), Some(4..=6), "few of the pages: articles that lists have, too");
        assert_eq!(page(&of(24, 0.4, 8), 30), None, "furniture of a larger site");
        assert_eq!(page(&of(6, 0.17, 8), 12), Some(4..=6));
        assert_eq!(page(&of(6, 0.17, 8), 80), None, "on a larger site it must look more like an article");
        assert_eq!(page(&of(6, 0.4, 3), 12), None, "few words");
        assert_eq!(page(&of(6, 0.1, 8), 12), None, "what does not look like an article");
        assert_eq!(page(&[of(6, 0.4, 8), of(1, 0.9, 2)].concat(), 12), None, "more of its own");
    }
}
