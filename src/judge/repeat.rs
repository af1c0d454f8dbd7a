//! Which units of a document stand in it already.
//!
//! In: the units that are left of one document, and for each copy its first occurrence. Out: a verdict per
//! copy that goes. Refrains, dialogue, code and tables are not noise: a short line needs more evidence than a
//! long one, and in a document that is not mostly prose only long lines count.

use super::Verdict;
use crate::config::Repeat;
use crate::document::Kind;
use crate::tables::{Known, Reasons, Rule, UnitRow, Witness};
use crate::text::surface::Surface;

/// A unit that says what an earlier one said. Units are counted among those left of the document.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Copy {
    /// The later unit.
    pub unit: usize,
    /// The first that it copies.
    pub original: usize,
    /// Jaccard similarity of their shingles; 1 where the words are the same.
    pub similarity: f32,
}

/// Units of this many words or more are prose.
const PROSE_WORDS: u16 = 15;
/// In a document with a smaller share of its words in prose, a repeat needs [`PROSE_WORDS`] words.
const PROSE_SHARE: f32 = 0.5;
/// Headlines are looked for among this many units from the top, and their copies within [`HEADLINE_REACH`].
const HEADLINE_TOP: usize = 4;
const HEADLINE_REACH: usize = 16;
/// A line whose characters are symbols to this share (of 255) is a table row, code or a rule.
const SYMBOLS: u8 = 50;

/// Judges the copies of one document; `left` are its units that are still there, `copies` in the order of units.
pub fn judge_into(left: &[UnitRow], copies: &[Copy], settings: &Repeat, out: &mut Vec<Verdict>) {
    if copies.is_empty() {
        return;
    }
    let prose = is_prose(left);
    let mut goes = vec![false; left.len()];
    let from = out.len();
    let judged = |copy: &Copy| rule_of(left, copy, settings, prose).map(|rule| (*copy, rule));
    let mut judged: Vec<(Copy, Rule)> = copies.iter().filter_map(judged).collect();
    keep_headings(left, &mut judged);
    for (copy, rule) in judged {
        goes[copy.unit] = true;
        out.push(Verdict {
            unit: copy.unit,
            kind: Kind::Repeat,
            rule,
            score: copy.similarity,
            witness: Some(Witness { of: copy.original as u32, similarity: copy.similarity }),
            reasons: Reasons::default(),
        });
    }
    if goes.iter().any(|&g| g) && prose {
        marks_between(left, copies, &mut goes, out);
    }
    out[from..].sort_by_key(|v| v.unit);
}

/// So many lines together that come again apart from one another are a table of contents.
const CONTENTS: usize = 3;
/// Items of a table of contents stand no further from one another: one that is not found again may stand between them.
const CONTENTS_STEP: usize = 2;
/// Longer ones are paragraphs: of a letter, say, that is quoted piece by piece in the answer.
const CONTENTS_CHARS: u16 = 240;

/// Withdraws what was judged of the headings below a table of contents: copies of lines that stand together, in their order and
/// each with text behind it. What is copied as a whole has no more between its lines than the original has.
fn keep_headings(left: &[UnitRow], judged: &mut Vec<(Copy, Rule)>) {
    // Where a line comes again and again, the first time tells.
    let short = judged.iter().filter(|(copy, _)| left[copy.unit].surface.chars <= CONTENTS_CHARS);
    let mut firsts: Vec<(usize, usize)> = short.map(|(copy, _)| (copy.original, copy.unit)).collect();
    firsts.sort_unstable();
    firsts.dedup_by_key(|first| first.0);
    if firsts.len() < CONTENTS {
        return;
    }
    // How many words there are up to the end of each unit.
    let mut words = 0;
    let add = |unit: &UnitRow| {
        words += u64::from(unit.words);
        words
    };
    let words: Vec<u64> = left.iter().map(add).collect();
    let has_text = |from: usize, to: usize| words[to - 1] - words[from] >= u64::from(PROSE_WORDS);
    let goes_on = |a: &(usize, usize), b: &(usize, usize)| {
        let step = b.0 - a.0;
        step <= CONTENTS_STEP && b.1 > a.1 + step && has_text(a.1, b.1)
    };
    let contents = firsts.chunk_by(goes_on).filter(|items| items.len() >= CONTENTS);
    // The headings stand below all of it.
    let contents = contents.filter(|items| items[0].1 > items[items.len() - 1].0);
    let mut headings: Vec<usize> = contents.flatten().map(|item| item.1).collect();
    headings.sort_unstable();
    judged.retain(|(copy, _)| headings.binary_search(&copy.unit).is_err());
}

fn rule_of(left: &[UnitRow], copy: &Copy, settings: &Repeat, prose: bool) -> Option<Rule> {
    let unit = &left[copy.unit];
    let is_row = unit.surface.symbols >= SYMBOLS || unit.surface.has(Surface::CELLS);
    if unit.words == 0 || is_row || unit.known == Known::Protected {
        return None;
    }
    let exact = copy.similarity == 1.0;
    let long = unit.words >= if prose { settings.min_words } else { PROSE_WORDS.max(settings.min_words) };
    if long && copy.similarity >= settings.similarity as f32 && !(is_quoted(unit) && unit.words < PROSE_WORDS)
    {
        return Some(if exact { Rule::LineAgain } else { Rule::NearLineAgain });
    }
    let spoken = unit.surface.has(Surface::SENTENCE) || unit.surface.commas > 0 || is_quoted(unit);
    if !exact || !prose || unit.words < 3 || spoken {
        return None;
    }
    let headline = copy.original < HEADLINE_TOP && copy.unit <= HEADLINE_REACH && unit.words >= 4;
    let twice = copy.unit == copy.original + 1 && unit.words >= 4;
    (headline || twice).then_some(Rule::ShortLineAgain)
}

/// Speech: lines of a dialogue come again.
fn is_quoted(unit: &UnitRow) -> bool {
    unit.surface.has(Surface::QUOTE)
}

fn is_prose(left: &[UnitRow]) -> bool {
    let (mut prose, mut all) = (0u32, 0u32);
    for unit in left {
        all += u32::from(unit.words);
        prose += if unit.words >= PROSE_WORDS { u32::from(unit.words) } else { 0 };
    }
    prose as f32 >= PROSE_SHARE * all as f32
}

/// A mark of one or two words that comes again, each time between copies that go or next to one: it goes with
/// them, its first occurrence too, for it belongs to the captions that it stands between.
fn marks_between(left: &[UnitRow], copies: &[Copy], goes: &mut [bool], out: &mut Vec<Verdict>) {
    let mut originals: Vec<usize> = copies
        .iter()
        .filter(|c| c.similarity == 1.0 && (1..=2).contains(&left[c.unit].words))
        .map(|c| c.original)
        .collect();
    originals.sort_unstable();
    originals.dedup();
    if originals.is_empty() {
        return;
    }
    let mut by_original: Vec<(usize, usize)> = copies.iter().map(|c| (c.original, c.unit)).collect();
    by_original.sort_unstable();
    for original in originals {
        if left[original].surface.has(Surface::SENTENCE) || left[original].known == Known::Protected {
            continue;
        }
        let first = by_original.partition_point(|c| c.0 < original);
        let again = by_original[first..].iter().take_while(|c| c.0 == original).map(|c| c.1);
        let places: Vec<usize> = std::iter::once(original).chain(again).collect();
        let beside = |i: usize| i > 0 && goes[i - 1] || goes.get(i + 1) == Some(&true);
        let between = |i: usize| i > 0 && goes[i - 1] && goes.get(i + 1) == Some(&true);
        if places.iter().all(|&i| beside(i)) && places.iter().any(|&i| between(i)) {
            for &unit in &places {
                // It may have gone as a copy already, where settings let lines of one word repeat.
                if std::mem::replace(&mut goes[unit], true) {
                    continue;
                }
                out.push(Verdict {
                    unit,
                    kind: Kind::Boilerplate,
                    rule: Rule::BetweenCopies,
                    score: 1.0,
                    witness: None,
                    reasons: Reasons::default(),
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What goes of a text of prose with these copies, as pairs of a unit and what it copies.
    fn going(copies: &[(usize, usize)]) -> Vec<usize> {
        let row = UnitRow { masked_words: 20, words: 20, known: Known::No, surface: Surface::default() };
        let copy = |&(unit, original): &(usize, usize)| Copy { unit, original, similarity: 1.0 };
        let mut copies: Vec<Copy> = copies.iter().map(copy).collect();
        copies.sort_by_key(|copy| copy.unit);
        let mut out = Vec::new();
        judge_into(&[row; 60], &copies, &crate::Config::default().repeat, &mut out);
        out.iter().map(|verdict| verdict.unit).collect()
    }

    #[test]
    fn rows_of_a_table_come_again() {
        let going = |flags: u16| {
            let surface = Surface { flags, ..Surface::default() };
            let row = UnitRow { masked_words: 20, words: 20, known: Known::No, surface };
            let mut out = Vec::new();
            let copy = Copy { unit: 20, original: 2, similarity: 1.0 };
            judge_into(&[row; 60], &[copy], &crate::Config::default().repeat, &mut out);
            out.len()
        };
        assert_eq!((going(0), going(Surface::CELLS)), (1, 0));
    }

    #[test]
    fn headings_below_a_table_of_contents_stay() {
        assert!(going(&[(20, 2), (25, 3), (40, 5)]).is_empty());
        assert_eq!(
            going(&[(20, 2), (25, 3), (40, 5), (50, 2), (51, 3)]),
            [50, 51],
            "only the first of each is a heading"
        );
    }

    #[test]
    fn what_is_copied_as_a_whole_goes() {
        assert_eq!(going(&[(20, 2), (21, 3), (22, 4), (23, 5)]), [20, 21, 22, 23]);
        assert_eq!(going(&[(20, 2), (22, 4), (24, 6)]), [20, 22, 24], "every other line of it");
        assert_eq!(going(&[(20, 2), (25, 3)]), [20, 25], "two are no table of contents");
        assert_eq!(going(&[(20, 2), (30, 8), (40, 14)]), [20, 30, 40], "captions that stand apart");
        assert_eq!(going(&[(40, 2), (30, 3), (20, 4)]), [20, 30, 40], "in another order");
        assert_eq!(going(&[(1, 0), (5, 2), (10, 3)]), [1, 5, 10], "among the items");
    }
}
