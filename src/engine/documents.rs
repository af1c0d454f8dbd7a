//! Near-duplicate and contained documents, compared on what is left of them.
//!
//! Candidates come from shared bands, and for containment from shingles sampled by hash. Connected groups of
//! candidates are covered independently, in parallel; being connected removes nothing.

use super::analyse::{Analyser, Scratch};
use super::connected::{Connected, Group, Keys};
use super::containers::ContainerSearch;
use super::fates::{DocumentFates, Removed};
use super::sketches::{SketchBatch, Sketches};
use super::units::{Documents, Units};
use super::{Cancel, Source, TextBuffer};
use crate::config::{DocumentSettings, Keep};
use crate::document::{RecordIndex, Span};
use crate::error::Result;
use crate::find::cover::{self, Fate, Members, Thresholds};
use crate::store::{Ahead, Bits, By, Column, Sorter, Store};
use crate::tables::{Rule, SketchRow, Witness};
use crate::text::shingle;
use rayon::prelude::*;
use std::sync::{Arc, Mutex, PoisonError};

/// What the search runs over.
pub struct DocumentSearch<'a> {
    /// Where the texts come from.
    pub source: &'a dyn Source,
    /// Reads words as the first pass did.
    pub analyser: &'a Analyser,
    /// Sites and dates.
    pub documents: &'a Documents,
    /// Settings.
    pub settings: &'a DocumentSettings,
    /// For each unit whether it went; `None` where no unit was judged.
    pub gone: Option<&'a Bits>,
    /// Holds the tables.
    pub store: &'a Arc<Store>,
    /// May stop it.
    pub cancel: &'a Cancel,
}

/// What a thread that reads words again keeps from one document to the next.
#[derive(Default)]
struct Reader {
    scratch: Scratch,
    text: TextBuffer,
    words: Vec<u64>,
    ahead: Ahead,
    spans: Vec<Span>,
}

/// The documents that are compared: one of each with the same words, and what is needed of them at random.
pub(super) struct Compared {
    /// Whether a document has words, and no other of the same words stays before it.
    pub distinct: Bits,
    /// Words of each.
    pub words: Vec<u32>,
    /// Who stays before whom.
    pub rank: Vec<u32>,
}

impl DocumentSearch<'_> {
    /// Decides which documents stay. The sketches of documents that lost units are made anew.
    pub fn run(&self, units: &Units, mut sketches: Sketches) -> Result<DocumentFates> {
        self.sketch_again(units, &mut sketches)?;
        self.cancel.check()?;
        let mut words = Vec::with_capacity(self.documents.len());
        sketches.rows.each(|s| words.push(s.words));
        let rank = self.rank(&words);
        let mut removed = Sorter::new(self.store, |r: &(RecordIndex, Removed)| r.0);
        let distinct = self.same_words(&sketches.rows, &rank, &mut removed);
        let compared = Compared { distinct, words, rank };
        self.cancel.check()?;
        let mut fates = DocumentFates::default();
        let containers = if self.settings.containment > 0.0 {
            let search = ContainerSearch {
                sketches: &sketches,
                compared: &compared,
                settings: self.settings,
                store: self.store,
            };
            search.run(&mut fates.forgone)
        } else {
            Column::default()
        };
        self.cancel.check()?;
        let bands = self.analyser.documents.banding().bands;
        let keys = Keys { keys: &sketches.keys, bands, compared: &compared.distinct, rank: &compared.rank };
        let connected = Connected::of(&keys, &containers, self.store, self.cancel)?;
        drop(sketches);
        fates.largest_group = connected.groups.iter().map(|g| g.members.len()).max().unwrap_or(0);
        self.cancel.check()?;
        let mut contained = Bits::new(self.documents.len());
        containers.each(|&(record, _)| contained.set(record as usize));
        let cover = Cover {
            search: self,
            units,
            connected: &connected,
            compared: &compared,
            containers: &containers,
            contained,
            readers: Mutex::default(),
        };
        // Groups together hold no more than a few windows of shingles; a large one reads them as it goes.
        let most = self.store.rows_at_once(size_of::<u64>()) as u64;
        for groups in stretches_of(
            &connected.groups,
            |g| {
                connected.members[g.members.clone()]
                    .iter()
                    .map(|&r| u64::from(compared.words[r as usize]))
                    .sum()
            },
            most,
        ) {
            let covered: Vec<(Vec<(RecordIndex, Removed)>, u64)> = groups
                .par_iter()
                .map(|group| if self.cancel.requested() { Default::default() } else { cover.group(group) })
                .collect();
            self.cancel.check()?;
            for (copies, forgone) in covered {
                fates.forgone += forgone;
                removed.append(copies);
            }
        }
        fates.removed = removed.finish();
        fates.gone = Bits::new(self.documents.len());
        fates.removed.each(|r| fates.gone.set(r.0 as usize));
        fates.removed = self.follow_copies(&fates);
        Ok(fates)
    }

    /// The words that are left of a document, given its units.
    fn words(&self, record: RecordIndex, units: &Units, reader: &mut Reader) {
        let text = self.source.text(record as usize, &mut reader.text);
        reader.words.clear();
        match self.gone {
            None => self.analyser.all_words(text, &mut reader.scratch, &mut reader.words),
            Some(gone) => {
                let range = units.range(record);
                let first = range.start;
                let spans = units.spans.read_next(range.clone(), &mut reader.ahead, &mut reader.spans);
                let left = range.filter(|&u| !gone.has(u)).map(|u| spans[u - first]);
                self.analyser.words_of(text, left, &mut reader.scratch, &mut reader.words);
            }
        }
    }

    /// Makes the sketches of documents that lost units anew.
    fn sketch_again(&self, units: &Units, sketches: &mut Sketches) -> Result<()> {
        let Some(gone) = self.gone else { return Ok(()) };
        sketches.make_again(
            (self.store, self.analyser.documents.banding().bands),
            |record| gone.any(units.range(record)),
            |reader: &mut Reader, record| {
                self.words(record, units, reader);
                let mut batch = SketchBatch::default();
                self.analyser.sketch(&reader.words, &mut reader.scratch, &mut batch);
                batch
            },
            || self.cancel.check(),
        )
    }

    /// For each document its place among all, the one that stays before all others first. Ties go by place in the input.
    fn rank(&self, words: &[u32]) -> Vec<u32> {
        let mut sorter = Sorter::new(self.store, |r: &(u32, i64, RecordIndex)| *r);
        let mut dates = self.documents.dates.cursor();
        for (record, site) in self.documents.sites.iter().enumerate() {
            let date = dates.next().flatten();
            let by = match self.settings.keep {
                Keep::Longest => -i64::from(words[record]),
                Keep::First => 0,
                Keep::Earliest => date.unwrap_or(i64::MAX),
                Keep::Latest => date.map_or(i64::MAX, |d| d.saturating_neg()),
            };
            let preference = self.documents.preferences.get(site).copied().unwrap_or(u32::MAX);
            sorter.push((preference, by, record as u32));
        }
        let mut rank = vec![0u32; words.len()];
        let mut place = 0;
        sorter.sorted().each(|r| {
            rank[r.2 as usize] = place;
            place += 1;
        });
        rank
    }

    /// Removes documents of the same words but the most preferred, and tells the distinct ones that have words.
    fn same_words(
        &self,
        sketches: &Column<SketchRow>,
        rank: &[u32],
        removed: &mut Sorter<(RecordIndex, Removed), impl By<(RecordIndex, Removed)>>,
    ) -> Bits {
        let mut sorter = Sorter::new(self.store, |r: &(u128, u32, RecordIndex)| *r);
        let mut record = 0;
        sketches.each(|sketch| {
            if sketch.words > 0 {
                sorter.push((sketch.exact, rank[record as usize], record));
            }
            record += 1;
        });
        let mut distinct = Bits::new(rank.len());
        let mut first: Option<(u128, RecordIndex)> = None;
        sorter.sorted().each(|&(exact, _, record)| match first {
            Some((of, first)) if of == exact => {
                let witness = Witness { of: first, similarity: 1.0 };
                removed.push((record, Removed { rule: Rule::SameWords, witness }));
            }
            _ => {
                distinct.set(record as usize);
                first = Some((exact, record));
            }
        });
        distinct
    }

    /// A copy of a document that went is a copy of what that one copied: they have the same shingles.
    fn follow_copies(&self, fates: &DocumentFates) -> Column<(RecordIndex, Removed)> {
        let mut followed = Sorter::new(self.store, |r: &(RecordIndex, Removed)| r.0);
        fates.removed.each(|&(record, removed)| {
            let further = fates.of(removed.witness.of).filter(|_| removed.rule == Rule::SameWords);
            followed.push((record, further.unwrap_or(removed)));
        });
        followed.finish()
    }
}

/// Neighbouring groups whose sizes together stay below `most`; a larger one stands alone.
fn stretches_of(groups: &[Group], size: impl Fn(&Group) -> u64, most: u64) -> Vec<&[Group]> {
    let (mut stretches, mut from, mut held) = (Vec::new(), 0, 0);
    for (at, group) in groups.iter().enumerate() {
        let size = size(group);
        if at > from && held + size > most {
            stretches.push(&groups[from..at]);
            (from, held) = (at, 0);
        }
        held += size;
    }
    stretches.push(&groups[from..]);
    stretches
}

/// Covers groups of documents that are connected.
struct Cover<'a> {
    search: &'a DocumentSearch<'a>,
    units: &'a Units,
    connected: &'a Connected,
    compared: &'a Compared,
    containers: &'a Column<(RecordIndex, RecordIndex)>,
    /// Which documents have any of these.
    contained: Bits,
    /// What threads read with, for the next group.
    readers: Mutex<Vec<Reader>>,
}

impl Cover<'_> {
    fn group(&self, group: &Group) -> (Vec<(RecordIndex, Removed)>, u64) {
        let records = &self.connected.members[group.members.clone()];
        let mut places: Vec<(RecordIndex, u32)> =
            records.iter().enumerate().map(|(i, &r)| (r, i as u32)).collect();
        places.sort_unstable();
        let idle = || self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        let reader = idle().pop().unwrap_or_default();
        let members = OfDocuments {
            cover: self,
            group,
            records,
            places,
            shared: Mutex::default(),
            readers: Mutex::new(vec![reader]),
        };
        let settings = self.search.settings;
        let thresholds = Thresholds { jaccard: settings.threshold, containment: settings.containment };
        let mut forgone = 0;
        let most = self.search.store.rows_at_once(size_of::<u64>());
        let fates = cover::cover(&members, thresholds, most, &mut forgone);
        idle().extend(members.readers.into_inner().unwrap_or_else(PoisonError::into_inner).pop());
        let removed = fates
            .iter()
            .zip(records)
            .filter_map(|(fate, &record)| match *fate {
                Fate::Stays => None,
                Fate::Copies { of, similarity, rule } => Some((
                    record,
                    Removed { rule, witness: Witness { of: records[of as usize], similarity } },
                )),
            })
            .collect();
        (removed, forgone)
    }
}

/// What members of a group share with others, read in their order.
#[derive(Default)]
struct SharedRows {
    /// The next member, and its first row.
    next: (usize, usize),
    /// Rows that were read.
    rows: Vec<(u32, u32)>,
    from: usize,
}

impl SharedRows {
    /// Rows that are read at a time.
    const BLOCK: usize = 4096;

    /// The buckets of a member; those of one before the last are read from the first member's on.
    fn of(&mut self, shared: &Column<(u32, u32)>, group: &Group, member: usize, buckets: &mut Vec<u32>) {
        buckets.clear();
        if member < self.next.0 || self.next.0 == 0 {
            self.next.1 = group.shared.start;
        }
        let place = (group.members.start + member) as u32;
        let mut at = self.next.1;
        while at < group.shared.end {
            if !(self.from..self.from + self.rows.len()).contains(&at) {
                let until = group.shared.end.min(at + Self::BLOCK);
                self.rows = shared.read_all(at..until).into_owned();
                self.from = at;
            }
            let (of, bucket) = self.rows[at - self.from];
            if of > place {
                break;
            }
            if of == place {
                buckets.push(bucket);
            }
            at += 1;
        }
        self.next = (member + 1, at);
    }
}

/// The members of a group, the most preferred first.
struct OfDocuments<'a> {
    cover: &'a Cover<'a>,
    group: &'a Group,
    records: &'a [RecordIndex],
    /// Places in the group, by record.
    places: Vec<(RecordIndex, u32)>,
    shared: Mutex<SharedRows>,
    readers: Mutex<Vec<Reader>>,
}

impl Members for OfDocuments<'_> {
    fn len(&self) -> usize {
        self.records.len()
    }

    fn shingles(&self, member: usize) -> Vec<u64> {
        let pool = || self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        let mut reader = pool().pop().unwrap_or_default();
        self.cover.search.words(self.records[member], self.cover.units, &mut reader);
        let mut shingles = Vec::new();
        shingle::set_into(&reader.words, self.cover.search.settings.shingle, &mut shingles);
        pool().push(reader);
        shingles
    }

    fn words(&self, member: usize) -> usize {
        self.cover.compared.words[self.records[member] as usize] as usize
    }

    fn shared(&self) -> usize {
        self.group.buckets as usize
    }

    fn buckets(&self, member: usize, buckets: &mut Vec<u32>) {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        shared.of(&self.cover.connected.shared, self.group, member, buckets);
    }

    fn containers(&self, member: usize, containers: &mut Vec<u32>) {
        containers.clear();
        let all = self.cover.containers;
        let record = self.records[member];
        if !self.cover.contained.has(record as usize) {
            return;
        }
        let mut at = all.partition_point(|c| c.0 < record);
        while at < all.len() && all.get(at).0 == record {
            let container = all.get(at).1;
            if let Ok(place) = self.places.binary_search_by_key(&container, |p| p.0) {
                containers.push(self.places[place].1);
            }
            at += 1;
        }
    }
}
