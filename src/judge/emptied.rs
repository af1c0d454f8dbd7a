//! Cuts that are withdrawn because nothing would be left of a page: what is likeliest to be its article stays.
//!
//! In: verdicts on a page, and what the model says of its units. Out: where no prose would stay, the verdicts without those on
//! the best run of prose that goes for its look alone. A short article between menus, a recipe, or what was written in a language
//! that the model has not seen looks like furniture by a fixed measure, and least so of all that is on its page.

use super::counts::is_prose;
use super::onward::{ends_text, is_of_text};
use super::{Verdict, going};
use crate::tables::{Evidence, Known, Rule, UnitRow};
use std::ops::Range;

/// The run must have so many words of prose.
const TEXT_WORDS: u32 = 20;

/// So many units of other kinds may stand between two pieces of its prose.
const GAP: usize = 3;

/// A unit whose chance to belong to the article is smaller is not of it.
const LEAST_CHANCE: f32 = 0.02;

/// Withdraws the verdicts on the likeliest text of a page of which no prose would stay. `chance` is what the model says of a
/// unit; the verdicts are in order.
pub(super) fn keep_likeliest_text(
    units: &[UnitRow],
    evidence: &[Evidence],
    chance: impl Fn(usize) -> f32,
    out: &mut Vec<Verdict>,
) {
    let goes = going(units, out);
    if (0..units.len()).any(|i| !goes[i] && is_prose(&units[i])) {
        return;
    }
    let by_look = |v: &Verdict| {
        let unit = &units[v.unit];
        let own = unit.known == Known::No && evidence[v.unit].in_document <= 1;
        v.rule == Rule::Context && own && chance(v.unit) >= LEAST_CHANCE
    };
    let prose = out.iter().filter(|v| is_of_text(&units[v.unit]) && by_look(v)).map(|v| v.unit);
    let run = likeliest(units, prose, &chance);
    let is_of_run = |v: &Verdict| {
        let unit = &units[v.unit];
        run.contains(&v.unit) && by_look(v) && (is_of_text(unit) || !ends_text(unit, &evidence[v.unit]))
    };
    out.retain(|v| !is_of_run(v));
}

/// Of the runs of `prose`, units in order, the one with the most words that the model expects to be of the article.
fn likeliest(
    units: &[UnitRow],
    prose: impl Iterator<Item = usize>,
    chance: impl Fn(usize) -> f32,
) -> Range<usize> {
    let (mut best, mut most) = (0..0, 0.0);
    let (mut run, mut words, mut expected) = (0..0, 0, 0.0);
    for i in prose {
        if run.is_empty() || i - run.end > GAP {
            (run, words, expected) = (i..i, 0, 0.0);
        }
        run.end = i + 1;
        words += u32::from(units[i].words);
        expected += f32::from(units[i].words) * chance(i);
        if words >= TEXT_WORDS && expected > most {
            (best, most) = (run.clone(), expected);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::counts::PROSE_WORDS;
    use crate::judge::counts::made::{seen, unit, verdict};
    use crate::text::surface::Surface;

    /// The units that stay of those that would all go, each with its chance and rule.
    fn stays(page: &[(UnitRow, f32, Rule)]) -> Vec<usize> {
        let units: Vec<UnitRow> = page.iter().map(|p| p.0).collect();
        let mut out: Vec<Verdict> =
            page.iter().enumerate().map(|(unit, p)| Verdict { rule: p.2, ..verdict(unit) }).collect();
        keep_likeliest_text(&units, &vec![seen(1); units.len()], |i| page[i].1, &mut out);
        let goes = going(&units, &out);
        (0..units.len()).filter(|&i| !goes[i]).collect()
    }

    fn prose(words: u16, chance: f32) -> (UnitRow, f32, Rule) {
        (unit(words, Surface::SENTENCE), chance, Rule::Context)
    }

    fn line(rule: Rule) -> (UnitRow, f32, Rule) {
        (unit(3, 0), 0.1, rule)
    }

    #[test]
    fn of_a_page_that_would_be_emptied_the_likeliest_text_stays() {
        let menu = || vec![line(Rule::Context); GAP + 1];
        let heading = vec![line(Rule::Context)];
        let notice = vec![prose(25, 0.3)];
        let text = vec![prose(30, 0.2), prose(30, 0.2)];
        let page = [menu(), notice, menu(), text.clone(), heading, text, menu()].concat();
        assert_eq!(stays(&page), [9, 10, 11, 12, 13]);
    }

    #[test]
    fn what_other_pages_have_or_what_is_surely_no_text_goes_within_it() {
        let page = [prose(30, 0.2), line(Rule::SiteLine), prose(30, LEAST_CHANCE / 2.0), prose(30, 0.2)];
        assert_eq!(stays(&page), [0, 3]);
        let counted = [(unit(30, Surface::SENTENCE), 0.2, Rule::SiteLine); 3];
        assert_eq!(stays(&counted), [0; 0]);
    }

    #[test]
    fn a_few_words_are_no_text() {
        assert_eq!(stays(&[prose(TEXT_WORDS as u16 - 1, 0.3)]), [0; 0]);
        assert_eq!(stays(&[prose(TEXT_WORDS as u16, 0.3)]), [0]);
    }

    #[test]
    fn a_page_of_which_prose_stays_is_left_as_it_is() {
        let units = [unit(PROSE_WORDS, Surface::SENTENCE), unit(30, Surface::SENTENCE)];
        let left = |units: &[UnitRow]| {
            let mut out = vec![verdict(1)];
            keep_likeliest_text(units, &[seen(1); 2], |_| 0.2, &mut out);
            out.len()
        };
        assert_eq!(left(&units), 1);
        assert_eq!(left(&[unit(PROSE_WORDS, 0), units[1]]), 0, "a headline stays");
    }
}
