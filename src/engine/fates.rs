//! What becomes of whole documents.

use crate::document::RecordIndex;
use crate::store::row::row;
use crate::store::{Bits, Column};
use crate::tables::{Rule, Witness};

/// A document that goes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Removed {
    /// Why.
    pub rule: Rule,
    /// The document that stays.
    pub witness: Witness,
}

row!(Removed { rule: Rule, witness: Witness });

/// What was found about whole documents.
#[derive(Debug, Default)]
pub struct DocumentFates {
    /// The documents that go, and why, in order.
    pub removed: Column<(RecordIndex, Removed)>,
    /// For each document whether it goes.
    pub gone: Bits,
    /// Comparisons that a cap saved.
    pub forgone: u64,
    /// Members of the largest group of candidates.
    pub largest_group: usize,
}

impl DocumentFates {
    /// Why a document goes, if it does.
    pub fn of(&self, record: RecordIndex) -> Option<Removed> {
        if !self.gone.has(record as usize) {
            return None;
        }
        let at = self.removed.partition_point(|r| r.0 < record);
        (at < self.removed.len()).then(|| self.removed.get(at).1)
    }

    /// The same, of several documents that are asked for in order.
    pub fn of_next(&self, record: RecordIndex, next: &mut NextFates) -> Option<Removed> {
        if !self.gone.has(record as usize) {
            return None;
        }
        let place = |rows: &[(RecordIndex, Removed)]| rows.binary_search_by_key(&record, |r| r.0).ok();
        let at = place(&next.0).or_else(|| {
            let from = self.removed.partition_point(|r| r.0 < record);
            next.0 = self.removed.read_all(from..(from + NEXT_FATES).min(self.removed.len())).into_owned();
            place(&next.0)
        });
        at.map(|at| next.0[at].1)
    }
}

/// Documents that go and were read together, with those asked for before.
#[derive(Debug, Default)]
pub struct NextFates(Vec<(RecordIndex, Removed)>);

/// So many are read together: about as many as there are among records that are written together.
const NEXT_FATES: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::RealDisk;
    use crate::store::{Builder, Store};
    use std::sync::Arc;

    #[test]
    fn fates_asked_for_in_any_order_are_those_of_the_table() {
        for budget in [None, Some(1)] {
            let store = Arc::new(Store::new(Arc::new(RealDisk), budget, &std::env::temp_dir()));
            let (mut removed, mut gone) = (Builder::new(&store), Bits::new(3_000));
            for record in (0..3_000).filter(|r| r % 7 == 3 || (1_000..1_500).contains(r)) {
                let witness = Witness { of: record + 1, similarity: 0.9 };
                removed.push((record, Removed { rule: Rule::NearDuplicate, witness }));
                gone.set(record as usize);
            }
            let fates = DocumentFates { removed: removed.finish(), gone, ..DocumentFates::default() };
            let (mut next, mut rng) = (NextFates::default(), fastrand::Rng::with_seed(5));
            for record in (0..3_000).chain((0..3_000).map(|_| rng.u32(..3_000))) {
                assert_eq!(fates.of_next(record, &mut next), fates.of(record), "{record}");
            }
        }
    }
}
