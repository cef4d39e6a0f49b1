//! What can go wrong while rooms are made.

use std::path::PathBuf;

/// Why a plan was refused or a room could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SimulateError {
    /// A field of the plan is out of range.
    #[error("plan field `{field}` {problem}")]
    Plan {
        /// The field.
        field: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// The FFmpeg build has none of the encoders that would do.
    #[error(
        "no {what} encoder in this ffmpeg build; one of {tried} is needed (or a plan with `media = false`)"
    )]
    MissingEncoder {
        /// `picture` or `sound`.
        what: &'static str,
        /// The encoders that were looked for.
        tried: String,
    },
    /// FFmpeg refused to encode or to write.
    #[error("cannot {step} for {}", path.display())]
    Media {
        /// What was being done.
        step: &'static str,
        /// The file.
        path: PathBuf,
        /// FFmpeg's reason.
        source: ffmpeg_next::Error,
    },
    /// A file or folder could not be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// An event could not be put into its format.
    #[error("cannot put {} into its format: {reason}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// The format's reason.
        reason: String,
    },
    /// espeak-ng is installed but did not speak.
    #[error("espeak-ng failed on {text:?}: {reason}")]
    Speech {
        /// The phrase.
        text: String,
        /// What happened.
        reason: String,
    },
    /// A room's work ended without a result.
    #[error("room {room} was not written: its worker ended early")]
    Worker {
        /// Number of the room.
        room: usize,
    },
}
