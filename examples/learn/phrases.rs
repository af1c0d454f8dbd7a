//! Furniture that many sites share: lines that stand outside the article on pages of many sites.

use super::gold::Set;
use dechaff::document::Span;
use dechaff::engine::Source;
use dechaff::engine::analyse::Analysis;
use dechaff::tables::UnitRow;
use dechaff::text::fold;
use dechaff::text::words::{SLOT, Words, words_into};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A phrase and on how many sites it stands.
pub struct Phrase {
    pub text: String,
    pub sites: usize,
}

/// Sites of labelled pages that must carry a phrase outside the article.
const GOLD_SITES: usize = 4;
/// Sites of unlabelled pages that must carry it.
const PAGE_SITES: usize = 8;
/// The longest phrase that ships, in words: short and generic.
const MAX_WORDS: usize = 12;
/// Of its places on labelled pages, the share that must be outside the article.
const OUTSIDE: f64 = 0.97;

#[derive(Default)]
struct Seen {
    text: String,
    outside: BTreeSet<String>,
    inside: usize,
    places: usize,
    unlabelled: BTreeSet<String>,
}

/// Mines the labelled pages that `use_page` lets through, and all of `pages`.
pub fn mine(sets: &[Set], pages: &[Set], use_page: impl Fn(&Set, usize) -> bool) -> Vec<Phrase> {
    let mut seen: HashMap<Vec<u64>, Seen> = HashMap::new();
    for set in sets {
        let (analysis, _) = set.analyse();
        for record in (0..set.len()).filter(|&r| use_page(set, r) && !set.pages[r].gold.is_empty()) {
            let labels = set.labels(&analysis, record);
            for (line, label) in short_lines(set, &analysis, record).zip(labels) {
                let Some(line) = line else { continue };
                if let Some(row) = phrase(&mut seen, line) {
                    row.places += 1;
                    row.inside += usize::from(label);
                    if !label && !set.pages[record].source.is_empty() {
                        row.outside.insert(set.pages[record].source.clone());
                    }
                }
            }
        }
    }
    for set in pages {
        let (analysis, _) = set.analyse();
        for record in 0..set.len() {
            for line in short_lines(set, &analysis, record).flatten() {
                if let Some(row) = phrase(&mut seen, line) {
                    row.unlabelled.insert(set.pages[record].source.clone());
                }
            }
        }
    }
    let mut found: BTreeMap<String, Phrase> = BTreeMap::new();
    for row in seen.into_values() {
        let outside = row.places == 0 || (row.places - row.inside) as f64 >= OUTSIDE * row.places as f64;
        let sites = row.outside.union(&row.unlabelled).count();
        if outside && (row.outside.len() >= GOLD_SITES || row.unlabelled.len() >= PAGE_SITES) {
            found.insert(row.text.clone(), Phrase { text: row.text, sites });
        }
    }
    let mut found: Vec<Phrase> = found.into_values().collect();
    found.sort_by(|a, b| b.sites.cmp(&a.sites).then_with(|| a.text.cmp(&b.text)));
    found
}

/// The units of a page that are short enough for a phrase; for the others nothing.
fn short_lines<'a>(
    set: &'a Set,
    analysis: &Analysis,
    record: usize,
) -> impl Iterator<Item = Option<&'a str>> {
    let (rows, spans) = (analysis.units.of(record as u32), analysis.units.spans_of(record as u32));
    let text = &set.pages[record].text;
    let line =
        |(row, span): (&UnitRow, &Span)| (1..=MAX_WORDS as u16).contains(&row.words).then(|| span.of(text));
    rows.iter().zip(spans.iter()).map(line).collect::<Vec<_>>().into_iter()
}

/// The row of a line, by its masked words; lines of slots only, or of a single letter, are no phrases.
fn phrase<'s>(seen: &'s mut HashMap<Vec<u64>, Seen>, line: &str) -> Option<&'s mut Seen> {
    let (mut folded, mut words) = (String::new(), Words::default());
    fold::fold_into(line, &mut folded);
    words_into(&folded, &mut words);
    let literal = words.masked.iter().filter(|&&w| w != SLOT).count();
    if literal == 0 || folded.chars().filter(|c| c.is_alphabetic()).count() < 3 {
        return None;
    }
    let row = seen.entry(words.masked).or_default();
    if row.text.is_empty() {
        row.text = normal_form(&folded);
    }
    Some(row)
}

/// The line as a row of the list: words only, numbers as `{n}`.
fn normal_form(folded: &str) -> String {
    let mut out: Vec<String> = Vec::new();
    for word in
        folded.split(|c: char| !c.is_alphanumeric() && c != '\'' && !is_mark(c)).filter(|w| !w.is_empty())
    {
        let (mut buffer, mut words) = (String::new(), Words::default());
        fold::fold_into(word, &mut buffer);
        words_into(&buffer, &mut words);
        match words.masked.as_slice() {
            [] => {}
            [SLOT] if out.last().is_some_and(|w| w == "{n}") => {}
            [SLOT] => out.push("{n}".into()),
            _ => out.push(word.trim_matches('\'').to_owned()),
        }
    }
    out.join(" ")
}

/// Combining marks belong to the word they stand in.
fn is_mark(c: char) -> bool {
    !c.is_ascii()
        && !c.is_alphanumeric()
        && !c.is_whitespace()
        && matches!(u32::from(c), 0x300..=0x36f | 0x900..=0xdff | 0xe31..=0xe4e | 0xeb1..=0xece)
}

/// The list file.
pub fn to_list(phrases: &[Phrase]) -> String {
    let mut out = String::from(
        "# Furniture that many sites share, mined from labelled and unlabelled pages by\n\
         # `cargo run --release --example learn -- phrases`. A phrase a row; a comment tells on how many sites each\n\
         # following phrase was seen. {n}: a number or a date.\n",
    );
    let mut sites = usize::MAX;
    for phrase in phrases {
        if phrase.sites != sites {
            sites = phrase.sites;
            out += &format!("# {sites} sites\n");
        }
        out += &phrase.text;
        out.push('\n');
    }
    out
}
