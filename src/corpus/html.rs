//! A page to the text that a reader of it sees, furniture and all.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::Encoding;
use html2text::render::TrivialDecorator;
use html2text::{Element, Handle, RcDom};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Lines are not wrapped: a paragraph is a line.
const WIDTH: usize = 1 << 24;

/// Elements within one another, of those that do not close by themselves: the time to lay out a page grows with the square of
/// its depth. Browsers stop at 512.
const DEEPEST: usize = 1000;

/// How deep elements stand within one another at most, told from their tags.
fn depth(html: &str) -> usize {
    const NESTING: [&str; 12] = [
        "div",
        "ul",
        "ol",
        "dl",
        "table",
        "blockquote",
        "span",
        "font",
        "section",
        "article",
        "center",
        "form",
    ];
    let (mut depth, mut deepest) = (0usize, 0);
    for at in memchr::memchr_iter(b'<', html.as_bytes()) {
        let tag = &html.as_bytes()[at + 1..];
        let (closes, name) = match tag.strip_prefix(b"/") {
            Some(name) => (true, name),
            None => (false, tag),
        };
        let length = name.iter().take_while(|b| b.is_ascii_alphanumeric()).count();
        if !NESTING.iter().any(|n| n.as_bytes().eq_ignore_ascii_case(&name[..length])) {
            continue;
        }
        depth = if closes { depth.saturating_sub(1) } else { depth + 1 };
        deepest = deepest.max(depth);
    }
    deepest
}

/// The visible text of a page, a block a line.
///
/// # Errors
/// What the reader of HTML says, or a page of elements within elements without end.
pub fn visible_text(html: &str) -> Result<String, String> {
    if depth(html) > DEEPEST {
        return Err(format!("its HTML is nested more than {DEEPEST} deep"));
    }
    // A page that html2text does not get over is one record that cannot be used.
    let text = catch_unwind(AssertUnwindSafe(|| laid_out(html)))
        .unwrap_or_else(|_| Err("its HTML: it cannot be laid out".into()))?;
    let mut out = String::with_capacity(text.len());
    for line in text.lines() {
        let line = line.trim_end();
        // Blocks of nothing would leave runs of blank lines.
        if !line.is_empty() || (!out.is_empty() && !out.ends_with("\n\n")) {
            out.push_str(line);
            out.push('\n');
        }
    }
    out.truncate(out.trim_end().len());
    Ok(out)
}

fn laid_out(html: &str) -> Result<String, String> {
    let config = html2text::config::with_decorator(TrivialDecorator::new()).raw_mode(true);
    let text = || {
        let page = config.parse_html(html.as_bytes())?;
        without_spans(&page);
        config.render_to_string(config.dom_to_render_tree(&page)?, WIDTH)
    };
    text().map_err(|e| format!("its HTML: {e}"))
}

/// Takes cells that reach over several rows, or over no column, back to one: their text is the same, and html2text 0.17 panics
/// where the former meet cells over several columns.
fn without_spans(page: &RcDom) {
    let mut waiting: Vec<Handle> = vec![page.document.clone()];
    while let Some(node) = waiting.pop() {
        if let Element { attrs, .. } = &node.data {
            attrs.borrow_mut().retain(|attribute| match &*attribute.name.local {
                "rowspan" => false,
                "colspan" => attribute.value.parse::<usize>() != Ok(0),
                _ => true,
            });
        }
        waiting.extend(node.children.borrow().iter().cloned());
    }
}

/// Bytes of the web as text: by their mark, by `label`, by what they declare, or by detection. A character that is none
/// becomes U+FFFD.
pub fn decode(bytes: &[u8], label: Option<&str>) -> String {
    let labelled = label.and_then(|l| Encoding::for_label(l.as_bytes()));
    let encoding = labelled.or_else(|| super::encoding::declared(bytes)).unwrap_or_else(|| {
        let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
        detector.feed(bytes, true);
        detector.guess(None, Utf8Detection::Allow)
    });
    encoding.decode(bytes).0.into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_lines_and_scripts_are_not_seen() {
        let page = "<html><head><title>T</title><script>var x = 1;</script><style>p {}</style></head><body><ul><li>Home\
                    <li>News</ul><h1>Ferry fares rise</h1><p>The harbour board said <a href='/b'>on Monday</a> that\nfares \
                    will rise.</p><table><tr><td>Adult<td>4.20</table></body></html>";
        let text = visible_text(page).unwrap();
        assert!(text.contains("\nThe harbour board said on Monday that fares will rise.\n"), "{text}");
        assert!(text.contains("Ferry fares rise") && text.contains("Home"), "{text}");
        assert!(!text.contains("var x") && !text.contains("p {}"), "{text}");
    }

    #[test]
    fn cells_over_rows_that_meet_cells_over_columns_are_read() {
        let page = "<table><tr><td>Adult<td colspan=7>fares<td rowspan=3>4.20<tr><td>Child<td rowspan=3>2.10<td colspan=0></table><p>From May.";
        let text = visible_text(page).unwrap();
        for word in ["Adult", "fares", "4.20", "Child", "2.10", "\nFrom May."] {
            assert!(text.contains(word), "{text}");
        }
    }

    #[test]
    fn pages_nested_without_end_are_refused_and_lists_that_close_themselves_are_not() {
        assert!(visible_text(&"<ul><li>".repeat(20_000)).unwrap_err().contains("nested"));
        assert!(visible_text(&"<p>Ferries<div>run</div><li>again".repeat(3_000)).is_ok());
    }
}
