//! What the second trees of the boilerplate model see of a unit: its own features, what the first trees said of the
//! page around it, and the stamps there. A comment below an article reads like the article, and a caption like a menu; where the text of the page
//! begins and ends is told by all units together.
//!
//! In: the units of one document, their features, and the log-odds of each to belong to the article. Out: a row of
//! [`COUNT`] numbers a unit.

use super::features::{self, NAMES};
use super::model::chance;
use super::stamps::{self, Stamps, distances};
use crate::tables::UnitRow;

/// Units before and behind of which the odds are seen one by one.
const OFFSETS: [isize; 14] = [-8, -6, -5, -4, -3, -2, -1, 1, 2, 3, 4, 5, 6, 8];
/// Units before and behind that are seen together.
const REACHES: [usize; 4] = [2, 5, 10, 25];
/// What is seen of each reach.
const SIDES: [&str; 3] = ["around", "before", "behind"];
/// What is seen of the text of the whole page.
const OF_PAGE: [&str; 10] = [
    "text_before_share",
    "text_before",
    "text_behind",
    "page_text",
    "page_text_share",
    "in_text",
    "before_text",
    "behind_text",
    "sure_before",
    "sure_behind",
];

/// How many numbers a row has.
pub const COUNT: usize =
    features::COUNT + 1 + OFFSETS.len() + REACHES.len() * SIDES.len() + OF_PAGE.len() + stamps::COUNT;

/// One row.
pub type Row = [f32; COUNT];

/// Odds beyond this are as good as sure.
const SURE_ODDS: f32 = 6.0;
/// The odds of what is not on the page.
const OUTSIDE: f32 = -7.0;
/// A unit of more than [`SURE_WORDS`] words above this chance is text for sure.
const SURE_CHANCE: f32 = 0.8;
const SURE_WORDS: u16 = 10;
/// Words of a unit beyond which it counts no more for where the text is.
const MANY_WORDS: u16 = 60;

/// What an input is, beside a unit's own features.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// One of [`NAMES`].
    Own(usize),
    /// The odds of the unit itself.
    Odds,
    /// The odds of a unit so far before or behind it.
    OddsAt(isize),
    /// The text near it, or where it stands in that of the page.
    Text,
    /// The text of the page as a whole.
    Page,
    /// Dates and the like near it.
    Stamps,
}

impl Input {
    /// Input `i` of [`COUNT`].
    pub fn of(i: usize) -> Input {
        let Some(beyond) = i.checked_sub(features::COUNT) else { return Input::Own(i) };
        let Some(beyond) = beyond.checked_sub(1) else { return Input::Odds };
        match OFFSETS.get(beyond) {
            Some(&offset) => Input::OddsAt(offset),
            None if names()[i].starts_with("page_") => Input::Page,
            None if i >= COUNT - stamps::COUNT => Input::Stamps,
            None => Input::Text,
        }
    }
}

/// The names of all inputs.
pub fn names() -> Vec<String> {
    let own = NAMES.iter().map(|n| n.to_string()).chain(["odds".to_owned()]);
    let around = OFFSETS.iter().map(|k| format!("odds@{k:+}"));
    let near = REACHES.iter().flat_map(|r| SIDES.iter().map(move |side| format!("text_{side}_{r}")));
    let page = OF_PAGE.iter().map(|n| n.to_string());
    own.chain(around).chain(near).chain(page).chain(stamps::names()).collect()
}

/// Writes the rows of all units of a document, of which `own` are the features and `odds` what the first trees say.
pub fn rows_into(units: &[UnitRow], own: &[features::Row], odds: &[f32], out: &mut [Row]) {
    let (page, stamps) = (Page::of(units, odds), Stamps::of(units));
    for (i, (row, own)) in out.iter_mut().zip(own).enumerate() {
        row[..features::COUNT].copy_from_slice(own);
        let mut at = features::COUNT;
        let mut push = |value: f32| {
            row[at] = value;
            at += 1;
        };
        push(page.odds[i]);
        for offset in OFFSETS {
            push(i.checked_add_signed(offset).and_then(|k| page.odds.get(k)).map_or(OUTSIDE, |&o| o));
        }
        for reach in REACHES {
            let (from, to) = (i.saturating_sub(reach), (i + reach + 1).min(units.len()));
            push(page.share(from, to));
            push(page.share(from, i));
            push(page.share(i + 1, to));
        }
        page.push_whole(i, &mut push);
        stamps.push_of(i, &mut push);
        debug_assert_eq!(at, COUNT);
    }
}

/// What the first trees say of a page.
struct Page {
    odds: Vec<f32>,
    /// Words of the units before each, and how many of them are of the article by their chances.
    words: Vec<f64>,
    text: Vec<f64>,
    /// The units with the most text and the least else.
    run: std::ops::Range<usize>,
    /// How far before and behind each unit one is that is text for sure.
    sure_before: Vec<f32>,
    sure_behind: Vec<f32>,
}

impl Page {
    fn of(units: &[UnitRow], odds: &[f32]) -> Page {
        let odds: Vec<f32> = odds.iter().map(|o| o.clamp(-SURE_ODDS, SURE_ODDS)).collect();
        let chances: Vec<f32> = odds.iter().map(|&o| chance(o)).collect();
        let (mut words, mut text) = (vec![0.0], vec![0.0]);
        let (mut all, mut of_text) = (0.0, 0.0);
        for (unit, chance) in units.iter().zip(&chances) {
            // A unit without words counts a little, too.
            let n = f64::from(unit.words) + 0.5;
            all += n;
            of_text += n * f64::from(*chance);
            words.push(all);
            text.push(of_text);
        }
        let sure: Vec<bool> = units
            .iter()
            .zip(&chances)
            .map(|(unit, chance)| *chance > SURE_CHANCE && unit.words >= SURE_WORDS)
            .collect();
        let mut sure_behind = distances(sure.iter().rev());
        sure_behind.reverse();
        Page {
            run: best_run(units, &chances),
            sure_before: distances(sure.iter()),
            sure_behind,
            odds,
            words,
            text,
        }
    }

    /// The share of the words of some units that is of the article.
    fn share(&self, from: usize, to: usize) -> f32 {
        if from >= to {
            return 0.0;
        }
        ((self.text[to] - self.text[from]) / (self.words[to] - self.words[from])) as f32
    }

    /// What [`OF_PAGE`] names, of unit `i`.
    fn push_whole(&self, i: usize, push: &mut impl FnMut(f32)) {
        let units = self.odds.len();
        let log = |n: f64| (1.0 + n as f32).log2();
        let all = self.text[units];
        push((self.text[i] / (all + 1.0)) as f32);
        push(log(self.text[i]));
        push(log(all - self.text[i + 1]));
        push(log(all));
        push(self.share(0, units));
        push(f32::from(u8::from(self.run.contains(&i))));
        push(log(self.run.start.saturating_sub(i) as f64));
        push(log((i + 1).saturating_sub(self.run.end) as f64));
        push(self.sure_before[i]);
        push(self.sure_behind[i]);
    }
}

/// The run of units with the largest sum, where a word counts by how far its chance is above one half (Kadane's algorithm).
fn best_run(units: &[UnitRow], chances: &[f32]) -> std::ops::Range<usize> {
    let (mut best, mut best_sum) = (0..0, 0.0);
    let (mut start, mut sum) = (0, 0.0f32);
    for (i, (unit, chance)) in units.iter().zip(chances).enumerate() {
        if sum <= 0.0 {
            (start, sum) = (i, 0.0);
        }
        sum += (chance - 0.5) * (f32::from(unit.words.min(MANY_WORDS)) + 0.5);
        if sum > best_sum {
            (best, best_sum) = (start..i + 1, sum);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::counts::made::unit;

    fn value(row: &Row, name: &str) -> f32 {
        row[names().iter().position(|n| n == name).unwrap()]
    }

    #[test]
    fn every_input_has_a_name_of_its_own() {
        let mut all = names();
        assert_eq!(all.len(), COUNT);
        for (i, name) in all.iter().enumerate() {
            match Input::of(i) {
                Input::Own(feature) => assert_eq!(name, NAMES[feature]),
                Input::Odds => assert_eq!(name, "odds"),
                Input::OddsAt(offset) => assert_eq!(*name, format!("odds@{offset:+}")),
                Input::Page => assert!(name.starts_with("page_text")),
                Input::Text => assert!(name.contains("text") || name.starts_with("sure")),
                Input::Stamps => assert!(name.contains("stamp")),
            }
        }
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), COUNT);
    }

    #[test]
    fn a_page_is_seen_from_each_of_its_units() {
        let units = [unit(2, 0), unit(40, 0), unit(3, 0), unit(30, 0), unit(1, 0)];
        let own = [[0.25; features::COUNT]; 5];
        let mut rows = [[0.0; COUNT]; 5];
        rows_into(&units, &own, &[-9.0, 4.0, -2.0, 4.0, -4.0], &mut rows);
        assert_eq!(value(&rows[0], "odds"), -6.0);
        assert_eq!([value(&rows[0], "odds@-1"), value(&rows[0], "odds@+1")], [OUTSIDE, 4.0]);
        assert_eq!(rows.map(|row| value(&row, "in_text")), [0.0, 1.0, 1.0, 1.0, 0.0]);
        assert_eq!(rows.map(|row| value(&row, "before_text")), [1.0, 0.0, 0.0, 0.0, 0.0]);
        assert_eq!(rows.map(|row| value(&row, "behind_text")), [0.0, 0.0, 0.0, 0.0, 1.0]);
        assert_eq!(rows.map(|row| value(&row, "sure_before")), [9.0, 9.0, 1.0, 3f32.log2(), 1.0]);
        assert_eq!(value(&rows[4], "sure_behind"), 9.0);
        assert_eq!(value(&rows[0], "text_before_2"), 0.0);
        assert!(value(&rows[2], "text_around_2") > 0.85 && value(&rows[0], "text_around_2") > 0.85);
        assert!(value(&rows[4], "text_before_share") > value(&rows[2], "text_before_share"));
        assert!(rows.iter().all(|row| value(row, "edge") == 0.25));
    }
}
