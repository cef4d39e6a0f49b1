//! Events of viewers: comments, paid items and feedback.

use clickhouse::Row;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{money, table};

/// One comment.
#[derive(Debug, Clone, Default, PartialEq, Row, Serialize, Deserialize)]
pub struct CommentRow {
    /// The room.
    pub room: String,
    /// The broadcast.
    pub stream: String,
    /// The platform's id.
    pub id: String,
    /// Who said it.
    pub user: String,
    /// What was said.
    pub text: String,
    /// Platform wall time, Unix microseconds.
    pub sent_at: i64,
    /// Media time where the bridge placed it, microseconds; `None` outside of the stream.
    pub media_us: Option<i64>,
    /// Whether it came past the allowed lateness and moved no score.
    pub late: bool,
    /// Topic or file.
    pub topic: String,
    /// Partition; 0 in a file.
    pub partition: i32,
    /// Offset, or index in the file.
    pub offset: i64,
    /// From 0.
    pub revision: u32,
}

/// One paid item.
#[derive(Debug, Clone, Default, PartialEq, Row, Serialize, Deserialize)]
pub struct GiftRow {
    /// The room.
    pub room: String,
    /// The broadcast.
    pub stream: String,
    /// The platform's id.
    pub id: String,
    /// Who paid.
    pub user: String,
    /// What was bought: `gift`, `super_chat`, `membership`, `subscription_gift`.
    pub kind: String,
    /// The platform's name for it.
    pub name: String,
    /// How many.
    pub count: u32,
    /// What it cost in all, exact, at most nine decimals; `None` when free or unknown.
    #[serde(with = "money")]
    pub amount: Option<Decimal>,
    /// Currency of `amount`; empty without one.
    pub currency: String,
    /// United States dollars, so that rooms compare.
    pub value: f64,
    /// The message that came with it.
    pub text: String,
    /// Platform wall time, Unix microseconds.
    pub sent_at: i64,
    /// Media time where the bridge placed it, microseconds; `None` outside of the stream.
    pub media_us: Option<i64>,
    /// Whether it came past the allowed lateness and moved no score.
    pub late: bool,
    /// Topic or file.
    pub topic: String,
    /// Partition; 0 in a file.
    pub partition: i32,
    /// Offset, or index in the file.
    pub offset: i64,
    /// From 0.
    pub revision: u32,
}

/// One impression, click or watch.
#[derive(Debug, Clone, Default, PartialEq, Row, Serialize, Deserialize)]
pub struct FeedbackRow {
    /// The room.
    pub room: String,
    /// The broadcast.
    pub stream: String,
    /// The platform's id.
    pub id: String,
    /// Who.
    pub user: String,
    /// `impression`, `click` or `watch`.
    pub kind: String,
    /// How long was watched, microseconds; 0 for impressions and clicks.
    pub watched_us: i64,
    /// Platform wall time, Unix microseconds.
    pub sent_at: i64,
    /// Media time where the bridge placed it, microseconds; `None` outside of the stream.
    pub media_us: Option<i64>,
    /// Whether it came past the allowed lateness.
    pub late: bool,
    /// Topic or file.
    pub topic: String,
    /// Partition; 0 in a file.
    pub partition: i32,
    /// Offset, or index in the file.
    pub offset: i64,
    /// From 0.
    pub revision: u32,
}

table!(CommentRow, comments, "comments", ["room", "stream", "id"], |row| format!(
    "{}[{}]@{}",
    row.topic, row.partition, row.offset
));
table!(GiftRow, gifts, "gifts", ["room", "stream", "id"], |row| format!(
    "{}[{}]@{}",
    row.topic, row.partition, row.offset
));
table!(FeedbackRow, feedback, "feedback", ["room", "stream", "id"], |row| format!(
    "{}[{}]@{}",
    row.topic, row.partition, row.offset
));
