//! What a consumer tells its job, in the order in which it must be acted upon.

use std::fmt;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::time::Duration;

use crate::{Error, Message};

/// A partition of a topic.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicPartition {
    /// Full name of the topic.
    pub topic: Arc<str>,
    /// The partition.
    pub partition: i32,
}

impl TopicPartition {
    /// A partition of a topic.
    pub fn new(topic: impl Into<Arc<str>>, partition: i32) -> Self {
        Self { topic: topic.into(), partition }
    }
}

impl fmt::Display for TopicPartition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "topic {}, partition {}", self.topic, self.partition)
    }
}

/// Where reading of a partition begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// At this offset. It is an error when the topic no longer holds it: something would be lost.
    At(i64),
    /// At this offset, or the first after it that the topic still holds. The hole shows in the offsets.
    AtOrAfter(i64),
    /// At the first message that the topic holds.
    Beginning,
    /// Behind the last message that the topic holds.
    End,
    /// At the offset committed for the group; at the beginning where there is none.
    Committed,
}

/// What happens to a consumer.
#[derive(Debug)]
#[must_use]
pub enum Event {
    /// Partitions are the job's from now on; reading begins once it has said where.
    Assigned(Assigned),
    /// Partitions are to be given up; the rebalance waits until the job has drained.
    Revoked(Revoked),
    /// A message, in order within its partition.
    Message(Message),
    /// A partition had stopped silently and was started again.
    Restarted(Stall),
    /// Reading has ended; nothing comes after this.
    Failed(Error),
}

/// A partition that has messages and delivers none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stall {
    /// The partition.
    pub at: TopicPartition,
    /// Offset that should come next.
    pub next: i64,
    /// One past the last offset of the topic.
    pub high: i64,
    /// For how long nothing came.
    pub silent: Duration,
}

/// Partitions that were assigned. Dropping it unanswered ends the consumer.
#[derive(Debug)]
#[must_use = "reading begins once the starts are told"]
pub struct Assigned {
    pub(crate) partitions: Vec<TopicPartition>,
    pub(crate) reply: SyncSender<Vec<Start>>,
}

impl Assigned {
    /// The partitions.
    pub fn partitions(&self) -> &[TopicPartition] {
        &self.partitions
    }

    /// Tells where each partition begins: behind what the sink holds of it.
    pub fn start(self, mut at: impl FnMut(&TopicPartition) -> Start) {
        let starts = self.partitions.iter().map(&mut at).collect();
        // The consumer may have been closed meanwhile; then nobody asks any more.
        drop(self.reply.send(starts));
    }
}

/// Partitions that are being given up. Dropping it unanswered ends the consumer.
#[derive(Debug)]
#[must_use = "the rebalance waits for done()"]
pub struct Revoked {
    pub(crate) partitions: Vec<TopicPartition>,
    pub(crate) lost: bool,
    pub(crate) reply: SyncSender<()>,
}

impl Revoked {
    /// The partitions.
    pub fn partitions(&self) -> &[TopicPartition] {
        &self.partitions
    }

    /// Another worker may have them already, since this one was taken for dead: what is in hand must be
    /// dropped, not written.
    pub fn lost(&self) -> bool {
        self.lost
    }

    /// Says that nothing of these partitions is in hand any more: it was written or dropped.
    pub fn done(self) {
        // The consumer may have been closed meanwhile; then nobody waits any more.
        self.reply.send(()).unwrap_or_default();
    }
}
