//! A viewer's comment.

use serde::{Deserialize, Serialize};

use crate::{RoomId, WallTime};

/// One message of the chat, as the platform reported it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comment {
    /// The room.
    pub room: RoomId,
    /// The platform's message id, or one made from the content where there is none.
    pub id: String,
    /// The platform's user id, or the name where there is none.
    pub user: String,
    /// Platform wall time. Never the time of arrival.
    pub sent_at: WallTime,
    /// What was said; emotes as their names.
    pub text: String,
    /// Fields of the source that have no place here, kept as they came.
    #[serde(flatten)]
    pub other: serde_json::Map<String, serde_json::Value>,
}
