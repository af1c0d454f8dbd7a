//! The trees of a [`Model`] laid out for speed: many units at once, and every node of a tree instead of a walk.
//!
//! In: feature rows of documents. Out: the same chances that a walk down every tree gives. Each tree keeps a bit a
//! leaf, left to right; a node whose input is above its split takes the bits of its left side away, and the first bit
//! that is left is the leaf that the walk would reach (QuickScorer, Lucchese et al. 2015). Nothing waits for anything,
//! so that the units of a block are the lanes of vectors. Many nodes ask the same of a unit, which is answered once, before any
//! tree is looked at.

use super::blocks::{self, BLOCK, Bits, Kept, LEAVES, Lanes, Node, Test};
use super::features::{self, Row};
use super::model::{self, Ensemble, INPUTS, Input, Model, REACH, Tree};
use super::reasons::{self, Moves};
use super::stacked;
use crate::simd::{self, Kernel};
use crate::tables::{Reason, Reasons, UnitRow};
use std::cmp::Ordering;
use std::ops::Range;

/// The trees of a model.
#[derive(Debug, Clone)]
pub struct Forest {
    first: Trees<{ features::COUNT }>,
    second: Trees<{ stacked::COUNT }>,
}

/// The trees of an ensemble over rows of so many features.
#[derive(Debug, Clone)]
struct Trees<const COUNT: usize> {
    base: f32,
    layout: Layout,
    /// The row of what is beyond the first or last one.
    outside: [f32; COUNT],
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

/// A page whose units are among the rows.
#[derive(Debug, Clone)]
pub struct PageRows<'a> {
    /// Where.
    pub range: Range<usize>,
    /// Its units.
    pub units: &'a [UnitRow],
}

/// What the trees say of rows.
#[derive(Debug, Default)]
pub struct Scores {
    /// For each the chance to belong to the article.
    pub chances: Vec<f32>,
    /// What spoke most against it, where the chance is small.
    pub reasons: Vec<Reasons>,
    odds: Vec<f32>,
    moves: Vec<Moves>,
    again: Vec<stacked::Row>,
    scratch: Scratch,
}

#[derive(Debug, Default)]
struct Scratch {
    /// The features of a block of units and of their neighbours, one after the other, so that those of a neighbour stand beside
    /// those of a unit.
    columns: Vec<f32>,
    kept: Kept,
    /// For each tree the leaves that are left for each unit of a block, of which it reaches the first.
    left: Vec<Lanes>,
}

/// Where the inputs of trees stand in columns.
#[derive(Debug, Clone)]
struct Layout {
    /// Units of a column beyond those of a block, on either side.
    reach: usize,
    /// Where that of the first unit of a block stands, for each input.
    first: Vec<usize>,
}

impl Layout {
    /// That of inputs, each a feature of a unit so far from the one that is judged.
    fn of(reach: usize, inputs: impl Iterator<Item = (usize, isize)>) -> Layout {
        let place = |(feature, offset): (usize, isize)| {
            (feature * (BLOCK + 2 * reach) + reach).wrapping_add_signed(offset)
        };
        Layout { reach, first: inputs.map(place).collect() }
    }

    fn test(&self, input: u16, split: f32) -> Test {
        Test { at: self.first[usize::from(input)], split }
    }
}

/// The first trees tell how they moved the chance of what is below this chance: what they hold for text is seldom cut.
const FIRST_DOUBT: f32 = 0.9;

impl Forest {
    /// The trees of `model`.
    pub fn of(model: &Model) -> Forest {
        let of_first = |input| {
            let Input { feature, offset } = Input::of(input);
            (feature, offset)
        };
        let first = Layout::of(REACH, (0..INPUTS).map(of_first));
        let second = Layout::of(0, (0..stacked::COUNT).map(|input| (input, 0)));
        Forest {
            first: Trees::of(&model.first, first, features::edge(), &reasons::kinds()),
            second: Trees::of(&model.second, second, [0.0; _], &reasons::kinds_of_second()),
        }
    }

    /// The chance of each row to belong to the article; for those below `doubtful`, of which `told` says so, also what spoke
    /// most against that. Rows between pages say nothing.
    pub fn score_into<'a>(
        &self,
        rows: &[Row],
        pages: impl Iterator<Item = PageRows<'a>>,
        told: &[bool],
        doubtful: f32,
        scores: &mut Scores,
    ) {
        let Scores { chances, reasons, odds, moves, again, scratch } = scores;
        chances.clear();
        reasons.clear();
        moves.clear();
        moves.resize(rows.len(), Moves::default());
        self.first.score_into(rows, |row, chance| told[row] && chance < FIRST_DOUBT, (odds, moves), scratch);
        again.clear();
        again.resize(rows.len(), [0.0; _]);
        for PageRows { range, units } in pages {
            let (own, odds) = (&rows[range.clone()], &odds[range.clone()]);
            stacked::rows_into(units, own, odds, &mut again[range]);
        }
        self.second.score_into(again, |row, chance| told[row] && chance < doubtful, (odds, moves), scratch);
        chances.extend(odds.iter().map(|&odds| model::chance(odds)));
        reasons.extend(chances.iter().zip(told).zip(moves).map(|((&chance, &told), moves)| {
            if told && chance < doubtful { reasons::strongest(moves) } else { Reasons::default() }
        }));
    }
}

impl<const COUNT: usize> Trees<COUNT> {
    fn of(
        ensemble: &Ensemble,
        layout: Layout,
        outside: [f32; COUNT],
        kinds: &[Option<Reason>],
    ) -> Trees<COUNT> {
        let mut trees = Trees {
            base: ensemble.base,
            asked: asked(ensemble, &layout),
            layout,
            outside,
            trees: Vec::new(),
            walked: Vec::new(),
            moves: Vec::new(),
            moves_of_walked: Vec::new(),
        };
        for tree in &ensemble.trees {
            let moves = reasons::moves(tree, kinds);
            if has_bits(tree) {
                let mut bits = Bits { nodes: Vec::with_capacity(tree.input.len()), leaves: [0.0; LEAVES] };
                let numbers = trees.add(tree, 0, &mut bits, Vec::new());
                let mut of_leaves = [Moves::default(); LEAVES];
                of_leaves.iter_mut().zip(numbers).for_each(|(of, number)| *of = moves[number]);
                trees.moves.push(of_leaves);
                trees.trees.push(bits);
            } else {
                trees.walked.push((trees.trees.len(), tree.clone()));
                trees.moves_of_walked.push(moves);
            }
        }
        trees
    }

    /// Adds what is under a node to the bits of a tree, behind so many leaves, of which the numbers in the tree are told.
    fn add(&self, tree: &Tree, node: usize, bits: &mut Bits, mut leaves: Vec<usize>) -> Vec<usize> {
        let asked = self.layout.test(tree.input[node], tree.split[node]);
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

    /// The log-odds of each row into `odds`, which is cleared first; for those of which `tells` says so, of the number of a row
    /// and its chance, how far the leaves that it reached move each reason is added to `moves`.
    fn score_into(
        &self,
        rows: &[[f32; COUNT]],
        tells: impl Fn(usize, f32) -> bool,
        (odds, moves): (&mut Vec<f32>, &mut [Moves]),
        scratch: &mut Scratch,
    ) {
        odds.clear();
        scratch.left.resize(self.trees.len().max(scratch.left.len()), [0; BLOCK]);
        for from in (0..rows.len()).step_by(BLOCK) {
            self.fill(rows, from, &mut scratch.columns);
            let units = BLOCK.min(rows.len() - from);
            let sums = self.score_block(units, scratch);
            let (mut told, mut count) = ([0; BLOCK], 0);
            for (unit, sum) in sums[..units].iter().enumerate() {
                let of_unit = self.base + sum;
                odds.push(of_unit);
                if tells(from + unit, model::chance(of_unit)) {
                    told[count] = unit;
                    count += 1;
                }
            }
            for some in told[..count].chunks(TOGETHER) {
                self.add_moves(some, scratch, &mut moves[from..]);
            }
        }
    }

    /// The columns of the units from one on.
    fn fill(&self, rows: &[[f32; COUNT]], from: usize, columns: &mut Vec<f32>) {
        let Layout { reach, .. } = self.layout;
        let units = BLOCK + 2 * reach;
        columns.resize(COUNT * units, 0.0);
        for place in 0..units {
            let row =
                (from + place).checked_sub(reach).and_then(|unit| rows.get(unit)).unwrap_or(&self.outside);
            for (column, &value) in columns.chunks_exact_mut(units).zip(row) {
                column[place] = value;
            }
        }
    }

    fn input<'s>(&'s self, columns: &'s [f32], unit: usize) -> impl Fn(usize) -> f32 + 's {
        move |input| columns[self.layout.first[input] + unit]
    }

    fn score_block(&self, units: usize, scratch: &mut Scratch) -> [f32; BLOCK] {
        let Scratch { columns, kept, left } = scratch;
        blocks::test(&self.asked, columns, kept);
        let mut sums = [0.0; BLOCK];
        let mut at = 0;
        let ends = self.walked.iter().map(|(place, tree)| (*place, Some(tree)));
        for (end, walked) in ends.chain([(self.trees.len(), None)]) {
            blocks::add_up(&self.trees[at..end], kept, &mut sums, &mut left[at..end]);
            at = end;
            for (unit, sum) in sums[..units].iter_mut().enumerate() {
                *sum += walked.map_or(0.0, |tree| tree.leaves[tree.leaf(self.input(columns, unit))]);
            }
        }
        sums
    }

    /// Adds how the leaves of some units of a block move each reason to the moves of its units.
    fn add_moves(&self, units: &[usize], scratch: &Scratch, moves: &mut [Moves]) {
        let mut all = [units[0]; TOGETHER];
        all[..units.len()].copy_from_slice(units);
        let mut moved = all.map(|unit| moves[unit]);
        simd::run(Move { moves: &self.moves, left: &scratch.left, units: all, moved: &mut moved });
        for (&unit, moved) in units.iter().zip(&mut moved) {
            for ((_, tree), moves) in self.walked.iter().zip(&self.moves_of_walked) {
                let by = &moves[tree.leaf(self.input(&scratch.columns, unit))];
                moved.iter_mut().zip(by).for_each(|(moved, by)| *moved += by);
            }
            moves[unit] = *moved;
        }
    }
}

fn order(one: &Test, other: &Test) -> Ordering {
    one.at.cmp(&other.at).then(one.split.total_cmp(&other.split))
}

/// Whether the leaves of a tree can be bits.
fn has_bits(tree: &Tree) -> bool {
    tree.leaves.len() <= LEAVES
}

/// What the nodes of the trees with bits ask, each once, in order.
fn asked(ensemble: &Ensemble, layout: &Layout) -> Vec<Test> {
    let with_bits = ensemble.trees.iter().filter(|tree| has_bits(tree));
    let nodes = with_bits.flat_map(|tree| tree.input.iter().zip(&tree.split));
    let mut asked: Vec<Test> = nodes.map(|(&input, &split)| layout.test(input, split)).collect();
    asked.sort_unstable_by(order);
    asked.dedup_by(|a, b| order(a, b).is_eq());
    asked
}

/// Units whose moves are added up together, for each sum waits for what is added to it.
const TOGETHER: usize = 4;

/// Adds up how far the leaves that units reach move each reason.
struct Move<'a> {
    moves: &'a [[Moves; LEAVES]],
    left: &'a [Lanes],
    units: [usize; TOGETHER],
    moved: &'a mut [Moves; TOGETHER],
}

impl Kernel for Move<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Move { moves, left, units, moved } = self;
        let mut sums = *moved;
        for (leaves, left) in moves.iter().zip(left) {
            for (sums, unit) in sums.iter_mut().zip(units) {
                let by = &leaves[blocks::leaf(left[unit % BLOCK])];
                for (sum, by) in sums.iter_mut().zip(by) {
                    *sum += by;
                }
            }
        }
        *moved = sums;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::counts::made::unit;
    use proptest::prelude::*;

    const COUNT: usize = features::COUNT;

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

    fn add_moves(ensemble: &Ensemble, inputs: &[f32], kinds: &[Option<Reason>], moved: &mut Moves) {
        for tree in &ensemble.trees {
            let by = &reasons::moves(tree, kinds)[tree.leaf(|input| inputs[input])];
            moved.iter_mut().zip(by).for_each(|(moved, by)| *moved += by);
        }
    }

    /// By a walk down every tree.
    fn reasons_twin(model: &Model, units: &[UnitRow], rows: &[Row], doubtful: f32) -> Vec<Reasons> {
        let (mut odds, mut moves) = (Vec::new(), Vec::new());
        let mut inputs = [0.0; INPUTS];
        for i in 0..rows.len() {
            model::inputs_of(rows, i, &mut inputs);
            let of_unit = model.first.odds(&inputs);
            let mut moved = Moves::default();
            if model::chance(of_unit) < FIRST_DOUBT {
                add_moves(&model.first, &inputs, &reasons::kinds(), &mut moved);
            }
            odds.push(of_unit);
            moves.push(moved);
        }
        let mut again = vec![[0.0; _]; rows.len()];
        stacked::rows_into(units, rows, &odds, &mut again);
        let of_unit = |(row, mut moved): (&stacked::Row, Moves)| {
            add_moves(&model.second, row, &reasons::kinds_of_second(), &mut moved);
            let doubted = model::chance(model.second.odds(row)) < doubtful;
            if doubted { reasons::strongest(&moved) } else { Reasons::default() }
        };
        again.iter().zip(moves).map(of_unit).collect()
    }

    proptest! {
        #[test]
        fn bits_and_walks_agree_to_the_last_bit(
            page in prop::collection::vec((row(), 0u16..40), 0..40),
            large in 30i16..40,
        ) {
            let mut model = Model::shipped();
            let (rows, words): (Vec<Row>, Vec<u16>) = page.into_iter().unzip();
            let units: Vec<UnitRow> = words.iter().map(|&words| unit(words, 0)).collect();
            let scored = |model: &Model| {
                let mut scores = Scores::default();
                let page = PageRows { range: 0..rows.len(), units: &units };
                let told = vec![true; rows.len()];
                Forest::of(model).score_into(&rows, [page].into_iter(), &told, 0.4, &mut scores);
                scores
            };
            let fast = scored(&model);
            prop_assert_eq!(&fast.chances, &model.chances(&units, &rows));
            prop_assert_eq!(&fast.reasons, &reasons_twin(&model, &units, &rows, 0.4));
            model.first.trees.insert(70, chain(large));
            model.second.trees.insert(20, chain(large));
            let fast = scored(&model);
            prop_assert_eq!(&fast.chances, &model.chances(&units, &rows));
            // Which of two reasons that weigh the same comes first is the order of sums of floating-point numbers.
            prop_assert_eq!(fast.reasons.len(), rows.len());
        }
    }
}
