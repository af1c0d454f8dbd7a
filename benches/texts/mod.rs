//! Texts for the benches, made from a seed: words of random syllables, the common ones short and frequent as in
//! any language, in sentences, paragraphs and pages with furniture. None of it is copied from anywhere.

#![allow(dead_code, reason = "each bench uses its part")]

use dechaff::Document;
use fastrand::Rng;

/// The letters that words are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Script {
    /// Plain Latin letters.
    Ascii,
    /// Latin letters, one vowel in five with a mark.
    Accented,
    /// Thai: no spaces between words.
    Thai,
}

/// Writes text with a vocabulary of its own.
pub struct Author {
    random: Rng,
    script: Script,
    vocabulary: Vec<String>,
}

const ONSETS: [&str; 20] =
    ["b", "br", "c", "d", "f", "fl", "g", "h", "l", "m", "n", "p", "pr", "r", "s", "st", "t", "tr", "v", "w"];
const VOWELS: [&str; 7] = ["a", "e", "e", "i", "o", "u", "ea"];
const MARKED: [&str; 7] = ["á", "é", "è", "ï", "ö", "ü", "ø"];
const CODAS: [&str; 8] = ["", "", "n", "r", "s", "t", "l", "nd"];
const THAI_ONSETS: [&str; 16] =
    ["ก", "ข", "ค", "ง", "จ", "ช", "ด", "ต", "ท", "น", "บ", "ป", "ม", "ร", "ล", "ส"];
const THAI_VOWELS: [&str; 8] = ["า", "ี", "ุ", "ั", "ะ", "ื", "ู", "ิ"];
const WORDS: usize = 8000;

impl Author {
    /// An author of texts in `script`, always the same for a seed.
    pub fn new(script: Script, seed: u64) -> Author {
        let mut random = Rng::with_seed(seed);
        let vocabulary = (0..WORDS).map(|rank| word(&mut random, script, rank)).collect();
        Author { random, script, vocabulary }
    }

    /// A word, by Zipf's law: rank r about as often as 1/r.
    fn word(&mut self) -> &str {
        let rank = (WORDS as f64).powf(self.random.f64()) as usize - 1;
        &self.vocabulary[rank.min(WORDS - 1)]
    }

    /// A sentence of some 20 words, with a capital, a comma or two, now and then a number or a quotation.
    pub fn sentence(&mut self) -> String {
        let space = if self.script == Script::Thai { "" } else { " " };
        let words = self.random.usize(8..32);
        let mut out = String::new();
        for i in 0..words {
            if i > 0 {
                out += space;
            }
            match self.random.u32(0..40) {
                0 => out += &self.random.u32(1..3000).to_string(),
                1 => out += &format!("\"{}\"", self.word()),
                2 => out += &capitalised(self.word()),
                3 if i > 0 && i + 1 < words => out += &format!("{},", self.word()),
                _ => out += self.word(),
            }
        }
        capitalised(&out) + "."
    }

    /// A paragraph of at least `bytes`.
    pub fn paragraph(&mut self, bytes: usize) -> String {
        let mut out = self.sentence();
        while out.len() < bytes {
            out += " ";
            out += &self.sentence();
        }
        out
    }

    /// A text of at least `bytes` in paragraphs with blank lines between them.
    pub fn article(&mut self, bytes: usize) -> String {
        let mut out = String::new();
        while out.len() < bytes {
            let length = self.random.usize(100..500);
            out += &self.paragraph(length);
            out += "\n\n";
        }
        out
    }

    /// The same, hard-wrapped at 72 columns.
    pub fn wrapped_article(&mut self, bytes: usize) -> String {
        let mut out = String::new();
        for paragraph in self.article(bytes).split("\n\n") {
            let mut column = 0;
            for word in paragraph.split(' ') {
                if column + word.len() > 72 {
                    out.push('\n');
                    column = 0;
                } else if column > 0 {
                    out.push(' ');
                }
                out += word;
                column += word.len() + 1;
            }
            out += "\n\n";
        }
        out
    }

    /// A few words, as of a menu or a caption.
    pub fn line(&mut self, words: usize) -> String {
        capitalised(&(0..words).map(|_| self.word().to_owned()).collect::<Vec<_>>().join(" "))
    }

    /// Pages of sites: an article each between the furniture of its site; one in ten is an earlier one revised,
    /// one in four has a caption twice, one in five the same note at its end. At least `bytes` of text.
    pub fn corpus(&mut self, bytes: usize) -> Vec<Document> {
        let sites: Vec<Vec<String>> =
            (0..12).map(|_| (0..8).map(|i| self.line(1 + i % 5)).collect()).collect();
        let note = self.paragraph(120);
        let mut documents: Vec<Document> = Vec::new();
        let mut articles: Vec<String> = Vec::new();
        let mut written = 0;
        while written < bytes {
            let length = self.random.usize(800..6000);
            let article = match articles.len() {
                n if n > 20 && self.random.u32(0..10) == 0 => {
                    let earlier = self.random.usize(0..n);
                    articles[earlier].clone() + &self.sentence() + "\n"
                }
                _ => self.article(length),
            };
            let site = self.random.usize(0..sites.len());
            let furniture = &sites[site];
            let mut text = format!("{}\n\n{}\n\n", furniture[..4].join("\n"), self.line(7));
            if self.random.u32(0..4) == 0 {
                let caption = self.line(9);
                text += &format!("{caption}\n\n{caption}\n\n");
            }
            text += &article;
            if self.random.u32(0..5) == 0 {
                text += &format!("{note}\n\n");
            }
            text += &format!("{} {}\n{}\n", furniture[4], self.random.u32(1..60), furniture[5..].join("\n"));
            written += text.len();
            articles.push(article);
            documents.push(
                Document::new(format!("page-{}", documents.len()), text).with_site(format!("site-{site}")),
            );
        }
        documents
    }
}

fn word(random: &mut Rng, script: Script, rank: usize) -> String {
    // Zipf's law of abbreviation: the commonest words have one syllable.
    let syllables = 1 + usize::from(rank > 60) + usize::from(rank > 800) + random.usize(0..2);
    let mut out = String::new();
    for _ in 0..syllables {
        match script {
            Script::Thai => {
                out += pick(random, &THAI_ONSETS);
                out += pick(random, &THAI_VOWELS);
            }
            _ => {
                out += pick(random, &ONSETS);
                let marked = script == Script::Accented && random.u32(0..5) == 0;
                out += pick(random, if marked { &MARKED } else { &VOWELS });
                out += pick(random, &CODAS);
            }
        }
    }
    out
}

fn pick<'s>(random: &mut Rng, from: &[&'s str]) -> &'s str {
    from[random.usize(0..from.len())]
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |c| c.to_uppercase().chain(chars).collect())
}
