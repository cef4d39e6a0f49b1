//! What connectors give.

use std::time::Duration;

use bytes::Bytes;
use kairos_timeline::{Comment, Feedback, Gift, RoomId};

/// One thing that was heard.
#[derive(Debug, Clone, PartialEq)]
pub enum Heard {
    /// A message.
    Comment(Comment),
    /// A paid or free item.
    Gift(Gift),
    /// Impression, click, watch.
    Feedback(Feedback),
    /// A line that could not be read.
    Broken {
        /// The room, where it is known.
        room: Option<RoomId>,
        /// Number of the line within its connection, request or input, from 1.
        line: u64,
        /// Why.
        why: String,
        /// The line as it came, up to the length that a line may have.
        bytes: Bytes,
    },
    /// A connector's connection changed.
    State {
        /// The connector's name: its service and address.
        connector: String,
        /// What it is now.
        state: ChatState,
        /// Why; without secrets.
        why: String,
    },
}

/// The connection of a connector.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChatState {
    /// Connecting.
    Connecting,
    /// Connected and in the channels.
    Live,
    /// The peer answers nothing; the connection is given up.
    Silent,
    /// The connection is gone; it is tried again after `wait`.
    Reconnecting {
        /// Number of the attempt that follows, from 1.
        attempt: u32,
        /// How long is waited before it.
        wait: Duration,
    },
    /// The peer refuses what we are: trying again would change nothing.
    Refused,
}

impl ChatState {
    /// As it stands in metrics.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Live => "live",
            Self::Silent => "silent",
            Self::Reconnecting { .. } => "reconnecting",
            Self::Refused => "refused",
        }
    }
}
