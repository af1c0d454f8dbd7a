//! What must hold for any bytes: one function a fuzz target. `fuzz/` runs them on inputs that are made up, the tests on
//! those that are kept.

mod bytes;
mod corpora;
mod places;
mod records;
mod texts;

pub use bytes::{encoding, html, packing, reading};
pub use corpora::{clean, converted, damaged, restore};
pub use places::{cuts, places};
pub use records::{json, spelling, split, table, warc};
pub use texts::{known, text};

/// A check of the bytes that it is given; it panics where something does not hold.
pub type Check = fn(&[u8]);

/// All checks by their names, which are those of the fuzz targets and of the folders of kept inputs.
pub const ALL: [(&str, Check); 17] = [
    ("clean", clean),
    ("converted", converted),
    ("cuts", cuts),
    ("damaged", damaged),
    ("encoding", encoding),
    ("html", html),
    ("json", json),
    ("known", known),
    ("packing", packing),
    ("places", places),
    ("reading", reading),
    ("restore", restore),
    ("spelling", spelling),
    ("split", split),
    ("table", table),
    ("text", text),
    ("warc", warc),
];

/// The first byte, which chooses, and the rest, at most `most` bytes of it.
fn chosen(data: &[u8], most: usize) -> (usize, &[u8]) {
    let (&first, rest) = data.split_first().unwrap_or((&0, &[]));
    (usize::from(first), &rest[..rest.len().min(most)])
}
