//! The metapaths whose ends expand what is known of a user and of a streamer (MMBee, section 3.3 of the paper).
//!
//! Invariants: the order of [`Path::ALL`] is that of every array indexed by path; the first three start at the user,
//! the last three at the streamer.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A metapath of the gift graph: U is a user, A a streamer ("author").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Path {
    /// U -> A: streamers the user gave to.
    UserStreamer,
    /// U -> A -> A: streamers similar to those, by Swing.
    UserStreamerStreamer,
    /// U -> A -> U -> A: streamers that fellow givers give to.
    UserStreamerUserStreamer,
    /// A -> A: streamers similar to this one, by Swing.
    StreamerStreamer,
    /// A -> U -> A: streamers that this one's givers give to.
    StreamerUserStreamer,
    /// A -> U: users who gave to this streamer.
    StreamerUser,
}

impl Path {
    /// All of them, user side first.
    pub const ALL: [Self; 6] = [
        Self::UserStreamer,
        Self::UserStreamerStreamer,
        Self::UserStreamerUserStreamer,
        Self::StreamerStreamer,
        Self::StreamerUserStreamer,
        Self::StreamerUser,
    ];
    /// Those that start at the user, in the order of [`UserInput::paths`](crate::UserInput::paths).
    pub const USER_SIDE: [Self; 3] =
        [Self::UserStreamer, Self::UserStreamerStreamer, Self::UserStreamerUserStreamer];
    /// Those that start at the streamer, in the order of [`RoomInput::paths`](crate::RoomInput::paths).
    pub const STREAMER_SIDE: [Self; 3] =
        [Self::StreamerStreamer, Self::StreamerUserStreamer, Self::StreamerUser];

    /// Name, as in configurations and weights.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::UserStreamer => "user-streamer",
            Self::UserStreamerStreamer => "user-streamer-streamer",
            Self::UserStreamerUserStreamer => "user-streamer-user-streamer",
            Self::StreamerStreamer => "streamer-streamer",
            Self::StreamerUserStreamer => "streamer-user-streamer",
            Self::StreamerUser => "streamer-user",
        }
    }

    /// Whether it ends at users; the others end at streamers.
    #[must_use]
    pub const fn ends_at_users(self) -> bool {
        matches!(self, Self::StreamerUser)
    }

    /// Whether it walks an A -> A edge.
    #[must_use]
    pub const fn walks_similarity(self) -> bool {
        matches!(self, Self::UserStreamerStreamer | Self::StreamerStreamer)
    }
}
