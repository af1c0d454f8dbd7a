//! A small text grammar: rules with alternatives, compiled once, expanded with a
//! keyed random stream. It writes every sentence, caption and furniture line.

use std::collections::HashMap;

use crate::rng::Rng;
use crate::{sentences, vocabulary};

/// One piece of a template.
enum Piece {
    Text(String),
    Rule { rule: usize, form: Form, optional: bool },
    Slot { name: String, form: Form },
}

/// An inflection.
#[derive(Clone, Copy, PartialEq)]
enum Form {
    Plain,
    Capital,
    Past,
    Gerund,
    S,
}

/// The compiled rules.
pub struct Grammar {
    names: HashMap<String, usize>,
    rules: Vec<Vec<Vec<Piece>>>,
}

/// Someone in an article.
#[derive(Clone)]
struct Person {
    role: String,
    first: String,
    last: String,
    seen: bool,
}

/// The people, places and things of one article.
#[derive(Clone)]
pub struct Cast {
    people: Vec<Person>,
    orgs: Vec<(String, String, bool)>,
    topics: Vec<String>,
    /// The town of the article.
    pub town: String,
}

/// Slots filled by the caller: name and text.
pub type Slots<'a> = &'a [(&'a str, String)];

impl Grammar {
    /// Compiles the shared rules and the wording of one set.
    pub fn compile(wording: &[&str]) -> Result<Grammar, String> {
        let mut grammar = Grammar { names: HashMap::new(), rules: Vec::new() };
        let mut sources: Vec<Vec<String>> = Vec::new();
        let shared = [vocabulary::LEXICON, sentences::SENTENCES];
        for line in shared.iter().chain(wording).flat_map(|t| t.lines()) {
            if line.trim().is_empty() {
                continue;
            }
            if let Some(name) = line.strip_suffix(':').filter(|l| !l.starts_with(' ')) {
                grammar.names.insert(name.to_string(), sources.len());
                sources.push(Vec::new());
            } else {
                let rule = sources.last_mut().ok_or("a line before the first rule")?;
                rule.extend(line.trim().split(" | ").map(|a| a.trim().to_string()));
            }
        }
        for source in &sources {
            let compiled: Result<Vec<_>, String> = source.iter().map(|t| grammar.template(t)).collect();
            grammar.rules.push(compiled?);
        }
        Ok(grammar)
    }

    fn template(&self, text: &str) -> Result<Vec<Piece>, String> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(open) = rest.find('{') {
            if open > 0 {
                pieces.push(Piece::Text(rest[..open].replace('_', " ")));
            }
            let close = rest.find('}').ok_or_else(|| format!("unclosed: {text}"))?;
            let inner = &rest[open + 1..close];
            rest = &rest[close + 1..];
            let (name, form) = inner.split_once(':').unwrap_or((inner, ""));
            let form = match form {
                "" => Form::Plain,
                "cap" => Form::Capital,
                "ed" => Form::Past,
                "ing" => Form::Gerund,
                "s" => Form::S,
                other => return Err(format!("unknown form {other} in {text}")),
            };
            if let Some(slot) = name.strip_prefix('@') {
                let name = slot.to_string();
                pieces.push(Piece::Slot { name, form });
                continue;
            }
            let (name, optional) = match name.strip_prefix('?') {
                Some(name) => (name, true),
                None => (name, false),
            };
            let rule = self.index(name)?;
            pieces.push(Piece::Rule { rule, form, optional });
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.replace('_', " ")));
        }
        Ok(pieces)
    }

    fn index(&self, rule: &str) -> Result<usize, String> {
        let found = self.names.get(rule).copied();
        found.ok_or_else(|| format!("unknown rule {rule}"))
    }

    fn known(&self, rule: &str) -> usize {
        self.index(rule).expect("the program names only known rules")
    }

    /// How many alternatives a rule has.
    pub fn size(&self, rule: &str) -> usize {
        self.rules[self.known(rule)].len()
    }

    /// Expands a random alternative of `rule`.
    pub fn any(&self, rule: &str, rng: &mut Rng, cast: &mut Cast, slots: Slots) -> String {
        let alternative = rng.below(self.size(rule));
        self.one(rule, alternative, rng, cast, slots)
    }

    /// Expands one given alternative of `rule`.
    pub fn one(
        &self,
        rule: &str,
        alternative: usize,
        rng: &mut Rng,
        cast: &mut Cast,
        slots: Slots,
    ) -> String {
        let mut out = String::new();
        let pieces = &self.rules[self.known(rule)][alternative];
        self.pieces(pieces, rng, cast, slots, &mut out);
        finish(&out)
    }

    /// A sentence or a headline: expanded, with a capital.
    pub fn sentence(&self, rule: &str, rng: &mut Rng, cast: &mut Cast) -> String {
        capital(&self.any(rule, rng, cast, &[]))
    }

    fn pieces(&self, pieces: &[Piece], rng: &mut Rng, cast: &mut Cast, slots: Slots, out: &mut String) {
        for piece in pieces {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Rule { rule, form, optional } => {
                    if *optional && rng.below(3) > 0 {
                        continue;
                    }
                    let alternatives = &self.rules[*rule];
                    let chosen = &alternatives[rng.below(alternatives.len())];
                    if *form == Form::Plain {
                        self.pieces(chosen, rng, cast, slots, out);
                    } else {
                        let mut inner = String::new();
                        self.pieces(chosen, rng, cast, slots, &mut inner);
                        out.push_str(&inflect(&inner, *form));
                    }
                }
                Piece::Slot { name, form } => {
                    let filled = match slots.iter().find(|(slot, _)| slot == name) {
                        Some((_, text)) => text.clone(),
                        None => self.fill(name, rng, cast),
                    };
                    out.push_str(&inflect(&filled, *form));
                }
            }
        }
    }

    fn word(&self, rule: &str, rng: &mut Rng) -> String {
        let alternatives = &self.rules[self.known(rule)];
        match alternatives[rng.below(alternatives.len())].as_slice() {
            [Piece::Text(text)] => text.clone(),
            _ => String::new(),
        }
    }

    fn fill(&self, name: &str, rng: &mut Rng, cast: &mut Cast) -> String {
        match name {
            "topic" => rng.pick(&cast.topics).clone(),
            "who" => {
                let at = rng.below(cast.people.len());
                let person = &mut cast.people[at];
                let first_time = !std::mem::replace(&mut person.seen, true);
                match (first_time, rng.below(4)) {
                    (true, 0 | 1) => {
                        format!("{} {}, a {},", person.first, person.last, person.role)
                    }
                    (true, _) => format!("{} {} {}", person.role, person.first, person.last),
                    (false, 0) => format!("the {}", person.role),
                    (false, 1) => format!("{} {}", person.first, person.last),
                    (false, _) => person.last.clone(),
                }
            }
            "org" => {
                let at = rng.below(cast.orgs.len());
                let (full, short, seen) = &mut cast.orgs[at];
                if std::mem::replace(seen, true) { short.clone() } else { full.clone() }
            }
            "town" => cast.town.clone(),
            "town2" => self.town(rng),
            "name" => self.name(rng),
            "last" => self.last_name(rng),
            "num" => match rng.below(3) {
                0 => rng.range(11, 99).to_string(),
                1 => rng.range(100, 999).to_string(),
                _ => format!("{},{:03}", rng.range(1, 89), rng.below(1000)),
            },
            "votes" => rng.range(3, 60).to_string(),
            "pct" => format!("{}.{} percent", rng.range(1, 60), rng.below(10)),
            "money" => {
                let scale = *rng.pick(&["million", "thousand", "billion"]);
                format!("${}.{} {scale}", rng.range(1, 90), rng.below(10))
            }
            "year" => rng.range(1931, 2024).to_string(),
            "age" => rng.range(19, 88).to_string(),
            "day" => rng.range(1, 28).to_string(),
            "hour" => format!("{}:{:02}", rng.range(6, 22), 5 * rng.below(12)),
            "ord" => {
                let ordinals = ["second", "third", "fourth", "fifth", "sixth", "seventh"];
                (*rng.pick(&ordinals)).to_string()
            }
            other => unreachable!("slot {other} is filled by no one"),
        }
    }

    /// An invented family name.
    pub fn last_name(&self, rng: &mut Rng) -> String {
        let mut name = self.word("name_a", rng);
        if rng.chance(65) {
            name.push_str(&self.word("name_b", rng));
        }
        name + &self.word("name_c", rng)
    }

    /// An invented full name.
    pub fn name(&self, rng: &mut Rng) -> String {
        format!("{} {}", self.word("first", rng), self.last_name(rng))
    }

    /// An invented town.
    pub fn town(&self, rng: &mut Rng) -> String {
        let mut name = self.word("name_a", rng);
        if rng.chance(60) {
            name.push_str(&self.word("name_b", rng));
        }
        name + &self.word("town_c", rng)
    }

    /// The people, places and things of a new article.
    pub fn cast(&self, rng: &mut Rng) -> Cast {
        let people = (0..rng.range(3, 5))
            .map(|_| Person {
                role: self.word("role", rng),
                first: self.word("first", rng),
                last: self.last_name(rng),
                seen: false,
            })
            .collect();
        let town = self.town(rng);
        let orgs = (0..rng.range(2, 3))
            .map(|_| {
                let body = self.word("body", rng);
                let full = format!("the {} {body}", self.town(rng));
                (full, format!("the {body}"), false)
            })
            .collect();
        let topics = (0..18).map(|_| self.word("noun", rng)).collect();
        Cast { people, orgs, topics, town }
    }
}

/// The text with its first letter a capital.
pub fn capital(text: &str) -> String {
    let mut chars = text.char_indices();
    let first = chars.find(|(_, c)| c.is_alphanumeric());
    match first {
        Some((at, c)) if c.is_lowercase() => {
            let upper: String = c.to_uppercase().collect();
            format!("{}{upper}{}", &text[..at], &text[at + c.len_utf8()..])
        }
        _ => text.to_string(),
    }
}

fn inflect(text: &str, form: Form) -> String {
    let vowel = |c: char| "aeiou".contains(c);
    let before = text.chars().rev().nth(1).is_some_and(vowel);
    let cut = |n: usize| &text[..text.len() - n];
    match form {
        Form::Plain => text.to_string(),
        Form::Capital => capital(text),
        Form::Past if text.ends_with('e') => format!("{text}d"),
        Form::Past if text.ends_with('y') && !before => format!("{}ied", cut(1)),
        Form::Past => format!("{text}ed"),
        Form::Gerund if text.ends_with('e') && !text.ends_with("ee") => format!("{}ing", cut(1)),
        Form::Gerund => format!("{text}ing"),
        Form::S if text.ends_with('y') && !before => format!("{}ies", cut(1)),
        Form::S if ["s", "x", "ch", "sh"].iter().any(|e| text.ends_with(e)) => format!("{text}es"),
        Form::S => format!("{text}s"),
    }
}

/// Puts `an` before vowels and drops commas before other stops.
fn finish(text: &str) -> String {
    let mut text = text.to_string();
    for stop in [",", ".", ";", ":", "?"] {
        let doubled = format!(",{stop}");
        if text.contains(&doubled) {
            text = text.replace(&doubled, stop);
        }
    }
    let mut out = String::with_capacity(text.len() + 8);
    let mut previous = "";
    for word in text.split(' ') {
        let after_a = previous == "a" || previous == "A";
        if !out.is_empty() {
            let hard = ["uni", "eu", "one", "use"].iter().any(|p| word.starts_with(p));
            if after_a && word.starts_with(['a', 'e', 'i', 'o', 'u']) && !hard {
                out.push('n');
            }
            out.push(' ');
        }
        out.push_str(word);
        previous = word;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inflects() {
        assert_eq!(inflect("approve", Form::Past), "approved");
        assert_eq!(inflect("clarify", Form::Past), "clarified");
        assert_eq!(inflect("survey", Form::Gerund), "surveying");
        assert_eq!(inflect("inquiry", Form::S), "inquiries");
        assert_eq!(inflect("bench", Form::S), "benches");
    }

    #[test]
    fn articles_and_capitals() {
        assert_eq!(finish("a old mill and a union"), "an old mill and a union");
        assert_eq!(capital("\u{201c}we went\u{201d}"), "\u{201c}We went\u{201d}");
    }
}
