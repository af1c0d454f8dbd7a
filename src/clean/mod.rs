//! Cutting text, the receipts of it, and putting everything back.

pub mod cuts;
pub mod receipt;
