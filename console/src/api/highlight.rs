//! One highlight: what it is, why it is one, what was said in it.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::highlights::Listed;
use super::key::Key;
use crate::problem::Problem;
use crate::request::Place;
use crate::serve::App;

const HIGHLIGHT: &str =
    concat!(include_str!("../../sql/highlight_columns.sql"), include_str!("../../sql/highlight.sql"));
const CLIP: &str = include_str!("../../sql/clip.sql");
const PEAK: &str = include_str!("../../sql/peak.sql");
const COMMENTS: &str = include_str!("../../sql/comments.sql");
const WORDS: &str = include_str!("../../sql/words.sql");

/// A highlight and where its files are.
#[derive(Debug, Clone)]
pub(super) struct Filed {
    pub(super) listed: Listed,
    pub(super) files: Files,
}

/// A clip's files and reach.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Files {
    pub(super) clip: String,
    pub(super) thumbnail: String,
    pub(super) clip_from_us: i64,
    pub(super) clip_to_us: i64,
}

/// What made a score.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Peak {
    /// Every head's score.
    scores: BTreeMap<String, Option<f32>>,
    /// How much each modality moved the main score.
    contributions: BTreeMap<String, Option<f32>>,
    /// Modalities that were missing.
    missing: Vec<String>,
    /// The comment lag used; null when none was known.
    comment_lag_us: Option<i64>,
    /// How long after the unit's end it was decided, milliseconds.
    delay_ms: u32,
    /// Whether the unit's comments had arrived.
    #[serde(rename = "final")]
    settled: bool,
    /// The unit's start, media time.
    media_us: i64,
    /// Its length.
    unit_us: i64,
}

#[derive(Debug, Deserialize)]
struct Said {
    text: String,
}

/// One highlight with its reasons.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Highlight {
    /// As in the list.
    #[serde(flatten)]
    listed: Listed,
    /// Where the clip starts, media time: before the interval, with what leads to it.
    clip_from_us: i64,
    /// Where the clip ends.
    clip_to_us: i64,
    /// What made the score of its peak; null where that unit has left the tables.
    peak: Option<Peak>,
    /// What viewers said in it, a few.
    comments: Vec<String>,
    /// What was said aloud.
    speech: String,
}

/// The files of a highlight's clip.
pub(super) async fn files(app: &App, key: &Key) -> Result<Option<Files>, Problem> {
    app.tables.row(CLIP, &key.values()).await
}

/// Finds a highlight.
pub(super) async fn find(app: &App, key: &Key) -> Result<Filed, Problem> {
    let found: Option<Listed> = app.tables.row(HIGHLIGHT, &key.values()).await?;
    let listed = found.ok_or_else(|| {
        Problem::not_found(format!(
            "there is no highlight {:?} in room {:?}; it may have been withdrawn",
            key.3, key.0
        ))
    })?;
    // Not joined: the view of highlights holds a join with the same table already.
    let files = files(app, key).await?.unwrap_or_else(|| Files {
        clip: String::new(),
        thumbnail: String::new(),
        clip_from_us: listed.start_us,
        clip_to_us: listed.end_us,
    });
    Ok(Filed { listed: listed.keyed(), files })
}

#[utoipa::path(get, path = "/api/v1/highlights/{key}", tag = "highlights",
    params(("key" = String, Path, description = "`key` of a highlight")),
    responses((status = 200, body = Highlight), (status = "default", body = Problem, content_type = "application/problem+json")))]
/// One highlight with its reasons
pub(crate) async fn highlight(
    State(app): State<App>,
    Place(key): Place<String>,
) -> Result<Json<Highlight>, Problem> {
    let key = Key::read(&key)?;
    let Filed { listed, files } = find(&app, &key).await?;
    let Files { clip_from_us, clip_to_us, .. } = files;
    let mut values = key.values().to_vec();
    values.push(("at_us", listed.peak_us.into()));
    let peak: Option<Peak> = app.tables.row(PEAK, &values).await?;
    values.extend([
        ("from_us", listed.start_us.into()),
        ("to_us", listed.end_us.into()),
        ("q", "".into()),
        ("after_us", i64::MIN.into()),
        ("after_id", "".into()),
        ("limit", 200_u32.into()),
    ]);
    let said: Vec<Said> = app.tables.rows(COMMENTS, &values).await?;
    let mut comments: Vec<String> = Vec::new();
    for Said { text } in said {
        // What a crowd says alike is said once here.
        if comments.len() < 24 && !text.is_empty() && !comments.contains(&text) {
            comments.push(text);
        }
    }
    let spoken: Vec<Said> = app.tables.rows(WORDS, &values).await?;
    let speech = spoken.iter().map(|word| word.text.trim()).collect::<Vec<_>>().join(" ");
    Ok(Json(Highlight { listed, clip_from_us, clip_to_us, peak, comments, speech }))
}
