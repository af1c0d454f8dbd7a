//! From a text to words and shingles: pure kernels that allocate nothing per unit.
//!
//! In: the text of a document. Out: [`segment::Unit`]s, their words as hashes, and the sorted shingle sets
//! that similarity is measured on.

pub mod ascii;
pub mod fold;
pub mod hash;
pub mod masks;
pub mod numbering;
pub mod numbers;
pub mod read;
mod scripts;
pub mod segment;
pub mod sentence;
pub mod shingle;
mod stand_ins;
pub mod surface;
pub mod versions;
pub mod words;
