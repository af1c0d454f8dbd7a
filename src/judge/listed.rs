//! Numbered lists of an article: what goes on from items that stay, stays.
//!
//! In: verdicts on a page, and the lists of its text. Out: the verdicts without those that would break a list of the article.
//! A short item in the middle of a recipe looks like a link.

use super::Verdict;
use crate::tables::{Rule, UnitRow};
use crate::text::numbering;
use crate::text::surface::Surface;
use std::ops::Range;

/// Whether some of these verdicts stand on items of numbered lists, by the look of the units: worth a look at the text.
pub fn may_have(units: &[UnitRow], verdicts: &[Verdict]) -> bool {
    let numbered = |unit: usize| units[unit].surface.has(Surface::NUMBERED);
    let of_looks = |v: &&Verdict| v.rule == Rule::Context && numbered(v.unit);
    let mut of_looks = verdicts.iter().filter(of_looks).peekable();
    if of_looks.peek().is_none() {
        return false;
    }
    let (mut items, mut goes) = (0, false);
    (0..units.len()).any(|unit| {
        if numbered(unit) {
            items += 1;
            goes |= of_looks.next_if(|v| v.unit == unit).is_some();
        } else if !units[unit].surface.has(Surface::PART) {
            (items, goes) = (0, false);
        }
        goes && items >= numbering::LEAST
    })
}

/// Whether a list is the article's own, told by the verdicts on its page: at least half of its items stay. `items` are the units
/// of each.
pub fn is_of_text(items: &[Range<usize>], verdicts: &[Verdict]) -> bool {
    let goes = |item: &&Range<usize>| verdicts.binary_search_by_key(&item.start, |v| v.unit).is_ok();
    2 * items.iter().filter(goes).count() <= items.len()
}

/// Withdraws the verdicts on units of these lists, which are in order, that go for their look alone.
pub fn keep(lists: &[Range<usize>], verdicts: &mut Vec<Verdict>) {
    let mut lists = lists.iter().peekable();
    verdicts.retain(|v| {
        while lists.next_if(|list| list.end <= v.unit).is_some() {}
        v.rule != Rule::Context || !lists.peek().is_some_and(|list| list.contains(&v.unit))
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Kind;
    use crate::tables::{Known, Reasons};

    fn verdict((unit, rule): &(usize, Rule)) -> Verdict {
        let reasons = Reasons::default();
        Verdict { unit: *unit, kind: Kind::Boilerplate, rule: *rule, score: 0.8, witness: None, reasons }
    }

    fn verdicts(of: &[(usize, Rule)]) -> Vec<Verdict> {
        of.iter().map(verdict).collect()
    }

    #[test]
    fn half_of_the_items_must_stay() {
        let items = [2..3, 3..6, 6..7, 7..8];
        assert!(is_of_text(&items, &[]));
        assert!(is_of_text(
            &items,
            &verdicts(&[(3, Rule::Context), (6, Rule::SiteLine), (9, Rule::Context)])
        ));
        let most = [(2, Rule::Context), (3, Rule::Context), (6, Rule::Context)];
        assert!(!is_of_text(&items, &verdicts(&most)), "a list of what is read most");
        assert!(
            is_of_text(&items, &verdicts(&[(4, Rule::Context), (5, Rule::Context)])),
            "the first unit tells"
        );
    }

    #[test]
    fn what_goes_for_its_look_alone_stays_in_a_list() {
        let mut of_page = verdicts(&[
            (1, Rule::Context),
            (2, Rule::Context),
            (4, Rule::SiteLine),
            (5, Rule::Context),
            (6, Rule::Context),
            (9, Rule::Context),
        ]);
        keep(&[2..6, 9..12], &mut of_page);
        let left: Vec<usize> = of_page.iter().map(|v| v.unit).collect();
        assert_eq!(left, [1, 4, 6]);
    }

    #[test]
    fn a_text_is_looked_at_where_an_item_of_a_row_of_three_goes() {
        let units = |flags: &[u16]| -> Vec<UnitRow> {
            let look = |flags: u16| Surface { flags, ..Surface::default() };
            let row =
                |&flags: &u16| UnitRow { masked_words: 5, words: 5, known: Known::No, surface: look(flags) };
            flags.iter().map(row).collect()
        };
        const ITEM: u16 = Surface::NUMBERED;
        let list = units(&[0, ITEM, ITEM | Surface::PART, Surface::PART, ITEM, 0, ITEM, ITEM]);
        for (unit, rule, has) in [
            (1, Rule::Context, true),
            (4, Rule::Context, true),
            (4, Rule::KnownLine, false),
            (3, Rule::Context, false),
            (6, Rule::Context, false),
        ] {
            assert_eq!(may_have(&list, &verdicts(&[(unit, rule)])), has, "{unit} {rule:?}");
        }
        assert!(may_have(&list, &verdicts(&[(0, Rule::Context), (2, Rule::Context), (7, Rule::Context)])));
    }
}
