//! Who stays of a group of documents that share buckets: a greedy cover in the order of the keep policy.
//!
//! In: the members of one connected group, most preferred first, with their shingle sets, bucket keys and
//! candidates for containment. Out: for each member whether it stays, or which member that stays it copies,
//! measured. Each member is compared with members that stay only, so that no chain of neighbours removes
//! anything and a bucket of n copies costs n comparisons, not their square.

use crate::tables::Rule;
use crate::text::hash::BySame;
use crate::text::shingle;
use std::collections::HashMap;

/// One document of the group. Members are given in the order of the keep policy.
#[derive(Debug, Clone, Default)]
pub struct Member {
    /// Sorted distinct shingles.
    pub shingles: Vec<u64>,
    /// A bucket key a band.
    pub keys: Vec<u32>,
    /// Members that may contain this one.
    pub containers: Vec<u32>,
    /// Breaks ties where comparisons are capped: by content, never by arrival.
    pub content: u128,
}

/// What becomes of a member.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fate {
    /// It stays.
    Stays,
    /// It goes, as a copy of a member that stays.
    Copies {
        /// The member that stays.
        of: u32,
        /// How alike they are, measured on shingles.
        similarity: f32,
        /// [`Rule::NearDuplicate`] or [`Rule::Contained`].
        rule: Rule,
    },
}

/// Thresholds of the cover.
#[derive(Debug, Clone, Copy)]
pub struct Thresholds {
    /// Jaccard similarity of near-duplicates.
    pub jaccard: f64,
    /// Containment of contained documents; 0: not looked for.
    pub containment: f64,
}

/// By band and key, the members that stay.
type Buckets = HashMap<(u32, u32), Vec<u32>, BySame>;

/// The most members that one member is compared with; beyond it the comparisons forgone are counted.
pub const MAX_COMPARISONS: usize = 4096;

/// Covers one group; `forgone` is raised by the comparisons that the cap saved.
pub fn cover(members: &[Member], thresholds: Thresholds, forgone: &mut u64) -> Vec<Fate> {
    let contained = contained(members, thresholds);
    // Undecided members are witnesses of nobody yet.
    let mut fates: Vec<Option<Fate>> = vec![None; members.len()];
    let mut buckets: Buckets = Buckets::default();
    for (i, member) in members.iter().enumerate() {
        if contained[i].is_some() {
            continue;
        }
        match best_kept(members, i, &buckets, thresholds.jaccard, forgone) {
            Some((of, similarity)) => {
                fates[i] = Some(Fate::Copies { of, similarity, rule: Rule::NearDuplicate })
            }
            None => {
                fates[i] = Some(Fate::Stays);
                add_to_buckets(member, i, &mut buckets);
            }
        }
    }
    for i in 0..members.len() {
        let Some(container) = contained[i] else { continue };
        let fate = contained_in_kept(members, i, container, &fates, thresholds).unwrap_or_else(|| {
            match best_kept(members, i, &buckets, thresholds.jaccard, forgone) {
                Some((of, similarity)) => Fate::Copies { of, similarity, rule: Rule::NearDuplicate },
                None => {
                    add_to_buckets(&members[i], i, &mut buckets);
                    Fate::Stays
                }
            }
        });
        fates[i] = Some(fate);
    }
    fates.into_iter().map(|f| f.unwrap_or(Fate::Stays)).collect()
}

fn add_to_buckets(member: &Member, i: usize, buckets: &mut Buckets) {
    for (band, &key) in member.keys.iter().enumerate() {
        buckets.entry((band as u32, key)).or_default().push(i as u32);
    }
}

/// The most similar member that stays and shares a bucket, if it is similar enough.
fn best_kept(
    members: &[Member],
    i: usize,
    buckets: &Buckets,
    threshold: f64,
    forgone: &mut u64,
) -> Option<(u32, f32)> {
    let member = &members[i];
    let mut candidates: Vec<u32> = Vec::new();
    for (band, &key) in member.keys.iter().enumerate() {
        candidates.extend(buckets.get(&(band as u32, key)).into_iter().flatten());
    }
    candidates.sort_unstable();
    candidates.dedup();
    let size = member.shingles.len() as f64;
    candidates.retain(|&c| {
        let other = members[c as usize].shingles.len() as f64;
        size.min(other) >= threshold * size.max(other)
    });
    if candidates.len() > MAX_COMPARISONS {
        *forgone += (candidates.len() - MAX_COMPARISONS) as u64;
        candidates.sort_by_key(|&c| (members[c as usize].content, c));
        candidates.truncate(MAX_COMPARISONS);
        candidates.sort_unstable();
    }
    let mut best: Option<(u32, f64)> = None;
    for &candidate in &candidates {
        let similarity = shingle::jaccard(&member.shingles, &members[candidate as usize].shingles);
        if similarity >= threshold && best.is_none_or(|(_, s)| similarity > s) {
            best = Some((candidate, similarity));
            if similarity == 1.0 {
                break;
            }
        }
    }
    best.map(|(of, s)| (of, s as f32))
}

/// For each member the best one that contains it and is not contained itself, larger ones decided first.
fn contained(members: &[Member], thresholds: Thresholds) -> Vec<Option<u32>> {
    let mut out = vec![None; members.len()];
    if thresholds.containment <= 0.0 || members.iter().all(|m| m.containers.is_empty()) {
        return out;
    }
    let mut order: Vec<usize> = (0..members.len()).collect();
    order.sort_by_key(|&i| (std::cmp::Reverse(members[i].shingles.len()), i));
    for i in order {
        let mut best: Option<(u32, f64)> = None;
        for &c in &members[i].containers {
            let (inner, outer) = (&members[i].shingles, &members[c as usize].shingles);
            if out[c as usize].is_some() || outer.len() <= inner.len() {
                continue;
            }
            let share = shingle::containment(inner, outer);
            let near = shingle::jaccard(inner, outer) >= thresholds.jaccard;
            if share >= thresholds.containment && !near && best.is_none_or(|(_, s)| share > s) {
                best = Some((c, share));
            }
        }
        out[i] = best.map(|b| b.0);
    }
    out
}

/// A member that stays and contains member `i`: the one found first, or what it went as a copy of, or another.
fn contained_in_kept(
    members: &[Member],
    i: usize,
    container: u32,
    fates: &[Option<Fate>],
    thresholds: Thresholds,
) -> Option<Fate> {
    let stand_in = match fates[container as usize] {
        Some(Fate::Copies { of, .. }) => of,
        _ => container,
    };
    [stand_in]
        .into_iter()
        .chain(members[i].containers.iter().copied())
        .filter(|&c| fates[c as usize] == Some(Fate::Stays) && c as usize != i)
        .filter(|&c| members[c as usize].shingles.len() > members[i].shingles.len())
        .find_map(|of| {
            let share = shingle::containment(&members[i].shingles, &members[of as usize].shingles);
            (share >= thresholds.containment).then_some(Fate::Copies {
                of,
                similarity: share as f32,
                rule: Rule::Contained,
            })
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn member(shingles: impl IntoIterator<Item = u64>, containers: &[u32]) -> Member {
        let shingles: Vec<u64> = shingles.into_iter().collect();
        Member { shingles, keys: vec![7], containers: containers.to_vec(), content: 0 }
    }

    fn fates(members: &[Member]) -> Vec<Fate> {
        cover(members, Thresholds { jaccard: 0.7, containment: 0.9 }, &mut 0)
    }

    fn goes_to(fate: Fate) -> Option<u32> {
        match fate {
            Fate::Stays => None,
            Fate::Copies { of, .. } => Some(of),
        }
    }

    #[test]
    fn no_chain_removes_what_resembles_nothing_kept() {
        let chain = [member(0..100, &[]), member(15..115, &[]), member(30..130, &[])];
        assert_eq!(fates(&chain).map_to(), [None, Some(0), None]);
    }

    #[test]
    fn of_a_containment_only_the_contained_one_goes() {
        assert_eq!(fates(&[member(0..30, &[1]), member(0..100, &[])]).map_to(), [Some(1), None]);
    }

    #[test]
    fn a_contained_one_follows_its_container_to_what_stays_or_stays_itself() {
        let follows = [member(0..100, &[]), member(0..99, &[]), member(0..30, &[1])];
        assert_eq!(fates(&follows).map_to(), [None, Some(0), Some(0)]);
        let stays = [member(12..112, &[]), member(0..100, &[]), member(0..25, &[1])];
        assert_eq!(fates(&stays).map_to(), [None, Some(0), None]);
    }

    #[test]
    fn empty_texts_are_similar_to_nothing() {
        let empty = [member([], &[]), member([], &[])];
        assert_eq!(fates(&empty).map_to(), [None, None]);
    }

    trait MapTo {
        fn map_to(&self) -> Vec<Option<u32>>;
    }

    impl MapTo for Vec<Fate> {
        fn map_to(&self) -> Vec<Option<u32>> {
            self.iter().map(|&f| goes_to(f)).collect()
        }
    }

    proptest! {
        #[test]
        fn every_witness_stays_and_is_as_similar_as_it_says(
            sets in prop::collection::vec((0u64..40, 1u64..60), 1..12)
        ) {
            let n = sets.len() as u32;
            let members: Vec<Member> = sets.iter().enumerate()
                .map(|(i, &(from, len))| member(from..from + len, &(0..n).filter(|&c| c as usize != i).collect::<Vec<_>>()))
                .collect();
            let fates = fates(&members);
            for (i, fate) in fates.iter().enumerate() {
                if let Fate::Copies { of, similarity, rule } = *fate {
                    prop_assert_eq!(fates[of as usize], Fate::Stays);
                    let (a, b) = (&members[i].shingles, &members[of as usize].shingles);
                    let (measured, least) = match rule {
                        Rule::Contained => (shingle::containment(a, b), 0.9),
                        _ => (shingle::jaccard(a, b), 0.7),
                    };
                    prop_assert_eq!(measured as f32, similarity);
                    prop_assert!(measured >= least);
                }
            }
        }

        #[test]
        fn without_containment_it_is_the_plain_greedy_cover(
            sets in prop::collection::vec((0u64..30, 5u64..40), 1..15)
        ) {
            let members: Vec<Member> = sets.iter().map(|&(from, len)| member(from..from + len, &[])).collect();
            let mut kept: Vec<usize> = Vec::new();
            for i in 0..members.len() {
                if !kept.iter().any(|&k| shingle::jaccard(&members[i].shingles, &members[k].shingles) >= 0.7) {
                    kept.push(i);
                }
            }
            let got: Vec<usize> = fates(&members).iter().enumerate().filter(|(_, f)| **f == Fate::Stays).map(|(i, _)| i).collect();
            prop_assert_eq!(got, kept);
        }
    }
}
