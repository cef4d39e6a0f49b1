//! Comments and gifts on their way to the unit they react to.
//!
//! An event is held by its platform wall time and placed by the bridge when its unit settles, so that a
//! dropout which becomes known meanwhile still moves it. The border between units only ever moves forward:
//! whatever the lag does, no event is lost and none is counted twice.

use std::collections::VecDeque;

use kairos_timeline::{Bridge, Comment, Gift, MediaTime, Position, Span, WallTime};

/// A comment or a gift.
#[derive(Debug, Clone)]
pub enum Reaction {
    /// Somebody said something.
    Comment(Comment),
    /// Somebody paid.
    Gift(Gift),
}

impl Reaction {
    /// Platform wall time.
    pub fn sent_at(&self) -> WallTime {
        match self {
            Self::Comment(comment) => comment.sent_at,
            Self::Gift(gift) => gift.sent_at,
        }
    }
}

/// A reaction and the message that brought it.
#[derive(Debug, Clone)]
pub struct Arrived {
    /// What happened.
    pub reaction: Reaction,
    /// Where it came from.
    pub position: Position,
}

/// Reactions that wait for their unit, by wall time.
#[derive(Debug, Default)]
pub struct Reactions {
    waiting: VecDeque<Arrived>,
    border: Option<MediaTime>,
}

impl Reactions {
    /// Whether an event at `at` comes after its unit was settled.
    pub fn is_late(&self, at: MediaTime) -> bool {
        self.border.is_some_and(|border| at < border)
    }

    /// How far before the border `at` lies; zero if it isn't late.
    pub fn lateness(&self, at: MediaTime) -> Span {
        self.border.map_or(Span::ZERO, |border| (border - at).max(Span::ZERO))
    }

    /// Takes an event that isn't late.
    pub fn add(&mut self, arrived: Arrived) {
        let at = arrived.reaction.sent_at();
        let place = self.waiting.partition_point(|known| known.reaction.sent_at() <= at);
        self.waiting.insert(place, arrived);
    }

    /// Everything that happened before `border` and was not taken yet, in order of time. The border never
    /// goes back: an earlier one takes nothing.
    pub fn take_before(&mut self, border: MediaTime, bridge: &Bridge) -> Vec<(MediaTime, Arrived)> {
        if self.border.is_some_and(|known| border <= known) {
            return Vec::new();
        }
        self.border = Some(border);
        let mut taken = Vec::new();
        while let Some(first) = self.waiting.front() {
            match bridge.media_at(first.reaction.sent_at()) {
                Some(at) if at < border => taken.extend(self.waiting.pop_front().map(|first| (at, first))),
                _ => break,
            }
        }
        taken
    }

    /// What waits still when the last unit is settled: a lag that grew, or a clock that was set anew, has moved it behind
    /// the border.
    pub fn rest(&mut self) -> impl Iterator<Item = Arrived> + '_ {
        self.waiting.drain(..)
    }

    /// Media time of the newest event that waits.
    pub fn newest(&self, bridge: &Bridge) -> Option<MediaTime> {
        bridge.media_at(self.waiting.back()?.reaction.sent_at())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kairos_timeline::RoomId;
    use proptest::prelude::*;

    fn at(secs: i64) -> MediaTime {
        MediaTime::from_micros(secs * 1_000_000)
    }

    fn comment(secs: i64, offset: i64) -> Arrived {
        Arrived {
            reaction: Reaction::Comment(Comment {
                room: RoomId::new("room").unwrap(),
                id: offset.to_string(),
                user: "viewer".to_owned(),
                sent_at: WallTime::from_micros(secs * 1_000_000),
                text: "wow".to_owned(),
                other: serde_json::Map::new(),
            }),
            position: Position::in_file("comments.jsonl", offset),
        }
    }

    #[test]
    fn a_late_comment_is_known_as_late() {
        let bridge = Bridge::anchored(MediaTime::ZERO, WallTime::from_micros(0));
        let mut reactions = Reactions::default();
        assert!(!reactions.is_late(at(3)));
        reactions.take_before(at(10), &bridge);
        assert!(reactions.is_late(at(9)));
        assert_eq!(reactions.lateness(at(9)), Span::from_millis(1_000));
    }

    #[test]
    fn a_dropout_that_becomes_known_moves_the_comments_after_it() {
        let mut bridge = Bridge::anchored(MediaTime::ZERO, WallTime::from_micros(0));
        let mut reactions = Reactions::default();
        reactions.add(comment(130, 0));
        bridge.anchor(at(60), WallTime::from_micros(120_000_000)).unwrap();
        let taken = reactions.take_before(at(80), &bridge);
        assert_eq!(taken[0].0, at(70));
    }

    proptest! {
        /// Whatever the borders do, every event is taken exactly once, in order.
        #[test]
        fn no_event_is_lost_or_doubled(
            times in prop::collection::vec(0_i64..100, 0..60),
            borders in prop::collection::vec(0_i64..120, 0..40),
        ) {
            let bridge = Bridge::anchored(MediaTime::ZERO, WallTime::from_micros(0));
            let mut reactions = Reactions::default();
            for (offset, secs) in times.iter().enumerate() {
                reactions.add(comment(*secs, offset as i64));
            }
            let mut seen = Vec::new();
            for border in borders.into_iter().chain([1_000]) {
                seen.extend(reactions.take_before(at(border), &bridge).into_iter().map(|(t, _)| t));
            }
            let mut expected: Vec<MediaTime> = times.iter().map(|secs| at(*secs)).collect();
            expected.sort();
            prop_assert_eq!(seen, expected);
        }
    }
}
