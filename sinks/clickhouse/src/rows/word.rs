//! What was said aloud.

use clickhouse::Row;
use serde::{Deserialize, Serialize};

use super::table;

/// One recognised word.
#[derive(Debug, Clone, Default, PartialEq, Row, Serialize, Deserialize)]
pub struct SpokenWord {
    /// The room.
    pub room: String,
    /// The broadcast.
    pub stream: String,
    /// Start, media time in microseconds.
    pub start_us: i64,
    /// End, media time in microseconds.
    pub end_us: i64,
    /// The word.
    pub text: String,
    /// Language code; empty when unknown.
    pub language: String,
    /// How sure the recogniser is, 0 to 1.
    pub probability: f32,
    /// The recogniser, `name@digest`.
    pub model: String,
    /// From 0.
    pub revision: u32,
}

table!(SpokenWord, words, "words", ["room", "stream", "model", "start_us", "text"], |row| format!(
    "{}/{} at {} us",
    row.room, row.stream, row.start_us
));
