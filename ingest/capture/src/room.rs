//! The life of one room: connect, pass on what comes, notice silence, connect again, until it is over.
//!
//! A room has a thread of its own and shares nothing with others but the way out.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::RecvTimeoutError;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use kairos_timeline::{RoomId, StreamId};

use crate::backoff::Backoff;
use crate::captured::{Captured, RoomState};
use crate::clock;
use crate::options::{CaptureOptions, wait};
use crate::outlet::Outlet;
use crate::pace::Pace;
use crate::pipeline::{Connection, Feed, Next, Over};
use crate::rtmp::Registration;
use crate::source::{Source, SourceKind};
use crate::stream::{Broadcast, Made, Seen, Unit, identity};

/// How often a waiting room looks at its clocks and for its end.
const TICK: Duration = Duration::from_millis(50);

/// How a room is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomStatus {
    /// The room.
    pub room: RoomId,
    /// Its source, without secrets.
    pub source: String,
    /// Its connection.
    pub state: RoomState,
    /// Why it is so.
    pub why: String,
    /// The stream that is captured, if one is.
    pub stream: Option<StreamId>,
    /// Segments handed over.
    pub segments: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// Segments dropped because the reader was slow.
    pub dropped: u64,
    /// Connections lost.
    pub lost: u64,
    /// Connections that did not close in time and were left to themselves.
    pub stuck: u64,
}

/// What a room's thread works with.
pub(crate) struct Room {
    pub(crate) room: RoomId,
    pub(crate) source: Source,
    pub(crate) options: Arc<CaptureOptions>,
    pub(crate) outlet: Outlet,
    pub(crate) stop: Arc<AtomicBool>,
    pub(crate) status: Arc<Mutex<RoomStatus>>,
    /// Where senders that push to us are offered.
    pub(crate) registration: Option<Registration>,
    /// It came by itself and goes when its sender stays away.
    pub(crate) transient: bool,
    pub(crate) broadcast: Option<Broadcast>,
    /// What the source has shown.
    pub(crate) seen: Seen,
    /// It was no recording once.
    pub(crate) was_live: bool,
    pub(crate) lost_at: Option<Instant>,
    pub(crate) last_start: i64,
    /// Segments are dropped when the reader is slow, rather than waited with: a live source does not wait.
    pub(crate) live: bool,
}

/// How a connection ended.
enum Outcome {
    Stopped,
    Finished,
    Failed(String),
    /// `said`: the sender said that its stream is over. `lived`: something had come.
    Lost {
        why: String,
        said: bool,
        lived: bool,
    },
}

impl Room {
    /// Runs until the room is stopped, its source is at its end, or it failed.
    pub(crate) fn run(mut self) {
        let (state, why) = self.rounds();
        self.end_stream();
        self.tell(state, &why);
    }

    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed) || self.outlet.is_unread()
    }

    fn rounds(&mut self) -> (RoomState, String) {
        let mut backoff = Backoff::new(&self.options);
        loop {
            match self.round() {
                Outcome::Stopped => return (RoomState::Ended, "removed".to_owned()),
                Outcome::Finished => return (RoomState::Ended, "the source is at its end".to_owned()),
                Outcome::Failed(why) => return (RoomState::Failed, why),
                Outcome::Lost { why, said, lived } => {
                    self.flush();
                    if said || self.options.resume_within_ms == 0 {
                        self.end_stream();
                    }
                    self.update(|status| status.lost += 1);
                    if lived {
                        backoff.reset();
                    }
                    let (attempt, mut pause) = backoff.next();
                    if self.options.max_attempts > 0 && attempt > self.options.max_attempts {
                        return (RoomState::Failed, why);
                    }
                    // Whoever is called waits for nobody; a listener that can't listen does.
                    if matches!(self.source.kind, SourceKind::RtmpListen { .. })
                        || (self.source.listens() && lived)
                    {
                        pause = Duration::ZERO;
                    }
                    self.tell(RoomState::Reconnecting { attempt, wait: pause }, &why);
                    if !self.pause(pause) {
                        return (RoomState::Ended, "removed".to_owned());
                    }
                }
            }
        }
    }

    /// Waits; `false` when the room was stopped meanwhile.
    fn pause(&mut self, pause: Duration) -> bool {
        let until = clock::now() + pause;
        while clock::now() < until {
            if self.is_stopped() {
                return false;
            }
            self.expire();
            std::thread::sleep(TICK.min(until.saturating_duration_since(clock::now())));
        }
        !self.is_stopped()
    }

    /// One connection, from the first attempt to its end.
    fn round(&mut self) -> Outcome {
        let waiting = if self.source.listens() { "waiting for a sender" } else { "" };
        self.tell(RoomState::Connecting, waiting);
        let lost = |why: String| Outcome::Lost { why, said: false, lived: false };
        let opened = match self.registration.is_some() {
            true => self.take_offer(),
            false => Connection::open(&self.source, &self.options).map(|(connection, _)| Some(connection)),
        };
        let connection = match opened {
            Ok(Some(connection)) => connection,
            Ok(None) => return Outcome::Stopped,
            Err(problem) => return lost(self.source.scrub(&problem)),
        };
        if matches!(self.source.kind, SourceKind::Http) {
            self.seen.read_anew();
        }
        let outcome = self.pump(&connection);
        if !connection.close(wait(self.options.close_timeout_ms)) {
            self.update(|status| status.stuck += 1);
            tracing::warn!(room = %self.room, source = %self.source, "a connection does not close and is left to itself");
        }
        outcome
    }

    /// Waits for a sender that pushes to us; `None` when the room is over.
    fn take_offer(&mut self) -> Result<Option<Connection>, String> {
        let since = clock::now();
        loop {
            if self.is_stopped() {
                return Ok(None);
            }
            self.expire();
            if self.transient && clock::now() - since > wait(self.options.pushed_room_idle_ms) {
                return Ok(None);
            }
            let Some(registration) = &self.registration else { return Ok(None) };
            match registration.offers.recv_timeout(TICK) {
                Ok(offer) => {
                    let (connection, feed) = Connection::open(&self.source, &self.options)?;
                    let feed: Feed = feed.ok_or("the source takes no sender")?;
                    // A sender that has given up meanwhile makes room for the next.
                    if offer.answer.send(feed).is_ok() {
                        tracing::info!(room = %self.room, peer = %offer.peer, "sender accepted");
                        return Ok(Some(connection));
                    }
                    connection.close(wait(self.options.close_timeout_ms));
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(None),
            }
        }
    }

    fn pump(&mut self, connection: &Connection) -> Outcome {
        let opened = clock::now();
        let (mut last, mut lived, mut silent) = (opened, false, false);
        let mut pace = Pace::Live;
        loop {
            if self.is_stopped() {
                return Outcome::Stopped;
            }
            self.expire();
            for ignored in connection.ignored() {
                self.tell(self.state(), &format!("left out: {ignored}"));
            }
            match connection.next(TICK) {
                Next::Unit(unit) => {
                    if !lived && self.was_live && self.is_recording(connection) {
                        // Such a playlist is played from its beginning, which was captured when it was live.
                        let why = "the stream is over, and its recording is not captured again".to_owned();
                        return Outcome::Lost { why, said: true, lived };
                    }
                    if self.seen.knows(&unit) {
                        continue;
                    }
                    if !lived {
                        lived = true;
                        let recording = self.is_recording(connection);
                        pace = Pace::of(recording, self.options.files_as_fast_as_possible);
                        self.begin(&unit, recording);
                    }
                    if silent || self.state() != RoomState::Live {
                        silent = false;
                        self.tell(RoomState::Live, "");
                    }
                    if !pace.wait_for(&unit, || self.is_stopped()) {
                        return Outcome::Stopped;
                    }
                    last = clock::now();
                    let made = self.broadcast.as_mut().map(|broadcast| {
                        broadcast.push(*unit, connection.has_pictures());
                        broadcast.poll(connection.expects_clock())
                    });
                    self.give(made.unwrap_or_default());
                }
                Next::Nothing => {
                    let expected = connection.expects_clock();
                    let made = self.broadcast.as_mut().filter(|_| lived).map(|b| b.poll(expected));
                    self.give(made.unwrap_or_default());
                    let quiet = clock::now() - last;
                    // Before it has ever sent, nobody can tell whether a caller is there.
                    let absent = self.source.listens() && self.registration.is_none() && !lived;
                    if quiet > wait(self.options.silent_after_ms) && !silent && !absent {
                        silent = true;
                        self.tell(RoomState::Silent, "connected, but nothing comes");
                    }
                    let patience = if lived {
                        self.options.reconnect_silent_after_ms
                    } else {
                        self.options.connect_timeout_ms
                    };
                    if quiet > wait(patience) && !absent {
                        let why = format!("nothing came for {:.1} s", quiet.as_secs_f64());
                        return Outcome::Lost { why, said: false, lived };
                    }
                }
                Next::Over(Over::Ended) if !pace.is_live() => {
                    self.flush();
                    return Outcome::Finished;
                }
                Next::Over(Over::Ended) => {
                    let why = "the sender ended its stream".to_owned();
                    return Outcome::Lost { why, said: self.registration.is_some(), lived };
                }
                Next::Over(Over::Broken(why)) => {
                    if matches!(self.source.kind, SourceKind::File(_)) && !lived {
                        // A file that can't be read now can't be read later.
                        return Outcome::Failed(why);
                    }
                    return Outcome::Lost { why, said: false, lived };
                }
            }
        }
    }

    fn is_recording(&self, connection: &Connection) -> bool {
        match self.source.kind {
            SourceKind::File(_) => true,
            SourceKind::Http => connection.is_recording(),
            _ => false,
        }
    }

    /// The first unit of a connection: a stream begins, or the one before goes on.
    fn begin(&mut self, unit: &Unit, recording: bool) {
        self.expire();
        self.lost_at = None;
        self.live = !recording;
        self.was_live |= self.live;
        if let Some(broadcast) = &mut self.broadcast {
            broadcast.resume();
            return;
        }
        let stream = identity(unit.arrived, &mut self.last_start);
        self.update(|status| status.stream = Some(stream.clone()));
        let name = self.source.name().clone();
        let broadcast = Broadcast::new(self.room.clone(), stream, name, !recording, &self.options);
        self.broadcast = Some(broadcast);
    }

    /// A source that stays away too long has ended its stream.
    fn expire(&mut self) {
        if self.lost_at.is_some_and(|since| clock::now() - since > wait(self.options.resume_within_ms)) {
            self.end_stream();
        }
    }

    /// What the connection left behind.
    fn flush(&mut self) {
        let made = self.broadcast.as_mut().map(Broadcast::finish);
        // Attempts that fail don't make the break begin anew.
        self.lost_at = self.lost_at.or_else(|| self.broadcast.is_some().then(clock::now));
        self.give(made.unwrap_or_default());
    }

    fn end_stream(&mut self) {
        self.lost_at = None;
        if let Some(mut broadcast) = self.broadcast.take() {
            let made = broadcast.finish();
            self.give_from(broadcast.stream().clone(), made);
            if let Some(end) = broadcast.end() {
                self.outlet.tell(end);
            }
            self.update(|status| status.stream = None);
        }
    }

    fn give(&self, made: Vec<Made>) {
        if let Some(broadcast) = self.broadcast.as_ref().filter(|_| !made.is_empty()) {
            self.give_from(broadcast.stream().clone(), made);
        }
    }

    fn give_from(&self, stream: StreamId, made: Vec<Made>) {
        for made in made {
            match made {
                Made::Segment(segment) => {
                    let size = segment.bytes.len();
                    while !self.live && !self.outlet.wait_for_space(size, TICK) && !self.is_stopped() {}
                    let taken = self.outlet.segment(segment);
                    let dropped = self.outlet.dropped();
                    self.update(|status| {
                        status.segments += u64::from(taken);
                        status.bytes += if taken { size as u64 } else { 0 };
                        status.dropped = dropped;
                    });
                }
                Made::Gap { from, to, why } => {
                    let (room, stream) = (self.room.clone(), stream.clone());
                    self.outlet.tell(Captured::Gap { room, stream, from, to, why });
                }
                Made::Note(note) => self.tell(self.state(), &note),
            }
        }
    }

    fn state(&self) -> RoomState {
        self.status.lock().unwrap_or_else(PoisonError::into_inner).state.clone()
    }

    fn update(&self, change: impl FnOnce(&mut RoomStatus)) {
        change(&mut self.status.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn tell(&self, state: RoomState, why: &str) {
        tracing::info!(room = %self.room, source = %self.source, state = state.as_str(), why, "room");
        self.update(|status| {
            status.state = state.clone();
            why.clone_into(&mut status.why);
        });
        self.outlet.tell(Captured::State { room: self.room.clone(), state, why: why.to_owned() });
    }
}
