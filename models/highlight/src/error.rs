//! What can go wrong when scoring or training.
//!
//! Invariants: messages name the field, modality, unit or room they are about.

use crate::Modality;

/// Why a model can't be built, trained or asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HighlightError {
    /// A configuration field can't be used.
    #[error("configuration field {field}: {reason}")]
    Config {
        /// Path of the field.
        field: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A feature vector has another width than the model was built for.
    #[error("{modality} features have {got} values, the model takes {expected}")]
    Width {
        /// Of which modality.
        modality: Modality,
        /// Width in the configuration.
        expected: usize,
        /// Width of the vector.
        got: usize,
    },
    /// A feature is NaN or infinite.
    #[error("{modality} feature {index} is not a finite number")]
    NotFinite {
        /// Of which modality.
        modality: Modality,
        /// Place in the vector.
        index: usize,
    },
    /// A revision came for a unit that isn't kept any more, or hasn't come yet.
    #[error("unit {index} can't be scored again: units {first} to {last} are kept")]
    NotKept {
        /// The unit asked for.
        index: u64,
        /// Oldest unit that can be scored again.
        first: u64,
        /// Newest unit.
        last: u64,
    },
    /// Losses were given sequences that don't fit together.
    #[error("{what}: {reason}")]
    Shape {
        /// What was being computed.
        what: &'static str,
        /// What doesn't fit.
        reason: String,
    },
    /// Training rooms can't be used.
    #[error("room {room}: {reason}")]
    Room {
        /// Name of the room.
        room: String,
        /// What is wrong with it.
        reason: String,
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
    /// An alignment failed.
    #[error(transparent)]
    Alignment(#[from] kairos_dtw::DtwError),
    /// A checkpoint can't be saved or loaded.
    #[error(transparent)]
    Checkpoint(#[from] kairos_training::CheckpointError),
    /// A tensor operation failed.
    #[error("tensor operation: {0}")]
    Tensor(#[from] candle_core::Error),
}

impl HighlightError {
    pub(crate) fn config(field: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Config { field: field.into(), reason: reason.into() }
    }
}
