//! Why the model took a unit for furniture, in words.
//!
//! In: the units of one document with their evidence, and what spoke most for a cut. Out: a fact a reason, with its value.

use super::features;
use crate::tables::{Evidence, Reason, UnitRow};
use crate::text::surface::Surface;

/// A document as it was judged.
pub struct Page<'a> {
    units: &'a [UnitRow],
    evidence: &'a [Evidence],
    pages: u32,
    short: usize,
}

impl<'a> Page<'a> {
    /// Its units, a row of evidence for each, and how many distinct pages its site has.
    pub fn new(units: &'a [UnitRow], evidence: &'a [Evidence], pages: u32) -> Page<'a> {
        Page { units, evidence, pages, short: units.iter().filter(|u| features::is_short(u)).count() }
    }

    /// What a reason says of a unit.
    pub fn fact(&self, reason: Reason, unit: usize) -> String {
        let (row, seen) = (&self.units[unit], &self.evidence[unit]);
        let look = &row.surface;
        let on_pages = |n: u32| format!("on {n} of {} pages of the site", self.pages);
        match reason {
            Reason::Pages if self.pages < 2 => "the only page of its site".into(),
            Reason::Pages if seen.site_documents < 2 => "no other page of the site has it".into(),
            Reason::Pages => on_pages(seen.site_documents),
            Reason::Masked => format!("{}, but for numbers", on_pages(seen.site_masked)),
            Reason::Template => format!("a line like it {}", on_pages(seen.site_template.max(1))),
            Reason::Sites => format!("on {}", count(seen.sites, "site")),
            Reason::Again if seen.in_document > 1 => format!("{} times on the page", seen.in_document),
            Reason::Again => "once on the page".into(),
            Reason::Length => count(u32::from(row.words), "word"),
            Reason::Ends if look.has(Surface::COLON) => "ends with a colon".into(),
            Reason::Ends if look.has(Surface::SENTENCE) => "ends like a sentence".into(),
            Reason::Ends => "does not end like a sentence".into(),
            Reason::Marks if look.has(Surface::ADDRESS) => "holds an address".into(),
            Reason::Marks if look.has(Surface::BULLET) => "begins with a mark".into(),
            Reason::Marks if look.separators > 0 => count(u32::from(look.separators), "separator"),
            Reason::Marks if look.commas > 0 => count(u32::from(look.commas), "comma"),
            Reason::Marks => format!("{} symbols", percent(look.symbols)),
            Reason::Capitals if look.has(Surface::SHOUTED) => "all in capitals".into(),
            Reason::Capitals => format!("{} of its words capitalised", percent(look.capitalised)),
            Reason::Digits => format!("{} digits", percent(look.digits)),
            Reason::Place => format!("line {} of {}", unit + 1, self.units.len()),
            Reason::Text => match features::text_around(self.units, self.evidence, unit, self.pages) as u32 {
                0 => "no text around it".into(),
                n => format!("{} of text around it", count(n, "word")),
            },
            Reason::Around => {
                let n = features::repeated_around(self.units, self.evidence, unit, self.pages);
                format!("{n} of 8 lines around it on other pages")
            }
            Reason::Page => format!("{} of {} lines of the page short", self.short, self.units.len()),
            Reason::Before => self.beside("line before", unit.checked_sub(1)),
            Reason::Behind => self.beside("next line", Some(unit + 1)),
        }
    }

    /// What a line beside a unit is like.
    fn beside(&self, place: &str, unit: Option<usize>) -> String {
        let Some(there) = unit.filter(|&u| u < self.units.len()) else { return format!("{place}: nothing") };
        let words = count(u32::from(self.units[there].words), "word");
        match self.evidence[there].site_documents {
            0 | 1 => format!("{place}: {words}"),
            n => format!("{place}: {words}, on {n} of {} pages", self.pages),
        }
    }
}

fn percent(share: u8) -> String {
    format!("{:.0} %", f32::from(share) * 100.0 / 255.0)
}

fn count(n: u32, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Span;
    use crate::tables::Known;

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
    fn facts_are_stated_with_their_values() {
        let (units, evidence) = ([unit(3), unit(20)], [seen(14), seen(1)]);
        let page = Page::new(&units, &evidence, 20);
        for (reason, unit, fact) in [
            (Reason::Pages, 0, "on 14 of 20 pages of the site"),
            (Reason::Pages, 1, "no other page of the site has it"),
            (Reason::Length, 1, "20 words"),
            (Reason::Text, 0, "20 words of text around it"),
            (Reason::Around, 1, "1 of 8 lines around it on other pages"),
            (Reason::Page, 0, "1 of 2 lines of the page short"),
            (Reason::Before, 1, "line before: 3 words, on 14 of 20 pages"),
            (Reason::Before, 0, "line before: nothing"),
            (Reason::Behind, 1, "next line: nothing"),
            (Reason::Place, 1, "line 2 of 2"),
        ] {
            assert_eq!(page.fact(reason, unit), fact);
        }
    }
}
