//! News for everybody who listens, from one question a second for all of them together.
//!
//! Invariants: nobody listens, nothing is asked; what waits for a listener is bounded, and one that is too slow is told
//! to read anew instead of holding others up; a listener that leaves is forgotten at once.

mod poll;
mod seen;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use hyper::StatusCode;
use serde::Serialize;
use tokio::sync::{broadcast, watch};

use crate::api::Listed;
use crate::ask::Tables;
use crate::body;
use crate::options::ConsoleOptions;
use crate::problem::Problem;

/// News that wait for the slowest listener: two hundred rooms for ten seconds.
const WAITING: usize = 4_096;
/// Pieces of an answer that wait for a slow connection.
const PIECES: usize = 64;
/// A line that says nothing, so that proxies and browsers know that the connection lives.
const STILL_HERE: Duration = Duration::from_secs(15);

/// One piece of news.
#[derive(Debug)]
struct News {
    room: String,
    text: Bytes,
}

/// Who looks at what.
#[derive(Debug, Default)]
struct Watched {
    rooms: BTreeMap<String, usize>,
    all: usize,
    listeners: usize,
    asking: bool,
}

#[derive(Debug)]
struct Shared {
    tables: Tables,
    pause: Duration,
    most: usize,
    sender: broadcast::Sender<Arc<News>>,
    watched: Mutex<Watched>,
    stopped: watch::Sender<bool>,
}

/// Where news come together.
#[derive(Debug, Clone)]
pub(crate) struct Hub(Arc<Shared>);

/// A listener's place; gives it back when dropped.
struct Place {
    hub: Hub,
    rooms: Vec<String>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut watched = self.hub.watched();
        watched.listeners -= 1;
        if self.rooms.is_empty() {
            watched.all -= 1;
        }
        for room in &self.rooms {
            if let Some(count) = watched.rooms.get_mut(room) {
                *count -= 1;
                if *count == 0 {
                    watched.rooms.remove(room);
                }
            }
        }
    }
}

impl Hub {
    pub(crate) fn new(tables: Tables, options: &ConsoleOptions) -> Self {
        Self(Arc::new(Shared {
            tables,
            pause: Duration::from_millis(options.live_ms),
            most: options.listeners,
            sender: broadcast::Sender::new(WAITING),
            watched: Mutex::default(),
            stopped: watch::Sender::new(false),
        }))
    }

    fn watched(&self) -> std::sync::MutexGuard<'_, Watched> {
        self.0.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many listen.
    pub(crate) fn listeners(&self) -> usize {
        self.watched().listeners
    }

    /// Ends every listener's answer.
    pub(crate) fn stop(&self) {
        self.0.stopped.send_replace(true);
    }

    /// An answer that goes on until the listener leaves. No rooms means all of them.
    pub(crate) fn listen(&self, mut rooms: Vec<String>) -> Result<axum::body::Body, Problem> {
        rooms.sort();
        rooms.dedup();
        let mut watched = self.watched();
        if watched.listeners >= self.0.most {
            return Err(Problem::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "too many listen already; try again later",
            ));
        }
        watched.listeners += 1;
        if rooms.is_empty() {
            watched.all += 1;
        }
        for room in &rooms {
            *watched.rooms.entry(room.clone()).or_default() += 1;
        }
        let news = self.0.sender.subscribe();
        if !std::mem::replace(&mut watched.asking, true) {
            tokio::spawn(poll::run(self.clone()));
        }
        drop(watched);
        let place = Place { hub: self.clone(), rooms };
        let (sender, body) = body::channel(PIECES);
        tokio::spawn(forward(place, news, sender));
        Ok(body)
    }

    fn tell(&self, kind: &str, room: &str, data: &impl Serialize) {
        match serde_json::to_string(data) {
            Ok(data) => {
                let text = Bytes::from(format!("event: {kind}\ndata: {data}\n\n"));
                // An error means that nobody listens.
                self.0.sender.send(Arc::new(News { room: room.to_owned(), text })).unwrap_or_default();
            }
            Err(error) => tracing::error!(%error, kind, "news not told"),
        }
    }

    /// Tells a highlight's new state.
    pub(crate) fn tell_highlight(&self, highlight: &Listed) {
        self.tell("highlight", &highlight.room, highlight);
    }
}

/// Passes news on to one listener.
async fn forward(place: Place, mut news: broadcast::Receiver<Arc<News>>, sender: body::Sender) {
    let mut stopped = place.hub.0.stopped.subscribe();
    let mut still_here = tokio::time::interval(STILL_HERE);
    let wanted = |room: &str| place.rooms.is_empty() || place.rooms.iter().any(|own| own == room);
    loop {
        let text = tokio::select! {
            _ = stopped.wait_for(|stopped| *stopped) => return,
            () = sender.closed() => return,
            _ = still_here.tick() => Bytes::from_static(b": still here\n\n"),
            received = news.recv() => match received {
                Ok(news) if wanted(&news.room) => news.text.clone(),
                Ok(_) => continue,
                Err(broadcast::error::RecvError::Lagged(_)) => Bytes::from_static(b"event: resync\ndata: {}\n\n"),
                Err(broadcast::error::RecvError::Closed) => return,
            },
        };
        if sender.send(Ok(text)).await.is_err() {
            return;
        }
    }
}
