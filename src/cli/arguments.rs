//! The command line.

use clap::{Args, Parser, Subcommand, ValueEnum};
use dechaff::batch::annotate::Emit;
use dechaff::batch::files::Conversion;
use dechaff::config::{Builtin, Keep, Level};
use dechaff::corpus::reading::OnError;
use dechaff::document::Kind;
use encoding_rs::Encoding;
use std::path::PathBuf;

/// Cleans scraped corpora: cuts repeated captions, site boilerplate, duplicated passages and near-duplicate
/// articles, and can explain and undo every cut.
#[derive(Debug, Parser)]
#[command(
    version,
    max_term_width = 100,
    after_help = "Exit status: 0 done, 1 done but some records were rejected or an output is not as it was, 2 could not run."
)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Clean a corpus
    Clean(Clean),
    /// Make the same decisions and clean nothing: what would go, and why
    Scan(Scan),
    /// Show one document with its cuts, and the rule and the witness beside each
    Explain {
        /// An output folder of dechaff
        folder: PathBuf,
        /// The id of the document
        id: String,
        #[command(flatten)]
        colour: Colour,
    },
    /// Put everything back: the corpus as it was, record by record
    Restore {
        /// An output folder of dechaff
        folder: PathBuf,
        /// Folder for the restored corpus
        #[arg(short, long, value_name = "DIR")]
        output: PathBuf,
        /// Replace an earlier output of dechaff
        #[arg(long)]
        force: bool,
        /// Say nothing but errors
        #[arg(short, long)]
        quiet: bool,
    },
    /// Check a finished output: checksums, receipts, witnesses and counts
    Verify {
        /// An output folder of dechaff
        folder: PathBuf,
        /// Say nothing but what is wrong
        #[arg(short, long)]
        quiet: bool,
    },
}

#[derive(Debug, Args)]
pub struct Clean {
    #[command(flatten)]
    pub cleaning: Cleaning,
    /// Folder for the output; it appears when it is whole
    #[arg(short, long, value_name = "OUT")]
    pub output: Option<PathBuf>,
    /// In a pipe: folder for receipts, removed and rejected records
    #[arg(long, value_name = "DIR")]
    pub receipts: Option<PathBuf>,
    /// What to write of the documents: cleaned `documents`; or `field`: whole, with the spans in a field `dechaff`;
    /// `attributes`: Dolma attribute files; `ids`: lists of the ids that stay and go [default: documents]
    #[arg(long, value_delimiter = ',', value_name = "WHAT,...", help_heading = "Output")]
    pub emit: Vec<EmitName>,
    /// Write another format or packing than the input's: jsonl, csv, parquet, jsonl.gz, csv.zst ..., or gz, zst, bz2, xz,
    /// lz4, none
    #[arg(long, value_name = "FORMAT", value_parser = Conversion::parse, help_heading = "Output")]
    pub output_format: Option<Conversion>,
    /// How hard to pack, as gzip, zstd, bzip2 and xz count; Parquet that is made of other formats as zstd [default: theirs]
    #[arg(long, value_name = "N", help_heading = "Output")]
    pub level: Option<u32>,
    /// Complete an output that a run over the same input with the same settings left unfinished
    #[arg(long, conflicts_with = "force", help_heading = "Output")]
    pub resume: bool,
}

#[derive(Debug, Args)]
pub struct Scan {
    #[command(flatten)]
    pub cleaning: Cleaning,
    /// Folder for receipts, clusters and summary
    #[arg(short, long, value_name = "OUT")]
    pub output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Cleaning {
    /// Files and folders of them: JSON Lines, JSON, CSV, TSV, Parquet, WARC, WET and text, packed by gzip, zstd, bzip2,
    /// xz or lz4 or not at all; `-` reads JSON Lines from standard input
    #[arg(required_unless_present = "files_from", value_name = "INPUT")]
    pub inputs: Vec<PathBuf>,

    /// What to look for and cut [default: all four]
    #[arg(long, value_delimiter = ',', value_name = "KIND,...", help_heading = "What is cut")]
    pub only: Vec<KindName>,
    /// Defaults for a kind of corpus
    #[arg(long, value_name = "NAME", help_heading = "What is cut")]
    pub preset: Option<PresetName>,
    /// Settings file (TOML); flags come before it
    #[arg(long, value_name = "FILE", help_heading = "What is cut")]
    pub config: Option<PathBuf>,
    /// How eagerly lines are taken for furniture [default: balanced]
    #[arg(long, value_name = "LEVEL", help_heading = "What is cut")]
    pub boilerplate: Option<LevelName>,
    /// Lines known to be furniture: a line or a template a row, as README tells
    #[arg(long, value_name = "FILE", help_heading = "What is cut")]
    pub known: Vec<PathBuf>,
    /// Lines that must stay, in the same form
    #[arg(long, value_name = "FILE", help_heading = "What is cut")]
    pub protect: Vec<PathBuf>,
    /// Shipped lists of known furniture to use [default: all]
    #[arg(long, value_name = "LISTS", help_heading = "What is cut")]
    pub builtin: Option<BuiltinName>,
    /// Boilerplate model of your own
    #[arg(long, value_name = "FILE", help_heading = "What is cut")]
    pub model: Option<PathBuf>,

    /// Jaccard similarity from which documents are near-duplicates [default: 0.7]
    #[arg(long, value_name = "0..1", help_heading = "Documents")]
    pub threshold: Option<f64>,
    /// Chance of finding a pair exactly at the threshold [default: 0.95]
    #[arg(long, value_name = "0..1", help_heading = "Documents")]
    pub recall: Option<f64>,
    /// Words a shingle [default: 5]
    #[arg(long, value_name = "N", help_heading = "Documents")]
    pub shingle: Option<usize>,
    /// Share of a document that must stand in a longer one for it to go; 0 turns this off [default: 0.9]
    #[arg(long, value_name = "0..1", help_heading = "Documents")]
    pub containment: Option<f64>,
    /// Which document of a cluster stays [default: longest]
    #[arg(long, value_name = "POLICY", help_heading = "Documents")]
    pub keep: Option<KeepName>,
    /// Sites whose documents stay before others', most preferred first
    #[arg(long, value_delimiter = ',', value_name = "SITE,...", help_heading = "Documents")]
    pub prefer: Vec<String>,

    /// Field with the text; dotted paths reach into objects [default: text]
    #[arg(long, value_name = "FIELD", help_heading = "Records")]
    pub text_field: Option<String>,
    /// Field with the id [default: id]
    #[arg(long, value_name = "FIELD", help_heading = "Records")]
    pub id_field: Option<String>,
    /// Field with the address [default: url]
    #[arg(long, value_name = "FIELD", help_heading = "Records")]
    pub url_field: Option<String>,
    /// Field with the site [default: site, host, domain or source_domain]
    #[arg(long, value_name = "FIELD", help_heading = "Records")]
    pub site_field: Option<String>,
    /// Field with the date [default: date]
    #[arg(long, value_name = "FIELD", help_heading = "Records")]
    pub date_field: Option<String>,
    /// Site of all documents
    #[arg(long, value_name = "SITE", help_heading = "Records")]
    pub site: Option<String>,

    /// Read the names of the inputs from a file, one a line; `-` is standard input
    #[arg(long, value_name = "FILE", help_heading = "Input")]
    pub files_from: Option<PathBuf>,
    /// Names from --files-from end in a NUL byte, not in a line break
    #[arg(short = '0', long, requires = "files_from", help_heading = "Input")]
    pub null: bool,
    /// What to do with a record that cannot be used: set it aside (reject), leave it in its place (keep), or stop (fail)
    /// [default: reject]
    #[arg(long, value_name = "HOW", help_heading = "Input")]
    pub on_error: Option<OnErrorName>,
    /// Encoding of text files without a byte-order mark [default: as they say, else as they look]
    #[arg(long, value_name = "NAME", value_parser = encoding, help_heading = "Input")]
    pub encoding: Option<&'static Encoding>,
    /// How many times its size a packed file may unpack to; below 1 GiB nothing is refused [default: 200]
    #[arg(long, value_name = "N", help_heading = "Input")]
    pub max_expansion: Option<u64>,

    /// Threads [default: one a core, or RAYON_NUM_THREADS]
    #[arg(short = 'j', long, value_name = "N", value_parser = threads)]
    pub threads: Option<usize>,
    /// Documents that are worked on at a time; results never depend on it [default: 256]
    #[arg(long, value_name = "N")]
    pub batch_size: Option<usize>,
    /// Memory that the run may take, such as 800M or 4G; beyond it tables go to temporary files [default: a quarter of the
    /// machine's]
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub memory: Option<u64>,
    /// Tell from a part of the input how long the run will take, in how much memory and on how much disk, and end
    #[arg(long)]
    pub forecast: bool,
    /// Folder for temporary files [default: TMPDIR, else that of the system]
    #[arg(long, value_name = "DIR")]
    pub tmp_dir: Option<PathBuf>,
    /// Replace an earlier output of dechaff
    #[arg(long)]
    pub force: bool,
    /// Rejected records to show [default: 10]
    #[arg(long, value_name = "N")]
    pub show_rejected: Option<usize>,
    /// Say nothing but errors
    #[arg(short, long)]
    pub quiet: bool,
}

#[derive(Debug, Args)]
pub struct Colour {
    /// When to colour
    #[arg(long = "color", value_enum, value_name = "WHEN", default_value = "auto")]
    when: When,
}

impl Colour {
    /// Yes, no, or as the terminal is.
    pub fn wanted(&self) -> Option<bool> {
        match self.when {
            When::Auto => None,
            When::Always => Some(true),
            When::Never => Some(false),
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum When {
    Auto,
    Always,
    Never,
}

/// Mirrors a library enum for the command line, so that the library does not depend on its parser.
macro_rules! mirror {
    ($name:ident => $target:ty { $($variant:ident),+ }) => {
        #[derive(Debug, Clone, Copy, ValueEnum)]
        pub enum $name { $($variant),+ }
        impl From<$name> for $target {
            fn from(name: $name) -> $target {
                match name { $($name::$variant => <$target>::$variant),+ }
            }
        }
    };
}

fn threads(text: &str) -> Result<usize, String> {
    /// More only wait for one another.
    const MOST: usize = 1024;
    text.parse().ok().filter(|&n| n <= MOST).ok_or_else(|| format!("a number up to {MOST}"))
}

fn encoding(name: &str) -> Result<&'static Encoding, String> {
    Encoding::for_label(name.as_bytes())
        .ok_or_else(|| "no such encoding; utf-8, windows-1252 and shift_jis are some".into())
}

mirror!(KindName => Kind { Boilerplate, Document, Repeat, Passage });
mirror!(LevelName => Level { Conservative, Balanced, Strict });
mirror!(KeepName => Keep { Longest, First, Earliest, Latest });
mirror!(BuiltinName => Builtin { None, Mined, All });
mirror!(OnErrorName => OnError { Reject, Keep, Fail });
mirror!(EmitName => Emit { Documents, Field, Attributes, Ids });
mirror!(PresetName => dechaff::config::Preset { News, Web, Training });

/// Bytes, with a unit of 1,024 or a power of it.
fn size(text: &str) -> Result<u64, String> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let power = match unit.trim().to_ascii_uppercase().trim_end_matches('B').trim_end_matches('I') {
        "" => 0,
        "K" => 1,
        "M" => 2,
        "G" => 3,
        "T" => 4,
        _ => return Err("a number of bytes, or one with K, M, G or T".into()),
    };
    let number: u64 = number.parse().map_err(|_| "a number of bytes, or one with K, M, G or T")?;
    number.checked_mul(1 << (10 * power)).ok_or_else(|| "more than any machine has".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_with_their_units() {
        let read = ["7", "800M", "4GiB", "2 kb", "1t"].map(|text| size(text).expect("a size"));
        assert_eq!(read, [7, 800 << 20, 4 << 30, 2 << 10, 1 << 40]);
        assert!(["", "M", "1.5G", "4X", "-1", "99999999999T"].iter().all(|text| size(text).is_err()));
    }
}
