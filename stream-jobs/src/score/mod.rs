//! `kairos score`: the live job that scores every room of the topics.
//!
//! One consumer group; all of a room is in partitions of one number, and one thread has them. Invariants: where reading
//! starts is what the tables themselves say, not the group's offsets, which are committed for show; rows that are written
//! again after a crash are the same rows; a revocation is answered when everything before it is written.

pub mod config;
mod model;
mod numbers;
mod partition;
mod past;
mod sink;
mod stream;
mod worker;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use kairos_clickhouse::{Checkpoint, Store, patiently};
use kairos_kafka::{Admin, Assigned, Consumer, Event, Names, Start, Topic, TopicPartition};
use kairos_topics::Publisher;

pub use config::{Behind, ScoreConfig};
pub use model::opening;
pub use partition::{Kept, Outbox, Partition, Silence};
pub use past::{Done as PastDone, replay_topics};
pub use sink::Sink;
pub use stream::Event as ResultEvent;
pub use worker::Counts;

use crate::live::{Events, Lookout, Seen, Setting, clock};
use crate::replay::ensure_topics;
use model::{Current, Reload};
use worker::{Order, Worker, Written};

/// How long the job waits for a message before it looks around.
const PATIENCE: Duration = Duration::from_millis(50);
/// Time between two looks at how far the topics reach.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Orders between the reading thread and a worker: some megabytes of segments at most, seconds of chat.
const ORDERS: usize = 64;

/// Runs until the end, a signal or an error.
///
/// # Errors
/// If the broker or the tables can't be used.
pub fn run(job: &Setting) -> anyhow::Result<Counts> {
    let stop = crate::live::stop_on_signals()?;
    let settings = &job.config.kafka;
    ensure_topics(&job.config)?;
    let current = Current::new(opening(&job.config, !job.until_end)?);
    let reload = if job.until_end { None } else { Some(Reload::listen(current.clone())?) };
    let (runtime, store) = job.tables()?;
    let events = Arc::new(Publisher::new(Events::open(settings)?, settings.prefix.clone()));
    let score = &job.config.score;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = if score.threads == 0 { cores } else { score.threads };
    let written = Written::default();
    let mut workers = Vec::with_capacity(threads);
    for number in 0..threads {
        let age = Duration::from_millis(u64::from(score.flush_ms));
        let sink = Sink::tables(runtime.handle().clone(), &store, age)?.with_events(events.clone());
        let every = Duration::from_millis(u64::from(score.checkpoint_ms));
        let worker = Worker::new(current.clone(), sink, score.group.clone(), every, written.clone());
        workers.push(Hand::start(number, worker)?);
    }
    let names = settings.names()?;
    let topics = Topic::INPUTS.map(|topic| names.of(topic)).to_vec();
    let consumer = {
        let names: Vec<&str> = topics.iter().map(String::as_str).collect();
        Consumer::open(settings, &score.group, &names)?
    };
    let admin = Admin::open(settings)?;
    let run = Run {
        job,
        admin,
        names,
        topics,
        consumer,
        lookout: Lookout::start(settings)?,
        workers,
        runtime: &runtime,
        store: store.clone(),
        looked: clock::now(),
        written,
        reload,
    };
    let counts = run.go(&stop)?;
    runtime.block_on(store.close())?;
    Ok(counts)
}

/// A worker's thread.
struct Hand {
    orders: SyncSender<Order>,
    thread: JoinHandle<anyhow::Result<Counts>>,
}

impl Hand {
    fn start(number: usize, worker: Worker) -> anyhow::Result<Self> {
        let (orders, taken) = sync_channel(ORDERS);
        let thread = std::thread::Builder::new()
            .name(format!("score-{number}"))
            .spawn(move || worker.run(&taken))
            .context("starting a worker")?;
        Ok(Self { orders, thread })
    }

    /// Ends the worker; its own error, where it has one.
    fn end(self) -> anyhow::Result<Counts> {
        drop(self.orders);
        self.thread.join().map_err(|_panic| anyhow!("a scoring thread panicked"))?
    }
}

struct Run<'a> {
    job: &'a Setting,
    admin: Admin,
    names: Names,
    topics: Vec<String>,
    consumer: Consumer,
    lookout: Lookout,
    workers: Vec<Hand>,
    runtime: &'a tokio::runtime::Runtime,
    store: Store,
    looked: Instant,
    written: Written,
    reload: Option<Reload>,
}

impl Run<'_> {
    fn go(mut self, stop: &AtomicBool) -> anyhow::Result<Counts> {
        let done = self.read(stop);
        // Leaves the group first: what workers still hold is written before anybody else is told to go on from it.
        let mut counts = Counts::default();
        let mut failed = None;
        for worker in self.workers {
            match worker.end() {
                Ok(its) => counts += its,
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        self.consumer.close();
        // A worker's own error says more than the closed channel that reading met.
        match (failed, done) {
            (Some(error), _) | (None, Err(error)) => Err(error),
            (None, Ok(())) => Ok(counts),
        }
    }

    fn read(&mut self, stop: &AtomicBool) -> anyhow::Result<()> {
        let mut is_assigned = false;
        while !stop.load(Ordering::Acquire) {
            let mut is_idle = false;
            match self.consumer.next_timeout(PATIENCE) {
                Some(Event::Assigned(assigned)) => {
                    self.assigned(assigned)?;
                    is_assigned = true;
                }
                Some(Event::Revoked(revoked)) => {
                    self.lookout.watch(Vec::new());
                    self.revoke(revoked.lost())?;
                    is_assigned = false;
                    revoked.done();
                }
                Some(Event::Message(message)) => {
                    let topic = self.names.topic(&message.position.topic);
                    self.tell(message.position.partition, Order::Take(message, topic))?;
                }
                Some(Event::Restarted(stall)) => {
                    tracing::warn!("{} had stopped and was started again", stall.at);
                }
                Some(Event::Failed(error)) => return Err(error.into()),
                None => is_idle = true,
            }
            if let Some(seen) = self.lookout.seen().filter(|_| is_assigned) {
                self.tell_ends(seen)?;
            }
            let now = clock::now();
            if is_assigned && now.saturating_duration_since(self.looked) >= LOOK_EVERY {
                self.looked = now;
                self.commit();
                if let Some(reload) = &mut self.reload {
                    reload.look();
                }
                if self.job.until_end && is_idle && self.settle()? {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Shown as lag by the tools of Kafka; a partition that was taken away meanwhile may be refused.
    fn commit(&self) {
        let next = self.written.lock().map(|mut written| std::mem::take(&mut *written)).unwrap_or_default();
        if let Err(problem) = self.consumer.commit(&next) {
            tracing::debug!("offsets not committed: {problem}");
        }
    }

    fn worker_of(&self, partition: i32) -> usize {
        usize::try_from(partition).unwrap_or(0) % self.workers.len().max(1)
    }

    /// Each worker of its own partitions.
    fn tell_ends(&self, seen: Seen) -> anyhow::Result<()> {
        let mut ends: BTreeMap<usize, Vec<_>> = BTreeMap::new();
        for (at, end) in seen.ends {
            ends.entry(self.worker_of(at.partition)).or_default().push((at, end));
        }
        ends.into_values().try_for_each(|ends| {
            let partition = ends.first().map_or(0, |(at, _): &(TopicPartition, i64)| at.partition);
            self.tell(partition, Order::Reaches(Seen { asked: seen.asked, ends }))
        })
    }

    fn tell(&self, partition: i32, order: Order) -> anyhow::Result<()> {
        let worker = self.workers.get(self.worker_of(partition)).context("no worker")?;
        worker.orders.send(order).map_err(|_closed| anyhow!("a scoring thread has ended"))
    }

    /// Whether every worker has written all that the topics held.
    fn settle(&self) -> anyhow::Result<bool> {
        let mut all = true;
        for worker in &self.workers {
            let (done, settled) = sync_channel(1);
            let ended = |_closed| anyhow!("a scoring thread has ended");
            worker
                .orders
                .send(Order::Settle(done))
                .map_err(|_closed| anyhow!("a scoring thread has ended"))?;
            all &= settled.recv().map_err(ended)?;
        }
        Ok(all)
    }

    fn revoke(&self, lost: bool) -> anyhow::Result<()> {
        let mut waiting = Vec::new();
        for worker in &self.workers {
            let (done, written) = sync_channel(1);
            worker
                .orders
                .send(Order::Revoke(lost, done))
                .map_err(|_closed| anyhow!("a scoring thread has ended"))?;
            waiting.push(written);
        }
        for written in waiting {
            written.recv().map_err(|_closed| anyhow!("a scoring thread has ended"))??;
        }
        Ok(())
    }

    /// Takes up the checkpoints of the partitions, and reads from where their open rooms begin.
    fn assigned(&mut self, assigned: Assigned) -> anyhow::Result<()> {
        let config = &self.job.config.score;
        let numbers: std::collections::BTreeSet<i32> =
            assigned.partitions().iter().map(|at| at.partition).collect();
        let mut kept = self.runtime.block_on(checkpoints(&self.store, &config.group))?;
        let mut held = BTreeMap::new();
        for topic in &self.topics {
            for part in self.admin.held(topic)? {
                held.insert((topic.clone(), part.partition), (part.low, part.high));
            }
        }
        let hold = match self.job.until_end {
            true => Duration::ZERO,
            false => Duration::from_millis(u64::from(config.hold_ms)),
        };
        let mut partitions = BTreeMap::new();
        for number in numbers {
            let kept = kept.remove(&number).unwrap_or_default();
            let partition = Partition::resume(number, &self.names, kept, config, hold)?;
            partitions.insert(number, partition);
        }
        let mut starts = BTreeMap::new();
        for at in assigned.partitions() {
            let (low, high) = held.get(&(at.topic.to_string(), at.partition)).copied().unwrap_or((0, 0));
            if let Some(partition) = partitions.get_mut(&at.partition) {
                starts.insert(at.clone(), partition.begin(&at.topic, low, high));
            }
        }
        tracing::info!(group = config.group, partitions = partitions.len(), "assigned");
        for (number, partition) in partitions {
            self.tell(number, Order::Assign(Box::new(partition)))?;
        }
        if !self.job.until_end {
            self.lookout.watch(assigned.partitions().to_vec());
        }
        assigned.start(|at| Start::AtOrAfter(starts.get(at).copied().unwrap_or(0)));
        Ok(())
    }
}

/// The checkpoints of a job, by partition.
async fn checkpoints(store: &Store, job: &str) -> anyhow::Result<BTreeMap<i32, Kept>> {
    // A rebalance does not wait for a server that is down to come back, but its worker does.
    let found = patiently(&format!("checkpoints of {job}"), || {
        let query = store.client().query("SELECT ?fields FROM checkpoints WHERE job = ? ORDER BY partition");
        query.bind(job).fetch_all::<Checkpoint>()
    })
    .await?;
    found.iter().map(|checkpoint| Ok((checkpoint.partition, Kept::read(checkpoint)?))).collect()
}
