//! Articles: headline, byline, paragraphs and captions, each a pure function of
//! the seed and a number, and the special pages that only resemble chaff.

use crate::grammar::{Cast, Grammar, capital};
use crate::rng::Rng;
use crate::score::words::count_words;

/// A part of a line (or the whole) that must stay though it resembles chaff.
#[derive(Clone)]
pub struct Decoy {
    pub start: usize,
    pub end: usize,
    pub what: &'static str,
    pub similarity: Option<f64>,
}

/// One line of an article.
#[derive(Clone)]
pub struct Line {
    pub text: String,
    pub caption: bool,
    pub decoy: Option<Decoy>,
}

impl Line {
    /// An ordinary paragraph.
    pub fn paragraph(text: String) -> Line {
        Line { text, caption: false, decoy: None }
    }

    /// A line that must stay as a whole.
    pub fn decoy(text: String, what: &'static str, similarity: Option<f64>) -> Line {
        let decoy = Decoy { start: 0, end: text.len(), what, similarity };
        Line { text, caption: false, decoy: Some(decoy) }
    }
}

/// An article without furniture.
#[derive(Clone)]
pub struct Article {
    pub headline: String,
    pub byline: String,
    pub lines: Vec<Line>,
    pub cast: Cast,
}

impl Article {
    /// The text by which articles are compared.
    pub fn text(&self) -> String {
        let mut text = format!("{}\n{}", self.headline, self.byline);
        for line in &self.lines {
            text.push('\n');
            text.push_str(&line.text);
        }
        text
    }
}

/// Makes articles from a seed.
pub struct Maker {
    pub grammar: Grammar,
    pub seed: u64,
}

impl Maker {
    /// The stream of `label` and `number`.
    pub fn rng(&self, label: &str, number: usize) -> Rng {
        Rng::keyed(self.seed, label, number as u64)
    }

    /// Article `number`, of at least `least` paragraphs (4 to 25).
    pub fn article(&self, number: usize, least: usize) -> Article {
        let mut rng = self.rng("article", number);
        let mut cast = self.grammar.cast(&mut rng);
        let headline = self.headline(&mut rng, &mut cast);
        let byline = match rng.below(4) {
            0 => format!("Words: {}", self.grammar.name(&mut rng)),
            _ => format!("By {}", self.grammar.name(&mut rng)),
        };
        let most = *rng.pick(&[6, 8, 10, 12, 14, 18, 25]);
        let count = rng.range(4, most).max(least);
        let mut lines: Vec<Line> =
            (0..count).map(|_| Line::paragraph(self.paragraph(&mut rng, &mut cast))).collect();
        if rng.chance(40) {
            let opening = format!("{} \u{2013} {}", cast.town.to_uppercase(), lines[0].text);
            lines[0].text = opening;
        }
        for _ in 0..*rng.pick(&[0, 0, 1, 1, 1, 2, 3]) {
            let caption = self.caption(&mut rng, &mut cast);
            let at = rng.below(lines.len());
            lines.insert(at, caption);
        }
        Article { headline, byline, lines, cast }
    }

    /// A headline of at least 8 words.
    pub fn headline(&self, rng: &mut Rng, cast: &mut Cast) -> String {
        loop {
            let headline = self.grammar.sentence("headline", rng, cast);
            if count_words(&headline) >= 8 {
                return headline;
            }
        }
    }

    /// A caption of at least 9 words.
    pub fn caption(&self, rng: &mut Rng, cast: &mut Cast) -> Line {
        loop {
            let mut text = self.grammar.sentence("caption", rng, cast);
            if count_words(&text) < 9 {
                continue;
            }
            if rng.chance(40) {
                text.push(' ');
                text.push_str(&self.grammar.any("credit", rng, cast, &[]));
            }
            return Line { text, caption: true, decoy: None };
        }
    }

    /// A paragraph of one to four sentences.
    pub fn paragraph(&self, rng: &mut Rng, cast: &mut Cast) -> String {
        let count = *rng.pick(&[1, 1, 1, 2, 2, 2, 3, 3, 4]);
        let sentences: Vec<String> = (0..count)
            .map(|_| {
                let rule = if rng.chance(24) { "quote" } else { "sentence" };
                self.grammar.sentence(rule, rng, cast)
            })
            .collect();
        sentences.join(" ")
    }

    /// A paragraph of `rule` with `low` to `high` words, keyed by `number`.
    pub fn shared(&self, rule: &str, number: usize, low: usize, high: usize) -> String {
        let mut rng = self.rng(rule, number);
        let mut cast = self.grammar.cast(&mut rng);
        loop {
            let text = self.grammar.sentence(rule, &mut rng, &mut cast);
            if (low..=high).contains(&count_words(&text)) {
                return text;
            }
        }
    }

    /// Appends the words of a song whose refrain comes back within the verses.
    pub fn song(&self, number: usize, article: &mut Article) {
        let mut rng = self.rng("song", number);
        let cast = &mut article.cast;
        article.lines.truncate(3);
        let refrain = loop {
            let line = capital(&self.grammar.any("refrain", &mut rng, cast, &[]));
            if (3..=6).contains(&count_words(&line)) {
                break line;
            }
        };
        for _ in 0..rng.range(3, 5) {
            for place in 0..4 {
                let line = if place == 1 || place == 3 {
                    Line::decoy(refrain.clone(), "refrain", None)
                } else {
                    Line::paragraph(self.grammar.sentence("songline", &mut rng, cast))
                };
                article.lines.push(line);
            }
        }
    }

    /// Appends a conversation in which short lines come back.
    pub fn dialogue(&self, number: usize, article: &mut Article) {
        let mut rng = self.rng("dialogue", number);
        let cast = &mut article.cast;
        article.lines.truncate(3);
        let chosen = rng.below(self.grammar.size("speech"));
        for turn in 0..rng.range(8, 14) {
            let line = if turn % 2 == 1 {
                let which = if rng.chance(60) { chosen } else { rng.below(self.grammar.size("speech")) };
                let text = self.grammar.one("speech", which, &mut rng, cast, &[]);
                Line::decoy(text, "dialogue", None)
            } else {
                Line::paragraph(self.grammar.any("speech_long", &mut rng, cast, &[]))
            };
            article.lines.push(line);
        }
    }

    /// Inserts a small table, a cell a line, whose cells come back.
    pub fn table(&self, number: usize, article: &mut Article) {
        let mut rng = self.rng("table", number);
        let cast = &mut article.cast;
        let mut lines = vec![Line::paragraph(self.grammar.sentence("table_head", &mut rng, cast))];
        for _ in 0..rng.range(4, 7) {
            let head = self.grammar.any("row_head", &mut rng, cast, &[]);
            lines.push(Line::paragraph(head));
            for _ in 0..rng.range(1, 3) {
                let cell = self.grammar.any("cell", &mut rng, cast, &[]);
                lines.push(Line::decoy(cell, "table cell", None));
            }
        }
        let at = article.lines.len() / 2;
        article.lines.splice(at..at, lines);
    }

    /// Inserts a unique paragraph that resembles a line of furniture.
    pub fn lookalike(&self, number: usize, template: usize, article: &mut Article) {
        let mut rng = self.rng("lookalike", number);
        let cast = &mut article.cast;
        let text = self.grammar.one("lookalike", template, &mut rng, cast, &[]);
        let at = rng.range(1, article.lines.len());
        let line = Line::decoy(capital(&text), "resembles furniture", None);
        article.lines.insert(at, line);
    }

    /// Inserts a caption and a line that has only 60 % of its words.
    pub fn caption_like(&self, number: usize, article: &mut Article) {
        let mut rng = self.rng("caption-like", number);
        let caption = loop {
            let line = self.caption(&mut rng, &mut article.cast);
            if count_words(&line.text) >= 15 {
                break line.text;
            }
        };
        let own: Vec<&str> = caption.split(' ').collect();
        let keep = own.len() * 6 / 10;
        let mut other = own[..keep].join(" ");
        let tail = loop {
            let line = self.caption(&mut rng, &mut article.cast).text;
            if line.split(' ').count() >= own.len() - keep {
                break line;
            }
        };
        for word in tail.split(' ').take(own.len() - keep) {
            other.push(' ');
            other.push_str(&word.to_lowercase());
        }
        let close = crate::score::words::rounded(crate::score::words::jaccard(&caption, &other, 3));
        let what = "shares 60 % with a caption";
        let at = rng.range(1, article.lines.len());
        let line = Line::decoy(caption, what, Some(close));
        article.lines.insert(at, line);
        let at = rng.range(at + 1, article.lines.len());
        let line = Line::decoy(other, what, Some(close));
        article.lines.insert(at, line);
    }

    /// Inserts a paragraph of 20 to 40 words which one other article has too.
    pub fn quotation(&self, pair: usize, article: &mut Article) {
        let text = self.shared("quote", pair, 20, 40);
        let at = (article.lines.len() / 2).max(1);
        let line = Line::decoy(text, "quotation in two articles", None);
        article.lines.insert(at, line);
    }

    /// Puts a sentence which one other article has too into a paragraph.
    pub fn sentence(&self, pair: usize, article: &mut Article) {
        let text = self.shared("sentence", pair, 14, 40);
        let at = (article.lines.len() / 2).max(1).min(article.lines.len() - 1);
        let line = &mut article.lines[at];
        line.caption = false;
        let start = line.text.len() + 1;
        line.text = format!("{} {text}", line.text);
        line.decoy =
            Some(Decoy { start, end: start + text.len(), what: "sentence on two sites", similarity: None });
    }
}
