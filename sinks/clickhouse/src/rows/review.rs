//! What editors say of highlights.

use clickhouse::Row;
use serde::{Deserialize, Serialize};

use super::table;

/// The last word on one highlight.
#[derive(Debug, Clone, Default, PartialEq, Row, Serialize, Deserialize)]
pub struct Review {
    /// The room.
    pub room: String,
    /// The broadcast.
    pub stream: String,
    /// The model whose highlight it is, `name@digest`.
    pub model: String,
    /// The highlight's id.
    pub highlight: String,
    /// `kept`, `rejected`, or empty while undecided.
    pub verdict: String,
    /// Where the trimmed interval starts, media time in microseconds; `None` while not trimmed.
    pub from_us: Option<i64>,
    /// Where it ends.
    pub to_us: Option<i64>,
    /// What else there is to say.
    pub note: String,
    /// Who says it; empty where nobody logs in.
    pub reviewer: String,
    /// When, Unix microseconds.
    pub reviewed_at: i64,
    /// The same number: the last word counts.
    pub revision: u64,
}

table!(Review, reviews, "reviews", ["room", "stream", "model", "highlight"], |row| format!(
    "{}/{} {}",
    row.room, row.stream, row.highlight
));
