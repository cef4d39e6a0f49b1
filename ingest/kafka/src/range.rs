//! A recorded range of a topic, read again: for replay, for dead letters, for evaluation.
//!
//! Reads without a group, so that nothing is rebalanced, committed or taken from anybody. The range is fixed
//! before reading begins; what is produced meanwhile is not part of it.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::Message as _;
use rdkafka::{Offset, TopicPartitionList};

use crate::context::Context;
use crate::inquiry::Inquiry;
use crate::{Admin, DeadLetter, Error, Held, Message, Settings, Topic, clock, decode_dead_letter};

/// The messages of a range of one partition, in order.
pub struct RangeReader {
    client: BaseConsumer<Context>,
    topic: Arc<str>,
    partition: i32,
    next: i64,
    end: i64,
    /// For how long nothing may come: longer than a broker's restart.
    patience: Duration,
    brokers: String,
    done: bool,
}

impl RangeReader {
    /// Opens a range, its end excluded.
    ///
    /// # Errors
    /// If the topic does not hold all of it, or the broker does not answer.
    pub fn open(settings: &Settings, topic: &str, partition: i32, range: Range<i64>) -> Result<Self, Error> {
        let inquiry = Inquiry::open(settings)?;
        let Held { low, high, .. } = inquiry.held(topic, partition)?;
        for offset in [range.start, range.end] {
            if range.start < range.end && !(low..=high).contains(&offset) {
                let topic = topic.to_owned();
                return Err(Error::OutOfRange { topic, partition, offset, low, high });
            }
        }
        let client = inquiry.into_client();
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(topic, partition, Offset::Offset(range.start))
            .and_then(|()| client.assign(&list))
            .map_err(|source| {
                let action = format!("reading topic {topic}, partition {partition}");
                Error::broker(&settings.brokers, action, source)
            })?;
        Ok(Self {
            client,
            topic: topic.into(),
            partition,
            next: range.start,
            end: range.end,
            patience: Duration::from_millis(settings.stall_after_ms.max(settings.session_timeout_ms)),
            brokers: settings.brokers.clone(),
            done: range.start >= range.end,
        })
    }

    fn read(&mut self) -> Option<Result<Message, Error>> {
        let deadline = clock::now() + self.patience;
        loop {
            match self.client.poll(Duration::from_millis(100)) {
                Some(Ok(message)) if message.offset() >= self.end => return None,
                Some(Ok(message)) => {
                    let message = Message::detach(&message, &mut self.topic);
                    self.next = message.position.offset + 1;
                    return Some(Ok(message));
                }
                // Markers of transactions and compacted messages leave no message at the end of the range.
                Some(Err(KafkaError::PartitionEOF(_))) => return None,
                Some(Err(error)) if is_permanent(&error) => {
                    let action = format!("reading topic {}, partition {}", self.topic, self.partition);
                    return Some(Err(Error::broker(&self.brokers, action, error)));
                }
                Some(Err(_)) | None if clock::now() < deadline => {}
                Some(Err(_)) | None => {
                    return Some(Err(Error::Stalled {
                        topic: self.topic.to_string(),
                        partition: self.partition,
                        next: self.next,
                        high: self.end,
                        silent: self.patience,
                    }));
                }
            }
        }
    }
}

/// Not one of the lost connections that the library repairs.
fn is_permanent(error: &KafkaError) -> bool {
    use RDKafkaErrorCode as Code;
    let code = error.rdkafka_error_code();
    let passing =
        [Code::BrokerTransportFailure, Code::AllBrokersDown, Code::Resolve, Code::OperationTimedOut];
    !code.is_some_and(|code| passing.contains(&code))
}

impl Iterator for RangeReader {
    type Item = Result<Message, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done || self.next >= self.end {
            return None;
        }
        let read = self.read();
        self.done = !matches!(read, Some(Ok(_)));
        read
    }
}

/// Opens a range of one partition, its end excluded.
///
/// # Errors
/// As [`RangeReader::open`].
pub fn read_range(
    settings: &Settings,
    topic: &str,
    partition: i32,
    range: Range<i64>,
) -> Result<RangeReader, Error> {
    RangeReader::open(settings, topic, partition, range)
}

/// All dead letters, by partition and offset. A message that is none is an error in its place.
///
/// # Errors
/// If the topic can't be read.
pub fn read_dead_letters(
    settings: &Settings,
) -> Result<impl Iterator<Item = Result<DeadLetter, Error>>, Error> {
    let topic = settings.names()?.of(Topic::DeadLetters);
    let held = Admin::open(settings)?.held(&topic)?;
    let readers = held.into_iter().filter(|held| held.low < held.high);
    let readers: Result<Vec<_>, Error> = readers
        .map(|held| RangeReader::open(settings, &topic, held.partition, held.low..held.high))
        .collect();
    Ok(readers?.into_iter().flatten().map(|message| Ok(decode_dead_letter(message?)?)))
}
