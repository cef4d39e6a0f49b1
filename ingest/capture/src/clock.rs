//! The one place where time is read: a live source has no other clock than ours until it tells its own.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use kairos_timeline::WallTime;

/// For time limits and for noticing silence.
#[allow(clippy::disallowed_methods, reason = "time limits and stall detection of live input")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// When something arrived.
#[allow(clippy::disallowed_methods, reason = "arrival anchors a live stream whose sender tells no clock")]
pub(crate) fn wall() -> WallTime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    WallTime::from_micros(since.map_or(0, |since| since.as_micros() as i64))
}
