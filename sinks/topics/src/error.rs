//! Why an event was not published; nothing is dropped without one of these.

use crate::ResultTopic;

/// Failures of publishing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A field holds what no consumer could use.
    #[error("{topic} event of room {room}: field {field}: {reason}")]
    Field {
        /// The topic.
        topic: ResultTopic,
        /// The room.
        room: String,
        /// The field.
        field: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The event can't be written as JSON.
    #[error("{topic} event of room {room}: {source}")]
    Json {
        /// The topic.
        topic: ResultTopic,
        /// The room.
        room: String,
        /// The serialiser's account.
        source: serde_json::Error,
    },
    /// The sink did not take the event.
    #[error("topic {topic}, room {room}: event not published: {source}")]
    Publish {
        /// Full name of the topic.
        topic: String,
        /// The room.
        room: String,
        /// The sink's account.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The sink could not confirm what it had taken.
    #[error("published events are not confirmed: {source}")]
    Flush {
        /// The sink's account.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}
