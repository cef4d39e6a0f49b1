//! The broadcasts of a room, and how one did over time.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::check::StepsAsked;
use crate::problem::Problem;
use crate::request::{Asked, Place};
use crate::serve::App;

const STREAMS: &str = include_str!("../../sql/streams.sql");
const STATE: &str = include_str!("../../sql/state.sql");

/// One broadcast.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Stream {
    /// The broadcast.
    stream: String,
    /// Its title.
    title: String,
    /// A file name or a topic.
    source: String,
    /// Unix time of the first picture.
    started_us: i64,
    /// Media time reached.
    duration_us: i64,
    /// Whether a simulation made it.
    simulated: bool,
    /// Models that scored it.
    models: Vec<String>,
    /// Delays after which they did, milliseconds.
    delays_ms: Vec<u32>,
}

/// The broadcasts of a room.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Streams {
    /// Newest first, at most a page.
    streams: Vec<Stream>,
}

#[utoipa::path(get, path = "/api/v1/rooms/{room}/streams", tag = "rooms",
    params(("room" = String, Path, description = "The room")),
    responses((status = 200, body = Streams), (status = "default", body = Problem, content_type = "application/problem+json")))]
/// Broadcasts of a room
pub(crate) async fn streams(
    State(app): State<App>,
    Place(room): Place<String>,
) -> Result<Json<Streams>, Problem> {
    let values = [("room", (&room).into()), ("limit", app.access.options.longest_page.into())];
    let mut streams: Vec<Stream> = app.tables.rows(STREAMS, &values).await?;
    for stream in &mut streams {
        stream.models.sort();
        stream.delays_ms.sort_unstable();
    }
    Ok(Json(Streams { streams }))
}

#[derive(Deserialize)]
struct Row {
    at_us: i64,
    comment_lag_us: Option<i64>,
    lag_confidence: f32,
    fps: f32,
    drops: u64,
    late: u64,
}

/// How a stream did, one value of each list per step that has any.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct StateCurve {
    /// Media time.
    media_us: Vec<i64>,
    /// Estimated comment lag; null while unknown.
    comment_lag_us: Vec<Option<i64>>,
    /// How sure that is, 0 to 1.
    lag_confidence: Vec<f32>,
    /// Pictures per second.
    fps: Vec<f32>,
    /// Pictures and samples that could not be decoded, so far.
    drops: Vec<u64>,
    /// Events past the allowed lateness, so far.
    late: Vec<u64>,
}

#[utoipa::path(get, path = "/api/v1/rooms/{room}/streams/{stream}/state", tag = "timeline",
    params(("room" = String, Path), ("stream" = String, Path), StepsAsked),
    responses((status = 200, body = StateCurve), (status = "default", body = Problem, content_type = "application/problem+json")))]
/// Comment lag, picture rate and losses over time
pub(crate) async fn state(
    State(app): State<App>,
    Place(place): Place<(String, String)>,
    Asked(asked): Asked<StepsAsked>,
) -> Result<Json<StateCurve>, Problem> {
    let steps = asked.over(&app, &place).await?;
    let mut curve = StateCurve::default();
    for row in app.tables.rows::<Row>(STATE, &steps.values(&place)).await? {
        curve.media_us.push(row.at_us);
        curve.comment_lag_us.push(row.comment_lag_us);
        curve.lag_confidence.push(row.lag_confidence);
        curve.fps.push(row.fps);
        curve.drops.push(row.drops);
        curve.late.push(row.late);
    }
    Ok(Json(curve))
}
