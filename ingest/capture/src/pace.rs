//! At which speed units are taken: as they come from live sources, at their own speed from recordings, or as fast as
//! whoever reads takes them.

use std::time::{Duration, Instant};

use crate::clock;
use crate::stream::Unit;

/// Longest time without looking whether the room is still wanted.
const TICK: Duration = Duration::from_millis(50);
/// Timestamps farther apart than this are a jump, not a pause.
const JUMP: i64 = 10_000_000;

#[derive(Debug)]
pub(crate) enum Pace {
    Live,
    /// Raw time and our own at the last jump.
    Own(Option<(i64, Instant)>, i64),
    Fastest,
}

impl Pace {
    pub(crate) fn of(recording: bool, fastest: bool) -> Self {
        match (recording, fastest) {
            (false, _) => Self::Live,
            (true, true) => Self::Fastest,
            (true, false) => Self::Own(None, 0),
        }
    }

    pub(crate) fn is_live(&self) -> bool {
        matches!(self, Self::Live)
    }

    /// Waits until a unit is due; `false` when `stopped` meanwhile.
    pub(crate) fn wait_for(&mut self, unit: &Unit, stopped: impl Fn() -> bool) -> bool {
        let Self::Own(base, last) = self else { return true };
        let at = unit.decoded_raw.unwrap_or(unit.shown_raw);
        if (at - *last).abs() > JUMP {
            *base = None;
        }
        *last = at;
        let (from, since) = *base.get_or_insert_with(|| (at, clock::now()));
        let due = since + Duration::from_micros(u64::try_from(at - from).unwrap_or(0));
        loop {
            let left = due.saturating_duration_since(clock::now());
            if left.is_zero() {
                return true;
            }
            if stopped() {
                return false;
            }
            std::thread::sleep(left.min(TICK));
        }
    }
}
