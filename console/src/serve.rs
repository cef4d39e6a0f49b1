//! The console as a router and as a server.
//!
//! Invariant: a server that is asked to stop ends its listeners for news itself, so that stopping waits for answers
//! under way and for nothing endless.

use std::net::SocketAddr;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, RANGE};
use hyper::{Method, StatusCode};
use kairos_clickhouse::Store;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::access::{self, Access, Buckets};
use crate::api;
use crate::ask::Tables;
use crate::live::Hub;
use crate::media::Folder;
use crate::options::ConsoleOptions;
use crate::problem::Problem;
use crate::reviews::Desk;
use crate::{Error, screen, shield};

/// Bytes of a request's body: reviews and logins are a few hundred.
const LONGEST_BODY: usize = 64 << 10;

/// What the console shows.
#[derive(Debug, Clone)]
pub struct Console {
    /// The tables, migrated.
    pub store: Store,
    /// The folder that the paths in highlights' `clip` and `thumbnail` lie below; it need not exist yet.
    pub clips: PathBuf,
    /// What is allowed.
    pub options: ConsoleOptions,
    /// Where `/metrics` comes from; none answers 404 there.
    pub metrics: Option<PrometheusHandle>,
}

impl Console {
    /// A console with nothing but defaults.
    pub fn new(store: Store, clips: impl Into<PathBuf>) -> Self {
        Self { store, clips: clips.into(), options: ConsoleOptions::default(), metrics: None }
    }
}

/// What handlers share.
#[derive(Clone, Debug)]
pub(crate) struct App(Arc<Inner>);

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) tables: Tables,
    pub(crate) folder: Folder,
    pub(crate) access: Access,
    pub(crate) buckets: Buckets,
    pub(crate) desk: Desk,
    pub(crate) hub: Hub,
    pub(crate) metrics: Option<PrometheusHandle>,
}

impl Deref for App {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

/// The console as a router, for a server of one's own. Serve it with
/// `into_make_service_with_connect_info::<SocketAddr>()`, or every client is the same one to the rate limit and no
/// proxy is trusted. Without [`ConsoleOptions::anonymous`] nobody is let in without a token.
///
/// # Errors
/// [`Error::Option`] for options out of range, [`Error::Store`] when reviews can't be prepared.
pub fn router(console: Console) -> Result<Router, Error> {
    Ok(routes(prepare(console, None)?))
}

/// Serves the console until `stop` ends, then answers what is under way and returns.
///
/// # Errors
/// As [`router`], and [`Error::Listen`] when the socket fails.
pub async fn serve(
    listener: TcpListener,
    console: Console,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), Error> {
    let address = listener.local_addr();
    let failed = |source| Error::Listen {
        address: address.as_ref().map_or_else(|_| "an unknown address".to_owned(), ToString::to_string),
        source,
    };
    let app = prepare(console, address.as_ref().ok().copied())?;
    let hub = app.hub.clone();
    let service = routes(app).into_make_service_with_connect_info::<SocketAddr>();
    let stop = async move {
        stop.await;
        hub.stop();
    };
    axum::serve(listener, service).with_graceful_shutdown(stop).await.map_err(failed)
}

fn prepare(console: Console, listen: Option<SocketAddr>) -> Result<App, Error> {
    let Console { store, clips, options, metrics } = console;
    options.check()?;
    let tables = Tables::new(store, options.patience);
    let desk = Desk::new(tables.store())?;
    let hub = Hub::new(tables.clone(), &options);
    let buckets = Buckets::new(options.rate);
    let access = Access::new(options, listen);
    Ok(App(Arc::new(Inner { tables, folder: Folder::new(clips), access, buckets, desk, hub, metrics })))
}

fn routes(app: App) -> Router {
    let origins: Vec<HeaderValue> =
        app.access.options.origins.iter().filter_map(|origin| origin.parse().ok()).collect();
    let cors = CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_methods([Method::GET, Method::HEAD, Method::PUT, Method::POST])
        .allow_headers([AUTHORIZATION, CONTENT_TYPE, RANGE]);
    Router::new()
        .merge(api::routes())
        .route("/login", get(access::form).post(access::login))
        .route("/logout", post(access::logout))
        .merge(screen::routes())
        .fallback(screen::nothing)
        .method_not_allowed_fallback(async || {
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "this address does not take this method")
        })
        .layer(DefaultBodyLimit::max(LONGEST_BODY))
        .layer(from_fn_with_state(app.clone(), shield::pass))
        .layer(cors)
        .layer(from_fn(shield::guard))
        .layer(from_fn(api::count))
        .with_state(app)
}
