//! Who is likely to send a gift.

use clickhouse::Row;
use serde::{Deserialize, Serialize};

use super::table;

/// The prediction for one viewer at one moment of a stream.
#[derive(Debug, Clone, Default, PartialEq, Row, Serialize, Deserialize)]
pub struct GiftPrediction {
    /// The room.
    pub room: String,
    /// The broadcast.
    pub stream: String,
    /// Who is live.
    pub streamer: String,
    /// Moment, media time in microseconds.
    pub media_us: i64,
    /// The viewer.
    pub user: String,
    /// Probability of a gift, 0 to 1.
    pub probability: f32,
    /// Probability times value, United States dollars.
    pub expected_value: f64,
    /// The strongest reason, in words.
    pub reason: String,
    /// The model, `name@digest`.
    pub model: String,
    /// From 0.
    pub revision: u32,
}

table!(
    GiftPrediction,
    gift_predictions,
    "gift_predictions",
    ["room", "stream", "model", "user", "media_us"],
    |row| format!("{}/{} {} at {} us", row.room, row.stream, row.user, row.media_us)
);
