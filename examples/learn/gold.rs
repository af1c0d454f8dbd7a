//! Labelled pages, and which of their units belong to the article.

use dechaff::config::{Builtin, Config};
use dechaff::document::{Kind, RecordIndex, SiteIndex};
use dechaff::engine::analyse::{Analyser, Analysis};
use dechaff::engine::evidence::{self, Grouped};
use dechaff::engine::units::Documents;
use dechaff::engine::{Cancel, Lists, Source, TextBuffer};
use dechaff::progress::Silent;
use dechaff::text::fold;
use dechaff::text::words::{Words, words_into};
use serde::Deserialize;
use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

/// One page of a gold set.
#[derive(Debug, Clone, Deserialize)]
pub struct Page {
    pub id: String,
    #[serde(default)]
    pub source: String,
    pub text: String,
    #[serde(default)]
    pub gold: String,
}

/// A set of pages, as a source of texts.
pub struct Set {
    pub name: String,
    pub pages: Vec<Page>,
    /// Read the annotated article instead of the page.
    pub clean: bool,
}

impl Source for Set {
    fn len(&self) -> usize {
        self.pages.len()
    }

    fn text<'a>(&'a self, record: usize, _buffer: &'a mut TextBuffer) -> &'a str {
        if self.clean { &self.pages[record].gold } else { &self.pages[record].text }
    }
}

impl Set {
    pub fn read(path: &Path) -> Result<Set, String> {
        let file = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
        let page = |(n, line): (usize, &str)| {
            serde_json::from_str(line).map_err(|e| format!("{}:{}: {e}", path.display(), n + 1))
        };
        let pages = file.lines().enumerate().map(page).collect::<Result<Vec<Page>, String>>()?;
        let name = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        Ok(Set { name, pages, clean: false })
    }

    /// The same pages with the annotated article for text: what is already clean must stay so.
    pub fn cleaned(&self) -> Set {
        Set { name: format!("{} (clean)", self.name), pages: self.pages.clone(), clean: true }
    }

    /// Unlabelled pages that hold hardly any furniture (wire stories, posts), as an article each: a sample, dealt
    /// out to pretended sites of 3 to 100 pages, the sizes of the labelled sites.
    pub fn clean_sample(path: &Path, count: usize) -> Result<Set, String> {
        let mut set = Set::read(path)?;
        let step = (set.pages.len() / count).max(1);
        let mut pages: Vec<Page> = set.pages.into_iter().step_by(step).collect();
        let sizes = [3, 10, 30, 100];
        let (mut site, mut left) = (0, sizes[0]);
        for page in &mut pages {
            if left == 0 {
                site += 1;
                left = sizes[site % sizes.len()];
            }
            left -= 1;
            page.source = format!("{}-{site}", set.name);
            page.gold = page.text.clone();
        }
        set.pages = pages;
        set.clean = true;
        Ok(set)
    }

    pub fn documents(&self) -> Documents {
        let mut numbers: HashMap<&str, u32> = HashMap::new();
        let mut sites = Vec::new();
        for page in &self.pages {
            let next = numbers.len() as u32;
            sites.push(match page.source.as_str() {
                "" => SiteIndex::NONE,
                site => SiteIndex(*numbers.entry(site).or_insert(next)),
            });
        }
        Documents { sites, ..Documents::default() }
    }

    /// The fold of each page: pages of a site share it; pages without a site go by their id.
    pub fn folds(&self, folds: u64) -> Vec<u64> {
        // Sites of a small set are dealt out in turn, so that every fold has some.
        let mut names: Vec<&str> =
            self.pages.iter().map(|p| p.source.as_str()).filter(|s| !s.is_empty()).collect();
        names.sort_unstable();
        names.dedup();
        let fold = |page: &Page| {
            let key = if page.source.is_empty() { &page.id } else { &page.source };
            match names.binary_search(&key.as_str()) {
                Ok(place) if names.len() < 50 => place as u64 % folds,
                _ => key.bytes().fold(7u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3)) % folds,
            }
        };
        self.pages.iter().map(fold).collect()
    }

    pub fn analyse(&self) -> (Analysis, Grouped) {
        let config = Config { only: vec![Kind::Boilerplate], ..Config::default() };
        let lists = Lists::shipped(Builtin::None);
        let store = Arc::default();
        let documents = self.documents();
        let analysis = Analyser::new(&config, &lists)
            .run((self, &documents), dechaff::batch::BATCH, &store, &Silent, &Cancel::default())
            .expect("nothing cancels this run and no table is full");
        let grouped = evidence::group(&analysis.units, &documents, &store);
        (analysis, grouped)
    }

    /// For each unit of a page whether it belongs to the article.
    pub fn labels(&self, analysis: &Analysis, record: usize) -> Vec<bool> {
        let units = analysis.units.of(record as RecordIndex);
        let spans = analysis.units.spans_of(record as RecordIndex);
        if self.clean {
            return vec![true; units.len()];
        }
        let page = &self.pages[record];
        let gold = words(&page.gold);
        let trigrams: HashSet<&[u64]> = gold.windows(3).collect();
        let pairs: HashSet<&[u64]> = gold.windows(2).collect();
        let singles: HashSet<u64> = gold.iter().copied().collect();
        let lines: HashSet<Vec<u64>> = page.gold.lines().map(words).collect();
        let share: Vec<f32> = spans
            .iter()
            .map(|span| {
                let own = words(span.of(&page.text));
                match own.len() {
                    0 => 0.0,
                    _ if lines.contains(&own) => 1.0,
                    1 => {
                        if singles.contains(&own[0]) {
                            0.5
                        } else {
                            0.0
                        }
                    }
                    2 => {
                        if pairs.contains(&own[..]) {
                            0.5
                        } else {
                            0.0
                        }
                    }
                    n => own.windows(3).filter(|w| trigrams.contains(w)).count() as f32 / (n - 2) as f32,
                }
            })
            .collect();
        let sure = |i: Option<usize>| i.and_then(|i| share.get(i)).is_some_and(|&s| s > 0.7);
        (0..units.len())
            .map(|i| match share[i] {
                s if s == 0.5 && units[i].words < 3 => sure(i.checked_sub(1)) && sure(Some(i + 1)),
                s => s > 0.5,
            })
            .collect()
    }
}

fn words(text: &str) -> Vec<u64> {
    let (mut out, mut folded) = (Words::default(), String::new());
    for line in text.lines() {
        fold::fold_into(line, &mut folded);
        words_into(&folded, &mut out);
    }
    out.exact
}

/// Precision, recall and F1 over the multiset of words (`\w+`, lower-cased) of one page.
pub fn score(found: &str, gold: &str) -> [f64; 3] {
    let count = |text: &str| {
        let mut bag: HashMap<String, i64> = HashMap::new();
        let lower = text.to_lowercase();
        for word in lower.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|w| !w.is_empty()) {
            *bag.entry(word.to_owned()).or_default() += 1;
        }
        bag
    };
    let (found, gold) = (count(found), count(gold));
    let both: i64 = found.iter().map(|(w, n)| *n.min(gold.get(w).unwrap_or(&0))).sum();
    let sum = |bag: &HashMap<String, i64>| bag.values().sum::<i64>().max(1) as f64;
    let (p, r) = (both as f64 / sum(&found), both as f64 / sum(&gold));
    [p, r, if p + r > 0.0 { 2.0 * p * r / (p + r) } else { 0.0 }]
}
