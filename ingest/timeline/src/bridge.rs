//! From platform wall time to media time and back.
//!
//! Every segment carries the media time of its first picture and the wall time at which that picture was
//! captured. Between two such anchors both clocks run at the same speed; where the source dropped out, wall
//! time passes and media time does not, so an instant inside a gap maps to the media time at which it began.
//! Arrival time appears nowhere.

use crate::{MediaTime, Span, WallTime};

/// Anchors of one stream, in order of media time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bridge {
    anchors: Vec<(MediaTime, WallTime)>,
}

/// Why an anchor was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BridgeError {
    /// The segment lies before one that is already known.
    #[error("segment at media time {media} comes before the last anchor at {last}")]
    MediaBackwards {
        /// Media time of the rejected segment.
        media: MediaTime,
        /// Media time of the newest anchor.
        last: MediaTime,
    },
    /// The capture clock ran backwards while media time advanced.
    #[error("capture clock at media time {media} runs backwards by {by}")]
    WallBackwards {
        /// Media time of the rejected segment.
        media: MediaTime,
        /// How far the wall clock went back.
        by: Span,
    },
}

/// Anchors closer than this to where the last one predicts them say nothing new: encoders jitter by a frame.
const SAME_CLOCK: Span = Span::from_millis(40);

impl Bridge {
    /// A bridge with one anchor.
    pub fn anchored(media: MediaTime, wall: WallTime) -> Self {
        Self { anchors: vec![(media, wall)] }
    }

    /// Takes the anchor of a segment. Anchors that agree with the last one are not stored, so a stream
    /// without dropouts costs one anchor whatever its length.
    ///
    /// # Errors
    /// If either clock runs backwards; the bridge is unchanged and the earlier anchors keep placing events.
    pub fn anchor(&mut self, media: MediaTime, wall: WallTime) -> Result<(), BridgeError> {
        if let Some(&(last_media, last_wall)) = self.anchors.last() {
            if media < last_media {
                return Err(BridgeError::MediaBackwards { media, last: last_media });
            }
            if wall < last_wall {
                return Err(BridgeError::WallBackwards { media, by: last_wall - wall });
            }
            if ((wall - last_wall) - (media - last_media)).abs() <= SAME_CLOCK {
                return Ok(());
            }
        }
        self.anchors.push((media, wall));
        Ok(())
    }

    /// Media time shown when the wall clock read `wall`; `None` before any anchor is known. Instants before
    /// the first anchor extrapolate backwards and come out negative.
    pub fn media_at(&self, wall: WallTime) -> Option<MediaTime> {
        let next = self.anchors.partition_point(|&(_, anchor)| anchor <= wall);
        let &(media, anchor) = self.anchors.get(next.saturating_sub(1))?;
        let placed = media + (wall - anchor);
        // Inside a gap media time stands still at the next anchor's.
        Some(match self.anchors.get(next) {
            Some(&(limit, _)) if next > 0 => placed.min(limit),
            _ => placed,
        })
    }

    /// Wall time at which the picture at `media` was captured; `None` before any anchor is known.
    pub fn wall_at(&self, media: MediaTime) -> Option<WallTime> {
        let next = self.anchors.partition_point(|&(anchor, _)| anchor <= media);
        let &(anchor, wall) = self.anchors.get(next.saturating_sub(1))?;
        Some(wall + (media - anchor))
    }

    /// How many anchors are held: one plus the dropouts seen.
    pub fn anchors(&self) -> usize {
        self.anchors.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn media(secs: f64) -> MediaTime {
        MediaTime::from_secs_f64(secs)
    }

    fn wall(secs: i64) -> WallTime {
        WallTime::from_micros(secs * 1_000_000)
    }

    #[test]
    fn a_steady_stream_keeps_one_anchor() {
        let mut bridge = Bridge::default();
        for i in 0..1_000 {
            bridge.anchor(media(i as f64 * 2.0), wall(100 + i * 2)).unwrap();
        }
        assert_eq!(bridge.anchors(), 1);
        assert_eq!(bridge.media_at(wall(150)), Some(media(50.0)));
    }

    #[test]
    fn a_dropout_does_not_shift_later_comments() {
        let mut bridge = Bridge::anchored(media(0.0), wall(1_000));
        bridge.anchor(media(60.0), wall(1_180)).unwrap();
        assert_eq!(bridge.media_at(wall(1_030)), Some(media(30.0)));
        assert_eq!(bridge.media_at(wall(1_100)), Some(media(60.0)), "inside the gap");
        assert_eq!(bridge.media_at(wall(1_200)), Some(media(80.0)));
        assert_eq!(bridge.wall_at(media(80.0)), Some(wall(1_200)));
    }

    #[test]
    fn comments_before_the_first_picture_are_negative() {
        let bridge = Bridge::anchored(media(0.0), wall(1_000));
        assert_eq!(bridge.media_at(wall(995)), Some(media(-5.0)));
        assert_eq!(Bridge::default().media_at(wall(0)), None);
    }

    #[test]
    fn clocks_that_run_backwards_are_refused() {
        let mut bridge = Bridge::anchored(media(10.0), wall(1_000));
        assert!(matches!(bridge.anchor(media(9.0), wall(1_001)), Err(BridgeError::MediaBackwards { .. })));
        assert!(matches!(bridge.anchor(media(11.0), wall(900)), Err(BridgeError::WallBackwards { .. })));
        assert_eq!(bridge.anchors(), 1);
    }
}
