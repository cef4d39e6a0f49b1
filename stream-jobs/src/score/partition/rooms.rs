//! A partition's rooms: what happens in them becomes rows and events, and silence ends them.

use std::time::{Duration, Instant};

use kairos_kafka::Topic;
use kairos_timeline::{PositionRange, RoomId};

use super::super::stream::StreamRows;
use super::{Outbox, Partition};
use crate::live::{self, Account, Happening, LiveRoom, Opening};
use crate::room::Entry;
use crate::rows::TableRow;

/// By what rooms are known to be silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silence {
    /// The clock: everything that was written is read.
    Since(Instant),
    /// All there is was read, and more is not waited for where a stream has ended.
    Drained,
    /// Nothing will come any more.
    Over,
}

pub(super) struct Room {
    pub(super) live: LiveRoom,
    pub(super) rows: Option<StreamRows>,
    /// Its newest message.
    pub(super) last: Option<PositionRange>,
    pub(super) heard: Instant,
}

impl Partition {
    /// Ends rooms of which nothing came for long by the clock, where the partition is known to be silent; all rooms with
    /// [`Silence::Over`]. A later message of such a room would have ended it as well.
    ///
    /// # Errors
    /// If a room's job can't be set up.
    pub fn end_rooms(&mut self, silence: Silence, with: &Opening, out: &mut Outbox) -> anyhow::Result<()> {
        let limit = Duration::from_micros(with.patience.silence.as_micros().unsigned_abs());
        let grace = Duration::from_micros(with.patience.ending.as_micros().unsigned_abs());
        let is_due = |room: &Room| match (silence, room.live.ends_us()) {
            (Silence::Over, _) | (Silence::Drained, Some(_)) => true,
            (Silence::Since(now), ends) => {
                now.saturating_duration_since(room.heard) > if ends.is_some() { grace } else { limit }
            }
            (Silence::Drained, None) => false,
        };
        self.end_those(is_due, false, with, out)
    }

    pub(super) fn end_those(
        &mut self,
        is_due: impl Fn(&Room) -> bool,
        is_known: bool,
        with: &Opening,
        out: &mut Outbox,
    ) -> anyhow::Result<()> {
        let due: Vec<RoomId> =
            self.rooms.iter().filter(|(_, room)| is_due(room)).map(|(id, _)| id.clone()).collect();
        for id in due {
            let Some(room) = self.rooms.get_mut(&id) else { continue };
            let mut happened = Vec::new();
            room.live.build(is_known);
            room.live.end(with, &mut happened)?;
            self.since += 1;
            self.follow(&id, happened, is_known, with, out);
        }
        Ok(())
    }

    pub(super) fn follow(
        &mut self,
        id: &RoomId,
        happened: Vec<Happening>,
        is_known: bool,
        with: &Opening,
        out: &mut Outbox,
    ) {
        let Some(mut room) = self.rooms.remove(id) else { return };
        let (mut rows, mut events) = (Vec::new(), Vec::new());
        let mut stream = room.rows.as_ref().map(|made| made.stream().to_string()).unwrap_or_default();
        for happening in happened {
            match happening {
                Happening::Opened { stream: opened, started_at, has_media } => {
                    stream = opened.to_string();
                    let topic = if has_media { Topic::Media } else { Topic::Comments };
                    let source = self.topics.get(usize::from(topic != Topic::Media)).cloned();
                    let (unit, model) = (with.config.unit(), with.model.name().to_owned());
                    let made = StreamRows::new(
                        id.clone(),
                        opened,
                        unit,
                        model,
                        started_at,
                        source.unwrap_or_default(),
                    );
                    rows.push(made.about(None));
                    room.rows = Some(made);
                }
                Happening::Gave(crate::room::Output::Fault(fault)) => {
                    live::say_damaged(id, &stream, &fault);
                }
                Happening::Gave(output) => {
                    if let (Some(made), Some(at)) = (&mut room.rows, &room.last) {
                        made.take(&output, at, &mut rows, &mut events);
                    }
                }
                Happening::Ended(entry) => self.end(&entry, id.as_str(), &stream),
                Happening::Dead(message, why) => {
                    if !is_known {
                        self.dead += 1;
                        out.dead.push((message, why));
                    }
                }
                Happening::Closed { length } => {
                    if let Some(made) = room.rows.take() {
                        rows.push(made.about(Some(length)));
                    }
                }
            }
        }
        if is_known {
            // Words come when the recogniser is done with them, which may have been after the checkpoint.
            out.rows.extend(rows.into_iter().filter(|row| matches!(row, TableRow::Word(_))));
        } else {
            out.rows.append(&mut rows);
            out.events.append(&mut events);
        }
        if !room.live.is_over() {
            self.rooms.insert(id.clone(), room);
        }
    }

    pub(super) fn end(&mut self, entry: &Entry, room: &str, stream: &str) {
        let (topic, number) = (entry.topic.clone(), self.number);
        let account =
            self.accounts.entry(topic.clone()).or_insert_with(|| Account::new(&topic, number, entry.first));
        account.note(entry, room, stream);
    }
}
