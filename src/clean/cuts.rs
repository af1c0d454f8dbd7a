//! Cuts spans from a text and closes up the white space they leave; puts them back.
//!
//! In: a text and the sorted spans that go. Out: for each span the range that is really removed, white space
//! included. What is in no range is copied byte for byte, so the ranges with their bytes undo the cut.

use crate::document::Span;

/// For each span of `spans` (sorted, disjoint, none empty) the range that goes. Ranges are disjoint and in
/// order. Of the white space on both sides of a cut the piece with more line breaks stays.
pub fn ranges(text: &str, spans: &[Span]) -> Vec<Span> {
    let mut out: Vec<Span> = Vec::with_capacity(spans.len());
    let mut at = 0usize;
    while at < spans.len() {
        let mut end = at + 1;
        while end < spans.len() && is_blank(text, spans[end - 1].end, spans[end].start) {
            end += 1;
        }
        close_up(text, &spans[at..end], &mut out);
        at = end;
    }
    out
}

fn is_blank(text: &str, start: u32, end: u32) -> bool {
    text[start as usize..end as usize].trim().is_empty()
}

/// The ranges of spans that have nothing but white space between them.
fn close_up(text: &str, block: &[Span], out: &mut Vec<Span>) {
    let (first, last) = (block[0].start as usize, block[block.len() - 1].end as usize);
    let before = text[..first].trim_end().len();
    let after = text.len() - text[last..].trim_start().len();
    let (left, right) = (&text[before..first], &text[last..after]);
    let through_last_break = right.rfind('\n').map_or(0, |n| n + 1);
    let (start, end) = if before == 0 && after == text.len() {
        (0, after)
    } else if before == 0 {
        (0, if through_last_break > 0 { last + through_last_break } else { after })
    } else if after == text.len() {
        (before, last)
    } else if breaks(left) >= breaks(right) {
        (first, if breaks(right) > 0 { last + through_last_break } else { after })
    } else {
        (before, last)
    };
    for (i, span) in block.iter().enumerate() {
        let from = if i == 0 { start as u32 } else { span.start };
        let to = block.get(i + 1).map_or(end as u32, |next| next.start);
        out.push(Span { start: from, end: to });
    }
}

fn breaks(white: &str) -> usize {
    memchr::memchr_iter(b'\n', white.as_bytes()).count()
}

/// The text without the ranges.
pub fn cut(text: &str, ranges: &[Span]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0usize;
    for range in ranges {
        out.push_str(&text[at..range.start as usize]);
        at = range.end as usize;
    }
    out.push_str(&text[at..]);
    out
}

/// The bytes before the cut, from what was left and what was removed: `(start in the original, bytes)` each, in
/// order. `None` where they do not fit together.
pub fn put_back(left: &[u8], removed: &[(usize, &[u8])]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(left.len() + removed.iter().map(|r| r.1.len()).sum::<usize>());
    let mut at = 0usize;
    for &(start, bytes) in removed {
        let copy = start.checked_sub(out.len())?;
        out.extend_from_slice(left.get(at..at.checked_add(copy)?)?);
        out.extend_from_slice(bytes);
        at += copy;
    }
    out.extend_from_slice(left.get(at..)?);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn without(text: &str, cut_words: &[&str]) -> String {
        let mut spans: Vec<Span> = cut_words
            .iter()
            .map(|w| {
                let start = text.find(w).unwrap() as u32;
                Span { start, end: start + w.len() as u32 }
            })
            .collect();
        spans.sort();
        cut(text, &ranges(text, &spans))
    }

    #[test]
    fn blank_lines_left_behind_are_closed_up() {
        assert_eq!(without("One.\n\nMENU\n\nTwo.\n", &["MENU"]), "One.\n\nTwo.\n");
        assert_eq!(without("One.\nMENU\nTwo.", &["MENU"]), "One.\nTwo.");
        assert_eq!(without("One.\nMENU\n\nTwo.", &["MENU"]), "One.\n\nTwo.");
        assert_eq!(without("One.\n\nA\n\nB\n\n    Two.", &["A", "B"]), "One.\n\n    Two.");
    }

    #[test]
    fn starts_and_ends_are_closed_up() {
        assert_eq!(without("\nMENU\n\n  One.\n", &["MENU"]), "  One.\n");
        assert_eq!(without("One.\n\nFOOT\n", &["FOOT"]), "One.\n");
        assert_eq!(without("One.\n\nFOOT", &["FOOT"]), "One.");
        assert_eq!(without("\n ALL \n", &["ALL"]), "");
    }

    #[test]
    fn sentences_go_with_one_space() {
        assert_eq!(without("One. Two. Three.", &["Two."]), "One. Three.");
        assert_eq!(without("One. Two.\n\nThree.", &["Two."]), "One.\n\nThree.");
        assert_eq!(without("One. Two.\nThree.", &["One.", "Two."]), "Three.");
    }

    proptest! {
        #[test]
        fn cuts_are_undone_and_touch_nothing_else(text in "[ab \n]{0,60}", picks in prop::collection::vec(any::<bool>(), 60)) {
            let mut spans = Vec::new();
            let mut at = 0;
            for (word, pick) in text.split_whitespace().zip(picks) {
                let start = at + text[at..].find(word).unwrap();
                at = start + word.len();
                if pick {
                    spans.push(Span { start: start as u32, end: at as u32 });
                }
            }
            let ranges = ranges(&text, &spans);
            for (range, span) in ranges.iter().zip(&spans) {
                prop_assert!(range.start <= span.start && span.end <= range.end);
                prop_assert_eq!(range.of(&text).trim(), span.of(&text));
            }
            prop_assert!(ranges.windows(2).all(|w| w[0].end <= w[1].start));
            let left = cut(&text, &ranges);
            let removed: Vec<(usize, &[u8])> = ranges.iter().map(|r| (r.start as usize, r.of(&text).as_bytes())).collect();
            prop_assert_eq!(put_back(left.as_bytes(), &removed).unwrap(), text.as_bytes());
        }
    }
}
