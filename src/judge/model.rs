//! The boilerplate model: two ensembles of small decision trees, boosted on logistic loss (Friedman 2001) by
//! `examples/learn`. The first judges a unit by its own features and those of its neighbours, the second by the same
//! features and by what the first said of the whole page (stacked sequential learning, Cohen and Carvalho 2005).
//!
//! In: feature rows of one document. Out: for each unit the chance that it belongs to the article. The file is JSON: a page of
//! numbers that can be read, rebuilt and replaced. How it is worked out fast is in [`super::forest`].

use super::features::{self, NAMES, Row};
use super::stacked;
use crate::tables::UnitRow;
use serde::{Deserialize, Serialize};

/// Version of the model file.
pub const VERSION: u32 = 2;

/// Units looked at on each side of the one that is judged.
pub const REACH: usize = 3;

/// The features that are also read of the neighbours, by name.
pub const NEIGHBOUR: [&str; 16] = [
    "edge",
    "words",
    "sentence",
    "lower",
    "address",
    "shouted",
    "capitalised",
    "two_to_four",
    "long_sentence",
    "on_site",
    "masked",
    "template",
    "again",
    "in_run",
    "near_mass",
    "digits",
];

/// Numbers that the trees see of one unit: its own features, then those of the neighbours from the farthest
/// before it to the farthest after it.
pub const INPUTS: usize = features::COUNT + 2 * REACH * NEIGHBOUR.len();

/// A tree as flat arrays: node 0 is the root; a child below zero is leaf `-1 - child`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Tree {
    /// Which input each node asks for.
    pub input: Vec<u16>,
    /// It goes left at or below this value.
    pub split: Vec<f32>,
    /// Left and right child of each node.
    pub children: Vec<[i16; 2]>,
    /// What each leaf adds to the log-odds of belonging to the article.
    pub leaves: Vec<f32>,
}

impl Tree {
    /// The leaf that these inputs reach.
    pub(super) fn leaf(&self, input: impl Fn(usize) -> f32) -> usize {
        let mut node = 0i16;
        loop {
            let n = node as usize;
            let right = input(self.input[n] as usize) > self.split[n];
            node = self.children[n][usize::from(right)];
            if node < 0 {
                return (-1 - node) as usize;
            }
        }
    }
}

/// Trees that are added up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ensemble {
    /// Names of the inputs, to tell a model of other features.
    pub features: Vec<String>,
    /// Log-odds before any tree.
    pub base: f32,
    /// The trees.
    pub trees: Vec<Tree>,
}

impl Ensemble {
    /// The log-odds that these inputs give: one walk down every tree.
    pub fn odds(&self, inputs: &[f32]) -> f32 {
        let leaf = |tree: &Tree| tree.leaves[tree.leaf(|input| inputs[input])];
        self.base + self.trees.iter().map(leaf).sum::<f32>()
    }

    /// Those of each unit of a page, where these are first trees: each sees its neighbours, too.
    pub fn odds_of_page(&self, rows: &[Row]) -> Vec<f32> {
        let mut inputs = [0.0; INPUTS];
        let of_unit = |unit| {
            inputs_of(rows, unit, &mut inputs);
            self.odds(&inputs)
        };
        (0..rows.len()).map(of_unit).collect()
    }

    fn check(&self, names: &[String]) -> Result<(), String> {
        if self.features != names {
            return Err("the model was trained on other features than this dechaff has".into());
        }
        for tree in &self.trees {
            let nodes = tree.input.len();
            let sound = nodes > 0
                && tree.split.len() == nodes
                && tree.children.len() == nodes
                && tree.input.iter().all(|&i| usize::from(i) < names.len())
                && tree.children.iter().enumerate().all(|(at, pair)| {
                    pair.iter().all(|&c| {
                        if c < 0 {
                            ((-1 - i32::from(c)) as usize) < tree.leaves.len()
                        } else {
                            c as usize > at && (c as usize) < nodes
                        }
                    })
                });
            // Every node but the first, and every leaf, hangs on one node.
            let mut children: Vec<i16> = tree.children.iter().flatten().copied().collect();
            children.sort_unstable();
            let all = -(tree.leaves.len() as i64)..0;
            let all = all.chain(1..nodes as i64);
            if !sound || !children.iter().map(|&c| i64::from(c)).eq(all) {
                return Err("a tree of the model is malformed".into());
            }
        }
        Ok(())
    }
}

/// Both ensembles.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// [`VERSION`].
    pub version: u32,
    /// Chance of belonging to the article under which a unit goes: conservative, balanced, strict.
    pub thresholds: [f32; 3],
    /// What judges a unit by itself and its neighbours.
    pub first: Ensemble,
    /// What judges it again by what the first says of its page.
    pub second: Ensemble,
}

/// What every model file says, whatever its version.
#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

impl Model {
    /// The model that ships with dechaff.
    pub fn shipped() -> Model {
        serde_json::from_str(include_str!("../../data/boilerplate-model.json"))
            .expect("the shipped model is checked by a test")
    }

    /// Reads a model file.
    pub fn parse(json: &str) -> Result<Model, String> {
        let Versioned { version } = serde_json::from_str(json).map_err(|e| e.to_string())?;
        if version != VERSION {
            return Err(format!("model version {version}, this dechaff reads {VERSION}"));
        }
        let model: Model = serde_json::from_str(json).map_err(|e| e.to_string())?;
        model.check()?;
        Ok(model)
    }

    fn check(&self) -> Result<(), String> {
        self.first.check(&feature_names())?;
        self.second.check(&stacked::names())
    }

    /// The chance of each unit of a page to belong to the article: a walk down every tree.
    /// [`Forest`](super::forest::Forest) does the same faster.
    pub fn chances(&self, units: &[UnitRow], rows: &[Row]) -> Vec<f32> {
        let odds = self.first.odds_of_page(rows);
        let mut again = vec![[0.0; stacked::COUNT]; rows.len()];
        stacked::rows_into(units, rows, &odds, &mut again);
        again.iter().map(|row| chance(self.second.odds(row))).collect()
    }
}

/// The chance that log-odds tell.
pub fn chance(odds: f32) -> f32 {
    1.0 / (1.0 + (-odds).exp())
}

/// What an input of the trees is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Input {
    /// Place in [`NAMES`].
    pub feature: usize,
    /// Of which unit, counted from the one that is judged.
    pub offset: isize,
}

impl Input {
    /// Input `i` of [`INPUTS`].
    pub fn of(i: usize) -> Input {
        let Some(around) = i.checked_sub(features::COUNT) else { return Input { feature: i, offset: 0 } };
        let offset = offsets().nth(around / NEIGHBOUR.len()).expect("there are 2 x REACH neighbours");
        Input { feature: NEIGHBOUR_INDEX[around % NEIGHBOUR.len()], offset }
    }
}

/// The names of all inputs: own features, then `name@offset`.
pub fn feature_names() -> Vec<String> {
    let own = NAMES.iter().map(|n| n.to_string());
    let around = offsets().flat_map(|k| NEIGHBOUR.iter().map(move |n| format!("{n}@{k:+}")));
    own.chain(around).collect()
}

fn offsets() -> impl Iterator<Item = isize> {
    let reach = REACH as isize;
    (-reach..=reach).filter(|&k| k != 0)
}

const NEIGHBOUR_INDEX: [usize; NEIGHBOUR.len()] = {
    let mut index = [0; NEIGHBOUR.len()];
    let mut i = 0;
    while i < NEIGHBOUR.len() {
        let mut k = 0;
        while !same(NAMES[k], NEIGHBOUR[i]) {
            k += 1;
        }
        index[i] = k;
        i += 1;
    }
    index
};

const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}

/// What the trees see of unit `i`.
pub fn inputs_of(rows: &[Row], i: usize, inputs: &mut [f32; INPUTS]) {
    let outside = features::edge();
    inputs[..features::COUNT].copy_from_slice(&rows[i]);
    let mut at = features::COUNT;
    for k in offsets() {
        let row = i.checked_add_signed(k).and_then(|j| rows.get(j)).unwrap_or(&outside);
        for &feature in &NEIGHBOUR_INDEX {
            inputs[at] = row[feature];
            at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_model_is_sound() {
        let model = Model::shipped();
        assert_eq!(model.check(), Ok(()));
        assert!(model.thresholds[0] < model.thresholds[1] && model.thresholds[1] < model.thresholds[2]);
    }

    #[test]
    fn a_model_of_another_version_is_refused() {
        for other in [r#"{"version":1,"features":[],"trees":[]}"#, r#"{"version":99}"#] {
            let error = Model::parse(other).unwrap_err();
            assert!(error.starts_with("model version") && error.ends_with("reads 2"), "{error}");
        }
    }

    #[test]
    fn inputs_are_told_apart_as_their_names_are() {
        for (i, name) in feature_names().into_iter().enumerate() {
            let Input { feature, offset } = Input::of(i);
            let own = NAMES[feature].to_owned();
            assert_eq!(name, if offset == 0 { own } else { format!("{own}@{offset:+}") });
        }
    }
}
