//! The plan of a corpus: which site each document is on and what part it plays.
//! Only this is held in memory; pages are made one by one from it.

use std::collections::HashMap;

use crate::article::Maker;
use crate::score::words::count_words;

/// The part of a document in its cluster.
#[derive(Clone, Copy, PartialEq)]
pub enum Member {
    Original,
    Copy,
    Revised,
    Contained,
}

/// What is planted in a document beside furniture and repeats.
#[derive(Clone, Copy, PartialEq)]
pub enum Role {
    Plain,
    Cluster { cluster: usize, original: usize, member: Member },
    Retold { first: usize, second: usize },
    Quotation(usize),
    Sentence(usize),
    Song,
    Dialogue,
    Table,
    Lookalike(usize),
    CaptionLike,
    Passage { group: usize, also_boilerplate: bool },
}

/// The place of a document.
#[derive(Clone, Copy)]
pub struct Entry {
    pub site: Option<usize>,
    /// Which page of its site it is.
    pub ordinal: usize,
    pub role: Role,
}

/// The plan of a corpus.
pub struct Plan {
    pub entries: Vec<Entry>,
    /// The number of pages of each site.
    pub pages: Vec<usize>,
    /// The text of each passage group.
    pub passages: Vec<String>,
}

/// Sites with fewer pages have no member of a cluster, so that their furniture
/// stays on three pages whatever is removed.
pub const CLUSTER_PAGES: usize = 8;

/// Takes documents off a shuffled pool.
struct Pool<'a> {
    free: Vec<usize>,
    entries: &'a mut Vec<Entry>,
}

impl Pool<'_> {
    /// Takes the last document that `fits`, looking no deeper than `depth`.
    fn take(&mut self, depth: usize, fits: impl Fn(&Entry) -> bool) -> Option<usize> {
        let floor = self.free.len().saturating_sub(depth);
        let at = (floor..self.free.len()).rev().find(|&at| fits(&self.entries[self.free[at]]))?;
        Some(self.free.remove(at))
    }
}

impl Plan {
    /// Plans `docs` documents on about `sites` furnished sites.
    pub fn new(maker: &Maker, docs: usize, sites: usize) -> Plan {
        let mut rng = maker.rng("plan", 0);
        let homeless = docs / 100;
        let lone = docs / 50;
        let furnished = docs - homeless - lone;
        let sites = sites.clamp(1, (furnished / 4).max(1));
        let mut pages = page_counts(furnished, sites);
        let mut homes: Vec<Option<usize>> = vec![None; homeless];
        for (site, &count) in pages.iter().enumerate() {
            homes.extend(std::iter::repeat_n(Some(site), count));
        }
        let mut left = lone;
        while left > 0 {
            let count = left.min(rng.range(1, 2));
            homes.extend(std::iter::repeat_n(Some(pages.len()), count));
            pages.push(count);
            left -= count;
        }
        rng.shuffle(&mut homes);
        let mut seen = vec![0; pages.len()];
        let mut entries: Vec<Entry> = homes
            .into_iter()
            .map(|site| {
                let ordinal = site.map_or(0, |s| {
                    seen[s] += 1;
                    seen[s] - 1
                });
                Entry { site, ordinal, role: Role::Plain }
            })
            .collect();
        let mut free: Vec<usize> = (0..docs).collect();
        rng.shuffle(&mut free);
        let mut pool = Pool { free, entries: &mut entries };
        plan_clusters(maker, docs, &pages, &mut pool);
        plan_pairs(docs, &mut pool);
        plan_singles(maker, docs, &mut pool);
        let passages = plan_passages(maker, docs, &mut pool);
        Plan { entries, pages, passages }
    }
}

/// A power law of page counts, three at least, that adds up to `total`.
fn page_counts(total: usize, sites: usize) -> Vec<usize> {
    let base = 3.min(total / sites);
    let weights: Vec<usize> = (0..sites).map(|rank| 10_000_000 / (rank + 4)).collect();
    let sum: usize = weights.iter().sum();
    let rest = total - base * sites;
    let mut counts: Vec<usize> = weights.iter().map(|w| base + rest * w / sum).collect();
    let given: usize = counts.iter().sum();
    for extra in 0..total - given {
        counts[extra % sites] += 1;
    }
    counts
}

/// Clusters: about 14 % of the documents, so that about 9 % can be removed.
fn plan_clusters(maker: &Maker, docs: usize, pages: &[usize], pool: &mut Pool) {
    let mut rng = maker.rng("clusters", 0);
    let mut members_left = docs * 14 / 100;
    let mut cluster = 0;
    while members_left >= 2 {
        let copies = *rng.pick(&[1, 1, 1, 2, 2, 3, 5]);
        let mut wanted = vec![Member::Original];
        match rng.below(10) {
            0..=4 => wanted.extend(std::iter::repeat_n(Member::Copy, copies)),
            5..=7 => {
                wanted.push(Member::Revised);
                wanted.extend(std::iter::repeat_n(Member::Copy, copies - 1));
            }
            _ => {
                wanted.push(Member::Contained);
                wanted.extend(std::iter::repeat_n(Member::Copy, copies / 2));
            }
        }
        wanted.truncate(members_left);
        let mut sites: Vec<Option<usize>> = Vec::new();
        let mut original = None;
        for member in wanted {
            let found = pool.take(400, |e| {
                e.site.is_none_or(|s| (pages[s] >= CLUSTER_PAGES || pages[s] < 3) && !sites.contains(&e.site))
            });
            let Some(found) = found else { break };
            members_left -= 1;
            sites.push(pool.entries[found].site);
            let original = *original.get_or_insert(found);
            pool.entries[found].role = Role::Cluster { cluster, original, member };
        }
        match (original, sites.len()) {
            (None, _) => return,
            (Some(alone), 1) => {
                pool.entries[alone].role = Role::Plain;
                return;
            }
            _ => cluster += 1,
        }
    }
}

/// Near-misses that come in pairs, on two sites.
fn plan_pairs(docs: usize, pool: &mut Pool) {
    let pairs = (docs * 8 / 1000).max(1);
    for number in 0..3 * pairs {
        let Some(first) = pool.take(1, |_| true) else {
            return;
        };
        let home = pool.entries[first].site;
        let Some(second) = pool.take(200, |e| e.site != home) else {
            return;
        };
        let role = match number % 3 {
            0 => Role::Retold { first, second },
            1 => Role::Quotation(number),
            _ => Role::Sentence(number),
        };
        pool.entries[first].role = role;
        pool.entries[second].role = role;
    }
}

/// Near-misses of one page. A site has at most two of a sort (and each
/// look-alike template once), so that it is no furniture of that site.
fn plan_singles(maker: &Maker, docs: usize, pool: &mut Pool) {
    let templates = maker.grammar.size("lookalike");
    let each = (docs / 100).max(1);
    let sorts: [(usize, usize); 5] = [(0, 2), (1, 2), (2, 2), (3, templates), (4, usize::MAX)];
    for (sort, most) in sorts {
        let mut used: HashMap<Option<usize>, usize> = HashMap::new();
        for _ in 0..each {
            let found = pool.take(2000, |e| e.site.is_some() && used.get(&e.site).is_none_or(|&n| n < most));
            let Some(found) = found else { break };
            let count = used.entry(pool.entries[found].site).or_default();
            pool.entries[found].role = match sort {
                0 => Role::Song,
                1 => Role::Dialogue,
                2 => Role::Table,
                3 => Role::Lookalike(*count),
                _ => Role::CaptionLike,
            };
            *count += 1;
        }
    }
}

/// Passage groups: about 8 % of the documents, each in `max(8, 0.2 %)` or more,
/// on as many sites as can be.
fn plan_passages(maker: &Maker, docs: usize, pool: &mut Pool) -> Vec<String> {
    let mut rng = maker.rng("passages", 0);
    let least = docs.div_ceil(500).max(8);
    let mut left = (docs * 8 / 100).max(least * 2);
    let mut texts = Vec::new();
    while left >= least && pool.free.len() >= 2 * least {
        let size = rng.range(least, least * 2).min(left);
        left -= size;
        let group = texts.len();
        let mut used: HashMap<Option<usize>, usize> = HashMap::new();
        let mut members = Vec::new();
        while members.len() < size {
            let fresh = |e: &Entry| used.get(&e.site).is_none_or(|&n| n < 2);
            let found = pool.take(1500, fresh).or_else(|| pool.take(1, |_| true));
            let Some(found) = found else { break };
            *used.entry(pool.entries[found].site).or_default() += 1;
            members.push(found);
        }
        for found in members {
            let site = pool.entries[found].site;
            let also_boilerplate = site.is_some() && used[&site] >= 3;
            pool.entries[found].role = Role::Passage { group, also_boilerplate };
        }
        texts.push(passage(maker, group));
    }
    texts
}

/// The text of a passage: 25 to 60 words.
fn passage(maker: &Maker, group: usize) -> String {
    let mut rng = maker.rng("passage", group);
    let grammar = &maker.grammar;
    let rules: &[&str] = match group % 3 {
        0 => &["wire_a", "wire_b", "wire_c"],
        1 => &["bio_a", "bio_b", "bio_c"],
        _ => &["plea_a", "plea_b"],
    };
    loop {
        let mut cast = grammar.cast(&mut rng);
        let first = grammar.any("first", &mut rng, &mut cast, &[]);
        let last = grammar.last_name(&mut rng);
        let agencies = ["Newswire", "Press Pool", "Reporting Fund", "Relief Line"];
        let agency = format!("{} {}", grammar.town(&mut rng), rng.pick(&agencies));
        let slots = [
            ("person", format!("{first} {last}")),
            ("surname", last),
            ("agency", agency),
            ("work", work(maker, &mut rng)),
            ("work2", work(maker, &mut rng)),
            ("town3", grammar.town(&mut rng)),
            ("phone", format!("0800 {:06}", rng.below(1_000_000))),
            ("since", rng.range(1900, 2015).to_string()),
        ];
        let parts: Vec<String> =
            rules.iter().map(|rule| grammar.any(rule, &mut rng, &mut cast, &slots)).collect();
        let text = parts.join(" ");
        if (25..=60).contains(&count_words(&text)) {
            return text;
        }
    }
}

/// An invented title of a book or report.
pub fn work(maker: &Maker, rng: &mut crate::rng::Rng) -> String {
    let mut cast = maker.grammar.cast(rng);
    let mut word = |rule: &str, rng: &mut crate::rng::Rng| {
        let text = maker.grammar.any(rule, rng, &mut cast, &[]);
        let parts: Vec<String> = text.split(' ').map(crate::grammar::capital).collect();
        parts.join(" ")
    };
    match rng.below(3) {
        0 => format!("{} and {}", word("noun", rng), word("noun", rng)),
        1 => format!("The {} {}", word("adj", rng), word("noun", rng)),
        _ => format!("A {} of {}", word("noun", rng), word("noun", rng)),
    }
}
