//! Learns what ships in `data/` from labelled pages, and measures it on sites that it was not learnt from.
//!
//! ```text
//! cargo run --release --example learn -- phrases GOLD.jsonl... [--pages PAGES.jsonl...] -o data/known-mined.txt
//! cargo run --release --example learn -- model GOLD.jsonl... [--clean PAGES.jsonl...] -o data/boilerplate-model.json
//! cargo run --release --example learn -- cross-validate GOLD.jsonl... [--pages PAGES.jsonl...] [--clean PAGES.jsonl...] -o DIR
//! ```

mod boost;
mod gold;
mod pages;
mod phrases;

use boost::{Shape, Table};
use clap::{Parser, Subcommand, ValueEnum};
use dechaff::clean::cuts;
use dechaff::config::{Boilerplate, Builtin, Config, Level};
use dechaff::document::{Kind, Span};
use dechaff::engine::{Cancel, Job, Lists, Source, TextBuffer};
use dechaff::judge::model::{self, Ensemble, INPUTS, Model};
use dechaff::judge::stacked;
use dechaff::progress::Silent;
use dechaff::tables::{CutRow, Rule};
use gold::Set;
use pages::Example;
use rayon::prelude::*;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Mines furniture that many sites share.
    Phrases {
        gold: Vec<PathBuf>,
        #[arg(long, num_args = 1..)]
        pages: Vec<PathBuf>,
        #[arg(short, long)]
        output: PathBuf,
    },
    /// Learns the boilerplate model from all pages.
    Model {
        gold: Vec<PathBuf>,
        /// Unlabelled pages that hold hardly any furniture.
        #[arg(long, num_args = 1..)]
        clean: Vec<PathBuf>,
        #[arg(short, long)]
        output: PathBuf,
    },
    /// Learns phrases and model in five folds by site and scores each page by what was learnt without its site.
    CrossValidate {
        gold: Vec<PathBuf>,
        #[arg(long, num_args = 1..)]
        pages: Vec<PathBuf>,
        /// Unlabelled pages that hold hardly any furniture.
        #[arg(long, num_args = 1..)]
        clean: Vec<PathBuf>,
        /// Cleaned pages go here, a file per set and level.
        #[arg(short, long)]
        output: PathBuf,
        /// Which shipped lists are used beside what is learnt.
        #[arg(long, default_value = "all")]
        builtin: Hand,
        /// What the folds learn is kept in this folder and read from it the next time, to try other settings of the
        /// judgements on it. It must be learnt anew when features, sets or the learning change.
        #[arg(long)]
        learnt: Option<PathBuf>,
    },
}

#[derive(Clone, Copy, ValueEnum, PartialEq)]
enum Hand {
    /// Mined phrases and the hand-written list.
    All,
    /// Mined phrases only.
    Mined,
}

/// Folds of sites, of which each is left out once.
pub const FOLDS: u64 = 5;
const SHAPE: Shape = Shape { trees: 150, leaves: 16, rate: 0.1, columns: 0.4, least_weight: 20.0, seed: 1 };
const SECOND_SHAPE: Shape = Shape { trees: 100, ..SHAPE };
/// Pages taken of each set of unlabelled clean pages.
const CLEAN_PAGES: usize = 1500;
/// Conservative, balanced, strict.
const THRESHOLDS: [f32; 3] = [0.12, 0.35, 0.6];

fn main() {
    let result = match Arguments::parse().command {
        Command::Phrases { gold, pages, output } => mine(&gold, &pages, &output),
        Command::Model { gold, clean, output } => learn(&gold, &clean, &output),
        Command::CrossValidate { gold, pages, clean, output, builtin, learnt } => {
            folds(&gold, &pages, &clean, builtin, learnt.as_deref())
                .and_then(|(sets, folds)| cross_validate(&sets, &folds, &output))
        }
    };
    if let Err(error) = result {
        eprintln!("learn: {error}");
        std::process::exit(2);
    }
}

fn read(paths: &[PathBuf]) -> Result<Vec<Set>, String> {
    paths.iter().map(|p| Set::read(p)).collect()
}

fn clean_samples(paths: &[PathBuf]) -> Result<Vec<Set>, String> {
    paths.iter().map(|p| Set::clean_sample(p, CLEAN_PAGES)).collect()
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    std::fs::write(path, text).map_err(|e| format!("{}: {e}", path.display()))
}

fn mine(gold: &[PathBuf], pages: &[PathBuf], output: &Path) -> Result<(), String> {
    let found = phrases::mine(&read(gold)?, &read(pages)?, |_, _| true);
    println!("{} phrases", found.len());
    write(output, &phrases::to_list(&found))
}

fn learn(gold: &[PathBuf], clean: &[PathBuf], output: &Path) -> Result<(), String> {
    let model = train(&pages::examples(&read(gold)?, &clean_samples(clean)?), None, &mut Firsts::default());
    println!("{} and {} trees", model.first.trees.len(), model.second.trees.len());
    write(output, &(serde_json::to_string(&model).map_err(|e| e.to_string())? + "\n"))
}

/// Learns both ensembles from the pages of all folds but one. The second learns from what others like the first, each learnt
/// without one more fold, say of the pages of that: of pages that it has learnt the first is too sure.
fn train(examples: &[Example], without: Option<u64>, firsts: &mut Firsts) -> Model {
    let mut odds: Vec<Vec<f32>> = vec![Vec::new(); examples.len()];
    for fold in (0..FOLDS).filter(|&fold| Some(fold) != without) {
        let first = firsts.without(examples, &[Some(fold), without]);
        let of_fold = examples.par_iter().zip(&mut odds).filter(|(example, _)| example.fold == fold);
        of_fold.for_each(|(example, odds)| *odds = first.odds_of_page(&example.rows));
    }
    let learnt = |example: &Example| Some(example.fold) != without;
    let rows = |(example, odds): (&Example, &Vec<f32>)| {
        let mut rows = vec![[0.0; stacked::COUNT]; example.units.len()];
        stacked::rows_into(&example.units, &example.rows, odds, &mut rows);
        rows
    };
    let rows: Vec<Vec<stacked::Row>> =
        examples.iter().zip(&odds).filter(|(example, _)| learnt(example)).map(rows).collect();
    let second = ensemble(examples.iter().filter(|e| learnt(e)).zip(rows), stacked::names(), SECOND_SHAPE);
    let first = firsts.without(examples, &[without]).clone();
    Model { version: model::VERSION, thresholds: THRESHOLDS, first, second }
}

/// First ensembles, by the folds that they are learnt without: one without two folds serves both.
#[derive(Default)]
struct Firsts(BTreeMap<Vec<u64>, Ensemble>);

impl Firsts {
    fn without(&mut self, examples: &[Example], folds: &[Option<u64>]) -> &Ensemble {
        let mut folds: Vec<u64> = folds.iter().copied().flatten().collect();
        folds.sort_unstable();
        let learnt = || {
            let used = examples.iter().filter(|e| !folds.contains(&e.fold) && !e.stretched);
            let inputs = |example: &Example| {
                let mut inputs = vec![[0.0; INPUTS]; example.rows.len()];
                inputs.iter_mut().enumerate().for_each(|(i, row)| model::inputs_of(&example.rows, i, row));
                inputs
            };
            ensemble(used.map(|example| (example, inputs(example))), model::feature_names(), SHAPE)
        };
        self.0.entry(folds.clone()).or_insert_with(learnt)
    }
}

/// Learns trees from pages and what they see of each unit of them.
fn ensemble<'e, const N: usize>(
    pages: impl Iterator<Item = (&'e Example, Vec<[f32; N]>)>,
    features: Vec<String>,
    shape: Shape,
) -> Ensemble {
    let (mut inputs, mut labels, mut weights) = (Vec::new(), Vec::new(), Vec::new());
    for (example, rows) in pages {
        for (i, row) in rows.into_iter().enumerate().filter(|&(i, _)| example.weights[i] > 0.0) {
            inputs.push(row);
            labels.push(example.labels[i]);
            weights.push(example.weights[i]);
        }
    }
    let (base, trees) = boost::learn(&Table::new(&inputs, labels, weights), shape);
    Ensemble { features, base, trees }
}

struct Fold {
    lists: Lists,
}

/// The sets, and what was learnt without each fold of their sites.
fn folds(
    gold: &[PathBuf],
    pages: &[PathBuf],
    clean: &[PathBuf],
    hand: Hand,
    learnt: Option<&Path>,
) -> Result<(Vec<Set>, Vec<Fold>), String> {
    let (sets, pages) = (read(gold)?, read(pages)?);
    let (examples, mut firsts) = (pages::examples(&sets, &clean_samples(clean)?), Firsts::default());
    let folds_of: HashMap<&str, Vec<u64>> =
        sets.iter().map(|set| (set.name.as_str(), set.folds(FOLDS))).collect();
    let folds = (0..FOLDS)
        .map(|fold| {
            let others = |set: &Set, record: usize| folds_of[set.name.as_str()][record] != fold;
            let mut lists = Lists::shipped(Builtin::None);
            if hand == Hand::All {
                let general = include_str!("../../data/known-general.txt");
                lists
                    .known
                    .add_general(general)
                    .map_err(|(row, e)| format!("data/known-general.txt:{row}: {e}"))?;
            }
            let mut learn = || {
                let mined = phrases::to_list(&phrases::mine(&sets, &pages, others));
                (mined, train(&examples, Some(fold), &mut firsts))
            };
            let (mined, model) = match learnt {
                Some(folder) => kept(folder, fold, learn)?,
                None => learn(),
            };
            lists.known.add_mined(&mined).map_err(|(row, e)| format!("mined phrases, row {row}: {e}"))?;
            lists.model = model;
            Ok(Fold { lists })
        })
        .collect::<Result<Vec<Fold>, String>>()?;
    Ok((sets, folds))
}

/// The phrases and the model of a fold from a folder, or learnt and put there.
fn kept(
    folder: &Path,
    fold: u64,
    learn: impl FnOnce() -> (String, Model),
) -> Result<(String, Model), String> {
    let phrases = folder.join(format!("fold-{fold}.txt"));
    let model = folder.join(format!("fold-{fold}.json"));
    if let (Ok(list), Ok(json)) = (std::fs::read_to_string(&phrases), std::fs::read_to_string(&model)) {
        return Ok((list, Model::parse(&json).map_err(|e| format!("{}: {e}", model.display()))?));
    }
    let learnt = learn();
    std::fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    write(&phrases, &learnt.0)?;
    write(&model, &serde_json::to_string(&learnt.1).map_err(|e| e.to_string())?)?;
    Ok(learnt)
}

fn cross_validate(sets: &[Set], folds: &[Fold], output: &Path) -> Result<(), String> {
    std::fs::create_dir_all(output).map_err(|e| format!("{}: {e}", output.display()))?;
    for level in [Level::Conservative, Level::Balanced, Level::Strict] {
        for set in sets {
            evaluate(set, folds, level, output)?;
        }
    }
    for set in sets.iter().map(Set::cleaned) {
        evaluate_clean(&set, folds, output)?;
    }
    Ok(())
}

/// What is left of a page, and what was cut by which rule.
#[derive(Default)]
struct CleanedPage {
    text: String,
    cuts: Vec<(Rule, f32, Span)>,
}

/// All pages cleaned, each by the fold that was learnt without its site.
fn clean(set: &Set, folds: &[Fold], level: Level) -> Vec<CleanedPage> {
    let mut out: Vec<CleanedPage> = set.pages.iter().map(|_| CleanedPage::default()).collect();
    let documents = set.documents();
    let folds_of = set.folds(FOLDS);
    for (number, fold) in folds.iter().enumerate() {
        let config = Config {
            only: vec![Kind::Repeat, Kind::Boilerplate, Kind::Passage],
            boilerplate: Boilerplate { level, ..Boilerplate::default() },
            ..Config::default()
        };
        let (progress, cancel, store) = (Silent, Cancel::default(), Arc::default());
        let job = Job {
            source: set,
            documents: &documents,
            config: &config,
            lists: &fold.lists,
            store: &store,
            progress: &progress,
            cancel: &cancel,
            batch: dechaff::batch::BATCH,
        };
        let decisions = job.decide().expect("nothing cancels this run and no table is full");
        for record in (0..set.pages.len()).filter(|&r| folds_of[r] == number as u64) {
            let mut buffer = TextBuffer::default();
            let text = set.text(record, &mut buffer);
            let decided = decisions.stretch(record as u32..record as u32 + 1);
            let cut = |c: &CutRow| (c.rule, c.score, decided.span(c.unit));
            let cuts: Vec<(Rule, f32, Span)> = decided.cuts_of(record as u32).iter().map(cut).collect();
            let spans: Vec<Span> = cuts.iter().map(|c| c.2).collect();
            out[record] = CleanedPage { text: cuts::cut(text, &cuts::ranges(text, &spans)), cuts };
        }
    }
    out
}

fn evaluate(set: &Set, folds: &[Fold], level: Level, output: &Path) -> Result<(), String> {
    let cleaned = clean(set, folds, level);
    let mut count: HashMap<&str, usize> = HashMap::new();
    let scored: Vec<usize> = (0..set.pages.len()).filter(|&r| !set.pages[r].gold.is_empty()).collect();
    for &record in &scored {
        *count.entry(&set.pages[record].source).or_default() += 1;
    }
    let (mut all, mut multi) = ([0.0; 4], [0.0; 4]);
    let mut lines = String::new();
    for &record in &scored {
        let page = &set.pages[record];
        let [p, r, f] = gold::score(&cleaned[record].text, &page.gold);
        let add = |sums: &mut [f64; 4]| {
            for (sum, x) in sums.iter_mut().zip([p, r, f, 1.0]) {
                *sum += x;
            }
        };
        add(&mut all);
        if !page.source.is_empty() && count[page.source.as_str()] >= 3 {
            add(&mut multi);
        }
        lines += &serde_json::json!({"id": page.id, "source": page.source, "text": cleaned[record].text})
            .to_string();
        lines.push('\n');
    }
    let show = |s: [f64; 4]| {
        format!("n={:<5} P {:.4} R {:.4} F1 {:.4}", s[3], s[0] / s[3], s[1] / s[3], s[2] / s[3])
    };
    println!("{:14} {:12} all {}   multi {}", set.name, format!("{level:?}"), show(all), show(multi));
    let name = format!("{}-{}.jsonl", set.name, format!("{level:?}").to_lowercase());
    write(&output.join(name), &lines)
}

fn evaluate_clean(set: &Set, folds: &[Fold], output: &Path) -> Result<(), String> {
    let words = |text: &str| text.split_whitespace().count() as f64;
    let cleaned = clean(set, folds, Level::Balanced);
    let before: f64 = set.pages.iter().map(|p| words(&p.gold)).sum();
    let after: f64 = cleaned.iter().map(|c| words(&c.text)).sum();
    println!("{:28} {:.3} % of the words cut", set.name, 100.0 * (before - after) / before);
    let mut rules: BTreeMap<&str, f64> = BTreeMap::new();
    let mut lines = String::new();
    for (page, cleaned) in set.pages.iter().zip(&cleaned) {
        for (rule, score, span) in &cleaned.cuts {
            let cut = span.of(&page.gold);
            *rules.entry(rule.name()).or_default() += words(cut);
            let line = serde_json::json!({"id": page.id, "source": page.source, "rule": rule.name(),
                "score": score, "start": span.start, "cut": cut});
            lines += &format!("{line}\n");
        }
    }
    for (rule, cut) in rules {
        println!("  {rule:26} {:.2} %", 100.0 * cut / before);
    }
    write(&output.join(format!("{}-cuts.jsonl", set.name.replace(" (clean)", "-articles"))), &lines)
}
