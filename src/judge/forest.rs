//! The trees of a [`Model`] laid out for speed: many units at once, and every node of a tree instead of a walk.
//!
//! In: feature rows of documents. Out: the same chances that a walk down every tree gives. Each tree keeps a bit a
//! leaf, left to right; a node whose input is above its split takes the bits of its left side away, and the first bit
//! that is left is the leaf that the walk would reach (QuickScorer, Lucchese et al. 2015). Nothing waits for anything,
//! so that the units of a block are the lanes of vectors. Many nodes ask the same of a unit, which is answered once, before any
//! tree is looked at.

use super::blocks::{self, BLOCK, Bits, Kept, LEAVES, Lanes, Node, Test};
use super::features::{self, COUNT, Row};
use super::model::{Input, Model, REACH, Tree};
use super::reasons::{self, Moves};
use crate::simd::{self, Kernel};
use crate::tables::{Reason, Reasons};
use std::cmp::Ordering;

/// The trees of a model.
#[derive(Debug, Clone)]
pub struct Forest {
    base: f32,
    /// What the nodes of `trees` ask, once each.
    asked: Vec<Test>,
    trees: Vec<Bits>,
    /// Trees that are too large for bits, and where they stand among the others: all are summed up in their order.
    walked: Vec<(usize, Tree)>,
    /// For each tree in `trees` how far its leaves, as its bits are, move the reasons.
    moves: Vec<[Moves; LEAVES]>,
    /// For each in `walked`, how far its leaves do.
    moves_of_walked: Vec<Vec<Moves>>,
}

/// What the trees say of rows.
#[derive(Debug, Default)]
pub struct Scores {
    /// For each the chance to belong to the article.
    pub chances: Vec<f32>,
    /// What spoke most against it, where the chance is small.
    pub reasons: Vec<Reasons>,
    columns: Columns,
    kept: Kept,
    /// For each tree the leaves that are left for each unit of a block, of which it reaches the first.
    left: Vec<Lanes>,
}

/// The features of a block of units and of their neighbours, one after the other, so that those of a neighbour stand beside
/// those of a unit.
#[derive(Debug, Default)]
struct Columns(Vec<f32>);

impl Columns {
    /// Units of a column.
    const UNITS: usize = BLOCK + 2 * REACH;

    /// Those of the units from one on.
    fn fill(&mut self, rows: &[Row], from: usize) {
        let outside = features::edge();
        self.0.resize(COUNT * Self::UNITS, 0.0);
        for place in 0..Self::UNITS {
            let row = (from + place).checked_sub(REACH).and_then(|unit| rows.get(unit)).unwrap_or(&outside);
            for (column, &value) in self.0.chunks_exact_mut(Self::UNITS).zip(row) {
                column[place] = value;
            }
        }
    }

    /// Where an input of the first unit stands.
    fn first(input: usize) -> usize {
        let Input { feature, offset } = Input::of(input);
        (feature * Self::UNITS + REACH).wrapping_add_signed(offset)
    }
}

impl Forest {
    /// The trees of `model`.
    pub fn of(model: &Model) -> Forest {
        let mut forest = Forest {
            base: model.base,
            asked: asked(model),
            trees: Vec::new(),
            walked: Vec::new(),
            moves: Vec::new(),
            moves_of_walked: Vec::new(),
        };
        let kinds = reasons::kinds();
        for tree in &model.trees {
            let moves = reasons::moves(tree, &kinds);
            if has_bits(tree) {
                let mut bits = Bits { nodes: Vec::with_capacity(tree.input.len()), leaves: [0.0; LEAVES] };
                let numbers = forest.add(tree, 0, &mut bits, Vec::new());
                let mut of_leaves = [Moves::default(); LEAVES];
                of_leaves.iter_mut().zip(numbers).for_each(|(of, number)| *of = moves[number]);
                forest.moves.push(of_leaves);
                forest.trees.push(bits);
            } else {
                forest.walked.push((forest.trees.len(), tree.clone()));
                forest.moves_of_walked.push(moves);
            }
        }
        forest
    }

    /// Adds what is under a node to the bits of a tree, behind so many leaves, of which the numbers in the tree are told.
    fn add(&self, tree: &Tree, node: usize, bits: &mut Bits, mut leaves: Vec<usize>) -> Vec<usize> {
        let asked = test(tree.input[node], tree.split[node]);
        let [left, right] = tree.children[node];
        let first = leaves.len();
        let mut add = |child: i16, mut leaves: Vec<usize>| {
            if child >= 0 {
                return self.add(tree, child as usize, bits, leaves);
            }
            let number = (-1 - child) as usize;
            bits.leaves[leaves.len()] = tree.leaves[number];
            leaves.push(number);
            leaves
        };
        leaves = add(left, leaves);
        let of_left = ((1u32 << leaves.len()) - (1 << first)) as u16;
        leaves = add(right, leaves);
        let place = self.asked.binary_search_by(|other| order(other, &asked)).expect("all nodes were listed");
        bits.nodes.push(Node::new(place, !of_left));
        leaves
    }

    /// The chance of each row to belong to the article; for those below `doubtful`, of which `told` says so, also what spoke
    /// most against that.
    pub fn score_into(&self, rows: &[Row], told: &[bool], doubtful: f32, scores: &mut Scores) {
        scores.chances.clear();
        scores.reasons.clear();
        scores.left.resize(self.trees.len(), [0; BLOCK]);
        for from in (0..rows.len()).step_by(BLOCK) {
            scores.columns.fill(rows, from);
            self.score_block(&told[from..rows.len().min(from + BLOCK)], doubtful, scores);
        }
    }

    fn score_block(&self, told: &[bool], doubtful: f32, scores: &mut Scores) {
        let units = told.len();
        let Scores { chances, reasons, columns: Columns(columns), kept, left } = scores;
        blocks::test(&self.asked, columns, kept);
        let input = |unit: usize| {
            let columns = &*columns;
            move |input: usize| columns[Columns::first(input) + unit]
        };
        let mut sums = [0.0; BLOCK];
        let mut at = 0;
        let ends = self.walked.iter().map(|(place, tree)| (*place, Some(tree)));
        for (end, walked) in ends.chain([(self.trees.len(), None)]) {
            blocks::add_up(&self.trees[at..end], kept, &mut sums, &mut left[at..end]);
            at = end;
            for (unit, sum) in sums[..units].iter_mut().enumerate() {
                *sum += walked.map_or(0.0, |tree| tree.leaves[tree.leaf(input(unit))]);
            }
        }
        for (unit, &sum) in sums[..units].iter().enumerate() {
            let chance = self.chance(sum);
            chances.push(chance);
            reasons.push(if chance < doubtful && told[unit] {
                self.reasons(unit, left, input(unit))
            } else {
                Reasons::default()
            });
        }
    }

    /// The chance that the sum of what the trees add gives.
    fn chance(&self, sum: f32) -> f32 {
        1.0 / (1.0 + (-(self.base + sum)).exp())
    }

    fn reasons(&self, unit: usize, left: &[Lanes], inputs: impl Fn(usize) -> f32) -> Reasons {
        let mut moved = [0.0; Reason::ALL.len()];
        simd::run(Move { moves: &self.moves, left, unit, moved: &mut moved });
        for ((_, tree), moves) in self.walked.iter().zip(&self.moves_of_walked) {
            let by = &moves[tree.leaf(&inputs)];
            moved.iter_mut().zip(by).for_each(|(moved, by)| *moved += by);
        }
        reasons::strongest(&moved)
    }
}

fn test(input: u16, split: f32) -> Test {
    Test { at: Columns::first(input.into()), split }
}

fn order(one: &Test, other: &Test) -> Ordering {
    one.at.cmp(&other.at).then(one.split.total_cmp(&other.split))
}

/// Whether the leaves of a tree can be bits.
fn has_bits(tree: &Tree) -> bool {
    tree.leaves.len() <= LEAVES
}

/// What the nodes of the trees with bits ask, each once, in order.
fn asked(model: &Model) -> Vec<Test> {
    let nodes = model.trees.iter().filter(|tree| has_bits(tree)).flat_map(|t| t.input.iter().zip(&t.split));
    let mut asked: Vec<Test> = nodes.map(|(&input, &split)| test(input, split)).collect();
    asked.sort_unstable_by(order);
    asked.dedup_by(|a, b| order(a, b).is_eq());
    asked
}

/// Adds up how far the leaves that a unit reaches move each reason.
struct Move<'a> {
    moves: &'a [[Moves; LEAVES]],
    left: &'a [Lanes],
    unit: usize,
    moved: &'a mut Moves,
}

impl Kernel for Move<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let (mut moved, unit) = (*self.moved, self.unit % BLOCK);
        for (leaves, left) in self.moves.iter().zip(self.left) {
            let by = &leaves[blocks::leaf(left[unit])];
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
    use crate::judge::model::{self, INPUTS};
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
            Forest::of(&model).score_into(&rows, &vec![true; rows.len()], 0.4, &mut fast);
            model.score_into(&rows, &mut twin);
            prop_assert_eq!(&fast.chances, &twin);
            prop_assert_eq!(&fast.reasons, &reasons_twin(&model, &rows, 0.4));
            model.trees.insert(70, chain(large));
            Forest::of(&model).score_into(&rows, &vec![true; rows.len()], 0.4, &mut fast);
            model.score_into(&rows, &mut twin);
            prop_assert_eq!(&fast.chances, &twin);
            // Which of two reasons that weigh the same comes first is the order of sums of floating-point numbers.
            prop_assert_eq!(fast.reasons.len(), rows.len());
        }
    }
}
