//! What a report is made of: plain numbers and texts, no type of another crate.
//!
//! Times are seconds of media time from the stream's first picture.

use serde::Serialize;

/// Everything the page shows.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Report {
    /// Heading of the page.
    pub title: String,
    /// Program and version, such as `kairos 0.1.0`.
    pub generated_by: String,
    /// The command line that made the report.
    pub command: String,
    /// Rooms in the order in which they are shown.
    pub rooms: Vec<RoomReport>,
    /// Digest of all rows, hexadecimal.
    pub digest: String,
}

/// One stream of one room.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct RoomReport {
    /// Room identifier.
    pub room: String,
    /// Stream identifier.
    pub stream: String,
    /// Title of the stream; empty where it has none.
    pub title: String,
    /// Whether the room was made up, with a known truth.
    pub simulated: bool,
    /// Length of the recording, seconds.
    pub duration_s: f64,
    /// Length of one unit, seconds.
    pub unit_s: f64,
    /// Wall time of the first picture, as text.
    pub started_at: Option<String>,
    /// What the recording holds.
    pub media: Option<MediaInfo>,
    /// Scored units in order of time.
    pub units: Vec<UnitPoint>,
    /// Highlights, best first.
    pub highlights: Vec<HighlightCard>,
    /// The estimated delay of comments behind the picture.
    pub lag: Option<LagReport>,
    /// Highlights as they were planted, where the room is simulated.
    pub truth: Vec<Interval>,
    /// What was counted.
    pub counts: Counts,
    /// What went wrong or was left out, in words.
    pub faults: Vec<String>,
}

/// Picture and sound of a recording.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct MediaInfo {
    /// Video codec; empty where there is no picture.
    pub codec: String,
    /// Picture width, pixels.
    pub width: u32,
    /// Picture height, pixels.
    pub height: u32,
    /// Pictures per second; 0 where unknown or variable.
    pub fps: f64,
    /// Sound codec and layout.
    pub audio: Option<String>,
}

/// The scores of one unit.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct UnitPoint {
    /// Start of the unit.
    pub t_s: f64,
    /// Score of revision 0, before the unit's comments had arrived.
    pub provisional: Option<f32>,
    /// Score of the last revision.
    pub score: f32,
    /// How much each modality moved the score, signed, by name.
    pub contributions: Vec<(String, f32)>,
    /// Comments placed in the unit.
    pub comments: u32,
    /// Value of the gifts placed in the unit.
    pub gift_value: f64,
    /// Modalities that the unit had to do without.
    pub missing: Vec<String>,
}

/// Whether a highlight can still change.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum HighlightState {
    /// Comments may still arrive for it.
    Provisional,
    /// It does not change any more.
    #[default]
    Final,
    /// It was reported and then taken back.
    Withdrawn,
}

/// One highlight.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct HighlightCard {
    /// Identity within the report's room.
    pub id: String,
    /// First second of it.
    pub start_s: f64,
    /// End of it.
    pub end_s: f64,
    /// Its best moment.
    pub peak_s: f64,
    /// Score at the best moment.
    pub score: f32,
    /// Whether it can still change.
    pub state: HighlightState,
    /// The clip that was cut.
    pub clip: Option<ClipSource>,
    /// A `data:image/...` URI; anything else is left out.
    pub thumbnail: Option<String>,
    /// Comments that belong to it, best first.
    pub top_comments: Vec<String>,
    /// Modalities that made it one, signed, by name.
    pub why: Vec<(String, f32)>,
    /// What was said.
    pub speech: Option<String>,
}

/// A clip on disk.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ClipSource {
    /// Path relative to the report's folder, with `/`.
    pub path: String,
    /// Media time of the clip's first picture.
    pub start_s: f64,
    /// Length of the clip.
    pub duration_s: f64,
    /// The file's bytes, where they may go into the page.
    #[serde(skip)]
    pub bytes: Option<Vec<u8>>,
}

/// Delay of comments behind the moment they are about.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct LagReport {
    /// The last estimate, seconds.
    pub seconds: f64,
    /// 0 to 1.
    pub confidence: f64,
    /// Earlier estimates: media time and seconds of delay.
    pub history: Vec<(f64, f64)>,
    /// The delay that was planted, where the room is simulated.
    pub truth: Option<f64>,
}

/// A stretch of media time.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Interval {
    /// First second of it.
    pub start_s: f64,
    /// End of it.
    pub end_s: f64,
    /// What happens in it; may be empty.
    pub label: String,
}

/// What was counted in a room.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Counts {
    /// Comments placed.
    pub comments: u64,
    /// Gifts placed.
    pub gifts: u64,
    /// Words recognised in its speech.
    pub words: u64,
    /// Their value.
    pub gift_value: f64,
    /// Unit of the value, such as `USD`; empty where unknown.
    pub currency: String,
    /// People who commented or gave.
    pub users: u64,
    /// Events past the allowed lateness.
    pub late: u64,
    /// Events left out, with the reason in the ledger.
    pub skipped: u64,
    /// Other counts, by name.
    pub others: Vec<(String, u64)>,
}
