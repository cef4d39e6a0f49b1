//! The one place where time is read: to notice silence, never for an event.

use tokio::time::Instant;

pub(crate) fn now() -> Instant {
    Instant::now()
}
