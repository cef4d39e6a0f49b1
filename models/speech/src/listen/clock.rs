//! The bridge between counted samples and the media time that pushes carry.
//!
//! Sample n lies at the first push's time plus n / 16,000 s. Times that differ from that by less than the tolerance
//! are rounding; a clock that drifts past it shows as a small gap or overlap and is put right there.

use crate::SAMPLE_RATE;

/// Difference of times that counts as rounding, microseconds.
const TOLERANCE_US: i64 = 20_000;
/// Gap that ends speech and voice activity's memory, microseconds.
const LONG_GAP_US: i64 = 1_000_000;

/// Counts samples and tells their media time.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SampleClock {
    /// Media time of sample 0, and how many samples have come.
    origin_us: Option<i64>,
    count: u64,
}

/// What new samples are to those already heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    /// All of them have been heard.
    Heard,
    /// They follow; the first `skip` have been heard.
    Continues { skip: usize },
    /// They follow after a short gap.
    Gap { silence: usize },
    /// They follow after a long gap, or are the first.
    Anew,
}

impl SampleClock {
    pub(super) fn arrive(&mut self, at_us: i64, samples: usize) -> Arrival {
        if samples == 0 {
            return Arrival::Heard;
        }
        let Some(expected) = self.end_us() else {
            self.restart(at_us, samples);
            return Arrival::Continues { skip: 0 };
        };
        let late_us = at_us.saturating_sub(expected);
        if late_us >= LONG_GAP_US {
            return Arrival::Anew;
        }
        if late_us > TOLERANCE_US {
            let silence = samples_of(late_us);
            self.count += silence + samples as u64;
            return Arrival::Gap { silence: silence as usize };
        }
        let skip = if late_us < -TOLERANCE_US { samples_of(late_us.saturating_neg()) } else { 0 };
        let skip = usize::try_from(skip).unwrap_or(usize::MAX);
        if skip >= samples {
            return Arrival::Heard;
        }
        self.count += (samples - skip) as u64;
        Arrival::Continues { skip }
    }

    pub(super) fn restart(&mut self, at_us: i64, samples: usize) {
        *self = Self { origin_us: Some(at_us), count: samples as u64 };
    }

    pub(super) fn at(&self, sample: u64) -> Option<i64> {
        // Halves of 125 us: 62.5 us a sample.
        let offset = i64::try_from(sample.saturating_mul(125) / 2).unwrap_or(i64::MAX);
        self.origin_us.map(|origin| origin.saturating_add(offset))
    }

    pub(super) fn end_us(&self) -> Option<i64> {
        self.at(self.count)
    }
}

/// Samples in a stretch of time; none in a negative one.
pub(super) fn samples_of(duration_us: i64) -> u64 {
    (u128::from(duration_us.max(0).unsigned_abs()) * u128::from(SAMPLE_RATE) / 1_000_000) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounded_times_continue_and_repeated_sound_is_skipped() {
        let mut clock = SampleClock::default();
        assert_eq!(clock.arrive(1_000, 341), Arrival::Continues { skip: 0 });
        assert_eq!(clock.arrive(22_333, 341), Arrival::Continues { skip: 0 });
        assert_eq!(clock.at(682), Some(43_625));
        assert_eq!(clock.arrive(1_000, 341), Arrival::Heard);
        assert_eq!(clock.arrive(13_625, 800), Arrival::Continues { skip: 480 });
        assert_eq!(clock.end_us(), Some(63_625));
    }

    #[test]
    fn gaps_are_filled_or_start_anew() {
        let mut clock = SampleClock::default();
        clock.arrive(0, 16_000);
        assert_eq!(clock.arrive(1_500_000, 160), Arrival::Gap { silence: 8_000 });
        assert_eq!(clock.end_us(), Some(1_510_000));
        assert_eq!(clock.arrive(9_000_000, 160), Arrival::Anew);
        assert_eq!(clock.arrive(i64::MIN, 160), Arrival::Heard);
        assert_eq!(clock.arrive(1_700_000, 0), Arrival::Heard);
        assert_eq!(clock.end_us(), Some(1_510_000));
    }

    #[test]
    fn a_drifting_clock_is_put_right_where_it_passes_the_tolerance() {
        let mut clock = SampleClock::default();
        let mut filled = 0;
        for second in 0..1_000_i64 {
            if let Arrival::Gap { silence } = clock.arrive(second * 1_000_100, 16_000) {
                filled += silence;
            }
        }
        assert!((1_200..=1_600).contains(&filled), "{filled}");
        assert!((clock.end_us().unwrap() - 1_000_100 * 999 - 1_000_000).abs() <= TOLERANCE_US);
    }
}
