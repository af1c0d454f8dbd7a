//! Cuts that are withdrawn because the text before them goes on: an article ends at something, and not in mid-flow.
//!
//! In: verdicts on a page, and what the model says of its units. Out: the verdicts without those on prose that follows prose
//! with nothing in between that ends it. Of long pages that are labelled most are short articles with many comments, and the
//! trees hold the second half of a long article for these; but above comments stand their number, names with dates, a form.

use super::Verdict;
use super::counts::is_prose;
use crate::tables::{Evidence, Known, Rule, UnitRow};
use crate::text::surface::Surface;

/// Text goes on where so many words of prose stand before it, behind the last mark.
const TEXT_WORDS: u32 = 100;

/// So many lines of other kinds may stand between two pieces of prose: headings, items, captions.
const GAP: usize = 8;

/// A unit whose chance to belong to the article is smaller ends it, whatever it is.
const LEAST_CHANCE: f32 = 0.08;

/// A line that is no prose ends the text where so large a share of it is digits, in 1/255: a date, a time, a count.
const DIGITS: u8 = 26;

/// Where it begins with a number it does from here on: `22. Dezember 2019`, but not `2. Doctorwork (2015)`.
const DIGITS_OF_DATES: u8 = 51;

/// Withdraws the verdicts on prose that goes for its look alone where it goes on from text that stays, and on the few lines
/// within it. `chance` is what the model says of a unit; the verdicts are in order.
pub(super) fn keep_what_goes_on(
    units: &[UnitRow],
    evidence: &[Evidence],
    chance: impl Fn(usize) -> f32,
    out: &mut Vec<Verdict>,
) {
    if !out.iter().any(|v| v.rule == Rule::Context && is_of_text(&units[v.unit])) {
        return;
    }
    let mut verdicts = out.iter().peekable();
    let mut stays = vec![false; units.len()];
    // Words of prose since the last mark, and behind which unit the lines begin of which what follows tells.
    let (mut words, mut begin) = (0, 0);
    for (i, unit) in units.iter().enumerate() {
        let prose = if is_of_text(unit) { u32::from(unit.words) } else { 0 };
        let is_mark = |v: &Verdict| {
            v.rule != Rule::Context || chance(i) < LEAST_CHANCE || ends_text(unit, &evidence[i])
        };
        match verdicts.next_if(|v| v.unit == i) {
            Some(v) if is_mark(v) => words = 0,
            Some(_) if prose == 0 => continue,
            Some(_) => {
                if i - begin > GAP {
                    words = 0;
                }
                if words >= TEXT_WORDS {
                    stays[begin..=i].fill(true);
                    words += prose;
                }
            }
            None => words += prose,
        }
        begin = i + 1;
    }
    out.retain(|v| !stays[v.unit]);
}

/// Whether a unit is of a text: prose, or a short sentence of a longer line.
pub(super) fn is_of_text(unit: &UnitRow) -> bool {
    is_prose(unit) || unit.surface.has(Surface::PART) && unit.surface.has(Surface::SENTENCE)
}

/// Whether a unit that goes is one of those that stand where an article ends: an item of a menu, a date, a link, what comes again.
pub(super) fn ends_text(unit: &UnitRow, seen: &Evidence) -> bool {
    let look = &unit.surface;
    let has = |flag: u16| look.has(flag);
    unit.known != Known::No
        || seen.in_document > 1
        || has(Surface::NO_LETTERS)
        || has(Surface::BULLET)
        || has(Surface::ADDRESS)
        || !is_of_text(unit) && look.digits >= if has(Surface::NUMBERED) { DIGITS_OF_DATES } else { DIGITS }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::counts::made::{seen, unit, verdict};

    const PROSE: u16 = Surface::SENTENCE;

    /// Which units go in the end, where all from the fourth on would go for their look.
    fn going(tail: &[UnitRow], chance: f32, marked: Option<(usize, Rule)>) -> Vec<usize> {
        let units = [&[unit(40, PROSE); 3], tail].concat();
        let mut out: Vec<Verdict> = (3..units.len()).map(verdict).collect();
        if let Some((unit, rule)) = marked {
            out[unit - 3].rule = rule;
        }
        keep_what_goes_on(&units, &vec![seen(1); units.len()], |_| chance, &mut out);
        out.iter().map(|v| v.unit).collect()
    }

    fn unit_with(unit: UnitRow, flags: u16, digits: u8) -> UnitRow {
        UnitRow { surface: Surface { digits, flags, ..unit.surface }, ..unit }
    }

    #[test]
    fn prose_goes_on_until_something_ends_it() {
        let (prose, heading) = (unit(30, PROSE), unit(3, 0));
        assert_eq!(going(&[heading, prose, prose, heading, prose, heading], 0.3, None), [8]);
        let dated = unit_with(heading, 0, DIGITS);
        let known = UnitRow { known: Known::Furniture, ..heading };
        for end in
            [dated, known, unit(3, Surface::BULLET), unit(9, Surface::ADDRESS), unit(0, Surface::NO_LETTERS)]
        {
            assert_eq!(going(&[prose, heading, end, prose, prose], 0.3, None), [4, 5, 6, 7]);
        }
        let item = unit_with(heading, Surface::NUMBERED, DIGITS_OF_DATES - 1);
        assert_eq!(going(&[prose, item, prose], 0.3, None), [0; 0], "an item with a year");
        let date = unit_with(heading, Surface::NUMBERED, DIGITS_OF_DATES);
        assert_eq!(going(&[prose, date, prose], 0.3, None), [4, 5]);
        let figures = unit_with(prose, PROSE, DIGITS);
        assert_eq!(going(&[figures, prose], 0.3, None), [0; 0], "a sentence with figures is prose");
        assert_eq!(going(&[prose, prose], 0.3, Some((3, Rule::ManySites))), [3, 4]);
        assert_eq!(going(&[prose, prose], LEAST_CHANCE / 2.0, None), [3, 4], "the model is sure");
    }

    #[test]
    fn prose_far_below_the_text_is_not_of_it() {
        let (prose, heading) = (unit(30, PROSE), unit(3, 0));
        let behind = |lines: usize| going(&[vec![heading; lines], vec![prose; 2]].concat(), 0.3, None).len();
        assert_eq!(behind(GAP), 0);
        assert_eq!(behind(GAP + 1), GAP + 3);
    }

    #[test]
    fn little_text_does_not_go_on() {
        let units = [unit(40, PROSE), unit(40, PROSE), unit(30, PROSE)];
        for words in [TEXT_WORDS - 1, TEXT_WORDS] {
            let first = [UnitRow { words: words as u16 - 40, ..units[0] }, units[1], units[2]];
            let mut out = vec![verdict(2)];
            keep_what_goes_on(&first, &[seen(1); 3], |_| 0.3, &mut out);
            assert_eq!(out.is_empty(), words == TEXT_WORDS);
        }
    }
}
