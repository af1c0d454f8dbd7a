//! Why the model took a unit for furniture, in words.
//!
//! In: the units of one document with their evidence. Out: for a unit that the model cut the facts that spoke most
//! against it, strongest first. A fact is stated with its value, as the model saw it: of the unit, or of a neighbour.

use super::explainer::Explainer;
use super::features::{self, NAMES, Row};
use super::model::{INPUTS, Input, Model};
use crate::document::Kind;
use crate::tables::{Evidence, Rule, UnitRow};

/// No more facts than this are named.
const MOST: usize = 3;

/// Names the facts behind the model's verdicts.
pub struct Because {
    explainer: Explainer,
}

/// A document as it was judged.
pub struct Page<'a> {
    /// Its units.
    pub units: &'a [UnitRow],
    /// A row a unit.
    pub evidence: &'a [Evidence],
    /// Distinct pages of its site.
    pub pages: u32,
}

impl Because {
    /// For the verdicts of `model`.
    pub fn new(model: &Model) -> Self {
        Because { explainer: Explainer::new(model) }
    }

    /// Whether the facts of a cut can be named: only the model weighs facts.
    pub fn knows(kind: Kind, rule: Rule) -> bool {
        kind == Kind::Boilerplate
            && matches!(rule, Rule::SiteLine | Rule::SiteTemplate | Rule::ManySites | Rule::Context)
    }

    /// The facts behind the cuts of a document, for each unit and score in `cuts`: none where counts decided, which
    /// shows in a score that is not the model's.
    pub fn facts(&self, page: &Page<'_>, cuts: &[(usize, f32)]) -> Vec<Vec<String>> {
        let mut rows = Vec::new();
        features::features_into(page.units, page.evidence, page.pages, &mut rows);
        let units: Vec<usize> = cuts.iter().map(|c| c.0).collect();
        let mut facts = vec![Vec::new(); cuts.len()];
        self.explainer.moved(
            &rows,
            &units,
            |place, chance| cuts[place].1 == 1.0 - chance,
            |place, moved| facts[place] = page.facts(&rows, units[place], moved),
        );
        facts
    }
}

impl Page<'_> {
    /// What moved the odds most against the article; facts that read the same are one.
    fn facts(&self, rows: &[Row], unit: usize, moved: &[f32; INPUTS]) -> Vec<String> {
        let mut against: Vec<usize> = (0..INPUTS).filter(|&i| moved[i] < 0.0).collect();
        let mut facts: Vec<String> = Vec::with_capacity(MOST);
        while facts.len() < MOST {
            let strongest = (0..against.len()).min_by(|&a, &b| {
                moved[against[a]].total_cmp(&moved[against[b]]).then(against[a].cmp(&against[b]))
            });
            let Some(input) = strongest.map(|at| against.swap_remove(at)) else { break };
            let Input { feature, offset } = Input::of(input);
            let name = NAMES[feature];
            let fact = match unit.checked_add_signed(offset).filter(|&u| u < rows.len()) {
                Some(there) => format!("{}{}", beside(offset), self.fact(name, rows[there][feature], there)),
                None => format!("{}nothing", beside(offset)),
            };
            if !facts.contains(&fact) {
                facts.push(fact);
            }
        }
        facts
    }

    /// One fact of a unit; `value` is that of the feature `name`.
    fn fact(&self, name: &str, value: f32, unit: usize) -> String {
        let (row, seen) = (&self.units[unit], &self.evidence[unit]);
        let is = value > 0.0;
        let yes = |yes: &str, no: &str| if is { yes } else { no }.to_owned();
        let percent = |what: &str| format!("{:.0} % {what}", 100.0 * value);
        let on_pages = |n: u32| format!("on {n} of {} pages of the site", self.pages);
        match name {
            "edge" => yes("nothing", "a line"),
            "words" => count(u32::from(row.words), "word"),
            "no_words" => yes("no words", "words"),
            "chars" => count(u32::from(row.surface.chars), "character"),
            "sentence" => yes("ends like a sentence", "does not end like a sentence"),
            "colon" => yes("ends with a colon", "no colon at its end"),
            "lower" => yes("begins in lower case", "does not begin in lower case"),
            "bullet" => yes("begins with a mark", "does not begin with a mark"),
            "after_blank" => yes("after a blank line", "no blank line before it"),
            "part" => yes("a sentence of a longer line", "a whole line"),
            "address" => yes("holds an address", "holds no address"),
            "shouted" => yes("all in capitals", "not all in capitals"),
            "capitalised" => percent("of its words capitalised"),
            "short_words" => percent("of its words short and in lower case"),
            "digits" => percent("digits"),
            "symbols" => percent("symbols"),
            "commas" => count(u32::from(row.surface.commas), "comma"),
            "separators" => count(u32::from(row.surface.separators), "separator"),
            "indent" => format!("indented by {}", row.surface.indent),
            "one_word" => yes("one word", "not one word"),
            "two_to_four" => yes("two to four words", "not two to four words"),
            "long_sentence" => {
                yes("a sentence of twelve words or more", "no sentence of twelve words or more")
            }
            "on_site" if !is => "no other page of the site has it".into(),
            "on_site" | "site_pages" | "site_share" => on_pages(seen.site_documents),
            "masked" => format!("{}, but for numbers", on_pages(seen.site_masked)),
            "template" => format!("a line like it {}", on_pages(seen.site_template.max(1))),
            "anchored" => percent("of its words those of a template"),
            "sites" => format!("on {}", count(seen.sites, "site")),
            "site_long" => yes("a long line that other pages have", "no long line that other pages have"),
            "again" | "again_count" => match seen.in_document {
                0 | 1 => "once on the page".into(),
                n => format!("{n} times on the page"),
            },
            "from_start" | "from_end" | "place" => format!("line {} of {}", unit + 1, self.units.len()),
            "in_run" => yes("inside the body of the page", "outside the body of the page"),
            "run_before" | "before_run" => {
                yes("before the body of the page", "not before the body of the page")
            }
            "run_after" | "after_run" => yes("after the body of the page", "not after the body of the page"),
            "near_mass" => match (value * features::NEAR_MASS).round() as u32 {
                0 => "no text around it".into(),
                n if value >= features::CEILING => format!("{n} words of text or more around it"),
                n => format!("{} of text around it", count(n, "word")),
            },
            "page_words" => {
                let words = self.units.iter().map(|u| u32::from(u.words)).sum();
                format!("the page has {}", count(words, "word"))
            }
            "page_repeated" => percent("of the page's words on other pages"),
            "page_sentences" => percent("of the page's words in sentences"),
            "pages" => format!("the site has {}", count(self.pages, "page")),
            "alone" => yes("the only page of its site", "the site has other pages"),
            "repeat_near" => format!("{:.0} of 8 lines around it on other pages", value * 8.0),
            "long_lines_near" => format!("{:.0} of 16 lines around it long", value * 16.0),
            "page_short_units" => percent("of the page's lines short"),
            "page_repeated_units" => percent("of the page's lines on other pages"),
            "page_head" => percent("of the first ten lines short or on other pages"),
            "page_tail" => percent("of the last ten lines short or on other pages"),
            "page_units" => format!("the page has {}", count(self.units.len() as u32, "line")),
            other => other.to_owned(),
        }
    }
}

/// Where a neighbour stands.
fn beside(offset: isize) -> String {
    match offset {
        0 => String::new(),
        -1 => "line before: ".into(),
        1 => "next line: ".into(),
        n if n < 0 => format!("{} lines before: ", -n),
        n => format!("{n} lines on: "),
    }
}

fn count(n: u32, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Span;
    use crate::tables::Known;
    use crate::text::surface::Surface;

    fn unit(words: u16) -> UnitRow {
        let (exact, masked) = (u128::from(words), u64::from(words));
        let span = Span { start: 0, end: 1 };
        let surface = Surface::default();
        UnitRow { exact, masked, span, masked_words: words as u8, words, known: Known::No, surface }
    }

    fn seen(site_documents: u32) -> Evidence {
        Evidence {
            site_documents,
            site_masked: site_documents,
            in_document: 1,
            sites: 1,
            ..Evidence::default()
        }
    }

    #[test]
    fn every_feature_has_words_for_it() {
        let (units, evidence) = ([unit(3), unit(20)], [seen(14), seen(1)]);
        let page = Page { units: &units, evidence: &evidence, pages: 20 };
        for name in NAMES {
            assert_ne!(page.fact(name, 1.0, 0), name);
        }
        assert_eq!(page.fact("site_pages", 0.6, 0), "on 14 of 20 pages of the site");
        assert_eq!(page.fact("words", 0.3, 1), "20 words");
    }

    #[test]
    fn facts_are_named_where_the_score_is_the_models() {
        let model = Model::shipped();
        let units = [unit(2), unit(2), unit(2), unit(20), unit(30)];
        let evidence = [seen(19), seen(19), seen(19), seen(1), seen(1)];
        let page = Page { units: &units, evidence: &evidence, pages: 20 };
        let (mut rows, mut scores) = (Vec::new(), Vec::new());
        features::features_into(&units, &evidence, 20, &mut rows);
        model.score_into(&rows, &mut scores);
        let facts = Because::new(&model).facts(&page, &[(0, 1.0 - scores[0]), (1, 0.95)]);
        assert_eq!((facts[0].len(), facts[1].len()), (MOST, 0));
        assert!(facts[0].iter().all(|f| !f.is_empty()), "{facts:?}");
    }
}
