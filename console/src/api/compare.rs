//! Two models over one stream.

use axum::Json;
use axum::extract::State;
use kairos_clickhouse::{Format, named_queries};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::scores::{Scores, ScoresAsked, curve};
use crate::problem::Problem;
use crate::request::{Asked, Place};
use crate::serve::App;

const APART: &str = include_str!("../../sql/apart.sql");

/// Which models.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct CompareAsked {
    /// A model, `name@digest`.
    a: String,
    /// Another.
    b: String,
    /// At most so many steps of each curve.
    points: Option<u32>,
    /// How many best moments to compare.
    top: Option<u32>,
}

/// How alike two models score.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Agreement {
    /// Units that both have scored.
    units: u64,
    /// Pearson's correlation; null where one of them is constant.
    correlation: Option<f64>,
    /// Spearman's rank correlation; null likewise.
    rank_correlation: Option<f64>,
    /// Mean absolute difference.
    mean_difference: Option<f64>,
    /// Mean score of the first.
    mean_a: Option<f64>,
    /// Mean score of the second.
    mean_b: Option<f64>,
    /// Best moments that they share.
    shared_top: u64,
    /// The longest that the first waited for a score, milliseconds.
    delay_a: u32,
    /// The longest that the second did.
    delay_b: u32,
}

/// A unit on which they differ.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Apart {
    /// Its start, media time.
    media_us: i64,
    /// The first model's score.
    score_a: f32,
    /// The second model's score.
    score_b: f32,
    /// Its place in the first model's order, from 1.
    rank_a: u64,
    /// Its place in the second model's order.
    rank_b: u64,
}

/// Two models over one stream.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Comparison {
    /// The first model's curve.
    a: Scores,
    /// The second model's curve.
    b: Scores,
    /// How alike they are; null where no unit was scored by both.
    agreement: Option<Agreement>,
    /// Where they differ the most, by rank.
    apart: Vec<Apart>,
}

#[utoipa::path(get, path = "/api/v1/rooms/{room}/streams/{stream}/compare", tag = "timeline",
    params(("room" = String, Path), ("stream" = String, Path), CompareAsked),
    responses((status = 200, body = Comparison), (status = "default", body = Problem, content_type = "application/problem+json")))]
/// Two models over one stream
pub(crate) async fn compare(
    State(app): State<App>,
    Place(place): Place<(String, String)>,
    Asked(asked): Asked<CompareAsked>,
) -> Result<Json<Comparison>, Problem> {
    let of = |model: &str| ScoresAsked {
        points: asked.points,
        model: Some(model.to_owned()),
        ..ScoresAsked::default()
    };
    let a = curve(&app, &place, &of(&asked.a)).await?;
    let b = curve(&app, &place, &of(&asked.b)).await?;
    let (room, stream) = &place;
    let query = named_queries().iter().find(|query| query.name == "compare-models");
    let query = query.ok_or_else(|| Problem::internal("comparing models", &"no query compare-models"))?;
    let top = asked.top.unwrap_or(20).clamp(1, 1_000);
    // The query goes through all rooms that have the stream's name; this room's row is taken.
    let sql = format!("SELECT * FROM ({}) WHERE room = {{room:String}}", query.sql);
    let values = [
        ("room", room.into()),
        ("stream", stream.into()),
        ("model_a", (&asked.a).into()),
        ("model_b", (&asked.b).into()),
        ("top", top.into()),
        ("delay_ms", (-1_i64).into()),
    ];
    let answer = app.tables.text(&sql, &values, Format::JsonEachRow).await?;
    let agreement = answer.lines().next().map(serde_json::from_str).transpose();
    let agreement = agreement.map_err(|error| Problem::internal("comparing models", &error))?;
    let values = [
        ("room", room.into()),
        ("stream", stream.into()),
        ("a", (&asked.a).into()),
        ("b", (&asked.b).into()),
    ];
    let apart = app.tables.rows(APART, &values).await?;
    Ok(Json(Comparison { a, b, agreement, apart }))
}
