//! Creating and checking topics, and asking what they hold.
//!
//! Blocking: for the command line, start-up and threads, not for a tokio task.

use std::time::Duration;

use rdkafka::ClientContext;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::config::FromClientConfigAndContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use crate::context::Context;
use crate::settings::OVERHEAD;
use crate::{Error, Settings, Topic};

/// What a partition holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The partition.
    pub partition: i32,
    /// First offset held.
    pub low: i64,
    /// One past the last offset held.
    pub high: i64,
}

/// How topics are created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// Partitions of every topic. The most workers that can share the rooms.
    pub partitions: i32,
    /// Copies of every message; 3 where there are as many brokers.
    pub replication: i32,
}

/// Manages topics.
pub struct Admin {
    client: AdminClient<Context>,
    settings: Settings,
    timeout: Duration,
}

impl Admin {
    /// Opens a client; the broker is not asked yet.
    ///
    /// # Errors
    /// If the settings can't be used.
    pub fn open(settings: &Settings) -> Result<Self, Error> {
        let context = Context { security: settings.security.clone() };
        let client = AdminClient::from_config_and_context(&settings.client()?, context)
            .map_err(|source| Error::broker(&settings.brokers, "opening a client", source))?;
        let timeout = Duration::from_millis(settings.request_timeout_ms);
        Ok(Self { client, settings: settings.clone(), timeout })
    }

    fn failed(&self, action: impl Into<String>) -> impl FnOnce(KafkaError) -> Error {
        let (brokers, action) = (self.settings.brokers.clone(), action.into());
        move |source| Error::broker(&brokers, action, source)
    }

    /// Creates those of the project's topics that do not exist: their names. Existing ones stay as they are.
    ///
    /// # Errors
    /// If the broker refuses, or existing topics have another number of partitions than `layout` says.
    pub fn create_topics(&self, layout: &Layout) -> Result<Vec<String>, Error> {
        let names = self.settings.names()?;
        let names = Topic::ALL.map(|topic| names.of(topic));
        let mut missing = Vec::new();
        for name in &names {
            match self.partitions(name) {
                Err(Error::NoTopic { .. }) => missing.push(name.as_str()),
                Err(other) => return Err(other),
                Ok(partitions) if partitions != layout.partitions as usize => {
                    return Err(Error::UnequalPartitions {
                        topic: name.clone(),
                        partitions,
                        other: "the layout asked for".to_owned(),
                        other_partitions: layout.partitions as usize,
                    });
                }
                Ok(_) => {}
            }
        }
        self.create(&missing, layout)?;
        Ok(missing.into_iter().map(str::to_owned).collect())
    }

    /// Creates topics by their full names; those that exist stay as they are.
    ///
    /// # Errors
    /// If the broker refuses one.
    pub fn create(&self, names: &[&str], layout: &Layout) -> Result<(), Error> {
        if names.is_empty() {
            return Ok(());
        }
        let longest = (self.settings.max_message_bytes + OVERHEAD).to_string();
        let topics: Vec<_> = names
            .iter()
            .map(|name| {
                NewTopic::new(name, layout.partitions, TopicReplication::Fixed(layout.replication))
                    .set("max.message.bytes", &longest)
            })
            .collect();
        let options = AdminOptions::new().operation_timeout(Some(self.timeout));
        // The library answers from a thread of its own; nothing else needs a runtime here.
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .map_err(|source| Error::Thread { name: "kafka-admin", source })?;
        let results = runtime
            .block_on(self.client.create_topics(&topics, &options))
            .map_err(self.failed(format!("creating topics {}", names.join(", "))))?;
        for result in results {
            match result {
                Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
                Err((name, code)) => {
                    let action = format!("creating topic {name}");
                    return Err(self.failed(action)(KafkaError::AdminOp(code)));
                }
            }
        }
        Ok(())
    }

    /// Number of partitions of a topic.
    ///
    /// # Errors
    /// If the topic does not exist or the broker does not answer.
    pub fn partitions(&self, topic: &str) -> Result<usize, Error> {
        partitions(self.client.inner(), &self.settings, topic)
    }

    /// What the partitions of a topic hold, in their order.
    ///
    /// # Errors
    /// If the topic does not exist or the broker does not answer.
    pub fn held(&self, topic: &str) -> Result<Vec<Held>, Error> {
        let count = self.partitions(topic)? as i32;
        let one = |partition| {
            let (low, high) =
                self.client.inner().fetch_watermarks(topic, partition, self.timeout).map_err(
                    self.failed(format!("asking what topic {topic}, partition {partition} holds")),
                )?;
            Ok(Held { partition, low, high })
        };
        (0..count).map(one).collect()
    }

    /// Checks that topics exist with equal numbers of partitions: the number.
    ///
    /// # Errors
    /// Naming the topic that is missing or differs.
    pub fn check_topics(&self, names: &[&str]) -> Result<usize, Error> {
        check_topics(self.client.inner(), &self.settings, names)
    }
}

/// Number of partitions of a topic, by any client.
pub(crate) fn partitions<C: ClientContext>(
    client: &rdkafka::client::Client<C>,
    settings: &Settings,
    topic: &str,
) -> Result<usize, Error> {
    let timeout = Duration::from_millis(settings.request_timeout_ms);
    let failed = |source| Error::broker(&settings.brokers, format!("looking for topic {topic}"), source);
    let missing = || Error::NoTopic { topic: topic.to_owned(), brokers: settings.brokers.clone() };
    // All topics: asking for one by name would create it where the broker is set to do so.
    let metadata = client.fetch_metadata(None, timeout).map_err(failed)?;
    let found = metadata.topics().iter().find(|known| known.name() == topic).ok_or_else(missing)?;
    match found.error().map(RDKafkaErrorCode::from) {
        Some(RDKafkaErrorCode::UnknownTopicOrPartition) => Err(missing()),
        Some(code) => Err(failed(KafkaError::MetadataFetch(code))),
        None if found.partitions().is_empty() => Err(missing()),
        None => Ok(found.partitions().len()),
    }
}

pub(crate) fn check_topics<C: ClientContext>(
    client: &rdkafka::client::Client<C>,
    settings: &Settings,
    names: &[&str],
) -> Result<usize, Error> {
    let mut first: Option<(&str, usize)> = None;
    for &name in names {
        let partitions = partitions(client, settings, name)?;
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
