//! Which kinds of evidence moved a verdict of the model.
//!
//! In: the trees. Out: for each leaf how far each [`Reason`] moves the log-odds on the way to it: the change of the mean
//! along the path (Saabas 2014), summed up by the kind of what is asked for on it. What a tree adds depends on the leaf
//! alone, so that the reasons of a verdict are the sum of as many short rows as there are trees.

use super::features::NAMES;
use super::model::{self, INPUTS, Tree};
use super::stacked;
use crate::tables::{Reason, Reasons};

/// How far each reason moves the log-odds of belonging to the article, in the order of [`Reason::ALL`].
pub type Moves = [f32; Reason::ALL.len()];

/// What kind of evidence each input of the first trees is.
pub fn kinds() -> Vec<Option<Reason>> {
    let kind = |input| {
        let model::Input { feature, offset } = model::Input::of(input);
        if offset == 0 { kind(NAMES[feature]) } else { beside(offset) }
    };
    (0..INPUTS).map(|input| Some(kind(input))).collect()
}

/// What kind each input of the second trees is: none where it is what the first say of the unit itself, for that has
/// reasons of its own.
pub fn kinds_of_second() -> Vec<Option<Reason>> {
    let kind = |input| match stacked::Input::of(input) {
        stacked::Input::Own(feature) => Some(kind(NAMES[feature])),
        stacked::Input::Odds => None,
        stacked::Input::OddsAt(offset) if offset.unsigned_abs() <= model::REACH => Some(beside(offset)),
        stacked::Input::OddsAt(_) | stacked::Input::Text => Some(Reason::Text),
        stacked::Input::Page => Some(Reason::Page),
        stacked::Input::Stamps => Some(Reason::Around),
    };
    (0..stacked::COUNT).map(kind).collect()
}

fn beside(offset: isize) -> Reason {
    if offset < 0 { Reason::Before } else { Reason::Behind }
}

fn kind(feature: &str) -> Reason {
    match feature {
        "on_site" | "site_pages" | "site_share" | "site_long" | "pages" | "alone" => Reason::Pages,
        "masked" => Reason::Masked,
        "template" | "anchored" => Reason::Template,
        "sites" => Reason::Sites,
        "again" | "again_count" => Reason::Again,
        "words" | "no_words" | "chars" | "one_word" | "two_to_four" => Reason::Length,
        "sentence" | "colon" | "lower" | "long_sentence" => Reason::Ends,
        "bullet" | "address" | "symbols" | "commas" | "separators" => Reason::Marks,
        "shouted" | "capitalised" | "short_words" => Reason::Capitals,
        "digits" => Reason::Digits,
        "from_start" | "from_end" | "place" | "after_blank" | "part" | "indent" => Reason::Place,
        "in_run" | "run_before" | "run_after" | "before_run" | "after_run" | "near_mass"
        | "long_lines_near" => Reason::Text,
        "repeat_near" => Reason::Around,
        // `edge` of the unit itself is never set.
        _ => Reason::Page,
    }
}

/// For each leaf of a tree, by its number, how far the path to it moves.
pub fn moves(tree: &Tree, kinds: &[Option<Reason>]) -> Vec<Moves> {
    let means = subtree_means(tree);
    let mut moves = vec![[0.0; Reason::ALL.len()]; tree.leaves.len()];
    let mut ahead = vec![(0usize, [0.0; Reason::ALL.len()])];
    while let Some((node, so_far)) = ahead.pop() {
        for child in tree.children[node] {
            let leaf = (-1 - i32::from(child)) as usize;
            let next = if child < 0 { tree.leaves[leaf] } else { means[child as usize] };
            let mut on: Moves = so_far;
            if let Some(kind) = kinds[usize::from(tree.input[node])] {
                on[kind as usize] += next - means[node];
            }
            if child < 0 {
                moves[leaf] = on;
            } else {
                ahead.push((child as usize, on));
            }
        }
    }
    moves
}

/// The reasons that spoke most against the article. What the page as a whole is like is the same for all of its lines: it is one only
/// where nothing of the line or around it is.
pub fn strongest(moved: &Moves) -> Reasons {
    const PAGE: usize = Reason::Page as usize;
    let mut reasons = Reasons::default();
    let mut left = *moved;
    if (0..left.len()).any(|at| at != PAGE && left[at] < 0.0) {
        left[PAGE] = 0.0;
    }
    for reason in &mut reasons {
        // The first of those that say the same; only what is against counts.
        let (mut most, mut at) = (0.0, None);
        for (place, &by) in left.iter().enumerate() {
            if by < most {
                (most, at) = (by, Some(place));
            }
        }
        let Some(at) = at else { break };
        *reason = Some(Reason::ALL[at]);
        left[at] = 0.0;
    }
    reasons
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
    use crate::judge::model::Model;

    #[test]
    fn moves_along_a_path_add_up_to_its_leaf() {
        let kinds = kinds();
        for tree in &Model::shipped().first.trees {
            let start = subtree_means(tree)[0];
            for (leaf, moves) in tree.leaves.iter().zip(moves(tree, &kinds)) {
                assert!((start + moves.iter().sum::<f32>() - leaf).abs() < 1e-4);
            }
        }
    }

    #[test]
    fn every_feature_is_of_the_kind_that_it_is_meant_to_be() {
        assert_eq!(kinds()[features::COUNT], Some(Reason::Before));
        assert_eq!(kinds()[INPUTS - 1], Some(Reason::Behind));
        let page = NAMES.iter().filter(|name| kind(name) == Reason::Page).count();
        assert_eq!(page, NAMES.iter().filter(|name| name.starts_with("page_") || **name == "edge").count());
        assert!(Reason::ALL.iter().all(|reason| kinds().contains(&Some(*reason))));
        let of_second = kinds_of_second();
        assert_eq!(of_second[..features::COUNT], kinds()[..features::COUNT]);
        assert_eq!(of_second.iter().filter(|kind| kind.is_none()).count(), 1);
    }

    #[test]
    fn the_strongest_against_the_article_come_first() {
        let mut moved: Moves = [0.0; Reason::ALL.len()];
        moved[Reason::Sites as usize] = -0.5;
        moved[Reason::Pages as usize] = -2.0;
        moved[Reason::Digits as usize] = 3.0;
        assert_eq!(strongest(&moved), [Some(Reason::Pages), Some(Reason::Sites), None]);
        moved[Reason::Page as usize] = -3.0;
        assert_eq!(
            strongest(&moved),
            [Some(Reason::Pages), Some(Reason::Sites), None],
            "it tells no lines apart"
        );
        (moved[Reason::Pages as usize], moved[Reason::Sites as usize]) = (0.0, 0.0);
        assert_eq!(strongest(&moved), [Some(Reason::Page), None, None]);
    }
}
