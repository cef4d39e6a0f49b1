//! How far each modality of a room has come, and what that closes.
//!
//! A modality's watermark is the media time up to which nothing more is expected of it. A modality that stays
//! silent longer than the idle timeout, measured on the room's own event time, stops holding the others back:
//! units close without it and say so. No clock is read: "now" is the newest event time that the room has seen.

use serde::{Deserialize, Serialize};

use crate::{MediaTime, Span};

/// What a unit is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Modality {
    /// Pictures.
    Picture,
    /// Sound.
    Sound,
    /// Recognised speech.
    Speech,
    /// Comments.
    Comment,
    /// Gifts.
    Gift,
}

impl Modality {
    /// All of them, in the order in which features are concatenated.
    pub const ALL: [Self; 5] = [Self::Picture, Self::Sound, Self::Speech, Self::Comment, Self::Gift];

    /// As it stands in tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Picture => "picture",
            Self::Sound => "sound",
            Self::Speech => "speech",
            Self::Comment => "comment",
            Self::Gift => "gift",
        }
    }
}

/// Where an event falls against the watermark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lateness {
    /// Its time is still open.
    OnTime,
    /// Its time closed, within the allowed lateness: the unit is scored again as a new revision.
    Allowed,
    /// Past the allowed lateness: counted and kept as late.
    TooLate,
}

/// Watermarks of one room.
#[derive(Debug, Clone)]
pub struct Watermarks {
    idle: Span,
    allowed: Span,
    reached: [Option<MediaTime>; Modality::ALL.len()],
    finished: [bool; Modality::ALL.len()],
}

impl Watermarks {
    /// `idle`: how far the room may run ahead of a silent modality before it is left out; `allowed`: how late
    /// an event may be and still change a score.
    pub fn new(idle: Span, allowed: Span) -> Self {
        Self { idle, allowed, reached: [None; 5], finished: [false; 5] }
    }

    /// Nothing of `modality` earlier than `to` is expected any more. Watermarks never go back.
    pub fn advance(&mut self, modality: Modality, to: MediaTime) {
        let reached = &mut self.reached[modality as usize];
        *reached = Some(reached.map_or(to, |at| at.max(to)));
    }

    /// The modality has ended (or never was): it holds nothing back from now on.
    pub fn finish(&mut self, modality: Modality) {
        self.finished[modality as usize] = true;
    }

    /// How far `modality` has come.
    pub fn of(&self, modality: Modality) -> Option<MediaTime> {
        self.reached[modality as usize]
    }

    /// The newest event time of the room: its "now".
    pub fn now(&self) -> Option<MediaTime> {
        self.reached.iter().flatten().copied().max()
    }

    /// Whether `modality` no longer holds the room back: it ended, or is idle.
    pub fn is_idle(&self, modality: Modality) -> bool {
        if self.finished[modality as usize] {
            return true;
        }
        match (self.now(), self.of(modality)) {
            (Some(now), reached) => now - reached.unwrap_or(MediaTime::ZERO) > self.idle,
            (None, _) => false,
        }
    }

    /// Everything before this is closed for all of `modalities`; `None` while nothing is. When all of them
    /// are idle or over, the room's "now" is the watermark: a silent room doesn't hold back even itself.
    pub fn closed(&self, modalities: &[Modality]) -> Option<MediaTime> {
        let now = self.now()?;
        let mut closed = now;
        for &modality in modalities {
            if !self.is_idle(modality) {
                closed = closed.min(self.of(modality)?);
            }
        }
        Some(closed)
    }

    /// Where an event at `at` falls, when everything before `closed` has been scored.
    pub fn lateness(&self, at: MediaTime, closed: MediaTime) -> Lateness {
        if at >= closed {
            Lateness::OnTime
        } else if closed - at <= self.allowed {
            Lateness::Allowed
        } else {
            Lateness::TooLate
        }
    }

    /// The allowed lateness.
    pub fn allowed(&self) -> Span {
        self.allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: i64) -> MediaTime {
        MediaTime::from_micros(secs * 1_000_000)
    }

    fn watermarks() -> Watermarks {
        Watermarks::new(Span::from_millis(30_000), Span::from_millis(10_000))
    }

    #[test]
    fn the_slowest_modality_holds_the_unit() {
        let mut marks = watermarks();
        marks.advance(Modality::Picture, at(20));
        assert_eq!(marks.closed(&[Modality::Picture, Modality::Comment]), None);
        marks.advance(Modality::Comment, at(12));
        assert_eq!(marks.closed(&[Modality::Picture, Modality::Comment]), Some(at(12)));
    }

    #[test]
    fn a_silent_modality_is_left_behind_after_the_idle_timeout() {
        let mut marks = watermarks();
        marks.advance(Modality::Comment, at(5));
        marks.advance(Modality::Picture, at(36));
        assert!(marks.is_idle(Modality::Comment));
        assert_eq!(marks.closed(&[Modality::Picture, Modality::Comment]), Some(at(36)));
    }

    #[test]
    fn an_ended_modality_holds_nobody() {
        let mut marks = watermarks();
        marks.advance(Modality::Comment, at(8));
        marks.finish(Modality::Picture);
        assert_eq!(marks.closed(&[Modality::Picture, Modality::Comment]), Some(at(8)));
    }

    #[test]
    fn late_events_are_told_apart() {
        let marks = watermarks();
        assert_eq!(marks.lateness(at(50), at(50)), Lateness::OnTime);
        assert_eq!(marks.lateness(at(40), at(50)), Lateness::Allowed);
        assert_eq!(marks.lateness(at(39), at(50)), Lateness::TooLate);
    }

    #[test]
    fn watermarks_never_go_back() {
        let mut marks = watermarks();
        marks.advance(Modality::Sound, at(9));
        marks.advance(Modality::Sound, at(3));
        assert_eq!(marks.of(Modality::Sound), Some(at(9)));
    }
}
