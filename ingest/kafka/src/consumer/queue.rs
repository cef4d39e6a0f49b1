//! The events between the polling thread and the job, bounded by bytes.
//!
//! Pushing never waits: the polling thread looks whether the queue is full and stops fetching, so that the
//! bound is exceeded by at most one message. What is not a message is small, rare and must not wait.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use super::Event;
use crate::clock;

pub(crate) struct Queue {
    limit: usize,
    state: Mutex<State>,
    pushed: Condvar,
    popped: Condvar,
    wake: Notify,
}

#[derive(Default)]
struct State {
    events: VecDeque<(Event, usize)>,
    bytes: usize,
    closed: bool,
}

impl Queue {
    pub(crate) fn new(limit: usize) -> Self {
        let state = Mutex::default();
        Self { limit, state, pushed: Condvar::new(), popped: Condvar::new(), wake: Notify::new() }
    }

    // A panic elsewhere can't leave the events half-changed.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds an event; after closing it is dropped, which answers it.
    pub(crate) fn push(&self, event: Event) {
        let bytes = if let Event::Message(message) = &event { message.size() } else { 0 };
        let mut state = self.lock();
        if state.closed {
            return;
        }
        state.bytes += bytes;
        state.events.push_back((event, bytes));
        drop(state);
        self.pushed.notify_one();
        // Keeps a permit when nobody waits yet.
        self.wake.notify_one();
    }

    /// Whether the queue is full once `limit` has passed; returns at once when it is not.
    pub(crate) fn is_full_for(&self, limit: Duration) -> bool {
        let deadline = clock::now() + limit;
        let mut state = self.lock();
        while state.bytes >= self.limit && !state.closed {
            let left = deadline.saturating_duration_since(clock::now());
            if left.is_zero() {
                return true;
            }
            state = self.popped.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        false
    }

    /// Whether fetching is worth taking up again.
    pub(crate) fn is_half_empty(&self) -> bool {
        self.lock().bytes <= self.limit / 2
    }

    /// Bytes of the messages that wait for the job.
    pub(crate) fn bytes(&self) -> usize {
        self.lock().bytes
    }

    fn take(&self, state: &mut State) -> Option<Event> {
        let (event, bytes) = state.events.pop_front()?;
        state.bytes -= bytes;
        self.popped.notify_all();
        Some(event)
    }

    /// The next event; `None` when none came in time or the queue is closed.
    pub(crate) fn pop_timeout(&self, limit: Duration) -> Option<Event> {
        let deadline = clock::now() + limit;
        let mut state = self.lock();
        loop {
            if let Some(event) = self.take(&mut state) {
                return Some(event);
            }
            let left = deadline.saturating_duration_since(clock::now());
            if state.closed || left.is_zero() {
                return None;
            }
            state = self.pushed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// The next event; `None` when the queue is closed.
    pub(crate) async fn pop(&self) -> Option<Event> {
        loop {
            {
                let mut state = self.lock();
                if let Some(event) = self.take(&mut state) {
                    return Some(event);
                }
                if state.closed {
                    return None;
                }
            }
            self.wake.notified().await;
        }
    }

    /// Drops what is queued, which answers it, and takes nothing more.
    pub(crate) fn close(&self) {
        let events = {
            let mut state = self.lock();
            state.closed = true;
            state.bytes = 0;
            std::mem::take(&mut state.events)
        };
        drop(events);
        self.pushed.notify_all();
        self.popped.notify_all();
        self.wake.notify_one();
    }
}
