//! What can go wrong, one type for the library's boundary with the outside.

use std::path::PathBuf;

/// An error that ends a run. A record that cannot be used is not one: it is rejected and the run goes on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or a folder could not be read, written, made or renamed.
    #[error("{path}: cannot {action}: {source}", path = path.display())]
    Io {
        /// What was being done.
        action: &'static str,
        /// With which file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The settings contradict themselves or are out of range.
    #[error("{setting}: {reason}")]
    Setting {
        /// The name of the setting, as in the settings file.
        setting: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A file that dechaff reads (settings, model, known lines, receipts) is not in its format.
    #[error("{path}:{line}: {reason}", path = path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// Line number from 1; 0 where no line can be told.
        line: u64,
        /// What is wrong.
        reason: String,
    },
    /// The output folder cannot be used.
    #[error("{path}: {reason}", path = path.display())]
    Output {
        /// The folder or file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The input cannot be used at all.
    #[error("{0}")]
    Input(String),
    /// A table outgrew what this version can hold.
    #[error("too many {what}: at most {limit} fit in one run")]
    TooMany {
        /// Rows of which table.
        what: &'static str,
        /// How many fit.
        limit: u64,
    },
    /// The run was interrupted.
    #[error("interrupted")]
    Interrupted,
    /// The books of a run do not balance: a defect, told rather than hidden.
    #[error("the books do not balance: {0}")]
    Unbalanced(String),
}

impl Error {
    /// For `map_err` on file operations.
    pub fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.into();
        move |source| Error::Io { action, path, source }
    }
}

/// The result of the library's fallible functions.
pub type Result<T> = std::result::Result<T, Error>;
