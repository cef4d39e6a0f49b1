//! What makes a message unreadable, named so that a dead letter explains itself.
//!
//! Whatever bytes come, decoding returns a value or one of these; it never panics.

use std::fmt;

use kairos_timeline::{Position, RoomId};

use crate::Message;
use crate::error::place;

/// A message that is not what its topic should hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}, room {}: {problem}", place(position), Or(room))]
pub struct FormatError {
    /// Where the message is.
    pub position: Position,
    /// The room by the message's key or value, as far as it can be told.
    pub room: Option<String>,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong with a message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// It has no key, so nothing says which worker holds its room.
    #[error("the message has no key: it must be the room id")]
    NoKey,
    /// The key is no room id.
    #[error("the key is not a room id: {reason}")]
    Key {
        /// Why.
        reason: String,
    },
    /// The key names another room than the value.
    #[error("field room: {value:?} is not the key {key:?}")]
    OtherRoom {
        /// Room by the key.
        key: String,
        /// Room by the value.
        value: String,
    },
    /// It has no value.
    #[error("the message has no value")]
    NoValue,
    /// The value is not JSON, or no JSON object.
    #[error("the value is not a JSON object: {reason}")]
    Json {
        /// The parser's account, with line and column.
        reason: String,
    },
    /// A field is missing.
    #[error("field {field} is missing")]
    MissingField {
        /// The field.
        field: String,
    },
    /// A field holds something else than it should.
    #[error("field {field}: {reason}")]
    Field {
        /// Its path.
        field: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A header is missing.
    #[error("header {header} is missing")]
    MissingHeader {
        /// The header.
        header: String,
    },
    /// A header holds something else than it should.
    #[error("header {header}: {reason}")]
    Header {
        /// The header.
        header: String,
        /// What is wrong with it.
        reason: String,
    },
}

struct Or<'a>(&'a Option<String>);

impl fmt::Display for Or<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_deref().unwrap_or("unknown"))
    }
}

impl FormatError {
    pub(crate) fn new(message: &Message, problem: Problem) -> Self {
        let room = message.key.as_deref().and_then(|key| std::str::from_utf8(key).ok());
        let room = room.map(|key| key.chars().take(128).collect());
        Self { position: message.position.clone(), room, problem }
    }
}

/// The room of a message by its key.
pub(crate) fn room_of(message: &Message) -> Result<RoomId, FormatError> {
    let Some(key) = &message.key else { return Err(FormatError::new(message, Problem::NoKey)) };
    RoomId::new(String::from_utf8_lossy(key))
        .map_err(|error| FormatError::new(message, Problem::Key { reason: error.to_string() }))
}
