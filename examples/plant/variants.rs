//! Copies of articles: syndicated, revised and contained ones (to be removed but
//! for one of a cluster), and retold stories, which must stay.

use crate::article::{Article, Line, Maker};
use crate::rng::Rng;
use crate::score::words::{containment, count_words, edit_rate, jaccard, rounded};

/// Articles of clusters have at least so many paragraphs.
pub const LEAST: usize = 7;

/// A copy and how close it is to its original.
pub struct Variant {
    pub article: Article,
    pub similarity: f64,
    pub edit_rate: f64,
}

impl Maker {
    fn variant(base: &Article, article: Article) -> Variant {
        let (a, b) = (base.text(), article.text());
        Variant { similarity: rounded(jaccard(&a, &b, 5)), edit_rate: edit_rate(&a, &b), article }
    }

    /// Changes one word of a text.
    fn change_word(&self, text: &str, rng: &mut Rng, article: &mut Article) -> String {
        let mut words: Vec<String> = text.split(' ').map(str::to_string).collect();
        let at = rng.below(words.len());
        let new = self.grammar.any("adj", rng, &mut article.cast, &[]);
        let end: String = words[at].chars().rev().take_while(|c| !c.is_alphanumeric()).collect();
        words[at] = new + &end.chars().rev().collect::<String>();
        words.join(" ")
    }

    /// A syndicated copy: the same text, sometimes under another headline.
    pub fn copy(&self, base: &Article, number: usize) -> Variant {
        let mut rng = self.rng("copy", number);
        let mut article = base.clone();
        if rng.chance(30) {
            article.headline = self.headline(&mut rng, &mut article.cast);
        }
        Self::variant(base, article)
    }

    /// A revised copy: paragraphs added, dropped, edited; Jaccard 0.8 or more.
    pub fn revised(&self, base: &Article, number: usize) -> Variant {
        let mut rng = self.rng("revised", number);
        let wanted = rng.range(2, 6);
        for attempt in 0..12 {
            let mut article = base.clone();
            for _ in 0..wanted.saturating_sub(attempt / 2).max(1) {
                let at = rng.range(1, article.lines.len() - 1);
                match rng.below(6) {
                    0 => {
                        article.lines.remove(at);
                    }
                    1 => {
                        let text = self.paragraph(&mut rng, &mut article.cast);
                        article.lines.insert(at, Line::paragraph(text));
                    }
                    2 => article.headline = self.headline(&mut rng, &mut article.cast),
                    _ => {
                        let text = article.lines[at].text.clone();
                        let text = self.change_word(&text, &mut rng, &mut article);
                        article.lines[at].text = text;
                    }
                }
            }
            let variant = Self::variant(base, article);
            if (0.805..0.995).contains(&variant.similarity) {
                return variant;
            }
        }
        let mut article = base.clone();
        let last = article.lines.len() - 1;
        let text = article.lines[last].text.clone();
        article.lines[last].text = self.change_word(&text, &mut rng, &mut article);
        Self::variant(base, article)
    }

    /// A leading part of an article; `similarity` is its containment.
    pub fn contained(&self, base: &Article, number: usize) -> Variant {
        let mut rng = self.rng("contained", number);
        let mut article = base.clone();
        let whole = base.text();
        let share = rng.range(35, 65);
        let mut keep = (base.lines.len() * share / 100).max(1);
        loop {
            article.lines = base.lines[..keep].to_vec();
            if count_words(&article.text()) >= 90 || keep == base.lines.len() {
                break;
            }
            keep += 1;
        }
        if rng.chance(30) {
            let mut edited = article.clone();
            let last = edited.lines.len() - 1;
            let text = edited.lines[last].text.clone();
            edited.lines[last].text = self.change_word(&text, &mut rng, &mut edited);
            if containment(&edited.text(), &whole, 5) >= 0.975 {
                article = edited;
            }
        }
        Variant {
            similarity: rounded(containment(&article.text(), &whole, 5)),
            edit_rate: edit_rate(&whole, &article.text()),
            article,
        }
    }

    /// A new story on the same event with Jaccard 0.35 to 0.6: must stay.
    pub fn retold(&self, base: &Article, number: usize) -> Variant {
        let mut rng = self.rng("retold", number);
        let mut fresh = self.article(number, LEAST);
        fresh.cast = base.cast.clone();
        let mut best: Option<Variant> = None;
        let target = rng.range(38, 57) as f64 / 100.0;
        let off = |v: &Variant| (v.similarity - target).abs();
        for attempt in 0..200 {
            let good_enough = if attempt < 40 { 0.02 } else { 0.1 };
            let in_range = |v: &Variant| (0.36..=0.59).contains(&v.similarity);
            if best.as_ref().is_some_and(|b| in_range(b) && off(b) < good_enough) {
                break;
            }
            let keep = base.lines.len() * rng.range(40, 85) / 100;
            let mut kept: Vec<usize> = (0..base.lines.len()).collect();
            rng.shuffle(&mut kept);
            kept.truncate(keep.max(1));
            kept.sort_unstable();
            let mut lines: Vec<Line> = kept.iter().map(|&i| base.lines[i].clone()).collect();
            for _ in 0..base.lines.len() - lines.len() {
                let text = self.paragraph(&mut rng, &mut fresh.cast);
                lines.insert(rng.below(lines.len() + 1), Line::paragraph(text));
            }
            let mut article = fresh.clone();
            article.lines = lines;
            let variant = Self::variant(base, article);
            if best.as_ref().is_none_or(|b| off(&variant) < off(b)) {
                best = Some(variant);
            }
        }
        best.expect("the loop runs at least once")
    }
}
