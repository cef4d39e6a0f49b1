//! Whether the console is up, whether it can answer, and what it has done.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use hyper::StatusCode;
use hyper::header::CONTENT_TYPE;
use tokio::time::Instant;

use crate::problem::Problem;
use crate::serve::App;

#[utoipa::path(get, path = "/healthz", tag = "operation",
    responses((status = 200, content_type = "text/plain", body = String, description = "The process answers")))]
/// Is the process up
pub(crate) async fn healthz() -> &'static str {
    "ok\n"
}

#[utoipa::path(get, path = "/readyz", tag = "operation",
    responses((status = 200, content_type = "text/plain", body = String, description = "The tables answer"),
        (status = "default", body = Problem, content_type = "application/problem+json")))]
/// Do the tables answer
pub(crate) async fn readyz(State(app): State<App>) -> Result<&'static str, Problem> {
    // `streams` and not 1: tables that were never made are not ready.
    app.tables.rows::<serde_json::Value>("SELECT count() AS n FROM streams", &[]).await.map_err(
        |problem| {
            Problem::new(
                StatusCode::SERVICE_UNAVAILABLE,
                format!("the tables don't answer: {}", problem.detail()),
            )
        },
    )?;
    Ok("ready\n")
}

#[utoipa::path(get, path = "/metrics", tag = "operation",
    responses((status = 200, content_type = "text/plain", body = String, description = "Prometheus text"),
        (status = "default", body = Problem, content_type = "application/problem+json")))]
/// Metrics for Prometheus
pub(crate) async fn metrics(State(app): State<App>) -> Result<Response, Problem> {
    let handle = app.metrics.as_ref().ok_or_else(|| Problem::not_found("metrics are not collected here"))?;
    metrics::gauge!("kairos_console_listeners").set(app.hub.listeners() as f64);
    Ok(([(CONTENT_TYPE, "text/plain; version=0.0.4")], handle.render()).into_response())
}

/// What part of the console an address belongs to. Addresses are endless, and a label must not be.
fn part(path: &str) -> &'static str {
    const PARTS: [&str; 7] = ["me", "rooms", "highlights", "search", "queries", "operator", "live"];
    match path.strip_prefix("/api/v1/") {
        Some(rest) => {
            let first = rest.split('/').next().unwrap_or_default();
            PARTS.into_iter().find(|part| *part == first).unwrap_or("none")
        }
        None if path.starts_with("/assets/") => "assets",
        None if matches!(path, "/login" | "/logout") => "login",
        None if matches!(path, "/healthz" | "/readyz" | "/metrics") => "health",
        None => "page",
    }
}

/// Counts answers by part and status.
pub(crate) async fn count(request: Request, next: Next) -> Response {
    let part = part(request.uri().path());
    let began = Instant::now();
    let response = next.run(request).await;
    let status = response.status().as_u16().to_string();
    metrics::histogram!("kairos_console_seconds", "part" => part).record(began.elapsed().as_secs_f64());
    metrics::counter!("kairos_console_requests_total", "part" => part, "status" => status).increment(1);
    response
}
