//! Why a clip could not be made, always with the clip's or the file's name.
//!
//! Invariant: what FFmpeg reports inside is a [`Fault`] without a name; the name is put on once, at the border.

use std::io;

use thiserror::Error;

/// Why a clip could not be cut or published.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ClipError {
    /// The interval is empty, backwards or longer than an hour.
    #[error("clip {clip}: interval from {from_us} us to {to_us} us is empty or longer than an hour")]
    Interval {
        /// The clip's file name.
        clip: String,
        /// Asked start, microseconds of media time.
        from_us: i64,
        /// Asked end, microseconds of media time.
        to_us: i64,
    },
    /// None of the segments has pictures or sound inside the interval.
    #[error(
        "clip {clip}: no picture and no sound between {from_us} us and {to_us} us in {segments} segments"
    )]
    NoMaterial {
        /// The clip's file name.
        clip: String,
        /// Asked start, microseconds of media time.
        from_us: i64,
        /// Asked end, microseconds of media time.
        to_us: i64,
        /// How many segments were given.
        segments: usize,
    },
    /// FFmpeg failed.
    #[error("clip {clip}: {step} failed: {source}")]
    Media {
        /// The clip's file name.
        clip: String,
        /// What was being done.
        step: &'static str,
        /// FFmpeg's reason.
        source: ffmpeg_next::Error,
    },
    /// The disk that should hold the file is full; nothing was left under its name.
    #[error("disk full while writing {file}")]
    DiskFull {
        /// The file.
        file: String,
    },
    /// A file could not be written, renamed or removed.
    #[error("file {file}: {source}")]
    File {
        /// The file.
        file: String,
        /// The system's reason.
        source: io::Error,
    },
    /// A template of file names, or a name, that is not acceptable.
    #[error("clip name {name:?}: {reason}")]
    Name {
        /// The template or the name.
        name: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A setting out of its range.
    #[error("clip policy: {field} {reason}")]
    Policy {
        /// The setting.
        field: &'static str,
        /// What is wrong with it.
        reason: &'static str,
    },
}

impl ClipError {
    /// A failure of the file system at `file`; a full disk is told apart.
    pub fn of_file(file: impl Into<String>, source: io::Error) -> Self {
        let file = file.into();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull { file },
            _ => Self::File { file, source },
        }
    }
}

/// A failure inside the media code, before the clip's name is put on it.
#[derive(Debug)]
pub(crate) enum Fault {
    Media { step: &'static str, source: ffmpeg_next::Error },
    Nothing,
}

impl Fault {
    /// For `map_err`: what was being done when FFmpeg failed.
    pub(crate) fn at(step: &'static str) -> impl Fn(ffmpeg_next::Error) -> Self {
        move |source| Self::Media { step, source }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_disk_names_the_file() {
        let error = ClipError::of_file("room/a.mp4", io::Error::from(io::ErrorKind::StorageFull));
        assert_eq!(error.to_string(), "disk full while writing room/a.mp4");
        let other = ClipError::of_file("room/a.mp4", io::Error::from(io::ErrorKind::PermissionDenied));
        assert!(other.to_string().starts_with("file room/a.mp4: "));
    }
}
