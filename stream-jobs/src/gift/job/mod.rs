//! `kairos gift`: the live job that keeps the gift graph and predicts who is likely to give.
//!
//! One consumer of the four input topics; a room's media, comments, gifts and feedback go through the same room's job as
//! in a replay. Invariants: what a checkpoint holds rests on the messages before its positions and on no other; rows are
//! acknowledged before a checkpoint names them; after a death the job goes on from its checkpoint, so no gift is lost and
//! none counts twice, and the rows that are written again are the same.

mod rooms;
mod sink;
mod state;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::anyhow;
use kairos_kafka::{Admin, Assigned, Consumer, Event, Names, Start, Topic, TopicPartition};

use kairos_timeline::{RoomId, Span};

use crate::gift::{GiftModel, Predictor};
use crate::graph::{self, LiveGraph, position_key};
use crate::live::{
    self, Across, Arrival, Begin, Lookout, Merge, Opening, Patience, Positions, Said, Seen, Setting, clock,
};
use crate::scoring::Model;
use crate::telemetry::{names, timed};
use rooms::{GiftRoom, Rooms, Step, is_known};
use sink::Sink;
use state::{Kept, OpenRoom, StateFolder};

/// How long the job waits for a message before it looks around.
const PATIENCE: Duration = Duration::from_millis(200);
/// Empty waits after which messages that a topic is said to hold are no longer expected.
const GIVE_UP: u32 = 50;
/// How long a message waits for others that should go before it, where a topic has nothing more.
const HOLD: Duration = Duration::from_millis(200);
/// Messages between two looks at the clockwork: ends of topics, silent rooms.
const LOOK_EVERY: u64 = 512;

/// What to run.
#[derive(Debug, Clone)]
pub struct Job {
    /// As of every live job.
    pub setting: Setting,
    /// Folder of the job's checkpoints.
    pub state: PathBuf,
    /// Graph to begin with where there is no checkpoint.
    pub graph: Option<PathBuf>,
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
        let stop = live::stop_on_signals()?;
        let settings = &self.setting.config.kafka;
        crate::replay::ensure_topics(&self.setting.config)?;
        let names = settings.names()?;
        let topics = Topic::INPUTS.map(|topic| names.of(topic));
        let model = Model::load(&self.setting.config)?;
        let model = if self.setting.until_end { model } else { model.live(&self.setting.config) };
        let gifts = GiftModel::load(&self.setting.config, &model.model().config().inputs)?
            .ok_or_else(|| anyhow!("no ranker: name one in gift.checkpoint and leave gift.enabled on"))?;
        let (runtime, store) = self.setting.tables()?;
        let sink = Sink::new(runtime, store, settings)?;
        let state = StateFolder::open(&self.state)?;
        let limits = &self.setting.config.gift.job;
        let patience = Patience {
            media: Span::from_millis(i64::from(limits.media_wait_s) * 1_000),
            silence: Span::from_millis(i64::from(limits.room_idle_s) * 1_000),
            ending: Span::from_millis(i64::from(self.setting.config.lateness.idle_ms)),
        };
        let opening = Opening { config: self.setting.config.clone(), model, patience };
        let predictor =
            Predictor::new(gifts, self.setting.config.gift.clone(), LiveGraph::empty(&self.setting.config)?);
        // Past what the topics hold now nothing is waited for at their end.
        let hold = if self.setting.until_end { Duration::ZERO } else { HOLD };
        let merge = Merge::new(Across::All, limits.merge_mib << 20, hold);
        let names_only: Vec<&str> = topics.iter().map(String::as_str).collect();
        let consumer = Consumer::open(settings, &self.setting.config.gift.job.group, &names_only)?;
        let run = Run {
            job: self,
            admin: Admin::open(settings)?,
            names,
            topics: topics.to_vec(),
            consumer,
            lookout: Lookout::start(settings)?,
            merge,
            opening,
            known: Positions::new(),
            predictor,
            rooms: Rooms::new(),
            sink,
            state,
            next: Positions::new(),
            reading: Positions::new(),
            newest: BTreeMap::new(),
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
    lookout: Lookout,
    merge: Merge,
    opening: Opening,
    /// Messages before these were in the state.
    known: Positions,
    predictor: Predictor,
    rooms: Rooms,
    sink: Sink,
    state: StateFolder,
    /// Next offset of every partition, as far as the rooms have taken them.
    next: Positions,
    /// What is read next, which after a restart is not yet new.
    reading: Positions,
    /// The newest time of a room's message by number of the partition, Unix microseconds.
    newest: BTreeMap<i32, i64>,
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
                    self.lookout.watch(Vec::new());
                    self.merge.clear();
                    self.rooms.clear();
                    revoked.done();
                }
                Some(Event::Message(message)) => {
                    idle = 0;
                    let topic = self.names.topic(&message.position.topic);
                    let order = self.job.setting.config.score.order;
                    self.merge.push(Arrival::read(message, topic, order), clock::now());
                }
                Some(Event::Restarted(stall)) => {
                    tracing::warn!("{} had stopped and was started again", stall.at)
                }
                Some(Event::Failed(error)) => return Err(error.into()),
                None => {
                    idle += 1;
                    self.sink.flush_due()?;
                    if idle >= GIVE_UP {
                        self.merge.give_up_waiting(clock::now());
                    }
                }
            }
            if let Some(Seen { asked, ends }) = self.lookout.seen() {
                ends.iter().for_each(|(at, high)| self.merge.reaches(at, *high, asked));
            }
            while let Some(arrival) = self.merge.pop() {
                let span = arrival.span.clone();
                span.in_scope(|| self.take(arrival))?;
            }
            if self.job.setting.until_end && self.is_assigned && self.merge.is_drained() {
                self.end_rooms(GiftRoom::is_ending)?;
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
        let config = &self.job.setting.config;
        let (graph, kept) = match (self.state.load(config)?, &self.job.graph) {
            (Some(kept), _) => kept,
            (None, Some(file)) => {
                let (graph, tables) = graph::open(config, file)?;
                let positions = graph.positions().clone();
                (LiveGraph::new(graph, tables, &config.gift), Kept { positions, ..Kept::default() })
            }
            (None, None) => (LiveGraph::empty(config)?, Kept::default()),
        };
        let Kept { people, rooms, positions, newest } = kept;
        self.newest = newest;
        let model = self.predictor.model().clone();
        self.predictor = Predictor::new(model, config.gift.clone(), graph);
        self.predictor.audience_mut().people = people;
        let mut begins = positions.clone();
        self.rooms.clear();
        for (room, open) in rooms {
            for (key, begin) in &open.begins.next {
                begins.entry(key.clone()).and_modify(|next| *next = (*next).min(*begin));
            }
            let newest = self.newest.entry(open.partition).or_insert(open.begins.newest_us);
            *newest = (*newest).min(open.begins.newest_us);
            let room = RoomId::new(room).map_err(|problem| anyhow!("kept room: {problem}"))?;
            self.rooms.insert(room.clone(), GiftRoom::new(room, open));
        }
        self.known.clone_from(&positions);
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
        if !self.job.setting.until_end {
            self.lookout.watch(assigned.partitions().to_vec());
        }
        assigned.start(|at| {
            let key = position_key(&at.topic, at.partition);
            let (low, high) = held.get(&key).map_or((0, 0), |part| (part.low, part.high));
            let from = begins.get(&key).copied().unwrap_or(low).max(low);
            self.merge.assign(at.clone(), from, high);
            self.reading.insert(key.clone(), from);
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

    fn take(&mut self, arrival: Arrival) -> anyhow::Result<()> {
        let position = arrival.message.position.clone();
        let key = position_key(&position.topic, position.partition);
        let known = is_known(&self.known, &position);
        if !known {
            self.messages += 1;
            self.since.messages += 1;
            metrics::counter!(names::MESSAGES, "topic" => arrival.kind()).increment(1);
            self.since.gifts += u64::from(matches!(arrival.said, Said::Gift(_)));
        }
        match (&arrival.said, arrival.room().cloned()) {
            (Said::Poison(why), _) if !known => self.sink.bury(&arrival.message, why)?,
            (Said::Poison(_), _) | (_, None) => {}
            (_, Some(room)) => self.take_in(room, arrival, known)?,
        }
        self.reading.insert(key.clone(), position.offset + 1);
        let next = self.next.entry(key).or_insert(0);
        *next = (*next).max(position.offset + 1);
        if self.since.messages > 0 && self.since.messages.is_multiple_of(LOOK_EVERY) && !known {
            self.sink.flush_due()?;
        }
        let limits = &self.job.setting.config.gift.job;
        if self.since.gifts >= limits.checkpoint_gifts || self.since.messages >= limits.checkpoint_messages {
            self.checkpoint()?;
        }
        Ok(())
    }

    fn take_in(&mut self, id: RoomId, arrival: Arrival, known: bool) -> anyhow::Result<()> {
        let position = arrival.message.position.clone();
        let number = position.partition;
        let newest = self.newest.entry(number).or_insert(i64::MIN);
        *newest = (*newest).max(arrival.order_us.or(arrival.at_us).unwrap_or(i64::MIN));
        let (newest_us, silence) = (*newest, self.opening.patience.silence);
        self.end_rooms(|room| room.partition() == number && room.is_due(newest_us, silence))?;
        let room = self.rooms.get(&id);
        if known && !room.is_some_and(|room| room.begins().is_before(&position)) {
            // Of a room that was over then, or of a stream before the one that was open.
            return Ok(());
        }
        let new = || GiftRoom::new(id.clone(), OpenRoom { partition: number, ..OpenRoom::default() });
        let room = self.rooms.entry(id.clone()).or_insert_with(new);
        let begins = || Begin { next: live::begins(&self.topics, &self.reading, &position), newest_us };
        let step = room.take(arrival, &begins, &self.known, &self.opening, &mut self.predictor)?;
        self.give(step, Some(id), known)
    }

    fn give(&mut self, step: Step, room: Option<RoomId>, known: bool) -> anyhow::Result<()> {
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

    /// Ends rooms: what waits in them is settled.
    fn end_rooms(&mut self, is_due: impl Fn(&GiftRoom) -> bool) -> anyhow::Result<()> {
        let due: Vec<_> =
            self.rooms.iter().filter(|(_, live)| is_due(live)).map(|(room, _)| room.clone()).collect();
        for room in due {
            if let Some(mut live) = self.rooms.remove(&room) {
                let step = live.end(&self.known, &self.opening, &mut self.predictor)?;
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
        timed(names::CHECKPOINT, || self.sink.flush())?;
        metrics::gauge!(names::EDGES).set(self.predictor.audience().graph.graph().edges() as f64);
        let rooms = self.rooms.iter().map(|(room, live)| (room.to_string(), live.kept())).collect();
        self.state.save(self.predictor.audience_mut(), rooms, self.next.clone(), self.newest.clone())?;
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
