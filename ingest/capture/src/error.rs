//! What can be wrong before a room runs. What goes wrong later is a [`RoomState`](crate::RoomState) with its reason.

use std::path::PathBuf;

use kairos_timeline::RoomId;

/// Why something was refused. No message carries a stream key, a password or a query.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CaptureError {
    /// A source that can't be understood.
    #[error("source {source_text}: {problem}")]
    Source {
        /// The source without its secrets.
        source_text: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A value of the options that can't work.
    #[error("option {field}: {problem}")]
    Option {
        /// The field.
        field: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// No more rooms are taken.
    #[error("room {room} is refused: {limit} rooms are running, which is the limit (max_rooms)")]
    Full {
        /// The room.
        room: RoomId,
        /// The limit.
        limit: usize,
    },
    /// The room is running.
    #[error("room {room} is running already")]
    Running {
        /// The room.
        room: RoomId,
    },
    /// No such room is running.
    #[error("room {room} is not running")]
    Unknown {
        /// The room.
        room: RoomId,
    },
    /// The listener's address can't be used.
    #[error("rtmp listener on {address}: {problem}")]
    Listen {
        /// The address.
        address: String,
        /// What the system said.
        problem: String,
    },
    /// Two rooms on one listener with the same key.
    #[error("room {room} has the stream key of room {other} on the same listener")]
    KeyTaken {
        /// The room that was to be added.
        room: RoomId,
        /// The room that has the key.
        other: RoomId,
    },
    /// The rooms file can't be used; the rooms that run go on.
    #[error("{path}:{line}: {problem}")]
    RoomsFile {
        /// The file.
        path: PathBuf,
        /// Line, from 1; 0 when the file as a whole is meant.
        line: usize,
        /// What is wrong.
        problem: String,
    },
    /// GStreamer or one of its parts is missing.
    #[error("gstreamer: {problem}")]
    GStreamer {
        /// What it said.
        problem: String,
    },
    /// A thread could not be started.
    #[error("thread for room {room}: {source}")]
    Thread {
        /// The room.
        room: RoomId,
        /// The system's error.
        source: std::io::Error,
    },
}
