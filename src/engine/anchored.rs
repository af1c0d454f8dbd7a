//! The anchors of all units, in parts: those of a site lie together, so that each part can be counted by itself.
//!
//! In: the keys of the anchors of documents, in order. Out: the same, part by part, some documents at a time.

use super::repeated::{AHEAD, mixed};
use super::units::{Documents, Units};
use crate::document::{RecordIndex, SiteIndex};
use crate::sketch::anchors;
use crate::store::row::row;
use crate::store::{Builder, Column, Store};
use rayon::prelude::*;
use std::sync::Arc;

/// Words at one place of a line are an anchor of a template where this many distinct pages of the site have it.
pub const ANCHOR_PAGES: u32 = 3;

/// So many documents more make another part: what is counted of one then fits into the caches of most machines.
const PART: usize = 1 << 14;
/// There are never more parts, and there are fewer where the budget is less than this for each: what is written to each is
/// buffered.
const MOST_PARTS: usize = 64;
const PART_BUDGET: u64 = 16 << 20;

/// In which part the anchors of a document lie.
pub struct Parts<'a> {
    /// That of each document; none where no anchors are wanted.
    sites: &'a [SiteIndex],
    /// How many documents each site has.
    of_sites: Vec<u32>,
    count: usize,
}

impl<'a> Parts<'a> {
    /// Parts for these documents.
    pub fn new(documents: &'a Documents, store: &Store) -> Parts<'a> {
        let affordable = store.budget().map_or(MOST_PARTS, |budget| (budget / PART_BUDGET) as usize);
        Parts::so_many((documents.len() / PART).min(affordable).clamp(1, MOST_PARTS), documents)
    }

    /// So many parts.
    pub(super) fn so_many(count: usize, documents: &'a Documents) -> Parts<'a> {
        Parts { sites: &documents.sites, of_sites: documents.of_sites(), count }
    }

    /// None, for no anchors are wanted.
    pub fn none() -> Parts<'a> {
        Parts { sites: &[], of_sites: Vec::new(), count: 0 }
    }

    /// That of a document; `None` where its site is too small for templates.
    pub fn of(&self, record: usize) -> Option<usize> {
        let site = self.sites.get(record)?;
        let enough = site.is_some() && self.of_sites[site.0 as usize] >= ANCHOR_PAGES;
        enough.then(|| site.0 as usize % self.count)
    }
}

/// A document of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct OfDocument {
    record: RecordIndex,
    /// How many anchors its units have.
    keys: u32,
}

row!(OfDocument { record: u32, keys: u32 });

/// The anchors of the sites of a part.
#[derive(Debug, Default)]
pub struct Part {
    documents: Column<OfDocument>,
    /// In how many words of each of their units anchors stand, see [`anchors::words`].
    words: Column<u8>,
    /// The keys of the anchors.
    keys: Column<u32>,
}

impl Part {
    /// How many anchors there are.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Hands on the anchors of all documents, those of some documents at a time: of about so many anchors as the store
    /// has room for where one costs so many bytes.
    pub fn windows(
        &self,
        units: &Units,
        sites: &[SiteIndex],
        (store, bytes): (&Arc<Store>, usize),
        mut take: impl FnMut(&Window<'_>),
    ) {
        let most = store.window(bytes);
        // So many documents have about as many anchors; not more are read than are taken.
        let at_once = most / (self.len() / self.documents.len().max(1)).max(1) + 1;
        let (mut documents_buffer, mut words_buffer, mut keys_buffer) = (Vec::new(), Vec::new(), Vec::new());
        let mut starts = Vec::new();
        let (mut document, mut word, mut key) = (0, 0, 0);
        while document < self.documents.len() {
            let to = (document + at_once).min(self.documents.len());
            let documents = self.documents.read(document..to, &mut documents_buffer);
            let (mut words, mut keys) = (0, 0);
            starts.clear();
            for of in documents {
                let (of_words, of_keys) = (units.range(of.record).len(), of.keys as usize);
                if keys > 0 && keys + of_keys + (words + of_words) / UNITS_AN_ANCHOR > most {
                    break;
                }
                starts.push((words, keys));
                (words, keys) = (words + of_words, keys + of_keys);
            }
            take(&Window {
                units,
                sites,
                documents: &documents[..starts.len()],
                words: self.words.read(word..word + words, &mut words_buffer),
                keys: self.keys.read(key..key + keys, &mut keys_buffer),
                starts: &starts,
            });
            (document, word, key) = (document + starts.len(), word + words, key + keys);
        }
    }
}

/// So many units take about as much memory as an anchor does.
const UNITS_AN_ANCHOR: usize = 16;

/// The anchors of some documents of a part.
pub struct Window<'a> {
    units: &'a Units,
    sites: &'a [SiteIndex],
    documents: &'a [OfDocument],
    words: &'a [u8],
    keys: &'a [u32],
    /// Where the words and keys of each document start.
    starts: &'a [(usize, usize)],
}

/// An anchor of a unit.
#[derive(Debug, Clone, Copy)]
pub struct Anchor {
    /// Its site and its words; never 0.
    pub key: u64,
    /// Which unit.
    pub unit: u32,
    /// A bit for each word of the unit that it covers.
    pub words: u32,
}

impl Window<'_> {
    /// The documents by number, to be taken in parallel.
    pub fn documents(&self) -> impl ParallelIterator<Item = usize> {
        (0..self.documents.len()).into_par_iter().with_min_len(64)
    }

    /// The record of a document.
    pub fn record(&self, document: usize) -> RecordIndex {
        self.documents[document].record
    }

    /// Hands on the anchors of a document, unit after unit, and the key of each some before.
    pub fn each(&self, document: usize, ask_for: impl Fn(u64), mut take: impl FnMut(Anchor)) {
        let record = self.record(document);
        let range = self.units.range(record);
        let (word, mut key) = self.starts[document];
        // For each anchor of each site another key.
        let site = self.sites[record as usize].0.wrapping_add(1);
        for (unit, &words) in range.clone().zip(&self.words[word..word + range.len()]) {
            anchors::places(words).for_each(|(from, to, _)| {
                let words = ((1u64 << to) - (1 << from)) as u32;
                // Where the document ends by then, it is asked for in vain.
                self.keys.get(key + AHEAD).inspect(|&&later| ask_for(mixed(site, later)));
                take(Anchor { key: mixed(site, self.keys[key]), unit: unit as u32, words });
                key += 1;
            });
        }
    }
}

/// The anchors of some documents, in order.
#[derive(Debug, Default)]
pub struct AnchorBatch {
    /// Those that have any.
    documents: Vec<InBatch>,
    words: Vec<u8>,
    keys: Vec<u32>,
    /// The words and keys of ended documents.
    done: (usize, usize),
}

/// A document of a batch.
#[derive(Debug)]
struct InBatch {
    part: usize,
    /// How many documents of the batch are before it.
    document: usize,
    /// How many of the words and keys are of it.
    words: usize,
    keys: usize,
}

impl AnchorBatch {
    /// Adds those of the next unit of a document.
    pub fn add(&mut self, masked: &[u64]) {
        self.words.push(anchors::words(masked));
        anchors::keys_into(masked, &mut self.keys);
    }

    /// Ends a document, which is so many behind the first of the batch, and belongs to this part.
    pub fn end(&mut self, document: usize, part: usize) {
        let (words, keys) = self.done;
        if self.keys.len() == keys {
            self.words.truncate(words);
        } else {
            let (words, keys) = (self.words.len() - words, self.keys.len() - keys);
            self.documents.push(InBatch { part, document, words, keys });
        }
        self.done = (self.words.len(), self.keys.len());
    }
}

/// Takes anchors in the order of documents.
pub struct AnchorBuilder {
    parts: Vec<(Builder<OfDocument>, Builder<u8>, Builder<u32>)>,
}

impl AnchorBuilder {
    /// None yet, to be put into these parts.
    pub fn new(parts: &Parts<'_>, store: &Arc<Store>) -> AnchorBuilder {
        let builders = || (Builder::new(store), Builder::new(store), Builder::new(store));
        AnchorBuilder { parts: (0..parts.count).map(|_| builders()).collect() }
    }

    /// Adds those of a batch whose first document is this one.
    pub fn extend(&mut self, first: RecordIndex, batch: &AnchorBatch) {
        let (mut word, mut key) = (0, 0);
        for &InBatch { part, document, words, keys } in &batch.documents {
            let (of_documents, of_words, of_keys) = &mut self.parts[part];
            of_documents.push(OfDocument { record: first + document as u32, keys: keys as u32 });
            of_words.extend_from_slice(&batch.words[word..word + words]);
            of_keys.extend_from_slice(&batch.keys[key..key + keys]);
            (word, key) = (word + words, key + keys);
        }
    }

    /// All of them.
    pub fn finish(self) -> Vec<Part> {
        let part = |(documents, words, keys): (Builder<_>, Builder<_>, Builder<_>)| Part {
            documents: documents.finish(),
            words: words.finish(),
            keys: keys.finish(),
        };
        self.parts.into_iter().map(part).collect()
    }
}
