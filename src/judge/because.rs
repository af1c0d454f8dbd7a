//! Why the model took a unit for furniture, in words.
//!
//! In: the units of one document with their evidence, and what spoke most for a cut. Out: a fact a reason, with its value.

use super::{features, stamps};
use crate::tables::{Evidence, Reason, UnitRow};
use crate::text::surface::Surface;
use std::fmt::{self, Write};

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

    /// What a reason says of a unit, behind `out`.
    ///
    /// # Errors
    /// Those of `out`; a string has none.
    pub fn fact_into(&self, reason: Reason, unit: usize, out: &mut impl Write) -> fmt::Result {
        let (row, seen) = (&self.units[unit], &self.evidence[unit]);
        let look = &row.surface;
        let pages = self.pages;
        match reason {
            Reason::Pages if pages < 2 => write!(out, "the only page of its site"),
            Reason::Pages if seen.site_documents < 2 => write!(out, "no other page of the site has it"),
            Reason::Pages => write!(out, "on {} of {pages} pages of the site", seen.site_documents),
            Reason::Masked => {
                write!(out, "on {} of {pages} pages of the site, but for numbers", seen.site_masked)
            }
            Reason::Template => {
                write!(out, "a line like it on {} of {pages} pages of the site", seen.site_template.max(1))
            }
            Reason::Sites => write!(out, "on {}", Count(seen.sites, "site")),
            Reason::Again if seen.in_document > 1 => write!(out, "{} times on the page", seen.in_document),
            Reason::Again => write!(out, "once on the page"),
            Reason::Length => write!(out, "{}", Count(u32::from(row.words), "word")),
            Reason::Ends if look.has(Surface::COLON) => write!(out, "ends with a colon"),
            Reason::Ends if look.has(Surface::SENTENCE) => write!(out, "ends like a sentence"),
            Reason::Ends => write!(out, "does not end like a sentence"),
            Reason::Marks if look.has(Surface::ADDRESS) => write!(out, "holds an address"),
            Reason::Marks if look.has(Surface::BULLET) => write!(out, "begins with a mark"),
            Reason::Marks if look.separators > 0 => {
                write!(out, "{}", Count(u32::from(look.separators), "separator"))
            }
            Reason::Marks if look.commas > 0 => write!(out, "{}", Count(u32::from(look.commas), "comma")),
            Reason::Marks => write!(out, "{} symbols", Percent(look.symbols)),
            Reason::Capitals if look.has(Surface::SHOUTED) => write!(out, "all in capitals"),
            Reason::Capitals => write!(out, "{} of its words capitalised", Percent(look.capitalised)),
            Reason::Digits => write!(out, "{} digits", Percent(look.digits)),
            Reason::Place => write!(out, "line {} of {}", unit + 1, self.units.len()),
            Reason::Text => match features::text_around(self.units, self.evidence, unit, pages) as u32 {
                0 => write!(out, "no text around it"),
                n => write!(out, "only {} of text around it", Count(n, "word")),
            },
            Reason::Around => {
                let n = features::repeated_around(self.units, self.evidence, unit, pages);
                let with_figures = stamps::around(self.units, unit);
                if n > 0.0 || with_figures == 0 {
                    write!(out, "{n} of 8 lines around it on other pages")?;
                }
                match with_figures {
                    0 => Ok(()),
                    _ if n > 0.0 => write!(out, ", {with_figures} of 16 with figures"),
                    _ => write!(out, "{with_figures} of 16 lines around it with figures"),
                }
            }
            Reason::Page => write!(out, "{} of {} lines of the page short", self.short, self.units.len()),
            Reason::Before => self.beside_into("line before", unit.checked_sub(1), out),
            Reason::Behind => self.beside_into("next line", Some(unit + 1), out),
        }
    }

    /// What a line beside a unit is like.
    fn beside_into(&self, place: &str, unit: Option<usize>, out: &mut impl Write) -> fmt::Result {
        let Some(there) = unit.filter(|&u| u < self.units.len()) else {
            return write!(out, "{place}: nothing");
        };
        write!(out, "{place}: {}", Count(u32::from(self.units[there].words), "word"))?;
        match self.evidence[there].site_documents {
            0 | 1 => Ok(()),
            n => write!(out, ", on {n} of {} pages", self.pages),
        }
    }
}

struct Percent(u8);

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.0} %", f32::from(self.0) * 100.0 / 255.0)
    }
}

struct Count(u32, &'static str);

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Count(n, what) = self;
        write!(f, "{n} {what}{}", if *n == 1 { "" } else { "s" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::Known;

    fn unit(words: u16) -> UnitRow {
        let surface = Surface::default();
        UnitRow { masked_words: words as u8, words, known: Known::No, surface }
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
            (Reason::Text, 0, "only 20 words of text around it"),
            (Reason::Around, 1, "1 of 8 lines around it on other pages"),
            (Reason::Around, 0, "0 of 8 lines around it on other pages"),
            (Reason::Page, 0, "1 of 2 lines of the page short"),
            (Reason::Before, 1, "line before: 3 words, on 14 of 20 pages"),
            (Reason::Before, 0, "line before: nothing"),
            (Reason::Behind, 1, "next line: nothing"),
            (Reason::Place, 1, "line 2 of 2"),
        ] {
            let mut told = String::new();
            page.fact_into(reason, unit, &mut told).unwrap();
            assert_eq!(told, fact);
        }
    }
}
