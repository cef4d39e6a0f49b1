//! `kairos gift`: the live job that keeps the gift graph and predicts who is likely to give.
//!
//! One consumer of the four input topics; a room's media, comments, gifts and feedback go through the same room's job as
//! in a replay. Invariants: what a checkpoint holds rests on the messages before its positions and on no other; rows are
//! acknowledged before a checkpoint names them; after a death the job goes on from its checkpoint, so no gift is lost and
//! none counts twice, and the rows that are written again are the same.

mod arrival;
mod merge;
mod rooms;
mod sink;
mod state;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, anyhow};
use kairos_kafka::{Admin, Assigned, Consumer, Event, Names, Start, Topic, TopicPartition};

use crate::config::Config;
use crate::gift::{Desk, GiftModel, Predictor};
use crate::graph::{self, LiveGraph, position_key};
use crate::scoring::Model;
use crate::storage;
use arrival::{Arrival, Said};
use merge::Merge;
use rooms::{LiveRoom, Opening, Rooms, Step, is_known};
use sink::Sink;
use state::{Kept, Positions, StateFolder};

/// How long the job waits for a message before it looks around.
const PATIENCE: Duration = Duration::from_millis(200);
/// Empty waits after which messages that a topic is said to hold are no longer expected.
const GIVE_UP: u32 = 50;
/// Messages between two looks at the clockwork: ends of topics, silent rooms.
const LOOK_EVERY: u64 = 512;

/// What to run.
#[derive(Debug, Clone)]
pub struct Job {
    /// The configuration.
    pub config: Config,
    /// Output folder of the embedded engine.
    pub out: PathBuf,
    /// Folder of the job's checkpoints.
    pub state: PathBuf,
    /// Graph to begin with where there is no checkpoint.
    pub graph: Option<PathBuf>,
    /// Stop when everything that the topics held at the start is done.
    pub until_end: bool,
}

/// What a run did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Messages taken.
    pub messages: u64,
    /// Predictions written.
    pub rows: u64,
    /// Messages that could not be used.
    pub dead: u64,
    /// Messages that went on out of order.
    pub forced: u64,
    /// Edges of the graph.
    pub edges: usize,
    /// Gifts that the edges are made of.
    pub gifts: u64,
}

impl Job {
    /// Runs until the end, a signal or an error.
    ///
    /// # Errors
    /// If the broker, the tables or the state can't be used.
    pub fn run(&self) -> anyhow::Result<Summary> {
        let stop = Arc::new(AtomicBool::new(false));
        for signal in [signal_hook::consts::SIGTERM, signal_hook::consts::SIGINT] {
            signal_hook::flag::register(signal, stop.clone()).context("listening for signals")?;
        }
        let settings = &self.config.kafka;
        let names = settings.names()?;
        let topics = Topic::INPUTS.map(|topic| names.of(topic));
        let model = Model::load(&self.config)?;
        let gifts = GiftModel::load(&self.config, &model.model().config().inputs)?
            .ok_or_else(|| anyhow!("no ranker: name one in gift.checkpoint and leave gift.enabled on"))?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("kairos-rows")
            .enable_all()
            .build()?;
        let store = runtime.block_on(storage::open(&self.config, &self.out))?;
        let sink = Sink::new(runtime, store, settings)?;
        let state = StateFolder::open(&self.state)?;
        let opening = Opening { config: self.config.clone(), model, known: Positions::new() };
        let predictor = Predictor::new(gifts, self.config.gift.clone(), LiveGraph::empty(&self.config)?);
        let merge = Merge::new(self.config.gift.job.merge_mib << 20);
        let names_only: Vec<&str> = topics.iter().map(String::as_str).collect();
        let consumer = Consumer::open(settings, &self.config.gift.job.group, &names_only)?;
        let run = Run {
            job: self,
            admin: Admin::open(settings)?,
            names,
            topics: topics.to_vec(),
            consumer,
            merge,
            opening,
            predictor,
            rooms: Rooms::new(),
            sink,
            state,
            next: Positions::new(),
            newest_us: i64::MIN,
            since: Since::default(),
            messages: 0,
            is_assigned: false,
        };
        run.go(&stop)
    }
}

/// What came since the last checkpoint.
#[derive(Debug, Default)]
struct Since {
    gifts: u64,
    messages: u64,
}

struct Run<'a> {
    job: &'a Job,
    admin: Admin,
    names: Names,
    topics: Vec<String>,
    consumer: Consumer,
    merge: Merge,
    opening: Opening,
    predictor: Predictor,
    rooms: Rooms,
    sink: Sink,
    state: StateFolder,
    /// Next offset of every partition, as far as the rooms have taken them.
    next: Positions,
    newest_us: i64,
    since: Since,
    messages: u64,
    is_assigned: bool,
}

impl Run<'_> {
    fn go(mut self, stop: &AtomicBool) -> anyhow::Result<Summary> {
        let mut idle = 0;
        while !stop.load(Ordering::Acquire) {
            match self.consumer.next_timeout(PATIENCE) {
                Some(Event::Assigned(assigned)) => self.assigned(assigned)?,
                Some(Event::Revoked(revoked)) => {
                    if !revoked.lost() {
                        self.checkpoint()?;
                    }
                    self.merge.clear();
                    self.rooms.clear();
                    revoked.done();
                }
                Some(Event::Message(message)) => {
                    idle = 0;
                    let topic = self.names.topic(&message.position.topic);
                    self.merge.push(Arrival::read(message, topic));
                }
                Some(Event::Restarted(stall)) => {
                    tracing::warn!("{} had stopped and was started again", stall.at)
                }
                Some(Event::Failed(error)) => return Err(error.into()),
                None => {
                    idle += 1;
                    self.look_ahead()?;
                    self.sink.flush_due()?;
                    if idle >= GIVE_UP {
                        self.merge.give_up_waiting();
                    }
                }
            }
            while let Some(arrival) = self.merge.pop() {
                self.take(arrival)?;
            }
            if self.job.until_end && self.is_assigned && self.merge.is_drained() {
                break;
            }
        }
        self.checkpoint()?;
        let graph = self.predictor.audience().graph.graph();
        let summary = Summary {
            messages: self.messages,
            rows: self.sink.rows,
            dead: self.sink.dead,
            forced: self.merge.forced(),
            edges: graph.edges(),
            gifts: graph.gifts(),
        };
        self.consumer.close();
        self.sink.close()?;
        Ok(summary)
    }

    /// Takes up the last checkpoint, and reads from where its open rooms begin.
    fn assigned(&mut self, assigned: Assigned) -> anyhow::Result<()> {
        let config = &self.job.config;
        let (graph, kept) = match (self.state.load(config)?, &self.job.graph) {
            (Some(kept), _) => kept,
            (None, Some(file)) => {
                let (graph, tables) = graph::open(config, file)?;
                let positions = graph.positions().clone();
                (LiveGraph::new(graph, tables, &config.gift), Kept { positions, ..Kept::default() })
            }
            (None, None) => (LiveGraph::empty(config)?, Kept::default()),
        };
        let Kept { people, rooms, positions } = kept;
        let model = self.predictor.model().clone();
        self.predictor = Predictor::new(model, config.gift.clone(), graph);
        self.predictor.audience_mut().people = people;
        let mut begins = positions.clone();
        self.rooms.clear();
        for (room, open) in rooms {
            for (key, begin) in &open.begins {
                begins.entry(key.clone()).and_modify(|next| *next = (*next).min(*begin));
            }
            let room =
                kairos_timeline::RoomId::new(room).map_err(|problem| anyhow!("kept room: {problem}"))?;
            self.rooms.insert(room.clone(), LiveRoom::new(room, open.begins, open.desk));
        }
        self.opening.known.clone_from(&positions);
        self.next = positions;
        self.since = Since::default();
        self.merge.clear();
        let mut held = BTreeMap::new();
        for topic in &self.topics {
            for part in self.admin.held(topic)? {
                held.insert(position_key(topic, part.partition), part);
            }
        }
        let gifts = self.names.of(Topic::Gifts);
        assigned.start(|at| {
            let key = position_key(&at.topic, at.partition);
            let (low, high) = held.get(&key).map_or((0, 0), |part| (part.low, part.high));
            let from = begins.get(&key).copied().unwrap_or(low).max(low);
            self.merge.assign(at.clone(), from, high);
            match self.next.get(&key).copied() {
                // The graph needs what comes next of gifts: a hole would be a lost edge.
                Some(next) if *at.topic == *gifts && next < low => Start::At(next),
                _ => {
                    self.next.entry(key).or_insert(from);
                    Start::AtOrAfter(from)
                }
            }
        });
        self.is_assigned = true;
        Ok(())
    }

    /// Asks how far the topics reach, so that the merge knows what it waits for.
    fn look_ahead(&mut self) -> anyhow::Result<()> {
        if self.is_assigned && !self.job.until_end {
            for lag in self.consumer.lag()? {
                self.merge.reaches(&lag.at, lag.high);
            }
        }
        Ok(())
    }

    fn take(&mut self, arrival: Arrival) -> anyhow::Result<()> {
        let position = arrival.message.position.clone();
        let key = position_key(&position.topic, position.partition);
        let known = is_known(&self.opening.known, &position);
        self.newest_us = self.newest_us.max(arrival.at_us.unwrap_or(i64::MIN));
        if !known {
            self.messages += 1;
            self.since.messages += 1;
            self.since.gifts += u64::from(matches!(arrival.said, Said::Gift(_)));
        }
        match (&arrival.said, arrival.room().cloned()) {
            (Said::Poison(why), _) if !known => self.sink.bury(&arrival.message, why)?,
            (Said::Poison(_), _) | (_, None) => {}
            (_, Some(room)) => {
                if !self.rooms.contains_key(&room) {
                    if known {
                        // Of before, in a room that was over then.
                        return Ok(());
                    }
                    let begins = self.begins(position.partition, &key, position.offset);
                    self.rooms.insert(room.clone(), LiveRoom::new(room.clone(), begins, Desk::default()));
                }
                let Some(live) = self.rooms.get_mut(&room) else { return Ok(()) };
                let step = live.take(arrival, &self.opening, &mut self.predictor)?;
                self.give(step, Some(room), known)?;
            }
        }
        let next = self.next.entry(key).or_insert(0);
        *next = (*next).max(position.offset + 1);
        if self.since.messages > 0 && self.since.messages.is_multiple_of(LOOK_EVERY) && !known {
            self.end_silent_rooms()?;
            self.look_ahead()?;
            self.sink.flush_due()?;
        }
        let limits = &self.job.config.gift.job;
        if self.since.gifts >= limits.checkpoint_gifts || self.since.messages >= limits.checkpoint_messages {
            self.checkpoint()?;
        }
        Ok(())
    }

    /// Where a room's messages begin that was not known before the message at `offset`.
    fn begins(&self, partition: i32, key: &str, offset: i64) -> Positions {
        let mut begins = Positions::new();
        for topic in &self.topics {
            let other = position_key(topic, partition);
            if let Some(next) = self.next.get(&other) {
                begins.insert(other, *next);
            }
        }
        begins.insert(key.to_owned(), offset);
        begins
    }

    fn give(&mut self, step: Step, room: Option<kairos_timeline::RoomId>, known: bool) -> anyhow::Result<()> {
        self.sink.give(step.rows)?;
        if !known {
            for (message, why) in &step.dead {
                self.sink.bury(message, why)?;
            }
        }
        if let Some(room) = room.filter(|_| step.is_over) {
            self.rooms.remove(&room);
        }
        Ok(())
    }

    fn end_silent_rooms(&mut self) -> anyhow::Result<()> {
        let idle_us = i64::from(self.job.config.gift.job.room_idle_s) * 1_000_000;
        let border = self.newest_us.saturating_sub(idle_us);
        let silent: Vec<_> = self
            .rooms
            .iter()
            .filter(|(_, live)| live.newest_us() < border)
            .map(|(room, _)| room.clone())
            .collect();
        for room in silent {
            if let Some(mut live) = self.rooms.remove(&room) {
                let step = live.end(&self.opening, &mut self.predictor)?;
                self.give(step, None, false)?;
            }
        }
        Ok(())
    }

    /// Everything that rests on the messages so far is acknowledged, then kept.
    fn checkpoint(&mut self) -> anyhow::Result<()> {
        if !self.is_assigned {
            return Ok(());
        }
        self.sink.flush()?;
        let rooms = self.rooms.iter().map(|(room, live)| (room.to_string(), live.kept())).collect();
        self.state.save(self.predictor.audience_mut(), rooms, self.next.clone())?;
        self.since = Since::default();
        let next: Vec<(TopicPartition, i64)> = self
            .next
            .iter()
            .filter_map(|(key, next)| {
                let (topic, partition) = key.rsplit_once('/')?;
                Some((TopicPartition::new(topic, partition.parse().ok()?), *next))
            })
            .collect();
        // Shown as lag; a partition that was taken away meanwhile may be refused.
        if let Err(problem) = self.consumer.commit(&next) {
            tracing::debug!("offsets not committed: {problem}");
        }
        Ok(())
    }
}
