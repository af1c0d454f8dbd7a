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
//! let stories = [
//!     ("Ferry fares rise again", "The harbour board said on Monday that fares will rise, since the quay must be mended."),
//!     ("Lighthouse opens", "Visitors may climb the old lighthouse, and its keeper will tell them how the lamp was lit."),
//!     ("Herring comes late", "Boats came home empty all week, and fishermen say that the herring stays in the north."),
//! ];
//! let page = |(title, text): (&str, &str)| {
//!     let page = format!("News\nSport\nLetters\n\n{title}\n\n{text}\n\nShare this story with your friends\nAbout us\n");
//!     Document::new(title, page).with_site("harbour.example")
//! };
//! let cleaned = dechaff::clean(&stories.map(page), &Config::default())?;
//! assert!(cleaned.documents.iter().zip(stories).all(|(d, (title, text))| d.text == format!("{title}\n\n{text}\n")));
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
