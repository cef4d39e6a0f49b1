//! A producer as a sink of result events and of dead letters.

use std::error::Error as StdError;
use std::time::Duration;

use kairos_kafka::{Message, Producer, Record, Settings, Topic, encode_dead_letter};
use kairos_topics::{EventSink, PositionRange};

use super::clock;
use super::mourner::Mourner;
use crate::telemetry::{names, trace};

/// Sends events of the result topics, and dead letters.
pub struct Events {
    producer: Producer,
    patience: Duration,
    dead_letters: String,
    mourner: Mourner,
}

impl Events {
    /// Opens a producer.
    ///
    /// # Errors
    /// If the settings can't be used.
    pub fn open(settings: &Settings) -> anyhow::Result<Self> {
        // Reports come a little after the timeout of the message itself.
        let patience = Duration::from_millis(settings.delivery_timeout_ms) + Duration::from_secs(5);
        let dead_letters = settings.names()?.of(Topic::DeadLetters);
        let (producer, mourner) = (Producer::open(settings)?, Mourner::default());
        Ok(Self { producer, patience, dead_letters, mourner })
    }

    /// Sends a message that can't be used to the dead letters, counts it and says so in the log.
    ///
    /// # Errors
    /// If the producer takes nothing more.
    pub fn bury(&self, message: &Message, why: &str) -> anyhow::Result<()> {
        self.mourner.say(&message.position, why, clock::now());
        metrics::counter!(names::DEAD, "topic" => message.position.topic.to_string()).increment(1);
        Ok(self.producer.post(&encode_dead_letter(&self.dead_letters, message, why))?)
    }
}

impl EventSink for Events {
    fn publish(&self, topic: &str, key: &str, value: Vec<u8>) -> Result<(), Box<dyn StdError + Send + Sync>> {
        Ok(trace::post(&self.producer, Record::keyed(topic, key, value))?)
    }

    fn flush(&self) -> Result<(), Box<dyn StdError + Send + Sync>> {
        Ok(self.producer.flush(self.patience)?)
    }
}

/// A range of positions as events carry it.
pub fn range(positions: &kairos_timeline::PositionRange) -> PositionRange {
    PositionRange {
        topic: positions.topic.to_string(),
        partition: positions.partition,
        first_offset: positions.first,
        last_offset: positions.last,
    }
}
