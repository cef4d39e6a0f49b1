//! A thread that scores whole partitions.
//!
//! Orders come in one bounded channel, so a worker that waits for its tables slows down reading instead of filling memory.
//! Invariant: a revocation is answered when everything of its partitions is written, or dropped because it was lost.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use kairos_kafka::{Message, Topic, TopicPartition};

use super::model::Current;
use super::numbers::{self, Numbers};
use super::partition::{Outbox, Partition, Silence};
use super::sink::Sink;
use crate::live::{Seen, clock};
use crate::telemetry::{names, timed};

/// How long a worker waits for an order before it looks around.
const PATIENCE: Duration = Duration::from_millis(50);
/// Messages that are scored in a row before orders and flushes get their turn.
const IN_A_ROW: usize = 32;
/// Time between two looks for rooms that have fallen silent.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Silence after which messages that a topic is said to hold are no longer expected.
const GIVE_UP: Duration = Duration::from_secs(10);

/// After it was held up for long, a worker trusts no silence until it has had so long to read what came meanwhile.
const SETTLING: Duration = Duration::from_secs(20);

/// What a worker is told.
pub enum Order {
    /// A partition is its own from now on.
    Assign(Box<Partition>),
    /// A message of one of its partitions.
    Take(Message, Option<Topic>),
    /// How far its topics reach.
    Reaches(Seen),
    /// All partitions are taken away; with `true` without being asked.
    Revoke(bool, SyncSender<anyhow::Result<()>>),
    /// Writes everything and answers whether all was taken that the topics are known to hold.
    Settle(SyncSender<bool>),
}

/// What a worker has done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Messages taken.
    pub messages: u64,
    /// Of them dead.
    pub dead: u64,
    /// Messages that went on out of order.
    pub forced: u64,
    /// Rows written.
    pub rows: u64,
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.messages += other.messages;
        self.dead += other.dead;
        self.forced += other.forced;
        self.rows += other.rows;
    }
}

/// Next offsets of what is written, to be committed.
pub type Written = Arc<Mutex<Vec<(TopicPartition, i64)>>>;

/// A worker.
pub struct Worker {
    opening: Current,
    sink: Sink,
    job: String,
    every: Duration,
    written: Written,
    partitions: BTreeMap<i32, Partition>,
    out: Outbox,
    counts: Counts,
    checkpointed: Instant,
    looked: Instant,
    heard: Instant,
    /// When it was last held up.
    blocked: Instant,
    numbers: Numbers,
}

impl Worker {
    /// A worker of `job` without partitions, that writes a checkpoint `every` so often.
    pub fn new(opening: Current, sink: Sink, job: String, every: Duration, written: Written) -> Self {
        let now = clock::now();
        Self {
            opening,
            sink,
            job,
            every,
            written,
            partitions: BTreeMap::new(),
            out: Outbox::default(),
            counts: Counts::default(),
            checkpointed: now,
            looked: now,
            heard: now,
            blocked: now,
            numbers: Numbers::default(),
        }
    }

    /// Works until there are no more orders.
    ///
    /// # Errors
    /// If rows can't be written or a room's job fails.
    pub fn run(mut self, orders: &Receiver<Order>) -> anyhow::Result<Counts> {
        let mut is_busy = false;
        loop {
            // With something to do orders are only looked at.
            let patience = if is_busy { Duration::ZERO } else { PATIENCE };
            match orders.recv_timeout(patience) {
                Ok(order) => self.obey(order)?,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            is_busy = self.work()?;
            self.look_around()?;
        }
        self.checkpoint()?;
        self.drop_partitions();
        self.counts.rows = self.sink.rows;
        Ok(self.counts)
    }

    fn obey(&mut self, order: Order) -> anyhow::Result<()> {
        match order {
            Order::Assign(partition) => {
                self.partitions.insert(partition.number(), *partition);
                self.heard = clock::now();
            }
            Order::Take(message, topic) => {
                self.heard = clock::now();
                if let Some(partition) = self.partitions.get_mut(&message.position.partition) {
                    partition.receive(message, topic, self.heard);
                }
            }
            Order::Reaches(Seen { asked, ends }) => {
                for (at, high) in ends {
                    if let Some(partition) = self.partitions.get_mut(&at.partition) {
                        numbers::lag(partition, &at, high);
                        partition.reaches(&at, high, asked);
                    }
                }
            }
            Order::Revoke(lost, done) => {
                // Lost: another worker writes the same rows already; a checkpoint of ours would only be behind its own.
                let written = if lost { Ok(()) } else { self.checkpoint() };
                self.drop_partitions();
                let failed = written.as_ref().err().map(ToString::to_string);
                // Nobody waits where the job itself is ending.
                drop(done.send(written));
                if let Some(failed) = failed {
                    anyhow::bail!(failed);
                }
            }
            Order::Settle(done) => {
                while self.work()? {}
                let opening = self.opening.get();
                for partition in self.partitions.values_mut().filter(|partition| partition.is_drained()) {
                    partition.end_rooms(Silence::Drained, &opening, &mut self.out)?;
                    self.sink.give(&mut self.out)?;
                }
                self.checkpoint()?;
                let is_drained = self.partitions.values().all(Partition::is_drained);
                // Nobody waits where the job itself is ending.
                done.send(is_drained).unwrap_or_default();
            }
        }
        Ok(())
    }

    /// Scores what is there, every partition in turn; `true` if there may be more.
    fn work(&mut self) -> anyhow::Result<bool> {
        let opening = self.opening.get();
        let mut may_be_more = false;
        for partition in self.partitions.values_mut() {
            let mut taken = 0;
            while taken < IN_A_ROW
                && partition.step(clock::now(), Some(clock::wall()), &opening, &mut self.out)?
            {
                numbers::given(&self.out);
                self.sink.give(&mut self.out)?;
                taken += 1;
            }
            may_be_more |= taken == IN_A_ROW;
        }
        Ok(may_be_more)
    }

    fn look_around(&mut self) -> anyhow::Result<()> {
        let opening = self.opening.get();
        let now = clock::now();
        self.sink.flush_due()?;
        if now.saturating_duration_since(self.looked) >= LOOK_EVERY {
            if now.saturating_duration_since(self.looked) >= 5 * LOOK_EVERY {
                self.blocked = now;
            }
            self.looked = now;
            self.numbers.partitions(self.partitions.values());
            for partition in self.partitions.values_mut() {
                if partition.is_drained() && now.saturating_duration_since(self.blocked) > SETTLING {
                    partition.end_rooms(Silence::Since(now), &opening, &mut self.out)?;
                    self.sink.give(&mut self.out)?;
                }
                if now.saturating_duration_since(self.heard) >= GIVE_UP {
                    partition.give_up_waiting(now);
                }
            }
        }
        if now.saturating_duration_since(self.checkpointed) >= self.every {
            self.checkpoint()?;
        }
        Ok(())
    }

    fn checkpoint(&mut self) -> anyhow::Result<()> {
        let mut checkpoints = Vec::new();
        for partition in self.partitions.values_mut() {
            if let Some(checkpoint) = partition.checkpoint(&self.job)? {
                for row in partition.account() {
                    self.sink.write(row)?;
                }
                checkpoints.push(checkpoint);
            }
        }
        if !checkpoints.is_empty() {
            timed(names::CHECKPOINT, || self.sink.checkpoint(checkpoints))?;
            if let Ok(mut written) = self.written.lock() {
                *written =
                    self.partitions.values().flat_map(Partition::next).chain(written.drain(..)).collect();
            }
        }
        self.checkpointed = clock::now();
        Ok(())
    }

    fn drop_partitions(&mut self) {
        self.numbers.clear();
        for partition in std::mem::take(&mut self.partitions).into_values() {
            let (messages, dead, forced) = partition.counts();
            self.counts += Counts { messages, dead, forced, rows: 0 };
        }
    }
}
