//! The members of a group that stay, by the buckets that they share with others.

use crate::text::shingle;

/// The most members that a bucket remembers: the most preferred of those that stay. Comparisons with further ones are
/// forgone, and counted.
pub const MAX_BUCKET: u8 = 64;

/// Members that stay, by what they share with others.
pub(super) enum Kept {
    /// Of a small group: each member and its buckets. Most groups are pairs, for which a list of buckets is far too much.
    Few(Vec<(u32, Vec<u32>)>),
    /// By bucket.
    Many(Buckets),
}

/// The members in each bucket.
pub(super) struct Buckets {
    /// Where the last of each is among all, counted from 1, and how many there are.
    heads: Vec<(u32, u8)>,
    /// Members, each with the place of the one before it in the same bucket.
    members: Vec<(u32, u32)>,
    /// How many of these there were when members were last compared at once.
    seen: u32,
}

/// Groups of so many members are small: no bucket of theirs is full, and no member has too many to be compared with.
pub(super) const FEW: usize = 16;
const _: () = assert!(FEW <= MAX_BUCKET as usize);

impl Kept {
    /// None yet of so many members, which share so many buckets.
    pub(super) fn of(members: usize, buckets: usize) -> Kept {
        if members <= FEW {
            Kept::Few(Vec::new())
        } else {
            Kept::Many(Buckets { heads: vec![(0, 0); buckets], members: Vec::new(), seen: 0 })
        }
    }

    /// Adds a member that stays; `forgone` is raised by the buckets that are full.
    pub(super) fn add(&mut self, member: usize, buckets: &[u32], forgone: &mut u64) {
        match self {
            Kept::Few(kept) => kept.push((member as u32, buckets.to_vec())),
            Kept::Many(kept) => {
                for &bucket in buckets {
                    let (last, count) = &mut kept.heads[bucket as usize];
                    if *count < MAX_BUCKET {
                        kept.members.push((member as u32, *last));
                        (*last, *count) = (kept.members.len() as u32, *count + 1);
                    } else {
                        *forgone += 1;
                    }
                }
            }
        }
    }

    /// Remembers which members there are.
    pub(super) fn see(&mut self) {
        if let Kept::Many(kept) = self {
            kept.seen = kept.members.len() as u32;
        }
    }

    /// Whether no member came to one of these buckets since then.
    pub(super) fn as_seen(&self, buckets: &[u32]) -> bool {
        match self {
            Kept::Few(_) => false,
            Kept::Many(kept) => buckets.iter().all(|&bucket| kept.heads[bucket as usize].0 <= kept.seen),
        }
    }

    /// The members in one of these buckets, in order, each behind in how many.
    pub(super) fn sharing(&self, buckets: &[u32]) -> Vec<(usize, u32)> {
        match self {
            Kept::Few(kept) => {
                let mut sharing: Vec<(usize, u32)> =
                    kept.iter().map(|(member, of)| (shingle::shared(of, buckets), *member)).collect();
                sharing.retain(|&(buckets, _)| buckets > 0);
                sharing.sort_unstable_by_key(|&(_, member)| member);
                sharing
            }
            Kept::Many(kept) => {
                let mut shared = Vec::new();
                for &bucket in buckets {
                    let mut at = kept.heads[bucket as usize].0;
                    while at > 0 {
                        let (member, before) = kept.members[at as usize - 1];
                        shared.push(member);
                        at = before;
                    }
                }
                shared.sort_unstable();
                shared.chunk_by(|a, b| a == b).map(|run| (run.len(), run[0])).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn small_groups_share_what_buckets_tell(
            members in prop::collection::vec(prop::collection::btree_set(0u32..12, 0..6), 1..FEW),
        ) {
            let (mut few, mut many) = (Kept::of(FEW, 12), Kept::of(FEW + 1, 12));
            for (member, buckets) in members.iter().enumerate() {
                let buckets: Vec<u32> = buckets.iter().copied().collect();
                prop_assert_eq!(few.sharing(&buckets), many.sharing(&buckets));
                few.add(member, &buckets, &mut 0);
                many.add(member, &buckets, &mut 0);
            }
        }
    }
}
