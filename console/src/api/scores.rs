//! The score of a stream over time, and what moved it.
//!
//! Invariant: a step keeps its lowest and its highest unit, with the times of the highest, so that thinning out a curve
//! loses no peak and no dip.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::check::Steps;
use crate::problem::Problem;
use crate::request::{Asked, Place};
use crate::serve::App;

const MODELS: &str = include_str!("../../sql/models.sql");
const SCORES: &str = include_str!("../../sql/scores.sql");

/// Which scores.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScoresAsked {
    /// Start, media time in microseconds; 0 if not given.
    pub(super) from_us: Option<i64>,
    /// End (exclusive); the stream's end if not given.
    pub(super) to_us: Option<i64>,
    /// At most so many steps, which are never shorter than a unit.
    pub(super) points: Option<u32>,
    /// The model; the one that has come furthest if not given.
    pub(super) model: Option<String>,
    /// Scores decided exactly so long after their unit, milliseconds; the newest of each unit if not given.
    pub(super) delay_ms: Option<u32>,
}

/// A model of a stream.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct Model {
    /// The model, `name@digest`.
    pub(super) model: String,
    /// Media time it has come to.
    until_us: i64,
    /// Length of its units.
    unit_us: i64,
    /// Delays after which it decided, milliseconds.
    delays_ms: Vec<u32>,
}

#[derive(Deserialize)]
struct Row {
    step: i64,
    low: f32,
    high: f32,
    high_us: i64,
    contributions: BTreeMap<String, f32>,
    missing: Vec<String>,
    comment_lag_us: Option<i64>,
    r#final: bool,
}

/// A curve, one value of each list per step that has any.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct Scores {
    /// The model; empty where nothing was scored.
    pub(super) model: String,
    /// Every model of the stream.
    models: Vec<Model>,
    /// Start of the stretch.
    from_us: i64,
    /// End of the stretch.
    to_us: i64,
    /// Length of a unit.
    unit_us: i64,
    /// Length of a step.
    step_us: i64,
    /// Media time of each step's highest unit.
    media_us: Vec<i64>,
    /// Each step's lowest score.
    low: Vec<f32>,
    /// Each step's highest score.
    high: Vec<f32>,
    /// Whether all of the step's comments had arrived.
    #[serde(rename = "final")]
    settled: Vec<bool>,
    /// The comment lag used; null where none was known.
    comment_lag_us: Vec<Option<i64>>,
    /// What each modality contributed to the highest score.
    contributions: BTreeMap<String, Vec<f32>>,
    /// Per modality, the indexes of steps in which it was missing.
    missing: BTreeMap<String, Vec<usize>>,
}

/// Media time that a stream's scores have come to, and their unit.
pub(super) async fn reach(app: &App, place: &(String, String)) -> Result<(i64, i64), Problem> {
    let models = models(app, place).await?;
    Ok(models.first().map_or((1, 1), |model| (model.until_us, model.unit_us)))
}

async fn models(app: &App, (room, stream): &(String, String)) -> Result<Vec<Model>, Problem> {
    app.tables.rows(MODELS, &[("room", room.into()), ("stream", stream.into())]).await
}

/// A model's curve.
pub(super) async fn curve(
    app: &App,
    place: &(String, String),
    asked: &ScoresAsked,
) -> Result<Scores, Problem> {
    let models = models(app, place).await?;
    let chosen = match &asked.model {
        None => models.first(),
        Some(name) => Some(models.iter().find(|model| model.model == *name).ok_or_else(|| {
            let known: Vec<&str> = models.iter().map(|model| model.model.as_str()).collect();
            Problem::not_found(format!("{name:?} has not scored this stream; there are {}", known.join(", ")))
        })?),
    };
    let Some(Model { model, until_us, unit_us, .. }) = chosen.cloned() else { return Ok(Scores::default()) };
    let steps = Steps::of(asked.from_us, asked.to_us, asked.points, until_us, unit_us, &app.access.options)?;
    let mut values = steps.values(place).to_vec();
    values.push(("model", (&model).into()));
    values.push(("delay_ms", asked.delay_ms.map_or(-1, i64::from).into()));
    let rows: Vec<Row> = app.tables.rows(SCORES, &values).await?;
    let Steps { from_us, to_us, step_us } = steps;
    let mut scores = Scores { model, models, from_us, to_us, unit_us, step_us, ..Scores::default() };
    for (at, row) in rows.into_iter().filter(|row| row.step >= 0).enumerate() {
        scores.media_us.push(row.high_us);
        scores.low.push(row.low);
        scores.high.push(row.high);
        scores.settled.push(row.r#final);
        scores.comment_lag_us.push(row.comment_lag_us);
        for (modality, amount) in row.contributions {
            let column = scores.contributions.entry(modality).or_default();
            column.resize(at, 0.0);
            column.push(if amount.is_finite() { amount } else { 0.0 });
        }
        for modality in row.missing {
            scores.missing.entry(modality).or_default().push(at);
        }
    }
    let length = scores.media_us.len();
    for column in scores.contributions.values_mut() {
        column.resize(length, 0.0);
    }
    Ok(scores)
}

#[utoipa::path(get, path = "/api/v1/rooms/{room}/streams/{stream}/scores", tag = "timeline",
    params(("room" = String, Path), ("stream" = String, Path), ScoresAsked),
    responses((status = 200, body = Scores), (status = "default", body = Problem, content_type = "application/problem+json")))]
/// Scores over time
pub(crate) async fn scores(
    State(app): State<App>,
    Place(place): Place<(String, String)>,
    Asked(asked): Asked<ScoresAsked>,
) -> Result<Json<Scores>, Problem> {
    curve(&app, &place, &asked).await.map(Json)
}
