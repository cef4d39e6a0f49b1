//! What can go wrong when ranking or training.
//!
//! Invariants: messages name the field, the input or the example they are about.

/// Why a ranker can't be built, trained or asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GiftingError {
    /// A configuration field can't be used.
    #[error("configuration field {field}: {reason}")]
    Config {
        /// Path of the field.
        field: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A vector has another width than the ranker was built for.
    #[error("{what} has {got} values, the ranker takes {expected}")]
    Width {
        /// Which vector, of whom.
        what: String,
        /// Width in the configuration.
        expected: usize,
        /// Width of the vector.
        got: usize,
    },
    /// A value is NaN or infinite.
    #[error("{what}: value {index} is not a finite number")]
    NotFinite {
        /// Which vector, of whom.
        what: String,
        /// Place in the vector.
        index: usize,
    },
    /// An example can't be used or read.
    #[error("example {index}: {reason}")]
    Example {
        /// Number of the example.
        index: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// A user or a room was prepared by a ranker of another architecture.
    #[error("{what} was prepared by another ranker")]
    Foreign {
        /// `user pass` or `room pass`.
        what: &'static str,
    },
    /// Training went astray.
    #[error("training: {0}")]
    Training(String),
    /// The state of a training can't be kept or taken up again.
    #[error("training state {}: {reason}", path.display())]
    State {
        /// File or folder.
        path: std::path::PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A checkpoint can't be saved or loaded.
    #[error(transparent)]
    Checkpoint(#[from] kairos_training::CheckpointError),
    /// A tensor operation failed.
    #[error("tensor operation: {0}")]
    Tensor(#[from] candle_core::Error),
}

impl GiftingError {
    pub(crate) fn config(field: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Config { field: field.into(), reason: reason.into() }
    }
}
