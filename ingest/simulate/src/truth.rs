//! The truth of a room as it is written beside its files, for judging whatever looks at them.
//!
//! All times are media seconds unless the name says wall.

use kairos_timeline::{RoomId, StreamId};
use serde::{Deserialize, Serialize};

use crate::clock::Dropout;
use crate::events::RoomEvents;
use crate::moment::Moment;
use crate::plan::Traits;
use crate::speech::Phrase;

/// How many events a room has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Comments.
    pub comments: usize,
    /// Comments that react to a moment.
    pub reactions: usize,
    /// Gifts.
    pub gifts: usize,
    /// Impressions, clicks and watches together.
    pub feedback: usize,
}

/// What is true of a room: the content of `truth.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RoomTruth {
    /// Always true.
    pub simulated: bool,
    /// The room.
    pub room: RoomId,
    /// The broadcast.
    pub stream: StreamId,
    /// Number of the room in its plan.
    pub index: usize,
    /// Seed of the plan.
    pub seed: u64,
    /// Language of the streamer and of most viewers, BCP 47.
    pub language: String,
    /// What the room has and lacks.
    pub traits: Traits,
    /// Length of the media.
    pub seconds: f64,
    /// Length in wall time: the media and what dropouts lost.
    pub wall_seconds: f64,
    /// Where the source dropped out. The file's timestamps jump ahead there; media time does not.
    pub dropouts: Vec<Dropout>,
    /// Where the sound starts.
    pub sound_starts_s: f64,
    /// What speaks: `espeak-ng`, `formants` (a made-up voice without words) or nothing.
    pub voice: Option<String>,
    /// Median delay between what happens and the comments about it, wall seconds.
    pub comment_lag_s: Option<f64>,
    /// Moments of interest.
    pub moments: Vec<Moment>,
    /// What was said.
    pub phrases: Vec<Phrase>,
    /// How much there is of what.
    pub counts: Counts,
    /// Interest of each whole second, 0 to 1.
    pub interest: Vec<f64>,
    /// Click-through rate of each whole second.
    pub ctr: Vec<f64>,
}

impl RoomTruth {
    /// The truth behind `events`; `phrases` as they were rendered by `voice`.
    pub(crate) fn of(events: &RoomEvents, phrases: Vec<Phrase>, voice: Option<&str>) -> Self {
        let round = |values: &[f64]| values.iter().map(|value| (value * 1e5).round() / 1e5).collect();
        Self {
            simulated: true,
            room: events.room.clone(),
            stream: events.stream.clone(),
            index: events.index,
            seed: events.seed,
            language: events.language.tag().to_owned(),
            traits: events.traits,
            seconds: events.clock.seconds,
            wall_seconds: events.clock.elapsed_at_end(),
            dropouts: events.clock.dropouts.clone(),
            sound_starts_s: events.sound_starts_s,
            voice: voice.map(str::to_owned),
            comment_lag_s: events.comment_lag_s,
            moments: events.moments.clone(),
            phrases,
            counts: Counts {
                comments: events.comments.len(),
                reactions: events.reaction_delays_s.len(),
                gifts: events.gifts.len(),
                feedback: events.feedback.len(),
            },
            interest: round(&events.interest),
            ctr: round(&events.ctr),
        }
    }
}
