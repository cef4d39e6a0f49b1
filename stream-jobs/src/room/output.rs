//! What a room's job gives: plain facts, in a fixed order, that a driver turns into rows, events and clips.

use std::sync::Arc;

use kairos_highlight::{Highlight, UnitFeatures};
use kairos_speech::SpokenWord;
use kairos_timeline::{Comment, Feedback, Gift, MediaTime, Position, PositionRange, Span, WallTime};

use super::UnitVector;
use super::ledger::Entry;

/// One fact.
#[derive(Debug, Clone)]
pub enum Output {
    /// A unit was scored, provisionally or finally.
    Score(Box<UnitScored>),
    /// The features of a unit with its comments.
    Features(Box<SettledFeatures>),
    /// A highlight appeared, changed, became final or was withdrawn.
    Highlight(Highlight),
    /// A comment was placed.
    Comment(Box<Placed<Comment>>),
    /// A gift was placed.
    Gift(Box<Placed<Gift>>),
    /// Feedback was placed.
    Feedback(Box<Placed<Feedback>>),
    /// A word was said aloud, and who recognised it.
    Word(Box<SpokenWord>, Arc<str>),
    /// What a pretrained network makes of a unit.
    Vector(Box<UnitVector>),
    /// How the room is doing.
    State(RoomState),
    /// What became of consumed offsets.
    Ledger(Entry),
    /// Something was damaged or missing; the job goes on.
    Fault(Fault),
}

/// A scored unit.
#[derive(Debug, Clone, PartialEq)]
pub struct UnitScored {
    /// Index of the unit.
    pub index: i64,
    /// Media time of its start.
    pub start: MediaTime,
    /// Wall time of its start.
    pub captured_at: WallTime,
    /// Score of the main head, 0 to 1, calibrated.
    pub score: f32,
    /// Score per head.
    pub heads: Vec<(String, f32)>,
    /// What each modality added to the main score.
    pub contributions: Vec<(String, f32)>,
    /// Modalities that were missing, and encoders whose part was, as `comment: sentences late`.
    pub missing: Vec<String>,
    /// Comment lag by which its comments were placed; `None` while none is known.
    pub comment_lag: Option<Span>,
    /// How long after the unit's end the score was decided: the lag by which comments were placed plus the model's
    /// decision delay.
    pub delay: Span,
    /// 0: provisional. 1: with its comments. More: after the model's longer decision delays.
    pub revision: u32,
    /// Whether no later revision follows.
    pub is_final: bool,
    /// The inputs that it rests on.
    pub positions: Option<PositionRange>,
    /// Comments of the unit (0 while provisional).
    pub comments: u32,
    /// Gift value of the unit, United States dollars (0 while provisional).
    pub gift_value: f64,
}

/// Features of a settled unit, for training and export.
#[derive(Debug, Clone, PartialEq)]
pub struct SettledFeatures {
    /// Index of the unit.
    pub index: i64,
    /// Its features.
    pub features: UnitFeatures,
    /// Its comments, for baselines.
    pub comments: u32,
    /// Hashed words of its comments, where features are extracted to train on.
    pub words: Vec<(u32, f32)>,
    /// Wall time of its end; `None` while the stream has no clock.
    pub ends_at: Option<WallTime>,
    /// The inputs that it rests on.
    pub positions: Option<PositionRange>,
}

/// An event and its place in media time.
#[derive(Debug, Clone, PartialEq)]
pub struct Placed<T> {
    /// The event.
    pub event: T,
    /// Media time at which it was sent; `None` while the stream has no clock.
    pub at: Option<MediaTime>,
    /// Whether it came after the allowed lateness.
    pub late: bool,
    /// Where it came from.
    pub position: Position,
}

/// How a room is doing at a moment.
#[derive(Debug, Clone, PartialEq)]
pub struct RoomState {
    /// Media time.
    pub at: MediaTime,
    /// Estimated comment lag.
    pub comment_lag: Option<Span>,
    /// How sure the estimate is, 0 to 1.
    pub lag_confidence: f64,
    /// Pictures per second of the source; 0 without pictures.
    pub frame_rate: f64,
    /// Comments so far.
    pub comments: u64,
    /// Gifts so far.
    pub gifts: u64,
    /// Events that came too late so far.
    pub late: u64,
    /// Segments that were damaged or missing so far.
    pub drops: u64,
}

/// Something that was damaged, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The message or item.
    pub position: Option<Position>,
    /// What is wrong, in words.
    pub what: String,
}
