//! A room that is live: its media decoded, its job driven, from one stream to the next.
//!
//! A room waits for its first segment; when its own events go on without one it is taken for a chat alone. A new stream
//! ends the one before, a marker ends it once viewers have had time to react, and so does silence. Invariants: what a room gives depends on its messages and
//! the order they come in, never on a clock; what waits is bounded by the wait.

use std::sync::Arc;

use anyhow::Context;
use kairos_decode::SegmentDecoder;
use kairos_kafka::Message;
use kairos_timeline::{MediaTime, RoomId, Span, StreamId, WallTime};

use super::Begin;
use super::arrival::{Arrival, Said};
use crate::config::Config;
use crate::replay::decode;
use crate::room::{Ending, Entry, Input, Output, RoomJob, RoomSettings, Scoring, Unserved};
use crate::scoring::Model;
use crate::telemetry::{names, timed};

/// What is needed to open rooms.
pub struct Opening {
    /// The configuration.
    pub config: Config,
    /// Encoders and the highlight model.
    pub model: Model,
    /// How long rooms wait.
    pub patience: Patience,
}

/// How long rooms wait, in the time of their own messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// For a first segment, until the room is taken for a chat alone.
    pub media: Span,
    /// For any message, until the stream counts as over.
    pub silence: Span,
    /// For reactions, after a marker has ended the stream.
    pub ending: Span,
}

/// What happens in a room.
#[derive(Debug)]
pub enum Happening {
    /// A stream began.
    Opened {
        /// The stream.
        stream: StreamId,
        /// Wall time of its first picture; of a chat alone, of its first unit.
        started_at: WallTime,
        /// Whether it has pictures or sound.
        has_media: bool,
    },
    /// The room's job gave something.
    Gave(Output),
    /// Offsets ended that no job saw, or whose end the job tells by the way.
    Ended(Entry),
    /// A message can't be used. Its offset ends by the job's own word.
    Dead(Arc<Message>, String),
    /// The stream is over.
    Closed {
        /// How long it was.
        length: Span,
    },
}

struct Open {
    stream: StreamId,
    job: RoomJob,
    decoder: SegmentDecoder,
}

enum Stage {
    /// For media. What came is held.
    Waiting {
        /// Times of the first: among others, and told.
        since_us: (i64, i64),
        held: Vec<Arrival>,
    },
    Open(Box<Open>),
}

/// One room.
pub struct LiveRoom {
    room: RoomId,
    begins: Begin,
    newest_us: i64,
    /// Until when reactions to an ended stream are waited for, Unix microseconds.
    ends_us: Option<i64>,
    /// It began before what is read now.
    is_resumed: bool,
    /// What the stream that is built again went without.
    unserved: Unserved,
    /// Whether what it takes was taken before.
    is_known: bool,
    stage: Stage,
}

/// A room in which nobody says or gives anything is no stream.
fn is_said(arrival: &Arrival) -> bool {
    !matches!(arrival.said, Said::Feedback(_))
}

fn waiting() -> Stage {
    Stage::Waiting { since_us: (i64::MAX, i64::MAX), held: Vec::new() }
}

impl LiveRoom {
    /// A room whose messages begin at `begins`; with none, at the first that it takes.
    pub fn new(room: RoomId, begins: Begin) -> Self {
        let is_resumed = !begins.next.is_empty();
        let unserved = Unserved::default();
        let (newest_us, ends_us, stage) = (i64::MIN, None, waiting());
        Self { room, begins, newest_us, ends_us, is_resumed, unserved, is_known: false, stage }
    }

    /// A room that is built again, whose stream went without `unserved`.
    pub fn resume(room: RoomId, begins: Begin, unserved: Unserved) -> Self {
        Self { unserved, ..Self::new(room, begins) }
    }

    /// What the open stream went without because encoders were not there in time.
    pub fn unserved(&self) -> &Unserved {
        match &self.stage {
            Stage::Waiting { .. } => &self.unserved,
            Stage::Open(open) => open.job.unserved(),
        }
    }

    /// Whether what it takes from now on is `known`: it was taken before, and waits for what it had.
    pub fn build(&mut self, known: bool) {
        self.is_known = known;
        if let Stage::Open(open) = &self.stage {
            open.job.wait(known);
        }
    }

    /// Where the messages begin that its present state rests on.
    pub fn begins(&self) -> &Begin {
        &self.begins
    }

    /// Messages that wait for a first segment.
    pub fn held(&self) -> &[Arrival] {
        match &self.stage {
            Stage::Waiting { held, .. } => held,
            Stage::Open(_) => &[],
        }
    }

    /// The stream that is open.
    pub fn stream(&self) -> Option<&StreamId> {
        match &self.stage {
            Stage::Waiting { .. } => None,
            Stage::Open(open) => Some(&open.stream),
        }
    }

    /// Whether nothing is open and nothing waits.
    pub fn is_over(&self) -> bool {
        matches!(&self.stage, Stage::Waiting { held, .. } if held.is_empty())
    }

    /// Until when reactions to an ended stream are waited for, Unix microseconds; `None` while none has ended.
    pub fn ends_us(&self) -> Option<i64> {
        self.ends_us
    }

    /// Whether it is over when it is `now_us` (Unix microseconds, by the messages of all rooms): it was ended, or was
    /// silent for `silence`.
    pub fn is_due(&self, now_us: i64, silence: Span) -> bool {
        match self.ends_us {
            Some(ends) => now_us > ends,
            None => self.newest_us != i64::MIN && now_us.saturating_sub(self.newest_us) > silence.as_micros(),
        }
    }

    /// Takes a message of this room. `begins`: where its topics are read next, this message included. With `skip`, a
    /// segment is not decoded, for the reason given.
    ///
    /// # Errors
    /// If a job can't be set up.
    pub fn take(
        &mut self,
        arrival: Arrival,
        begins: &dyn Fn() -> Begin,
        skip: Option<&str>,
        with: &Opening,
    ) -> anyhow::Result<Vec<Happening>> {
        let mut happened = Vec::new();
        let at_us = arrival.order_us.or(arrival.at_us).unwrap_or(self.newest_us);
        if self.is_due(at_us, with.patience.silence) {
            self.end(with, &mut happened)?;
        }
        if self.is_over() && !std::mem::take(&mut self.is_resumed) {
            self.begins = begins();
        }
        match &arrival.said {
            Said::Segment(segment) if self.stream() != Some(&segment.stream) => {
                if self.stream().is_some() {
                    self.close(&mut happened);
                    self.begins = begins();
                }
                let (stream, start) = (segment.stream.clone(), segment.start);
                let started_at = WallTime::from_micros(segment.captured_at.as_micros() - start.as_micros());
                self.open(stream, started_at, Some(start), with, &mut happened)?;
            }
            Said::End(end) => {
                let is_ours = self.stream() == Some(&end.stream);
                let (ending, why) = match is_ours {
                    true => (Ending::Scored, ""),
                    false => (Ending::Skipped, "end of a stream that is not open"),
                };
                happened.push(Happening::Ended(Entry::one(&arrival.message.position, ending, why)));
                self.newest_us = self.newest_us.max(at_us);
                if is_ours {
                    self.ends_us = Some(at_us.saturating_add(with.patience.ending.as_micros()));
                    self.end_media(&mut happened);
                }
                return Ok(happened);
            }
            _ => {}
        }
        self.newest_us = self.newest_us.max(at_us);
        match &mut self.stage {
            Stage::Open(_) => self.push(arrival, skip, &mut happened),
            Stage::Waiting { since_us, held } => {
                let told_us = arrival.at_us.unwrap_or(at_us);
                *since_us = (since_us.0.min(at_us), since_us.1.min(told_us));
                // A past that is written down at once goes by what it tells.
                let waited = (at_us - since_us.0).max(told_us - since_us.1);
                held.push(arrival);
                if waited > with.patience.media.as_micros() && held.iter().any(is_said) {
                    self.open_chat(with, &mut happened)?;
                }
            }
        }
        Ok(happened)
    }

    /// Nothing came for long: what is there is settled.
    ///
    /// # Errors
    /// As [`Self::take`].
    pub fn end(&mut self, with: &Opening, happened: &mut Vec<Happening>) -> anyhow::Result<()> {
        if self.held().iter().any(is_said) {
            self.open_chat(with, happened)?;
        } else if let Stage::Waiting { held, .. } = &mut self.stage {
            // Shown to somebody, and nothing ever came.
            let end = |arrival: Arrival| {
                Entry::one(&arrival.message.position, Ending::Skipped, "feedback about no stream")
            };
            happened.extend(std::mem::take(held).into_iter().map(end).map(Happening::Ended));
        }
        self.close(happened);
        Ok(())
    }

    /// A stream of the held messages alone, from the first one's time, in whole units.
    fn open_chat(&mut self, with: &Opening, happened: &mut Vec<Happening>) -> anyhow::Result<()> {
        let first = self.held().iter().filter_map(|arrival| arrival.at_us).min().unwrap_or(0);
        let unit = with.config.unit().as_micros();
        let stream = StreamId::nearest(&format!("chat-{first}"), "chat");
        let started_at = WallTime::from_micros(first.div_euclid(unit) * unit);
        self.open(stream, started_at, None, with, happened)
    }

    fn open(
        &mut self,
        stream: StreamId,
        started_at: WallTime,
        media: Option<MediaTime>,
        with: &Opening,
        happened: &mut Vec<Happening>,
    ) -> anyhow::Result<()> {
        let Stage::Waiting { held, .. } = &mut self.stage else { return Ok(()) };
        let held = std::mem::take(held);
        let config = &with.config;
        let settings = RoomSettings {
            expects_media: media.is_some(),
            begins_at: media.unwrap_or(MediaTime::ZERO),
            picture_size: with.model.picture_size(),
            ..RoomSettings::new(config, self.room.clone(), stream.clone(), Some(started_at))
        };
        // Live messages name no streamer; the room stands for whoever is in it.
        let room = self.room.as_str();
        let scoring = Scoring { speech: with.model.speech(room), ..with.model.scoring(config, room)? };
        let decoder = SegmentDecoder::new(settings.first_decoding());
        let mut job = RoomJob::new(settings, scoring).with_context(|| format!("room {}", self.room))?;
        job.build_again(std::mem::take(&mut self.unserved));
        job.wait(self.is_known);
        self.stage = Stage::Open(Box::new(Open { decoder, job, stream: stream.clone() }));
        happened.push(Happening::Opened { stream, started_at, has_media: media.is_some() });
        for arrival in held {
            self.push(arrival, None, happened);
        }
        Ok(())
    }

    fn push(&mut self, arrival: Arrival, skip: Option<&str>, happened: &mut Vec<Happening>) {
        let Stage::Open(open) = &mut self.stage else { return };
        let Arrival { message, said, .. } = arrival;
        let position = message.position.clone();
        let input = match said {
            Said::Comment(comment) => Input::Comment(position, comment),
            Said::Gift(gift) => Input::Gift(position, gift),
            Said::Feedback(feedback) => Input::Feedback(position, feedback),
            Said::Segment(segment) => match skip {
                Some(why) => Input::Skipped(segment, why.to_owned()),
                None => {
                    let decoded = timed(names::DECODE, || decode(&mut open.decoder, *segment));
                    if decoded.is_unreadable() {
                        happened.push(Happening::Dead(Arc::new(message), decoded.faults.join("; ")));
                    }
                    Input::Media(Box::new(decoded))
                }
            },
            Said::End(_) | Said::Poison(_) => return,
        };
        open.give(Some(input), happened);
    }

    fn end_media(&mut self, happened: &mut Vec<Happening>) {
        let Stage::Open(open) = &mut self.stage else { return };
        if let Some(sound) = open.decoder.finish() {
            open.give(Some(Input::LastSound(sound)), happened);
        }
        open.give(Some(Input::MediaOver), happened);
    }

    fn close(&mut self, happened: &mut Vec<Happening>) {
        // What comes next finds a room that knows nothing of before, as after a restart.
        self.newest_us = i64::MIN;
        self.ends_us = None;
        if self.stream().is_none() {
            return;
        }
        let Stage::Open(mut open) = std::mem::replace(&mut self.stage, waiting()) else { return };
        if let Some(sound) = open.decoder.finish() {
            open.give(Some(Input::LastSound(sound)), happened);
        }
        open.give(None, happened);
        let length = open.job.media_end().unwrap_or(MediaTime::ZERO) - MediaTime::ZERO;
        happened.push(Happening::Closed { length });
    }
}

impl Open {
    /// An input into the job, or its end, and what follows.
    fn give(&mut self, input: Option<Input>, happened: &mut Vec<Happening>) {
        let outputs = timed(names::MODEL, || match input {
            Some(input) => self.job.push(input),
            None => self.job.finish(),
        });
        happened.extend(self.job.drain_ledger().into_iter().map(Happening::Ended));
        happened.extend(outputs.into_iter().map(|output| match output {
            Output::Ledger(entry) => Happening::Ended(entry),
            output => Happening::Gave(output),
        }));
    }
}
