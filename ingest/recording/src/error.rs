//! What can go wrong before anything of a recording can be read.
//!
//! Damage inside a file is never an error here: it is reported beside what could be read.

use std::io;
use std::path::PathBuf;

/// Why a recording could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordingError {
    /// A file could not be opened or read at all.
    #[error("cannot read {path}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The content is of no format that is known here.
    #[error("{path} is of no known chat format")]
    UnknownFormat {
        /// The file.
        path: PathBuf,
    },
    /// `recording.toml` says something that cannot be.
    #[error("{path}: {reason}")]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// What is wrong, with the field.
        reason: String,
    },
    /// A folder without a manifest.
    #[error("folder {path} holds no recording.toml")]
    NoManifest {
        /// The folder.
        path: PathBuf,
    },
    /// The media file cannot be opened.
    #[error("{path} is neither a chat nor a media file that can be opened: {reason}")]
    Media {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}
