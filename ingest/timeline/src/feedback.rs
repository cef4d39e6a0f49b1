//! What viewers did with what they were shown: the raw material of CTR and long-view labels.

use serde::{Deserialize, Serialize};

use crate::{RoomId, Span, WallTime};

/// Kind of feedback.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FeedbackKind {
    /// The room was shown to the user.
    Impression,
    /// The user went in.
    Click,
    /// The user left after `watched`.
    Watch,
}

impl FeedbackKind {
    /// As it stands in tables and topics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Impression => "impression",
            Self::Click => "click",
            Self::Watch => "watch",
        }
    }
}

/// One event of feedback.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feedback {
    /// The room.
    pub room: RoomId,
    /// The platform's id, or one made from the content.
    pub id: String,
    /// Who.
    pub user: String,
    /// Platform wall time of the impression, the click, or the start of the watch.
    pub sent_at: WallTime,
    /// What happened.
    pub kind: FeedbackKind,
    /// How long was watched; zero for impressions and clicks.
    #[serde(default)]
    pub watched: Span,
}
