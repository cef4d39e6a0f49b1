//! One page that says what is wrong.

use axum::Json;
use axum::extract::State;
use kairos_clickhouse::{Format, named_queries};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::rooms::{self, Room};
use crate::clock;
use crate::problem::Problem;
use crate::serve::App;

const REASONS: &str = include_str!("../../sql/reasons.sql");

/// How the offsets of one partition ended.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Ledger {
    topic: String,
    partition: i32,
    from_offset: i64,
    to_offset: i64,
    scored: i64,
    skipped: i64,
    late: i64,
    dead: i64,
    /// Not zero when offsets are missing or counted twice.
    unaccounted: i64,
}

/// Why offsets were not scored.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Reason {
    topic: String,
    /// `skipped`, `late` or `dead`.
    outcome: String,
    reason: String,
    offsets: i64,
    /// Rooms that it happened in.
    rooms: u64,
}

/// What an operator looks at first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Operator {
    /// Rooms, at most a longest page of them.
    rooms: Vec<Room>,
    /// Per topic and partition.
    ledger: Vec<Ledger>,
    /// The most frequent first.
    reasons: Vec<Reason>,
    /// The server's clock, Unix microseconds.
    now_us: i64,
    /// Browsers that listen for news.
    listeners: usize,
}

#[utoipa::path(get, path = "/api/v1/operator", tag = "operation",
    responses((status = 200, body = Operator), (status = "default", body = Problem, content_type = "application/problem+json")))]
/// Lag, losses and accounts
pub(crate) async fn operator(State(app): State<App>) -> Result<Json<Operator>, Problem> {
    let values = [
        ("q", "".into()),
        ("room", "".into()),
        ("after", "".into()),
        ("limit", app.access.options.longest_page.into()),
    ];
    let rooms = rooms::read(&app, &values).await?;
    let query = named_queries().iter().find(|query| query.name == "ledger");
    let query = query.ok_or_else(|| Problem::internal("reading the ledger", &"no query ledger"))?;
    let answer = app.tables.text(query.sql, &[("topic", "".into())], Format::JsonEachRow).await?;
    let ledger = answer.lines().map(serde_json::from_str).collect::<Result<_, _>>();
    let ledger = ledger.map_err(|error| Problem::internal("reading the ledger", &error))?;
    let reasons = app.tables.rows(REASONS, &[]).await?;
    Ok(Json(Operator { rooms, ledger, reasons, now_us: clock::unix_us(), listeners: app.hub.listeners() }))
}
