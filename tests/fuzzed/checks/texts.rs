//! Texts to units and words, and lines that are known.

use dechaff::judge::known::KnownLines;
use dechaff::text::fold::fold_into;
use dechaff::text::read::Reader;
use dechaff::text::segment::{Lines, segment_into};
use dechaff::text::sentence;
use dechaff::text::surface::Surface;
use dechaff::text::words::{self, Words};

const MOST: usize = 1 << 12;

/// Units lie in order and hold all that is not white space; every way to read their words and their look agrees.
pub fn text(data: &[u8]) {
    let text = &*String::from_utf8_lossy(&data[..data.len().min(MOST)]);
    assert_eq!(sentence::lengths(text).sum::<usize>(), text.len());
    let mut units = Vec::new();
    segment_into(text, &mut Lines::default(), &mut units);
    let mut reader = Reader::default();
    let (mut fast, mut exact, mut twin) = (Words::default(), Vec::new(), Words::default());
    let mut folded = String::from("left over");
    let mut at = 0;
    for unit in &units {
        let (start, end) = (unit.start as usize, unit.end as usize);
        assert!(at <= start && start < end);
        assert!(text[at..start].trim().is_empty());
        let body = &text[start..end];
        assert_eq!(body.trim(), body);
        at = end;

        fast.clear();
        exact.clear();
        twin.clear();
        let look = reader.unit_into(text, unit, &mut fast);
        assert_eq!(look, Surface::of(text, unit), "{body:?}");
        reader.words_into(text, unit.start, unit.end, &mut exact);
        fold_into(body, &mut folded);
        assert_eq!(reader.folded(text, unit), folded);
        assert!(!folded.bytes().any(|b| b.is_ascii_uppercase()), "{body:?}");
        words::unicode_words(&folded, &mut twin);
        assert_eq!((&fast.exact, &fast.masked, fast.unspaced), (&twin.exact, &twin.masked, twin.unspaced));
        assert_eq!(exact, twin.exact, "{body:?}");
        assert!(fast.count() <= fast.exact.len());
    }
    assert!(text[at..].trim().is_empty());
}

/// A list whose last line is a line to look up. Rows without slots are known themselves.
pub fn known(data: &[u8]) {
    let text = &*String::from_utf8_lossy(&data[..data.len().min(MOST / 4)]);
    let (list, line) = text.rsplit_once('\n').unwrap_or((text, text));
    let mut known = KnownLines::default();
    let added = known.add(list);
    known.holds(line);
    let rows = list.lines().take(added.err().map_or(usize::MAX, |e| e.0 as usize - 1));
    for row in rows.map(str::trim).filter(|r| !r.is_empty() && !r.starts_with('#') && !r.contains('{')) {
        let row = row.strip_prefix('\\').unwrap_or(row);
        assert!(known.holds(row), "{row:?}");
    }
}
