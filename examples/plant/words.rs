//! Words (maximal alphanumeric runs, lower-cased), their n-grams and the exact
//! similarities which the generator reports and the scorer counts with.

use xxhash_rust::xxh3::xxh3_64;

/// The byte ranges of the words of `text`.
pub fn word_spans(text: &str) -> Vec<(usize, usize)> {
    let mut spans = Vec::new();
    let mut start = None;
    for (at, c) in text.char_indices() {
        match (c.is_alphanumeric(), start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                spans.push((from, at));
                start = None;
            }
            _ => {}
        }
    }
    if let Some(from) = start {
        spans.push((from, text.len()));
    }
    spans
}

/// How many words `text` has.
pub fn count_words(text: &str) -> usize {
    word_spans(text).len()
}

/// The words of `text`, lower-cased.
pub fn words(text: &str) -> Vec<String> {
    let spans = word_spans(text);
    spans.iter().map(|&(s, e)| text[s..e].to_lowercase()).collect()
}

/// The set of hashes of the word n-grams of `text`, sorted.
pub fn shingles(text: &str, n: usize) -> Vec<u64> {
    let hashes: Vec<u64> = words(text).iter().map(|w| xxh3_64(w.as_bytes())).collect();
    let mut set: Vec<u64> = hashes
        .windows(n)
        .map(|gram| {
            let bytes: Vec<u8> = gram.iter().flat_map(|h| h.to_le_bytes()).collect();
            xxh3_64(&bytes)
        })
        .collect();
    set.sort_unstable();
    set.dedup();
    set
}

fn common(a: &[u64], b: &[u64]) -> usize {
    let (mut i, mut j, mut both) = (0, 0, 0);
    while i < a.len() && j < b.len() {
        match a[i].cmp(&b[j]) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => {
                both += 1;
                i += 1;
                j += 1;
            }
        }
    }
    both
}

/// The Jaccard index of two sorted sets (0 when both are empty).
pub fn jaccard_sets(a: &[u64], b: &[u64]) -> f64 {
    let both = common(a, b);
    let union = a.len() + b.len() - both;
    if union == 0 { 0.0 } else { both as f64 / union as f64 }
}

/// The Jaccard index of the sets of word n-grams of two texts.
pub fn jaccard(a: &str, b: &str, n: usize) -> f64 {
    jaccard_sets(&shingles(a, n), &shingles(b, n))
}

/// The share of the word n-grams of `part` that `whole` has.
pub fn containment(part: &str, whole: &str, n: usize) -> f64 {
    let a = shingles(part, n);
    if a.is_empty() {
        return 0.0;
    }
    common(&a, &shingles(whole, n)) as f64 / a.len() as f64
}

/// The share of words (as a multiset) of the longer text which the other lacks.
pub fn edit_rate(a: &str, b: &str) -> f64 {
    let sorted = |t: &str| {
        let mut h: Vec<u64> = words(t).iter().map(|w| xxh3_64(w.as_bytes())).collect();
        h.sort_unstable();
        h
    };
    let (a, b) = (sorted(a), sorted(b));
    let longest = a.len().max(b.len()).max(1);
    1.0 - common(&a, &b) as f64 / longest as f64
}

/// Rounds a figure to three decimals, as it is written in the truth.
pub fn rounded(x: f64) -> f64 {
    (x * 1000.0).round() / 1000.0
}
