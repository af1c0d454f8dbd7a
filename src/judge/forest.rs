//! The trees of a [`Model`] laid out for speed: many units at once, and every node of a tree instead of a walk.
//!
//! In: feature rows of one document. Out: the same chances that a walk down every tree gives. Each tree keeps a bit a
//! leaf, left to right; a node whose input is above its split takes the bits of its left side away, and the first bit
//! that is left is the leaf that the walk would reach (QuickScorer, Lucchese et al. 2015). Nothing waits for anything,
//! so that the units of a block are the lanes of vectors.

use super::features::Row;
use super::model::{self, INPUTS, Model, Tree};
use crate::simd::{self, Kernel};

/// Leaves of a tree that its bits can tell apart.
const MAX_LEAVES: usize = 32;
/// Units a block; what is left over at the end of a document goes in blocks of half of it.
const BLOCK: usize = 16;
const HALF: usize = BLOCK / 2;

/// The trees of a model.
#[derive(Debug, Clone)]
pub struct Forest {
    base: f32,
    trees: Vec<Bits>,
    /// Trees that are too large for bits, and where they stand among the others: all are summed up in their order.
    walked: Vec<(usize, Tree)>,
}

#[derive(Debug, Clone)]
struct Bits {
    nodes: Vec<Node>,
    leaves: [f32; MAX_LEAVES],
    /// Which leaf of the tree each is.
    numbers: [u8; MAX_LEAVES],
}

#[derive(Debug, Clone, Copy)]
struct Node {
    split: f32,
    input: u32,
    /// The leaves that are left where the input is above the split.
    right: u32,
}

impl Forest {
    /// The trees of `model`.
    pub fn of(model: &Model) -> Forest {
        let mut forest = Forest { base: model.base, trees: Vec::new(), walked: Vec::new() };
        for tree in &model.trees {
            if tree.input.len() < MAX_LEAVES {
                forest.trees.push(Bits::of(tree));
            } else {
                forest.walked.push((forest.trees.len(), tree.clone()));
            }
        }
        forest
    }

    /// The chance of each unit to belong to the article, into `out`, which is cleared first.
    pub fn score_into(&self, rows: &[Row], out: &mut Vec<f32>) {
        out.clear();
        while out.len() < rows.len() {
            let left = rows.len() - out.len();
            if left > HALF || !self.walked.is_empty() {
                self.score_block::<BLOCK>(rows, out);
            } else {
                self.score_block::<HALF>(rows, out);
            }
        }
    }

    fn score_block<const UNITS: usize>(&self, rows: &[Row], out: &mut Vec<f32>) {
        let from = out.len();
        let units = UNITS.min(rows.len() - from);
        let mut inputs = [[0.0; UNITS]; INPUTS];
        let mut one = [0.0; INPUTS];
        for unit in 0..units {
            model::inputs_of(rows, from + unit, &mut one);
            for (lanes, value) in inputs.iter_mut().zip(one) {
                lanes[unit] = value;
            }
        }
        let sums = if self.walked.is_empty() {
            let mut sums = [0.0; UNITS];
            simd::run(Sum { trees: &self.trees, inputs: &inputs, sums: &mut sums });
            sums
        } else {
            self.mixed(&inputs)
        };
        out.extend(sums[..units].iter().map(|&sum| self.chance(sum)));
    }

    /// The leaf of each tree that some units reach, by its number in the tree: handed on unit after unit, with the chance of
    /// the unit.
    pub fn leaves(&self, rows: &[Row], units: &[usize], mut take: impl FnMut(usize, f32, &[u16])) {
        let mut reached = vec![[0u8; BLOCK]; self.trees.len()];
        let mut of_unit = Vec::with_capacity(self.trees.len() + self.walked.len());
        for (block, units) in units.chunks(BLOCK).enumerate() {
            let mut inputs = [[0.0; BLOCK]; INPUTS];
            let mut one = [0.0; INPUTS];
            for (lane, &unit) in units.iter().enumerate() {
                model::inputs_of(rows, unit, &mut one);
                for (lanes, value) in inputs.iter_mut().zip(one) {
                    lanes[lane] = value;
                }
            }
            simd::run(Reach { trees: &self.trees, inputs: &inputs, reached: &mut reached });
            for lane in 0..units.len() {
                of_unit.clear();
                let (mut sum, mut at) = (0.0, 0);
                let bits = |of_unit: &mut Vec<u16>, sum: &mut f32, range: std::ops::Range<usize>| {
                    for (tree, reached) in self.trees[range.clone()].iter().zip(&reached[range]) {
                        let leaf = usize::from(reached[lane]) % MAX_LEAVES;
                        *sum += tree.leaves[leaf];
                        of_unit.push(u16::from(tree.numbers[leaf]));
                    }
                };
                for (place, tree) in &self.walked {
                    bits(&mut of_unit, &mut sum, at..*place);
                    at = *place;
                    let leaf = tree.leaf(|input| inputs[input][lane]);
                    sum += tree.leaves[leaf];
                    of_unit.push(leaf as u16);
                }
                bits(&mut of_unit, &mut sum, at..self.trees.len());
                take(block * BLOCK + lane, self.chance(sum), &of_unit);
            }
        }
    }

    /// The chance that the sum of what the trees add gives.
    fn chance(&self, sum: f32) -> f32 {
        1.0 / (1.0 + (-(self.base + sum)).exp())
    }

    fn mixed<const UNITS: usize>(&self, inputs: &[[f32; UNITS]; INPUTS]) -> [f32; UNITS] {
        let mut sums = [0.0; UNITS];
        let mut at = 0;
        for (place, tree) in &self.walked {
            simd::run(Sum { trees: &self.trees[at..*place], inputs, sums: &mut sums });
            at = *place;
            for (unit, sum) in sums.iter_mut().enumerate() {
                *sum += tree.leaves[tree.leaf(|input| inputs[input][unit])];
            }
        }
        simd::run(Sum { trees: &self.trees[at..], inputs, sums: &mut sums });
        sums
    }
}

impl Bits {
    fn of(tree: &Tree) -> Bits {
        let nodes = Vec::with_capacity(tree.input.len());
        let mut bits = Bits { nodes, leaves: [0.0; MAX_LEAVES], numbers: [0; MAX_LEAVES] };
        bits.add(tree, 0, &mut 0);
        bits
    }

    /// Adds what is under a node, whose first leaf is the one after the last so far.
    fn add(&mut self, tree: &Tree, node: usize, leaf: &mut usize) {
        let [left, right] = tree.children[node];
        let first = *leaf;
        self.add_child(tree, left, leaf);
        let of_left = (1u32 << *leaf) - (1 << first);
        self.nodes.push(Node {
            split: tree.split[node],
            input: u32::from(tree.input[node]),
            right: !of_left,
        });
        self.add_child(tree, right, leaf);
    }

    fn add_child(&mut self, tree: &Tree, child: i16, leaf: &mut usize) {
        if child < 0 {
            self.leaves[*leaf] = tree.leaves[(-1 - child) as usize];
            self.numbers[*leaf] = (-1 - child) as u8;
            *leaf += 1;
        } else {
            self.add(tree, child as usize, leaf);
        }
    }
}

/// The leaves that are left of a tree for each unit; the first is the one that is reached.
#[inline(always)]
fn left<const UNITS: usize>(tree: &Bits, inputs: &[[f32; UNITS]; INPUTS]) -> [u32; UNITS] {
    let mut left = [u32::MAX; UNITS];
    for node in &tree.nodes {
        let input = &inputs[node.input as usize];
        for unit in 0..UNITS {
            // As arithmetic, for a choice becomes a branch.
            left[unit] &= node.right | u32::from(input[unit] > node.split).wrapping_sub(1);
        }
    }
    left
}

struct Sum<'a, const UNITS: usize> {
    trees: &'a [Bits],
    inputs: &'a [[f32; UNITS]; INPUTS],
    sums: &'a mut [f32; UNITS],
}

impl<const UNITS: usize> Kernel for Sum<'_, UNITS> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for tree in self.trees {
            for (sum, left) in self.sums.iter_mut().zip(left(tree, self.inputs)) {
                *sum += tree.leaves[left.trailing_zeros() as usize % MAX_LEAVES];
            }
        }
    }
}

struct Reach<'a, const UNITS: usize> {
    trees: &'a [Bits],
    inputs: &'a [[f32; UNITS]; INPUTS],
    reached: &'a mut [[u8; UNITS]],
}

impl<const UNITS: usize> Kernel for Reach<'_, UNITS> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (tree, reached) in self.trees.iter().zip(self.reached) {
            for (leaf, left) in reached.iter_mut().zip(left(tree, self.inputs)) {
                *leaf = left.trailing_zeros() as u8;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::features::COUNT;
    use proptest::prelude::*;

    fn row() -> impl Strategy<Value = Row> {
        prop::collection::vec(prop_oneof![Just(0.0), Just(1.0), 0.0f32..2.0], COUNT)
            .prop_map(|v| Row::try_from(v).unwrap())
    }

    /// A tree of more leaves than bits: a chain of nodes on the first inputs.
    fn chain(leaves: i16) -> Tree {
        let nodes = leaves - 1;
        Tree {
            input: (0..nodes as u16).map(|n| n % 50).collect(),
            split: (0..nodes).map(|n| f32::from(n % 7) / 5.0).collect(),
            children: (0..nodes)
                .map(|n| [-1 - n, if n + 1 == nodes { -1 - leaves + 1 } else { n + 1 }])
                .collect(),
            leaves: (0..leaves).map(|n| f32::from(n) / 100.0).collect(),
        }
    }

    proptest! {
        #[test]
        fn bits_and_walks_agree_to_the_last_bit(rows in prop::collection::vec(row(), 0..40), large in 30i16..40) {
            let mut model = Model::shipped();
            let (mut fast, mut twin) = (Vec::new(), Vec::new());
            Forest::of(&model).score_into(&rows, &mut fast);
            model.score_into(&rows, &mut twin);
            prop_assert_eq!(&fast, &twin);
            model.trees.insert(70, chain(large));
            Forest::of(&model).score_into(&rows, &mut fast);
            model.score_into(&rows, &mut twin);
            prop_assert_eq!(&fast, &twin);
        }
    }
}
