//! What lies on disk: files and folders in, records out of them, and their fields.

pub mod date;
pub mod json;
pub mod records;
pub mod site;
pub mod walk;
