//! The description of the API, OpenAPI 3.1.

use axum::Json;
use axum::extract::State;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};

use super::{
    compare, events, export, files, health, highlight, highlights, jobs, limits, me, news, operator,
    predictions, queries, reviews, rooms, scores, search, streams,
};
use crate::options::ConsoleOptions;
use crate::serve::App;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "kairos",
        description = "Rooms, scores, highlights, reviews, predictions and search. Times are microseconds. \
            Problems are RFC 9457 documents.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    paths(
        me::me,
        rooms::rooms,
        rooms::room,
        streams::streams,
        streams::state,
        scores::scores,
        events::density,
        events::comments,
        events::gifts,
        events::words,
        predictions::predictions,
        compare::compare,
        highlights::highlights,
        highlight::highlight,
        reviews::review,
        files::clip,
        files::thumbnail,
        export::export,
        search::search,
        queries::queries,
        queries::query,
        operator::operator,
        jobs::jobs,
        news::live,
        health::healthz,
        health::readyz,
        health::metrics,
        document,
    ),
    modifiers(&Ways),
    security(("token" = []), ("session" = []), ()),
    tags(
        (name = "rooms", description = "Rooms and their broadcasts, and news of them"),
        (name = "timeline", description = "What happened when in one broadcast"),
        (name = "highlights", description = "Highlights, clips and reviews"),
        (name = "gifting", description = "Who is likely to give"),
        (name = "analysis", description = "Search and named queries"),
        (name = "operation", description = "Health, accounts and metrics"),
        (name = "access", description = "Who asks"),
    )
)]
struct Description;

/// The ways to say who one is.
struct Ways;

impl Modify for Ways {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let components = openapi.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
        let cookie = ApiKey::Cookie(ApiKeyValue::new("kairos_session"));
        components.add_security_scheme("session", SecurityScheme::ApiKey(cookie));
    }
}

/// The description as a JSON document, as `/openapi.json` of a console with these options gives it.
pub fn openapi(options: &ConsoleOptions) -> serde_json::Value {
    // Made of derived parts only, which always serialise.
    let mut document = serde_json::to_value(Description::openapi()).unwrap_or_default();
    limits::state(&mut document, options);
    document
}

#[utoipa::path(get, path = "/openapi.json", tag = "operation",
    responses((status = 200, content_type = "application/json", description = "This description", body = Object)))]
/// This description
pub(crate) async fn document(State(app): State<App>) -> Json<serde_json::Value> {
    Json(openapi(&app.access.options))
}
