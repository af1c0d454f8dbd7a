//! What lies on disk: files and folders in, records out of them, and their fields.

mod arriving;
mod assembly;
mod blocks;
mod checksum;
pub mod date;
pub mod encoding;
pub mod format;
pub mod html;
pub mod json;
mod members;
pub mod packing;
pub mod parquet;
mod parts;
pub mod pile;
mod queue;
pub mod reading;
pub mod records;
pub mod rejected;
mod scan;
pub mod site;
pub mod spelling;
pub mod split;
mod streams;
pub mod strings;
pub mod table;
pub mod walk;
pub mod warc;
