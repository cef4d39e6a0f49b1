//! A small HTTP front of the engine, as much of ClickHouse's interface as its clients need.
//!
//! Invariants: only requests with the right key are answered (`/ping` aside); a body is read whole before a
//! row of it is inserted, so a client that is cut off leaves nothing behind; at most [`AT_ONCE`] statements run,
//! and a reader that stops reading stops its query.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::thread::JoinHandle;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Either, Full, Limited};
use hyper::body::{Body, Frame, Incoming};
use hyper::{HeaderMap, Method, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, mpsc, oneshot};

use super::engine::Engine;
use super::request::Request;
use super::{Door, Embedded, Error};
use crate::error::code_of;

/// Statements at once. The engine runs each on many threads, so more would only take memory.
const AT_ONCE: usize = 4;
/// Pieces of an answer (half a megabyte or so each) that wait for a slow reader.
const WAITING: usize = 2;
/// The longest body: a batch of the writer is 16 MiB before compression.
const LONGEST_BODY: usize = 512 << 20;
/// How long statements may run on when the engine is asked to stop.
const PATIENCE: Duration = Duration::from_secs(10);

/// The running front.
pub(super) struct Front {
    url: String,
    key: String,
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

struct Shared {
    engine: Engine,
    key: String,
    slots: Semaphore,
}

type Answer = Response<Either<Full<Bytes>, Pieces>>;

impl Front {
    /// Listens at its door, on threads of its own: the caller's runtime may end before the engine.
    pub(super) fn start(engine: Engine, door: Door) -> Result<Self, Error> {
        let Door { listen, key } = door;
        let what = format!("embedded ClickHouse, listening on {listen}");
        let what = what.as_str();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .max_blocking_threads(AT_ONCE)
            .thread_name("clickhouse-front")
            .enable_all()
            .build()
            .map_err(Error::io(what))?;
        let listener = std::net::TcpListener::bind(listen).map_err(Error::io(what))?;
        listener.set_nonblocking(true).map_err(Error::io(what))?;
        let url = format!("http://{}", listener.local_addr().map_err(Error::io(what))?);
        let listener = {
            let _inside = runtime.enter();
            TcpListener::from_std(listener).map_err(Error::io(what))?
        };
        let shared = Arc::new(Shared { engine, key: key.clone(), slots: Semaphore::new(AT_ONCE) });
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new()
            .name("clickhouse".to_owned())
            .spawn(move || {
                runtime.block_on(accept(&listener, &shared, stopped));
                runtime.shutdown_timeout(PATIENCE);
            })
            .map_err(Error::io(what))?;
        Ok(Self { url, key, stop, thread })
    }

    pub(super) fn handle(&self) -> Embedded {
        Embedded { url: self.url.clone(), key: self.key.clone() }
    }

    /// Stops listening, lets statements end, closes the engine.
    pub(super) fn stop(self) {
        drop(self.stop);
        if self.thread.join().is_err() {
            tracing::error!("the thread of the embedded ClickHouse panicked");
        }
    }
}

async fn accept(listener: &TcpListener, shared: &Arc<Shared>, mut stopped: oneshot::Receiver<()>) {
    loop {
        let socket = tokio::select! {
            _ = &mut stopped => return,
            accepted = listener.accept() => match accepted {
                Ok((socket, _)) => socket,
                Err(error) => {
                    // Out of file descriptors, most likely: others will close.
                    tracing::warn!(%error, "no connection accepted");
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    continue;
                }
            },
        };
        // With the delay of small packets every answer costs 40 ms.
        if let Err(error) = socket.set_nodelay(true) {
            tracing::debug!(%error, "socket left with delay");
        }
        let shared = Arc::clone(shared);
        tokio::spawn(async move {
            let service = hyper::service::service_fn(|request| {
                let shared = Arc::clone(&shared);
                async move { Ok::<_, Infallible>(answer(shared, request).await) }
            });
            let served =
                hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(socket), service);
            if let Err(error) = served.await {
                tracing::debug!(%error, "connection ended early");
            }
        });
    }
}

async fn answer(shared: Arc<Shared>, request: hyper::Request<Incoming>) -> Answer {
    let (parts, body) = request.into_parts();
    if parts.uri.path() == "/ping" {
        return plain(StatusCode::OK, "Ok.\n");
    }
    if !is_ours(&parts.headers, &shared.key) {
        return failed("Code: 516. DB::Exception: Authentication failed. (AUTHENTICATION_FAILED)");
    }
    if shared.key.is_empty() && is_a_page(&parts.headers) {
        return failed(
            "Code: 516. DB::Exception: pages of browsers need a password. (AUTHENTICATION_FAILED)",
        );
    }
    if parts.method != Method::POST {
        return plain(StatusCode::METHOD_NOT_ALLOWED, "queries are sent by POST\n");
    }
    let body = match Limited::new(body, LONGEST_BODY).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) => return failed(&format!("Code: 1002. body not read: {error}")),
    };
    match Request::read(&parts, body).await {
        Ok(request) => run(shared, request).await,
        Err(problem) => failed(&format!("Code: 62. {problem}")),
    }
}

// Compared in one pass, so that the time it takes says nothing about where a guess is wrong.
fn is_ours(headers: &HeaderMap, key: &str) -> bool {
    if key.is_empty() {
        return true;
    }
    let Some(given) = headers.get("x-clickhouse-key").map(hyper::header::HeaderValue::as_bytes) else {
        return false;
    };
    given.len() == key.len() && given.iter().zip(key.bytes()).fold(0, |sum, (a, b)| sum | (a ^ b)) == 0
}

// Without a key, any page that a browser on this machine shows could post to it; browsers say where a page is from.
fn is_a_page(headers: &HeaderMap) -> bool {
    headers.contains_key(hyper::header::ORIGIN) || headers.contains_key("sec-fetch-site")
}

async fn run(shared: Arc<Shared>, request: Request) -> Answer {
    let Ok(tag) = super::random_hex() else { return failed("Code: 1002. no randomness") };
    let tag = tag[..16].to_owned();
    let (sender, mut pieces) = mpsc::channel(WAITING);
    let ending = tag.clone();
    tokio::spawn(async move {
        let Ok(slot) = shared.slots.acquire().await else { return };
        let worker = Arc::clone(&shared);
        let ran = tokio::task::spawn_blocking(move || {
            let mut begun = false;
            let outcome = worker.engine.run(&request, &mut |piece| {
                begun = true;
                sender.blocking_send(Ok(piece.into())).is_ok()
            });
            if let Err(message) = outcome {
                let last = if begun { Ok(exception(&message, &ending).into()) } else { Err(message) };
                if sender.blocking_send(last).is_err() {
                    tracing::debug!("a query failed after its reader had left");
                }
            }
        })
        .await;
        drop(slot);
        if let Err(error) = ran {
            tracing::error!(%error, "a statement broke off");
        }
    });
    // The head waits for the first piece: until then an error has a status of its own.
    match pieces.recv().await {
        None => plain(StatusCode::OK, ""),
        Some(Err(message)) => failed(&message),
        Some(Ok(first)) => {
            let mut response = Response::new(Either::Right(Pieces { first: Some(first), rest: pieces }));
            if let Ok(tag) = tag.parse() {
                response.headers_mut().insert("x-clickhouse-exception-tag", tag);
            }
            response
        }
    }
}

/// An error after the head has gone, as clients of ClickHouse look for it at the end of a body.
fn exception(message: &str, tag: &str) -> Vec<u8> {
    let message = format!("{}\n", message.trim_end());
    format!("\r\n__exception__\r\n{tag}\r\n{message}{} {tag}\r\n__exception__\r\n", message.len())
        .into_bytes()
}

fn failed(message: &str) -> Answer {
    let code = code_of(message).unwrap_or(1002);
    let status = if code == 516 { StatusCode::FORBIDDEN } else { StatusCode::INTERNAL_SERVER_ERROR };
    let mut response = plain(status, message);
    response.headers_mut().insert("x-clickhouse-exception-code", code.into());
    response
}

fn plain(status: StatusCode, text: &str) -> Answer {
    let mut response = Response::new(Either::Left(Full::new(Bytes::copy_from_slice(text.as_bytes()))));
    *response.status_mut() = status;
    response
}

/// An answer on its way.
struct Pieces {
    first: Option<Bytes>,
    rest: mpsc::Receiver<Result<Bytes, String>>,
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(Frame::data(first))));
        }
        self.rest
            .poll_recv(context)
            .map(|piece| piece.map(|piece| piece.map(Frame::data).map_err(std::io::Error::other)))
    }
}
