//! One clock for all tracks of a file: its timestamps to media time.
//!
//! Sound and pictures share every repair, so they never come apart; packets from before a jump that arrive
//! after it are placed by the clock as it was before.

use kairos_timeline::{Discontinuity, MediaTime, Span, TimestampUnwrapper};

/// The clock as it was before the last jump.
#[derive(Debug, Clone, Copy)]
struct Epoch {
    newest: i64,
    shift: i64,
}

/// Media time of a file, counted from its first packet.
#[derive(Debug, Clone)]
pub(super) struct FileClock {
    unwrapper: TimestampUnwrapper,
    tolerance: Span,
    current: Option<Epoch>,
    before: Option<Epoch>,
}

impl FileClock {
    /// `wraps`: whether the container counts 33 bits. Transport streams and FLV are written by encoders that
    /// restart, so steps of more than ten seconds are jumps; elsewhere an index vouches for longer pauses.
    pub(super) fn new(wraps: bool, restarts: bool) -> Self {
        let tolerance = Span::from_millis(if restarts { 10_000 } else { 600_000 });
        let unwrapper = match wraps {
            true => TimestampUnwrapper::mpeg_ts(tolerance),
            false => TimestampUnwrapper::unbounded(tolerance),
        };
        Self { unwrapper, tolerance, current: None, before: None }
    }

    /// Media time of a decoding timestamp in microseconds, and the repair that it took.
    pub(super) fn place(&mut self, raw: i64, duration: Span) -> (MediaTime, Option<Discontinuity>) {
        let near =
            |epoch: &Epoch| raw.saturating_sub(epoch.newest).saturating_abs() <= self.tolerance.as_micros();
        if let Some(before) = self.before.filter(near)
            && !self.current.as_ref().is_some_and(near)
        {
            return (MediaTime::from_micros(raw.saturating_add(before.shift)), None);
        }
        let (media, repair) = self.unwrapper.unwrap(raw, duration);
        let epoch = Epoch { newest: raw, shift: media.as_micros().saturating_sub(raw) };
        if repair.is_some() {
            self.before = self.current;
        }
        self.current = match self.current {
            Some(current) if current.shift == epoch.shift && current.newest > raw => Some(current),
            _ => Some(epoch),
        };
        (media, repair.filter(|repair| *repair != Discontinuity::Wrapped))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: Span = Span::from_millis(20);

    #[test]
    fn stragglers_from_before_a_restart_keep_their_place() {
        let mut clock = FileClock::new(true, true);
        let mut times = Vec::new();
        for raw in [5_000_000, 5_020_000, 5_040_000, 90_000_000, 5_060_000, 90_020_000, 5_080_000, 90_040_000]
        {
            times.push(clock.place(raw, FRAME).0.as_micros());
        }
        assert_eq!(times, [0, 20_000, 40_000, 60_000, 60_000, 80_000, 80_000, 100_000]);
    }

    #[test]
    fn a_jump_is_reported_once_and_a_wrap_not_at_all() {
        let mut clock = FileClock::new(true, true);
        let period = (1_i64 << 33) * 100 / 9;
        let raws = [period - 40_000, period - 20_000, 0, 20_000, 3_000_000_000, 3_000_020_000];
        let repairs: Vec<bool> = raws.iter().map(|&raw| clock.place(raw, FRAME).1.is_some()).collect();
        assert_eq!(repairs, [false, false, false, false, true, false]);
    }
}
