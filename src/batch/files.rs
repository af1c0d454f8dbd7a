//! `files.jsonl`: what became of each file of the input, for those who restore and verify.

use crate::clean::receipt::check_header;
use crate::config::Fields;
use crate::corpus::encoding::Spelt;
use crate::corpus::format::{Compression, Format};
use crate::corpus::records::FileRead;
use crate::error::{Error, Result};
use encoding_rs::Encoding;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Component, Path};

/// The format of the list, as named in its first line.
pub const FORMAT: &str = "dechaff files";
/// Its version.
pub const VERSION: u32 = 1;

/// A row of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRow {
    /// Its name, relative to the input that was named; receipts call it so.
    pub file: String,
    /// What it holds.
    pub format: Format,
    /// How it is packed.
    pub compression: Compression,
    /// The encoding of a text that is not UTF-8.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// Whether a byte-order mark stands before the text.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub mark: bool,
    /// Bytes on disk.
    pub bytes: u64,
    /// XXH3-128 of these, in hexadecimal.
    pub xxh3: String,
    /// Records in it, unusable ones included.
    pub records: u32,
    /// Of these, unusable ones.
    pub rejected: u32,
    /// Records that are no documents, by what they are.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub passed_over: BTreeMap<String, u64>,
    /// Bytes before all records: a byte-order mark, a bracket, a header.
    #[serde(default, skip_serializing_if = "is_none")]
    pub lead: usize,
    /// Bytes behind all records.
    #[serde(default, skip_serializing_if = "is_none")]
    pub tail: usize,
    /// What stands between two records, where that belongs to none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub separator: Option<String>,
    /// What was written of its documents.
    pub documents: Written,
    /// Its name below `documents/` and `removed/`.
    pub output: String,
    /// What it holds there.
    pub output_format: Format,
    /// How it is packed there.
    pub output_compression: Compression,
}

fn is_none(bytes: &usize) -> bool {
    *bytes == 0
}

impl FileRow {
    /// What is known of a file, and where it goes.
    pub fn new(file: &FileRead, rejected: u32, target: &Target, documents: Written) -> FileRow {
        let encoding = file.encoding.map(|e| e.0.name()).filter(|e| *e != "UTF-8");
        FileRow {
            file: file.input.name.clone(),
            format: file.format,
            compression: file.compression,
            encoding: encoding.map(str::to_owned),
            mark: file.encoding.is_some_and(|e| e.1),
            bytes: file.bytes,
            xxh3: format!("{:032x}", file.xxh3),
            records: file.records,
            rejected,
            passed_over: file.passed_over.clone(),
            lead: file.lead.len(),
            tail: file.end.len(),
            separator: file.separator.as_ref().map(|s| String::from_utf8_lossy(s).into_owned()),
            documents,
            output: target.name.clone(),
            output_format: target.format,
            output_compression: target.compression,
        }
    }

    /// Whether its records were written in the format that they came in.
    pub fn is_converted(&self) -> bool {
        self.format != self.output_format
    }

    /// Its name where it is restored.
    pub fn restored(&self) -> &str {
        if self.is_converted() { &self.output } else { &self.file }
    }

    /// The fields of its records in the output.
    pub fn fields<'f>(&self, fields: &'f Fields, own: &'f Fields) -> &'f Fields {
        if self.is_converted() && matches!(self.format, Format::Warc | Format::Text) { own } else { fields }
    }

    /// How its text was spelt.
    pub fn spelt(&self) -> Spelt {
        let named = self.encoding.as_ref().and_then(|e| Encoding::for_label(e.as_bytes()));
        Spelt { encoding: named.unwrap_or(encoding_rs::UTF_8), mark: self.mark }
    }
}

/// What was written of documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Written {
    /// They were cut.
    Cleaned,
    /// They are whole, and marked in a field.
    Marked,
    /// Nothing, or what a stream took.
    Nowhere,
}

/// Where the records of a file go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The name below `documents/`.
    pub name: String,
    /// What it will hold.
    pub format: Format,
    /// How it will be packed.
    pub compression: Compression,
}

/// What the output is made of, whatever the input is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Conversion {
    /// Another format: JSON Lines, comma-separated values or Parquet.
    pub format: Option<Format>,
    /// Another packing.
    pub compression: Option<Compression>,
}

/// The formats that there are conversions to, by the endings of their names.
const FORMATS: [(&str, Format); 3] =
    [("jsonl", Format::JsonLines), ("csv", Format::Csv), ("parquet", Format::Parquet)];

impl Conversion {
    /// Reads `jsonl`, `csv.zst`, `parquet`, `zst`, `none` and so on.
    ///
    /// # Errors
    /// A name that is none of these.
    pub fn parse(name: &str) -> std::result::Result<Conversion, String> {
        let (format, packing) = match name.split_once('.') {
            Some((format, packing)) => (Some(format), Some(packing)),
            None if FORMATS.iter().any(|f| f.0 == name) => (Some(name), None),
            None => (None, Some(name)),
        };
        let known = |name: &str| FORMATS.iter().find(|f| f.0 == name).map(|f| f.1);
        let packed = |packing: &str| match Compression::of_name(&format!("x.{packing}")) {
            _ if packing == "none" => Some(Compression::None),
            (Compression::None, _) => None,
            (compression, _) => Some(compression),
        };
        let conversion = Conversion {
            format: format.and_then(known),
            compression: packing.map_or(Some(Compression::None), packed),
        };
        if conversion.format == Some(Format::Parquet) && packing.is_some() {
            return Err("Parquet is packed within, and not once more".into());
        }
        if conversion.compression.is_none() || conversion.format.is_some() != format.is_some() {
            return Err("neither a format (jsonl, csv, parquet) nor a packing (gz, zst, bz2, xz, lz4, none), nor both as \
                        in jsonl.zst"
                .into());
        }
        Ok(conversion)
    }

    /// Refuses what cannot be written, before anything is done.
    ///
    /// # Errors
    /// Why it cannot.
    pub fn check(&self, fields: &Fields) -> Result<()> {
        let is_table = matches!(self.format, Some(Format::Csv | Format::Parquet));
        if is_table && fields.text.contains('.') {
            return Err(Error::Input(format!(
                "--output-format: the text (`{}`) lies within another field, where a table has no column for it",
                fields.text
            )));
        }
        Ok(())
    }

    /// Where the records of a file go; `marked`: they need fields, whatever they came in.
    pub fn target(&self, file: &FileRead, marked: bool) -> Target {
        let needs = file.format == Format::Warc || (marked && file.format == Format::Text);
        let format = self.format.unwrap_or(if needs { Format::JsonLines } else { file.format });
        let compression = match self.compression {
            // Columns are packed within.
            _ if format == Format::Parquet => Compression::None,
            Some(compression) => compression,
            None => file.compression,
        };
        let (named, stem) = Compression::of_name(&file.input.name);
        let name = if format == file.format && (compression == file.compression) {
            file.input.name.clone()
        } else if format == file.format {
            let stem = if named == Compression::None { &file.input.name } else { stem };
            format!("{stem}{}", compression.ending())
        } else {
            let ending = FORMATS.iter().find(|f| f.1 == format).map_or("", |f| f.0);
            format!("{stem}.{ending}{}", compression.ending())
        };
        Target { name, format, compression }
    }
}

/// Reads the list.
///
/// # Errors
/// A line that is none of it, another format or version; a name that leads out of the folder.
pub fn read(path: &Path, text: &str) -> Result<Vec<FileRow>> {
    let bad = |line: u64, reason: String| Error::Format { path: path.to_path_buf(), line, reason };
    let mut lines = (1..).zip(text.lines());
    let (_, first) = lines.next().ok_or_else(|| bad(1, "empty".into()))?;
    check_header(first, FORMAT, VERSION).map_err(|e| bad(1, e))?;
    let row = |(n, l): (u64, &str)| {
        let row: FileRow = serde_json::from_str(l).map_err(|e| bad(n, e.to_string()))?;
        if let Some(name) = [&row.file, &row.output].into_iter().find(|name| !is_below(name)) {
            return Err(bad(n, format!("`{name}` is not the name of a file below this folder")));
        }
        Ok(row)
    };
    lines.map(row).collect()
}

/// Whether a name can only be that of a file below the folder that it is joined to.
fn is_below(name: &str) -> bool {
    !name.is_empty() && Path::new(name).components().all(|c| matches!(c, Component::Normal(_)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::walk::InputFile;

    fn target(name: &str, format: Format, compression: Compression, conversion: &str) -> String {
        let input = InputFile {
            path: name.into(),
            name: name.into(),
            format: None,
            folder: None,
            named: false,
            most: None,
        };
        Conversion::parse(conversion).unwrap().target(&FileRead::new(input, format, compression), false).name
    }

    #[test]
    fn names_tell_what_is_in_the_file() {
        use Compression::{Gzip, None as Plain, Zstd};
        assert_eq!(target("a/b.jsonl.gz", Format::JsonLines, Gzip, "zst"), "a/b.jsonl.zst");
        assert_eq!(target("b.jsonl", Format::JsonLines, Gzip, "gz"), "b.jsonl");
        assert_eq!(target("b.csv.zst", Format::Csv, Zstd, "jsonl"), "b.csv.jsonl");
        assert_eq!(target("b.csv.zst", Format::Csv, Zstd, "parquet"), "b.csv.parquet");
        assert_eq!(target("b.jsonl.zst", Format::JsonLines, Zstd, "csv.gz"), "b.jsonl.csv.gz");
        assert_eq!(target("b.csv.zst", Format::Csv, Zstd, "none"), "b.csv");
        assert_eq!(target("b.parquet", Format::Parquet, Plain, "zst"), "b.parquet");
        assert_eq!(target("b.parquet", Format::Parquet, Plain, "jsonl.zst"), "b.parquet.jsonl.zst");
    }

    #[test]
    fn names_that_lead_out_of_the_folder_are_refused() {
        let input = InputFile {
            path: "a.txt".into(),
            name: "a.txt".into(),
            format: None,
            folder: None,
            named: false,
            most: None,
        };
        let file = FileRead::new(input, Format::Text, Compression::None);
        let target = Conversion::default().target(&file, false);
        let header = format!("{{\"format\":\"{FORMAT}\",\"version\":{VERSION}}}\n");
        let list = |row: &FileRow| header.clone() + &serde_json::to_string(row).unwrap() + "\n";
        let sound = FileRow::new(&file, 0, &target, Written::Cleaned);
        assert!(read(Path::new("files.jsonl"), &list(&sound)).is_ok());
        for name in ["../a.txt", "/tmp/a.txt", "b/../../a.txt", ""] {
            for row in [
                FileRow { file: name.into(), ..sound.clone() },
                FileRow { output: name.into(), ..sound.clone() },
            ] {
                let error = read(Path::new("files.jsonl"), &list(&row)).unwrap_err().to_string();
                assert!(error.contains("is not the name of a file below"), "{error}");
            }
        }
    }

    #[test]
    fn what_is_no_format_is_refused_by_name() {
        for name in ["tsv", "jsonl.zip", "", "parquet.zst", "a.b", "csv."] {
            assert!(Conversion::parse(name).is_err(), "{name}");
        }
    }
}
