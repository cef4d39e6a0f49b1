//! What was wrong with a segment, and which segment it was.

use std::fmt;

use kairos_timeline::{Position, RoomId, Segment, StreamId};

/// Names a segment in messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentName {
    /// The room.
    pub room: RoomId,
    /// The broadcast.
    pub stream: StreamId,
    /// Number within the stream.
    pub sequence: u64,
    /// Where it came from.
    pub position: Position,
}

impl From<&Segment> for SegmentName {
    fn from(segment: &Segment) -> Self {
        Self {
            room: segment.room.clone(),
            stream: segment.stream.clone(),
            sequence: segment.sequence,
            position: segment.position.clone(),
        }
    }
}

impl fmt::Display for SegmentName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { room, stream, sequence, position } = self;
        write!(f, "room {room}, stream {stream}, segment {sequence} ({position})")
    }
}

/// Part of a segment that a fault concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Track {
    /// The container.
    Container,
    /// The pictures.
    Video,
    /// The sound.
    Sound,
}

impl fmt::Display for Track {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Container => "container",
            Self::Video => "video",
            Self::Sound => "sound",
        })
    }
}

/// What was met.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FaultKind {
    /// The demuxer stumbled.
    Demux(String),
    /// The container marks data as damaged or missing.
    Corrupt,
    /// A codec refused a packet.
    Decode(String),
    /// No decoder, or it does not take these parameters.
    Unsupported(String),
    /// A decoder filled in what it could not read.
    Concealed,
    /// Pictures before the first keyframe, which nothing can decode.
    NoKeyframe,
    /// A timestamp that lies outside the segment; the time was continued from its neighbours.
    Timestamp,
    /// More than the limits allow.
    Limit(&'static str),
    /// The deadline passed.
    Deadline,
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Demux(reason) => write!(f, "container is damaged: {reason}"),
            Self::Corrupt => f.write_str("data is marked damaged or missing"),
            Self::Decode(reason) => write!(f, "can't be decoded: {reason}"),
            Self::Unsupported(reason) => write!(f, "no decoder takes it: {reason}"),
            Self::Concealed => f.write_str("damage was concealed"),
            Self::NoKeyframe => f.write_str("pictures before the first keyframe were left out"),
            Self::Timestamp => f.write_str("timestamp outside the segment"),
            Self::Limit(what) => write!(f, "more {what} than the limit"),
            Self::Deadline => f.write_str("given up at the deadline"),
        }
    }
}

/// One kind of damage in one segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub segment: SegmentName,
    /// In what.
    pub track: Track,
    /// What.
    pub kind: FaultKind,
    /// How often it was met.
    pub count: u64,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {} ({}x)", self.segment, self.track, self.kind, self.count)
    }
}

/// Why nothing of a segment could be decoded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The bytes are not the container that the content type names.
    #[error("{segment}: not a readable {content_type} container: {reason}")]
    Container {
        /// Which segment.
        segment: SegmentName,
        /// What its header said.
        content_type: kairos_timeline::ContentType,
        /// What FFmpeg said.
        reason: String,
    },
    /// The container opens and holds neither pictures nor sound.
    #[error("{segment}: neither pictures nor sound inside")]
    Empty {
        /// Which segment.
        segment: SegmentName,
    },
    /// A content type that this version has no demuxer for.
    #[error("{segment}: no demuxer for {content_type}")]
    ContentType {
        /// Which segment.
        segment: SegmentName,
        /// What its header said.
        content_type: kairos_timeline::ContentType,
    },
}

/// Collects the faults of one segment, equal ones counted together, in the order of their first appearance.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<(Track, FaultKind, u64)>);

impl Faults {
    pub(crate) fn add(&mut self, track: Track, kind: FaultKind) {
        match self.0.iter_mut().find(|(at, known, _)| *at == track && *known == kind) {
            Some((_, _, count)) => *count += 1,
            None => self.0.push((track, kind, 1)),
        }
    }

    pub(crate) fn touch(&self, track: Track) -> bool {
        self.0.iter().any(|(at, _, _)| *at == track || *at == Track::Container)
    }

    pub(crate) fn named(self, segment: &SegmentName) -> Vec<Fault> {
        let name = |(track, kind, count)| Fault { segment: segment.clone(), track, kind, count };
        self.0.into_iter().map(name).collect()
    }
}
