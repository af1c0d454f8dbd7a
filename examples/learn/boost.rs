//! Gradient boosting of small regression trees on logistic loss (Friedman 2001), with second-order leaf values
//! (Chen and Guestrin 2016) and histograms of at most 64 bins per input. Deterministic for a seed.

use dechaff::judge::model::Tree;
use rayon::prelude::*;

/// What to learn from: a column of bin numbers per input, and what each bin's upper bound is.
pub struct Table {
    columns: Vec<Vec<u8>>,
    bounds: Vec<Vec<f32>>,
    pub labels: Vec<bool>,
    pub weights: Vec<f32>,
}

/// Shape of the ensemble.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    pub trees: usize,
    pub leaves: usize,
    pub rate: f64,
    pub columns: f64,
    pub least_weight: f64,
    pub seed: u64,
}

const BINS: usize = 64;
const LAMBDA: f64 = 1.0;

impl Table {
    /// Bins the rows; the bounds are quantiles of a sample of each input's distinct values.
    pub fn new<const INPUTS: usize>(rows: &[[f32; INPUTS]], labels: Vec<bool>, weights: Vec<f32>) -> Table {
        let (columns, bounds) = (0..INPUTS)
            .into_par_iter()
            .map(|input| {
                let step = (rows.len() / 50_000).max(1);
                let mut sample: Vec<f32> = rows.iter().step_by(step).map(|r| r[input]).collect();
                sample.sort_by(f32::total_cmp);
                let mut bounds: Vec<f32> =
                    (1..BINS).map(|k| sample[(k * sample.len() / BINS).min(sample.len() - 1)]).collect();
                bounds.dedup();
                let column = rows.iter().map(|r| bounds.partition_point(|&b| b < r[input]) as u8).collect();
                (column, bounds)
            })
            .unzip();
        Table { columns, bounds, labels, weights }
    }
}

#[derive(Clone, Copy, Default)]
struct Sum {
    gradient: f64,
    hessian: f64,
}

impl Sum {
    fn gain(self) -> f64 {
        self.gradient * self.gradient / (self.hessian + LAMBDA)
    }
}

struct Leaf {
    rows: Vec<u32>,
    sum: Sum,
    best: Option<Split>,
    parent: Option<(usize, usize)>,
}

#[derive(Clone, Copy)]
struct Split {
    gain: f64,
    input: usize,
    bin: usize,
}

/// Learns an ensemble: the log-odds to start from, and the trees.
pub fn learn(table: &Table, shape: Shape) -> (f32, Vec<Tree>) {
    let n = table.labels.len();
    let (mut yes, mut all) = (0.0f64, 0.0f64);
    for (label, weight) in table.labels.iter().zip(&table.weights) {
        all += f64::from(*weight);
        yes += if *label { f64::from(*weight) } else { 0.0 };
    }
    let base = (yes / (all - yes)).ln();
    let mut odds = vec![base; n];
    let mut random = shape.seed;
    let mut trees = Vec::new();
    for _ in 0..shape.trees {
        let slopes: Vec<(f32, f32)> = odds
            .par_iter()
            .enumerate()
            .map(|(i, &o)| {
                let p = 1.0 / (1.0 + (-o).exp());
                let weight = f64::from(table.weights[i]);
                let target = if table.labels[i] { 1.0 } else { 0.0 };
                (((target - p) * weight) as f32, (p * (1.0 - p) * weight) as f32)
            })
            .collect();
        let inputs: Vec<usize> =
            (0..table.columns.len()).filter(|_| next(&mut random) < shape.columns).collect();
        let (tree, members) = grow(table, &slopes, &inputs, shape);
        for (leaf, rows) in members.iter().enumerate() {
            for &row in rows {
                odds[row as usize] += f64::from(tree.leaves[leaf]);
            }
        }
        trees.push(tree);
    }
    (base as f32, trees)
}

fn next(state: &mut u64) -> f64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
}

/// Grows one tree, always splitting the leaf that gains most.
fn grow(table: &Table, slopes: &[(f32, f32)], inputs: &[usize], shape: Shape) -> (Tree, Vec<Vec<u32>>) {
    let rows: Vec<u32> = (0..slopes.len() as u32).collect();
    let mut leaves = vec![leaf(table, slopes, inputs, shape, rows, None)];
    let mut tree = Tree::default();
    while leaves.len() < shape.leaves {
        let gain = |l: &Leaf| l.best.map_or(0.0, |b| b.gain);
        let Some(at) =
            (0..leaves.len()).max_by(|&a, &b| gain(&leaves[a]).total_cmp(&gain(&leaves[b])).then(b.cmp(&a)))
        else {
            break;
        };
        let Some(split) = leaves[at].best else { break };
        let node = tree.input.len();
        tree.input.push(split.input as u16);
        tree.split.push(table.bounds[split.input][split.bin]);
        tree.children.push([0, 0]);
        if let Some((parent, side)) = leaves[at].parent {
            tree.children[parent][side] = node as i16;
        }
        let column = &table.columns[split.input];
        let rows = std::mem::take(&mut leaves[at].rows);
        let (left, right): (Vec<u32>, Vec<u32>) =
            rows.into_iter().partition(|&r| usize::from(column[r as usize]) <= split.bin);
        let (left, right) = rayon::join(
            || leaf(table, slopes, inputs, shape, left, Some((node, 0))),
            || leaf(table, slopes, inputs, shape, right, Some((node, 1))),
        );
        leaves[at] = left;
        leaves.push(right);
    }
    let mut members = Vec::new();
    for (number, leaf) in leaves.into_iter().enumerate() {
        if let Some((parent, side)) = leaf.parent {
            tree.children[parent][side] = -1 - number as i16;
        }
        tree.leaves.push((shape.rate * leaf.sum.gradient / (leaf.sum.hessian + LAMBDA)) as f32);
        members.push(leaf.rows);
    }
    (tree, members)
}

fn leaf(
    table: &Table,
    slopes: &[(f32, f32)],
    inputs: &[usize],
    shape: Shape,
    rows: Vec<u32>,
    parent: Option<(usize, usize)>,
) -> Leaf {
    let mut sum = Sum::default();
    for &row in &rows {
        sum.gradient += f64::from(slopes[row as usize].0);
        sum.hessian += f64::from(slopes[row as usize].1);
    }
    let best = inputs
        .par_iter()
        .filter_map(|&input| best_split(table, slopes, &rows, input, sum, shape.least_weight))
        .reduce_with(|a, b| {
            if (b.gain, std::cmp::Reverse(b.input)) > (a.gain, std::cmp::Reverse(a.input)) { b } else { a }
        });
    Leaf { rows, sum, best, parent }
}

fn best_split(
    table: &Table,
    slopes: &[(f32, f32)],
    rows: &[u32],
    input: usize,
    all: Sum,
    least: f64,
) -> Option<Split> {
    let mut bins = [Sum::default(); BINS];
    let column = &table.columns[input];
    for &row in rows {
        let bin = &mut bins[usize::from(column[row as usize])];
        let (gradient, hessian) = slopes[row as usize];
        bin.gradient += f64::from(gradient);
        bin.hessian += f64::from(hessian);
    }
    let mut left = Sum::default();
    let mut best: Option<Split> = None;
    for (bin, sum) in bins.iter().enumerate().take(table.bounds[input].len()) {
        left.gradient += sum.gradient;
        left.hessian += sum.hessian;
        let right = Sum { gradient: all.gradient - left.gradient, hessian: all.hessian - left.hessian };
        if left.hessian < least || right.hessian < least {
            continue;
        }
        let gain = left.gain() + right.gain() - all.gain();
        if gain > 1e-6 && best.is_none_or(|b| gain > b.gain) {
            best = Some(Split { gain, input, bin });
        }
    }
    best
}
