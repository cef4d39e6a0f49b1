//! What a ranker is told of a user, of a room and of the nodes of the gift graph.
//!
//! Invariants: ids are 64-bit hashes that the caller chooses, users and streamers apart; nothing here reads a clock.
//! What may be known at the time of a request is the caller's to decide; [`history_before`] decides it for histories.

mod dataset;
mod example;
mod lists;
mod segment;

pub use dataset::{Dataset, Row, Snapshot};
pub use example::{Example, Examples, Outcome};
pub use lists::{Lists, NodeTable, Vectors};
pub use segment::{Modality, Segment};

/// One past act of a user towards a streamer: a gift, a watch, a comment.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Event {
    /// Id of the streamer.
    pub streamer: u64,
    /// When, in Unix seconds.
    pub time_s: i64,
    /// How much of it, 0 or more, in any unit; its logarithm is read.
    pub weight: f32,
    /// Category of the room, for [`Search::Category`](crate::Search::Category).
    pub category: u32,
}

/// An end of a metapath.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Neighbour {
    /// Id of a streamer, or of a user where [`Path::ends_at_users`](crate::Path::ends_at_users).
    pub node: u64,
    /// Product of the edges' weights, 0 or more; its logarithm is read.
    pub weight: f32,
}

/// What is known of a user when asked.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct UserInput<'a> {
    /// Id of the user.
    pub id: u64,
    /// When it is asked, in Unix seconds.
    pub time_s: i64,
    /// Past acts, oldest first, all before `time_s`.
    pub history: &'a [Event],
    /// Ends of the metapaths from the user, best first, in the order of
    /// [`Path::USER_SIDE`](crate::Path::USER_SIDE).
    pub paths: [&'a [Neighbour]; 3],
    /// Side features of the user, [`Config::user_side`](crate::Config::user_side) values.
    pub side: &'a [f32],
}

/// What is known of a room when asked.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct RoomInput<'a> {
    /// Id of the streamer.
    pub streamer: u64,
    /// Category of the room.
    pub category: u32,
    /// Ends of the metapaths from the streamer, best first, in the order of
    /// [`Path::STREAMER_SIDE`](crate::Path::STREAMER_SIDE).
    pub paths: [&'a [Neighbour]; 3],
    /// Content of the running segment.
    pub segment: Option<&'a Segment>,
    /// Side features of the room, [`Config::room_side`](crate::Config::room_side) values.
    pub side: &'a [f32],
}

/// Vectors of the gift graph's nodes, by id. `None` where nothing is known, which is as good as zeros.
pub trait Nodes {
    /// Content attributes of a streamer, [`Config::content_width`](crate::Config::content_width) values of order 1.
    fn content(&self, streamer: u64) -> Option<&[f32]>;
    /// Pretrained vector of a streamer, [`Config::pretrained_width`](crate::Config::pretrained_width) values.
    fn streamer_vector(&self, streamer: u64) -> Option<&[f32]>;
    /// Pretrained vector of a user, [`Config::pretrained_width`](crate::Config::pretrained_width) values.
    fn user_vector(&self, user: u64) -> Option<&[f32]>;
}

/// The part of a history, oldest first, that lies before a moment. What comes later changes nothing of it.
#[must_use]
pub fn history_before(history: &[Event], time_s: i64) -> &[Event] {
    &history[..history.partition_point(|event| event.time_s < time_s)]
}
