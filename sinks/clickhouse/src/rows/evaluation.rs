//! What models are judged by: labels, metrics, and the scores behind them.

use clickhouse::Row;
use serde::{Deserialize, Serialize};

use super::table;

/// Whether a stretch of a stream was a highlight.
#[derive(Debug, Clone, Default, PartialEq, Row, Serialize, Deserialize)]
pub struct HighlightLabel {
    /// The room; the video's name in a data set.
    pub room: String,
    /// The broadcast; empty when the label holds for every broadcast of the room.
    pub stream: String,
    /// Start, media time in microseconds. A source labels one stretch per start.
    pub start_us: i64,
    /// End (exclusive), media time in microseconds; a later revision that ends at its start takes the label back.
    pub end_us: i64,
    /// How much of a highlight it was, in the source's own scale.
    pub label: f32,
    /// 1 when it was a highlight, otherwise 0.
    pub positive: u8,
    /// Who says so: a reviewer, a data set, a recipe.
    pub source: String,
    /// From 0.
    pub revision: u32,
}

/// One metric of a model over one video.
#[derive(Debug, Clone, Default, PartialEq, Row, Serialize, Deserialize)]
pub struct Evaluation {
    /// The evaluation's id.
    pub run: String,
    /// The model, `name@digest`.
    pub model: String,
    /// The data set.
    pub dataset: String,
    /// The part of it: `train`, `val`, `test`.
    pub split: String,
    /// What was changed or left out; empty for the model as it is.
    pub variant: String,
    /// Seed of the training.
    pub seed: u64,
    /// How long after a second its score was decided, milliseconds.
    pub delay_ms: u32,
    /// The metric's name.
    pub metric: String,
    /// The video (the room, where it was a broadcast); empty for a value over all videos at once.
    pub video: String,
    /// Its value; not a number where the metric is undefined.
    pub value: f64,
    /// From 0.
    pub revision: u32,
}

/// The score of one second in an evaluation.
#[derive(Debug, Clone, Default, PartialEq, Row, Serialize, Deserialize)]
pub struct EvaluationScore {
    /// The evaluation's id.
    pub run: String,
    /// The video.
    pub video: String,
    /// How long after the second its score was decided, milliseconds; it rests on nothing later.
    pub delay_ms: u32,
    /// The second, from 0.
    pub sec: u32,
    /// The score.
    pub score: f32,
    /// From 0.
    pub revision: u32,
}

table!(
    HighlightLabel,
    highlight_labels,
    "highlight_labels",
    ["room", "stream", "source", "start_us"],
    |row| format!("{}/{} at {} us by {}", row.room, row.stream, row.start_us, row.source)
);
table!(
    Evaluation,
    evaluations,
    "evaluations",
    ["run", "model", "dataset", "split", "variant", "seed", "delay_ms", "metric", "video"],
    |row| format!("{} {} of {} after {} ms", row.run, row.metric, row.video, row.delay_ms)
);
table!(
    EvaluationScore,
    evaluation_scores,
    "evaluation_scores",
    ["run", "video", "delay_ms", "sec"],
    |row| format!("{} {} at {} s after {} ms", row.run, row.video, row.sec, row.delay_ms)
);
