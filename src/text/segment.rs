//! Cuts a text into units: lines, paragraphs of hard-wrapped blocks, sentences of very long lines.
//!
//! In: a text. Out: [`Unit`]s in order, without the white space around them; they never overlap.
//!
//! A *block* is a run of lines without a blank line between them. A block is hard-wrapped where most of its
//! line breaks are *soft*: the line before is long, does not end a sentence, and either the next line goes on
//! in lower case or its first word would not have fitted. Told per block, because one text mixes both
//! (feeds that wrap the first paragraph and join the rest). Within a wrapped block a line that is indented
//! more than the block, or that follows a short line which ends a sentence, starts a new paragraph.

use super::sentence;

/// A piece of text that is judged as one: its span, and how it stands on the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unit {
    /// First byte in the text.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
    /// Columns of white space before it on its line (at most 255).
    pub indent: u8,
    /// Whether a blank line, or the start of the text, stands before it.
    pub after_blank: bool,
    /// Whether it is a whole line or paragraph, or one sentence of it.
    pub part: Part,
}

/// How much of its line or paragraph a unit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// All of it.
    Whole,
    /// One sentence of it.
    Sentence,
}

/// Units of more bytes than this are split into sentences. A caption or an ordinary paragraph stays whole;
/// feeds that join a story's paragraphs into one line reach far beyond it.
pub const LONG_UNIT: usize = 600;

/// Lines shorter than this are never taken for wrapped ones (menus, tables, verse).
const MIN_WRAPPED_LINE: usize = 30;

/// Of the breaks within a block's paragraphs, the share that must be soft for the block to be hard-wrapped.
const SOFT_SHARE: f32 = 0.6;

#[derive(Debug, Clone, Copy)]
struct Line {
    start: usize,
    end: usize,
    indent: usize,
}

/// Splits `text` into units, appended to `units`; `lines` is scratch.
pub fn segment_into(text: &str, scratch: &mut Lines, units: &mut Vec<Unit>) {
    let lines = &mut scratch.0;
    lines.clear();
    let mut at = 0;
    for newline in memchr::memchr_iter(b'\n', text.as_bytes()).chain([text.len()]) {
        match trimmed(text, at, newline) {
            Some(line) => lines.push(line),
            None => flush(text, lines, units),
        }
        at = newline + 1;
    }
    flush(text, lines, units);
}

/// Scratch of [`segment_into`]: the lines of the block at hand.
#[derive(Debug, Default)]
pub struct Lines(Vec<Line>);

fn trimmed(text: &str, start: usize, end: usize) -> Option<Line> {
    let raw = &text[start.min(end)..end];
    // White space of ASCII, of which there is mostly a space or two, by its bytes; what other there is behind it.
    let is_text = |b: u8| !matches!(b, b' ' | b'\t'..=b'\r');
    let (first, last) = (raw.bytes().position(is_text)?, raw.bytes().rposition(is_text)?);
    let line = &raw[first..=last];
    let behind = line.trim_start();
    if behind.is_empty() {
        return None;
    }
    let indent = first + line.len() - behind.len();
    let start = start + indent;
    Some(Line { start, end: start + behind.trim_end().len(), indent })
}

fn flush(text: &str, lines: &mut Vec<Line>, units: &mut Vec<Unit>) {
    // Most blocks are a line, of which there is nothing to ask.
    if let &[line] = &**lines {
        push(text, &[line], true, units);
        lines.clear();
        return;
    }
    let Some(first) = lines.first() else { return };
    let base = lines.iter().map(|l| l.indent).min().unwrap_or(first.indent);
    let width = wrap_width(lines);
    let wrapped = is_wrapped(text, lines, (base, width));
    let mut from = 0;
    for i in 0..lines.len() {
        let last = i + 1 == lines.len();
        if last || !wrapped || starts_paragraph(text, lines[i], lines[i + 1], base, width) {
            push(text, &lines[from..=i], from == 0, units);
            from = i + 1;
        }
    }
    lines.clear();
}

fn push(text: &str, lines: &[Line], after_blank: bool, units: &mut Vec<Unit>) {
    let (first, last) = (lines[0], lines[lines.len() - 1]);
    let unit = Unit {
        start: first.start as u32,
        end: last.end as u32,
        indent: first.indent.min(255) as u8,
        after_blank,
        part: Part::Whole,
    };
    if last.end - first.start <= LONG_UNIT {
        units.push(unit);
        return;
    }
    let before = units.len();
    let mut at = first.start;
    for length in sentence::lengths(&text[first.start..last.end]) {
        let piece = &text[at..at + length];
        let body = piece.trim();
        if !body.is_empty() {
            let start = at + (piece.len() - piece.trim_start().len());
            units.push(Unit {
                start: start as u32,
                end: (start + body.len()) as u32,
                indent: 0,
                after_blank: after_blank && units.len() == before,
                part: Part::Sentence,
            });
        }
        at += length;
    }
    if units.len() == before + 1 {
        units[before] = unit;
    }
}

/// The width that the block was wrapped at: its longest line of at most 110 bytes.
fn wrap_width(lines: &[Line]) -> usize {
    lines.iter().map(|l| l.end - l.start).filter(|&n| n <= 110).max().unwrap_or(0)
}

fn is_wrapped(text: &str, lines: &[Line], (base, width): (usize, usize)) -> bool {
    let (mut soft, mut lower, mut breaks) = (0, 0, 0);
    for pair in lines.windows(2) {
        if pair[1].indent > base + 1 && pair[0].indent <= base + 1 {
            continue;
        }
        let ends = ends_sentence(&text[..pair[0].end]);
        let length = pair[0].end - pair[0].start;
        if ends && has_room(length, text, pair[1], width) {
            continue;
        }
        breaks += 1;
        let last = text.as_bytes()[pair[0].end - 1];
        if length < MIN_WRAPPED_LINE || matches!(last, b';' | b'{' | b'}' | b'|' | b':') {
            continue;
        }
        let goes_on = !ends && text[pair[1].start..].starts_with(char::is_lowercase);
        let would_not_fit = || width >= 50 && length + 1 + first_word(text, pair[1]) > width;
        lower += usize::from(goes_on);
        soft += usize::from(goes_on || would_not_fit());
    }
    breaks > 0 && lower > 0 && soft as f32 >= SOFT_SHARE * breaks as f32
}

fn starts_paragraph(text: &str, line: Line, next: Line, base: usize, width: usize) -> bool {
    next.indent > base + 1 && line.indent <= base + 1
        || next.indent > base && line.indent == base && next.end - next.start < MIN_WRAPPED_LINE
        || ends_short(text, line, next, width)
}

/// A line that ends a sentence though the next word would have fitted with room to spare.
fn ends_short(text: &str, line: Line, next: Line, width: usize) -> bool {
    ends_sentence(&text[..line.end]) && has_room(line.end - line.start, text, next, width)
}

/// Whether the first word of `next` would have fitted behind a line of so many bytes, with room to spare.
fn has_room(length: usize, text: &str, next: Line, width: usize) -> bool {
    length + 1 + first_word(text, next) + 8 < width
}

fn first_word(text: &str, line: Line) -> usize {
    let bytes = &text.as_bytes()[line.start..line.end];
    bytes.iter().position(u8::is_ascii_whitespace).unwrap_or(bytes.len())
}

/// Whether `text` ends as a sentence does: a terminator, perhaps with closing quotes or brackets after it.
pub fn ends_sentence(text: &str) -> bool {
    if let Some(&last) = text.as_bytes().last()
        && last.is_ascii()
        && !matches!(last, b'"' | b'\'' | b')' | b']')
    {
        return matches!(last, b'.' | b'!' | b'?');
    }
    text.trim_end_matches(['"', '\'', ')', ']', '\u{201d}', '\u{2019}', '\u{bb}', '\u{300d}', '\u{300f}'])
        .ends_with(|c| sentence::terminator(c).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn units(text: &str) -> Vec<&str> {
        let mut out = Vec::new();
        segment_into(text, &mut Lines::default(), &mut out);
        out.iter().map(|u| &text[u.start as usize..u.end as usize]).collect()
    }

    #[test]
    fn lines_are_units_without_the_white_space_around_them() {
        assert_eq!(units("One\n\n  Two \r\nThree"), ["One", "Two", "Three"]);
        assert!(units(" \n\t\n").is_empty());
    }

    #[test]
    fn a_hard_wrapped_block_is_one_paragraph() {
        let text = "The harbour board said on Monday that it would raise the fees for\nferries by a tenth, the third \
                    time in two years, because the quay\nneeds repairs that cannot wait.";
        assert_eq!(units(text).len(), 1);
    }

    #[test]
    fn an_indented_line_starts_a_paragraph_of_a_wrapped_block() {
        let text = "FERRY FEES RISE AGAIN\n    NORTHPORT, March 3 - The harbour board said on Monday that it\nwould \
                    raise the fees for ferries by a tenth, the third time\nin two years.\n    The quay needs repairs \
                    that cannot wait any longer than the\nspring, said its chairman.\n Agency";
        let got = units(text);
        assert_eq!(got.len(), 4, "{got:?}");
        assert!(got[1].starts_with("NORTHPORT") && got[1].ends_with("years."));
        assert_eq!(got[3], "Agency");
    }

    #[test]
    fn menus_code_and_verse_stay_lines() {
        for text in [
            "Home\nnews\nsport\nweather\nabout us",
            "let total_of_all_entries = first_entry;\nlet second_of_all_entries = total;\nreturn second_of_all_entries;",
            "The river took the ferryman at dawn,\nHis lantern and his singing both are gone,\nAnd no one on the quay \
             will tell the boy",
        ] {
            assert_eq!(units(text).len(), text.lines().count(), "{text}");
        }
    }

    #[test]
    fn a_very_long_line_is_split_into_sentences() {
        let text = "The board of the harbour met on Monday. ".repeat(20);
        assert_eq!(units(&text).len(), 20);
    }

    #[test]
    fn units_are_in_order_and_never_overlap() {
        let text = "a\n\nb c\n".repeat(5) + &"Long sentence here, it is. ".repeat(60);
        let mut out = Vec::new();
        segment_into(&text, &mut Lines::default(), &mut out);
        assert!(out.windows(2).all(|w| w[0].end <= w[1].start));
    }

    proptest! {
        #[test]
        fn a_line_is_what_stands_between_its_white_space(line in "[ \\t\\x0b\\r\u{a0}\u{3000}•a.é]{0,12}") {
            let expected: Vec<&str> = Some(line.trim()).into_iter().filter(|line| !line.is_empty()).collect();
            prop_assert_eq!(units(&line), expected);
            let mut out = Vec::new();
            segment_into(&line, &mut Lines::default(), &mut out);
            let indent = (line.len() - line.trim_start().len()) as u8;
            prop_assert!(out.iter().all(|unit| unit.indent == indent));
        }
    }
}
