//! Why the console can't be served.
//!
//! Invariant: what goes wrong inside one request is a problem document, not one of these.

use std::path::PathBuf;

/// Errors of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An option out of its range, or one that contradicts another.
    #[error("console option {field}: {problem}")]
    Option {
        /// The option.
        field: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// The socket failed.
    #[error("console listening on {address}: {source}")]
    Listen {
        /// The address.
        address: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The clip folder can't be read.
    #[error("clip folder {path}: {source}")]
    Clips {
        /// The folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Reviews can't be written.
    #[error(transparent)]
    Store(#[from] kairos_clickhouse::Error),
}
