//! What can go wrong when vectors are learnt or items ranked.
//!
//! Invariants: messages name the field, row, item or file they are about.

use std::path::PathBuf;

/// Why a model can't be trained, asked, saved or loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RepresentationError {
    /// A row of the input can't be used.
    #[error("{what} row {row}: {field} {reason}")]
    Row {
        /// Which input, such as `interactions`.
        what: &'static str,
        /// Its number from 0, in the order given.
        row: usize,
        /// The field.
        field: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// Two inputs that belong together have different sizes.
    #[error("{what}: {got}, expected {expected}")]
    Size {
        /// What is counted.
        what: &'static str,
        /// How many there have to be.
        expected: usize,
        /// How many there are.
        got: usize,
    },
    /// A setting can't be used.
    #[error("configuration field {field}: {reason}")]
    Config {
        /// The field.
        field: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// A method needs more memory than it was allowed for this many items.
    #[error(
        "{method} would need {items} x {items} numbers, its limit is {limit} items: raise max_items or choose another kind"
    )]
    TooManyItems {
        /// The method.
        method: &'static str,
        /// Items of the data.
        items: usize,
        /// Items that are allowed.
        limit: usize,
    },
    /// There is nothing to learn from or to judge by.
    #[error("{0} is empty")]
    Empty(&'static str),
    /// A decomposition failed.
    #[error("{what}: {reason}")]
    Decomposition {
        /// What was being computed.
        what: &'static str,
        /// Why it failed.
        reason: String,
    },
    /// Training went astray.
    #[error("training {what}: {reason}")]
    Training {
        /// The model.
        what: &'static str,
        /// What happened.
        reason: String,
    },
    /// A checkpoint holds a kind of model this crate doesn't know, or not the one asked for.
    #[error("{}: kind is {got}, expected {expected}", path.display())]
    Kind {
        /// The file.
        path: PathBuf,
        /// Kinds that would do.
        expected: String,
        /// What the file says.
        got: String,
    },
    /// A checkpoint can't be saved or loaded.
    #[error(transparent)]
    Checkpoint(#[from] kairos_training::CheckpointError),
    /// A tensor operation failed.
    #[error("tensor operation: {0}")]
    Tensor(#[from] candle_core::Error),
}

/// Result of this crate's functions.
pub type Result<T> = std::result::Result<T, RepresentationError>;

impl RepresentationError {
    pub(crate) fn config(field: &'static str, reason: impl Into<String>) -> Self {
        Self::Config { field, reason: reason.into() }
    }

    pub(crate) fn size(what: &'static str, expected: usize, got: usize) -> Result<()> {
        if expected == got { Ok(()) } else { Err(Self::Size { what, expected, got }) }
    }
}
