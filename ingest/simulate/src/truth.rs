//! The truth of a room as it is written beside its files, for judging whatever looks at them.
//!
//! All times are timestamps of the media file in seconds from its start: the media time that a reader of the file
//! sees, and, added to the start, wall time. Where the source dropped out the file has a hole; seconds inside it
//! count, with neither interest nor clicks.

use kairos_timeline::{RoomId, StreamId};
use serde::{Deserialize, Serialize};

use crate::clock::{Dropout, RoomClock};
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
    /// Length, holes included.
    pub seconds: f64,
    /// Length of what can be seen or heard.
    pub delivered_seconds: f64,
    /// The holes: where each begins and how long it is.
    pub dropouts: Vec<Dropout>,
    /// Where the sound starts.
    pub sound_starts_s: f64,
    /// What speaks: `espeak-ng`, `formants` (a made-up voice without words) or nothing.
    pub voice: Option<String>,
    /// Median delay between what happens and the comments about it, seconds.
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
        let clock = &events.clock;
        let shift = |at: f64| (clock.elapsed(at) * 1e3).round() / 1e3;
        let moments = events.moments.iter().map(|moment| Moment {
            start_s: shift(moment.start_s),
            end_s: shift(moment.end_s),
            ..moment.clone()
        });
        let phrases = phrases.into_iter().map(|phrase| Phrase {
            start_s: shift(phrase.start_s),
            end_s: shift(phrase.end_s),
            ..phrase
        });
        let holes = clock.dropouts.iter().scan(0.0, |lost, dropout| {
            let at_s = dropout.at_s + *lost;
            *lost += dropout.lost_s;
            Some(Dropout { at_s, ..*dropout })
        });
        Self {
            simulated: true,
            room: events.room.clone(),
            stream: events.stream.clone(),
            index: events.index,
            seed: events.seed,
            language: events.language.tag().to_owned(),
            traits: events.traits,
            seconds: clock.elapsed_at_end(),
            delivered_seconds: clock.seconds,
            dropouts: holes.collect(),
            sound_starts_s: events.sound_starts_s,
            voice: voice.map(str::to_owned),
            comment_lag_s: events.comment_lag_s,
            moments: moments.collect(),
            phrases: phrases.collect(),
            counts: Counts {
                comments: events.comments.len(),
                reactions: events.reaction_delays_s.len(),
                gifts: events.gifts.len(),
                feedback: events.feedback.len(),
            },
            interest: with_holes(&events.interest, clock),
            ctr: with_holes(&events.ctr, clock),
        }
    }
}

/// One value a second of the file: zero inside the holes, which begin and end on whole seconds.
fn with_holes(values: &[f64], clock: &RoomClock) -> Vec<f64> {
    let mut out = vec![0.0; clock.elapsed_at_end().ceil() as usize];
    for (second, value) in values.iter().enumerate() {
        if let Some(slot) = out.get_mut(clock.elapsed(second as f64) as usize) {
            *slot = (value * 1e5).round() / 1e5;
        }
    }
    out
}
