//! How live sources are captured: the section `[ingest]` of the configuration.

use std::time::Duration;

use kairos_timeline::Span;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::CaptureError;

/// How rooms are captured. All times are milliseconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CaptureOptions {
    /// Most rooms at once in this process.
    pub max_rooms: usize,
    /// Groups of pictures are gathered until a segment has at least this length.
    pub segment_ms: u64,
    /// Length of segments that hold sound alone.
    pub sound_segment_ms: u64,
    /// Largest segment, bytes. A larger group of pictures is continued in further segments.
    pub segment_bytes: usize,
    /// Longest group of pictures; a longer one is split, so that a sender without keyframes costs no memory.
    pub longest_group_ms: u64,
    /// Segments that wait for the consumer, per room. More are dropped whole and recorded as a gap.
    pub queue_segments: usize,
    /// Bytes of segments that wait for the consumer, per room.
    pub queue_bytes: usize,
    /// How long connecting may take until the first picture or sound.
    pub connect_timeout_ms: u64,
    /// A connection without pictures and sound for this long is silent.
    pub silent_after_ms: u64,
    /// A connection that is silent for this long is given up and made anew.
    pub reconnect_silent_after_ms: u64,
    /// First wait before connecting again.
    pub backoff_min_ms: u64,
    /// Longest wait before connecting again. Waits double up to it, with jitter.
    pub backoff_max_ms: u64,
    /// Attempts in a row without a picture or sound after which a room fails; 0: never.
    pub max_attempts: u32,
    /// A source that is back within this time continues its stream, with a gap; later it begins a new one.
    pub resume_within_ms: u64,
    /// How long closing a connection may take before it is left to itself.
    pub close_timeout_ms: u64,
    /// How long the first segment of a stream is held back, so that a gulp of older pictures, with which servers
    /// greet a new viewer, is told from pictures that come as they are captured.
    pub settle_ms: u64,
    /// How long the first segment of an RTSP stream is held back until the sender tells its clock (RTCP). A clock that
    /// is told later can only be followed forward.
    pub sender_clock_wait_ms: u64,
    /// Farthest that a sender's clock may lie from ours and still be believed.
    pub sender_clock_within_ms: u64,
    /// Buffer of SRT and RTSP against lost and late packets.
    pub network_latency_ms: u32,
    /// Whether RTSP is carried over its own TCP connection; else UDP is tried first.
    pub rtsp_tcp: bool,
    /// Whether files, and recordings served by HLS, are read as fast as the consumer takes them, instead of at their
    /// own speed.
    pub files_as_fast_as_possible: bool,
    /// A room that came by an open listener is forgotten when its sender has been away for this long.
    pub pushed_room_idle_ms: u64,
    /// How often the rooms file is looked at.
    pub rooms_file_poll_ms: u64,
}

impl Default for CaptureOptions {
    fn default() -> Self {
        Self {
            max_rooms: 64,
            segment_ms: 1_000,
            sound_segment_ms: 2_000,
            segment_bytes: 1 << 20,
            longest_group_ms: 10_000,
            queue_segments: 32,
            queue_bytes: 16 << 20,
            connect_timeout_ms: 10_000,
            silent_after_ms: 5_000,
            reconnect_silent_after_ms: 15_000,
            backoff_min_ms: 500,
            backoff_max_ms: 30_000,
            max_attempts: 0,
            resume_within_ms: 2_000,
            close_timeout_ms: 5_000,
            settle_ms: 500,
            sender_clock_wait_ms: 5_000,
            sender_clock_within_ms: 600_000,
            network_latency_ms: 200,
            rtsp_tcp: true,
            files_as_fast_as_possible: false,
            pushed_room_idle_ms: 30_000,
            rooms_file_poll_ms: 1_000,
        }
    }
}

impl CaptureOptions {
    /// Checks what types can't.
    ///
    /// # Errors
    /// The first field with a value that can't work.
    pub fn check(&self) -> Result<(), CaptureError> {
        let refuse = |field, problem: &str| Err(CaptureError::Option { field, problem: problem.to_owned() });
        let positive = [
            ("max_rooms", self.max_rooms as u64),
            ("segment_ms", self.segment_ms),
            ("sound_segment_ms", self.sound_segment_ms),
            ("queue_segments", self.queue_segments as u64),
            ("connect_timeout_ms", self.connect_timeout_ms),
            ("silent_after_ms", self.silent_after_ms),
            ("backoff_min_ms", self.backoff_min_ms),
            ("close_timeout_ms", self.close_timeout_ms),
            ("rooms_file_poll_ms", self.rooms_file_poll_ms),
        ];
        for (field, value) in positive {
            if value == 0 {
                return refuse(field, "must be more than 0");
            }
        }
        if self.segment_bytes < 64 << 10 {
            return refuse("segment_bytes", "must be at least 65536");
        }
        if self.queue_bytes < self.segment_bytes {
            return refuse("queue_bytes", "must hold at least one segment (segment_bytes)");
        }
        if self.longest_group_ms < self.segment_ms {
            return refuse("longest_group_ms", "must be at least segment_ms");
        }
        if self.backoff_max_ms < self.backoff_min_ms {
            return refuse("backoff_max_ms", "must be at least backoff_min_ms");
        }
        if self.reconnect_silent_after_ms < self.silent_after_ms {
            return refuse("reconnect_silent_after_ms", "must be at least silent_after_ms");
        }
        Ok(())
    }
}

pub(crate) fn span(millis: u64) -> Span {
    Span::from_millis(i64::try_from(millis).unwrap_or(i64::MAX))
}

pub(crate) fn wait(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_can_work() {
        CaptureOptions::default().check().unwrap();
    }

    #[test]
    fn a_value_that_cannot_work_names_its_field() {
        let options = CaptureOptions { queue_bytes: 70_000, ..CaptureOptions::default() };
        assert!(options.check().unwrap_err().to_string().starts_with("option queue_bytes: "));
        let options = CaptureOptions { backoff_min_ms: 60_000, ..CaptureOptions::default() };
        assert!(options.check().unwrap_err().to_string().contains("backoff_max_ms"));
        assert!(CaptureOptions { segment_ms: 0, ..CaptureOptions::default() }.check().is_err());
    }

    #[test]
    fn a_misspelt_option_is_refused_with_its_line() {
        let error = toml::from_str::<CaptureOptions>("segment_ms = 2000\nsilent = 3\n").unwrap_err();
        assert!(error.to_string().contains("unknown field `silent`"), "{error}");
    }
}
