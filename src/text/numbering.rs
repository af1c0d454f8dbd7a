//! Lists whose items are numbered one after the other.
//!
//! In: a text and where its units are. Out: the items of each list, as the units that they are made of.

use crate::document::Span;
use std::ops::Range;

/// Fewer items in a row are no list: two numbers follow one another by chance.
pub const LEAST: usize = 3;

/// What stands between a bullet and the number of an item, and what may stand behind the number.
const BEFORE: [char; 7] = ['•', '*', '-', '#', '(', '[', '§'];
const BEHIND: [char; 6] = ['.', ')', ']', ':', '、', '．'];

/// Calls `take` with the items of each list of three or more lines in a row that are numbered one after the other in the same
/// way, as ranges of units: those of one line, where it is long enough to have several, belong to one item.
pub fn lists(text: &str, spans: &[Span], mut take: impl FnMut(&[Range<usize>])) {
    let mut items: Vec<Range<usize>> = Vec::new();
    let mut last = None;
    let mut end_list = |items: &mut Vec<Range<usize>>| {
        if items.len() >= LEAST {
            take(items);
        }
        items.clear();
    };
    let breaks = |unit: usize| text[spans[unit - 1].end as usize..spans[unit].start as usize].contains('\n');
    let mut from = 0;
    while from < spans.len() {
        let end = (from + 1..spans.len()).find(|&unit| breaks(unit)).unwrap_or(spans.len());
        let number = number_of(spans[from].of(text));
        let goes_on = matches!((last, number), (Some((before, as_before)), Some((number, mark)))
            if number == before + 1 && mark == as_before);
        if !goes_on {
            end_list(&mut items);
        }
        if number.is_some() {
            items.push(from..end);
        }
        last = number;
        from = end;
    }
    end_list(&mut items);
}

/// The number that a line begins with as an item of a list does, and what stands behind it.
pub fn number_of(line: &str) -> Option<(u32, char)> {
    let line = line.trim_start_matches(|c: char| c.is_whitespace() || BEFORE.contains(&c));
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    if !(1..=4).contains(&digits) {
        return None;
    }
    let number = line[..digits].parse().ok()?;
    let mut rest = line[digits..].chars();
    let mark = rest.next().filter(|mark| BEHIND.contains(mark))?;
    // A decimal, a time or a paragraph of a chapter.
    let counts = !rest.next().is_some_and(|next| next.is_ascii_digit());
    counts.then_some((number, mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many units each item of every list of a text has; units are divided by bars and line breaks.
    fn listed(text: &str) -> Vec<Vec<usize>> {
        let (mut spans, mut at) = (Vec::new(), 0);
        for unit in text.split(['|', '\n']) {
            let lead = unit.len() - unit.trim_start().len();
            spans.push(Span { start: (at + lead) as u32, end: (at + unit.len()) as u32 });
            at += unit.len() + 1;
        }
        let mut out = Vec::new();
        lists(text, &spans, |items| out.push(items.iter().map(|item| item.len()).collect()));
        out
    }

    #[test]
    fn lines_in_a_row_that_count_up_are_a_list() {
        assert_eq!(listed("Tides\n  7. Walk.\n8. Row. |They said so.\n9. Swim."), [[1, 2, 1]]);
        assert_eq!(
            listed("• 1) Ebb\n• 2) Flood\n• 3) Slack\n1) Moon\n2) Sun\n3) Wind"),
            [[1, 1, 1], [1, 1, 1]]
        );
        assert_eq!(listed("1、潮\n2、汐\n3、月"), [[1, 1, 1]]);
    }

    #[test]
    fn other_numbers_are_none() {
        for text in [
            "1. Ebb\n2. Flood",
            "1. Ebb\n2) Flood\n3. Slack",
            "1. Ebb\n2. Flood\n4. Slack",
            "1. Ebb\nThe sea falls.\n2. Flood\nIt rises.\n3. Slack\nIt rests.",
            "1.5 metres\n2.5 metres\n3.5 metres",
            "9:15 Ebb\n10:15 Flood\n11:15 Slack",
            "1 boat\n2 boats\n3 boats",
            "",
        ] {
            assert_eq!(listed(text), Vec::<Vec<usize>>::new(), "{text}");
        }
    }
}
