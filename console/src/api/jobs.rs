//! What the live jobs say of themselves. No table is asked: this is looked at when the tables are what is wrong.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::clock;
use crate::jobs::{Job, ask_all};
use crate::problem::Problem;
use crate::serve::App;

/// The jobs that are watched.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Jobs {
    /// In the order of the configuration.
    jobs: Vec<Job>,
    /// The server's clock, Unix microseconds.
    now_us: i64,
}

#[utoipa::path(get, path = "/api/v1/jobs", tag = "operation",
    responses((status = 200, body = Jobs), (status = "default", body = Problem, content_type = "application/problem+json")))]
/// Live jobs and what troubles them
pub(crate) async fn jobs(State(app): State<App>) -> Json<Jobs> {
    Json(Jobs { jobs: ask_all(&app.access.options.jobs).await, now_us: clock::unix_us() })
}
