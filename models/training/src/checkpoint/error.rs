//! What can be wrong with a checkpoint, by file and field.
//!
//! Invariants: every message names the file it is about.

use std::path::PathBuf;

/// Why a checkpoint can't be saved or loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// The file system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// File or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A JSON file has a missing, unknown or ill-typed field.
    #[error("{}: {source}", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// Names the field, line and column.
        source: serde_json::Error,
    },
    /// A field holds a value this program can't use.
    #[error("{}: field {field} is {got}, expected {expected}", path.display())]
    Field {
        /// The file.
        path: PathBuf,
        /// The field.
        field: &'static str,
        /// What this program expects.
        expected: String,
        /// What the file says.
        got: String,
    },
    /// The file isn't the one that was saved.
    #[error("{}: digest is {got}, metrics.json says {expected}", path.display())]
    Digest {
        /// The file.
        path: PathBuf,
        /// Digest that was saved, in hex.
        expected: String,
        /// Digest of the file as it is, in hex.
        got: String,
    },
    /// The tensors aren't those the configuration declares.
    #[error("{}: {}", path.display(), differences.join("; "))]
    Tensors {
        /// The file.
        path: PathBuf,
        /// One entry per tensor that is missing, left over, or of another shape or type.
        differences: Vec<String>,
    },
    /// The weights can't be read or written.
    #[error("{}: {source}", path.display())]
    Weights {
        /// The file.
        path: PathBuf,
        /// What the tensor library said.
        source: candle_core::Error,
    },
}
