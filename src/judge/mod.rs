//! The judgements: evidence in, verdict out. Nothing here sees a text or a path.

pub mod because;
mod blocks;
pub mod boilerplate;
pub mod counts;
mod emptied;
pub mod features;
pub mod forest;
pub mod known;
pub mod listed;
pub mod model;
pub mod nearly;
mod onward;
pub mod passage;
pub mod reasons;
pub mod repeat;
pub mod stacked;
mod stamps;
mod surrounded;

use crate::document::Kind;
use crate::tables::{Reasons, Rule, UnitRow, Witness};

/// A unit that goes, counted from the first unit of its document.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Verdict {
    /// Which unit.
    pub unit: usize,
    /// What it is.
    pub kind: Kind,
    /// Why.
    pub rule: Rule,
    /// How sure, 0 to 1.
    pub score: f32,
    /// The unit that stays, for a copy; counted like `unit`.
    pub witness: Option<Witness>,
    /// What spoke most for it, where the model decided.
    pub reasons: Reasons,
}

/// For each unit whether a verdict takes it.
pub fn going(units: &[UnitRow], verdicts: &[Verdict]) -> Vec<bool> {
    let mut goes = vec![false; units.len()];
    verdicts.iter().for_each(|v| goes[v.unit] = true);
    goes
}
