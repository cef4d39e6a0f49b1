//! The clock of the live jobs: when to flush, when to stop waiting. No score depends on it.

use std::time::Instant;

use kairos_timeline::WallTime;

/// Now, to measure how long something takes.
#[allow(
    clippy::disallowed_methods,
    reason = "waiting is measured here, and nothing that is scored depends on it"
)]
pub fn now() -> Instant {
    Instant::now()
}

/// Now, to tell how far a job is behind.
#[allow(
    clippy::disallowed_methods,
    reason = "lag is measured here, and nothing that is scored depends on it"
)]
pub fn wall() -> WallTime {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    WallTime::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}
