//! `grow`: corpora of any size for measuring growth, written to standard output as JSON Lines.
//!
//! Every document is a pure function of the seed and its number, so that nothing is held in memory, one may copy any
//! other, and a smaller corpus is a prefix of a larger one. The words mean nothing; how often they come follows Zipf.

use clap::{Parser, ValueEnum};
use std::fmt::Write as _;
use std::io::{BufWriter, Write};
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// Corpora of any size, for measuring.
#[derive(Parser)]
#[command(name = "grow")]
struct Arguments {
    /// How many documents.
    #[arg(long)]
    docs: u64,
    /// The seed; the same arguments give the same bytes.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// What the corpus is made of.
    #[arg(long, value_enum, default_value_t = Shape::Mixed)]
    shape: Shape,
    /// Sentences of a document, on average.
    #[arg(long, default_value_t = 6)]
    sentences: u64,
}

/// What a corpus is made of.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Shape {
    /// Sites of about 500 pages with furniture; in 100 documents 8 near-duplicates, 2 copies, 3 bios, 3 captions twice.
    Mixed,
    /// Near-duplicates of one document.
    Copies,
    /// Pages of one site with one template around each.
    Template,
    /// Each document on a site of its own.
    Sites,
    /// Nothing repeats.
    Distinct,
}

/// SplitMix64, keyed by a label and a number.
struct Rng(u64);

impl Rng {
    fn keyed(seed: u64, label: &str, number: u64) -> Rng {
        let named = xxh3_64_with_seed(label.as_bytes(), seed);
        Rng(xxh3_64_with_seed(&number.to_le_bytes(), named))
    }

    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(n)) >> 64) as u64
    }
}

/// How many words there are to choose from.
const WORDS: usize = 60_000;
const BIOS: u64 = 2_000;
const PAGES: u64 = 500;

/// Word `n` of all: syllables that tell its number.
fn word(mut n: u64) -> String {
    const SYLLABLES: [&str; 24] = [
        "ba", "ce", "di", "fo", "gu", "ha", "ke", "li", "mo", "nu", "pa", "re", "si", "to", "vu", "wa", "ze",
        "bri", "clo", "dru", "fla", "gre", "sto", "tru",
    ];
    let mut word = String::new();
    loop {
        word.push_str(SYLLABLES[(n % 24) as usize]);
        n /= 24;
        if n == 0 {
            return word;
        }
        n -= 1;
    }
}

/// The words and, for each 65,536th of the chance, which of them it falls on.
struct Language {
    words: Vec<String>,
    dealt: Vec<u32>,
}

impl Language {
    fn new() -> Language {
        let words: Vec<String> = (0..WORDS as u64).map(word).collect();
        let weight = |rank: usize| 1.0 / (rank as f64 + 8.0);
        let total: f64 = (0..WORDS).map(weight).sum();
        let (mut dealt, mut sum) = (Vec::with_capacity(1 << 20), 0.0);
        for rank in 0..WORDS {
            sum += weight(rank) / total;
            dealt.resize((sum * (1 << 20) as f64) as usize, rank as u32);
        }
        dealt.resize(1 << 20, WORDS as u32 - 1);
        Language { words, dealt }
    }

    fn word(&self, rng: &mut Rng) -> &str {
        &self.words[self.dealt[rng.below(1 << 20) as usize] as usize]
    }

    /// A sentence of 8 to 19 words; each word is another one where `changed` says so, in so many of 1,000.
    fn sentence(&self, rng: &mut Rng, changed: &mut Option<(&mut Rng, u64)>, out: &mut String) {
        let words = 8 + rng.below(12);
        for at in 0..words {
            let mut word = self.word(rng);
            if let Some((other, share)) = changed
                && other.below(1000) < *share
            {
                word = self.word(other);
            }
            if at == 0 {
                out.push_str(&word[..1].to_uppercase());
                out.push_str(&word[1..]);
            } else {
                out.push(' ');
                out.push_str(word);
            }
        }
        out.push('.');
    }
}

struct Grower {
    arguments: Arguments,
    language: Language,
}

impl Grower {
    /// The article of a document, without furniture.
    fn article(&self, number: u64, mut changed: Option<(&mut Rng, u64)>, out: &mut String) {
        let mut rng = Rng::keyed(self.arguments.seed, "article", number);
        let sentences = self.arguments.sentences / 2 + rng.below(self.arguments.sentences + 1);
        for sentence in 0..sentences.max(1) {
            self.language.sentence(&mut rng, &mut changed, out);
            out.push_str(if sentence % 3 == 2 { "\\n" } else { " " });
        }
        out.truncate(out.trim_end().len());
        out.push_str("\\n");
    }

    fn named(&self, label: &str, number: u64, words: u64, out: &mut String) {
        let mut rng = Rng::keyed(self.arguments.seed, label, number);
        for at in 0..words {
            out.push_str(if at > 0 { " " } else { "" });
            out.push_str(self.language.word(&mut rng));
        }
        out.push_str("\\n");
    }

    fn document(&self, number: u64, text: &mut String) -> Option<u64> {
        let mut rng = Rng::keyed(self.arguments.seed, "document", number);
        let mut other = Rng::keyed(self.arguments.seed, "changes", number);
        match self.arguments.shape {
            Shape::Copies => {
                self.article(0, Some((&mut other, 10)), text);
                None
            }
            Shape::Distinct => {
                self.article(number, None, text);
                None
            }
            Shape::Template | Shape::Sites | Shape::Mixed => {
                let site = match self.arguments.shape {
                    Shape::Template => 0,
                    Shape::Sites => number,
                    _ => number / PAGES * 8 + rng.below(8).min(rng.below(8)),
                };
                for menu in 0..3 {
                    self.named("menu", site * 8 + menu, 2, text);
                }
                let _ = write!(text, "Page {} of the archive of ", number % 10_000);
                self.named("paper", site, 2, text);
                let mixed = self.arguments.shape == Shape::Mixed;
                let kind = if mixed && number > 0 { rng.below(100) } else { 99 };
                match kind {
                    0..8 => self.article(rng.below(number), Some((&mut other, 10)), text),
                    8..10 => self.article(rng.below(number), None, text),
                    _ => self.article(number, None, text),
                }
                if (10..13).contains(&kind) {
                    self.named("bio", rng.below(BIOS), 24, text);
                } else if (13..16).contains(&kind) {
                    let caption = text.len();
                    self.named("caption", number, 14, text);
                    let again = text[caption..].to_owned();
                    text.push_str(&again);
                }
                self.named("copyright", site, 7, text);
                Some(site)
            }
        }
    }
}

fn main() -> std::io::Result<()> {
    let grower = Grower { arguments: Arguments::parse(), language: Language::new() };
    let mut out = BufWriter::with_capacity(1 << 20, std::io::stdout().lock());
    let mut text = String::new();
    for number in 0..grower.arguments.docs {
        text.clear();
        // Only letters, digits, full stops and escaped line breaks: nothing else needs escaping.
        let site = grower.document(number, &mut text);
        match site {
            Some(site) => {
                writeln!(out, "{{\"id\":\"{number}\",\"site\":\"s{site}.example\",\"text\":\"{text}\"}}")?
            }
            None => writeln!(out, "{{\"id\":\"{number}\",\"text\":\"{text}\"}}")?,
        }
    }
    out.flush()
}
