//! What pretrained networks make of units.

use clickhouse::Row;
use serde::{Deserialize, Serialize};

use super::table;

/// One unit's vector by one encoder.
#[derive(Debug, Clone, Default, PartialEq, Row, Serialize, Deserialize)]
pub struct UnitVector {
    /// The room.
    pub room: String,
    /// The broadcast.
    pub stream: String,
    /// Start of the unit, media time in microseconds.
    pub media_us: i64,
    /// Length of the unit in microseconds.
    pub unit_us: i64,
    /// `picture`, `comment` or `speech`.
    pub kind: String,
    /// Digest of the encoder.
    pub encoder: String,
    /// The vector.
    pub vector: Vec<f32>,
    /// From 0.
    pub revision: u32,
}

table!(
    UnitVector,
    unit_vectors,
    "unit_vectors",
    ["room", "stream", "encoder", "kind", "media_us"],
    |row| format!("{}/{} at {} us", row.room, row.stream, row.media_us)
);
