//! Many rooms in one process, added and removed while they run.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use kairos_timeline::RoomId;

use crate::CaptureError;
use crate::captured::RoomState;
use crate::clock;
use crate::options::CaptureOptions;
use crate::outlet::{Captures, Outlets, outlets};
use crate::room::{Room, RoomStatus};
use crate::rooms_file;
use crate::rtmp::{Listeners, Registration};
use crate::source::{Source, SourceKind};
use crate::stream::Seen;

/// What a room needs beyond closing its connection.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// The rooms of this process. Cloning gives another handle to the same rooms; dropping the last stops them and waits for
/// them at most `close_timeout_ms` and a second: libraries that a process unloads at its end must not be at work then.
#[derive(Debug, Clone)]
pub struct Rooms {
    // Dropped first: it needs what follows.
    _guard: Arc<Guard>,
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Guard(Weak<Inner>);

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(inner) = self.0.upgrade() {
            let limit = Duration::from_millis(inner.options.close_timeout_ms) + LAST_WORDS;
            if !inner.close_within(limit) {
                tracing::warn!("some rooms did not end in time and are left to themselves");
            }
        }
    }
}

#[derive(Debug)]
pub(crate) struct Inner {
    options: Arc<CaptureOptions>,
    outlets: Outlets,
    listeners: Arc<Listeners>,
    running: Mutex<BTreeMap<RoomId, Running>>,
    closed: AtomicBool,
    file_problem: Mutex<Option<String>>,
}

#[derive(Debug)]
struct Running {
    source: Source,
    stop: Arc<AtomicBool>,
    status: Arc<Mutex<RoomStatus>>,
    thread: Option<JoinHandle<()>>,
    transient: bool,
}

impl Running {
    fn is_over(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }

    fn is_stopping(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

impl Rooms {
    /// No room yet; the other half is where everything that is captured comes out.
    ///
    /// # Errors
    /// Options that can't work, or no GStreamer.
    pub fn new(options: CaptureOptions) -> Result<(Self, Captures), CaptureError> {
        options.check()?;
        gstreamer::init().map_err(|error| CaptureError::GStreamer { problem: error.message().to_owned() })?;
        for needed in ["mpegtsmux", "matroskamux", "h264parse", "aacparse", "flvdemux", "tsdemux"] {
            if gstreamer::ElementFactory::find(needed).is_none() {
                let problem = format!("no element {needed}: install its plugins base, good and bad");
                return Err(CaptureError::GStreamer { problem });
            }
        }
        let (outlets, captures) = outlets(options.queue_segments, options.queue_bytes);
        let inner = Arc::new(Inner {
            options: Arc::new(options),
            outlets,
            listeners: Arc::default(),
            running: Mutex::default(),
            closed: AtomicBool::new(false),
            file_problem: Mutex::default(),
        });
        let guard = Arc::new(Guard(Arc::downgrade(&inner)));
        Ok((Self { _guard: guard, inner }, captures))
    }

    /// Starts a room. What becomes of its connection comes out as [`Captured::State`](crate::Captured::State).
    ///
    /// # Errors
    /// When the limit is reached, the room is running, or its listener can't be opened.
    pub fn add(&self, room: RoomId, source: Source) -> Result<(), CaptureError> {
        self.inner.add(room, source, false)
    }

    /// Tells a room to stop and returns at once; its last segments and its end still come out.
    ///
    /// # Errors
    /// When no such room is running.
    pub fn remove(&self, room: &RoomId) -> Result<(), CaptureError> {
        self.inner.remove(room)
    }

    /// Opens a listener (`rtmp-listen://ADDRESS/APP`) to senders that no room was added for: each becomes a room while
    /// it sends. Its room is `keys[stream key]`, or, when `keys` is empty, the stream key itself, which then has to be
    /// a room id.
    ///
    /// # Errors
    /// When the source is no such listener, or its address can't be used.
    pub fn accept(&self, source: &Source, keys: BTreeMap<String, RoomId>) -> Result<(), CaptureError> {
        self.inner.accept(source, keys)
    }

    /// Closes a listener that [`accept`](Self::accept) opened; rooms that are being sent to go on.
    pub fn refuse(&self, source: &Source) {
        self.inner.refuse(source);
    }

    /// Follows a rooms file: rooms that are added to it start, those taken out of it stop, those whose source changes
    /// start anew. While the file is broken the rooms that run go on.
    ///
    /// ```toml
    /// [[room]]
    /// id = "room-1"
    /// source = "srt://0.0.0.0:9000?mode=listener"
    ///
    /// [[listener]]
    /// source = "rtmp-listen://0.0.0.0:1935/live"
    /// keys = { "a-stream-key" = "room-2" }
    /// ```
    ///
    /// # Errors
    /// When the file is broken now.
    pub fn watch(&self, path: &Path) -> Result<(), CaptureError> {
        rooms_file::watch(&self.inner, path, Duration::from_millis(self.inner.options.rooms_file_poll_ms))
    }

    /// What is wrong with the rooms file, with file and line; `None` while it is sound.
    pub fn file_problem(&self) -> Option<String> {
        self.inner.file_problem.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How all rooms are doing, also those that ended by themselves, by room.
    pub fn status(&self) -> Vec<RoomStatus> {
        let running = self.inner.lock();
        running
            .values()
            .map(|room| room.status.lock().unwrap_or_else(PoisonError::into_inner).clone())
            .collect()
    }

    /// Stops all rooms and waits for them, at most `limit`; `false` when some did not stop in time. Blocks.
    pub fn close(&self, limit: Duration) -> bool {
        self.inner.close_within(limit)
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<RoomId, Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }

    fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
        for running in self.lock().values() {
            running.stop.store(true, Ordering::Relaxed);
        }
        self.outlets.close();
    }

    fn close_within(&self, limit: Duration) -> bool {
        self.close();
        let until = clock::now() + limit;
        loop {
            let over = self.lock().values().all(Running::is_over);
            if over || clock::now() >= until {
                return over;
            }
            thread::sleep(Duration::from_millis(10));
        }
    }

    pub(crate) fn set_file_problem(&self, problem: Option<String>) {
        *self.file_problem.lock().unwrap_or_else(PoisonError::into_inner) = problem;
    }

    /// The source of a room that runs.
    pub(crate) fn source_of(&self, room: &RoomId) -> Option<Source> {
        self.lock().get(room).filter(|running| !running.is_stopping()).map(|running| running.source.clone())
    }

    fn register(&self, room: &RoomId, source: &Source) -> Result<Option<Registration>, CaptureError> {
        let SourceKind::RtmpListen { address, app, key } = &source.kind else { return Ok(None) };
        let key = key.as_deref().unwrap_or(room.as_str());
        self.listeners.register(*address, app, key, room).map(Some)
    }

    pub(crate) fn add(&self, room: RoomId, source: Source, transient: bool) -> Result<(), CaptureError> {
        let mut running = self.lock();
        if self.is_closed() {
            return Err(CaptureError::Unknown { room });
        }
        if running.get(&room).is_some_and(|known| !known.is_over() && !known.is_stopping()) {
            return Err(CaptureError::Running { room });
        }
        // Rooms that came by themselves leave no trace: whoever sends could make any number of them.
        running.retain(|known, running| *known == room || !running.transient || !running.is_over());
        let limit = self.options.max_rooms;
        let others = running.iter().filter(|(known, running)| **known != room && !running.is_over());
        if others.count() >= limit {
            return Err(CaptureError::Full { room, limit });
        }
        let registration = self.register(&room, &source)?;
        let before = running.remove(&room).and_then(|before| before.thread);
        let stop = Arc::new(AtomicBool::new(false));
        let status = Arc::new(Mutex::new(RoomStatus {
            room: room.clone(),
            source: source.to_string(),
            state: RoomState::Connecting,
            why: String::new(),
            stream: None,
            segments: 0,
            bytes: 0,
            dropped: 0,
            lost: 0,
            stuck: 0,
        }));
        let work = Room {
            room: room.clone(),
            source: source.clone(),
            options: self.options.clone(),
            outlet: self.outlets.outlet(room.clone()),
            stop: stop.clone(),
            status: status.clone(),
            registration,
            transient,
            broadcast: None,
            seen: Seen::default(),
            was_live: false,
            lost_at: None,
            last_start: 0,
            live: true,
        };
        let run = move || {
            // A room that starts anew waits for its own last words.
            if let Some(before) = before
                && before.join().is_err()
            {
                tracing::error!("a room's thread panicked");
            }
            work.run();
        };
        let name = format!("capture-{room}");
        let thread = thread::Builder::new().name(name).spawn(run);
        let thread = thread.map_err(|source| CaptureError::Thread { room: room.clone(), source })?;
        running.insert(room, Running { source, stop, status, thread: Some(thread), transient });
        Ok(())
    }

    pub(crate) fn remove(&self, room: &RoomId) -> Result<(), CaptureError> {
        let mut running = self.lock();
        let known = running.get(room).filter(|running| !running.is_stopping());
        let Some(known) = known else { return Err(CaptureError::Unknown { room: room.clone() }) };
        known.stop.store(true, Ordering::Relaxed);
        running.retain(|_, running| !(running.is_stopping() && running.is_over()));
        Ok(())
    }

    pub(crate) fn accept(
        self: &Arc<Self>,
        source: &Source,
        keys: BTreeMap<String, RoomId>,
    ) -> Result<(), CaptureError> {
        let refuse = |problem: &str| CaptureError::Source {
            source_text: source.to_string(),
            problem: problem.to_owned(),
        };
        let SourceKind::RtmpListen { address, app, key: None } = source.kind.clone() else {
            return Err(refuse("only rtmp-listen:// without a key can be opened to any sender"));
        };
        let inner = Arc::downgrade(self);
        let of_app = app.clone();
        let admit = move |key: &str| {
            let inner = inner.upgrade();
            let unknown = |problem: &str| CaptureError::Source {
                source_text: format!("rtmp-listen://{address}/{of_app}"),
                problem: problem.to_owned(),
            };
            let inner = inner.ok_or_else(|| unknown("is closing"))?;
            let room = match keys.is_empty() {
                true => RoomId::new(key).map_err(|_invalid| unknown("the stream key is no room id"))?,
                false => keys.get(key).cloned().ok_or_else(|| unknown("no room has this stream key"))?,
            };
            let source = Source::pushed(address, &of_app, key);
            inner.add(room, source, true)
        };
        self.listeners.open(address, &app, Box::new(admit))
    }

    pub(crate) fn refuse(&self, source: &Source) {
        if let SourceKind::RtmpListen { address, app, .. } = &source.kind {
            self.listeners.shut(*address, app);
        }
    }
}
