//! dechaff reads a scraped corpus and writes it back as clean article text: repeated captions, site boilerplate,
//! duplicated passages and near-duplicate articles are cut, everything else is untouched, and every cut can be
//! explained and undone.
//!
//! What flows where, in the order of the modules:
//!
//! - [`text`]: a text to units (lines, paragraphs, sentences), their words as hashes, and shingles;
//! - [`sketch`]: shingles to MinHash signatures and bucket keys;
//! - [`find`]: candidates to verified similarities and covers, who stays and who copies whom;
//! - [`judge`]: evidence to verdicts, for the four kinds of repetition;
//! - [`clean`](mod@clean): verdicts to cut texts and receipts, and back;
//! - [`store`]: tables larger than memory;
//! - [`engine`]: the one driver over all of it, the only place that spawns or sorts;
//! - [`corpus`], [`batch`], [`report`]: files in, files out, and what people read of a run.
//!
//! ```
//! use dechaff::{Config, Document};
//!
//! let story = |n: u32| format!(
//!     "Ferry fares rise again in port {n}\n\nThe harbour board of port {n} said on Monday that fares will rise by {n} \
//!      in the hundred, since the quay must be mended before the winter storms of year {n}.\n\nShare this story with \
//!      your friends\n");
//! let documents: Vec<Document> =
//!     (3..9).map(|n| Document::new(format!("story-{n}"), story(n)).with_site("harbour.example")).collect();
//! let cleaned = dechaff::clean(&documents, &Config::default())?;
//! assert!(cleaned.documents.iter().all(|d| !d.text.contains("Share this story")));
//! assert!(cleaned.documents.iter().all(|d| d.text.contains("The harbour board")));
//! # Ok::<(), dechaff::Error>(())
//! ```
#![deny(unsafe_code)]
#![warn(missing_docs)]

pub mod batch;
pub mod clean;
pub mod config;
pub mod corpus;
pub mod disk;
pub mod document;
pub mod engine;
pub mod error;
pub mod find;
pub mod judge;
mod memory;
pub mod progress;
pub mod report;
mod simd;
pub mod sketch;
pub mod store;
pub mod tables;
pub mod text;

pub use config::Config;
pub use document::{Document, Kind, Span};
pub use error::{Error, Result};
pub use memory::{Cleaned, CleanedDocument, Cluster, TextCut, clean, clean_with};
