//! Replay at the speed of the recording.
//!
//! The only place of a replay that looks at a clock; nothing that is scored depends on it.

use std::time::{Duration, Instant};

use kairos_timeline::WallTime;

/// Holds inputs back until their time has come.
#[derive(Debug)]
pub struct Pacer {
    started: Option<(Instant, WallTime)>,
    enabled: bool,
}

impl Pacer {
    /// `enabled`: as recorded; else as fast as possible.
    pub fn new(enabled: bool) -> Self {
        Self { started: None, enabled }
    }

    /// Waits until the input that the platform saw at `at` is due.
    #[allow(clippy::disallowed_methods, reason = "pacing is what this type is for; no score depends on it")]
    pub fn wait_for(&mut self, at: WallTime) {
        if !self.enabled {
            return;
        }
        let (began, first) = *self.started.get_or_insert_with(|| (Instant::now(), at));
        let due = Duration::from_micros((at - first).as_micros().max(0) as u64);
        std::thread::sleep(due.saturating_sub(began.elapsed()));
    }
}
