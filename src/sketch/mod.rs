//! MinHash signatures and their bands: which texts are worth comparing.
//!
//! In: shingles. Out: a signature of 32-bit lanes, and from it one bucket key per band. Similarity itself is
//! always measured on the shingles.

pub mod anchors;
pub mod banding;
pub mod bins;
pub mod distinct;
pub mod lanes;
pub mod minhash;
