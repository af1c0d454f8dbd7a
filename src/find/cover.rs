//! Who stays of a group of documents that share buckets: a greedy cover in the order of the keep policy.
//!
//! In: the members of one connected group, most preferred first, with their shingle sets, the buckets that they share and
//! candidates for containment. Out: for each member whether it stays, or which member that stays it copies,
//! measured. Each member is compared with members that stay only, so that no chain of neighbours removes
//! anything and a bucket of n copies costs n comparisons, not their square.

use super::kept::{FEW, Kept};
use crate::tables::Rule;
use crate::text::hash::BySame;
use crate::text::shingle;
use rayon::prelude::*;
use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::ops::{Deref, Range};
use std::sync::Arc;

/// The documents of a group, in the order of the keep policy.
pub trait Members: Sync {
    /// How many there are.
    fn len(&self) -> usize;
    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// The sorted distinct shingles of a member; made anew each time, so that no more are held than are needed.
    fn shingles(&self, member: usize) -> Vec<u64>;
    /// Words of a member: at least as many as its shingles.
    fn words(&self, member: usize) -> usize;
    /// How many buckets members share.
    fn shared(&self) -> usize;
    /// The numbers of those that a member shares, ascending; asked for in the order of members.
    fn buckets(&self, member: usize, buckets: &mut Vec<u32>);
    /// Members that may contain a member.
    fn containers(&self, member: usize, containers: &mut Vec<u32>);
}

/// The shingles of members: all of them where they fit, else those of the next ones and of those asked for lately.
struct Sets<'a> {
    members: &'a dyn Members,
    /// Distinct shingles of each.
    sizes: Vec<u32>,
    /// How many shingles are held at a time.
    most: usize,
    /// Those of members that follow one another.
    block: Range<usize>,
    sets: Vec<Arc<[u64]>>,
    /// Others.
    lately: RefCell<Lately>,
}

/// Sets that were asked for lately.
#[derive(Default)]
struct Lately {
    sets: HashMap<usize, Arc<[u64]>, BySame>,
    /// Whose they are, the first that was asked for first.
    order: VecDeque<usize>,
    /// Shingles in them.
    held: usize,
}

impl<'a> Sets<'a> {
    fn new(members: &'a dyn Members, most: usize) -> Sets<'a> {
        let mut sets = Sets {
            members,
            sizes: Vec::new(),
            most,
            block: 0..0,
            sets: Vec::new(),
            lately: RefCell::default(),
        };
        sets.go_to(0);
        sets.sizes = if sets.block.end == members.len() {
            sets.sets.iter().map(|s| s.len() as u32).collect()
        } else {
            (0..members.len()).into_par_iter().map(|m| members.shingles(m).len() as u32).collect()
        };
        sets
    }

    /// Reads the shingles of a member and of those behind it.
    fn go_to(&mut self, member: usize) {
        if self.block.contains(&member) {
            return;
        }
        let (mut end, mut held) = (member, 0);
        while end < self.members.len() && (end == member || held + self.members.words(end) <= self.most) {
            held += self.members.words(end);
            end += 1;
        }
        self.block = member..end;
        self.sets = self.block.clone().into_par_iter().map(|m| self.members.shingles(m).into()).collect();
    }

    fn get(&self, member: usize) -> Arc<[u64]> {
        if self.block.contains(&member) {
            return Arc::clone(&self.sets[member - self.block.start]);
        }
        let mut lately = self.lately.borrow_mut();
        if let Some(set) = lately.sets.get(&member) {
            return Arc::clone(set);
        }
        let set: Arc<[u64]> = self.members.shingles(member).into();
        if set.len() > self.most {
            return set;
        }
        while lately.held + set.len() > self.most {
            let Some(first) = lately.order.pop_front() else { break };
            lately.held -= lately.sets.remove(&first).map_or(0, |set| set.len());
        }
        lately.held += set.len();
        lately.order.push_back(member);
        lately.sets.insert(member, Arc::clone(&set));
        set
    }

    fn size(&self, member: usize) -> usize {
        self.sizes[member] as usize
    }

    /// Whether none has to be read again.
    fn hold_all(&self) -> bool {
        self.block.len() == self.members.len()
    }

    /// See [`best_kept`].
    fn best_kept(
        &self,
        i: usize,
        candidates: Vec<(usize, u32)>,
        threshold: f64,
        forgone: &mut u64,
    ) -> Option<(u32, f32)> {
        best_kept((|member| self.get(member), &self.sizes), i, candidates, threshold, forgone)
    }
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

/// The most members that one member is compared with: those that share most buckets with it.
pub const MAX_COMPARISONS: usize = 128;
const _: () = assert!(FEW <= MAX_COMPARISONS);

/// So many members of a large group are compared at once, each with those that stay by then; what it is like is looked at again
/// where another came to stay that shares a bucket with it.
const AT_ONCE: usize = 512;

/// Covers one group, holding no more than `most` shingles where they are more than that; `forgone` is raised by the
/// comparisons that the cap saved.
pub fn cover(members: &dyn Members, thresholds: Thresholds, most: usize, forgone: &mut u64) -> Vec<Fate> {
    let mut sets = Sets::new(members, most);
    let contained = contained(&sets, thresholds);
    // Undecided members are witnesses of nobody yet.
    let mut fates: Vec<Option<Fate>> = vec![None; members.len()];
    let mut kept = Kept::of(members.len(), members.shared());
    let at_once = sets.hold_all() && members.len() > AT_ONCE;
    // Members, and where their buckets lie among those of all.
    let (mut some, mut of_some, mut buckets) = (Vec::<(usize, Range<usize>)>::new(), Vec::new(), Vec::new());
    for from in (0..members.len()).step_by(AT_ONCE) {
        some.clear();
        of_some.clear();
        for i in (from..members.len().min(from + AT_ONCE)).filter(|&i| contained[i].is_none()) {
            members.buckets(i, &mut buckets);
            some.push((i, of_some.len()..of_some.len() + buckets.len()));
            of_some.extend_from_slice(&buckets);
        }
        let expected: Vec<(Option<(u32, f32)>, u64)> = if at_once {
            kept.see();
            let get = |member: usize| &*sets.sets[member];
            let expect = |(i, buckets): &(usize, Range<usize>)| {
                let (mut forgone, sharing) = (0, kept.sharing(&of_some[buckets.clone()]));
                let best = best_kept((get, &sets.sizes), *i, sharing, thresholds.jaccard, &mut forgone);
                (best, forgone)
            };
            some.par_iter().map(expect).collect()
        } else {
            Vec::new()
        };
        for (place, (i, buckets)) in some.iter().enumerate() {
            let (i, buckets) = (*i, &of_some[buckets.clone()]);
            sets.go_to(i);
            let best = match expected.get(place) {
                Some((best, passed_by)) if kept.as_seen(buckets) => {
                    *forgone += passed_by;
                    *best
                }
                _ => sets.best_kept(i, kept.sharing(buckets), thresholds.jaccard, forgone),
            };
            fates[i] = Some(fate_of(best, || kept.add(i, buckets, forgone)));
        }
    }
    for i in 0..members.len() {
        let Some(container) = contained[i] else { continue };
        sets.go_to(i);
        members.buckets(i, &mut buckets);
        let fate = contained_in_kept(&sets, i, container, &fates, thresholds).unwrap_or_else(|| {
            let best = sets.best_kept(i, kept.sharing(&buckets), thresholds.jaccard, forgone);
            fate_of(best, || kept.add(i, &buckets, forgone))
        });
        fates[i] = Some(fate);
    }
    fates.into_iter().map(|f| f.unwrap_or(Fate::Stays)).collect()
}

/// The fate of a member by the one that is most like it; where there is none it stays, and `keep` is called.
fn fate_of(best: Option<(u32, f32)>, keep: impl FnOnce()) -> Fate {
    let Some((of, similarity)) = best else {
        keep();
        return Fate::Stays;
    };
    Fate::Copies { of, similarity, rule: Rule::NearDuplicate }
}

/// The most similar of the members that share buckets with a member, if it is similar enough.
fn best_kept<S: Deref<Target = [u64]>>(
    (get, sizes): (impl Fn(usize) -> S, &[u32]),
    i: usize,
    mut candidates: Vec<(usize, u32)>,
    threshold: f64,
    forgone: &mut u64,
) -> Option<(u32, f32)> {
    let size = f64::from(sizes[i]);
    let comparable = |c: u32| {
        let other = f64::from(sizes[c as usize]);
        size.min(other) >= threshold * size.max(other)
    };
    candidates.retain(|&(_, candidate)| comparable(candidate));
    if candidates.len() > MAX_COMPARISONS {
        *forgone += (candidates.len() - MAX_COMPARISONS) as u64;
        candidates.sort_unstable_by_key(|&(buckets, c)| (std::cmp::Reverse(buckets), c));
        candidates.truncate(MAX_COMPARISONS);
        candidates.sort_unstable_by_key(|c| c.1);
    }
    let shingles = get(i);
    let mut best: Option<(u32, f64)> = None;
    for (_, candidate) in candidates {
        let similarity = shingle::jaccard(&shingles, &get(candidate as usize));
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
fn contained(sets: &Sets<'_>, thresholds: Thresholds) -> Vec<Option<u32>> {
    let members = sets.members.len();
    let mut out = vec![None; members];
    if thresholds.containment <= 0.0 {
        return out;
    }
    let mut containers = Vec::new();
    let mut has_containers = |i: &usize| {
        sets.members.containers(*i, &mut containers);
        !containers.is_empty()
    };
    let mut order: Vec<usize> = (0..members).filter(|i| has_containers(i)).collect();
    order.sort_by_key(|&i| (std::cmp::Reverse(sets.size(i)), i));
    for i in order {
        let inner = sets.get(i);
        let mut best: Option<(u32, f64)> = None;
        sets.members.containers(i, &mut containers);
        for &c in &containers {
            if out[c as usize].is_some() || sets.size(c as usize) <= inner.len() {
                continue;
            }
            let outer = sets.get(c as usize);
            let share = shingle::containment(&inner, &outer);
            let near = shingle::jaccard(&inner, &outer) >= thresholds.jaccard;
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
    sets: &Sets<'_>,
    i: usize,
    container: u32,
    fates: &[Option<Fate>],
    thresholds: Thresholds,
) -> Option<Fate> {
    let stand_in = match fates[container as usize] {
        Some(Fate::Copies { of, .. }) => of,
        _ => container,
    };
    let mut containers = Vec::new();
    sets.members.containers(i, &mut containers);
    [stand_in]
        .into_iter()
        .chain(containers)
        .filter(|&c| fates[c as usize] == Some(Fate::Stays) && c as usize != i)
        .filter(|&c| sets.size(c as usize) > sets.size(i))
        .find_map(|of| {
            let share = shingle::containment(&sets.get(i), &sets.get(of as usize));
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

    #[derive(Clone)]
    struct Member {
        shingles: Vec<u64>,
        containers: Vec<u32>,
    }

    struct Slice<'a>(&'a [Member]);

    impl Members for Slice<'_> {
        fn len(&self) -> usize {
            self.0.len()
        }
        fn shingles(&self, member: usize) -> Vec<u64> {
            self.0[member].shingles.clone()
        }
        fn words(&self, member: usize) -> usize {
            self.0[member].shingles.len()
        }
        fn shared(&self) -> usize {
            1
        }
        fn buckets(&self, _: usize, buckets: &mut Vec<u32>) {
            *buckets = vec![0];
        }
        fn containers(&self, member: usize, containers: &mut Vec<u32>) {
            containers.clone_from(&self.0[member].containers);
        }
    }

    fn member(shingles: impl IntoIterator<Item = u64>, containers: &[u32]) -> Member {
        let shingles: Vec<u64> = shingles.into_iter().collect();
        Member { shingles, containers: containers.to_vec() }
    }

    fn fates(members: &[Member]) -> Vec<Fate> {
        let thresholds = Thresholds { jaccard: 0.7, containment: 0.9 };
        let all = cover(&Slice(members), thresholds, usize::MAX, &mut 0);
        // With little room it reads the sets again, and finds the same.
        assert_eq!(all, cover(&Slice(members), thresholds, 50, &mut 0));
        all
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

    /// Runs of numbers, in two buckets each.
    struct Runs(Vec<(u64, u64)>);

    impl Members for Runs {
        fn len(&self) -> usize {
            self.0.len()
        }
        fn shingles(&self, member: usize) -> Vec<u64> {
            (self.0[member].0..self.0[member].1).collect()
        }
        fn words(&self, member: usize) -> usize {
            (self.0[member].1 - self.0[member].0) as usize
        }
        fn shared(&self) -> usize {
            200
        }
        fn buckets(&self, member: usize, buckets: &mut Vec<u32>) {
            let (from, to) = self.0[member];
            *buckets = vec![from as u32 / 8, 100 + to as u32 / 8];
        }
        fn containers(&self, member: usize, containers: &mut Vec<u32>) {
            containers.clear();
            containers.extend((member > 0 && member.is_multiple_of(7)).then_some(member as u32 - 1));
        }
    }

    #[test]
    fn many_at_once_fare_as_one_after_the_other() {
        let mut rng = fastrand::Rng::with_seed(11);
        for reach in [20, 200, 700] {
            let run = |_| {
                let from = rng.u64(0..reach);
                (from, from + rng.u64(1..60))
            };
            let runs = Runs((0..3 * AT_ONCE + 100).map(run).collect());
            let thresholds = Thresholds { jaccard: 0.7, containment: 0.9 };
            let (mut at_once, mut one_by_one) = (0, 0);
            let all = cover(&runs, thresholds, usize::MAX, &mut at_once);
            assert_eq!(all, cover(&runs, thresholds, 50, &mut one_by_one));
            assert_eq!(at_once, one_by_one);
            let stay = all.iter().filter(|&&fate| fate == Fate::Stays).count();
            assert!(stay > 20 && stay < all.len() / 2, "{stay}");
        }
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
