//! Senders that push to us by RTMP: listeners, and which room a stream key belongs to.
//!
//! One listener serves any number of rooms and senders; a sender has a thread and a bounded input of its own. Keys are
//! compared, never shown.

mod flv;
mod session;

use std::collections::BTreeMap;
use std::fmt;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use kairos_timeline::RoomId;

use crate::CaptureError;
use crate::pipeline::Feed;

/// How often the listening thread looks for senders and for its end.
const TICK: Duration = Duration::from_millis(20);
/// Connections at once on one listener; each costs a thread. Far above the rooms of a machine.
const CONNECTIONS: usize = 512;

/// A sender that wants to send to a room; the room answers with where to put it.
pub(crate) struct Offer {
    pub(crate) peer: SocketAddr,
    pub(crate) answer: SyncSender<Feed>,
}

/// Makes a room for a stream key that has none yet, or says why not.
pub(crate) type Admit = Box<dyn Fn(&str) -> Result<(), CaptureError> + Send + Sync>;

struct Route {
    room: RoomId,
    id: u64,
    offers: Sender<Offer>,
}

#[derive(Default)]
struct Routes {
    keys: BTreeMap<(String, String), Route>,
    open: BTreeMap<String, Arc<Admit>>,
}

/// One address that is listened on.
struct Listener {
    routes: Mutex<Routes>,
    /// Taken away to close it at once, so that the address can be listened on again.
    socket: Mutex<Option<TcpListener>>,
    closed: AtomicBool,
    connections: AtomicUsize,
}

impl Listener {
    fn lock(&self) -> MutexGuard<'_, Routes> {
        self.routes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn has_app(&self, app: &str) -> bool {
        let routes = self.lock();
        routes.open.contains_key(app) || routes.keys.keys().any(|(known, _)| known == app)
    }

    /// Where offers for a key go. A key without a room may get one, where the application is open.
    fn offers(&self, app: &str, key: &str) -> Result<(RoomId, Sender<Offer>), String> {
        let known = (app.to_owned(), key.to_owned());
        let find = || self.lock().keys.get(&known).map(|route| (route.room.clone(), route.offers.clone()));
        if let Some(found) = find() {
            return Ok(found);
        }
        let admit = self.lock().open.get(app).cloned().ok_or("no room has this stream key")?;
        admit(key).map_err(|error| error.to_string())?;
        find().ok_or_else(|| "no room has this stream key".to_owned())
    }
}

type ByAddress = BTreeMap<SocketAddr, Arc<Listener>>;

/// All listeners of the process.
#[derive(Default)]
pub(crate) struct Listeners {
    by_address: Mutex<ByAddress>,
    next: Mutex<u64>,
}

impl fmt::Debug for Listeners {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.lock().keys()).finish()
    }
}

/// A room's place on a listener; given back when dropped.
#[derive(Debug)]
pub(crate) struct Registration {
    pub(crate) offers: Receiver<Offer>,
    listeners: Arc<Listeners>,
    address: SocketAddr,
    route: (String, String),
    id: u64,
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.listeners.leave(self.address, &self.route, self.id);
    }
}

impl Listeners {
    fn lock(&self) -> MutexGuard<'_, ByAddress> {
        self.by_address.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The listener on `address`, opened if it is the first to be asked for. `all` is held until the listener is used,
    /// lest another room's leaving closes it before.
    fn on(all: &mut ByAddress, address: SocketAddr) -> Result<Arc<Listener>, CaptureError> {
        if let Some(listener) = all.get(&address) {
            return Ok(listener.clone());
        }
        let refused = |error: std::io::Error| CaptureError::Listen {
            address: address.to_string(),
            problem: error.to_string(),
        };
        let socket = TcpListener::bind(address).map_err(refused)?;
        socket.set_nonblocking(true).map_err(refused)?;
        let listener = Arc::new(Listener {
            routes: Mutex::default(),
            socket: Mutex::new(Some(socket)),
            closed: AtomicBool::new(false),
            connections: AtomicUsize::new(0),
        });
        let shared = listener.clone();
        let thread = thread::Builder::new().name("capture-rtmp".to_owned());
        thread.spawn(move || listen(&shared)).map_err(refused)?;
        all.insert(address, listener.clone());
        Ok(listener)
    }

    /// Lets `room` be sent to by `key`.
    pub(crate) fn register(
        self: &Arc<Self>,
        address: SocketAddr,
        app: &str,
        key: &str,
        room: &RoomId,
    ) -> Result<Registration, CaptureError> {
        let mut all = self.lock();
        let listener = Self::on(&mut all, address)?;
        let route = (app.to_owned(), key.to_owned());
        let mut routes = listener.lock();
        if let Some(taken) = routes.keys.get(&route).filter(|taken| taken.room != *room) {
            return Err(CaptureError::KeyTaken { room: room.clone(), other: taken.room.clone() });
        }
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        *next += 1;
        let id = *next;
        let (sender, offers) = channel();
        routes.keys.insert(route.clone(), Route { room: room.clone(), id, offers: sender });
        Ok(Registration { offers, listeners: self.clone(), address, route, id })
    }

    /// Opens an application to keys that no room has yet.
    pub(crate) fn open(&self, address: SocketAddr, app: &str, admit: Admit) -> Result<(), CaptureError> {
        let mut all = self.lock();
        Self::on(&mut all, address)?.lock().open.insert(app.to_owned(), Arc::new(admit));
        Ok(())
    }

    /// Closes an application to keys that no room has.
    pub(crate) fn shut(&self, address: SocketAddr, app: &str) {
        let Some(listener) = self.lock().get(&address).cloned() else { return };
        listener.lock().open.remove(app);
        self.close_if_unused(address);
    }

    fn leave(&self, address: SocketAddr, route: &(String, String), id: u64) {
        let Some(listener) = self.lock().get(&address).cloned() else { return };
        let mut routes = listener.lock();
        if routes.keys.get(route).is_some_and(|route| route.id == id) {
            routes.keys.remove(route);
        }
        drop(routes);
        self.close_if_unused(address);
    }

    fn close_if_unused(&self, address: SocketAddr) {
        let mut all = self.lock();
        let unused = all.get(&address).is_some_and(|listener| {
            let routes = listener.lock();
            routes.keys.is_empty() && routes.open.is_empty()
        });
        if unused && let Some(listener) = all.remove(&address) {
            listener.closed.store(true, Ordering::Relaxed);
            drop(listener.socket.lock().unwrap_or_else(PoisonError::into_inner).take());
        }
    }
}

fn listen(listener: &Arc<Listener>) {
    loop {
        let accepted = match listener.socket.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
            Some(socket) => socket.accept(),
            None => return,
        };
        match accepted {
            Ok((stream, peer)) => greet(stream, peer, listener),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => thread::sleep(TICK),
            Err(error) => {
                tracing::warn!(%error, "rtmp listener can't accept a sender");
                thread::sleep(TICK * 10);
            }
        }
    }
}

fn greet(stream: TcpStream, peer: SocketAddr, listener: &Arc<Listener>) {
    if listener.connections.fetch_add(1, Ordering::Relaxed) >= CONNECTIONS {
        listener.connections.fetch_sub(1, Ordering::Relaxed);
        tracing::warn!(%peer, limit = CONNECTIONS, "rtmp sender refused: too many connections");
        return;
    }
    let shared = listener.clone();
    let run = move || {
        match session::serve(stream, peer, &shared) {
            Ok(()) => tracing::debug!(%peer, "rtmp sender is done"),
            Err(problem) => tracing::info!(%peer, problem, "rtmp sender is gone"),
        }
        shared.connections.fetch_sub(1, Ordering::Relaxed);
    };
    let spawned = thread::Builder::new().name("capture-sender".to_owned()).spawn(run);
    if let Err(error) = spawned {
        listener.connections.fetch_sub(1, Ordering::Relaxed);
        tracing::warn!(%peer, %error, "rtmp sender refused: no thread");
    }
}
