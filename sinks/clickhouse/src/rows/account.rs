//! Accounts kept beside the scores: streams, the state of rooms, and how every offset ended.

use clickhouse::Row;
use serde::{Deserialize, Serialize};

use super::table;

/// One broadcast or recording.
#[derive(Debug, Clone, Default, PartialEq, Row, Serialize, Deserialize)]
pub struct StreamRow {
    /// The room.
    pub room: String,
    /// The broadcast.
    pub stream: String,
    /// Its title.
    pub title: String,
    /// Where it came from: a file name or a topic.
    pub source: String,
    /// Wall time of the first picture, Unix microseconds.
    pub started_at: i64,
    /// Length so far, microseconds.
    pub duration_us: i64,
    /// Whether a simulation made it.
    pub simulated: bool,
    /// From 0.
    pub revision: u32,
}

/// How a room is doing at one moment.
#[derive(Debug, Clone, Default, PartialEq, Row, Serialize, Deserialize)]
pub struct RoomState {
    /// The room.
    pub room: String,
    /// The broadcast.
    pub stream: String,
    /// Media time, microseconds.
    pub media_us: i64,
    /// Estimated comment lag, microseconds; `None` while unknown.
    pub comment_lag_us: Option<i64>,
    /// How sure the estimate is, 0 to 1.
    pub lag_confidence: f32,
    /// Pictures per second of media time.
    pub fps: f32,
    /// Pictures and samples that could not be decoded, so far.
    pub drops: u64,
    /// Events past the allowed lateness, so far.
    pub late: u64,
    /// Comments so far.
    pub comments: u64,
    /// Paid items so far.
    pub gifts: u64,
    /// From 0.
    pub revision: u32,
}

/// How a consumed offset ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "i8", try_from = "i8")]
#[non_exhaustive]
pub enum Outcome {
    /// Took part in a score.
    #[default]
    Scored,
    /// Not needed, with the reason.
    Skipped,
    /// Past the allowed lateness.
    Late,
    /// Could not be understood.
    Dead,
}

impl From<Outcome> for i8 {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Scored => 1,
            Outcome::Skipped => 2,
            Outcome::Late => 3,
            Outcome::Dead => 4,
        }
    }
}

impl TryFrom<i8> for Outcome {
    type Error = String;

    fn try_from(code: i8) -> Result<Self, String> {
        match code {
            1 => Ok(Self::Scored),
            2 => Ok(Self::Skipped),
            3 => Ok(Self::Late),
            4 => Ok(Self::Dead),
            _ => Err(format!("{code} is no outcome of an offset")),
        }
    }
}

/// One range of offsets of one outcome; both ends inclusive.
#[derive(Debug, Clone, Default, PartialEq, Row, Serialize, Deserialize)]
pub struct LedgerEntry {
    /// Topic or file.
    pub topic: String,
    /// Partition; 0 in a file.
    pub partition: i32,
    /// First offset.
    pub first_offset: i64,
    /// Last offset.
    pub last_offset: i64,
    /// The room; empty when the message names none.
    pub room: String,
    /// The broadcast; empty when the message names none.
    pub stream: String,
    /// How it ended.
    pub outcome: Outcome,
    /// Why; empty for scored offsets.
    pub reason: String,
    /// From 0.
    pub revision: u32,
}

table!(StreamRow, streams, "streams", ["room", "stream"], |row| format!("{}/{}", row.room, row.stream));
table!(RoomState, room_state, "room_state", ["room", "stream", "media_us"], |row| format!(
    "{}/{} at {} us",
    row.room, row.stream, row.media_us
));
table!(LedgerEntry, ledger, "ledger", ["topic", "partition", "first_offset"], |row| format!(
    "{}[{}]@{}",
    row.topic, row.partition, row.first_offset
));
