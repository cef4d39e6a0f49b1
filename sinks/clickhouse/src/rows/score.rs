//! The score of one time unit.

use std::collections::BTreeMap;

use clickhouse::Row;
use serde::{Deserialize, Serialize};

use super::table;

/// What a model made of one time unit of a stream.
#[derive(Debug, Clone, Default, PartialEq, Row, Serialize, Deserialize)]
pub struct FrameScore {
    /// The room.
    pub room: String,
    /// The broadcast.
    pub stream: String,
    /// Media time of the unit's start, microseconds.
    pub media_us: i64,
    /// Length of the unit, microseconds.
    pub unit_us: i64,
    /// Wall time of the unit's start, Unix microseconds.
    pub captured_at: i64,
    /// The main head's score.
    pub score: f32,
    /// Every head's score.
    pub scores: BTreeMap<String, f32>,
    /// How much each modality moved the main score.
    pub contributions: BTreeMap<String, f32>,
    /// Modalities that were masked, sorted.
    pub missing: Vec<String>,
    /// Comment lag used to place comments, microseconds; `None` when none was known.
    pub comment_lag_us: Option<i64>,
    /// How long after the unit's end the score was decided, milliseconds; it rests on nothing later.
    pub delay_ms: u32,
    /// Whether the unit's comments had arrived.
    pub r#final: bool,
    /// The model, `name@digest`.
    pub model: String,
    /// 0 when the media closed the unit, then one more each time the unit is scored again.
    pub revision: u32,
    /// Topic or file of the inputs.
    pub topic: String,
    /// Partition; 0 in a file.
    pub partition: i32,
    /// First offset that the score rests on.
    pub first_offset: i64,
    /// Last offset that the score rests on.
    pub last_offset: i64,
}

table!(
    FrameScore,
    frame_scores,
    "frame_scores",
    ["room", "stream", "model", "media_us", "delay_ms"],
    |row| format!("{}[{}]@{}", row.topic, row.partition, row.first_offset)
);
