//! Intervals worth a clip.

use clickhouse::Row;
use serde::{Deserialize, Serialize};

use super::table;

/// How sure a highlight is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "i8", try_from = "i8")]
#[non_exhaustive]
pub enum HighlightState {
    /// More revisions may come.
    #[default]
    Provisional,
    /// Holds.
    Final,
    /// Did not hold; hidden by the view.
    Withdrawn,
}

impl From<HighlightState> for i8 {
    fn from(state: HighlightState) -> Self {
        match state {
            HighlightState::Provisional => 1,
            HighlightState::Final => 2,
            HighlightState::Withdrawn => 3,
        }
    }
}

impl TryFrom<i8> for HighlightState {
    type Error = String;

    fn try_from(code: i8) -> Result<Self, String> {
        match code {
            1 => Ok(Self::Provisional),
            2 => Ok(Self::Final),
            3 => Ok(Self::Withdrawn),
            _ => Err(format!("{code} is no state of a highlight")),
        }
    }
}

/// One highlight; its clip is a row of its own ([`ClipRow`](super::ClipRow)).
#[derive(Debug, Clone, Default, PartialEq, Row, Serialize, Deserialize)]
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
    /// The model, `name@digest`.
    pub model: String,
    /// From 0, one more each time the interval or the state changes.
    pub revision: u32,
}

table!(Highlight, highlights, "highlights", ["room", "stream", "model", "highlight"], |row| format!(
    "{}/{} {}",
    row.room, row.stream, row.highlight
));
