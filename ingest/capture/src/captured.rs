//! What comes out of capture: segments, and an account of everything that is not in them.

use std::fmt;
use std::time::Duration;

use kairos_timeline::{MediaTime, RoomId, Segment, StreamId, WallTime};

/// One thing that happened in a room, in the order in which it happened there.
#[derive(Debug, Clone, PartialEq)]
pub enum Captured {
    /// A piece of a stream.
    Segment(Segment),
    /// A stretch of a stream is missing. Its segments' sequence numbers are missing too.
    Gap {
        /// The room.
        room: RoomId,
        /// The broadcast.
        stream: StreamId,
        /// Where the gap begins.
        from: MediaTime,
        /// Where the stream goes on; equal to `from` when the source stood still, since media time doesn't run
        /// while nothing comes.
        to: MediaTime,
        /// Why.
        why: GapReason,
    },
    /// A stream is over: nothing more of it will come.
    End {
        /// The room.
        room: RoomId,
        /// The broadcast.
        stream: StreamId,
        /// How many segments it had, dropped ones included: one more than the last sequence.
        segments: u64,
        /// Media time at which it ended.
        at: MediaTime,
        /// Wall time of that instant.
        captured_at: WallTime,
    },
    /// The room's connection changed.
    State {
        /// The room.
        room: RoomId,
        /// What it is now.
        state: RoomState,
        /// Why, or further news of the same state; without secrets.
        why: String,
    },
}

impl Captured {
    /// The room it is about.
    pub fn room(&self) -> &RoomId {
        match self {
            Self::Segment(segment) => &segment.room,
            Self::Gap { room, .. } | Self::End { room, .. } | Self::State { room, .. } => room,
        }
    }
}

/// Why something is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum GapReason {
    /// The consumer was slow and the room's queue was full.
    SlowConsumer,
    /// The connection broke and came back within `resume_within_ms`.
    Disconnected,
    /// The source's timestamps jumped ahead or back; media time did not follow.
    TimestampJump,
    /// A single picture is larger than a segment may be.
    TooLarge,
    /// Encoded pictures or sound could not be put into a container.
    Unwritable,
}

impl GapReason {
    /// As it stands in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SlowConsumer => "slow_consumer",
            Self::Disconnected => "disconnected",
            Self::TimestampJump => "timestamp_jump",
            Self::TooLarge => "too_large",
            Self::Unwritable => "unwritable",
        }
    }
}

impl fmt::Display for GapReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The connection of a room.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RoomState {
    /// Connecting, or waiting for a sender to connect to us.
    Connecting,
    /// Pictures or sound are coming.
    Live,
    /// Connected, but nothing has come for `silent_after_ms`.
    Silent,
    /// The connection is gone; it is tried again after `wait`.
    Reconnecting {
        /// Number of the attempt that follows, from 1.
        attempt: u32,
        /// How long is waited before it.
        wait: Duration,
    },
    /// Over: the source ended by itself, or the room was removed.
    Ended,
    /// Given up.
    Failed,
}

impl RoomState {
    /// As it stands in metrics.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Live => "live",
            Self::Silent => "silent",
            Self::Reconnecting { .. } => "reconnecting",
            Self::Ended => "ended",
            Self::Failed => "failed",
        }
    }
}
