#![deny(unsafe_code)]
#![warn(missing_docs)]
//! dechaff
pub mod clean;
pub mod config;
pub mod corpus;
pub mod document;
pub mod engine;
pub mod error;
pub mod find;
pub mod judge;
pub mod progress;
pub mod sketch;
pub mod tables;
pub mod text;
