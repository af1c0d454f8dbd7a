//! Documents that belong together because of what they share, by the first of them.

use crate::document::RecordIndex;
use crate::store::{By, Sorter, Store};
use std::sync::Arc;

/// A later document, an earlier one, and the words of something that both have.
pub type Shared = (RecordIndex, RecordIndex, u32);

/// Takes what documents share.
pub fn sorter(store: &Arc<Store>) -> Sorter<Shared, impl By<Shared> + use<>> {
    Sorter::new(store, |p: &Shared| *p)
}

/// For each of so many documents the first of those that it belongs together with, which is itself for most. `belong` is asked
/// of a later document, an earlier one, and the words that they share.
pub fn leaders(
    documents: usize,
    shared: Sorter<Shared, impl By<Shared>>,
    belong: impl Fn(RecordIndex, RecordIndex, u32) -> bool,
) -> Vec<RecordIndex> {
    let mut leaders: Vec<RecordIndex> = (0..documents as u32).collect();
    shared.sorted().runs(
        |a, b| (a.0, a.1) == (b.0, b.1),
        |pair| {
            let (other, first) = (pair[0].0, pair[0].1);
            let words = pair.iter().map(|p| p.2).sum();
            if leaders[other as usize] == other && belong(other, first, words) {
                leaders[other as usize] = leaders[first as usize];
            }
        },
    );
    leaders
}
