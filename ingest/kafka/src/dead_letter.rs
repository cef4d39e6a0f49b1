//! Messages that could not be processed, kept as they came.
//!
//! The original key, value and headers stay as they were; where it was and what was wrong are added behind
//! them as the headers `topic`, `partition`, `offset` and `error`. Sending it again takes only these away.

use kairos_timeline::Position;

use crate::{FormatError, Message, Problem, Record};

const TOPIC: &str = "topic";
const PARTITION: &str = "partition";
const OFFSET: &str = "offset";
const ERROR: &str = "error";
/// Characters kept of an error, so that a message that just fitted its topic still fits as a dead letter.
const LONGEST_ERROR: usize = 4_096;

/// A message of `kairos.dead-letters`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Where the dead letter itself is.
    pub position: Position,
    /// The message as it was, at the place where it was.
    pub message: Message,
    /// What was wrong with it.
    pub error: String,
}

/// The dead letter of a message.
pub fn encode_dead_letter(topic: &str, message: &Message, error: &str) -> Record {
    let mut headers = message.headers.clone();
    headers.push(TOPIC, message.position.topic.to_string());
    headers.push(PARTITION, message.position.partition.to_string());
    headers.push(OFFSET, message.position.offset.to_string());
    headers.push(ERROR, error.chars().take(LONGEST_ERROR).collect::<String>());
    let (key, value) = (message.key.clone(), message.value.clone());
    Record { topic: topic.to_owned(), key, value, headers, written_ms: None }
}

/// Reads a message of `kairos.dead-letters`.
///
/// # Errors
/// If one of the four headers is missing or malformed.
pub fn decode_dead_letter(message: Message) -> Result<DeadLetter, FormatError> {
    let missing =
        |header: &str| FormatError::new(&message, Problem::MissingHeader { header: header.to_owned() });
    let text = |header: &str| {
        let value = message.headers.get(header).ok_or_else(|| missing(header))?;
        Ok::<_, FormatError>(String::from_utf8_lossy(value).into_owned())
    };
    let wrong = |header: &str, reason: String| {
        FormatError::new(&message, Problem::Header { header: header.to_owned(), reason })
    };
    let topic = text(TOPIC)?.into();
    let partition = text(PARTITION)?.parse().map_err(|error| wrong(PARTITION, format!("{error}")))?;
    let offset = text(OFFSET)?.parse().map_err(|error| wrong(OFFSET, format!("{error}")))?;
    let error = text(ERROR)?;
    let position = message.position.clone();
    // When it was written first is not told: the time of the message is the dead letter's own.
    let position_then = Position { topic, partition, offset };
    let mut original = Message { position: position_then, written_ms: None, ..message };
    for header in [TOPIC, PARTITION, OFFSET, ERROR] {
        original.headers.take_last(header);
    }
    Ok(DeadLetter { position, message: original, error })
}

impl DeadLetter {
    /// The original message, to be sent again to the topic it came from.
    pub fn retry(&self) -> Record {
        let Message { position, key, value, headers, .. } = self.message.clone();
        Record { topic: position.topic.to_string(), key, value, headers, written_ms: None }
    }
}
