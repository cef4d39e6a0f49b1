//! What can be wrong with a recorded media file.

use std::path::PathBuf;

use kairos_timeline::{Discontinuity, MediaTime};

/// An error of reading media. Those that come between segments don't end the reading.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MediaError {
    /// The file can't be read at all.
    #[error("{}: can't be opened", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// No container was recognised, or its index is damaged.
    #[error("{}: not a readable media file: {reason}", path.display())]
    Container {
        /// The file.
        path: PathBuf,
        /// What FFmpeg said.
        reason: String,
    },
    /// An MP4 file whose recording was cut off before its index was written.
    #[error("{}: mp4 without its index (moov box): the recording was cut off before it was finished", path.display())]
    NoIndex {
        /// The file.
        path: PathBuf,
    },
    /// The file holds neither pictures nor sound.
    #[error("{}: neither pictures nor sound inside", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// A stretch that the demuxer could not read, or that the container marks as damaged.
    #[error("{}: damaged at byte {}, media time {at}: {reason}", path.display(), byte.map_or_else(|| "unknown".to_owned(), |byte| byte.to_string()))]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Offset of the damage, where the demuxer knows it.
        byte: Option<u64>,
        /// Media time reached before it.
        at: MediaTime,
        /// What was met.
        reason: String,
    },
    /// The file's clock jumped or ran backwards; media time went on without a gap.
    #[error("{}: the clock is repaired at media time {at}: {repair:?}", path.display())]
    Clock {
        /// The file.
        path: PathBuf,
        /// Media time of the repair.
        at: MediaTime,
        /// The repair.
        repair: Discontinuity,
    },
    /// Pictures that no segment could take: before the first keyframe, or in a group past the limits.
    #[error("{}: {count} pictures without a keyframe left out before media time {at}", path.display())]
    LeftOut {
        /// The file.
        path: PathBuf,
        /// How many.
        count: u64,
        /// Media time at which pictures go on (or sound, if they don't).
        at: MediaTime,
    },
    /// A segment that could not be written.
    #[error("{}: segment {sequence} at media time {at} can't be remuxed: {reason}", path.display())]
    Remux {
        /// The file.
        path: PathBuf,
        /// Number of the segment, which stays a hole.
        sequence: u64,
        /// Its start.
        at: MediaTime,
        /// What FFmpeg said.
        reason: String,
    },
}
