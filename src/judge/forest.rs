//! The trees of a [`Model`] laid out for speed: many units at once, and every node of a tree instead of a walk.
//!
//! In: feature rows of one document. Out: the same chances that a walk down every tree gives. Each tree keeps a bit a
//! leaf, left to right; a node whose input is above its split takes the bits of its left side away, and the first bit
//! that is left is the leaf that the walk would reach (QuickScorer, Lucchese et al. 2015). Nothing waits for anything,
//! so that the units of a block are the lanes of vectors.

use super::features::Row;
use super::model::{self, INPUTS, Model, Tree};
use super::reasons::{self, Moves};
use crate::simd::{self, Kernel};
use crate::tables::{Reason, Reasons};

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
    /// For each tree in `trees`, then for each in `walked`, how far its leaves move the reasons.
    moves: Vec<Vec<Moves>>,
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

/// What the trees say of the units of a document.
#[derive(Debug, Default)]
pub struct Scores {
    /// For each unit the chance to belong to the article.
    pub chances: Vec<f32>,
    /// What spoke most against it, where the chance is small.
    pub reasons: Vec<Reasons>,
    /// For each tree the leaf that each unit of a block reaches.
    reached: Vec<[u8; BLOCK]>,
}

impl Scores {
    /// Says of so many units that they belong to the article.
    pub fn all_stay(&mut self, units: usize) {
        self.chances.clear();
        self.chances.resize(units, 1.0);
        self.reasons.clear();
        self.reasons.resize(units, Reasons::default());
    }
}

impl Forest {
    /// The trees of `model`.
    pub fn of(model: &Model) -> Forest {
        let mut forest =
            Forest { base: model.base, trees: Vec::new(), walked: Vec::new(), moves: Vec::new() };
        let kinds = reasons::kinds();
        let mut moves_of_walked = Vec::new();
        for tree in &model.trees {
            let moves = reasons::moves(tree, &kinds);
            if tree.input.len() < MAX_LEAVES {
                let bits = Bits::of(tree);
                let numbers = &bits.numbers[..moves.len()];
                forest.moves.push(numbers.iter().map(|&n| moves[usize::from(n)]).collect());
                forest.trees.push(bits);
            } else {
                forest.walked.push((forest.trees.len(), tree.clone()));
                moves_of_walked.push(moves);
            }
        }
        forest.moves.extend(moves_of_walked);
        forest
    }

    /// The chance of each unit to belong to the article; for those below `doubtful` also what spoke most against that.
    pub fn score_into(&self, rows: &[Row], doubtful: f32, scores: &mut Scores) {
        scores.chances.clear();
        scores.reasons.clear();
        scores.reached.resize(self.trees.len(), [0; BLOCK]);
        while scores.chances.len() < rows.len() {
            let left = rows.len() - scores.chances.len();
            if left > HALF || !self.walked.is_empty() {
                self.score_block::<BLOCK>(rows, doubtful, scores);
            } else {
                self.score_block::<HALF>(rows, doubtful, scores);
            }
        }
    }

    fn score_block<const UNITS: usize>(&self, rows: &[Row], doubtful: f32, scores: &mut Scores) {
        let from = scores.chances.len();
        let units = UNITS.min(rows.len() - from);
        let mut inputs = [[0.0; UNITS]; INPUTS];
        let mut one = [0.0; INPUTS];
        for unit in 0..units {
            model::inputs_of(rows, from + unit, &mut one);
            for (lanes, value) in inputs.iter_mut().zip(one) {
                lanes[unit] = value;
            }
        }
        let mut sums = [0.0; UNITS];
        let mut at = 0;
        let ends = self.walked.iter().map(|(place, tree)| (*place, Some(tree)));
        for (end, walked) in ends.chain([(self.trees.len(), None)]) {
            let (trees, reached) = (&self.trees[at..end], &mut scores.reached[at..end]);
            simd::run(Sum { trees, inputs: &inputs, sums: &mut sums, reached });
            at = end;
            for (unit, sum) in sums.iter_mut().enumerate() {
                *sum += walked.map_or(0.0, |tree| tree.leaves[tree.leaf(|input| inputs[input][unit])]);
            }
        }
        for (unit, &sum) in sums[..units].iter().enumerate() {
            let chance = self.chance(sum);
            scores.chances.push(chance);
            scores.reasons.push(if chance < doubtful {
                self.reasons(unit, &scores.reached, |input| inputs[input][unit])
            } else {
                Reasons::default()
            });
        }
    }

    /// The chance that the sum of what the trees add gives.
    fn chance(&self, sum: f32) -> f32 {
        1.0 / (1.0 + (-(self.base + sum)).exp())
    }

    fn reasons(&self, unit: usize, reached: &[[u8; BLOCK]], inputs: impl Fn(usize) -> f32) -> Reasons {
        let (of_bits, of_walked) = self.moves.split_at(self.trees.len());
        let mut moved = [0.0; Reason::ALL.len()];
        simd::run(Move { moves: of_bits, reached, unit, moved: &mut moved });
        for ((_, tree), moves) in self.walked.iter().zip(of_walked) {
            let by = &moves[tree.leaf(&inputs)];
            moved.iter_mut().zip(by).for_each(|(moved, by)| *moved += by);
        }
        reasons::strongest(&moved)
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

/// Adds what the trees say of some units, and notes the leaves that these reach.
struct Sum<'a, const UNITS: usize> {
    trees: &'a [Bits],
    inputs: &'a [[f32; UNITS]; INPUTS],
    sums: &'a mut [f32; UNITS],
    reached: &'a mut [[u8; BLOCK]],
}

impl<const UNITS: usize> Kernel for Sum<'_, UNITS> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (tree, reached) in self.trees.iter().zip(self.reached) {
            let left = left(tree, self.inputs);
            for unit in 0..UNITS {
                let leaf = left[unit].trailing_zeros() as usize % MAX_LEAVES;
                self.sums[unit] += tree.leaves[leaf];
                reached[unit] = leaf as u8;
            }
        }
    }
}

/// Adds up how far the leaves that a unit reaches move each reason.
struct Move<'a> {
    moves: &'a [Vec<Moves>],
    reached: &'a [[u8; BLOCK]],
    unit: usize,
    moved: &'a mut Moves,
}

impl Kernel for Move<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let mut moved = *self.moved;
        for (leaves, reached) in self.moves.iter().zip(self.reached) {
            let by = &leaves[usize::from(reached[self.unit])];
            for (moved, by) in moved.iter_mut().zip(by) {
                *moved += by;
            }
        }
        *self.moved = moved;
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

    /// By a walk down every tree.
    fn reasons_twin(model: &Model, rows: &[Row], doubtful: f32) -> Vec<Reasons> {
        let kinds = reasons::kinds();
        let moves: Vec<Vec<Moves>> = model.trees.iter().map(|tree| reasons::moves(tree, &kinds)).collect();
        let (mut chances, mut inputs) = (Vec::new(), [0.0; INPUTS]);
        model.score_into(rows, &mut chances);
        let of_unit = |(unit, &chance): (usize, &f32)| {
            model::inputs_of(rows, unit, &mut inputs);
            let mut moved = [0.0; Reason::ALL.len()];
            for (tree, moves) in model.trees.iter().zip(&moves) {
                let by = moves[tree.leaf(|input| inputs[input])];
                moved.iter_mut().zip(by).for_each(|(moved, by)| *moved += by);
            }
            if chance < doubtful { reasons::strongest(&moved) } else { Reasons::default() }
        };
        chances.iter().enumerate().map(of_unit).collect()
    }

    proptest! {
        #[test]
        fn bits_and_walks_agree_to_the_last_bit(rows in prop::collection::vec(row(), 0..40), large in 30i16..40) {
            let mut model = Model::shipped();
            let (mut fast, mut twin) = (Scores::default(), Vec::new());
            Forest::of(&model).score_into(&rows, 0.4, &mut fast);
            model.score_into(&rows, &mut twin);
            prop_assert_eq!(&fast.chances, &twin);
            prop_assert_eq!(&fast.reasons, &reasons_twin(&model, &rows, 0.4));
            model.trees.insert(70, chain(large));
            Forest::of(&model).score_into(&rows, 0.4, &mut fast);
            model.score_into(&rows, &mut twin);
            prop_assert_eq!(&fast.chances, &twin);
            // Which of two reasons that weigh the same comes first is the order of sums of floating-point numbers.
            prop_assert_eq!(fast.reasons.len(), rows.len());
        }
    }
}
