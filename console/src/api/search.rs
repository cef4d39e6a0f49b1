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
const MORE: &str = include_str!("../../sql/moments.sql");

/// Length of a stretch, as in both questions.
const STRETCH_US: i64 = 30_000_000;

/// What to look for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct SearchAsked {
    /// Words, all of which must be there; at most 200 characters.
    #[param(min_length = 1, max_length = 200)]
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
    #[serde(default)]
    speech: String,
    /// Its best score; 0 where nothing was scored.
    #[serde(default)]
    score: f32,
}

#[derive(Deserialize)]
struct More {
    room: String,
    stream: String,
    stretch: i64,
    speech: String,
    score: f32,
}

/// Moments found.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Moments {
    /// The richest first.
    moments: Vec<Moment>,
}

#[utoipa::path(get, path = "/api/v1/search", tag = "analysis", params(SearchAsked),
    responses((status = 200, body = Moments), (status = "default", body = Problem, content_type = "application/problem+json")))]
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
    let mut moments: Vec<Moment> = app.tables.rows(SEARCH, &values).await?;
    if !moments.is_empty() {
        // Asked for after the best are known, so that only they are read for it.
        let values = [
            ("rooms", moments.iter().map(|m| m.room.clone()).collect::<Vec<_>>().into()),
            ("streams", moments.iter().map(|m| m.stream.clone()).collect::<Vec<_>>().into()),
            ("stretches", moments.iter().map(|m| m.from_us / STRETCH_US).collect::<Vec<_>>().into()),
        ];
        for More { room, stream, stretch, speech, score } in app.tables.rows(MORE, &values).await? {
            let own =
                |m: &&mut Moment| m.room == room && m.stream == stream && m.from_us / STRETCH_US == stretch;
            if let Some(moment) = moments.iter_mut().find(own) {
                (moment.speech, moment.score) = (speech, score);
            }
        }
    }
    Ok(Json(Moments { moments }))
}
