//! The HTTP API: what is asked, by which question to the tables, described by OpenAPI.
//!
//! Invariants: every address is in the description and the other way round; times are microseconds, media time where
//! a name ends in `_us` and is not `at_us`, `sent_us`, `started_us`, `captured_us` or `reviewed_us`, which are Unix.

mod check;
mod compare;
mod curves;
mod describe;
mod events;
mod export;
mod files;
mod health;
mod highlight;
mod highlights;
mod jobs;
mod key;
mod limits;
mod me;
mod news;
mod operator;
mod predictions;
mod queries;
mod reviews;
mod rooms;
mod scores;
mod search;
mod streams;

use axum::Router;
use axum::routing::{get, post, put};

pub use describe::openapi;
pub(crate) use health::count;
pub(crate) use highlights::{LISTED, Listed, filter};

use crate::serve::App;

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/me", get(me::me))
        .route("/api/v1/rooms", get(rooms::rooms))
        .route("/api/v1/rooms/{room}", get(rooms::room))
        .route("/api/v1/rooms/{room}/streams", get(streams::streams))
        .route("/api/v1/rooms/{room}/streams/{stream}/scores", get(scores::scores))
        .route("/api/v1/rooms/{room}/streams/{stream}/density", get(events::density))
        .route("/api/v1/rooms/{room}/streams/{stream}/comments", get(events::comments))
        .route("/api/v1/rooms/{room}/streams/{stream}/gifts", get(events::gifts))
        .route("/api/v1/rooms/{room}/streams/{stream}/words", get(events::words))
        .route("/api/v1/rooms/{room}/streams/{stream}/state", get(streams::state))
        .route("/api/v1/rooms/{room}/streams/{stream}/predictions", get(predictions::predictions))
        .route("/api/v1/rooms/{room}/streams/{stream}/compare", get(compare::compare))
        .route("/api/v1/highlights", get(highlights::highlights))
        .route("/api/v1/highlights/{key}", get(highlight::highlight))
        .route("/api/v1/highlights/{key}/review", put(reviews::review))
        .route("/api/v1/highlights/{key}/clip", get(files::clip))
        .route("/api/v1/highlights/{key}/thumbnail", get(files::thumbnail))
        .route("/api/v1/highlights/{key}/export", post(export::export))
        .route("/api/v1/search", get(search::search))
        .route("/api/v1/queries", get(queries::queries))
        .route("/api/v1/queries/{name}", get(queries::query))
        .route("/api/v1/operator", get(operator::operator))
        .route("/api/v1/jobs", get(jobs::jobs))
        .route("/api/v1/live", get(news::live))
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(health::metrics))
        .route("/openapi.json", get(describe::document))
}
