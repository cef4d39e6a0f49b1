//! Finding a moment by words that were said or spoken in it.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::page::limit;
use crate::problem::Problem;
use crate::request::Asked;
use crate::serve::App;

const SEARCH: &str = include_str!("../../sql/search.sql");

/// What to look for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct SearchAsked {
    /// Words, all of which must be there; at most 200 characters.
    q: String,
    /// One room; all if not given.
    room: Option<String>,
    /// Moments, at most.
    limit: Option<u32>,
}

/// A stretch of at most half a minute.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Moment {
    /// The room.
    room: String,
    /// The broadcast.
    stream: String,
    /// Its title.
    title: String,
    /// Unix time of the first hit.
    at_us: i64,
    /// Media time of the first hit.
    from_us: i64,
    /// Media time of the last hit.
    to_us: i64,
    /// Comments and words that hit.
    found: u64,
    /// Those of them that were spoken.
    words: u64,
    /// A few of the comments.
    quotes: Vec<String>,
    /// Everything spoken in the stretch.
    speech: String,
    /// Its best score; 0 where nothing was scored.
    score: f32,
}

/// Moments found.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Moments {
    /// The richest first.
    moments: Vec<Moment>,
}

#[utoipa::path(get, path = "/api/v1/search", tag = "analysis", params(SearchAsked),
    responses((status = 200, body = Moments), (status = "default", body = Problem)))]
/// Find moments by words
pub(crate) async fn search(
    State(app): State<App>,
    Asked(asked): Asked<SearchAsked>,
) -> Result<Json<Moments>, Problem> {
    let limit = limit(asked.limit, &app.access.options)?;
    let q = asked.q.trim();
    if q.is_empty() || q.chars().count() > 200 {
        return Err(Problem::bad("q must be 1 to 200 characters"));
    }
    let values = [("q", q.into()), ("room", (&asked.room).into()), ("limit", limit.into())];
    Ok(Json(Moments { moments: app.tables.rows(SEARCH, &values).await? }))
}
