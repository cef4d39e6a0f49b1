//! The bounded queue before a shared recogniser and the thread behind it.
//!
//! First come, first served: rooms speak at the speed of time, so none can crowd out another for long. No lock is
//! held while the recogniser runs. How long a room may wait for its words is the one thing that goes by the clock.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::room::{MissedReason, RoomState};
use super::{lock, serve};
use crate::{Abort, LiveConfig, Recognizer, SpeechError, Window};

/// Windows that wait, and the thread that serves them.
pub(super) struct SharedQueue {
    shared: Arc<Shared>,
    abort: Abort,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    waiting: Mutex<Waiting>,
    /// Something waits, or the server stops.
    wake: Condvar,
    /// A window is done.
    done: Condvar,
    max_windows: usize,
    max_delay_us: i64,
    longest_wait: Duration,
}

#[derive(Default)]
struct Waiting {
    windows: VecDeque<(Arc<Mutex<RoomState>>, Window)>,
    stopping: bool,
    /// What is left of the time that rooms may wait, and when it was told.
    patience: Option<(Duration, Instant)>,
}

impl Waiting {
    /// What may be waited now: a tenth of the time that has passed, up to `longest`.
    fn patience(&mut self, longest: Duration) -> Duration {
        let now = now();
        let left = match self.patience {
            Some((left, told)) => (left + now.saturating_duration_since(told) / 10).min(longest),
            None => longest,
        };
        self.patience = Some((left, now));
        left
    }

    fn waited(&mut self, since: Instant) {
        if let Some((left, told)) = &mut self.patience {
            *told = now();
            *left = left.saturating_sub(told.saturating_duration_since(since));
        }
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "how long a live room waits; what is not there by then is told as missing"
)]
fn now() -> Instant {
    Instant::now()
}

impl SharedQueue {
    pub(super) fn start(
        mut recognizer: Box<dyn Recognizer>,
        config: &LiveConfig,
        abort: Abort,
    ) -> Result<Self, SpeechError> {
        let shared = Arc::new(Shared {
            waiting: Mutex::default(),
            wake: Condvar::new(),
            done: Condvar::new(),
            max_windows: config.max_windows,
            max_delay_us: i64::from(config.max_delay_ms) * 1_000,
            longest_wait: Duration::from_millis(config.wait_ms.into()),
        });
        let (served, aborted) = (Arc::clone(&shared), abort.clone());
        let thread = std::thread::Builder::new()
            .name("speech".into())
            .spawn(move || served.run(&mut *recognizer, &aborted))
            .map_err(SpeechError::Thread)?;
        Ok(Self { shared, abort, thread: Some(thread) })
    }

    /// Puts a window in the queue; skips the oldest when it is full.
    pub(super) fn submit(&self, room: &Arc<Mutex<RoomState>>, window: Window) {
        let overflow = {
            let mut waiting = lock(&self.shared.waiting);
            waiting.windows.push_back((Arc::clone(room), window));
            if waiting.windows.len() > self.shared.max_windows { waiting.windows.pop_front() } else { None }
        };
        self.shared.wake.notify_one();
        if let Some((room, window)) = overflow {
            lock(&room).skip(&window, MissedReason::QueueFull);
            self.shared.tell_done();
        }
    }

    /// Gives up the room's window that is being read if the room has run too far ahead of it.
    pub(super) fn give_up_late(&self, room: &Mutex<RoomState>) {
        let mut room = lock(room);
        // Under the room's lock, so that the window cannot be done, and another begun, in between.
        if room.gives_up(self.shared.max_delay_us) {
            self.abort.raise();
        }
    }

    /// Waits until no window of the room waits or runs.
    pub(super) fn wait_for(&self, room: &Mutex<RoomState>) {
        let mut waiting = lock(&self.shared.waiting);
        // The room's lock is taken under the queue's, here and nowhere else, and never the other way round.
        while !lock(room).is_idle() && !waiting.stopping {
            waiting = self.shared.done.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits until no window of the room that starts before `before_us` waits or runs, but not beyond all patience.
    pub(super) fn wait_a_little(&self, room: &Mutex<RoomState>, before_us: i64) {
        let mut waiting = lock(&self.shared.waiting);
        if lock(room).is_read(before_us) {
            return;
        }
        let (patience, since) = (waiting.patience(self.shared.longest_wait), now());
        while !lock(room).is_read(before_us) && !waiting.stopping {
            let left = patience.saturating_sub(now().saturating_duration_since(since));
            if left.is_zero() {
                break;
            }
            let woken = self.shared.done.wait_timeout(waiting, left);
            waiting = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
        waiting.waited(since);
    }
}

impl Drop for SharedQueue {
    fn drop(&mut self) {
        lock(&self.shared.waiting).stopping = true;
        self.shared.wake.notify_all();
        self.shared.done.notify_all();
        self.abort.raise();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread of the speech recogniser panicked");
        }
    }
}

impl Shared {
    fn run(&self, recognizer: &mut dyn Recognizer, abort: &Abort) {
        while let Some((room, window)) = self.next() {
            if lock(&room).begin(&window, self.max_delay_us) {
                serve(recognizer, &room, &window);
                // A wish to give this one up that came when it was done must not hit the next.
                abort.take();
            } else {
                lock(&room).skip(&window, MissedReason::TooLate);
            }
            self.tell_done();
        }
    }

    fn next(&self) -> Option<(Arc<Mutex<RoomState>>, Window)> {
        let mut waiting = lock(&self.waiting);
        loop {
            if waiting.stopping {
                return None;
            }
            if let Some(next) = waiting.windows.pop_front() {
                return Some(next);
            }
            waiting = self.wake.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Wakes those that wait for a room. Under the queue's lock, or one that has just looked would sleep on.
    fn tell_done(&self) {
        let _held = lock(&self.waiting);
        self.done.notify_all();
    }
}
