//! Which copies are real, and who stays: verified similarities in, covers out.

pub mod cover;
mod kept;
