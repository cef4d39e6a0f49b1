//! What a ranker learns from: a user who saw a room, and whether a gift came of it.
//!
//! Invariants: an example knows nothing later than its moment; that is for whoever makes it to see to.

use super::{Event, Neighbour, Nodes, RoomInput, Segment, UserInput};
use crate::GiftingError;
use std::sync::Arc;

/// A user in a room at a moment, and what came of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Example {
    /// Id of the user.
    pub user: u64,
    /// Id of the streamer.
    pub streamer: u64,
    /// When, in Unix seconds.
    pub time_s: i64,
    /// Category of the room.
    pub category: u32,
    /// Past acts of the user, oldest first, all before `time_s`.
    pub history: Vec<Event>,
    /// Ends of the metapaths from the user, best first.
    pub user_paths: [Vec<Neighbour>; 3],
    /// Ends of the metapaths from the streamer, best first.
    pub streamer_paths: [Vec<Neighbour>; 3],
    /// Content of the running segment; shared by all that saw it.
    pub segment: Option<Arc<Segment>>,
    /// Side features of the user.
    pub user_side: Vec<f32>,
    /// Side features of the room.
    pub room_side: Vec<f32>,
    /// Side features of the pair.
    pub pair_side: Vec<f32>,
    /// Whether there was a gift.
    pub gift: bool,
    /// Its value, positive where there was one; 0 or NaN where its value isn't known.
    pub value: f32,
}

impl Example {
    /// The user's part.
    #[must_use]
    pub fn user(&self) -> UserInput<'_> {
        let [a, b, c] = &self.user_paths;
        UserInput {
            id: self.user,
            time_s: self.time_s,
            history: &self.history,
            paths: [a, b, c],
            side: &self.user_side,
        }
    }

    /// The room's part.
    #[must_use]
    pub fn room(&self) -> RoomInput<'_> {
        let [a, b, c] = &self.streamer_paths;
        RoomInput {
            streamer: self.streamer,
            category: self.category,
            paths: [a, b, c],
            segment: self.segment.as_deref(),
            side: &self.room_side,
        }
    }
}

/// Who met whom and what came of it: all of an example that sampling and metrics need.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outcome {
    /// Id of the user.
    pub user: u64,
    /// Id of the streamer.
    pub streamer: u64,
    /// When, in Unix seconds.
    pub time_s: i64,
    /// Whether there was a gift.
    pub gift: bool,
    /// Its value, as in [`Example::value`].
    pub value: f32,
}

/// Examples by number. Training holds no more than a batch of them at a time.
pub trait Examples {
    /// Number of examples.
    fn len(&self) -> usize;

    /// Whether there is none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Outcome of an example below [`Examples::len`]; cheap, it is asked of all of them.
    fn outcome(&self, index: usize) -> Outcome;

    /// The example itself: the same each time, and with the outcome that [`Examples::outcome`] gives.
    ///
    /// # Errors
    /// When it can't be read; [`GiftingError::Example`] names it.
    fn load(&self, index: usize) -> Result<Example, GiftingError>;

    /// Vectors of the nodes that examples name.
    fn nodes(&self) -> &dyn Nodes;
}
