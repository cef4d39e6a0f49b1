//! Asking a broker what it has, without joining anything.
//!
//! The client library takes tokens, and tells why a connection fails, only to who polls it; asking does not
//! poll, so it is done here around every question.

use std::time::Duration;

use rdkafka::config::FromClientConfigAndContext;
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::{Offset, TopicPartitionList};

use crate::context::Context;
use crate::{Error, Held, Mechanism, Settings, TopicPartition, clock};

pub(crate) struct Inquiry {
    client: BaseConsumer<Context>,
    settings: Settings,
}

/// How long the token may take to be asked for and handed over; it is read from a file or the environment.
const TOKEN: Duration = Duration::from_millis(300);

/// How long the account of a failed connection may take to come out of the library's queue.
const EVENTS: Duration = Duration::from_millis(10);

impl Inquiry {
    pub(crate) fn open(settings: &Settings) -> Result<Self, Error> {
        let context = Context::new(settings);
        let client = BaseConsumer::from_config_and_context(&settings.consumer(None)?, context)
            .map_err(|source| Error::broker(&settings.brokers, "opening a client", source))?;
        if settings.security.sasl.as_ref().is_some_and(|sasl| sasl.mechanism == Mechanism::OauthBearer) {
            // Nothing is assigned, so this returns no message.
            drop(client.poll(TOKEN));
        }
        Ok(Self { client, settings: settings.clone() })
    }

    /// The client, for what is more than a question.
    pub(crate) fn into_client(self) -> BaseConsumer<Context> {
        self.client
    }

    pub(crate) fn failed(&self, action: &str, source: KafkaError) -> Error {
        // Each poll serves one event; a few tell what happened to the connections.
        for _ in 0..10 {
            drop(self.client.poll(EVENTS));
        }
        let action = match self.client.context().trouble() {
            Some(trouble) => format!("{action} ({trouble})"),
            None => action.to_owned(),
        };
        Error::broker(&self.settings.brokers, action, source)
    }

    fn ask<T>(&self, action: &str, ask: impl Fn(Duration) -> KafkaResult<T>) -> Result<T, Error> {
        let timeout = Duration::from_millis(self.settings.request_timeout_ms);
        ask(timeout).map_err(|source| self.failed(action, source))
    }

    /// Names of all topics that exist and their numbers of partitions.
    fn topics(&self) -> Result<Vec<(String, usize)>, Error> {
        let action = "looking for topics";
        // All topics: asking for one by name would create it where the broker is set to do so.
        let metadata = self.ask(action, |timeout| self.client.fetch_metadata(None, timeout))?;
        let known =
            metadata.topics().iter().filter_map(|topic| match topic.error().map(RDKafkaErrorCode::from) {
                Some(RDKafkaErrorCode::UnknownTopicOrPartition) => None,
                Some(code) => {
                    let action = format!("looking for topic {}", topic.name());
                    Some(Err(self.failed(&action, KafkaError::MetadataFetch(code))))
                }
                None => Some(Ok((topic.name().to_owned(), topic.partitions().len()))),
            });
        known.collect()
    }

    /// Numbers of partitions of topics; `None` for those that do not exist.
    pub(crate) fn partitions(&self, names: &[&str]) -> Result<Vec<Option<usize>>, Error> {
        let topics = self.topics()?;
        let find = |name: &&str| {
            let found = topics.iter().find(|(known, partitions)| known == name && *partitions > 0);
            found.map(|(_, partitions)| *partitions)
        };
        Ok(names.iter().map(find).collect())
    }

    /// What a partition holds.
    pub(crate) fn held(&self, topic: &str, partition: i32) -> Result<Held, Error> {
        let action = format!("asking what topic {topic}, partition {partition} holds");
        let (low, high) = self.ask(&action, |timeout| held(&self.client, topic, partition, timeout))?;
        Ok(Held { partition, low, high })
    }

    /// One past the last offset that partitions hold, in one question to each broker; those that can't be answered now
    /// are left out.
    pub(crate) fn ends(&self, partitions: &[TopicPartition]) -> Result<Vec<(TopicPartition, i64)>, Error> {
        let mut asked = TopicPartitionList::with_capacity(partitions.len());
        for at in partitions {
            let action = format!("asking where {at} ends");
            let end = asked.add_partition_offset(&at.topic, at.partition, Offset::End);
            end.map_err(|source| self.failed(&action, source))?;
        }
        let ends = self.ask("asking where partitions end", |timeout| {
            // The end counts as a time here.
            self.client.offsets_for_times(asked.clone(), timeout)
        })?;
        let end = |at: &TopicPartition| match ends.find_partition(&at.topic, at.partition)?.offset() {
            Offset::Offset(end) => Some((at.clone(), end)),
            _ => None,
        };
        Ok(partitions.iter().filter_map(end).collect())
    }

    /// Checks that topics exist.
    pub(crate) fn check_exist(&self, names: &[&str]) -> Result<(), Error> {
        names
            .iter()
            .zip(self.partitions(names)?)
            .try_for_each(|(name, partitions)| partitions.map(drop).ok_or_else(|| self.missing(name)))
    }

    fn missing(&self, name: &str) -> Error {
        Error::NoTopic { topic: name.to_owned(), brokers: self.settings.brokers.clone() }
    }

    /// Checks that topics exist with equal numbers of partitions: the number.
    pub(crate) fn check_topics(&self, names: &[&str]) -> Result<usize, Error> {
        let mut first: Option<(&str, usize)> = None;
        for (&name, partitions) in names.iter().zip(self.partitions(names)?) {
            let partitions = partitions.ok_or_else(|| self.missing(name))?;
            match first {
                Some((other, other_partitions)) if partitions != other_partitions => {
                    let (topic, other) = (name.to_owned(), other.to_owned());
                    return Err(Error::UnequalPartitions { topic, partitions, other, other_partitions });
                }
                Some(_) => {}
                None => first = Some((name, partitions)),
            }
        }
        Ok(first.map_or(0, |(_, partitions)| partitions))
    }
}

/// First offset that a partition holds and one past the last, by any client. A topic that was just created, or
/// a broker that just came back, has no leader for a moment: asked again until `timeout`.
pub(crate) fn held<C: ConsumerContext>(
    client: &BaseConsumer<C>,
    topic: &str,
    partition: i32,
    timeout: Duration,
) -> KafkaResult<(i64, i64)> {
    use RDKafkaErrorCode as Code;
    let passing = [
        Code::NotLeaderForPartition,
        Code::LeaderNotAvailable,
        Code::UnknownTopicOrPartition,
        Code::BrokerTransportFailure,
    ];
    let deadline = clock::now() + timeout;
    loop {
        let left = deadline.saturating_duration_since(clock::now());
        match client.fetch_watermarks(topic, partition, left) {
            Err(error)
                if error.rdkafka_error_code().is_some_and(|code| passing.contains(&code)) && left > AGAIN =>
            {
                std::thread::sleep(AGAIN);
            }
            result => return result,
        }
    }
}

const AGAIN: Duration = Duration::from_millis(100);
