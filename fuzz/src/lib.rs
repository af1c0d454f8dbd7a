//! The checks that are fuzzed, the same that the tests replay over the kept inputs.

#[path = "../../tests/fuzzed/checks/mod.rs"]
mod checks;

pub use checks::*;
