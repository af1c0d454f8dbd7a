//! `plant generate`: streams a corpus and its truth to a folder and tallies what
//! was planted.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use crate::article::Maker;
use crate::grammar::Grammar;
use crate::page::{Page, Pages};
use crate::plan::Plan;
use crate::rng::Rng;
use crate::score::words::{count_words, jaccard_sets, shingles};
use crate::site::Site;
use crate::{wording_test, wording_tune};

/// Which wording and which seeds.
#[derive(Clone, Copy, Debug, PartialEq, clap::ValueEnum)]
pub enum Set {
    Tune,
    Test,
}

/// What to generate.
pub struct Order {
    pub docs: usize,
    pub seed: u64,
    pub set: Set,
    /// Furnished sites; by default one for each 25 documents, 1,000 at most.
    pub sites: Option<usize>,
}

/// Smallest, greatest and mean value of a figure.
struct Spread {
    least: f64,
    most: f64,
    sum: f64,
    count: usize,
}

/// Counts of what was planted.
#[derive(Default)]
pub struct Tally {
    docs: usize,
    bytes: usize,
    words: usize,
    /// Documents, lines and words by kind and rule.
    rows: BTreeMap<String, [usize; 3]>,
    spreads: BTreeMap<String, Spread>,
    sample: Vec<Vec<u64>>,
}

/// Ordinary articles compared with each other, to show how far apart they are.
const SAMPLE: usize = 80;

impl Tally {
    fn spread(&mut self, what: String, value: f64) {
        let spread =
            self.spreads.entry(what).or_insert(Spread { least: value, most: value, sum: 0.0, count: 0 });
        spread.least = spread.least.min(value);
        spread.most = spread.most.max(value);
        spread.sum += value;
        spread.count += 1;
    }

    fn add(&mut self, page: &Page, sampled: bool) {
        let (text, truth) = (&page.record.text, &page.truth);
        self.docs += 1;
        self.bytes += text.len();
        self.words += count_words(text);
        let mut found: BTreeMap<String, [usize; 3]> = BTreeMap::new();
        let mut count = |row: String, words: usize| {
            let row = found.entry(row).or_default();
            row[0] = 1;
            row[1] += 1;
            row[2] += words;
        };
        for cut in &truth.cuts {
            let words = count_words(&text[cut.start..cut.end]);
            count(cut.kind.clone(), words);
            if cut.kind != cut.rule {
                count(format!("{}, {}", cut.kind, cut.rule), words);
            }
            if !cut.also.is_empty() {
                count(format!("{}, also {}", cut.kind, cut.also[0]), words);
            }
        }
        for miss in &truth.near_misses {
            let words = count_words(&text[miss.start..miss.end]);
            count(format!("near-miss, {}", miss.what), words);
        }
        if let Some(place) = &truth.document {
            let words = count_words(text);
            count(format!("document, {}", place.role), words);
        }
        for (row, add) in found {
            let sum = self.rows.entry(row).or_default();
            (0..3).for_each(|i| sum[i] += add[i]);
        }
        for cut in truth.cuts.iter().filter(|c| c.rule.starts_with("near: ")) {
            if let Some(similarity) = cut.similarity {
                self.spread(format!("repeat, {} (3-grams)", cut.rule), similarity);
            }
        }
        for miss in &truth.near_misses {
            if let Some(similarity) = miss.similarity {
                let grams = if miss.end == 0 { 5 } else { 3 };
                let what = format!("near-miss, {} ({grams}-grams)", miss.what);
                self.spread(what, similarity);
            }
        }
        if let Some(place) = &truth.document {
            if let Some(similarity) = place.similarity {
                let what = match place.role.as_str() {
                    "contained" => "containment",
                    _ => "Jaccard",
                };
                let what = format!("document, {} ({what}, 5-grams)", place.role);
                self.spread(what, similarity);
            }
            if let Some(rate) = page.edit_rate {
                self.spread(format!("document, {} (edit rate)", place.role), rate);
            }
        } else if let Some(rate) = page.edit_rate {
            self.spread("near-miss, story told anew (edit rate)".to_string(), rate);
        }
        if sampled {
            self.sample.push(shingles(&body_of(page), 5));
        }
    }

    /// The tally as a table.
    pub fn table(&self) -> String {
        let mut out = String::new();
        let mut line = |text: String| {
            let _ = writeln!(out, "{text}");
        };
        line(format!("{} documents, {} words, {} bytes of text", self.docs, self.words, self.bytes));
        line(format!("{:<44}{:>9}{:>10}{:>11}", "planted", "documents", "lines", "words"));
        for (row, [docs, lines, words]) in &self.rows {
            line(format!("{row:<44}{docs:>9}{lines:>10}{words:>11}"));
        }
        line(format!(
            "{:<52}{:>7}{:>7}{:>7}{:>8}",
            "similarity and edit rates", "least", "mean", "most", "count"
        ));
        for (what, s) in &self.spreads {
            line(format!(
                "{what:<52}{:>7.3}{:>7.3}{:>7.3}{:>8}",
                s.least,
                s.sum / s.count as f64,
                s.most,
                s.count
            ));
        }
        let (mut sum, mut most, mut pairs) = (0.0, 0.0f64, 0);
        for (i, a) in self.sample.iter().enumerate() {
            for b in &self.sample[..i] {
                let value = jaccard_sets(a, b);
                sum += value;
                most = most.max(value);
                pairs += 1;
            }
        }
        line(format!(
            "{:<52}{:>7}{:>7.4}{:>7.4}{:>8}",
            "unrelated articles (Jaccard, 5-grams)",
            "",
            sum / f64::from(pairs.max(1)),
            most,
            pairs
        ));
        out
    }
}

/// The text of a page without the planted lines.
fn body_of(page: &Page) -> String {
    let text = &page.record.text;
    let mut out = String::new();
    let mut from = 0;
    for cut in &page.truth.cuts {
        out.push_str(&text[from..cut.start]);
        from = cut.end;
    }
    out.push_str(&text[from..]);
    out
}

/// Generates a corpus, handing each page to `take`.
pub fn each_page(order: &Order, mut take: impl FnMut(&Page, bool) -> io::Result<()>) -> Result<(), String> {
    let (set, wording) = match order.set {
        Set::Tune => ("tune", wording_tune::WORDING),
        Set::Test => ("test", wording_test::WORDING),
    };
    let grammar = Grammar::compile(&[wording])?;
    let seed = Rng::keyed(order.seed, set, 0).bits();
    let maker = Maker { grammar, seed };
    let sites = order.sites.unwrap_or((order.docs / 25).clamp(6, 1000));
    let plan = Plan::new(&maker, order.docs, sites);
    let sites: Vec<Site> =
        plan.pages.iter().enumerate().map(|(number, &pages)| Site::new(&maker, number, pages)).collect();
    let pages = Pages { maker: &maker, plan: &plan, sites: &sites, set };
    let step = (order.docs / SAMPLE).max(1);
    for number in 0..order.docs {
        let plain = matches!(plan.entries[number].role, crate::plan::Role::Plain);
        let page = pages.page(number);
        take(&page, plain && number % step == 0).map_err(|e| e.to_string())?;
    }
    Ok(())
}

/// Writes `corpus.jsonl` and `truth.jsonl` into `folder`.
pub fn generate(order: &Order, folder: &Path) -> Result<Tally, String> {
    if order.docs < 100 {
        return Err("a corpus needs at least 100 documents".to_string());
    }
    let named = |e: io::Error| format!("{}: {e}", folder.display());
    std::fs::create_dir_all(folder).map_err(named)?;
    let create = |name: &str| File::create(folder.join(name)).map(BufWriter::new);
    let mut corpus = create("corpus.jsonl").map_err(named)?;
    let mut truth = create("truth.jsonl").map_err(named)?;
    let mut tally = Tally::default();
    each_page(order, |page, sampled| {
        serde_json::to_writer(&mut corpus, &page.record)?;
        corpus.write_all(b"\n")?;
        serde_json::to_writer(&mut truth, &page.truth)?;
        truth.write_all(b"\n")?;
        tally.add(page, sampled);
        Ok(())
    })?;
    corpus.flush().map_err(named)?;
    truth.flush().map_err(named)?;
    Ok(tally)
}
