//! A piece of encoded media: whole groups of pictures in one container.

use std::fmt;
use std::str::FromStr;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::{MediaTime, Position, RoomId, Span, StreamId, WallTime};

/// Container of a segment's bytes, as its `content-type` header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum ContentType {
    /// `video/mp2t`: MPEG transport stream.
    MpegTs,
    /// `video/mp4`: fragmented MP4 with its initialisation section in front.
    Mp4,
    /// `video/x-matroska`: for codecs that neither of the others carries.
    Matroska,
    /// `video/x-flv`.
    Flv,
}

impl ContentType {
    /// The header's value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MpegTs => "video/mp2t",
            Self::Mp4 => "video/mp4",
            Self::Matroska => "video/x-matroska",
            Self::Flv => "video/x-flv",
        }
    }
}

impl fmt::Display for ContentType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ContentType {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        [Self::MpegTs, Self::Mp4, Self::Matroska, Self::Flv]
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| {
                format!(
                    "content type {text:?} is not one of video/mp2t, video/mp4, video/x-matroska, video/x-flv"
                )
            })
    }
}

/// Encoded pictures and sound of a stretch of one stream. It starts with a keyframe when it has pictures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// The room.
    pub room: RoomId,
    /// The broadcast.
    pub stream: StreamId,
    /// Number of the segment within its stream, from 0; a hole means a lost segment.
    pub sequence: u64,
    /// Media time of the first picture (first sound if there is none).
    pub start: MediaTime,
    /// Length.
    pub duration: Span,
    /// Wall time at which the first picture was captured.
    pub captured_at: WallTime,
    /// Container.
    pub content_type: ContentType,
    /// The container's bytes.
    pub bytes: Bytes,
    /// Where it came from.
    pub position: Position,
}

impl Segment {
    /// Media time at which the segment ends.
    pub fn end(&self) -> MediaTime {
        self.start + self.duration
    }
}
