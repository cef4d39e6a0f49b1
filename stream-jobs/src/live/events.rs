//! A producer as a sink of result events.

use std::error::Error as StdError;
use std::time::Duration;

use kairos_kafka::{Producer, Record, Settings};
use kairos_topics::{EventSink, PositionRange};

/// Sends events of the result topics.
pub struct Events {
    producer: Producer,
    patience: Duration,
}

impl Events {
    /// Opens a producer.
    ///
    /// # Errors
    /// If the settings can't be used.
    pub fn open(settings: &Settings) -> anyhow::Result<Self> {
        // Reports come a little after the timeout of the message itself.
        let patience = Duration::from_millis(settings.delivery_timeout_ms) + Duration::from_secs(5);
        Ok(Self { producer: Producer::open(settings)?, patience })
    }

    /// The producer, for what is no event.
    pub fn producer(&self) -> &Producer {
        &self.producer
    }
}

impl EventSink for Events {
    fn publish(&self, topic: &str, key: &str, value: Vec<u8>) -> Result<(), Box<dyn StdError + Send + Sync>> {
        Ok(self.producer.post(&Record::keyed(topic, key, value))?)
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
