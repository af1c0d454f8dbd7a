//! Dates, sites, and cuts.

use dechaff::clean::cuts::{self, put_back, ranges};
use dechaff::corpus::{date, site};
use dechaff::document::Span;
use dechaff::text::segment::{Lines, segment_into};

const MOST: usize = 1 << 12;

/// Dates and addresses in any spelling.
pub fn places(data: &[u8]) {
    let text = &*String::from_utf8_lossy(&data[..data.len().min(MOST)]);
    if let Some(seconds) = date::parse(text) {
        assert_eq!(date::parse(&format!(" {text}\n")), Some(seconds));
    }
    if let Some(name) = site::of_url(text) {
        assert!(!name.is_empty());
        // The name of a site is the site of that name; hosts of other schemes may be anything.
        if text.trim_start().starts_with("http://") {
            assert_eq!(site::of_url(&format!("http://{name}/")).as_deref(), Some(&*name));
        }
    }
    if let Some(name) = site::normal(text) {
        assert!(!name.trim().is_empty());
    }
}

/// Some units of a text are cut and put back. The first byte, over and over, tells which.
pub fn cuts(data: &[u8]) {
    let (choice, data) = super::chosen(data, MOST);
    let text = &*String::from_utf8_lossy(data);
    let mut units = Vec::new();
    segment_into(text, &mut Lines::default(), &mut units);
    let chosen = units.iter().enumerate().filter(|u| choice >> (u.0 % 8) & 1 == 1);
    let spans: Vec<Span> = chosen.map(|(_, u)| Span { start: u.start, end: u.end }).collect();
    let ranges = ranges(text, &spans);
    assert_eq!(ranges.len(), spans.len());
    for (range, span) in ranges.iter().zip(&spans) {
        assert!(range.start <= span.start && span.end <= range.end);
        assert_eq!(range.of(text).trim(), span.of(text));
    }
    assert!(ranges.windows(2).all(|w| w[0].end <= w[1].start));
    let left = cuts::cut(text, &ranges);
    let removed: Vec<(usize, &[u8])> =
        ranges.iter().map(|r| (r.start as usize, r.of(text).as_bytes())).collect();
    assert_eq!(put_back(left.as_bytes(), &removed).as_deref(), Some(text.as_bytes()));
    // Receipts that were damaged.
    let anywhere: Vec<(usize, &[u8])> = data.chunks(7).map(|c| (usize::from(c[0]), c)).collect();
    put_back(data, &anywhere);
}
