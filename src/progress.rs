//! How a run tells where it is, without knowing who listens.

/// Hears of the progress of a run; called from many threads.
pub trait Progress: Sync {
    /// A stage begins; `total` steps are ahead (documents or bytes), 0 where unknown.
    fn start(&self, stage: &'static str, total: u64);
    /// Steps were made.
    fn advance(&self, steps: u64);
    /// The stage is over.
    fn finish(&self);
}

/// Hears nothing.
pub struct Silent;

impl Progress for Silent {
    fn start(&self, _stage: &'static str, _total: u64) {}
    fn advance(&self, _steps: u64) {}
    fn finish(&self) {}
}
