//! A page to the text that a reader of it sees, furniture and all.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::Encoding;
use html2text::render::TrivialDecorator;

/// Lines are not wrapped: a paragraph is a line.
const WIDTH: usize = 1 << 24;

/// The visible text of a page, a block a line.
///
/// # Errors
/// What the reader of HTML says.
pub fn visible_text(html: &str) -> Result<String, String> {
    let config = html2text::config::with_decorator(TrivialDecorator::new()).raw_mode(true);
    let text = config.string_from_read(html.as_bytes(), WIDTH).map_err(|e| format!("its HTML: {e}"))?;
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
}
