//! One encoded picture, or one packet of sound, on its way from a demuxer into a segment.

use kairos_timeline::{MediaTime, Span, WallTime};

/// Which track.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Picture,
    Sound,
}

/// As the demuxer gave it; raw times are microseconds of the source's own clock.
#[derive(Debug, Clone)]
pub(crate) struct Unit {
    pub(crate) kind: Kind,
    pub(crate) caps: gstreamer::Caps,
    pub(crate) buffer: gstreamer::Buffer,
    pub(crate) shown_raw: i64,
    pub(crate) decoded_raw: Option<i64>,
    /// Zero when not known.
    pub(crate) duration: Span,
    /// Decodable without any other; true for all sound.
    pub(crate) key: bool,
    pub(crate) arrived: WallTime,
    /// When it was captured, by the sender's clock.
    pub(crate) sender: Option<WallTime>,
}

/// With its place in media time.
#[derive(Debug, Clone)]
pub(crate) struct Timed {
    pub(crate) kind: Kind,
    pub(crate) caps: gstreamer::Caps,
    pub(crate) buffer: gstreamer::Buffer,
    pub(crate) shown_at: MediaTime,
    pub(crate) decoded_at: Option<MediaTime>,
    pub(crate) duration: Span,
    pub(crate) key: bool,
}

impl Timed {
    pub(crate) fn new(unit: Unit, shown_at: MediaTime) -> Self {
        let decoded_at = unit.decoded_raw.map(|raw| shown_at + Span::from_micros(raw - unit.shown_raw));
        let Unit { kind, caps, buffer, duration, key, .. } = unit;
        Self { kind, caps, buffer, shown_at, decoded_at, duration, key }
    }

    /// Bytes that it takes in an MPEG transport stream: packets of 184 bytes of payload, headers, and a clock
    /// reference or table now and then.
    pub(crate) fn muxed_size(&self) -> usize {
        (self.buffer.size() + 32).div_ceil(184) * 188 + 40
    }
}
