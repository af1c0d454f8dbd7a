//! What a file holds, and how it is packed: told by its first bytes, and by its name where they do not tell.

use serde::{Deserialize, Serialize};
use std::path::Path;

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// A JSON object a line.
    JsonLines,
    /// A JSON array of objects, or objects one after another over several lines.
    Json,
    /// A table with a header; a record a row.
    Csv,
    /// One document.
    Text,
    /// Records of a web archive: WARC, WET.
    Warc,
    /// A table in columns; a record a row.
    Parquet,
}

/// How a file is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Compression {
    /// Not at all.
    None,
    /// gzip, of any number of members.
    Gzip,
    /// Zstandard, of any number of frames.
    Zstd,
    /// bzip2, of any number of streams.
    Bzip2,
    /// xz, of any number of streams.
    Xz,
    /// LZ4 frames.
    Lz4,
}

impl Compression {
    /// All of them.
    pub const ALL: [Compression; 6] = [
        Compression::None,
        Compression::Gzip,
        Compression::Zstd,
        Compression::Bzip2,
        Compression::Xz,
        Compression::Lz4,
    ];

    /// By the first bytes of a file.
    pub fn of_bytes(head: &[u8]) -> Compression {
        match head {
            [0x1f, 0x8b, ..] => Compression::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Compression::Zstd,
            [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, 0x26, ..]
            | [b'B', b'Z', b'h', b'1'..=b'9', 0x17, 0x72, 0x45, 0x38, ..] => Compression::Bzip2,
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Compression::Xz,
            [0x04, 0x22, 0x4d, 0x18, ..] => Compression::Lz4,
            _ => Compression::None,
        }
    }

    /// By the end of a name: the compression, and the name without it.
    pub fn of_name(name: &str) -> (Compression, &str) {
        for (ending, compression) in [
            (".gz", Compression::Gzip),
            (".zst", Compression::Zstd),
            (".zstd", Compression::Zstd),
            (".bz2", Compression::Bzip2),
            (".xz", Compression::Xz),
            (".lz4", Compression::Lz4),
        ] {
            let at = name.len().saturating_sub(ending.len());
            if at > 0 && name.is_char_boundary(at) && name[at..].eq_ignore_ascii_case(ending) {
                return (compression, &name[..at]);
            }
        }
        (Compression::None, name)
    }

    /// The ending of the names of such files, with its dot.
    pub fn ending(self) -> &'static str {
        match self {
            Compression::None => "",
            Compression::Gzip => ".gz",
            Compression::Zstd => ".zst",
            Compression::Bzip2 => ".bz2",
            Compression::Xz => ".xz",
            Compression::Lz4 => ".lz4",
        }
    }

    /// The name for people.
    pub fn name(self) -> &'static str {
        match self {
            Compression::None => "unpacked",
            Compression::Gzip => "gzip",
            Compression::Zstd => "zstd",
            Compression::Bzip2 => "bzip2",
            Compression::Xz => "xz",
            Compression::Lz4 => "lz4",
        }
    }
}

/// What the name of a file says that it holds; `None` where dechaff knows no such name.
pub fn of_name(name: &str) -> Option<Format> {
    let (_, name) = Compression::of_name(name);
    let extension = Path::new(name).extension()?.to_string_lossy().to_lowercase();
    match extension.as_str() {
        "jsonl" | "ndjson" => Some(Format::JsonLines),
        "json" => Some(Format::Json),
        "csv" | "tsv" => Some(Format::Csv),
        "txt" | "text" | "md" => Some(Format::Text),
        "warc" | "wet" => Some(Format::Warc),
        "parquet" | "pq" => Some(Format::Parquet),
        _ => None,
    }
}

/// What the first unpacked bytes of a file, and its name, say that it holds. `.json` may be an object a line, an array,
/// or objects over several lines.
pub fn of_bytes(head: &[u8], named: Option<Format>) -> Format {
    // Behind its name comes a number, no character of a text.
    let is_text = |byte: &u8| byte.is_ascii_graphic() || byte.is_ascii_whitespace();
    let columns = head.strip_prefix(b"PAR1");
    if columns.is_some_and(|rest| named == Some(Format::Parquet) || !rest.first().is_some_and(is_text)) {
        return Format::Parquet;
    }
    // Its version ends the line.
    let version_ends = |rest: &[u8]| rest.iter().find(|b| !b.is_ascii_digit() && **b != b'.').copied();
    let archive = head.strip_prefix(b"WARC/").map(version_ends);
    if archive.is_some_and(|end| end.is_none_or(|b| matches!(b, b'\r' | b'\n'))) {
        return Format::Warc;
    }
    let body = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    match named {
        Some(Format::Json) => json(body),
        Some(named) => named,
        None if body.starts_with(b"{") || body.starts_with(b"[") => json(body),
        None => Format::Text,
    }
}

fn json(body: &[u8]) -> Format {
    if body.starts_with(b"[") {
        return Format::Json;
    }
    // An object over several lines ends its first line within the object.
    let line = memchr::memchr(b'\n', body).map(|n| &body[..n]);
    let begun = |line: &[u8]| serde_json::from_slice::<serde::de::IgnoredAny>(line);
    match line {
        Some(line) if begun(line).is_err_and(|e| e.is_eof()) => Format::Json,
        _ => Format::JsonLines,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_comes_before_the_name() {
        assert_eq!(of_bytes(b"PAR1\x15", Some(Format::JsonLines)), Format::Parquet);
        assert_eq!(of_bytes(b"WARC/1.0\r\n", None), Format::Warc);
        assert_eq!(of_bytes(b"PAR1 is how it begins", Some(Format::Text)), Format::Text);
        assert_eq!(of_bytes(b"WARC/1.0 is a format", Some(Format::Text)), Format::Text);
        assert_eq!(of_bytes(b" {\"a\":1}\n{\"a\":2}\n", Some(Format::Json)), Format::JsonLines);
        assert_eq!(of_bytes(b"{\n \"a\": 1\n}\n", Some(Format::Json)), Format::Json);
        assert_eq!(of_bytes(b"\xef\xbb\xbf[\n{}]", Some(Format::Json)), Format::Json);
        assert_eq!(of_bytes(b"Once upon a time", None), Format::Text);
    }

    #[test]
    fn names_tell_through_their_packing() {
        assert_eq!(of_name("a/b.jsonl.GZ"), Some(Format::JsonLines));
        assert_eq!(of_name("b.warc.wet.gz"), Some(Format::Warc));
        assert_eq!(of_name("b.bin"), None);
        assert_eq!(Compression::of_name("x.json.zst"), (Compression::Zstd, "x.json"));
        assert_eq!(Compression::of_name(".gz"), (Compression::None, ".gz"));
    }
}
