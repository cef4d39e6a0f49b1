//! Rooms: their last broadcast and how it does.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::curves::{self, Curve};
use crate::ask::Value;
use crate::clock;
use crate::page::{cut, limit};
use crate::problem::Problem;
use crate::request::{Asked, Place};
use crate::serve::App;

const ROOMS: &str = include_str!("../../sql/rooms.sql");

/// A room without news for so long is not live.
const LIVE_US: i64 = 90_000_000;

/// Which rooms.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct RoomsAsked {
    /// Words in the name or the title.
    q: Option<String>,
    /// `next` of the page before.
    after: Option<String>,
    /// Rooms of a page.
    limit: Option<u32>,
    /// Steps of each room's curve; none if not given. A live room's curve is its last units, another one the whole
    /// broadcast.
    curve: Option<u32>,
}

/// Steps of a room's curve in the list, at most.
pub(super) const LONGEST_CURVE: u32 = 500;

/// One room.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct Room {
    /// The room.
    pub(super) room: String,
    /// Its last broadcast.
    pub(super) stream: String,
    /// That broadcast's title.
    title: String,
    /// Broadcasts known.
    streams: u64,
    /// Unix time of the first picture.
    started_us: i64,
    /// Media time reached.
    pub(super) media_us: i64,
    /// Length of a unit; 0 while nothing is scored.
    pub(super) unit_us: i64,
    /// Unix time of the last scored unit; 0 while nothing is scored.
    captured_us: i64,
    /// Whether a simulation made it.
    simulated: bool,
    /// The model that scored last; empty while nothing is scored.
    pub(super) model: String,
    /// Its last score.
    score: f32,
    /// Estimated comment lag; null while unknown.
    comment_lag_us: Option<i64>,
    /// How sure that is, 0 to 1.
    lag_confidence: f32,
    /// Pictures per second.
    fps: f32,
    /// Pictures and samples that could not be decoded.
    drops: u64,
    /// Events past the allowed lateness.
    late: u64,
    /// Comments of the broadcast.
    comments: u64,
    /// Paid items of the broadcast.
    gifts: u64,
    /// Highlights of all broadcasts.
    highlights: u64,
    /// Those that no editor has decided about.
    open: u64,
    /// Whether it was captured within the last minute and a half.
    #[serde(default)]
    pub(super) live: bool,
    /// How far the scores trail the wall clock; 0 for a room that is not live.
    #[serde(default)]
    behind_us: i64,
    /// The curve, if asked for.
    #[serde(default)]
    curve: Option<Curve>,
}

/// A page of rooms, by name.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RoomPage {
    /// The rooms.
    rooms: Vec<Room>,
    /// Where the next page begins; null at the end.
    next: Option<String>,
    /// The server's clock, Unix microseconds.
    now_us: i64,
}

pub(super) async fn read(app: &App, values: &[(&str, Value)]) -> Result<Vec<Room>, Problem> {
    let now = clock::unix_us();
    let mut rooms: Vec<Room> = app.tables.rows(ROOMS, values).await?;
    for room in &mut rooms {
        room.live = room.captured_us > now - LIVE_US;
        room.behind_us = if room.live { (now - room.captured_us - room.unit_us).max(0) } else { 0 };
    }
    Ok(rooms)
}

#[utoipa::path(get, path = "/api/v1/rooms", tag = "rooms", params(RoomsAsked),
    responses((status = 200, body = RoomPage), (status = "default", body = Problem, content_type = "application/problem+json")))]
/// Rooms by name
pub(crate) async fn rooms(
    State(app): State<App>,
    Asked(asked): Asked<RoomsAsked>,
) -> Result<Json<RoomPage>, Problem> {
    let limit = limit(asked.limit, &app.access.options)?;
    let steps = asked.curve.unwrap_or(0);
    if steps > LONGEST_CURVE {
        return Err(Problem::bad(format!("curve {steps} is more than {LONGEST_CURVE}")));
    }
    let values = [
        ("q", (&asked.q).into()),
        ("room", "".into()),
        ("after", (&asked.after).into()),
        ("limit", (limit + 1).into()),
    ];
    let mut rooms = read(&app, &values).await?;
    let next = cut(&mut rooms, limit).map(|last| last.room.clone());
    if steps > 0 {
        let mut curves = curves::of(&app, &rooms, steps).await?;
        for room in &mut rooms {
            room.curve = curves.remove(&room.room);
        }
    }
    Ok(Json(RoomPage { rooms, next, now_us: clock::unix_us() }))
}

#[utoipa::path(get, path = "/api/v1/rooms/{room}", tag = "rooms",
    params(("room" = String, Path, description = "The room")),
    responses((status = 200, body = Room), (status = "default", body = Problem, content_type = "application/problem+json")))]
/// One room
pub(crate) async fn room(State(app): State<App>, Place(room): Place<String>) -> Result<Json<Room>, Problem> {
    let values = [("q", "".into()), ("room", (&room).into()), ("after", "".into()), ("limit", 1_u32.into())];
    let found = if room.is_empty() { None } else { read(&app, &values).await?.pop() };
    found.map(Json).ok_or_else(|| Problem::not_found(format!("there is no room {room:?}")))
}
