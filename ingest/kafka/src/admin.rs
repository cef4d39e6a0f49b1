//! Creating and checking topics, and asking what they hold.
//!
//! Blocking: for the command line, start-up and threads, not for a tokio task.

use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::config::FromClientConfigAndContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use crate::context::Context;
use crate::inquiry::Inquiry;
use crate::settings::OVERHEAD;
use crate::{Error, Mechanism, Settings, Topic, TopicPartition, clock};

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
    inquiry: Inquiry,
    settings: Settings,
}

impl Admin {
    /// Opens a client; the broker is not asked yet.
    ///
    /// # Errors
    /// If the settings can't be used.
    pub fn open(settings: &Settings) -> Result<Self, Error> {
        Ok(Self { inquiry: Inquiry::open(settings)?, settings: settings.clone() })
    }

    /// Creates those of the project's topics that do not exist: their names. Existing ones stay as they are.
    ///
    /// # Errors
    /// If the broker refuses, or existing topics have another number of partitions than `layout` says.
    pub fn create_topics(&self, layout: &Layout) -> Result<Vec<String>, Error> {
        let names = self.settings.names()?;
        let names = Topic::ALL.map(|topic| names.of(topic));
        let names = names.each_ref().map(String::as_str);
        let mut missing = Vec::new();
        for (name, partitions) in names.into_iter().zip(self.inquiry.partitions(&names)?) {
            match partitions {
                None => missing.push(name),
                Some(partitions) if partitions != layout.partitions as usize => {
                    return Err(Error::UnequalPartitions {
                        topic: name.to_owned(),
                        partitions,
                        other: "the layout asked for".to_owned(),
                        other_partitions: layout.partitions as usize,
                    });
                }
                Some(_) => {}
            }
        }
        self.create(&missing, layout)?;
        Ok(missing.into_iter().map(str::to_owned).collect())
    }

    /// Creates the project's topics that are missing, as the settings say; where they say so. Existing topics are left as
    /// they are, and new ones get as many partitions as those have.
    ///
    /// # Errors
    /// If the broker does not answer or refuses.
    pub fn ensure_topics(&self) -> Result<Vec<String>, Error> {
        if !self.settings.create_topics {
            return Ok(Vec::new());
        }
        let names = self.settings.names()?;
        let names = Topic::ALL.map(|topic| names.of(topic));
        let names = names.each_ref().map(String::as_str);
        let held = self.inquiry.partitions(&names)?;
        let missing: Vec<&str> =
            names.into_iter().zip(&held).filter(|(_, held)| held.is_none()).map(|(name, _)| name).collect();
        let known = held.iter().flatten().next().and_then(|held| i32::try_from(*held).ok());
        let partitions = known.unwrap_or(self.settings.partitions);
        self.create(&missing, &Layout { partitions, replication: self.settings.replication })?;
        Ok(missing.into_iter().map(str::to_owned).collect())
    }

    /// Creates topics by their full names; those that exist stay as they are.
    ///
    /// # Errors
    /// If the broker refuses one, or the login is by token: the client library's administration takes none.
    pub fn create(&self, names: &[&str], layout: &Layout) -> Result<(), Error> {
        if names.is_empty() {
            return Ok(());
        }
        if self.settings.security.sasl.as_ref().is_some_and(|sasl| sasl.mechanism == Mechanism::OauthBearer) {
            let reason = "topics can't be created with OAUTHBEARER: use another login or Kafka's own tools";
            return Err(Error::Setting { field: "security.sasl.mechanism", reason: reason.to_owned() });
        }
        let failed = |action: &str, source| self.inquiry.failed(action, source);
        let client =
            AdminClient::from_config_and_context(&self.settings.client()?, Context::new(&self.settings))
                .map_err(|source| failed("opening a client", source))?;
        let longest = (self.settings.max_message_bytes + OVERHEAD).to_string();
        let topics = names.iter().map(|name| {
            NewTopic::new(name, layout.partitions, TopicReplication::Fixed(layout.replication))
                .set("max.message.bytes", &longest)
        });
        let topics: Vec<_> = topics.collect();
        let timeout = Duration::from_millis(self.settings.request_timeout_ms);
        let options = AdminOptions::new().request_timeout(Some(timeout)).operation_timeout(Some(timeout));
        // The library answers from a thread of its own; nothing else needs a runtime here.
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .map_err(|source| Error::Thread { name: "kafka-admin", source })?;
        let results = runtime
            .block_on(client.create_topics(&topics, &options))
            .map_err(|source| failed(&format!("creating topics {}", names.join(", ")), source))?;
        for result in results {
            match result {
                Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
                Err((name, code)) => {
                    return Err(failed(&format!("creating topic {name}"), KafkaError::AdminOp(code)));
                }
            }
        }
        self.wait_for(names, timeout)
    }

    /// Waits until new topics are known to the broker that is asked: their creation spreads.
    fn wait_for(&self, names: &[&str], limit: Duration) -> Result<(), Error> {
        let deadline = clock::now() + limit;
        loop {
            let known = self.inquiry.check_exist(names);
            if known.is_ok() || clock::now() >= deadline {
                return known;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// What the partitions of a topic hold, in their order.
    ///
    /// # Errors
    /// If the topic does not exist or the broker does not answer.
    pub fn held(&self, topic: &str) -> Result<Vec<Held>, Error> {
        let count = self.inquiry.check_topics(&[topic])? as i32;
        (0..count).map(|partition| self.inquiry.held(topic, partition)).collect()
    }

    /// One past the last offset that each of `partitions` holds, in one question to each broker; those that have no
    /// leader now are left out.
    ///
    /// # Errors
    /// If no broker answers.
    pub fn ends(&self, partitions: &[TopicPartition]) -> Result<Vec<(TopicPartition, i64)>, Error> {
        self.inquiry.ends(partitions)
    }

    /// Checks that topics exist with equal numbers of partitions: the number.
    ///
    /// # Errors
    /// Naming the topic that is missing or differs.
    pub fn check_topics(&self, names: &[&str]) -> Result<usize, Error> {
        self.inquiry.check_topics(names)
    }
}
