//! Reading topics as one worker of a group.
//!
//! Everything that a job must act upon comes as one sequence of events: partitions assigned, messages,
//! partitions revoked. A job that handles them in order has drained when it answers a revocation, since every
//! message of the old assignment came before it. Start offsets are the job's to say: behind what its sink
//! holds. Two threads work for a consumer, one polling, one watching for silent stops; both end with it.

mod event;
mod poll;
mod progress;
mod queue;
mod rebalance;
mod watch;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use rdkafka::config::FromClientConfigAndContext;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _};
use rdkafka::{Offset, TopicPartitionList};

pub use event::{Assigned, Event, Revoked, Stall, Start, TopicPartition};

use crate::context::Context;
use crate::inquiry::{self, Inquiry};
use crate::{Error, Settings};
use queue::Queue;
use rebalance::{Rebalances, Shared};

/// How far reading has come in a partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lag {
    /// The partition.
    pub at: TopicPartition,
    /// Offset that is read next.
    pub next: i64,
    /// One past the last offset of the topic.
    pub high: i64,
}

impl Lag {
    /// Messages not yet read.
    pub fn messages(&self) -> i64 {
        (self.high - self.next).max(0)
    }
}

/// One worker of a consumer group.
pub struct Consumer {
    shared: Arc<Shared>,
    client: Option<Arc<poll::Client>>,
    threads: Vec<JoinHandle<()>>,
    /// Dropping it ends the watching thread.
    watching: Option<SyncSender<()>>,
}

impl Consumer {
    /// Joins a group and reads topics, given by their full names. The first event is the assignment.
    ///
    /// # Errors
    /// If the broker does not answer, a topic is missing, or the topics have unequal numbers of partitions, so
    /// that the parts of a room would fall to different workers.
    pub fn open(settings: &Settings, group: &str, topics: &[&str]) -> Result<Self, Error> {
        let config = settings.consumer(Some(group))?;
        Inquiry::open(settings)?.check_topics(topics)?;
        let shared = Arc::new(Shared {
            group: group.to_owned(),
            settings: settings.clone(),
            queue: Queue::new(settings.queue_bytes),
            progress: Mutex::default(),
            closing: AtomicBool::new(false),
            paused: AtomicBool::new(false),
        });
        let context = Context::new(settings);
        let rebalances = Rebalances { context, shared: shared.clone() };
        let failed = |action| move |source| Error::broker(&settings.brokers, action, source);
        let client = BaseConsumer::from_config_and_context(&config, rebalances)
            .map_err(failed("opening a consumer"))?;
        let mut consumer =
            Self { shared, client: Some(Arc::new(client)), threads: Vec::new(), watching: None };
        if let Some(client) = &consumer.client {
            client.subscribe(topics).map_err(failed("subscribing"))?;
        }
        consumer.start()?;
        Ok(consumer)
    }

    fn start(&mut self) -> Result<(), Error> {
        let Some(client) = &self.client else { return Ok(()) };
        // A few partitions at most stall at a time; others are found again a moment later.
        let (stalls, found) = sync_channel(16);
        let (watching, closing) = sync_channel(0);
        let (polled, shared) = (client.clone(), self.shared.clone());
        let polling = spawn("kafka-poll", move || poll::run(&polled, &shared, &found))?;
        self.threads.push(polling);
        let (watched, shared) = (client.clone(), self.shared.clone());
        let watch = spawn("kafka-watch", move || watch::run(&watched, &shared, &stalls, &closing))?;
        self.threads.push(watch);
        self.watching = Some(watching);
        Ok(())
    }

    /// The next event; `None` when none came within `limit`, or the consumer has failed.
    pub fn next_timeout(&mut self, limit: Duration) -> Option<Event> {
        self.shared.queue.pop_timeout(limit)
    }

    /// The next event. Waits for ever after [`Event::Failed`].
    pub async fn next(&mut self) -> Option<Event> {
        self.shared.queue.pop().await
    }

    /// Commits how far the job has come: for each partition the offset that it has not processed. Only shown as
    /// lag by the tools of Kafka; nothing here starts from it unless told [`Start::Committed`].
    ///
    /// # Errors
    /// If the library refuses; whether the broker takes it is not waited for.
    pub fn commit(&self, next: &[(TopicPartition, i64)]) -> Result<(), Error> {
        let failed = |source| Error::consume(&self.shared.group, source);
        let Some(client) = &self.client else {
            return Err(Error::Closed { group: self.shared.group.clone() });
        };
        let mut list = TopicPartitionList::with_capacity(next.len());
        for (at, offset) in next {
            list.add_partition_offset(&at.topic, at.partition, Offset::Offset(*offset)).map_err(failed)?;
        }
        if list.count() == 0 { Ok(()) } else { client.commit(&list, CommitMode::Async).map_err(failed) }
    }

    /// How far reading has come, for every assigned partition. Asks the broker: blocking.
    ///
    /// # Errors
    /// If the broker does not answer.
    pub fn lag(&self) -> Result<Vec<Lag>, Error> {
        let Some(client) = &self.client else {
            return Err(Error::Closed { group: self.shared.group.clone() });
        };
        let brokers = &self.shared.settings.brokers;
        let all = self.shared.progress().all();
        let one = |(at, next): (TopicPartition, i64)| {
            let (_, high) = inquiry::held(client, &at.topic, at.partition, self.shared.request_timeout())
                .map_err(|source| Error::broker(brokers, format!("asking what {at} holds"), source))?;
            Ok(Lag { at, next, high })
        };
        all.into_iter().map(one).collect()
    }

    /// Bytes of the messages that wait for the job.
    pub fn queued_bytes(&self) -> usize {
        self.shared.queue.bytes()
    }

    /// Leaves the group. What was read and not taken is read again by the next owner of its partition; the job
    /// is not asked to drain: it calls this when it has.
    pub fn close(self) {}

    /// Stops the library's fetching behind this consumer's back, as a silent stop does.
    #[cfg(feature = "test-broker")]
    pub fn freeze(&self) {
        if let Some(client) = &self.client
            && let Ok(assignment) = client.assignment()
        {
            drop(client.pause(&assignment));
        }
    }
}

impl Drop for Consumer {
    fn drop(&mut self) {
        self.shared.closing.store(true, Ordering::Release);
        // Answers a rebalance that waits for the job, and wakes both threads.
        self.shared.queue.close();
        self.watching = None;
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!(target: "kafka", group = self.shared.group, "a consumer's thread panicked");
            }
        }
        // The last one: the library leaves the group in its destructor.
        self.client = None;
    }
}

fn spawn(name: &'static str, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, Error> {
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(work)
        .map_err(|source| Error::Thread { name, source })
}
