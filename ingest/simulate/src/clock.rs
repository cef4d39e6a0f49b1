//! Media time and wall time of a simulated room.
//!
//! Inside the simulator media seconds count what is rendered, without a break. At a dropout wall time goes on;
//! the file shows it as a hole in its timestamps, which therefore always read as wall time since the start. An
//! MP4 file keeps one start for the whole file, so this is how a recording can tell a dropout at all; the written
//! truth is in the file's timestamps.

use kairos_timeline::{Span, WallTime};
use rand::Rng;
use serde::{Deserialize, Serialize};

use crate::moment::Moment;
use crate::seed::{Purpose, numbers};

/// A stretch of wall time of which the source delivered nothing.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Dropout {
    /// Where it happened, seconds.
    pub at_s: f64,
    /// How much wall time was lost, seconds.
    pub lost_s: f64,
}

/// Both clocks of a room.
#[derive(Debug, Clone, PartialEq)]
pub struct RoomClock {
    /// Wall time of the first picture.
    pub started_at: WallTime,
    /// In order of media time.
    pub dropouts: Vec<Dropout>,
    /// Length of the media, seconds.
    pub seconds: f64,
}

impl RoomClock {
    /// Seconds of wall time since the start at which media second `media_s` was captured. This is also the
    /// timestamp that the media file carries.
    pub fn elapsed(&self, media_s: f64) -> f64 {
        let lost: f64 = self
            .dropouts
            .iter()
            .take_while(|dropout| dropout.at_s <= media_s)
            .map(|dropout| dropout.lost_s)
            .sum();
        media_s + lost
    }

    /// Wall time `elapsed_s` seconds after the start, in whole milliseconds as platforms give it.
    pub fn wall(&self, elapsed_s: f64) -> WallTime {
        self.started_at + Span::from_millis((elapsed_s * 1e3).round() as i64)
    }

    /// Wall seconds from the start to the end of the media.
    pub fn elapsed_at_end(&self) -> f64 {
        self.elapsed(self.seconds)
    }
}

/// Shortest loss: longer than any tolerance for jitter, so that readers take it for what it is.
const LOST_SECONDS: std::ops::Range<f64> = 14.0..40.0;

/// One or two dropouts, away from the moments and from the ends; none in media too short for one.
pub(crate) fn dropouts(seed: u64, room: usize, seconds: f64, moments: &[Moment]) -> Vec<Dropout> {
    let mut rng = numbers(seed, room, Purpose::Dropouts);
    let wanted = if seconds < 30.0 { 0 } else { 1 + usize::from(seconds > 240.0) };
    let mut found: Vec<Dropout> = Vec::new();
    for _ in 0..200 {
        if found.len() == wanted {
            break;
        }
        // Whole seconds fall on a keyframe of the usual grid and are easy to find again by eye.
        let at_s = (rng.random_range(0.15..0.85_f64) * seconds).round();
        let busy = moments.iter().any(|moment| at_s > moment.start_s - 6.0 && at_s < moment.end_s + 6.0);
        if !busy && found.iter().all(|other| (other.at_s - at_s).abs() > 30.0) {
            found.push(Dropout { at_s, lost_s: rng.random_range(LOST_SECONDS).round() });
        }
    }
    found.sort_by(|a, b| a.at_s.total_cmp(&b.at_s));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wall_time_runs_on_through_a_dropout() {
        let clock = RoomClock {
            started_at: WallTime::from_millis(1_000_000),
            dropouts: vec![Dropout { at_s: 60.0, lost_s: 20.0 }],
            seconds: 100.0,
        };
        assert_eq!(clock.elapsed(59.9), 59.9);
        assert_eq!(clock.elapsed(60.0), 80.0);
        assert_eq!(clock.elapsed_at_end(), 120.0);
        assert_eq!(clock.wall(1.5), WallTime::from_millis(1_001_500));
    }
}
