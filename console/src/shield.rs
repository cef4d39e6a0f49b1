//! What every request passes: the client's bucket, who it is, whether that may be; and what every answer carries.
//!
//! Invariants: a path that is not listed as open needs at least a reader; a changing request needs an editor and our
//! own origin; an answer allows no frame around it and no script but ours.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use hyper::header::{
    ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, LOCATION, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use hyper::{HeaderMap, Method, StatusCode};

use crate::access::{Role, is_own, unauthorized};
use crate::clock;
use crate::problem::Problem;
use crate::serve::App;

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
     media-src 'self' blob:; connect-src 'self'; font-src 'self'; manifest-src 'self'; form-action 'self'; \
     base-uri 'none'; frame-ancestors 'none'";

fn is_open(path: &str) -> bool {
    matches!(path, "/healthz" | "/readyz" | "/openapi.json" | "/login" | "/logout" | "/favicon.ico")
        || path.starts_with("/assets/")
}

/// Who sends, as far as the proxy in between is trusted to say so.
fn client(app: &App, peer: Option<IpAddr>, headers: &HeaderMap) -> Option<IpAddr> {
    let forwarded = headers.get("x-forwarded-for").filter(|_| app.access.trusts(peer));
    // The last one is what the trusted proxy has seen; those before it are what it was told.
    let last = forwarded.and_then(|value| value.to_str().ok()?.rsplit(',').next()?.trim().parse().ok());
    last.or(peer)
}

/// Lets a request pass or answers it.
pub(crate) async fn pass(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let peer = request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .map(|ConnectInfo(peer)| peer.ip().to_canonical());
    let path = request.uri().path().to_owned();
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let client = client(&app, peer, request.headers());
    let cost = if path == "/login" && changes { 10.0 } else { 1.0 };
    if path != "/healthz" && !app.buckets.take(client, cost) {
        return Problem::new(StatusCode::TOO_MANY_REQUESTS, "too many requests; wait a second")
            .into_response();
    }
    match admit(&app, &request, peer, &path, changes) {
        Ok(viewer) => {
            request.extensions_mut().insert(viewer);
            next.run(request).await
        }
        Err(problem) => {
            let wants_page = request.headers().get(ACCEPT).and_then(|value| value.to_str().ok());
            let wants_page = wants_page.is_some_and(|kinds| kinds.contains("text/html"));
            if problem.status() == StatusCode::UNAUTHORIZED && wants_page && !changes {
                let from = request.uri().path_and_query().map_or("/", |from| from.as_str());
                let query =
                    form_urlencoded::Serializer::new(String::new()).append_pair("next", from).finish();
                return (StatusCode::SEE_OTHER, [(LOCATION, format!("/login?{query}"))]).into_response();
            }
            problem.into_response()
        }
    }
}

fn admit(
    app: &App,
    request: &Request,
    peer: Option<IpAddr>,
    path: &str,
    changes: bool,
) -> Result<crate::access::Viewer, Problem> {
    let headers = request.headers();
    let viewer = match app.access.identify(headers, peer, clock::unix_us()) {
        Ok(viewer) => viewer,
        // A stale token must not keep anybody from the health page or the login form.
        Err(_) if is_open(path) => app.access.identify(&HeaderMap::new(), peer, 0)?,
        Err(problem) => return Err(problem),
    };
    if changes && !is_own(headers, viewer.by, &app.access.options.origins) {
        return Err(Problem::forbidden("this request comes from another site"));
    }
    if is_open(path) || *request.method() == Method::OPTIONS {
        return Ok(viewer);
    }
    match viewer.role {
        None if viewer.by == crate::access::By::Proxy => {
            Err(Problem::forbidden(format!("{} is in no group that may read here", viewer.name)))
        }
        None => Err(unauthorized("log in at /login, or send a token: Authorization: Bearer TOKEN")),
        Some(Role::Reader) if changes => Err(Problem::forbidden("only an editor may do this")),
        Some(_) => Ok(viewer),
    }
}

/// Puts the headers of caution on an answer.
pub(crate) async fn guard(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let put = |headers: &mut HeaderMap, name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    put(headers, CONTENT_SECURITY_POLICY, POLICY);
    put(headers, X_CONTENT_TYPE_OPTIONS, "nosniff");
    put(headers, X_FRAME_OPTIONS, "DENY");
    put(headers, REFERRER_POLICY, "no-referrer");
    put(headers, HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    put(headers, HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=()");
    put(headers, CACHE_CONTROL, "no-store");
    response
}
