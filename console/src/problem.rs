//! What went wrong with one request, as RFC 9457 describes it.
//!
//! Invariant: a client learns what it can do about it; what only the operator can do something about goes to the
//! log, once, and the client is told no more than that it failed.

use axum::Json;
use axum::response::{IntoResponse, Response};
use hyper::StatusCode;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use serde::Serialize;
use utoipa::ToSchema;

/// A problem document (`application/problem+json`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// `about:blank`: the title says it all.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The status in words.
    #[schema(value_type = String)]
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What is wrong with this request.
    detail: String,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        let title = status.canonical_reason().unwrap_or("Error");
        Self { kind: "about:blank", title, status: status.as_u16(), detail: detail.into() }
    }

    pub(crate) fn bad(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    pub(crate) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    pub(crate) fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, detail)
    }

    /// Something that the operator must look at.
    pub(crate) fn internal(what: &str, error: &dyn std::fmt::Display) -> Self {
        tracing::error!(%error, "{what}");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, format!("{what} failed; the log says why"))
    }

    pub(crate) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    pub(crate) fn detail(&self) -> &str {
        &self.detail
    }
}

impl From<kairos_clickhouse::Error> for Problem {
    fn from(error: kairos_clickhouse::Error) -> Self {
        match error.code() {
            // Too slow, too much memory, too many at once: a narrower question may succeed.
            Some(159 | 160 | 202 | 241) => Self::new(
                StatusCode::GATEWAY_TIMEOUT,
                "the tables took too long to answer; ask for a shorter time or fewer rooms",
            ),
            Some(_) => Self::internal("a question to the tables", &error),
            None => {
                tracing::error!(%error, "the tables don't answer");
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "the tables don't answer; try again")
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.status();
        let mut response = (status, Json(self)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::UNAUTHORIZED {
            headers
                .insert(hyper::header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"kairos\""));
        }
        if status == StatusCode::TOO_MANY_REQUESTS {
            headers.insert(hyper::header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}
