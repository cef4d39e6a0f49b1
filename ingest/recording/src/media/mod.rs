//! Recorded media files as segments: whole groups of pictures, remuxed in memory, never encoded again.
//!
//! Every encoded picture from the first keyframe on is in exactly one segment, and so is every packet of
//! sound; media time starts at the first picture and never jumps; what is damaged is reported between the
//! segments and reading goes on behind it; no more than about one segment and two seconds is held in memory.

mod clock;
mod cut;
mod error;
mod libav;
mod reader;
mod remux;
mod source;

use kairos_timeline::{RoomId, Span, StreamId, WallTime};

pub use error::MediaError;
pub use reader::MediaReader;
pub use source::{MediaInfo, SoundInfo, VideoInfo};

/// Whose media it is, and when it was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaIdentity {
    /// The room.
    pub room: RoomId,
    /// The broadcast.
    pub stream: StreamId,
    /// Wall time at media time zero.
    pub started_at: WallTime,
}

/// How a file is cut.
///
/// A group of pictures is never split, because its second half could not be decoded by itself. A group that
/// exceeds `longest_group` or `largest_group` is closed there; its remaining pictures are left out up to the
/// next keyframe and reported, while its sound goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaOptions {
    /// Groups are gathered until a segment has at least this length.
    pub length: Span,
    /// A group that would take a segment past this size opens the next one.
    pub size: usize,
    /// Length of segments that hold sound alone.
    pub sound_length: Span,
    /// Longest group of pictures.
    pub longest_group: Span,
    /// Largest group of pictures with its sound, bytes.
    pub largest_group: usize,
}

impl Default for MediaOptions {
    fn default() -> Self {
        Self {
            length: Span::from_millis(1_000),
            size: 1 << 20,
            sound_length: Span::from_millis(2_000),
            longest_group: Span::from_millis(60_000),
            largest_group: 32 << 20,
        }
    }
}
