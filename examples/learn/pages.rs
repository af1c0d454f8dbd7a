//! Pages to learn the boilerplate model from.

use crate::FOLDS;
use crate::gold::Set;
use dechaff::engine::evidence;
use dechaff::judge::features;
use dechaff::tables::{Evidence, UnitRow};

/// Weight of a unit of an annotated article that is given as a page of its own.
const CLEAN_WEIGHT: f32 = 4.0;
/// Weight of a unit of an unlabelled clean page.
const SAMPLE_WEIGHT: f32 = 1.0;
/// A line on more than this share of the pages of a pretended site may be its furniture: not learnt from.
const FURNITURE_SHARE: f32 = 0.05;
/// Share of the labelled pages that are given once more with a longer article, and the weight of what is put in. Of long
/// pages the labelled ones are nearly all short articles with many comments: without others the second trees take most of
/// a long article for comments.
const STRETCHED_SHARE: f32 = 0.5;
const STRETCHED_WEIGHT: f32 = 0.04;
/// What is put in has at least this many units, and at most so many times more.
const STRETCHED_LEAST: f32 = 16.0;
const STRETCHED_TIMES: f32 = 32.0;
/// An article is stretched behind a unit of so many words.
const PROSE_WORDS: u16 = 8;

/// A page to learn from, or to try a model on that was learnt without it.
pub struct Example {
    /// What it is learnt and tried with.
    pub fold: u64,
    /// Whether its article was made longer: only the second trees learn from it.
    pub stretched: bool,
    /// Its units.
    pub units: Vec<UnitRow>,
    /// Their features.
    pub rows: Vec<features::Row>,
    /// Which belong to the article.
    pub labels: Vec<bool>,
    /// How much each counts; 0: it is not learnt from.
    pub weights: Vec<f32>,
    evidence: Vec<Evidence>,
    /// Pages of its site.
    pages: u32,
}

impl Example {
    fn is_clean(&self) -> bool {
        self.labels.iter().all(|&label| label)
    }
}

/// The labelled pages, their articles as clean pages, samples of clean pages, and labelled pages with longer articles.
pub fn examples(sets: &[Set], samples: &[Set]) -> Vec<Example> {
    let clean: Vec<Set> = sets.iter().map(Set::cleaned).collect();
    let all = sets.iter().chain(&clean).map(|set| (set, false)).chain(samples.iter().map(|set| (set, true)));
    let mut all: Vec<Example> = all.flat_map(|(set, sample)| examples_of(set, sample)).collect();
    let stretched = stretched(&all);
    all.extend(stretched);
    all
}

fn weight(unit: &UnitRow) -> f32 {
    f32::from(unit.words).sqrt() + 0.3
}

fn examples_of(set: &Set, sample: bool) -> Vec<Example> {
    let (analysis, grouped) = set.analyse();
    let documents = set.documents();
    let folds = set.folds(FOLDS);
    let of_kind = match (sample, set.clean) {
        (true, _) => SAMPLE_WEIGHT,
        (_, true) => CLEAN_WEIGHT,
        _ => 1.0,
    };
    let example = |record: usize| {
        let units = analysis.units.of(record as u32).into_owned();
        let evidence = grouped.of(&analysis.units, record as u32).to_vec();
        let pages = evidence::pages_of(&grouped.pages, documents.sites[record]);
        let mut rows = Vec::new();
        features::features_into(&units, &evidence, pages, &mut rows);
        let weight = |(unit, seen): (&UnitRow, &Evidence)| {
            let share = (seen.site_documents.max(seen.site_masked) - 1) as f32 / pages as f32;
            if sample && share > FURNITURE_SHARE { 0.0 } else { weight(unit) * of_kind }
        };
        let weights = units.iter().zip(&evidence).map(weight).collect();
        let labels = set.labels(&analysis, record);
        Example { fold: folds[record], stretched: false, units, rows, labels, weights, evidence, pages }
    };
    (0..set.pages.len()).filter(|&record| !set.pages[record].gold.is_empty()).map(example).collect()
}

/// Labelled pages whose article goes on with that of other pages of their fold.
fn stretched(examples: &[Example]) -> Vec<Example> {
    let mut rng = fastrand::Rng::with_seed(11);
    let donors: Vec<Vec<&Example>> = (0..FOLDS)
        .map(|fold| examples.iter().filter(|e| e.fold == fold && e.is_clean() && e.units.len() > 3).collect())
        .collect();
    let mut out = Vec::new();
    for page in examples.iter().filter(|example| !example.is_clean()) {
        let of_article = |&i: &usize| page.labels[i] && page.units[i].words >= PROSE_WORDS;
        let places: Vec<usize> = (0..page.units.len()).filter(of_article).collect();
        if rng.f32() >= STRETCHED_SHARE || places.is_empty() {
            continue;
        }
        let at = places[rng.usize(0..places.len())] + 1;
        let count = (STRETCHED_LEAST * STRETCHED_TIMES.powf(rng.f32())) as usize;
        let (mut units, mut evidence) = (Vec::new(), Vec::new());
        let donors = &donors[page.fold as usize];
        while units.len() < count {
            let donor = donors[rng.usize(0..donors.len())];
            for i in (0..donor.units.len()).filter(|&i| donor.weights[i] > 0.0) {
                units.push(donor.units[i]);
                evidence.push(donor.evidence[i]);
            }
        }
        out.push(stretch(page, at, &units[..count], &evidence[..count]));
    }
    out
}

/// A page with units of an article put in before its unit `at`; nothing else on it is learnt from.
fn stretch(page: &Example, at: usize, units: &[UnitRow], evidence: &[Evidence]) -> Example {
    fn spliced<T: Clone>(all: &[T], at: usize, what: &[T]) -> Vec<T> {
        [&all[..at], what, &all[at..]].concat()
    }
    let weights: Vec<f32> = units.iter().map(|unit| weight(unit) * STRETCHED_WEIGHT).collect();
    let weights = spliced(&vec![0.0; page.units.len()], at, &weights);
    let labels = spliced(&page.labels, at, &vec![true; units.len()]);
    let (units, evidence) = (spliced(&page.units, at, units), spliced(&page.evidence, at, evidence));
    let mut rows = Vec::new();
    features::features_into(&units, &evidence, page.pages, &mut rows);
    Example { fold: page.fold, stretched: true, units, rows, labels, weights, evidence, pages: page.pages }
}
