//! The scorer: compares planted truth with the receipts of a cleaning. It stands
//! alone with `truth.rs` and `words.rs`, so that a test can take it in by
//! `#[path = "../examples/plant/score.rs"]` and call [`score_folders`].
//!
//! Lines are counted in words, over the documents that were not removed; where
//! one of several copies may stay, the copy least cut is taken as the one that
//! stays. Documents are counted by cluster.

#[path = "receipts.rs"]
pub mod receipts;
#[path = "truth.rs"]
pub mod truth;
#[path = "words.rs"]
pub mod words;

#[cfg(test)]
#[path = "score_tests.rs"]
mod tests;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write as _;
use std::ops::Range;
use std::path::Path;

use serde::{Deserialize, Serialize};

use receipts::{Cut, Touched, lines_of, parse, read_receipts};
use truth::DocumentTruth;

/// The kinds which are always reported, in this order.
pub const KINDS: [&str; 4] = ["repeat", "boilerplate", "passage", "document"];

/// Counts of one kind: words of lines, or documents.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct KindScore {
    /// What should go.
    pub planted: usize,
    /// What of it went.
    pub found: usize,
    /// What went under this kind.
    pub cut: usize,
    /// What of it was planted.
    pub right: usize,
    pub recall: f64,
    pub precision: f64,
}

/// Near-misses of one sort.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct MissScore {
    pub planted: usize,
    pub touched: usize,
}

/// An error, to look at.
#[derive(Debug, Clone, Serialize)]
pub struct Example {
    /// `missed`, `wrong` or `near-miss`.
    pub error: &'static str,
    /// The kind, with the planted rule or the sort of near-miss.
    pub kind: String,
    pub id: String,
    pub text: String,
}

/// The result of a comparison.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Report {
    pub documents: usize,
    pub removed: usize,
    /// Receipts for documents that the truth does not know.
    pub unknown: usize,
    pub kinds: BTreeMap<String, KindScore>,
    /// Recall of each planted rule: planted and found words.
    pub rules: BTreeMap<String, [usize; 2]>,
    pub near_misses: MissScore,
    pub near_misses_by_sort: BTreeMap<String, MissScore>,
    pub examples: Vec<Example>,
}

/// A copy of something of which one copy may stay.
struct Copy {
    words: usize,
    cut: usize,
    id: String,
    text: String,
}

/// A member of a cluster.
struct Member {
    id: String,
    contained: bool,
    removed: bool,
}

/// Adds up document by document.
#[derive(Default)]
pub struct Scorer {
    report: Report,
    passages: BTreeMap<u64, Vec<Copy>>,
    clusters: BTreeMap<u64, Vec<Member>>,
    shown: HashMap<String, usize>,
    /// How many examples of each sort to keep.
    pub examples: usize,
}

fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

/// The copy that stays: the one least cut, the first of equals; none when each
/// has lost half its words or more. Takes (words, words cut).
fn stayer(copies: &[(usize, usize)]) -> Option<usize> {
    let share = |&(words, cut): &(usize, usize)| cut as f64 / words.max(1) as f64;
    let best = (0..copies.len()).min_by(|&a, &b| share(&copies[a]).total_cmp(&share(&copies[b])));
    best.filter(|&at| share(&copies[at]) < 0.5)
}

/// The words of one document and which of them were cut.
struct Counted<'a> {
    text: &'a str,
    spans: Vec<(usize, usize)>,
    /// For each word the cut it fell to.
    cut: Vec<Option<usize>>,
}

impl Counted<'_> {
    fn range(&self, start: usize, end: usize) -> Range<usize> {
        let from = self.spans.partition_point(|&(s, _)| s < start);
        let to = self.spans.partition_point(|&(s, _)| s < end);
        from..to.max(from)
    }

    fn cut_in(&self, range: Range<usize>) -> usize {
        self.cut[range].iter().flatten().count()
    }

    fn excerpt(&self, range: Range<usize>) -> String {
        match (self.spans.get(range.start), self.spans[range].last()) {
            (Some(&(from, _)), Some(&(_, to))) => shorten(&self.text[from..to]),
            _ => String::new(),
        }
    }
}

fn shorten(text: &str) -> String {
    let mut short: String = text.chars().take(140).collect();
    if short.len() < text.len() {
        short.push('\u{2026}');
    }
    short.replace('\n', " / ")
}

impl Scorer {
    fn example(&mut self, error: &'static str, kind: &str, id: &str, text: String) {
        let sort = kind.split(',').next().unwrap_or(kind);
        let shown = self.shown.entry(format!("{error} {sort}")).or_default();
        if *shown < self.examples {
            *shown += 1;
            self.report.examples.push(Example { error, kind: kind.to_string(), id: id.to_string(), text });
        }
    }

    fn planted(&mut self, kind: &str, rule: &str, words: usize, found: usize) {
        let score = self.report.kinds.entry(kind.to_string()).or_default();
        score.planted += words;
        score.found += found;
        let row = self.report.rules.entry(rule.to_string()).or_default();
        row[0] += words;
        row[1] += found;
    }

    /// Adds one document; `touched` is its receipt, if it has one.
    pub fn add(&mut self, truth: &DocumentTruth, text: &str, touched: Option<&Touched>) {
        self.report.documents += 1;
        let removed = matches!(touched, Some(Touched::Removed));
        if removed {
            self.report.removed += 1;
        }
        match &truth.document {
            Some(place) => {
                let member = Member { id: truth.id.clone(), contained: place.role == "contained", removed };
                self.clusters.entry(place.cluster).or_default().push(member);
            }
            None if removed => {
                let document = self.report.kinds.entry("document".to_string()).or_default();
                document.cut += 1;
                self.example("wrong", "document", &truth.id, shorten(text));
            }
            None => {}
        }
        let none = Vec::new();
        let cuts = match touched {
            Some(Touched::Cut(cuts)) => cuts,
            _ => &none,
        };
        let spans = words::word_spans(text);
        let mut counted = Counted { text, cut: vec![None; spans.len()], spans };
        for (number, cut) in cuts.iter().enumerate() {
            for word in counted.range(cut.start, cut.end) {
                counted.cut[word].get_or_insert(number);
            }
        }
        self.near_misses(truth, &counted, removed);
        if !removed {
            self.lines(truth, &counted, cuts);
        }
    }

    fn near_misses(&mut self, truth: &DocumentTruth, counted: &Counted, removed: bool) {
        for miss in &truth.near_misses {
            let range = counted.range(miss.start, miss.end);
            let touched = removed || counted.cut_in(range.clone()) > 0;
            let sorts = &mut self.report.near_misses_by_sort;
            let sort = sorts.entry(miss.what.clone()).or_default();
            sort.planted += 1;
            self.report.near_misses.planted += 1;
            if touched {
                sort.touched += 1;
                self.report.near_misses.touched += 1;
                let text = if miss.end == 0 { shorten(counted.text) } else { counted.excerpt(range) };
                self.example("near-miss", &miss.what, &truth.id, text);
            }
        }
    }

    fn lines(&mut self, truth: &DocumentTruth, counted: &Counted, cuts: &[Cut]) {
        // For each word: may it go? None: it does not count.
        let mut may_go = vec![Some(false); counted.spans.len()];
        for neutral in &truth.neutral {
            may_go[counted.range(neutral.start, neutral.end)].fill(None);
        }
        // The copies of each repeat, the original first.
        let mut groups: BTreeMap<u64, Vec<(Range<usize>, &str)>> = BTreeMap::new();
        for first in &truth.originals {
            let range = counted.range(first.start, first.end);
            groups.entry(first.group).or_default().push((range, ""));
        }
        for cut in &truth.cuts {
            let range = counted.range(cut.start, cut.end);
            may_go[range.clone()].fill(Some(true));
            let rule = format!("{}, {}", cut.kind, cut.rule);
            match (cut.kind.as_str(), cut.group) {
                ("repeat", Some(group)) => {
                    groups.entry(group).or_default().push((range, &cut.rule));
                }
                ("passage", Some(group)) => {
                    let copy = Copy {
                        words: range.len(),
                        cut: counted.cut_in(range.clone()),
                        id: truth.id.clone(),
                        text: counted.excerpt(range),
                    };
                    self.passages.entry(group).or_default().push(copy);
                }
                _ => self.must_go(truth, counted, range, &cut.kind, &rule),
            }
        }
        for copies in groups.into_values() {
            let counts: Vec<(usize, usize)> =
                copies.iter().map(|(range, _)| (range.len(), counted.cut_in(range.clone()))).collect();
            let stays = stayer(&counts).unwrap_or(0);
            let named = copies.iter().map(|c| c.1).find(|rule| !rule.is_empty());
            for (at, (range, rule)) in copies.iter().enumerate() {
                may_go[range.clone()].fill(Some(at != stays));
                if at != stays {
                    let rule = if rule.is_empty() { named } else { Some(*rule) };
                    let rule = format!("repeat, {}", rule.unwrap_or("original"));
                    self.must_go(truth, counted, range.clone(), "repeat", &rule);
                }
            }
        }
        self.precision(truth, counted, cuts, &may_go);
    }

    fn must_go(
        &mut self,
        truth: &DocumentTruth,
        counted: &Counted,
        range: Range<usize>,
        kind: &str,
        rule: &str,
    ) {
        let found = counted.cut_in(range.clone());
        self.planted(kind, rule, range.len(), found);
        if found * 2 < range.len() {
            self.example("missed", rule, &truth.id, counted.excerpt(range));
        }
    }

    fn precision(&mut self, truth: &DocumentTruth, counted: &Counted, cuts: &[Cut], may_go: &[Option<bool>]) {
        let mut wrong: BTreeMap<usize, Range<usize>> = BTreeMap::new();
        for (word, cut) in counted.cut.iter().enumerate() {
            let (Some(number), Some(right)) = (*cut, may_go[word]) else {
                continue;
            };
            let kind = cuts[number].kind.clone();
            let score = self.report.kinds.entry(kind).or_default();
            score.cut += 1;
            if right {
                score.right += 1;
            } else {
                wrong.entry(number).or_insert(word..word).end = word + 1;
            }
        }
        for (number, range) in wrong {
            let text = counted.excerpt(range);
            self.example("wrong", &cuts[number].kind, &truth.id, text);
        }
    }

    /// The result.
    pub fn finish(mut self) -> Report {
        for copies in std::mem::take(&mut self.passages).into_values() {
            let counts: Vec<(usize, usize)> = copies.iter().map(|c| (c.words, c.cut)).collect();
            let stays = stayer(&counts);
            for (at, copy) in copies.into_iter().enumerate() {
                if Some(at) == stays {
                    continue;
                }
                self.planted("passage", "passage", copy.words, copy.cut);
                if copy.cut * 2 < copy.words {
                    self.example("missed", "passage", &copy.id, copy.text);
                }
            }
        }
        for members in std::mem::take(&mut self.clusters).into_values() {
            let document = self.report.kinds.entry("document".to_string()).or_default();
            let removed = members.iter().filter(|m| m.removed).count();
            let whole = |m: &&Member| !m.contained;
            let all_whole_gone = members.iter().filter(whole).all(|m| m.removed);
            let right = removed - usize::from(all_whole_gone);
            document.planted += members.len() - 1;
            document.cut += removed;
            document.right += right;
            document.found += right;
            let missed: Vec<&Member> = members.iter().filter(|m| !m.removed).collect();
            let extra = missed.iter().skip(1).map(|m| m.id.clone());
            for id in extra.collect::<Vec<String>>() {
                let text = format!("cluster with {}", members[0].id);
                self.example("missed", "document", &id, text);
            }
            if all_whole_gone {
                let text = "nothing whole is left of the cluster".to_string();
                self.example("wrong", "document", &members[0].id, text);
            }
        }
        for kind in KINDS {
            self.report.kinds.entry(kind.to_string()).or_default();
        }
        for score in self.report.kinds.values_mut() {
            score.recall = ratio(score.found, score.planted);
            score.precision = ratio(score.right, score.cut);
        }
        self.report
    }
}

impl Report {
    /// The report as a table.
    pub fn table(&self) -> String {
        let mut out = String::new();
        let mut line = |text: String| {
            let _ = writeln!(out, "{text}");
        };
        line(format!(
            "{} documents, {} removed, {} unknown receipts",
            self.documents, self.removed, self.unknown
        ));
        line(format!(
            "{:<32}{:>10}{:>10}{:>8}{:>10}{:>10}{:>11}",
            "kind", "planted", "found", "recall", "cut", "right", "precision"
        ));
        for (kind, s) in &self.kinds {
            line(format!(
                "{kind:<32}{:>10}{:>10}{:>8.4}{:>10}{:>10}{:>11.4}",
                s.planted, s.found, s.recall, s.cut, s.right, s.precision
            ));
        }
        for (rule, [planted, found]) in &self.rules {
            let recall = ratio(*found, *planted);
            line(format!("  {rule:<30}{planted:>10}{found:>10}{recall:>8.4}"));
        }
        line(format!("{:<32}{:>10}{:>10}", "near-misses", "", "touched"));
        for (sort, s) in &self.near_misses_by_sort {
            line(format!("  {sort:<30}{:>10}{:>10}", s.planted, s.touched));
        }
        let all = &self.near_misses;
        line(format!("  {:<30}{:>10}{:>10}", "all", all.planted, all.touched));
        for e in &self.examples {
            line(format!("{} {} in {}: {}", e.error, e.kind, e.id, e.text));
        }
        out
    }
}

/// Compares the truth in `dir` with the receipts in `out`.
pub fn score_folders(dir: &Path, out: &Path, examples: usize) -> Result<Report, String> {
    /// What the scorer needs of a document.
    #[derive(Deserialize)]
    struct Document {
        id: String,
        text: String,
    }
    let receipts = read_receipts(out)?;
    let (corpus, truths) = (dir.join("corpus.jsonl"), dir.join("truth.jsonl"));
    let mut known: HashSet<String> = HashSet::new();
    let mut scorer = Scorer { examples, ..Scorer::default() };
    let mut documents = lines_of(&corpus)?;
    for line in lines_of(&truths)? {
        let truth: DocumentTruth = parse(&line?, &truths)?;
        let document = documents.next().ok_or("the corpus is shorter than truth")?;
        let document: Document = parse(&document?, &corpus)?;
        if document.id != truth.id {
            return Err(format!("{} stands where {} should", document.id, truth.id));
        }
        let touched = receipts.get(&truth.id);
        if touched.is_some() {
            known.insert(truth.id.clone());
        }
        scorer.add(&truth, &document.text, touched);
    }
    let mut report = scorer.finish();
    report.unknown = receipts.len() - known.len();
    Ok(report)
}
