//! Time since a server began: for limits, lingering and what an item costs. Nothing that is encoded depends on it.

use std::time::{Duration, Instant};

/// A clock that begins at zero.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock(Instant);

impl Clock {
    pub(crate) fn start() -> Self {
        Self(now())
    }

    pub(crate) fn now(self) -> Duration {
        now().saturating_duration_since(self.0)
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "how long rooms wait; what is not there by then is told as missing"
)]
fn now() -> Instant {
    Instant::now()
}
