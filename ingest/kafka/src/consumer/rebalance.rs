//! Rebalances: the job says where assigned partitions begin, and drains before it gives any up.
//!
//! The callback runs on the polling thread and waits for the job, so that a rebalance is acknowledged only
//! when nothing of the old assignment is in hand. The group's heartbeats go on meanwhile.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rdkafka::client::OAuthToken;
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::types::RDKafkaRespErr;
use rdkafka::{ClientContext, Offset, TopicPartitionList};

use super::event::{Assigned, Event, Revoked, Start, TopicPartition};
use super::progress::Progress;
use super::queue::Queue;
use crate::context::Context;
use crate::{Error, Settings, clock, inquiry};

/// What the threads of a consumer share.
pub(crate) struct Shared {
    pub(crate) group: String,
    pub(crate) settings: Settings,
    pub(crate) queue: Queue,
    pub(crate) progress: Mutex<Progress>,
    /// Set once; the threads end and rebalances no longer ask the job.
    pub(crate) closing: AtomicBool,
    /// Fetching waits for the job.
    pub(crate) paused: AtomicBool,
}

impl Shared {
    pub(crate) fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Acquire)
    }

    /// Ends the consumer with an error.
    pub(crate) fn fail(&self, error: Error) {
        if !self.closing.swap(true, Ordering::AcqRel) {
            self.queue.push(Event::Failed(error));
        }
    }

    pub(crate) fn request_timeout(&self) -> Duration {
        Duration::from_millis(self.settings.request_timeout_ms)
    }
}

/// The client library's view of [`Shared`].
pub(crate) struct Rebalances {
    pub(crate) context: Context,
    pub(crate) shared: Arc<Shared>,
}

impl ClientContext for Rebalances {
    const ENABLE_REFRESH_OAUTH_TOKEN: bool = true;

    fn error(&self, error: KafkaError, reason: &str) {
        self.context.error(error, reason);
    }

    fn generate_oauth_token(&self, config: Option<&str>) -> Result<OAuthToken, Box<dyn std::error::Error>> {
        self.context.generate_oauth_token(config)
    }
}

impl ConsumerContext for Rebalances {
    fn rebalance(
        &self,
        consumer: &BaseConsumer<Self>,
        err: RDKafkaRespErr,
        partitions: &mut TopicPartitionList,
    ) {
        if err == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
            if let Err(error) = self.assign(consumer, partitions) {
                // Acknowledged without partitions, so that the group is not held up by a worker that ends.
                drop(consumer.assign(&TopicPartitionList::new()));
                self.shared.fail(error);
            }
        } else {
            let drained = self.revoke(consumer, partitions);
            self.shared.progress().clear();
            let unassigned = consumer.unassign().map_err(|source| self.failed(source));
            if let Err(error) = drained.and(unassigned) {
                self.shared.fail(error);
            }
        }
    }

    /// Commits are for display only; reading begins where the job says.
    fn commit_callback(&self, result: KafkaResult<()>, _: &TopicPartitionList) {
        if let Err(error) = result {
            tracing::debug!(target: "kafka", %error, group = self.shared.group, "offsets not committed");
        }
    }
}

impl Rebalances {
    fn failed(&self, source: KafkaError) -> Error {
        Error::consume(&self.shared.group, source)
    }

    fn assign(&self, consumer: &BaseConsumer<Self>, list: &mut TopicPartitionList) -> Result<(), Error> {
        if self.shared.is_closing() {
            return consumer.assign(&TopicPartitionList::new()).map_err(|source| self.failed(source));
        }
        let partitions = owned(list);
        let (reply, answer) = sync_channel(1);
        self.shared.queue.push(Event::Assigned(Assigned { partitions: partitions.clone(), reply }));
        let starts = self.wait(&answer, "an assignment")?;
        let mut offsets = Vec::with_capacity(partitions.len());
        for (at, start) in partitions.iter().zip(starts) {
            let next = self.resolve(consumer, at, start)?;
            list.set_partition_offset(&at.topic, at.partition, Offset::Offset(next))
                .map_err(|source| self.failed(source))?;
            offsets.push(next);
        }
        let now = clock::now();
        let mut progress = self.shared.progress();
        progress.clear();
        for (at, next) in partitions.into_iter().zip(offsets) {
            progress.begin(at, next, now);
        }
        drop(progress);
        consumer.assign(list).map_err(|source| self.failed(source))
    }

    fn revoke(&self, consumer: &BaseConsumer<Self>, list: &TopicPartitionList) -> Result<(), Error> {
        let partitions = owned(list);
        if self.shared.is_closing() || partitions.is_empty() {
            return Ok(());
        }
        let (reply, answer) = sync_channel(1);
        let lost = consumer.assignment_lost();
        self.shared.queue.push(Event::Revoked(Revoked { partitions, lost, reply }));
        self.wait(&answer, "a revocation")
    }

    fn wait<T>(&self, answer: &Receiver<T>, waiting: &'static str) -> Result<T, Error> {
        let waited = Duration::from_millis(self.shared.settings.drain_timeout_ms);
        answer.recv_timeout(waited).map_err(|_timeout_or_dropped| {
            let group = self.shared.group.clone();
            if self.shared.is_closing() {
                Error::Closed { group }
            } else {
                Error::NotDrained { group, waiting, waited }
            }
        })
    }

    /// The offset at which a partition begins, checked against what the topic holds.
    fn resolve(
        &self,
        consumer: &BaseConsumer<Self>,
        at: &TopicPartition,
        start: Start,
    ) -> Result<i64, Error> {
        let timeout = self.shared.request_timeout();
        let brokers = &self.shared.settings.brokers;
        let (low, high) = inquiry::held(consumer, &at.topic, at.partition, timeout)
            .map_err(|source| Error::broker(brokers, format!("asking what {at} holds"), source))?;
        let offset = match start {
            Start::Beginning => low,
            Start::End => high,
            Start::At(offset) => offset,
            Start::AtOrAfter(offset) => offset.max(low),
            Start::Committed => {
                let mut wanted = TopicPartitionList::new();
                wanted.add_partition(&at.topic, at.partition);
                let found = consumer.committed_offsets(wanted, timeout).map_err(|source| {
                    Error::broker(brokers, format!("asking for the committed offset of {at}"), source)
                })?;
                match found.find_partition(&at.topic, at.partition).map(|found| found.offset()) {
                    Some(Offset::Offset(offset)) => offset,
                    _ => low,
                }
            }
        };
        if (low..=high).contains(&offset) {
            return Ok(offset);
        }
        Err(Error::OutOfRange { topic: at.topic.to_string(), partition: at.partition, offset, low, high })
    }
}

fn owned(list: &TopicPartitionList) -> Vec<TopicPartition> {
    let mut all: Vec<_> =
        list.elements().iter().map(|one| TopicPartition::new(one.topic(), one.partition())).collect();
    all.sort();
    all
}
