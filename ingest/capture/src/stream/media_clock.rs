//! From a source's raw timestamps to media time that begins at its first picture and never runs back.
//!
//! Both tracks go through one [`TimestampUnwrapper`], so that a repair moves them together. A connection that
//! continues a stream is put behind what came before.

use kairos_timeline::{Discontinuity, MediaTime, Span, TimestampUnwrapper};

use super::unit::{Kind, Unit};

/// Steps of raw time beyond this are resets, jumps or wraps, no interleaving of tracks.
const TOLERANCE: Span = Span::from_millis(3_000);
/// Length of a picture or packet that tells none.
const ASSUMED: Span = Span::from_millis(33);

#[derive(Debug)]
pub(crate) struct MediaClock {
    unwrapper: TimestampUnwrapper,
    /// Media time minus unwrapped time; `None` until the first picture.
    shift: Option<Span>,
    /// Where the connection continues the stream.
    origin: MediaTime,
    /// End of the newest placed unit.
    newest: MediaTime,
    last_key: Option<MediaTime>,
}

impl MediaClock {
    pub(crate) fn new() -> Self {
        Self {
            unwrapper: TimestampUnwrapper::unbounded(TOLERANCE),
            shift: None,
            origin: MediaTime::ZERO,
            newest: MediaTime::ZERO,
            last_key: None,
        }
    }

    /// A new connection continues the stream at `at`.
    pub(crate) fn resume(&mut self, at: MediaTime) {
        *self = Self { origin: at, newest: at, ..Self::new() };
    }

    /// Whether the first picture is known.
    pub(crate) fn is_anchored(&self) -> bool {
        self.shift.is_some()
    }

    /// `unit` is the first of the connection that is kept.
    pub(crate) fn anchor(&mut self, unit: &Unit) {
        let (placed, _) = self.unwrapper.unwrap(unit.shown_raw, ASSUMED);
        self.shift = Some(self.origin - placed);
    }

    /// Media time of a unit; before [`anchor`](Self::anchor) relative to the connection's first unit.
    pub(crate) fn place(&mut self, unit: &Unit) -> (MediaTime, Option<Discontinuity>) {
        let duration = if unit.duration > Span::ZERO { unit.duration } else { ASSUMED };
        let (placed, mut repair) = self.unwrapper.unwrap(unit.shown_raw, duration);
        let mut media = placed + self.shift.unwrap_or(Span::ZERO);
        if unit.kind == Kind::Picture && unit.key {
            // Keyframes of one sender are shown in the order in which they come. A reset smaller than the
            // tolerance shows only here.
            if let Some(last) = self.last_key.filter(|last| media <= *last) {
                let by = last - media;
                let forward = self.newest - media;
                self.shift = Some(self.shift.unwrap_or(Span::ZERO) + forward);
                media += forward;
                repair = repair.or(Some(Discontinuity::RanBackwards(by)));
            }
            self.last_key = Some(media);
        }
        self.newest = self.newest.max(media + duration);
        (media, repair)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream::sample::picture;

    fn anchored(raw: i64) -> MediaClock {
        let mut clock = MediaClock::new();
        clock.anchor(&picture(raw, true));
        clock
    }

    #[test]
    fn the_first_picture_is_media_time_zero() {
        let mut clock = anchored(7_000_000);
        assert_eq!(clock.place(&picture(7_000_000, true)), (MediaTime::ZERO, None));
        assert_eq!(clock.place(&picture(7_040_000, false)), (MediaTime::from_micros(40_000), None));
    }

    #[test]
    fn a_small_reset_does_not_run_media_time_back() {
        let mut clock = anchored(0);
        clock.place(&picture(0, true));
        clock.place(&picture(1_000_000, true));
        let (media, repair) = clock.place(&picture(0, true));
        assert_eq!(media, MediaTime::from_micros(1_040_000));
        assert!(matches!(repair, Some(Discontinuity::RanBackwards(_))));
        assert_eq!(clock.place(&picture(40_000, false)).0, MediaTime::from_micros(1_080_000));
    }

    #[test]
    fn a_large_reset_continues_behind_the_newest_picture() {
        let mut clock = anchored(0);
        clock.place(&picture(0, true));
        clock.place(&picture(2_000_000, true));
        clock.place(&picture(4_000_000, true));
        clock.place(&picture(6_000_000, true));
        let (media, repair) = clock.place(&picture(0, true));
        assert!(media >= MediaTime::from_micros(6_040_000), "{media}");
        assert!(repair.is_some());
    }

    #[test]
    fn a_resumed_connection_continues_media_time() {
        let mut clock = anchored(5_000_000);
        clock.place(&picture(5_000_000, true));
        clock.resume(MediaTime::from_micros(2_000_000));
        clock.anchor(&picture(90_000_000, true));
        assert_eq!(clock.place(&picture(90_000_000, true)), (MediaTime::from_micros(2_000_000), None));
    }
}
