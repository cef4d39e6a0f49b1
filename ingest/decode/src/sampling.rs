//! The grid on which pictures are sampled.
//!
//! A grid point gets the first picture at or after it; the points left at a segment's end get its last
//! picture. No picture is taken twice, so points closer than two pictures may share one at a segment's end; no
//! state passes from one segment to the next.

use kairos_timeline::{MediaTime, Span};

/// Pictures this little before a grid point count as on it: container clocks round.
const ROUNDING: f64 = 0.001;

/// Pictures between two grid points from which on the non-reference ones are not needed.
const SPARSE: f64 = 8.0;

/// The grid points of one segment that have no picture yet.
#[derive(Debug, Clone)]
pub(crate) struct Grid {
    per_second: f64,
    next: f64,
}

impl Grid {
    /// The points from `start` on; `None` where the rate is no rate.
    pub(crate) fn new(per_second: f32, start: MediaTime) -> Option<Self> {
        let per_second = f64::from(per_second);
        (per_second.is_finite() && per_second > 0.0)
            .then(|| Self { per_second, next: ((start.as_secs_f64() - ROUNDING) * per_second).ceil() })
    }

    /// Whether the picture at `at` is the first at or after a point; that point and those before are served.
    pub(crate) fn takes(&mut self, at: MediaTime) -> bool {
        let reached = ((at.as_secs_f64() + ROUNDING) * self.per_second).floor();
        let takes = reached >= self.next;
        if takes {
            self.next = reached + 1.0;
        }
        takes
    }

    /// Whether a point before `end` is left.
    pub(crate) fn lacks(&self, end: MediaTime) -> bool {
        self.next < (end.as_secs_f64() - ROUNDING) * self.per_second
    }

    /// Whether so few pictures are wanted that those which no other refers to can be skipped.
    pub(crate) fn is_sparse(&self, frame: Option<Span>) -> bool {
        frame.is_some_and(|frame| frame > Span::ZERO && frame.as_secs_f64() * self.per_second * SPARSE <= 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(secs: f64) -> MediaTime {
        MediaTime::from_secs_f64(secs)
    }

    #[test]
    fn senseless_rates_have_no_grid() {
        for rate in [0.0, -1.0, f32::NAN, f32::INFINITY] {
            assert!(Grid::new(rate, MediaTime::ZERO).is_none(), "{rate}");
        }
    }

    #[test]
    fn a_point_at_the_very_end_gets_the_last_picture() {
        let mut grid = Grid::new(1.0, at(3.5)).unwrap();
        assert!(!grid.takes(at(3.5)));
        assert!(!grid.takes(at(3.9)));
        assert!(grid.lacks(at(4.1)));
        assert!(!grid.lacks(at(4.0)), "the next segment has that one");
    }

    proptest! {
        #[test]
        fn cutting_a_stream_into_segments_keeps_one_picture_per_point(
            rate in 0.2_f32..14.0, cuts in prop::collection::vec(1_usize..60, 1..20),
        ) {
            let frame = 1.0 / 30.0;
            let (mut taken, mut first) = (0_usize, 0_usize);
            for pictures in cuts {
                let end = first + pictures;
                let mut grid = Grid::new(rate, at(first as f64 * frame)).unwrap();
                let mut last = false;
                for i in first..end {
                    last = grid.takes(at(i as f64 * frame));
                    taken += usize::from(last);
                }
                taken += usize::from(!last && grid.lacks(at(end as f64 * frame)));
                first = end;
            }
            let points = (first as f64 * frame * f64::from(rate)).ceil();
            prop_assert!((taken as f64 - points).abs() <= 1.0, "{} of {}", taken, points);
        }
    }
}
