//! News as server-sent events.

use axum::extract::{RawQuery, State};
use axum::response::Response;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE};

use crate::problem::Problem;
use crate::request::repeated;
use crate::serve::App;

#[utoipa::path(get, path = "/api/v1/live", tag = "rooms",
    params(("room" = Option<Vec<String>>, Query, description = "A room to watch; may be given again for more; all rooms if not given")),
    responses((status = 200, content_type = "text/event-stream", body = String,
        description = "`score` and `highlight` events with JSON data; `resync` when some were left out"),
        (status = "default", body = Problem, content_type = "application/problem+json")))]
/// New scores and highlights
pub(crate) async fn live(State(app): State<App>, RawQuery(query): RawQuery) -> Result<Response, Problem> {
    let rooms = repeated(query.as_deref(), "room", &[])?;
    if rooms.len() > 500 {
        return Err(Problem::bad("more than 500 rooms; watch all by naming none"));
    }
    let body = app.hub.listen(rooms)?;
    let answer = Response::builder()
        .header(CONTENT_TYPE, "text/event-stream")
        .header(CACHE_CONTROL, "no-store")
        // Proxies that collect answers would hold news back.
        .header("x-accel-buffering", "no");
    answer.body(body).map_err(|error| Problem::internal("answering with news", &error))
}
