//! The events and what makes each a valid one.
//!
//! Field names are those of the tables of the same name. A number that is not finite has no JSON and is refused
//! before it is written; so is whatever the JSON Schemas in `schemas/` refuse.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// A result topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ResultTopic {
    /// `kairos.scores`.
    Scores,
    /// `kairos.highlights`.
    Highlights,
    /// `kairos.gift-predictions`.
    GiftPredictions,
}

impl ResultTopic {
    /// Name without prefix.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Scores => "scores",
            Self::Highlights => "highlights",
            Self::GiftPredictions => "gift-predictions",
        }
    }

    /// JSON Schema of its values.
    pub const fn schema(self) -> &'static str {
        match self {
            Self::Scores => include_str!("../schemas/score.json"),
            Self::Highlights => include_str!("../schemas/highlight.json"),
            Self::GiftPredictions => include_str!("../schemas/gift-prediction.json"),
        }
    }
}

impl fmt::Display for ResultTopic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The inputs that an event rests on; both offsets inclusive.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PositionRange {
    /// Topic, or file of a replay.
    pub topic: String,
    /// Partition; 0 in a file.
    pub partition: i32,
    /// First offset.
    pub first_offset: i64,
    /// Last offset.
    pub last_offset: i64,
}

/// What a model made of one time unit of a stream.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// The room.
    pub room: String,
    /// The broadcast.
    pub stream: String,
    /// Media time of the unit's start, microseconds.
    pub media_us: i64,
    /// Length of the unit, microseconds.
    pub unit_us: i64,
    /// Wall time of the unit's start, Unix microseconds.
    pub captured_at_us: i64,
    /// The main head's score.
    pub score: f32,
    /// Every head's score.
    pub scores: BTreeMap<String, f32>,
    /// How much each modality moved the main score.
    pub contributions: BTreeMap<String, f32>,
    /// Modalities that were not there, sorted, and encoders whose part was not, with the reason: `comment: sentences late`.
    pub missing: Vec<String>,
    /// Comment lag used to place comments, microseconds; `None` when none was known.
    pub comment_lag_us: Option<i64>,
    /// How long after the unit's end the score was decided, milliseconds.
    pub delay_ms: u32,
    /// Whether no further revision will come of the unit's own inputs.
    pub r#final: bool,
    /// The model, `name@digest`.
    pub model: String,
    /// From 0; the highest of an identity counts.
    pub revision: u32,
    /// The inputs that it rests on.
    pub position: PositionRange,
}

/// How sure a highlight is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum HighlightState {
    /// More revisions may come.
    #[default]
    Provisional,
    /// Holds.
    Final,
    /// Did not hold.
    Withdrawn,
}

/// An interval worth a clip.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Highlight {
    /// The room.
    pub room: String,
    /// The broadcast.
    pub stream: String,
    /// Stable id: the same moment keeps it through its revisions.
    pub highlight: String,
    /// Start, media time in microseconds.
    pub start_us: i64,
    /// End (exclusive), media time in microseconds.
    pub end_us: i64,
    /// The best moment, media time in microseconds.
    pub peak_us: i64,
    /// Score at the peak.
    pub score: f32,
    /// How sure it is.
    pub state: HighlightState,
    /// Path or address of the clip.
    pub clip: Option<String>,
    /// Path or address of the picture.
    pub thumbnail: Option<String>,
    /// The model, `name@digest`.
    pub model: String,
    /// From 0; the highest of an identity counts.
    pub revision: u32,
    /// The inputs that it rests on.
    pub position: PositionRange,
}

/// Who is likely to send a gift.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
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
    /// From 0; the highest of an identity counts.
    pub revision: u32,
    /// The inputs that it rests on.
    pub position: PositionRange,
}

/// An event of a result topic.
pub trait ResultEvent: Serialize + DeserializeOwned {
    /// Its topic.
    const TOPIC: ResultTopic;
    /// The room, which is the key.
    fn room(&self) -> &str;
    /// The field that no consumer could use, and why.
    ///
    /// # Errors
    /// If there is one.
    fn check(&self) -> Result<(), (&'static str, String)>;
}

impl ResultEvent for Score {
    const TOPIC: ResultTopic = ResultTopic::Scores;

    fn room(&self) -> &str {
        &self.room
    }

    fn check(&self) -> Result<(), (&'static str, String)> {
        identity("room", &self.room)?;
        identity("stream", &self.stream)?;
        hold("unit_us", self.unit_us > 0, self.unit_us)?;
        finite("score", self.score.into())?;
        self.scores.values().try_for_each(|&score| finite("scores", score.into()))?;
        self.contributions.values().try_for_each(|&part| finite("contributions", part.into()))?;
        let sorted = self.missing.is_sorted_by(|one, next| one < next);
        hold("missing", sorted, "not sorted, or one is named twice")?;
        filled("model", &self.model)?;
        self.position.check()
    }
}

impl ResultEvent for Highlight {
    const TOPIC: ResultTopic = ResultTopic::Highlights;

    fn room(&self) -> &str {
        &self.room
    }

    fn check(&self) -> Result<(), (&'static str, String)> {
        identity("room", &self.room)?;
        identity("stream", &self.stream)?;
        filled("highlight", &self.highlight)?;
        hold("end_us", self.start_us <= self.end_us, format!("{} before start", self.end_us))?;
        finite("score", self.score.into())?;
        filled("clip", self.clip.as_deref().unwrap_or("none"))?;
        filled("thumbnail", self.thumbnail.as_deref().unwrap_or("none"))?;
        filled("model", &self.model)?;
        self.position.check()
    }
}

impl ResultEvent for GiftPrediction {
    const TOPIC: ResultTopic = ResultTopic::GiftPredictions;

    fn room(&self) -> &str {
        &self.room
    }

    fn check(&self) -> Result<(), (&'static str, String)> {
        identity("room", &self.room)?;
        identity("stream", &self.stream)?;
        filled("streamer", &self.streamer)?;
        filled("user", &self.user)?;
        hold("probability", (0.0..=1.0).contains(&self.probability), self.probability)?;
        finite("expected_value", self.expected_value)?;
        hold("expected_value", self.expected_value >= 0.0, self.expected_value)?;
        filled("model", &self.model)?;
        self.position.check()
    }
}

impl PositionRange {
    fn check(&self) -> Result<(), (&'static str, String)> {
        filled("position.topic", &self.topic)?;
        hold("position.partition", self.partition >= 0, self.partition)?;
        hold("position.first_offset", self.first_offset >= 0, self.first_offset)?;
        hold("position.last_offset", self.last_offset >= self.first_offset, self.last_offset)
    }
}

fn hold(field: &'static str, holds: bool, found: impl fmt::Display) -> Result<(), (&'static str, String)> {
    if holds { Ok(()) } else { Err((field, format!("found {found}"))) }
}

fn finite(field: &'static str, number: f64) -> Result<(), (&'static str, String)> {
    hold(field, number.is_finite(), number)
}

fn filled(field: &'static str, text: &str) -> Result<(), (&'static str, String)> {
    hold(field, !text.is_empty(), "nothing")
}

/// The alphabet of room and stream ids, which end up in file names, keys and SQL.
fn identity(field: &'static str, text: &str) -> Result<(), (&'static str, String)> {
    let inner = |c: char| c.is_ascii_alphanumeric() || "._:-".contains(c);
    let starts = text.starts_with(|c: char| c.is_ascii_alphanumeric());
    hold(field, starts && text.len() <= 128 && text.chars().all(inner), format_args!("{text:?}"))
}
