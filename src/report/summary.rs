//! Counts of a run that balance, and its most cut lines.

use crate::corpus::records::Records;
use crate::document::{Kind, SiteIndex, Span};
use crate::engine::{Decisions, Source, TextBuffer};
use crate::error::{Error, Result};
use crate::store::{By, Sorted, Sorter};
use crate::tables::CutRow;
use rayon::prelude::*;
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write;

/// How many of the most cut lines are named.
const TOP: usize = 10;

/// Cuts of one kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct KindCount {
    /// Lines, paragraphs, or documents.
    pub cuts: u64,
    /// Words in them.
    pub words: u64,
    /// Bytes of text that went, white space that was closed up included.
    pub bytes: u64,
}

/// A line that was cut often.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TopLine {
    /// Its text, shortened.
    pub line: String,
    /// How often it was cut.
    pub cuts: u64,
    /// On how many sites.
    pub sites: usize,
    /// The site it was cut on most.
    pub site: Option<String>,
}

/// What was done to a corpus. The same input and settings give the same summary.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Summary {
    /// Name of the format.
    pub format: String,
    /// Version of the format.
    pub version: u32,
    /// Records read, unusable ones included.
    pub records_in: u64,
    /// Records kept.
    pub records_kept: u64,
    /// Of these, records whose text was cut.
    pub records_cut: u64,
    /// Records removed as copies.
    pub records_removed: u64,
    /// Records that could not be used.
    pub records_rejected: u64,
    /// Files that could not be opened.
    pub files_unreadable: u64,
    /// Records of archives that are no documents, by what they are.
    pub passed_over: BTreeMap<String, u64>,
    /// Bytes of text in the usable records.
    pub text_bytes_in: u64,
    /// Bytes of text in the kept records after cutting.
    pub text_bytes_kept: u64,
    /// What was cut, by kind.
    pub cuts: BTreeMap<String, KindCount>,
    /// Documents removed, by rule.
    pub removed_by_rule: BTreeMap<String, u64>,
    /// Paragraphs that several kept documents carry and that were left; `passages.jsonl` lists them.
    pub passages_left: u64,
    /// Sites named by the records.
    pub sites: u64,
    /// The lines that were cut most.
    pub most_cut: Vec<TopLine>,
    /// Documents in the largest group of candidates.
    pub largest_group: u64,
    /// Comparisons that caps on very large groups saved.
    pub comparisons_forgone: u64,
    /// The banding of document sketches, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub banding: Option<String>,
}

/// What was counted in the records that were cut or removed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Touched {
    kinds: [KindCount; 4],
    cut: u64,
    bytes_in: u64,
    bytes_kept: u64,
}

impl Touched {
    /// Counts a document that goes as a whole.
    pub fn removed(&mut self, text: &str) {
        let kind = &mut self.kinds[Kind::Document as usize];
        kind.cuts += 1;
        kind.bytes += text.len() as u64;
        kind.words += words_in(text);
        self.bytes_in += text.len() as u64;
    }

    /// Counts the cuts in a document, each with the range that goes and its words.
    pub fn cut(&mut self, text: &str, rows: &[CutRow], ranges: &[Span], words: impl Fn(&CutRow) -> u16) {
        let mut gone = 0;
        for (row, range) in rows.iter().zip(ranges) {
            let kind = &mut self.kinds[row.kind as usize];
            let bytes = u64::from(range.end - range.start);
            kind.cuts += 1;
            kind.bytes += bytes;
            kind.words += u64::from(words(row));
            gone += bytes;
        }
        self.cut += 1;
        self.bytes_in += text.len() as u64;
        self.bytes_kept += text.len() as u64 - gone;
    }

    /// Both together.
    pub fn and(mut self, other: Touched) -> Touched {
        for (x, y) in self.kinds.iter_mut().zip(other.kinds) {
            x.cuts += y.cuts;
            x.words += y.words;
            x.bytes += y.bytes;
        }
        self.cut += other.cut;
        self.bytes_in += other.bytes_in;
        self.bytes_kept += other.bytes_kept;
        self
    }
}

impl Summary {
    /// Counts what was decided about these records; the texts of those that were cut or removed are read where nobody counted
    /// them before.
    pub fn of(records: &Records, decisions: &Decisions, touched: Option<Touched>) -> Summary {
        let mut counted = touched.unwrap_or_default();
        let mut lines = Sorter::new(&records.store, |line: &CutLine| *line);
        let (mut length_buffer, mut row_buffer, mut exact_buffer) = (Vec::new(), Vec::new(), Vec::new());
        for stretch in decisions.units.stretches(&records.store, 64) {
            let units =
                if decisions.units.rows.is_empty() { 0..0 } else { decisions.units.range_of(&stretch) };
            let lengths =
                decisions.lengths.read(stretch.start as usize..stretch.end as usize, &mut length_buffer);
            let looked_at = if touched.is_none() { units.clone() } else { 0..0 };
            let rows = decisions.units.rows.read(looked_at, &mut row_buffer);
            let exact = decisions.units.exact.read(units.clone(), &mut exact_buffer);
            let decided = decisions.stretch(stretch.clone());
            let is_touched = |r: &u32| decisions.is_removed(*r) || !decided.cuts_of(*r).is_empty();
            let of_stretch = || stretch.clone().into_par_iter().with_min_len(64);
            let untouched = of_stretch().filter(|r| !is_touched(r));
            let bytes: u64 = untouched.map(|r| u64::from(lengths[(r - stretch.start) as usize])).sum();
            counted.bytes_in += bytes;
            counted.bytes_kept += bytes;
            if touched.is_none() {
                let count = |(mut counted, mut buffer): (Touched, TextBuffer), record| {
                    let text = records.text(record as usize, &mut buffer);
                    if decisions.is_removed(record) {
                        counted.removed(text);
                    } else {
                        let cuts = decided.cuts_of(record);
                        let words = |cut: &CutRow| rows[cut.unit as usize - units.start].words;
                        counted.cut(text, cuts, &decided.ranges(text, cuts), words);
                    }
                    (counted, buffer)
                };
                let counts = of_stretch().filter(is_touched).fold(Default::default, count);
                counted = counted.and(counts.map(|c| c.0).reduce(Touched::default, Touched::and));
            }
            let kept = stretch.into_par_iter().with_min_len(64).filter(|&r| !decisions.is_removed(r));
            let (decided, first) = (&decided, units.start);
            let of_record = |record: u32| {
                let site = records.documents.sites[record as usize];
                let line = move |cut: &CutRow| (exact[cut.unit as usize - first], site, cut.unit);
                decided.cuts_of(record).iter().map(line)
            };
            lines.par_extend(kept.flat_map_iter(of_record));
        }
        let mut summary = Summary {
            format: "dechaff summary".into(),
            version: 1,
            records_in: (records.rows.len() + records.rejected.count()) as u64,
            records_cut: counted.cut,
            records_rejected: records.rejected.count() as u64,
            files_unreadable: records.unreadable.len() as u64,
            text_bytes_in: counted.bytes_in,
            text_bytes_kept: counted.bytes_kept,
            passages_left: decisions.passages.len() as u64,
            sites: records.sites.len() as u64,
            largest_group: decisions.documents.largest_group as u64,
            comparisons_forgone: decisions.forgone + decisions.documents.forgone,
            most_cut: most_cut(records, decisions, &lines.sorted()),
            ..Summary::default()
        };
        for (what, count) in records.files.iter().flat_map(|f| &f.passed_over) {
            *summary.passed_over.entry(what.clone()).or_default() += count;
        }
        for (_, removed) in decisions.documents.removed.cursor() {
            *summary.removed_by_rule.entry(removed.rule.name().into()).or_default() += 1;
            summary.records_removed += 1;
        }
        summary.records_kept = records.rows.len() as u64 - summary.records_removed;
        summary.cuts = Kind::ALL.iter().map(|&k| (k.name().to_owned(), counted.kinds[k as usize])).collect();
        summary
    }

    /// Checks that the books balance.
    ///
    /// # Errors
    /// What does not add up; it would be a defect.
    pub fn check(&self) -> Result<()> {
        let records = self.records_kept + self.records_removed + self.records_rejected;
        if records != self.records_in {
            return Err(Error::Unbalanced(format!(
                "{} records in, {records} accounted for",
                self.records_in
            )));
        }
        let bytes = self.text_bytes_kept + self.cuts.values().map(|k| k.bytes).sum::<u64>();
        if bytes != self.text_bytes_in {
            return Err(Error::Unbalanced(format!(
                "{} bytes of text in, {bytes} accounted for",
                self.text_bytes_in
            )));
        }
        Ok(())
    }

    /// The file `summary.json`.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("plain values are always JSON") + "\n"
    }

    /// For people, to be read in five seconds.
    pub fn to_text(&self, seconds: f64) -> String {
        let mut out = String::new();
        let percent =
            |part: u64, whole: u64| if whole == 0 { 0.0 } else { 100.0 * part as f64 / whole as f64 };
        let mut line = |name: &str, text: String| {
            // Writing to a string cannot fail.
            let _ = writeln!(out, "{name:<12} {text}");
        };
        line(
            "records",
            format!(
                "{} in, {} kept ({} of them cut), {} removed as copies, {} rejected",
                grouped(self.records_in),
                grouped(self.records_kept),
                grouped(self.records_cut),
                grouped(self.records_removed),
                grouped(self.records_rejected)
            ),
        );
        if !self.passed_over.is_empty() {
            let all: u64 = self.passed_over.values().sum();
            let most = self.passed_over.iter().max_by_key(|p| p.1).map_or("", |p| p.0);
            line(
                "passed over",
                format!("{} records that are no documents, most of them {most}", grouped(all)),
            );
        }
        line(
            "text",
            format!(
                "{} in, {} kept ({:.1} %)",
                bytes(self.text_bytes_in),
                bytes(self.text_bytes_kept),
                percent(self.text_bytes_kept, self.text_bytes_in)
            ),
        );
        for (kind, count) in &self.cuts {
            if count.cuts > 0 {
                let what = if kind == "document" { "documents" } else { "lines" };
                line(
                    kind,
                    format!(
                        "{} {what}, {} words, {} ({:.1} % of the text)",
                        grouped(count.cuts),
                        grouped(count.words),
                        bytes(count.bytes),
                        percent(count.bytes, self.text_bytes_in)
                    ),
                );
            }
        }
        if self.passages_left > 0 {
            line(
                "left",
                format!(
                    "{} paragraphs that several documents carry, see passages.jsonl",
                    grouped(self.passages_left)
                ),
            );
        }
        if !self.most_cut.is_empty() {
            line("most cut", String::new());
            for top in &self.most_cut {
                let place = match (&top.site, top.sites) {
                    (Some(site), 0 | 1) => site.clone(),
                    (Some(site), n) => format!("{site} and {} more", n - 1),
                    (None, _) => "no site".into(),
                };
                line("", format!("{:>7} x  {}  ({place})", grouped(top.cuts), top.line));
            }
        }
        if self.comparisons_forgone > 0 {
            line(
                "hubs",
                format!("{} comparisons forgone in very large groups", grouped(self.comparisons_forgone)),
            );
        }
        if let Some(banding) = &self.banding {
            line("banding", banding.clone());
        }
        let speed = self.text_bytes_in as f64 / 1e6 / seconds.max(1e-9);
        line("time", format!("{seconds:.2} s, {speed:.0} MB of text a second"));
        out
    }
}

/// How many words stand between white space.
fn words_in(text: &str) -> u64 {
    const STRETCH: usize = 256;
    if !text.is_ascii() {
        return text.split_whitespace().count() as u64;
    }
    let white = |byte: u8| (byte == b' ') | (byte.wrapping_sub(b'\t') < 5);
    let begins = |(&before, &byte): (&u8, &u8)| u8::from(white(before) & !white(byte));
    let bytes = text.as_bytes();
    let first = bytes.first().is_some_and(|&byte| !white(byte));
    // At most every other byte begins a word, so that the counts of a stretch fit into a byte each, and into vectors.
    let mut words = u64::from(first);
    for at in (1..bytes.len()).step_by(STRETCH) {
        let stretch = &bytes[at..(at + STRETCH).min(bytes.len())];
        words += u64::from(bytes[at - 1..].iter().zip(stretch).map(begins).sum::<u8>());
    }
    words
}

/// A line that was cut: its words, its site, its unit.
type CutLine = (u128, SiteIndex, u32);

/// Of one line how often it was cut, its first unit, on how many sites, and on which of them most.
type OftenCut = (u64, u32, usize, Option<SiteIndex>);

/// What is counted of one line that was cut, place by place, site by site.
#[derive(Default)]
struct Counted {
    cuts: u64,
    first: u32,
    sites: usize,
    /// The site of the last place, and how many places of that there were.
    here: Option<(SiteIndex, u64)>,
    /// The site with most places of those before, the first one of as many.
    most: Option<(u64, SiteIndex)>,
}

impl Counted {
    fn add(&mut self, site: SiteIndex, unit: u32) {
        self.first = if self.cuts == 0 { unit } else { self.first.min(unit) };
        self.cuts += 1;
        match &mut self.here {
            Some((here, places)) if *here == site => *places += 1,
            _ => {
                self.end_site();
                self.here = Some((site, 1));
            }
        }
    }

    fn end_site(&mut self) {
        if let Some((site, places)) = self.here.take().filter(|(site, _)| site.is_some()) {
            self.sites += 1;
            if self.most.is_none_or(|most| places > most.0) {
                self.most = Some((places, site));
            }
        }
    }

    /// `None` of a line that was cut once.
    fn often_cut(mut self) -> Option<OftenCut> {
        self.end_site();
        (self.cuts > 1).then(|| (self.cuts, self.first, self.sites, self.most.map(|most| most.1)))
    }
}

fn most_cut(
    records: &Records,
    decisions: &Decisions,
    lines: &Sorted<CutLine, impl By<CutLine>>,
) -> Vec<TopLine> {
    let mut top: Vec<OftenCut> = Vec::new();
    let order = |t: &OftenCut| (Reverse(t.0), t.1);
    let mut line: Option<(u128, Counted)> = None;
    let mut end_line = |line: Option<(u128, Counted)>| {
        top.extend(line.and_then(|(_, counted)| counted.often_cut()));
        if top.len() > 64 * TOP {
            top.sort_unstable_by_key(order);
            top.truncate(TOP);
        }
    };
    lines.each(|&(exact, site, unit)| {
        if line.as_ref().is_none_or(|line| line.0 != exact) {
            end_line(line.replace((exact, Counted::default())));
        }
        if let Some((_, counted)) = &mut line {
            counted.add(site, unit);
        }
    });
    end_line(line);
    top.sort_unstable_by_key(order);
    top.truncate(TOP);
    let mut buffer = TextBuffer::default();
    top.into_iter()
        .map(|(cuts, unit, sites, site)| {
            let record = decisions.units.record_of(unit);
            let span = decisions.units.spans.get(unit as usize);
            let line = shorten(span.of(records.text(record as usize, &mut buffer)));
            TopLine { line, cuts, sites, site: site.map(|site| records.sites.get(site).to_owned()) }
        })
        .collect()
}

/// A line of at most sixty characters, without line breaks and control characters.
fn shorten(line: &str) -> String {
    let mut words = line.split_whitespace().collect::<Vec<_>>().join(" ");
    words.retain(|c| !c.is_control());
    if words.chars().count() > 60 {
        words = words.chars().take(59).collect::<String>() + "…";
    }
    words
}

/// A number with its thousands apart.
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// Bytes for people.
pub fn bytes(n: u64) -> String {
    match n {
        0..=9_999 => format!("{n} B"),
        10_000..=9_999_999 => format!("{:.1} kB", n as f64 / 1e3),
        10_000_000..=9_999_999_999 => format!("{:.1} MB", n as f64 / 1e6),
        _ => format!("{:.1} GB", n as f64 / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn books_that_do_not_balance_are_told() {
        let summary = Summary { records_in: 2, records_kept: 1, ..Summary::default() };
        assert!(summary.check().unwrap_err().to_string().contains("2 records in, 1 accounted for"));
        let summary = Summary { text_bytes_in: 5, ..Summary::default() };
        assert!(summary.check().is_err());
    }

    #[test]
    fn words_stand_between_white_space() {
        let long = "a\u{b}b \t".repeat(700);
        for text in
            ["", " ", "a", " two\nwords ", "\x1cone\x1f", "caf\u{e9}\u{a0}au lait", long.as_str(), &long[1..]]
        {
            assert_eq!(words_in(text), text.split_whitespace().count() as u64, "{text:?}");
        }
        assert_eq!(words_in(&"a ".repeat(1000)), 1000);
    }

    #[test]
    fn numbers_are_grouped() {
        assert_eq!([grouped(7), grouped(1234), grouped(1_234_567)], ["7", "1,234", "1,234,567"]);
    }
}
