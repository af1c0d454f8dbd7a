//! Which units of a document are furniture.
//!
//! In: its units with their evidence, and the model. Out: a verdict per unit that goes. Known lines go, and
//! protected ones stay, whatever the model says. A page without a single suspicious unit is left alone: text
//! that is already clean is not read for its style.

use super::Verdict;
use super::features::{self, Row};
use super::model::Model;
use crate::document::Kind;
use crate::tables::{Evidence, Known, Rule, UnitRow};
use crate::text::surface::Surface;

/// Scratch of [`judge_into`].
#[derive(Debug, Default)]
pub struct Scratch {
    rows: Vec<Row>,
    scores: Vec<f32>,
}

/// Judges all units of one document; verdicts are appended to `out`, with units counted from the document's
/// first. `pages` is the number of distinct pages of its site.
pub fn judge_into(
    units: &[UnitRow],
    evidence: &[Evidence],
    page: &PageSettings<'_>,
    scratch: &mut Scratch,
    out: &mut Vec<Verdict>,
) {
    let suspicious = units.iter().zip(evidence).any(|(u, e)| is_suspicious(u, e));
    if !suspicious {
        return;
    }
    features::features_into(units, evidence, page.pages, &mut scratch.rows);
    page.model.score_into(&scratch.rows, &mut scratch.scores);
    for (i, (unit, seen)) in units.iter().zip(evidence).enumerate() {
        let score = scratch.scores[i];
        let rule = match unit.known {
            Known::Protected => continue,
            Known::Furniture => Rule::KnownLine,
            Known::No if score >= page.threshold => continue,
            Known::No => rule_of(unit, seen),
        };
        let score = if unit.known == Known::Furniture { 1.0 } else { 1.0 - score };
        out.push(Verdict { unit: i, kind: Kind::Boilerplate, rule, score, witness: None });
    }
}

/// What the judgement needs beside the units.
pub struct PageSettings<'a> {
    /// Distinct pages of the document's site.
    pub pages: u32,
    /// The model.
    pub model: &'a Model,
    /// A unit goes where its chance to belong to the article is under this.
    pub threshold: f32,
}

/// The strongest evidence against a unit, for the receipt.
fn rule_of(unit: &UnitRow, seen: &Evidence) -> Rule {
    if seen.site_documents > 1 {
        Rule::SiteLine
    } else if seen.site_masked > 1 || seen.site_template > 2 && unit.words >= 3 {
        Rule::SiteTemplate
    } else if seen.sites > 1 {
        Rule::ManySites
    } else {
        Rule::Context
    }
}

/// Whether a unit gives reason to look at its page at all.
fn is_suspicious(unit: &UnitRow, seen: &Evidence) -> bool {
    unit.known == Known::Furniture
        || seen.site_documents > 1
        || seen.site_masked > 1
        || seen.site_template > 2 && unit.words < 15
        || unit.words <= 4 && !unit.surface.has(Surface::SENTENCE)
}
