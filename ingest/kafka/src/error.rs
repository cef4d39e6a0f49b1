//! What can go wrong between this crate and a broker.
//!
//! Errors about messages name topic, partition and offset; errors about sending name topic and key. None of
//! them carries the value of a secret, nor of any other configuration property.

use std::path::PathBuf;
use std::time::Duration;

use kairos_timeline::Position;
use rdkafka::error::KafkaError;

use crate::FormatError;

/// Failures of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A value of the settings can't be used.
    #[error("kafka setting {field}: {reason}")]
    Setting {
        /// Dotted name of the field.
        field: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// An environment variable or file that should hold a secret can't be read.
    #[error("kafka secret {field} can't be read from {origin}: {reason}")]
    Secret {
        /// Dotted name of the field.
        field: &'static str,
        /// The variable or file.
        origin: String,
        /// Why.
        reason: String,
    },
    /// The broker did not answer, or refused.
    #[error("kafka at {brokers}: {action}: {source}")]
    Broker {
        /// The bootstrap servers.
        brokers: String,
        /// What was being done.
        action: String,
        /// The client library's account.
        source: Box<KafkaError>,
    },
    /// A topic does not exist.
    #[error("topic {topic} does not exist at {brokers}: create the topics first (kairos topics create)")]
    NoTopic {
        /// The topic.
        topic: String,
        /// The bootstrap servers.
        brokers: String,
    },
    /// Topics that one worker must hold together have different numbers of partitions.
    #[error(
        "topic {topic} has {partitions} partitions and {other} has {other_partitions}: all must have the same number, or the parts of a room fall to different workers"
    )]
    UnequalPartitions {
        /// One topic.
        topic: String,
        /// Its number of partitions.
        partitions: usize,
        /// Another.
        other: String,
        /// Its number.
        other_partitions: usize,
    },
    /// A message could not be delivered; it is not in the topic.
    #[error("topic {topic}, key {key}: message not delivered: {source}")]
    NotDelivered {
        /// The topic.
        topic: String,
        /// The message's key.
        key: String,
        /// The client library's account.
        source: Box<KafkaError>,
    },
    /// A message is larger than the topics take.
    #[error("topic {topic}, key {key}: message of {bytes} bytes exceeds the limit of {limit}")]
    TooLarge {
        /// The topic.
        topic: String,
        /// The message's key.
        key: String,
        /// Bytes of its value.
        bytes: usize,
        /// The most that is allowed.
        limit: usize,
    },
    /// Messages that were posted did not all arrive.
    #[error("{failed} posted messages were not delivered; the first: {first}")]
    Undelivered {
        /// How many.
        failed: u64,
        /// The first failure.
        first: Box<Error>,
    },
    /// Delivery reports were still outstanding when the time was up.
    #[error("{outstanding} messages were not confirmed within {waited:?}")]
    Unconfirmed {
        /// How many.
        outstanding: usize,
        /// How long was waited.
        waited: Duration,
    },
    /// Offsets that the topic does not hold, or no longer.
    #[error(
        "topic {topic}, partition {partition}: offset {offset} is not in the topic, which holds {low} to {high}"
    )]
    OutOfRange {
        /// The topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// The offset asked for.
        offset: i64,
        /// The first offset held.
        low: i64,
        /// One past the last offset held.
        high: i64,
    },
    /// No message came although the topic has more.
    #[error(
        "topic {topic}, partition {partition}: no message for {silent:?} at offset {next}, the topic reaches to {high}"
    )]
    Stalled {
        /// The topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// Offset that should come next.
        next: i64,
        /// One past the last offset of the topic.
        high: i64,
        /// For how long nothing came.
        silent: Duration,
    },
    /// A rebalance waited in vain for the job to drain; the consumer has left its group.
    #[error("consumer group {group}: {waiting} was not answered within {waited:?}")]
    NotDrained {
        /// The group.
        group: String,
        /// The event that was not answered.
        waiting: &'static str,
        /// How long was waited.
        waited: Duration,
    },
    /// Reading failed in a way that the client library does not repair.
    #[error("consumer group {group}: {source}")]
    Consume {
        /// The group, or what was being read.
        group: String,
        /// The client library's account.
        source: Box<KafkaError>,
    },
    /// The consumer was closed, or has reported an error that ended it.
    #[error("consumer group {group} is closed")]
    Closed {
        /// The group.
        group: String,
    },
    /// A message is not what its topic should hold.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// A thread could not be started.
    #[error("thread {name} could not be started: {source}")]
    Thread {
        /// Its name.
        name: &'static str,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The broker for tests could not be run.
    #[error("test broker at {folder}: {reason}")]
    TestBroker {
        /// Where it lives.
        folder: PathBuf,
        /// What happened.
        reason: String,
    },
}

impl Error {
    /// Of talking to a broker. Configuration errors lose the property's value: it may be a password.
    pub(crate) fn broker(brokers: &str, action: impl Into<String>, source: KafkaError) -> Self {
        let (brokers, action) = (brokers.to_owned(), action.into());
        Self::Broker { brokers, action, source: Box::new(without_value(source)) }
    }

    pub(crate) fn not_delivered(topic: String, key: String, source: KafkaError) -> Self {
        Self::NotDelivered { topic, key, source: Box::new(source) }
    }

    pub(crate) fn consume(group: &str, source: KafkaError) -> Self {
        Self::Consume { group: group.to_owned(), source: Box::new(source) }
    }
}

fn without_value(error: KafkaError) -> KafkaError {
    match error {
        KafkaError::ClientConfig(code, text, key, _) => {
            // The library repeats the value in its text for some properties.
            let text = text.split(" \"").next().unwrap_or_default().to_owned();
            KafkaError::ClientConfig(code, text, key, "(hidden)".to_owned())
        }
        other => other,
    }
}

/// Where a message is, as errors name it.
pub(crate) fn place(position: &Position) -> String {
    format!("topic {}, partition {}, offset {}", position.topic, position.partition, position.offset)
}
