//! When the picture at a media time was captured.
//!
//! The offset between wall and media time is learnt from the sender's own clock where it tells one, else from
//! arrival: no picture can arrive before it was captured, so the pictures that were delayed least say most. The least
//! delay of the last minute is followed slowly, which corrects drift between the clocks and ignores bursts and
//! jitter. A segment's own arrival moves nothing by itself. Capture times never run back.

use std::collections::VecDeque;

use kairos_timeline::{MediaTime, Span, WallTime};

/// Least delays are kept per stretch of this length, and this many of them.
const BUCKET: Span = Span::from_millis(10_000);
const BUCKETS: usize = 6;
/// How fast the offset is moved: a thousandth of media time, far above the drift of any crystal.
const SLEW: i64 = 1_000;
/// Beyond these the offset is set anew, because the clocks did not drift but jump.
const ARRIVAL_STEP: Span = Span::from_millis(2_000);
const SENDER_STEP: Span = Span::from_millis(500);

#[derive(Debug)]
pub(crate) struct CaptureClock {
    /// Arrival is looked at beyond the first picture: not for files, which arrive as fast as they are read.
    live: bool,
    /// How far the sender's clock is believed.
    believed: Span,
    applied: Option<(Span, MediaTime)>,
    sender: Option<Span>,
    least: VecDeque<(MediaTime, Span)>,
    last: Option<WallTime>,
}

/// Wall time at media time zero.
fn offset(media: MediaTime, wall: WallTime) -> Span {
    Span::from_micros(wall.as_micros().saturating_sub(media.as_micros()))
}

impl CaptureClock {
    pub(crate) fn new(live: bool, believed: Span) -> Self {
        Self { live, believed, applied: None, sender: None, least: VecDeque::new(), last: None }
    }

    /// Whether the sender has told its clock.
    pub(crate) fn is_told(&self) -> bool {
        self.sender.is_some()
    }

    /// The relation between the clocks was interrupted: what was learnt no longer holds.
    pub(crate) fn restart(&mut self) {
        self.applied = None;
        self.sender = None;
        self.least.clear();
    }

    /// A unit arrived; `sender` is when it was captured, by the sender's clock.
    pub(crate) fn observe(&mut self, media: MediaTime, arrived: WallTime, sender: Option<WallTime>) {
        if let Some(sender) = sender.filter(|sender| (*sender - arrived).abs() <= self.believed) {
            self.sender = Some(offset(media, sender));
        }
        let delay = offset(media, arrived);
        match self.least.back_mut() {
            Some(_) if !self.live => {}
            Some((since, least)) if media - *since < BUCKET => *least = delay.min(*least),
            _ => {
                self.least.push_back((media, delay));
                if self.least.len() > BUCKETS {
                    self.least.pop_front();
                }
            }
        }
    }

    /// When the picture at `media` was captured; asked in order of media time. `None` before anything arrived.
    pub(crate) fn at(&mut self, media: MediaTime) -> Option<WallTime> {
        let (target, step) = match self.sender {
            Some(sender) => (sender, SENDER_STEP),
            None => (self.least.iter().map(|(_, least)| *least).min()?, ARRIVAL_STEP),
        };
        let offset = match self.applied {
            Some((applied, _)) if (target - applied).abs() > step => target,
            Some((applied, since)) => {
                let most = ((media - since).as_micros() / SLEW).max(0);
                let way = (target - applied).as_micros().clamp(-most, most);
                applied + Span::from_micros(way)
            }
            None => target,
        };
        self.applied = Some((offset, media));
        let wall = WallTime::from_micros(media.as_micros().saturating_add(offset.as_micros()));
        let wall = self.last.map_or(wall, |last| wall.max(last));
        self.last = Some(wall);
        Some(wall)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn media(millis: i64) -> MediaTime {
        MediaTime::from_micros(millis * 1_000)
    }

    fn wall(millis: i64) -> WallTime {
        WallTime::from_millis(1_700_000_000_000 + millis)
    }

    fn live() -> CaptureClock {
        CaptureClock::new(true, Span::from_millis(600_000))
    }

    #[test]
    fn a_gulp_of_older_pictures_does_not_date_the_first() {
        let mut clock = live();
        // Ten seconds of pictures within a moment, then one by one.
        for i in 0..250 {
            clock.observe(media(i * 40), wall(i / 10), None);
        }
        let first = clock.at(media(0)).unwrap();
        assert!((first - wall(-9_960)).abs() < Span::from_millis(100), "{first:?}");
    }

    #[test]
    fn jitter_of_arrival_moves_nothing() {
        let mut clock = live();
        for i in 0..5_000_i64 {
            clock.observe(media(i * 40), wall(i * 40 + (i * 7_919) % 300), None);
            if i % 50 == 0 {
                let off = clock.at(media(i * 40)).unwrap() - wall(i * 40);
                assert!(off.abs() <= Span::from_millis(300), "{i}: {off}");
            }
        }
        let off = clock.at(media(200_000)).unwrap() - wall(200_000);
        assert!(off.abs() <= Span::from_millis(20), "settled on the least delay: {off}");
    }

    #[test]
    fn a_clock_that_drifts_is_followed() {
        let mut clock = live();
        // The sender's crystal is 100 millionths slow: 360 ms in an hour.
        let mut worst = Span::ZERO;
        for i in 0..3_600_i64 {
            let truth = wall(i * 1_000 + i / 10);
            clock.observe(media(i * 1_000), truth + Span::from_millis(5), None);
            let off = (clock.at(media(i * 1_000)).unwrap() - truth).abs();
            worst = worst.max(off);
        }
        assert!(worst < Span::from_millis(20), "{worst}");
    }

    #[test]
    fn the_senders_clock_wins_over_arrival() {
        let mut clock = live();
        clock.observe(media(0), wall(30_000), Some(wall(0)));
        assert_eq!(clock.at(media(0)), Some(wall(0)));
        clock.observe(media(2_000), wall(33_500), None);
        assert_eq!(clock.at(media(2_000)), Some(wall(2_000)));
    }

    #[test]
    fn a_senders_clock_that_cannot_be_true_is_not_believed() {
        let mut clock = live();
        clock.observe(media(0), wall(0), Some(WallTime::from_millis(1_000)));
        assert_eq!(clock.at(media(0)), Some(wall(0)));
    }

    #[test]
    fn capture_times_never_run_back() {
        let mut clock = live();
        clock.observe(media(0), wall(20_000), None);
        let before = clock.at(media(0)).unwrap();
        clock.observe(media(10_000), wall(20_010), None);
        assert!(clock.at(media(1_000)).unwrap() >= before);
        assert_eq!(clock.at(media(12_000)).unwrap(), wall(22_010));
    }

    #[test]
    fn a_file_that_is_read_fast_keeps_its_own_time() {
        let mut clock = CaptureClock::new(false, Span::ZERO);
        for i in 0..1_000 {
            clock.observe(media(i * 1_000), wall(i), None);
        }
        assert_eq!(clock.at(media(900_000)), Some(wall(900_000)));
    }
}
