//! Bytes sent and not yet confirmed, and what became of posted messages.
//!
//! A message larger than the bound is let in when nothing else is under way, so that no size waits for ever.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use crate::{Error, clock};

pub(crate) struct Slots {
    limit: usize,
    state: Mutex<State>,
    freed: Condvar,
    wake: Notify,
}

#[derive(Default)]
struct State {
    bytes: usize,
    messages: usize,
    failed: u64,
    first: Option<Error>,
}

impl Slots {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, state: Mutex::default(), freed: Condvar::new(), wake: Notify::new() }
    }

    // The state is counts only: a panic elsewhere leaves it true.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, state: &mut State, bytes: usize) -> bool {
        let fits = state.messages == 0 || state.bytes + bytes <= self.limit;
        if fits {
            state.bytes += bytes;
            state.messages += 1;
        }
        fits
    }

    /// Waits until `bytes` more may be under way.
    pub(crate) fn acquire_blocking(&self, bytes: usize) {
        let mut state = self.lock();
        while !self.take(&mut state, bytes) {
            state = self.freed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits until `bytes` more may be under way.
    pub(crate) async fn acquire(&self, bytes: usize) {
        loop {
            // Before looking: a release between the look and the wait must not be missed.
            let woken = self.wake.notified();
            if self.take(&mut self.lock(), bytes) {
                return;
            }
            woken.await;
        }
    }

    pub(crate) fn release(&self, bytes: usize) {
        let mut state = self.lock();
        state.bytes -= bytes;
        state.messages -= 1;
        drop(state);
        self.freed.notify_all();
        self.wake.notify_waiters();
    }

    /// Keeps the failure of a message that nobody waits for.
    pub(crate) fn fail(&self, error: Error) {
        let mut state = self.lock();
        state.failed += 1;
        state.first.get_or_insert(error);
    }

    /// How many messages are under way.
    pub(crate) fn outstanding(&self) -> usize {
        self.lock().messages
    }

    /// Waits until nothing is under way.
    ///
    /// # Errors
    /// If that takes longer than `limit`, or if posted messages failed since the last call.
    pub(crate) fn drain(&self, limit: Duration) -> Result<(), Error> {
        let deadline = clock::now() + limit;
        let mut state = self.lock();
        while state.messages > 0 {
            let left = deadline.saturating_duration_since(clock::now());
            if left.is_zero() {
                return Err(Error::Unconfirmed { outstanding: state.messages, waited: limit });
            }
            state = self.freed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        Self::failure(&mut state)
    }

    /// The failures of posted messages since the last call.
    pub(crate) fn check(&self) -> Result<(), Error> {
        Self::failure(&mut self.lock())
    }

    fn failure(state: &mut State) -> Result<(), Error> {
        let failed = std::mem::take(&mut state.failed);
        match state.first.take() {
            Some(first) => Err(Error::Undelivered { failed, first: Box::new(first) }),
            None => Ok(()),
        }
    }
}
