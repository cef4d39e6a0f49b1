//! Events by HTTP: whoever has them posts them.
//!
//! A request is taken whole or refused whole, so that sending it again is safe: events with the same id count once. Its
//! lines that can't be read are taken too, as broken.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::header::{AUTHORIZATION, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use bytes::Bytes;
use kairos_timeline::RoomId;
use serde_json::{Value, json};
use tokio::sync::mpsc::Sender;
use tokio::time::timeout;

use crate::counts::Counts;
use crate::heard::Heard;
use crate::line::Line;
use crate::options::HttpOptions;

struct Service {
    options: HttpOptions,
    out: Sender<Heard>,
    counts: Arc<Counts>,
}

/// `POST /events` and `POST /rooms/{room}/events`: one event, an array of them, or one a line. Answers 202 with
/// `{"taken": n, "broken": m}`, 400 for a body without an event, 401 without the token, 413 for more than the limit or
/// than the reader could ever hold, 503 with `Retry-After` when the reader is too slow.
pub fn router(options: HttpOptions, out: Sender<Heard>, counts: Arc<Counts>) -> Router {
    let limit = DefaultBodyLimit::max(options.body_bytes);
    let service = Arc::new(Service { options, out, counts });
    Router::new()
        .route("/events", post(events))
        .route("/rooms/{room}/events", post(events_of))
        .layer(limit)
        .with_state(service)
}

async fn events(State(service): State<Arc<Service>>, headers: HeaderMap, body: Body) -> Response {
    service.take(&headers, None, body.0).await
}

async fn events_of(
    State(service): State<Arc<Service>>,
    Path(room): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    match RoomId::new(room) {
        Ok(room) => service.take(&headers, Some(&room), body.0).await,
        Err(error) => refused(StatusCode::BAD_REQUEST, &error.to_string()),
    }
}

/// The body, whose limit is answered like every other refusal.
struct Body(Result<Bytes, Response>);

impl<S: Send + Sync> axum::extract::FromRequest<S> for Body {
    type Rejection = std::convert::Infallible;

    async fn from_request(request: axum::extract::Request, state: &S) -> Result<Self, Self::Rejection> {
        let read = Bytes::from_request(request, state).await;
        Ok(Self(read.map_err(|rejection| refused(rejection.status(), &rejection.body_text()))))
    }
}

fn refused(status: StatusCode, why: &str) -> Response {
    (status, Json(json!({ "error": why }))).into_response()
}

impl Service {
    fn is_allowed(&self, headers: &HeaderMap) -> bool {
        let Some(token) = &self.options.token else { return true };
        let given = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        given.and_then(|value| value.strip_prefix("Bearer ")).is_some_and(|given| token.is(given.trim()))
    }

    async fn take(
        &self,
        headers: &HeaderMap,
        room: Option<&RoomId>,
        body: Result<Bytes, Response>,
    ) -> Response {
        if !self.is_allowed(headers) {
            let asked = [(WWW_AUTHENTICATE, "Bearer")];
            return (asked, refused(StatusCode::UNAUTHORIZED, "missing or wrong token")).into_response();
        }
        let body = match body {
            Ok(body) => body,
            Err(refusal) => return refusal,
        };
        let heard = self.read(&body, room);
        if heard.is_empty() {
            return refused(StatusCode::BAD_REQUEST, "the body holds no event");
        }
        if heard.len() > self.out.max_capacity() {
            let most = format!("more than {} events in a request", self.out.max_capacity());
            return refused(StatusCode::PAYLOAD_TOO_LARGE, &most);
        }
        let wait = Duration::from_millis(self.options.wait_ms);
        let permits = match timeout(wait, self.out.reserve_many(heard.len())).await {
            Ok(Ok(permits)) => permits,
            Ok(Err(_)) | Err(_) => {
                let later = [(RETRY_AFTER, "5")];
                return (later, refused(StatusCode::SERVICE_UNAVAILABLE, "the reader is too slow"))
                    .into_response();
            }
        };
        let broken = heard.iter().filter(|heard| matches!(heard, Heard::Broken { .. })).count();
        let taken = heard.len() - broken;
        for (permit, heard) in permits.zip(heard) {
            self.counts.heard(&heard);
            permit.send(heard);
        }
        (StatusCode::ACCEPTED, Json(json!({ "taken": taken, "broken": broken }))).into_response()
    }

    fn read(&self, body: &[u8], room: Option<&RoomId>) -> Vec<Heard> {
        let lines = &self.options.lines;
        let read =
            |(index, bytes): (usize, &[u8])| Line { bytes, number: index as u64 + 1, room }.json(lines);
        match serde_json::from_slice::<Value>(body) {
            Ok(Value::Array(items)) => {
                let texts: Vec<Vec<u8>> = items.iter().map(|item| item.to_string().into_bytes()).collect();
                texts.iter().map(Vec::as_slice).enumerate().filter_map(read).collect()
            }
            Ok(_) => read((0, body.trim_ascii())).into_iter().collect(),
            Err(_) => body
                .split(|byte| *byte == b'\n')
                .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
                .enumerate()
                .filter_map(read)
                .collect(),
        }
    }
}
