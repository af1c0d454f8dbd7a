//! Repeats within documents and passages across them, among the units that are left.

use super::groups::{self, Groups, NearMatches};
use crate::config::Config;
use crate::document::{Kind, RecordIndex};
use crate::judge::Verdict;
use crate::judge::passage::{self, Carriers};
use crate::judge::repeat::{self, Copy};
use crate::tables::{CutRow, DocumentRow, Known, PassageRow, UnitRow, Units, Witness};
use crate::text::hash::BySame;
use rayon::prelude::*;
use std::collections::HashMap;

/// Groups of more documents than this do not tell versions of one story.
const STORY_MAX_DOCUMENTS: usize = 16;
/// Two documents are versions of one story where they share this part of the shorter one's words.
const STORY_SHARE: f32 = 0.3;
/// An edge of an article: this many units from its start, and from its end.
const EDGE_START: usize = 1;
const EDGE_END: usize = 3;

/// What the judgements of copies look at.
pub struct Copies<'a> {
    /// Settings.
    pub config: &'a Config,
    /// Sites.
    pub documents: &'a [DocumentRow],
    /// Distinct pages of each document's site.
    pub pages: &'a [u32],
    /// All units.
    pub units: &'a Units,
    /// Those that are left, in groups.
    pub groups: &'a Groups,
    /// Which groups nearly say the same.
    pub near: &'a NearMatches,
    /// For each unit whether it is left.
    pub left: &'a [bool],
}

impl Copies<'_> {
    /// Judges repeats in every document; rows in the order of units.
    pub fn repeats(&self) -> Vec<CutRow> {
        let copies = self.copies_in_documents();
        let runs: Vec<&[(RecordIndex, u32, u32, f32)]> = copies.chunk_by(|a, b| a.0 == b.0).collect();
        let cuts: Vec<Vec<CutRow>> = runs
            .par_iter()
            .map(|run| {
                let range = self.units.range(run[0].0);
                let left: Vec<u32> = range.filter(|&u| self.left[u]).map(|u| u as u32).collect();
                let rows: Vec<UnitRow> = left.iter().map(|&u| self.units.rows[u as usize]).collect();
                let place = |unit: u32| left.partition_point(|&u| u < unit);
                let copies: Vec<Copy> = run
                    .iter()
                    .map(|&(_, unit, original, similarity)| Copy {
                        unit: place(unit),
                        original: place(original),
                        similarity,
                    })
                    .collect();
                let mut verdicts = Vec::new();
                repeat::judge_into(&rows, &copies, &self.config.repeat, &mut verdicts);
                if !self.config.runs(Kind::Boilerplate) {
                    verdicts.retain(|v| v.kind != Kind::Boilerplate);
                }
                let row = |v: Verdict| CutRow {
                    unit: left[v.unit],
                    kind: v.kind,
                    rule: v.rule,
                    score: v.score,
                    witness: v.witness.map(|w| Witness { of: left[w.of as usize], ..w }),
                };
                verdicts.into_iter().map(row).collect()
            })
            .collect();
        cuts.into_iter().flatten().collect()
    }

    /// `(record, unit, original, similarity)` of every copy within a document, sorted. An original is the first
    /// of its group in the document, and no copy of an earlier group there.
    fn copies_in_documents(&self) -> Vec<(RecordIndex, u32, u32, f32)> {
        let mut placed: Vec<(RecordIndex, u32, u32, f32)> = Vec::new();
        // Group b stands in a document where the nearest earlier group a leads: a's first unit and similarity.
        let mut leads: HashMap<(RecordIndex, u32), (u32, u32, f32), BySame> = HashMap::default();
        for edge in
            self.near.edges.iter().filter(|e| f64::from(e.similarity) >= self.config.repeat.similarity)
        {
            for (record, a, b) in shared_records(self.units, self.groups.get(edge.a), self.groups.get(edge.b))
            {
                let (leader, follower, unit) = if a < b { (edge.a, edge.b, a) } else { (edge.b, edge.a, b) };
                let row = leads.entry((record, follower)).or_insert((unit, leader, edge.similarity));
                if unit < row.0 {
                    *row = (unit, leader, edge.similarity);
                }
            }
        }
        let led = |record: RecordIndex, group: u32| {
            // An original that is led itself would not stay: then the copy is none.
            leads.get(&(record, group)).filter(|(_, leader, _)| !leads.contains_key(&(record, *leader)))
        };
        let mut followers: Vec<u32> = leads.keys().map(|&(_, follower)| follower).collect();
        followers.par_sort_unstable();
        followers.dedup();
        let mut followers = followers.into_iter().peekable();
        for group in 0..self.groups.len() as u32 {
            let members = self.groups.get(group);
            let record_of = |&u: &u32| self.units.record_of(u);
            let follows = followers.next_if_eq(&group).is_some();
            if members.len() == 1 && !follows {
                continue;
            }
            for run in members.chunk_by(|a, b| record_of(a) == record_of(b)) {
                let record = record_of(&run[0]);
                match led(record, group) {
                    Some(&(original, _, similarity)) => {
                        placed.extend(run.iter().map(|&unit| (record, unit, original, similarity)));
                    }
                    None => placed.extend(run[1..].iter().map(|&unit| (record, unit, run[0], 1.0))),
                }
            }
        }
        placed.par_sort_unstable_by_key(|p| (p.0, p.1));
        placed
    }

    /// Judges passages across documents; `gone` are units that went as repeats. Cuts, and the passages that stay
    /// where they are, in the order of units.
    pub fn passages(&self, kept: u32, gone: &[bool]) -> (Vec<CutRow>, Vec<PassageRow>) {
        let stories = self.stories();
        let families = self.families(gone);
        let judged: Vec<(Vec<CutRow>, Option<PassageRow>)> =
            families.par_iter().map(|family| self.judge_family(family, &stories, kept)).collect();
        let mut cuts = Vec::new();
        let mut stay = Vec::new();
        for (family_cuts, passage) in judged {
            cuts.extend(family_cuts);
            stay.extend(passage);
        }
        cuts.par_sort_unstable_by_key(|c: &CutRow| c.unit);
        stay.sort_unstable_by_key(|p: &PassageRow| p.unit);
        (cuts, stay)
    }

    fn is_passage(&self, unit: u32) -> bool {
        let row = &self.units.rows[unit as usize];
        row.words >= self.config.passage.min_words && row.known != Known::Protected
    }

    /// Groups that say nearly the same as an earlier one, with it: `(unit, similarity to the first unit)` each.
    fn families(&self, gone: &[bool]) -> Vec<Vec<(u32, f32)>> {
        let mut leader: HashMap<u32, (u32, f32), BySame> = HashMap::default();
        for edge in
            self.near.edges.iter().filter(|e| f64::from(e.similarity) >= self.config.passage.similarity)
        {
            if !leader.contains_key(&edge.a) && !leader.contains_key(&edge.b) {
                leader.insert(edge.b, (edge.a, edge.similarity));
            }
        }
        let mut followers: Vec<(u32, u32, f32)> = leader.iter().map(|(&b, &(a, s))| (a, b, s)).collect();
        followers.sort_unstable_by_key(|f| (f.0, f.1));
        let stays = |u: &u32| self.is_passage(*u) && !gone[*u as usize];
        let mut led: Vec<u32> = followers.iter().map(|f| f.1).collect();
        led.par_sort_unstable();
        let mut led = led.into_iter().peekable();
        let mut families = Vec::new();
        let mut from = 0;
        for group in 0..self.groups.len() as u32 {
            let members = self.groups.get(group);
            let here = followers[from..].iter().take_while(|f| f.0 == group).count();
            let followers = &followers[from..from + here];
            from += here;
            if led.next_if_eq(&group).is_some()
                || members.len() == 1 && here == 0
                || !members.iter().any(stays)
            {
                continue;
            }
            let mut family: Vec<(u32, f32)> =
                members.iter().filter(|u| stays(u)).map(|&u| (u, 1.0)).collect();
            for &(_, follower, similarity) in followers {
                family
                    .extend(self.groups.get(follower).iter().filter(|u| stays(u)).map(|&u| (u, similarity)));
            }
            if family.len() > 1 {
                families.push(family);
            }
        }
        families
    }

    fn judge_family(
        &self,
        family: &[(u32, f32)],
        stories: &[RecordIndex],
        kept: u32,
    ) -> (Vec<CutRow>, Option<PassageRow>) {
        let mut records: Vec<RecordIndex> = family.iter().map(|m| self.units.record_of(m.0)).collect();
        records.sort_unstable();
        records.dedup();
        if records.len() < 2 {
            return (Vec::new(), None);
        }
        let mut told: Vec<RecordIndex> = records.iter().map(|&r| stories[r as usize]).collect();
        told.sort_unstable();
        told.dedup();
        let mut sites: Vec<(u32, u32)> = records
            .iter()
            .filter(|&&r| self.documents[r as usize].site.is_some())
            .map(|&r| (self.documents[r as usize].site.0, self.pages[r as usize]))
            .collect();
        sites.sort_unstable();
        sites.dedup();
        let seen = Carriers {
            stories: told.len() as u32,
            at_edge: family.iter().filter(|m| self.is_at_edge(m.0)).count() as u32,
            copies: family.len() as u32,
            corpus: kept,
            site_pages: sites.iter().map(|s| s.1).sum(),
        };
        let Some(rule) = passage::judge(&seen, &self.config.passage) else {
            let passage = PassageRow {
                unit: family[0].0,
                documents: records.len() as u32,
                stories: seen.stories,
                copies: seen.copies,
                at_edge: seen.at_edge,
            };
            return (Vec::new(), Some(passage));
        };
        let keeper = family[0].0;
        let cuts = family[1..]
            .iter()
            .map(|&(unit, similarity)| CutRow {
                unit,
                kind: Kind::Passage,
                rule,
                score: similarity,
                witness: Some(Witness { of: keeper, similarity }),
            })
            .collect();
        (cuts, None)
    }

    /// For each document the first of those that tell the same story: versions that share much of their words.
    fn stories(&self) -> Vec<RecordIndex> {
        let mut words = vec![0u32; self.documents.len()];
        let mut pairs: Vec<(RecordIndex, RecordIndex, u32)> = Vec::new();
        let mut records: Vec<RecordIndex> = Vec::new();
        let mut record = 0;
        for group in 0..self.groups.len() as u32 {
            let members = self.groups.get(group);
            let length = u32::from(self.units.rows[members[0] as usize].words);
            // Groups go by their first unit, and so by the record of it.
            while self.units.first[record as usize + 1] <= members[0] {
                record += 1;
            }
            if members.len() == 1 {
                words[record as usize] += length;
                continue;
            }
            records.clear();
            records.extend(groups::records(self.units, members));
            records.dedup();
            for &record in &records {
                words[record as usize] += length;
            }
            if (2..=STORY_MAX_DOCUMENTS).contains(&records.len()) && length >= 8 {
                pairs.extend(records[1..].iter().map(|&other| (other, records[0], length)));
            }
        }
        pairs.par_sort_unstable();
        let mut stories: Vec<RecordIndex> = (0..self.documents.len() as u32).collect();
        for pair in pairs.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
            let (other, first) = (pair[0].0, pair[0].1);
            let shared: u32 = pair.iter().map(|p| p.2).sum();
            let least = words[other as usize].min(words[first as usize]);
            if shared as f32 >= STORY_SHARE * least as f32 && stories[other as usize] == other {
                stories[other as usize] = stories[first as usize];
            }
        }
        stories
    }

    /// Whether a unit stands at an edge of what is left of its document.
    fn is_at_edge(&self, unit: u32) -> bool {
        let range = self.units.range(self.units.record_of(unit));
        let unit = unit as usize;
        let left = |units: std::ops::Range<usize>| units.filter(|&u| self.left[u]);
        left(range.start..unit).take(EDGE_START).count() < EDGE_START
            || left(unit + 1..range.end).take(EDGE_END).count() < EDGE_END
    }
}

/// The records in which both groups stand, with the first unit of each there.
fn shared_records(units: &Units, a: &[u32], b: &[u32]) -> Vec<(RecordIndex, u32, u32)> {
    let (mut i, mut j) = (0, 0);
    let mut out: Vec<(RecordIndex, u32, u32)> = Vec::new();
    while i < a.len() && j < b.len() {
        let (x, y) = (units.record_of(a[i]), units.record_of(b[j]));
        match x.cmp(&y) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => {
                out.push((x, a[i], b[j]));
                i += a[i..].iter().take_while(|&&u| units.record_of(u) == x).count();
                j += b[j..].iter().take_while(|&&u| units.record_of(u) == x).count();
            }
        }
    }
    out
}

/// Points repeats whose witness went as a passage to the copy that stays, or withdraws them.
pub fn settle_witnesses(repeats: &mut Vec<CutRow>, passages: &[CutRow], copies: &Copies<'_>) {
    let gone: HashMap<u32, Witness> = passages.iter().filter_map(|c| Some((c.unit, c.witness?))).collect();
    if gone.is_empty() {
        return;
    }
    let exact = |u: u32| copies.units.rows[u as usize].exact;
    let mut group_of: HashMap<u128, u32> = HashMap::new();
    for cut in repeats.iter() {
        if let Some(further) = cut.witness.and_then(|w| gone.get(&w.of)) {
            group_of.extend([(exact(cut.unit), 0), (exact(further.of), 0)]);
        }
    }
    if group_of.is_empty() {
        return;
    }
    for group in 0..copies.groups.len() as u32 {
        if let Some(named) = group_of.get_mut(&exact(copies.groups.get(group)[0])) {
            *named = group;
        }
    }
    repeats.retain_mut(|cut| {
        let Some(witness) = cut.witness else { return true };
        let Some(further) = gone.get(&witness.of) else { return true };
        let similarity = if exact(cut.unit) == exact(further.of) {
            Some(1.0)
        } else if exact(cut.unit) == exact(witness.of) {
            Some(further.similarity)
        } else {
            copies.near.between(group_of[&exact(cut.unit)], group_of[&exact(further.of)])
        };
        let similar = similarity.filter(|&s| f64::from(s) >= copies.config.repeat.similarity);
        if let Some(similarity) = similar {
            cut.witness = Some(Witness { of: further.of, similarity });
        }
        similar.is_some()
    });
}
