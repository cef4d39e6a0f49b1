//! Container timestamps to media time: wraps, jumps and clocks that run backwards.
//!
//! MPEG-TS counts 33 bits of a 90 kHz clock and wraps every 26.5 hours; encoders restart and jump. Media time
//! never does: it continues where the stream left off, and each repair is reported.

use crate::{MediaTime, Span};

/// A repair that was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Discontinuity {
    /// The counter wrapped; time went on.
    Wrapped,
    /// The source jumped ahead by this much; media time did not follow.
    JumpedAhead(Span),
    /// The source went back by this much (restart, reset); media time did not follow.
    RanBackwards(Span),
}

/// Turns the raw timestamps of one source, in microseconds, into continuous media time. Small steps back,
/// as between decoding and presentation order, are kept as they are.
#[derive(Debug, Clone)]
pub struct TimestampUnwrapper {
    period: Option<i64>,
    tolerance: Span,
    /// Raw timestamp (unwrapped) and media time of the newest picture.
    newest: Option<(i64, MediaTime)>,
    /// Added to raw timestamps: whole wraps.
    wraps: i64,
    /// Added to unwrapped timestamps to get media time.
    shift: i64,
}

/// 2^33 ticks of a 90 kHz clock, microseconds, rounded down: 26 h 30 min 43.7 s.
const MPEG_TS_PERIOD: i64 = (1_i64 << 33) * 100 / 9;

impl TimestampUnwrapper {
    /// For a container whose clock wraps after 33 bits of 90 kHz. Steps ahead or back by more than
    /// `tolerance` are repaired.
    pub fn mpeg_ts(tolerance: Span) -> Self {
        Self { period: Some(MPEG_TS_PERIOD), ..Self::unbounded(tolerance) }
    }

    /// For a container whose timestamps never wrap.
    pub fn unbounded(tolerance: Span) -> Self {
        Self { period: None, tolerance, newest: None, wraps: 0, shift: 0 }
    }

    /// Media time of the raw timestamp `raw` (microseconds), which lasts `duration`. The first timestamp is
    /// media time zero.
    pub fn unwrap(&mut self, raw: i64, duration: Span) -> (MediaTime, Option<Discontinuity>) {
        let Some((newest_raw, newest)) = self.newest else {
            self.shift = raw.saturating_neg();
            self.newest = Some((raw, MediaTime::ZERO));
            return (MediaTime::ZERO, None);
        };
        let mut repair = None;
        let mut unwrapped = raw.saturating_add(self.wraps);
        if let Some(period) = self.period {
            if newest_raw.saturating_sub(unwrapped) > period / 2 {
                self.wraps = self.wraps.saturating_add(period);
                unwrapped = unwrapped.saturating_add(period);
                repair = Some(Discontinuity::Wrapped);
            } else if unwrapped.saturating_sub(newest_raw) > period / 2 {
                // A straggler from before the wrap.
                unwrapped = unwrapped.saturating_sub(period);
            }
        }
        let step = Span::from_micros(unwrapped.saturating_sub(newest_raw));
        let media = if step.abs() <= self.tolerance {
            MediaTime::from_micros(unwrapped.saturating_add(self.shift))
        } else {
            let media = newest + duration;
            self.shift = media.as_micros().saturating_sub(unwrapped);
            repair = Some(if step > Span::ZERO {
                Discontinuity::JumpedAhead(step - duration)
            } else {
                Discontinuity::RanBackwards(step.abs() + duration)
            });
            self.newest = Some((unwrapped, media));
            return (media, repair);
        };
        if media > newest {
            self.newest = Some((unwrapped, media));
        }
        (media, repair)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FRAME: Span = Span::from_micros(33_333);

    fn unwrapper() -> TimestampUnwrapper {
        TimestampUnwrapper::mpeg_ts(Span::from_millis(10_000))
    }

    #[test]
    fn the_33_bit_counter_wraps_without_a_trace() {
        let mut times = unwrapper();
        let start = MPEG_TS_PERIOD - 1_000_000;
        times.unwrap(start, FRAME);
        let mut repairs = 0;
        for i in 1..100 {
            let raw = (start + i * 33_333) % MPEG_TS_PERIOD;
            let (media, repair) = times.unwrap(raw, FRAME);
            assert_eq!(media, MediaTime::from_micros(i * 33_333));
            repairs += i64::from(repair == Some(Discontinuity::Wrapped));
        }
        assert_eq!(repairs, 1);
    }

    #[test]
    fn b_frames_across_the_wrap_keep_their_order() {
        let mut times = unwrapper();
        times.unwrap(MPEG_TS_PERIOD - 33_333, FRAME);
        assert_eq!(times.unwrap(33_333, FRAME).0, MediaTime::from_micros(66_666));
        assert_eq!(times.unwrap(MPEG_TS_PERIOD - 1, FRAME).0, MediaTime::from_micros(33_332));
    }

    #[test]
    fn an_encoder_restart_continues_media_time() {
        let mut times = unwrapper();
        times.unwrap(3_600_000_000, FRAME);
        times.unwrap(3_600_033_333, FRAME);
        let (media, repair) = times.unwrap(0, FRAME);
        assert_eq!(media, MediaTime::from_micros(66_666));
        assert!(matches!(repair, Some(Discontinuity::RanBackwards(_))));
        assert_eq!(times.unwrap(33_333, FRAME), (MediaTime::from_micros(99_999), None));
    }

    #[test]
    fn a_jump_ahead_is_reported_and_closed() {
        let mut times = unwrapper();
        times.unwrap(0, FRAME);
        let (media, repair) = times.unwrap(500_000_000, FRAME);
        assert_eq!(media, MediaTime::from_micros(33_333));
        assert_eq!(repair, Some(Discontinuity::JumpedAhead(Span::from_micros(500_000_000 - 33_333))));
    }

    proptest! {
        #[test]
        fn variable_frame_rates_pass_unchanged(steps in prop::collection::vec(1_i64..2_000_000, 1..200)) {
            let mut times = unwrapper();
            times.unwrap(5_000, FRAME);
            let mut raw = 5_000;
            for step in steps {
                raw += step;
                let (media, repair) = times.unwrap(raw, FRAME);
                prop_assert_eq!(media, MediaTime::from_micros(raw - 5_000));
                prop_assert_eq!(repair, None);
            }
        }

        #[test]
        fn any_timestamps_stay_near_the_newest(raws in prop::collection::vec(any::<i64>(), 1..100)) {
            let mut times = unwrapper();
            let mut newest = MediaTime::ZERO;
            for raw in raws {
                let (media, _) = times.unwrap(raw, FRAME);
                prop_assert!((media - newest).abs() <= Span::from_millis(10_000));
                newest = newest.max(media);
            }
        }
    }
}
