//! Clips of highlights.

use clickhouse::Row;
use serde::{Deserialize, Serialize};

use super::table;

/// The clip of one highlight.
#[derive(Debug, Clone, Default, PartialEq, Row, Serialize, Deserialize)]
pub struct ClipRow {
    /// The room.
    pub room: String,
    /// The broadcast.
    pub stream: String,
    /// The highlight's id.
    pub highlight: String,
    /// Path or address of the clip.
    pub clip: String,
    /// Path or address of the picture; empty while there is none.
    pub thumbnail: String,
    /// Media time of its first picture, microseconds.
    pub from_us: i64,
    /// Media time at which it ends, microseconds.
    pub to_us: i64,
    /// The model whose highlight it is, `name@digest`.
    pub model: String,
    /// Revision of the highlight that it was cut for.
    pub revision: u32,
}

table!(ClipRow, clips, "clips", ["room", "stream", "model", "highlight"], |row| format!(
    "{}/{} {}",
    row.room, row.stream, row.highlight
));
