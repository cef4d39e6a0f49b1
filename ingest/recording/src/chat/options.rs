//! What the user decides about reading a chat.

use kairos_timeline::{RoomId, Span, WallTime};
use serde::{Deserialize, Serialize};

use super::money::Rates;

/// Bounds on what is taken from a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Longest text kept of a message or name, bytes; longer ones are cut at a character and counted.
    pub text_bytes: usize,
    /// How far an item may lie from the middle of its file; beyond that its time is taken for damage.
    pub reach: Span,
}

impl Default for Limits {
    fn default() -> Self {
        Self { text_bytes: 8 << 10, reach: Span::from_millis(31 * 24 * 3_600 * 1_000) }
    }
}

/// How a chat file is read.
#[derive(Debug, Clone, PartialEq)]
pub struct ChatOptions {
    /// Room of every event.
    pub room: RoomId,
    /// Start of the recording; `None`: what the file tells.
    pub started_at: Option<WallTime>,
    /// Added to every event's time, by hand.
    pub offset: Span,
    /// Rates for the common value.
    pub rates: Rates,
    /// Bounds.
    pub limits: Limits,
}

impl ChatOptions {
    /// Everything as the file tells it.
    pub fn new(room: RoomId) -> Self {
        Self {
            room,
            started_at: None,
            offset: Span::ZERO,
            rates: Rates::default(),
            limits: Limits::default(),
        }
    }
}
