//! One document in the terminal: its text with the cuts struck out, and beside each why.

use crate::clean::receipt::{Counts, Cut, Receipt};
use anstyle::{AnsiColor, Effects, Style};
use std::fmt::Write;

/// The document of a receipt, for a terminal. Without `colour` cuts stand in `[-...-]`.
pub fn explain(receipt: &Receipt<'_>, text: &str, colour: bool) -> String {
    let mut out = String::new();
    let _ = explain_to(&mut out, receipt, text, colour);
    out
}

/// The same where the text around the cuts is not at hand: the cuts alone.
pub fn explain_cuts(receipt: &Receipt<'_>, colour: bool) -> String {
    let mut out = String::new();
    let styles = Styles::new(colour);
    let _ = show_head(&mut out, receipt, &styles);
    for cut in &receipt.cuts {
        let _ = show_cut(&mut out, (receipt, cut), &styles);
    }
    out
}

fn show_head(out: &mut String, receipt: &Receipt<'_>, styles: &Styles) -> std::fmt::Result {
    let Styles { head, reason, .. } = *styles;
    writeln!(out, "{head}{}{head:#}  {}:{}", printable(&receipt.id), printable(&receipt.file), receipt.line)?;
    if let Some(site) = &receipt.site {
        writeln!(out, "site {}", printable(site))?;
    }
    if let Some(document) = &receipt.document {
        let witness = printable(&document.witness.id);
        return writeln!(
            out,
            "{reason}removed: {} {:.3} of {witness}{reason:#}\n",
            document.rule, document.score
        );
    }
    writeln!(out, "{} cuts\n", receipt.cuts.len())
}

fn explain_to(out: &mut String, receipt: &Receipt<'_>, text: &str, colour: bool) -> std::fmt::Result {
    let styles = Styles::new(colour);
    show_head(out, receipt, &styles)?;
    let mut at = 0;
    for cut in &receipt.cuts {
        write!(out, "{}", printable(&text[at..cut.start as usize]))?;
        show_cut(out, (receipt, cut), &styles)?;
        at = cut.end as usize;
    }
    writeln!(out, "{}", printable(&text[at..]))
}

struct Styles {
    head: Style,
    struck: Style,
    reason: Style,
    marks: bool,
}

impl Styles {
    fn new(colour: bool) -> Styles {
        if !colour {
            return Styles { head: Style::new(), struck: Style::new(), reason: Style::new(), marks: true };
        }
        Styles {
            head: Style::new().bold(),
            struck: Style::new().fg_color(Some(AnsiColor::Red.into())).effects(Effects::STRIKETHROUGH),
            reason: Style::new().fg_color(Some(AnsiColor::Cyan.into())),
            marks: false,
        }
    }
}

fn show_cut(out: &mut String, (receipt, cut): (&Receipt<'_>, &Cut<'_>), styles: &Styles) -> std::fmt::Result {
    let body = cut.removed.trim();
    let from = cut.removed.len() - cut.removed.trim_start().len();
    let (before, after) = (&cut.removed[..from], &cut.removed[from + body.len()..]);
    let Styles { struck, reason, .. } = *styles;
    write!(out, "{before}")?;
    for (i, line) in body.lines().enumerate() {
        let line = printable(line);
        let next = if i > 0 { "\n" } else { "" };
        if styles.marks {
            write!(out, "{next}[-{line}-]")?;
        } else {
            write!(out, "{next}{struck}{line}{struck:#}")?;
        }
    }
    write!(out, "  {reason}<- {}{reason:#}", why(receipt, cut))?;
    if after.contains('\n') { write!(out, "{after}") } else { writeln!(out) }
}

/// The reason of a cut in one line.
fn why(receipt: &Receipt<'_>, cut: &Cut<'_>) -> String {
    let mut out = format!("{} {} {:.2}", cut.kind.name(), cut.rule, cut.score);
    let counts = counted(&cut.counts, receipt.site_pages);
    for told in counts.iter().filter(|told| !cut.because.iter().any(|fact| fact == *told)) {
        let _ = write!(out, "; {told}");
    }
    for (i, fact) in cut.because.iter().enumerate() {
        let _ = write!(out, "{}{fact}", if i == 0 { "; because: " } else { ", " });
    }
    if let Some(witness) = &cut.witness {
        let id = printable(&witness.id);
        let _ =
            write!(out, "; stays in {id} at byte {} (similarity {:.2})", witness.start, witness.similarity);
    }
    out
}

/// The counts behind a cut that say something.
fn counted(counts: &Counts, site_pages: u32) -> Vec<String> {
    let mut told = Vec::new();
    let pages = |n: u32| format!("on {n} of {} pages of the site", site_pages);
    if counts.site_documents > 1 || counts.site_masked > 1 {
        told.push(pages(counts.site_documents.max(counts.site_masked)));
    } else if counts.site_template > 1 {
        told.push(format!("a line like it {}", pages(counts.site_template)));
    }
    if counts.sites > 1 {
        told.push(format!("on {} sites", counts.sites));
    }
    if counts.in_document > 1 {
        told.push(format!("{} times here", counts.in_document));
    }
    told
}

/// Text without control characters that a terminal would obey.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' && c != '\t' { '\u{fffd}' } else { c }).collect()
}
