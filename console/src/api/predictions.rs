//! Who is likely to send a gift, and why.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::page::limit;
use crate::problem::Problem;
use crate::request::{Asked, Place};
use crate::serve::App;

const PREDICTIONS: &str = include_str!("../../sql/predictions.sql");

/// Which predictions.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct PredictionsAsked {
    /// One model; the newest prediction of any if not given.
    model: Option<String>,
    /// Viewers, at most.
    limit: Option<u32>,
}

/// The last prediction for one viewer.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Prediction {
    /// Who is live.
    streamer: String,
    /// The viewer.
    user: String,
    /// When, media time.
    media_us: i64,
    /// Probability of a gift, 0 to 1.
    probability: f32,
    /// Probability times value, United States dollars.
    expected_value: f64,
    /// The strongest reason, in words.
    reason: String,
    /// The model, `name@digest`.
    model: String,
    /// What the viewer has given since, United States dollars.
    given: f64,
    /// What the viewer had given before.
    given_before: f64,
}

/// Predictions of a stream.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Predictions {
    /// The highest expected value first.
    predictions: Vec<Prediction>,
}

#[utoipa::path(get, path = "/api/v1/rooms/{room}/streams/{stream}/predictions", tag = "gifting",
    params(("room" = String, Path), ("stream" = String, Path), PredictionsAsked),
    responses((status = 200, body = Predictions), (status = "default", body = Problem, content_type = "application/problem+json")))]
/// Likely givers with reasons
pub(crate) async fn predictions(
    State(app): State<App>,
    Place((room, stream)): Place<(String, String)>,
    Asked(asked): Asked<PredictionsAsked>,
) -> Result<Json<Predictions>, Problem> {
    let limit = limit(asked.limit, &app.access.options)?;
    let values = [
        ("room", (&room).into()),
        ("stream", (&stream).into()),
        ("model", (&asked.model).into()),
        ("limit", limit.into()),
    ];
    Ok(Json(Predictions { predictions: app.tables.rows(PREDICTIONS, &values).await? }))
}
