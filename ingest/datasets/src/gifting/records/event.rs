//! What happened, as plain numbers.
//!
//! Invariants: users, streamers and rooms are numbers in the tables of [`super::Records`]; times are Unix milliseconds
//! (or milliseconds on the data set's own clock); values are finite and at least 0.

/// A room shown to a user.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Impression {
    /// Who saw it.
    pub user: u32,
    /// Which room.
    pub live: u32,
    /// Whose.
    pub streamer: u32,
    /// When it was shown, or entered.
    pub time_ms: i64,
    /// Whether the user went in.
    pub clicked: bool,
    /// How long the user stayed, where that is known. Known only once the user has left: no input of a prediction at
    /// [`Self::time_ms`].
    pub watch_ms: Option<u32>,
    /// What the user gave during the visit, all in all. What was given before some instant: sum over
    /// [`GiftEvent::impression`].
    pub gift_value: f64,
}

/// A gift, or what a user gave in one interaction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GiftEvent {
    /// Who gave.
    pub user: u32,
    /// Who received.
    pub streamer: u32,
    /// In which room.
    pub live: u32,
    /// When.
    pub time_ms: i64,
    /// Price, in the data set's currency.
    pub value: f64,
    /// The visit it belongs to, as an index of [`super::Records::impressions`]: the user's latest click into the room
    /// at or before it.
    pub impression: Option<u32>,
}

/// What a viewer did beside giving.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReactionKind {
    /// Wrote.
    Comment,
    /// Liked.
    Like,
}

/// A comment or a like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reaction {
    /// Who.
    pub user: u32,
    /// To whom.
    pub streamer: u32,
    /// In which room.
    pub live: u32,
    /// When.
    pub time_ms: i64,
    /// What.
    pub kind: ReactionKind,
}

/// A room, which is one live session in KuaiLive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Whose it is.
    pub streamer: u32,
    /// When it began.
    pub start_ms: Option<i64>,
    /// When it ended. Known only then: no input of a prediction.
    pub end_ms: Option<i64>,
    /// Its title's row in [`super::Records::titles`].
    pub title: Option<u32>,
}

/// Who, where and when, in the source's own ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row<'a> {
    /// Id of the user.
    pub user: &'a str,
    /// Id of the streamer; a room of which it is unknown is its own streamer.
    pub streamer: Option<&'a str>,
    /// Id of the room.
    pub room: &'a str,
    /// Unix milliseconds.
    pub time_ms: i64,
}
