//! The wall clock: reviews and logins happen now, and a room is live or not.
//!
//! Invariant: nothing that a model made depends on it.

/// Now, Unix microseconds.
#[expect(
    clippy::disallowed_methods,
    reason = "people review and log in at wall time; scores are not touched"
)]
pub(crate) fn unix_us() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}
