//! The units of a corpus, and what is known of its documents before their texts are read.

use super::anchored::Part;
use crate::document::{RecordIndex, SiteIndex, Span};
use crate::store::{Column, Store};
use crate::tables::{Evidence, NearRow, UnitRow};
use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

/// What is known of the documents of a corpus.
#[derive(Debug, Default)]
pub struct Documents {
    /// The site whose furniture each may carry.
    pub sites: Vec<SiteIndex>,
    /// Seconds since 1970, where a date was given and understood; empty where no date is asked for.
    pub dates: Column<Option<i64>>,
    /// Places of sites in the list of preferred ones.
    pub preferences: HashMap<SiteIndex, u32>,
}

impl Documents {
    /// How many documents there are.
    pub fn len(&self) -> usize {
        self.sites.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.sites.is_empty()
    }

    /// How many sites they name.
    pub fn site_count(&self) -> usize {
        self.sites.iter().filter(|s| s.is_some()).map(|s| s.0 as usize + 1).max().unwrap_or(0)
    }

    /// How many documents each site has.
    pub fn of_sites(&self) -> Vec<u32> {
        let mut counts = vec![0; self.site_count()];
        self.sites.iter().filter(|s| s.is_some()).for_each(|s| counts[s.0 as usize] += 1);
        counts
    }
}

/// All units of a corpus.
#[derive(Debug, Default)]
pub struct Units {
    /// What they look like. What else is known of each is in columns of its own, for few steps look at all of it.
    pub rows: Column<UnitRow>,
    /// The bytes of each in the text of its document.
    pub spans: Column<Span>,
    /// Fingerprints of their words (of their folded characters where they have none).
    pub exact: Column<u128>,
    /// Fingerprints of their masked words.
    pub masked: Column<u64>,
    /// Where the units of each document start; one more entry than documents.
    pub first: Vec<u32>,
    /// Their anchors.
    pub anchors: Vec<Part>,
    /// Bucket keys of the longer ones, in the order of units.
    pub near: Column<NearRow>,
}

impl Units {
    /// The numbers of the units of a document.
    pub fn range(&self, record: RecordIndex) -> Range<usize> {
        self.first[record as usize] as usize..self.first[record as usize + 1] as usize
    }

    /// The numbers of the units of neighbouring documents.
    pub fn range_of(&self, records: &Range<RecordIndex>) -> Range<usize> {
        self.first[records.start as usize] as usize..self.first[records.end as usize] as usize
    }

    /// What the units of a document look like.
    pub fn of(&self, record: RecordIndex) -> Cow<'_, [UnitRow]> {
        self.rows.read_all(self.range(record))
    }

    /// Where the units of a document lie in its text.
    pub fn spans_of(&self, record: RecordIndex) -> Cow<'_, [Span]> {
        self.spans.read_all(self.range(record))
    }

    /// The document that a unit stands in.
    pub fn record_of(&self, unit: u32) -> RecordIndex {
        (self.first.partition_point(|&f| f <= unit) - 1) as RecordIndex
    }

    /// How many documents there are.
    pub fn records(&self) -> usize {
        self.first.len().saturating_sub(1)
    }

    /// All documents in stretches that are worked on at a time, where a unit costs so many bytes.
    pub fn stretches(
        &self,
        store: &Arc<Store>,
        bytes: usize,
    ) -> impl Iterator<Item = Range<RecordIndex>> + '_ {
        let most = store.window(bytes);
        let mut at = 0;
        std::iter::from_fn(move || {
            let from = at;
            if from == self.records() {
                return None;
            }
            at = self.end_of(from as RecordIndex, most) as usize;
            Some(from as RecordIndex..at as RecordIndex)
        })
    }

    /// The end of the documents from one on that have at most so many units together, and are no more; of one at least.
    pub fn end_of(&self, from: RecordIndex, most: usize) -> RecordIndex {
        let first = &self.first[from as usize..];
        let end = first[0] as usize + most;
        let fitting = first.partition_point(|&f| f as usize <= end) - 1;
        from + fitting.clamp(1, most) as RecordIndex
    }
}

/// The counts of a unit whose words stand nowhere else.
pub const ONCE: Evidence = Evidence {
    site_documents: 1,
    site_masked: 1,
    site_template: 0,
    anchored: 0,
    documents: 1,
    sites: 1,
    in_document: 1,
    earlier: 0,
};

/// The evidence of the units of a range, a row each: `rows` are those of it that stand elsewhere too.
pub fn evidence_of(units: Range<usize>, rows: &[(u32, Evidence)], evidence: &mut Vec<Evidence>) {
    evidence.clear();
    evidence.resize(units.len(), ONCE);
    let from = rows.partition_point(|r| (r.0 as usize) < units.start);
    for (unit, seen) in rows[from..].iter().take_while(|r| (r.0 as usize) < units.end) {
        evidence[*unit as usize - units.start] = *seen;
    }
}
