//! Cuts that are withdrawn for what stands around them: between paragraphs that stay, in a table, beside a line that stays.

use super::counts::{HABIT_PAGES, PageSettings, SHORT_WORDS, is_doubtful, is_prose, is_template};
use super::features;
use super::{Verdict, going};
use crate::tables::{Evidence, Known, UnitRow};
use crate::text::surface::Surface;

/// A sentence of eight words or more between paragraphs that stay is of a template where this share of the pages has
/// one like it: captions of one news agency begin and end alike too.
const TEMPLATE_SHARE: f32 = 0.1;

/// A line of speech needs no more words than this to show it.
const SPEECH_WORDS: u16 = 3;

/// The share of its pages on which a site must repeat such a line.
const SHORT_SHARE: f32 = 0.05;

/// So few lines that go, one after the other between lines that stay, are no block of furniture.
const ALONE: usize = 2;

/// Withdraws cuts of weak evidence between two paragraphs that stay: rows of tables, lines of speech and verse. What
/// the site repeats or is known goes there too, but labels that stand alone, are no items of a list, and that the model holds
/// for the article's own: `Agenda` is a heading, `Asia` the word of a table.
pub(super) fn keep_what_text_surrounds(
    units: &[UnitRow],
    evidence: &[Evidence],
    page: &PageSettings,
    is_article: impl Fn(usize) -> bool,
    out: &mut Vec<Verdict>,
) {
    let goes = going(units, out);
    let is_text = |i: usize| !goes[i] && is_prose(&units[i]);
    let (Some(first), Some(last)) =
        ((0..units.len()).find(|&i| is_text(i)), (0..units.len()).rev().find(|&i| is_text(i)))
    else {
        return;
    };
    let alone = |i: usize| {
        let before = (0..i).rev().take(ALONE).take_while(|&k| goes[k]).count();
        let after = (i + 1..units.len()).take(ALONE).take_while(|&k| goes[k]).count();
        before + 1 + after <= ALONE
    };
    let weak = |v: &Verdict| {
        let (unit, seen) = (&units[v.unit], &evidence[v.unit]);
        let count = seen.site_documents.max(seen.site_masked);
        let short = unit.words <= SHORT_WORDS;
        // Few pages can share a short line by chance: a greeting, a signature.
        let by_chance = u16::from(unit.masked_words) <= SHORT_WORDS && count < HABIT_PAGES && alone(v.unit);
        if unit.known == Known::Label {
            return by_chance && !unit.surface.has(Surface::BULLET) && is_article(v.unit);
        }
        let rare = features::among(count, page.pages) < 2.5
            || short && (count as f32) < SHORT_SHARE * page.pages as f32;
        let prose = is_prose(unit);
        let habit = seen.site_template as f32 >= TEMPLATE_SHARE * page.pages as f32;
        let template = is_template(unit, seen) && (habit || !prose);
        unit.known == Known::No && (by_chance || rare && !template && (short || v.score < page.certain))
    };
    // Refrains come again in their document; a sentence of a word or two is no caption and no menu.
    let voice = |i: usize| {
        let refrain = evidence[i].in_document > 2 && units[i].words >= 3;
        let said = units[i].words <= SPEECH_WORDS && units[i].surface.has(Surface::SENTENCE);
        units[i].words <= SHORT_WORDS && refrain || said
    };
    let mut table = cells_of_tables(units, evidence, page.pages);
    add_text_after(units, evidence, &mut table);
    out.retain(|v| {
        let surrounded = first < v.unit && v.unit < last || voice(v.unit);
        !(surrounded && weak(v) || table[v.unit])
    });
}

/// A block with so many short lines that are no habit of the site may be a table.
const TABLE_CELLS: usize = 8;

/// A site of so many pages shows what is no habit of it.
const TABLE_PAGES: u32 = 3;

/// For each unit whether it is a cell of a table: of short lines in a block that are on no other pages a third comes again in
/// the document, and most are no items of a list.
fn cells_of_tables(units: &[UnitRow], evidence: &[Evidence], pages: u32) -> Vec<bool> {
    let mut cells = vec![false; units.len()];
    if pages < TABLE_PAGES {
        return cells;
    }
    let is_short = |i: usize| units[i].words <= SHORT_WORDS;
    let is_number = |i: &usize| units[*i].surface.has(Surface::NO_LETTERS);
    let is_cell = |i: &usize| {
        // But for its digits a number is any other.
        let masked = if is_number(i) { 1 } else { evidence[*i].site_masked };
        let count = evidence[*i].site_documents.max(masked);
        is_short(*i) && units[*i].known == Known::No && features::among(count, pages) < 2.5
    };
    let mut from = 0;
    while from < units.len() {
        // A line of furniture may stand between two cells, but no block of it.
        let goes_on = |i: usize| is_cell(&i) || i + 1 < units.len() && is_cell(&(i + 1));
        let ends = |&i: &usize| !is_short(i) || !goes_on(i);
        let end = (from..units.len()).find(ends).unwrap_or(units.len());
        let of_cells = |is: &dyn Fn(usize) -> bool| (from..end).filter(|i| is_cell(i) && is(*i)).count();
        let count = of_cells(&|_| true);
        let again = of_cells(&|i| evidence[i].in_document > 1);
        // A calendar and the numbers of pages are no table, nor is a menu.
        let numbers = of_cells(&|i| is_number(&i));
        let items = of_cells(&|i| units[i].surface.has(Surface::BULLET));
        if count >= TABLE_CELLS && 3 * again >= count && 2 * numbers.max(items) <= count {
            (from..end).filter(is_cell).for_each(|i| cells[i] = true);
        }
        from = end + 1;
    }
    cells
}

/// Adds to what stays the sentences that follow it and that stand nowhere else: the model, which holds the cells of a table
/// for a menu, takes the end of the article below them for what is below a menu.
fn add_text_after(units: &[UnitRow], evidence: &[Evidence], stays: &mut [bool]) {
    let is_text = |i: usize| units[i].surface.has(Surface::SENTENCE) && is_doubtful(&units[i], &evidence[i]);
    for i in 1..units.len() {
        stays[i] |= stays[i - 1] && is_text(i);
    }
}

/// Units without a letter (list numbers, bullets, rules) belong to what stands beside them: they go only where
/// nothing that stays is next to them. Known ones go anyway.
pub(super) fn keep_marks_of_text(units: &[UnitRow], out: &mut Vec<Verdict>) {
    let goes = going(units, out);
    let is_mark = |i: usize| units[i].surface.has(Surface::NO_LETTERS) && units[i].known == Known::No;
    if !out.iter().any(|v| is_mark(v.unit)) {
        return;
    }
    // For each mark whether what comes next, or before it, that is no mark stays.
    let mut beside = vec![false; units.len()];
    let mut look = |range: &mut dyn Iterator<Item = usize>| {
        let mut stays = false;
        for i in range {
            match is_mark(i) {
                true => beside[i] |= stays,
                false => stays = !goes[i],
            }
        }
    };
    look(&mut (0..units.len()));
    look(&mut (0..units.len()).rev());
    out.retain(|v| !beside[v.unit]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::counts::made::{seen, settings, unit, verdict};
    use crate::tables::Rule;

    #[test]
    fn a_label_between_paragraphs_stays_where_the_model_holds_it_for_a_heading() {
        let left = |known: Known, flags: u16, labels: usize, pages: u32, is_article: bool| {
            let prose = || unit(40, Surface::SENTENCE | Surface::AFTER_BLANK);
            let mut units = vec![prose(), prose()];
            units.extend((0..labels).map(|_| UnitRow { known, ..unit(1, flags) }));
            units.extend([prose(), prose()]);
            let evidence: Vec<Evidence> =
                units.iter().map(|unit| seen(if unit.words == 1 { pages } else { 1 })).collect();
            let settings = settings(50, 1);
            let verdict = |unit: usize| Verdict { rule: Rule::KnownLine, score: 1.0, ..verdict(unit) };
            let mut out = (2..2 + labels).map(verdict).collect();
            keep_what_text_surrounds(&units, &evidence, &settings, |_| is_article, &mut out);
            out.len()
        };
        assert_eq!(left(Known::Label, 0, 1, 1, true), 0);
        assert_eq!(left(Known::Label, 0, 1, 1, false), 1, "the model says that it is furniture");
        assert_eq!(left(Known::Label, Surface::BULLET, 1, 1, true), 1, "an item of a menu");
        assert_eq!(left(Known::Label, 0, ALONE + 1, 1, true), ALONE + 1, "a menu");
        assert_eq!(left(Known::Label, 0, 1, HABIT_PAGES, true), 1, "a habit of the site");
        assert_eq!(left(Known::Furniture, 0, 1, 1, true), 1, "nobody has it as a heading");
    }

    #[test]
    fn cells_of_a_table_stay_and_menus_and_calendars_go() {
        let block = |again: u16, flags: u16| {
            let units: Vec<UnitRow> = (0..12).map(|_| unit(1, flags)).collect();
            let seen = |n: u32| Evidence { in_document: if n < 5 { again } else { 1 }, ..seen(1) };
            (units, (0..12).map(seen).collect::<Vec<Evidence>>())
        };
        let cells = |(units, evidence): &(Vec<UnitRow>, Vec<Evidence>), pages: u32| {
            cells_of_tables(units, evidence, pages).iter().filter(|c| **c).count()
        };
        assert_eq!(cells(&block(3, 0), 100), 12, "many come again");
        assert_eq!(cells(&block(1, 0), 100), 0, "a menu: none comes again");
        assert_eq!(cells(&block(3, Surface::NO_LETTERS), 100), 0, "a calendar: nothing but numbers");
        assert_eq!(cells(&block(3, Surface::BULLET), 100), 0, "a menu that is there twice");
        assert_eq!(cells(&block(3, 0), TABLE_PAGES), 12, "a small site");
        assert_eq!(cells(&block(3, 0), TABLE_PAGES - 1), 0, "too few pages to tell");
        let mut broken = block(3, 0);
        broken.1[6].site_documents = 90;
        assert_eq!(cells(&broken, 100), 11, "a line of furniture within the table");
    }

    #[test]
    fn the_text_below_a_table_stays_with_it_until_a_line_that_other_pages_have() {
        let prose = || unit(20, Surface::SENTENCE);
        let units = [unit(1, 0), prose(), prose(), prose(), prose(), unit(9, 0)];
        let mut evidence = [seen(1), seen(1), seen(1), seen(2), seen(1), seen(1)];
        let mut stays = [true, false, false, false, false, false];
        add_text_after(&units, &evidence, &mut stays);
        assert_eq!(stays, [true, true, true, false, false, false]);
        evidence[3] = seen(1);
        add_text_after(&units, &evidence, &mut stays);
        assert_eq!(stays, [true, true, true, true, true, false], "no sentence");
    }
}
