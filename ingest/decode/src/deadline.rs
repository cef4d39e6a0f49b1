//! The instant at which a segment is given up.
//!
//! It can only cut work short that the limits did not bound, and whoever is cut short says so.

use std::time::{Duration, Instant};

/// When to stop.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline(Option<Instant>);

#[allow(clippy::disallowed_methods, reason = "a hung demuxer can only be told from a slow one by the clock")]
fn now() -> Instant {
    Instant::now()
}

impl Deadline {
    /// `after` from now; never, where that lies beyond the clock.
    pub(crate) fn after(after: Duration) -> Self {
        Self(now().checked_add(after))
    }

    /// Whether it has passed.
    pub(crate) fn passed(&self) -> bool {
        self.0.is_some_and(|at| now() >= at)
    }
}
