//! Sites and their furniture: which lines a site prints, on which of its pages.

use crate::article::Maker;
use crate::grammar::Cast;
use crate::plan::CLUSTER_PAGES;
use crate::rng::Rng;

/// Where on the page a line of furniture stands.
#[derive(Clone, Copy, PartialEq)]
pub enum Zone {
    Top,
    Head,
    Middle,
    Tail,
    Foot,
}

/// One line of furniture of a site.
pub struct Item {
    pub zone: Zone,
    /// The rule of the wording and which of its alternatives.
    pub rule: &'static str,
    pub alternative: usize,
    /// `exact`, `digits` or `words`: what varies from page to page.
    pub label: &'static str,
    pages: usize,
    offset: usize,
}

/// A site.
pub struct Site {
    pub name: String,
    pub paper: String,
    pub town: String,
    pub phone: String,
    pub since: String,
    pub sections: Vec<String>,
    pub reporters: Vec<String>,
    pub items: Vec<Item>,
    /// Menu lines, on every page.
    pub menu: Vec<String>,
    /// Headlines of the `most read` box, three on each page; none: no box.
    pub most_read: Vec<String>,
    /// What separates paragraphs.
    pub gap: &'static str,
    pub american_dates: bool,
    pub pages: usize,
}

impl Item {
    /// Whether the page with this ordinal, of `total`, carries the line.
    pub fn on_page(&self, ordinal: usize, total: usize) -> bool {
        let at = (ordinal + self.offset) % total;
        (at + 1) * self.pages / total != at * self.pages / total
    }
}

/// Rules of one zone: rule, label, fewest and most items, lowest and highest
/// percentage of the pages.
type Plan = (Zone, &'static str, &'static str, [usize; 2], [usize; 2]);

const PLANS: [Plan; 14] = [
    (Zone::Top, "top", "exact", [1, 2], [60, 100]),
    (Zone::Top, "crumb", "words", [0, 1], [100, 100]),
    (Zone::Head, "stamp", "digits", [1, 1], [70, 100]),
    (Zone::Head, "share", "exact", [1, 3], [50, 100]),
    (Zone::Middle, "mid", "exact", [0, 2], [30, 90]),
    (Zone::Middle, "mid_words", "words", [0, 2], [15, 60]),
    (Zone::Tail, "bio", "words", [0, 1], [100, 100]),
    (Zone::Tail, "tail_words", "words", [0, 2], [40, 100]),
    (Zone::Tail, "tail_digits", "digits", [0, 1], [50, 100]),
    (Zone::Tail, "appeal", "exact", [1, 2], [30, 100]),
    (Zone::Tail, "note", "exact", [0, 2], [30, 100]),
    (Zone::Tail, "related", "exact", [1, 1], [100, 100]),
    (Zone::Foot, "footer", "exact", [2, 5], [100, 100]),
    (Zone::Foot, "copyright", "exact", [1, 1], [100, 100]),
];

/// Some distinct alternatives of a rule.
fn choose(maker: &Maker, rule: &str, count: usize, rng: &mut Rng) -> Vec<usize> {
    let mut all: Vec<usize> = (0..maker.grammar.size(rule)).collect();
    rng.shuffle(&mut all);
    all.truncate(count);
    all
}

impl Site {
    /// Site `number` with `pages` pages; furnished when it has three or more.
    pub fn new(maker: &Maker, number: usize, pages: usize) -> Site {
        let mut rng = maker.rng("site", number);
        let grammar = &maker.grammar;
        let mut cast: Cast = grammar.cast(&mut rng);
        let title = grammar.any("paper", &mut rng, &mut cast, &[]);
        let town = cast.town.clone();
        let ascii: String = town.to_lowercase().replace('\u{fc}', "u");
        let mut site = Site {
            name: format!("{ascii}-{}-{number}.example", title.to_lowercase()),
            paper: format!("{town} {title}"),
            town,
            phone: format!("{:04} {:06}", rng.below(10_000), rng.below(1_000_000)),
            since: rng.range(1850, 1990).to_string(),
            sections: Vec::new(),
            reporters: Vec::new(),
            items: Vec::new(),
            menu: Vec::new(),
            most_read: Vec::new(),
            gap: if rng.chance(70) { "\n\n" } else { "\n" },
            american_dates: rng.chance(40),
            pages,
        };
        if pages < 3 {
            return site;
        }
        let sections = choose(maker, "section", (pages / 4).clamp(1, 6), &mut rng);
        for at in sections {
            let name = grammar.one("section", at, &mut rng, &mut cast, &[]);
            site.sections.push(name);
        }
        let reporters = (pages / 4).clamp(1, 12);
        site.reporters = (0..reporters).map(|_| grammar.name(&mut rng)).collect();
        let count = rng.range(4, 9);
        for at in choose(maker, "menu", count, &mut rng) {
            let entry = grammar.one("menu", at, &mut rng, &mut cast, &[]);
            site.menu.push(entry);
        }
        match rng.below(5) {
            0 => site.menu = vec![site.menu.join(" \u{00b7} ")],
            1 => site.menu = vec![site.menu.join(" / ")],
            _ => {}
        }
        if rng.chance(75) {
            let pool = (pages / 2).clamp(3, 12);
            site.most_read = (0..pool).map(|_| maker.headline(&mut rng, &mut cast)).collect();
        }
        for (zone, rule, label, [fewest, most], [low, high]) in PLANS {
            let count = rng.range(fewest, most);
            for alternative in choose(maker, rule, count, &mut rng) {
                let share = rng.range(low, high);
                let offset = rng.below(pages);
                // Sites of clusters lose pages: there it is two more than needed.
                let fewest_pages = if pages < CLUSTER_PAGES { 3 } else { 5 };
                if rule == "related" && site.most_read.is_empty() {
                    continue;
                }
                site.items.push(Item {
                    zone,
                    rule,
                    alternative,
                    label,
                    pages: (pages * share / 100).clamp(fewest_pages, pages),
                    offset,
                });
            }
        }
        site
    }
}
