//! The one place where time is read: for time limits and for noticing silence, never for a message.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

#[allow(clippy::disallowed_methods, reason = "time limits and stall detection of live input")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Unix seconds, to tell an expired token from a valid one.
#[allow(clippy::disallowed_methods, reason = "the expiry of a token is a wall time")]
pub(crate) fn unix_seconds() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64)
}
