//! Which units of a document are furniture.
//!
//! In: its units with their evidence, and the model. Out: a verdict per unit that goes. Known lines go, and
//! protected ones stay, whatever the model says. A page without a single suspicious unit is left alone: text
//! that is already clean is not read for its style.

use super::counts::{
    HABIT_PAGES, HABIT_SHARE, PageSettings, SHORT_WORDS, TWIN_CHANCE, certainty, has_twin, is_background,
    is_of_twins, is_on_most_pages, least_of_version, rule_of, threshold_of, versions,
};
use super::emptied::keep_likeliest_text;
use super::features::{self, Row};
use super::forest::{Forest, PageRows, Scores};
use super::model::REACH;
use super::onward::keep_what_goes_on;
use super::surrounded::{keep_marks_of_text, keep_what_text_surrounds};
use super::{Verdict, going};
use crate::document::Kind;
use crate::tables::{Evidence, Known, Reasons, Rule, UnitRow};
use crate::text::surface::Surface;
use std::ops::Range;

/// Scratch of [`judge`].
#[derive(Debug, Default)]
pub struct Scratch {
    rows: Vec<Row>,
    /// For each row whether what speaks against it may be told: not of known lines, and of none that is no unit.
    told: Vec<bool>,
    asked: Vec<Asked>,
    scores: Scores,
    verdicts: Vec<Verdict>,
}

/// A page to judge.
pub struct Page<'a> {
    /// Its units.
    pub units: &'a [UnitRow],
    /// What is known of each.
    pub evidence: &'a [Evidence],
    /// How it is judged.
    pub settings: PageSettings,
}

/// What is asked of the model about a page.
#[derive(Debug, Default)]
struct Asked {
    /// Nothing on a page without a suspicious unit goes.
    suspicious: bool,
    has_furniture: bool,
    /// Where its units stand among those that are scored; known lines go and others stay where none of them is.
    scored: Option<Range<usize>>,
}

/// What the model says of the units of a page; without chances, that all belong to the article.
struct Said<'a> {
    chances: &'a [f32],
    reasons: &'a [Reasons],
}

impl Said<'_> {
    fn chance(&self, unit: usize) -> f32 {
        self.chances.get(unit).copied().unwrap_or(1.0)
    }

    fn reasons(&self, unit: usize) -> Reasons {
        self.reasons.get(unit).copied().unwrap_or_default()
    }
}

/// Judges all units of some pages, of one level; `take` gets the number of each page and the verdicts on it, with units counted
/// from its first. The model sees the units of all pages one after the other: those of one seldom fill its blocks.
pub fn judge(
    model: &Forest,
    pages: &[Page<'_>],
    scratch: &mut Scratch,
    mut take: impl FnMut(usize, &mut Vec<Verdict>),
) {
    let Scratch { rows, told, asked, scores, verdicts } = scratch;
    rows.clear();
    told.clear();
    asked.clear();
    asked.extend(pages.iter().map(|page| ask(page, rows, told)));
    let doubtful = pages.first().map_or(0.0, |page| page.settings.threshold);
    let scored = pages
        .iter()
        .zip(&*asked)
        .filter_map(|(page, asked)| asked.scored.clone().map(|range| PageRows { range, units: page.units }));
    model.score_into(rows, scored, told, doubtful, scores);
    for (number, (page, asked)) in pages.iter().zip(asked).enumerate() {
        verdicts.clear();
        if asked.suspicious {
            let scored = asked.scored.clone().unwrap_or_default();
            let said = Said { chances: &scores.chances[scored.clone()], reasons: &scores.reasons[scored] };
            verdicts_into(page, asked.has_furniture, &said, verdicts);
        }
        take(number, verdicts);
    }
}

/// What is asked of the model about a page; the features of its units are appended to `rows` where these are looked at.
fn ask(page: &Page<'_>, rows: &mut Vec<Row>, told: &mut Vec<bool>) -> Asked {
    let &Page { units, evidence, settings: PageSettings { pages, has_site, .. } } = page;
    if !units.iter().zip(evidence).any(|(u, e)| is_suspicious(u, e, pages)) {
        return Asked::default();
    }
    // Without counts or known lines there is only the look of a line, and a table or a comment looks like a menu.
    let shown = |(unit, seen): &(&UnitRow, &Evidence)| {
        unit.known.is_furniture() || features::is_repeated(seen, pages)
    };
    let furniture = units.iter().zip(evidence).filter(shown).count();
    // Sections of many sites are words of a text, too.
    let is_firm = |unit: &&UnitRow| matches!(unit.known, Known::Furniture | Known::NearFurniture);
    let is_page = || {
        has_site
            || FURNISHED_LABELS * furniture >= units.len()
            || units.iter().filter(is_firm).count() >= FIRM_UNITS
    };
    let has_furniture =
        furniture >= FURNISHED_UNITS && FURNISHED_SHARE * furniture >= units.len() && is_page();
    let asked = |(unit, seen): (&UnitRow, &Evidence)| {
        unit.known == Known::No && may_go(rule_of(unit, seen), has_furniture)
    };
    let scored = units.iter().zip(evidence).any(asked).then(|| {
        if !rows.is_empty() {
            // No unit is the neighbour of one of another page.
            rows.extend([features::edge(); REACH]);
            told.extend([false; REACH]);
        }
        let from = rows.len();
        features::features_into(units, evidence, pages, rows);
        told.extend(units.iter().map(|unit| unit.known == Known::No));
        from..rows.len()
    });
    Asked { suspicious: true, has_furniture, scored }
}

/// Whether a line that no list names may go: for its look, or for what many sites have, only where there is furniture.
fn may_go(rule: Rule, has_furniture: bool) -> bool {
    has_furniture || !matches!(rule, Rule::Context | Rule::ManySites)
}

fn verdicts_into(page: &Page<'_>, has_furniture: bool, said: &Said<'_>, out: &mut Vec<Verdict>) {
    let &Page { units, evidence, settings: ref page } = page;
    let sure = |i: &usize| units[*i].known.is_furniture() || said.chance(*i) < page.threshold;
    let shared = |i: &usize| is_on_most_pages(&units[*i], &evidence[*i], page.pages);
    let sure_units = (0..units.len()).filter(sure).count();
    let furnished = sure_units > 0 && sure_units + (0..units.len()).filter(shared).count() >= FURNISHED_UNITS;
    let has_twin = has_twin(units, evidence);
    let versions = versions(units, evidence, page.pages, |i| said.chance(i));
    let is_of_versions =
        |seen: &Evidence| versions.as_ref().is_some_and(|v| v.contains(&seen.site_documents));
    let is_article = |i: usize| said.chance(i) >= page.threshold;
    for (i, (unit, seen)) in units.iter().zip(evidence).enumerate() {
        let chance = said.chance(i);
        let rule = match unit.known {
            Known::Protected => continue,
            // An item of a list is one of a menu; without furniture there is none, and the word is a heading or a name.
            Known::Label if !has_furniture && !unit.surface.has(Surface::BULLET) => continue,
            Known::Furniture | Known::Label | Known::NearFurniture => Rule::KnownLine,
            Known::No if has_twin && is_of_twins(unit, seen) && chance >= TWIN_CHANCE => continue,
            Known::No if is_of_versions(seen) && chance >= least_of_version(unit, page) => {
                continue;
            }
            Known::No
                if chance >= threshold_of(unit, seen, page, furnished) || is_speech(unit, seen, page) =>
            {
                continue;
            }
            Known::No if is_background(i, units, evidence, page.pages, is_article) => continue,
            Known::No => rule_of(unit, seen),
        };
        if unit.known == Known::No && !may_go(rule, has_furniture) {
            continue;
        }
        let (score, reasons) = if unit.known.is_furniture() {
            (1.0, Reasons::default())
        } else {
            (1.0 - chance, said.reasons(i))
        };
        out.push(Verdict { unit: i, kind: Kind::Boilerplate, rule, score, witness: None, reasons });
    }
    keep_what_text_surrounds(units, evidence, page, is_article, out);
    keep_what_goes_on(units, evidence, |i| said.chance(i), out);
    keep_likeliest_text(units, evidence, |i| said.chance(i), out);
    for verdict in out.iter_mut().filter(|v| units[v.unit].known == Known::No) {
        if said.chance(verdict.unit) >= page.threshold {
            verdict.score = certainty(&units[verdict.unit], &evidence[verdict.unit]);
        }
    }
    if page.counts_decide() {
        peel_edges(units, evidence, page, is_of_versions, out);
    }
    keep_marks_of_text(units, out);
}

/// Takes lines that are a habit of the site off both ends of the page, from the outside inwards, until one stays:
/// sign-offs and slugs of pages that have no other furniture. Not at `conservative`.
fn peel_edges(
    units: &[UnitRow],
    evidence: &[Evidence],
    page: &PageSettings,
    is_of_versions: impl Fn(&Evidence) -> bool,
    out: &mut Vec<Verdict>,
) {
    let mut goes = going(units, out);
    let before = out.len();
    let mut peel = |range: &mut dyn Iterator<Item = usize>| {
        for i in range {
            let count = evidence[i].site_documents;
            let habit = count >= HABIT_PAGES && count as f32 >= HABIT_SHARE * page.pages as f32;
            if goes[i] {
                continue;
            }
            if !habit || units[i].known == Known::Protected || is_of_versions(&evidence[i]) {
                break;
            }
            goes[i] = true;
            let score = certainty(&units[i], &evidence[i]);
            let rule = rule_of(&units[i], &evidence[i]);
            let reasons = Reasons::default();
            out.push(Verdict { unit: i, kind: Kind::Boilerplate, rule, score, witness: None, reasons });
        }
    };
    peel(&mut (0..units.len()));
    peel(&mut (0..units.len()).rev());
    if out.len() > before {
        out.sort_unstable_by_key(|v| v.unit);
    }
}

/// A page with so many units that go for their look or as known ones, or that most pages share, is not clean
/// already, and all that most pages of its site share goes.
const FURNISHED_UNITS: usize = 4;

/// Nor does the look of a line decide where not one line in so many is known or repeated: long lists have a few, too.
const FURNISHED_SHARE: usize = 100;

/// Where no site is known the look of a line decides only with so many known lines that are no labels, or where one line in
/// [`FURNISHED_LABELS`] is known: a program of a conference, a list of dealers and a patch look like pages, too.
const FIRM_UNITS: usize = 2;
const FURNISHED_LABELS: usize = 15;

/// A short line of speech that the site does not repeat often: dialogue.
fn is_speech(unit: &UnitRow, seen: &Evidence, page: &PageSettings) -> bool {
    unit.surface.has(Surface::QUOTE)
        && unit.words <= SHORT_WORDS
        && features::among(seen.site_documents.max(seen.site_masked), page.pages) < 2.5
}

/// Whether a unit gives reason to look at its page at all.
fn is_suspicious(unit: &UnitRow, seen: &Evidence, pages: u32) -> bool {
    unit.known.is_furniture()
        || features::is_repeated(seen, pages)
        || features::among(seen.site_template, pages) > 2.5 && unit.words < 15
        || unit.words <= 4 && !unit.surface.has(Surface::SENTENCE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::counts::made::{seen, settings, unit};
    use crate::judge::model::Model;
    use proptest::prelude::*;

    fn judged(units: &[UnitRow], evidence: &[Evidence], pages: u32, level: usize) -> Vec<Verdict> {
        let model = Model::shipped();
        let forest = Forest::of(&model);
        let page = Page { units, evidence, settings: settings(pages, level) };
        let mut out = Vec::new();
        judge(&forest, &[page], &mut Scratch::default(), |_, verdicts| out.append(verdicts));
        out
    }

    /// An article of twelve paragraphs that ends with a sentence that the site prints on `pages` pages.
    fn signed_off(pages: u32) -> (Vec<UnitRow>, Vec<Evidence>) {
        let units: Vec<UnitRow> =
            (0..13).map(|_| unit(40, Surface::SENTENCE | Surface::AFTER_BLANK)).collect();
        let evidence = (0..13).map(|n| seen(if n == 12 { pages } else { 1 })).collect();
        (units, evidence)
    }

    #[test]
    fn counts_take_a_sign_off_but_not_at_conservative() {
        let (units, evidence) = signed_off(14);
        let cuts = judged(&units, &evidence, 200, 1);
        assert_eq!(cuts.iter().map(|v| v.unit).collect::<Vec<_>>(), [12]);
        assert_eq!(cuts[0].score, 1.0 - 1.0 / 14.0, "the counts decided");
        assert!(judged(&units, &evidence, 200, 0).is_empty());
    }

    proptest! {
        #[test]
        fn what_is_not_scored_would_not_go(
            rows in prop::collection::vec((0u16..12, any::<u16>(), 0u8..8, 1u32..4, 0u8..4), 1..40),
            level in 0usize..3,
        ) {
            let (mut units, mut evidence) = (Vec::new(), Vec::new());
            for (words, flags, known, sites, protected) in rows {
                let known = match (known, protected) {
                    (0, _) => Known::Furniture,
                    (1, 0) => Known::Protected,
                    _ => Known::No,
                };
                units.push(UnitRow { known, ..unit(words, flags) });
                evidence.push(Evidence { sites, ..seen(1) });
            }
            let model = Model::shipped();
            let forest = Forest::of(&model);
            let page = Page { units: &units, evidence: &evidence, settings: settings(1, level) };
            let (mut rows, mut scores) = (Vec::new(), Scores::default());
            let (mut scored, mut unscored) = (Vec::new(), Vec::new());
            features::features_into(&units, &evidence, 1, &mut rows);
            let of_page = PageRows { range: 0..rows.len(), units: &units };
            let told = vec![true; rows.len()];
            forest.score_into(&rows, [of_page].into_iter(), &told, page.settings.threshold, &mut scores);
            let said = Said { chances: &scores.chances, reasons: &scores.reasons };
            verdicts_into(&page, false, &said, &mut scored);
            verdicts_into(&page, false, &Said { chances: &[], reasons: &[] }, &mut unscored);
            prop_assert_eq!(scored, unscored);
        }
    }

    #[test]
    fn pages_are_judged_together_as_each_is_alone() {
        let (model, mut rng) = (Model::shipped(), fastrand::Rng::with_seed(7));
        let forest = Forest::of(&model);
        let page_of = |units: usize, rng: &mut fastrand::Rng| {
            let known = |n: u8| if n == 0 { Known::Furniture } else { Known::No };
            let row = |rng: &mut fastrand::Rng| {
                let unit = UnitRow { known: known(rng.u8(0..9)), ..unit(rng.u16(0..30), rng.u16(..)) };
                (unit, Evidence { sites: rng.u32(1..9), ..seen(rng.u32(1..40)) })
            };
            (0..units).map(|_| row(rng)).unzip::<_, _, Vec<UnitRow>, Vec<Evidence>>()
        };
        let rows: Vec<_> = (0..60).map(|n| page_of(n % 23, &mut rng)).collect();
        let settings = settings(50, 1);
        let pages: Vec<Page<'_>> =
            rows.iter().map(|(units, evidence)| Page { units, evidence, settings }).collect();
        let mut together = Vec::new();
        judge(&forest, &pages, &mut Scratch::default(), |n, verdicts| together.push((n, verdicts.clone())));
        let alone = rows.iter().map(|(units, evidence)| judged(units, evidence, 50, 1));
        assert_eq!(together, alone.enumerate().collect::<Vec<_>>());
        assert!(together.iter().filter(|(_, verdicts)| !verdicts.is_empty()).count() > 20);
    }

    #[test]
    fn the_look_alone_cuts_nothing_where_nothing_else_is_furniture() {
        let mut units: Vec<UnitRow> = (0..60).map(|_| unit(2, 0)).collect();
        units.iter_mut().for_each(|u| u.surface.capitalised = 255);
        units.extend((60..63).map(|_| unit(40, Surface::SENTENCE | Surface::AFTER_BLANK)));
        let evidence = vec![seen(1); units.len()];
        assert!(judged(&units, &evidence, 1, 1).is_empty());
        units[..FURNISHED_UNITS].iter_mut().for_each(|u| u.known = Known::Furniture);
        assert!(judged(&units, &evidence, 1, 1).iter().any(|v| v.rule == Rule::Context));
        let (long, seen) =
            ([units.as_slice(), &[unit(40, Surface::SENTENCE); 600]].concat(), vec![seen(1); 663]);
        assert!(judged(&long, &seen, 1, 1).iter().all(|v| v.rule == Rule::KnownLine));
    }

    #[test]
    fn a_text_of_no_site_is_no_page_for_a_few_labels() {
        let forest = Forest::of(&Model::shipped());
        let looks = |labels: usize, firm: usize, has_site: bool| {
            let mut cuts = 0;
            let mut units: Vec<UnitRow> = (0..90).map(|_| unit(2, 0)).collect();
            units.iter_mut().for_each(|u| u.surface.capitalised = 255);
            units[..labels].iter_mut().for_each(|u| u.known = Known::Label);
            units[..firm].iter_mut().for_each(|u| u.known = Known::Furniture);
            let evidence = vec![seen(1); units.len()];
            let page = Page {
                units: &units,
                evidence: &evidence,
                settings: PageSettings { has_site, ..settings(1, 1) },
            };
            judge(&forest, &[page], &mut Scratch::default(), |_, verdicts| cuts = verdicts.len());
            cuts > firm
        };
        assert!(looks(5, 0, true) && !looks(5, 0, false) && !looks(5, 1, false));
        assert!(looks(5, 2, false), "two lines that are no labels");
        assert!(looks(6, 0, false), "one line in fifteen");
    }
}
