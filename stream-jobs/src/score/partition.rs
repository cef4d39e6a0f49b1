//! One partition of the input topics: its rooms, their order, and an account of its offsets.
//!
//! A room's media, comments, gifts and feedback are in partitions of one number, and nothing outside of them counts for
//! it. Invariants: what comes out follows from the messages alone, in the order of [`Merge`], the ends of rooms included; a
//! message before the checkpoint builds its room again and gives nothing a second time; a checkpoint is taken between two
//! messages.

mod kept;
mod left_out;
mod outbox;
mod rooms;
mod traced;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use kairos_kafka::{Message, Names, Topic, TopicPartition};
use kairos_timeline::{Position, PositionRange, RoomId, WallTime};

use super::config::{Behind, ScoreConfig};
use super::numbers;
use super::stream::Event;
use crate::graph::position_key;
use crate::live::{
    self, Account, Across, Arrival, Begin, LiveRoom, Merge, Opening, Positions, Said, TimeOrder, clock,
};
use crate::room::{Ending, Entry};
use crate::telemetry::trace::Awaited;
pub use kept::Kept;
use left_out::LeftOut;
pub use outbox::Outbox;
use rooms::Room;
pub use rooms::Silence;

/// Why segments are left out that can't be scored in time.
const BEHIND: &str = "too far behind";

/// A partition.
pub struct Partition {
    number: i32,
    topics: Vec<String>,
    order: TimeOrder,
    merge: Merge,
    rooms: BTreeMap<RoomId, Room>,
    accounts: BTreeMap<Arc<str>, Account>,
    next: Positions,
    /// What is read next, which after a restart is not yet new.
    reading: Positions,
    /// The newest time of a room's message so far, Unix microseconds.
    newest_us: i64,
    /// Messages before these were in the checkpoint.
    known: Positions,
    left_out: LeftOut,
    awaited: Awaited,
    /// Messages taken since the last checkpoint.
    since: u64,
    messages: u64,
    dead: u64,
}

impl Partition {
    /// Goes on where `kept` ends.
    ///
    /// # Errors
    /// If it names a room that can't be one.
    pub fn resume(
        number: i32,
        names: &Names,
        kept: Kept,
        config: &ScoreConfig,
        hold: Duration,
    ) -> anyhow::Result<Self> {
        let Kept { at: Begin { next, newest_us }, rooms, accounts, left_out, mut unserved } = kept;
        // The oldest open room's begin is where reading begins.
        let newest_us = rooms.values().map(|begin| begin.newest_us).chain([newest_us]).min();
        let room = |(id, begins): (String, Begin)| {
            let unserved = unserved.remove(&id).unwrap_or_default();
            let id = RoomId::new(id).map_err(|problem| anyhow::anyhow!("kept room: {problem}"))?;
            let live = LiveRoom::resume(id.clone(), begins, unserved);
            let room = Room { live, rows: None, last: None, heard: clock::now() };
            Ok::<_, anyhow::Error>((id, room))
        };
        let account =
            |(topic, kept): (String, _)| (topic.as_str().into(), Account::resume(&topic, number, kept));
        Ok(Self {
            number,
            topics: Topic::INPUTS.map(|topic| names.of(topic)).to_vec(),
            order: config.order,
            merge: Merge::new(Across::Number, config.merge_mib << 20, hold),
            rooms: rooms.into_iter().map(room).collect::<Result<_, _>>()?,
            accounts: accounts.into_iter().map(account).collect(),
            known: next.clone(),
            left_out,
            awaited: Awaited::default(),
            reading: Positions::new(),
            newest_us: newest_us.unwrap_or(i64::MIN),
            next,
            since: 0,
            messages: 0,
            dead: 0,
        })
    }

    /// Where reading of `topic` begins: where its oldest open room does. `low..high` is what the topic holds.
    pub fn begin(&mut self, topic: &Arc<str>, low: i64, high: i64) -> i64 {
        let key = position_key(topic, self.number);
        let open = self.rooms.values().filter_map(|room| room.live.begins().next.get(&key));
        let from = open.chain(self.next.get(&key)).min().copied().unwrap_or(low).max(low);
        self.next.entry(key.clone()).or_insert(from);
        self.reading.insert(key, from);
        let (name, number) = (topic.to_string(), self.number);
        let account = self.accounts.entry(topic.clone()).or_insert_with(|| Account::new(&name, number, from));
        if account.next() < low {
            let lost = Entry {
                topic: topic.clone(),
                partition: number,
                first: account.next(),
                last: low - 1,
                ending: Ending::Skipped,
                reason: "gone from the topic before it was read".to_owned(),
            };
            tracing::error!(%topic, partition = number, first = lost.first, last = lost.last, "{}", lost.reason);
            account.note(&lost, "", "");
        }
        self.merge.assign(TopicPartition::new(topic.clone(), self.number), from, high);
        from
    }

    /// A topic held messages up to `high`, exclusive, when it was asked.
    pub fn reaches(&mut self, at: &TopicPartition, high: i64, asked: Instant) {
        self.merge.reaches(at, high, asked);
    }

    /// Whether no message of a topic is at hand and more is known to come.
    pub fn wants(&self, at: &TopicPartition) -> bool {
        self.merge.wants(at)
    }

    /// A topic holds nothing more.
    pub fn ends(&mut self, at: &TopicPartition) {
        self.merge.ends(at);
    }

    /// Nothing that a topic is said to hold is waited for any more.
    pub fn give_up_waiting(&mut self, now: Instant) {
        self.merge.give_up_waiting(now);
    }

    /// Takes a message as it was read.
    pub fn receive(&mut self, message: Message, topic: Option<Topic>, now: Instant) {
        self.merge.push(Arrival::read(message, topic, self.order), now);
    }

    /// Whether all that the topics are known to hold is taken.
    pub fn is_drained(&self) -> bool {
        self.merge.is_drained()
    }

    /// Bytes of messages that are held back.
    pub fn held_bytes(&self) -> usize {
        self.merge.bytes()
    }

    /// Messages taken, of them dead, and those that went on out of order.
    pub fn counts(&self) -> (u64, u64, u64) {
        (self.messages, self.dead, self.merge.forced())
    }

    /// Its number.
    pub fn number(&self) -> i32 {
        self.number
    }

    /// Rooms that are open or wait.
    pub fn rooms(&self) -> usize {
        self.rooms.len()
    }

    /// Takes the next message whose turn it is; `false` when none is known. `wall`: to tell what is behind.
    ///
    /// # Errors
    /// If a room's job can't be set up.
    pub fn step(
        &mut self,
        now: Instant,
        wall: Option<WallTime>,
        with: &Opening,
        out: &mut Outbox,
    ) -> anyhow::Result<bool> {
        let Some(arrival) = self.merge.pop() else { return Ok(false) };
        let traced = traced::Traced::of(&arrival);
        traced.span.in_scope(|| self.turn(arrival, (now, wall), with, out))?;
        traced.follow(&mut self.awaited, out);
        Ok(true)
    }

    fn turn(
        &mut self,
        arrival: Arrival,
        (now, wall): (Instant, Option<WallTime>),
        with: &Opening,
        out: &mut Outbox,
    ) -> anyhow::Result<()> {
        let position = arrival.message.position.clone();
        let key = position_key(&position.topic, position.partition);
        let is_known = self.known.get(&key).is_some_and(|next| position.offset < *next);
        self.note_hole(&position, is_known);
        if !is_known {
            self.messages += 1;
            self.since += 1;
            numbers::taken(&arrival, wall);
        }
        let room = arrival.room().cloned();
        if let Some(at) = arrival.order_us.or(arrival.at_us).filter(|_| room.is_some()) {
            self.newest_us = self.newest_us.max(at);
            let (newest, silence) = (self.newest_us, with.patience.silence);
            self.end_those(|room| room.live.is_due(newest, silence), is_known, with, out)?;
        }
        match (&arrival.said, room) {
            (Said::Poison(why), _) => {
                let why = why.clone();
                self.end(&Entry::one(&position, Ending::Dead, &why), "", "");
                if !is_known {
                    self.dead += 1;
                    out.dead.push((Arc::new(arrival.message), why));
                }
            }
            (_, None) => {}
            (_, Some(id)) => self.take(id, arrival, is_known, (now, wall), with, out)?,
        }
        self.reading.insert(key.clone(), position.offset + 1);
        let next = self.next.entry(key).or_insert(0);
        *next = (*next).max(position.offset + 1);
        Ok(())
    }

    /// Offsets that hold no message: markers of transactions, and what compaction took.
    fn note_hole(&mut self, position: &Position, is_known: bool) {
        let next = self.next.get(&position_key(&position.topic, position.partition)).copied();
        if let Some(next) = next.filter(|next| !is_known && *next < position.offset) {
            let mut hole = Entry::one(position, Ending::Skipped, "holds no message");
            (hole.first, hole.last) = (next, position.offset - 1);
            self.end(&hole, "", "");
        }
    }

    fn take(
        &mut self,
        id: RoomId,
        arrival: Arrival,
        is_known: bool,
        (now, wall): (Instant, Option<WallTime>),
        with: &Opening,
        out: &mut Outbox,
    ) -> anyhow::Result<()> {
        let position = arrival.message.position.clone();
        if is_known {
            // Of a room that was over at the checkpoint, or of a stream before the one that was open.
            if !self.rooms.get(&id).is_some_and(|room| room.live.begins().is_before(&position)) {
                return Ok(());
            }
        }
        let skips =
            matches!(arrival.said, Said::Segment(_)) && self.leaves_out(&arrival, is_known, wall, with);
        let room = self.rooms.entry(id.clone()).or_insert_with(|| Room {
            live: LiveRoom::new(id.clone(), Begin::default()),
            rows: None,
            last: None,
            heard: now,
        });
        room.heard = now;
        room.live.build(is_known);
        room.last = Some(PositionRange::of(&position));
        let newest_us = self.newest_us;
        let begins = || Begin { next: live::begins(&self.topics, &self.reading, &position), newest_us };
        let happened = room.live.take(arrival, &begins, skips.then_some(BEHIND), with)?;
        self.follow(&id, happened, is_known, with, out);
        Ok(())
    }

    /// Whether a segment can't be scored in time. What was decided before the checkpoint stays so.
    fn leaves_out(
        &mut self,
        segment: &Arrival,
        is_known: bool,
        wall: Option<WallTime>,
        with: &Opening,
    ) -> bool {
        let offset = segment.message.position.offset;
        if is_known || with.config.score.behind != Behind::Skip {
            return self.left_out.holds(offset);
        }
        let limit = i64::from(with.config.score.skip_after_s) * 1_000_000;
        let late = wall.zip(segment.order_us).map(|(wall, at)| wall.as_micros() - at);
        let leaves_out = late.is_some_and(|late| late > limit);
        if leaves_out {
            self.left_out.add(offset);
        }
        leaves_out
    }
}

#[cfg(test)]
mod tests;
