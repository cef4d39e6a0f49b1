//! What can go wrong before anything of a recording can be read.
//!
//! Damage inside a file is never an error here: it is reported beside what could be read.

use std::io;
use std::path::PathBuf;

use crate::media::MediaError;

/// Why a recording could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordingError {
    /// A file could not be opened or read at all.
    #[error("cannot read {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The content is of no format that is known here.
    #[error("{} is of no known chat format", path.display())]
    UnknownFormat {
        /// The file.
        path: PathBuf,
    },
    /// `recording.toml` says something that cannot be.
    #[error("{}: {reason}", path.display())]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// What is wrong, with the field.
        reason: String,
    },
    /// A folder without a manifest.
    #[error("folder {} holds no recording.toml", path.display())]
    NoManifest {
        /// The folder.
        path: PathBuf,
    },
    /// A file that is no chat cannot be opened as media either.
    #[error("neither a chat nor a readable media file")]
    Media(#[source] MediaError),
}
