//! Stamps: short lines with figures, such as the dates above comments.
//!
//! In: the units of one document. Out: for each how many stamps are near it, and how far the next ones are. Comments read like an
//! article, but every few lines one of them says when it was written.

use crate::tables::UnitRow;
use crate::text::surface::Surface;
use std::ops::RangeInclusive;

/// Units before and behind among which stamps are counted.
const REACHES: [usize; 2] = [8, 20];
/// What else is told of a unit.
const OTHERS: [&str; 3] = ["last_stamp", "next_stamp", "stamps_before"];
/// How many numbers are told of a unit.
pub(super) const COUNT: usize = 2 * REACHES.len() + OTHERS.len();

/// Words of a stamp.
const WORDS: RangeInclusive<u16> = 2..=14;
/// Share of its characters that are digits, in 1/255: what has fewer is a headline with a number in it, what has more a row
/// of a table.
const DIGITS: RangeInclusive<u8> = 15..=199;
/// The distance to what is not on the page, as a logarithm.
const NOWHERE: f32 = 9.0;

/// The names of what is told of a unit.
pub(super) fn names() -> impl Iterator<Item = String> {
    let near = REACHES.iter().flat_map(|r| ["before", "behind"].map(|side| format!("stamps_{side}_{r}")));
    near.chain(OTHERS.map(str::to_owned))
}

/// Whether a unit looks like a date, a time, or a number of comments.
pub(super) fn is_stamp(unit: &UnitRow) -> bool {
    let look = &unit.surface;
    WORDS.contains(&unit.words) && DIGITS.contains(&look.digits) && !look.has(Surface::SENTENCE)
}

/// How many stamps there are among the eight units before one and the eight behind it.
pub(super) fn around(units: &[UnitRow], i: usize) -> usize {
    let range = i.saturating_sub(REACHES[0])..(i + REACHES[0] + 1).min(units.len());
    range.filter(|&k| k != i && is_stamp(&units[k])).count()
}

/// The stamps of a page.
pub(super) struct Stamps {
    /// How many stand before each unit, and on the whole page.
    before: Vec<u32>,
    /// How far before and behind each unit one is.
    last: Vec<f32>,
    next: Vec<f32>,
}

impl Stamps {
    pub fn of(units: &[UnitRow]) -> Stamps {
        let is: Vec<bool> = units.iter().map(is_stamp).collect();
        let counted = is.iter().scan(0, |count, &is| {
            *count += u32::from(is);
            Some(*count)
        });
        let before = [0].into_iter().chain(counted).collect();
        let mut next = distances(is.iter().rev());
        next.reverse();
        Stamps { before, last: distances(is.iter()), next }
    }

    /// Hands on what [`names`] names, of unit `i`.
    pub fn push_of(&self, i: usize, push: &mut impl FnMut(f32)) {
        let units = self.before.len() - 1;
        for reach in REACHES {
            let (from, to) = (i.saturating_sub(reach), (i + reach + 1).min(units));
            push((self.before[i] - self.before[from]) as f32);
            push((self.before[to] - self.before[i + 1]) as f32);
        }
        push(self.last[i]);
        push(self.next[i]);
        push((1.0 + self.before[i] as f32).log2());
    }
}

/// For each unit how far the last one before it is of which something holds, as a logarithm.
pub(super) fn distances<'a>(is: impl Iterator<Item = &'a bool>) -> Vec<f32> {
    let mut last: Option<usize> = None;
    let distance = |(i, &is): (usize, &bool)| {
        let distance = last.map_or(NOWHERE, |last| (1.0 + (i - last) as f32).log2());
        if is {
            last = Some(i);
        }
        distance
    };
    is.enumerate().map(distance).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::counts::made::unit;

    fn line(words: u16, digits: u8, flags: u16) -> UnitRow {
        let surface = Surface { digits, flags, ..Surface::default() };
        UnitRow { surface, ..unit(words, flags) }
    }

    #[test]
    fn dates_are_stamps_and_sentences_and_rows_are_none() {
        assert!(is_stamp(&line(6, 60, 0)), "a name and a date");
        assert!(!is_stamp(&line(6, 60, Surface::SENTENCE)));
        assert!(!is_stamp(&line(15, 60, 0)) && !is_stamp(&line(1, 60, 0)));
        assert!(!is_stamp(&line(6, 14, 0)), "a headline with a number");
        assert!(!is_stamp(&line(6, 200, 0)), "a row of figures");
    }

    #[test]
    fn stamps_are_counted_around_each_unit() {
        let units: Vec<UnitRow> = (0..40).map(|i| line(4, if i % 10 == 3 { 60 } else { 0 }, 0)).collect();
        let stamps = Stamps::of(&units);
        let told = |i: usize| {
            let mut told = Vec::new();
            stamps.push_of(i, &mut |value| told.push(value));
            assert_eq!(told.len(), COUNT);
            told
        };
        assert_eq!(told(0), [0.0, 1.0, 0.0, 2.0, NOWHERE, 2.0, 0.0]);
        assert_eq!(told(14), [1.0, 0.0, 2.0, 2.0, 1.0, 10f32.log2(), 3f32.log2()]);
        assert_eq!(told(39)[4..], [7f32.log2(), NOWHERE, 5f32.log2()]);
        assert_eq!(names().count(), COUNT);
        assert_eq!([0, 3, 8, 14].map(|i| around(&units, i)), [1, 0, 2, 1]);
    }
}
