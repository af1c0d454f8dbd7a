//! How far each input moved a verdict of the model.
//!
//! In: feature rows of one document and some of its units. Out: for each input how far it moved the log-odds of a unit.
//! What a tree adds depends on the leaf alone, so that the paths to all leaves are written down beforehand.

use super::features::Row;
use super::forest::Forest;
use super::model::{INPUTS, Model, Tree};

/// Tells how far each input moved a verdict: the change of the mean along the path of each tree (Saabas 2014).
#[derive(Debug)]
pub struct Explainer {
    forest: Forest,
    /// For each tree where the paths of its leaves begin among `paths`.
    first: Vec<usize>,
    /// For each leaf, by its number in its tree, where its path lies among `steps`.
    paths: Vec<(u32, u32)>,
    /// The inputs along paths from the root to a leaf, and how far they move the log-odds.
    steps: Vec<(u16, f32)>,
}

impl Explainer {
    /// For the verdicts of `model`.
    pub fn new(model: &Model) -> Self {
        let mut explainer =
            Explainer { forest: Forest::of(model), first: Vec::new(), paths: Vec::new(), steps: Vec::new() };
        for tree in &model.trees {
            let first = explainer.paths.len();
            explainer.first.push(first);
            explainer.paths.resize(first + tree.leaves.len(), (0, 0));
            explainer.add(tree, (&subtree_means(tree), first), 0, &mut Vec::new());
        }
        explainer
    }

    /// Adds the paths through a node; `path` leads to it.
    fn add(&mut self, tree: &Tree, (means, first): (&[f32], usize), node: usize, path: &mut Vec<(u16, f32)>) {
        for child in tree.children[node] {
            let leaf = (-1 - i32::from(child)) as usize;
            let next = if child < 0 { tree.leaves[leaf] } else { means[child as usize] };
            path.push((tree.input[node], next - means[node]));
            if child < 0 {
                let from = self.steps.len() as u32;
                self.steps.extend_from_slice(path);
                self.paths[first + leaf] = (from, self.steps.len() as u32);
            } else {
                self.add(tree, (means, first), child as usize, path);
            }
            path.pop();
        }
    }

    /// For each of `units` its chance to belong to the article, the same as from [`Model::score_into`], and, where the
    /// answer to that is yes, how far each input moved its log-odds.
    pub fn moved(
        &self,
        rows: &[Row],
        units: &[usize],
        wanted: impl Fn(usize, f32) -> bool,
        mut take: impl FnMut(usize, &[f32; INPUTS]),
    ) {
        self.forest.leaves(rows, units, |place, chance, leaves| {
            if !wanted(place, chance) {
                return;
            }
            let mut moved = [0.0f32; INPUTS];
            for (first, &leaf) in self.first.iter().zip(leaves) {
                let (from, to) = self.paths[first + usize::from(leaf)];
                for &(input, change) in &self.steps[from as usize..to as usize] {
                    moved[usize::from(input)] += change;
                }
            }
            take(place, &moved);
        });
    }
}

/// Unweighted mean of the leaves under each node.
fn subtree_means(tree: &Tree) -> Vec<f32> {
    let mut sums = vec![(0.0f32, 0u32); tree.input.len()];
    for node in (0..tree.input.len()).rev() {
        for child in tree.children[node] {
            let (sum, n) =
                if child < 0 { (tree.leaves[(-1 - child) as usize], 1) } else { sums[child as usize] };
            sums[node].0 += sum;
            sums[node].1 += n;
        }
    }
    sums.iter().map(|(sum, n)| sum / *n as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::features;

    #[test]
    fn reasons_add_up_to_the_verdict() {
        let model = Model::shipped();
        let rows = vec![[0.25; features::COUNT]; 5];
        let mut scores = Vec::new();
        model.score_into(&rows, &mut scores);
        let mut sums = Vec::new();
        let wanted = |place: usize, chance: f32| {
            assert_eq!(chance, scores[[2, 0][place]]);
            place == 0
        };
        Explainer::new(&model).moved(&rows, &[2, 0], wanted, |_, moved| sums.push(moved.iter().sum::<f32>()));
        assert_eq!(sums.len(), 1);
        let moved = sums[0];
        let start: f32 = model.trees.iter().map(|t| subtree_means(t)[0]).sum();
        let odds = (scores[2] / (1.0 - scores[2])).ln();
        assert!((odds - (model.base + start + moved)).abs() < 0.01);
    }
}
