//! Rooms that are live: their media decoded, their jobs driven, their predictions made.
//!
//! A room waits for its first segment; when its own events go on without one it is taken for a chat alone. A new stream
//! ends the one before. Invariants: what a room gives depends on its messages and the order they come in; a message that
//! was in the state already builds the room's content again and counts nowhere else.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context;
use kairos_decode::SegmentDecoder;
use kairos_timeline::{MediaTime, RoomId, StreamId, WallTime};

use super::arrival::{Arrival, Said};
use super::state::{OpenRoom, Positions};
use crate::config::Config;
use crate::gift::{Act, Desk, Predictor, RoomGifts};
use crate::graph::position_key;
use crate::replay::decode;
use crate::room::{Input, Output, RoomJob, RoomSettings};
use crate::scoring::Model;

/// A prediction and what it rests on.
pub type Row = (kairos_clickhouse::GiftPrediction, kairos_timeline::PositionRange);

/// What is needed to open rooms.
pub struct Opening {
    /// The configuration.
    pub config: Config,
    /// Encoders and the highlight model, by which comments are placed.
    pub model: Model,
    /// Messages before these were in the state.
    pub known: Positions,
}

struct Open {
    stream: StreamId,
    job: RoomJob,
    gifts: RoomGifts,
    decoder: SegmentDecoder,
}

enum Stage {
    /// For media. What came is held.
    Waiting {
        since_us: i64,
        held: Vec<Arrival>,
        desk: Desk,
    },
    Open(Box<Open>),
}

/// One room.
pub struct LiveRoom {
    room: RoomId,
    begins: Positions,
    newest_us: i64,
    stage: Stage,
}

/// What became of a message.
#[derive(Debug, Default)]
pub struct Step {
    /// Predictions.
    pub rows: Vec<Row>,
    /// Messages that can't be used, and why.
    pub dead: Vec<(Arc<kairos_kafka::Message>, String)>,
    /// The room's stream is over.
    pub is_over: bool,
}

impl LiveRoom {
    /// A room whose messages begin at `begins`, with the acts that wait from before.
    pub fn new(room: RoomId, begins: Positions, desk: Desk) -> Self {
        let stage = Stage::Waiting { since_us: i64::MAX, held: Vec::new(), desk };
        Self { room, begins, newest_us: i64::MIN, stage }
    }

    /// As it is kept.
    pub fn kept(&self) -> OpenRoom {
        let desk = match &self.stage {
            Stage::Waiting { desk, held, .. } => held.iter().fold(desk.clone(), |mut desk, arrival| {
                desk.extend(act_of(arrival));
                desk
            }),
            Stage::Open(open) => open.gifts.desk().clone(),
        };
        OpenRoom { begins: self.begins.clone(), desk }
    }

    /// Time of its newest event, Unix microseconds.
    pub fn newest_us(&self) -> i64 {
        self.newest_us
    }

    /// Takes a message of this room.
    ///
    /// # Errors
    /// If a job can't be set up or the ranker refuses an input.
    pub fn take(
        &mut self,
        arrival: Arrival,
        with: &Opening,
        predictor: &mut Predictor,
    ) -> anyhow::Result<Step> {
        let mut step = Step::default();
        let at_us = arrival.at_us.unwrap_or(self.newest_us);
        self.newest_us = self.newest_us.max(at_us);
        match &arrival.said {
            Said::Segment(segment) => {
                let (stream, begin) =
                    (segment.stream.clone(), segment.captured_at.as_micros() - segment.start.as_micros());
                if !matches!(&self.stage, Stage::Open(open) if open.stream == stream) {
                    self.open(stream, begin, true, with, predictor, &mut step)?;
                }
            }
            Said::End(end) => {
                let is_ours = matches!(&self.stage, Stage::Open(open) if open.stream == end.stream);
                if is_ours {
                    self.close(with, predictor, &mut step)?;
                    step.is_over = true;
                }
                return Ok(step);
            }
            _ => {}
        }
        let waits_s = i64::from(with.config.gift.job.media_wait_s);
        match &mut self.stage {
            Stage::Open(_) => self.push(arrival, with, predictor, &mut step)?,
            Stage::Waiting { since_us, held, .. } => {
                *since_us = (*since_us).min(at_us);
                let since = *since_us;
                held.push(arrival);
                if at_us - since > waits_s * 1_000_000 {
                    let unit = with.config.unit().as_micros();
                    let stream = StreamId::nearest(&format!("chat-{since}"), "chat");
                    self.open(stream, since.div_euclid(unit) * unit, false, with, predictor, &mut step)?;
                }
            }
        }
        Ok(step)
    }

    /// Nothing came for long: what is there is settled.
    ///
    /// # Errors
    /// As [`Self::take`].
    pub fn end(&mut self, with: &Opening, predictor: &mut Predictor) -> anyhow::Result<Step> {
        let mut step = Step { is_over: true, ..Step::default() };
        let begin = match &self.stage {
            Stage::Waiting { since_us, held, .. } if !held.is_empty() => Some(*since_us),
            _ => None,
        };
        if let Some(since) = begin {
            let unit = with.config.unit().as_micros();
            let stream = StreamId::nearest(&format!("chat-{since}"), "chat");
            self.open(stream, since.div_euclid(unit) * unit, false, with, predictor, &mut step)?;
        }
        self.close(with, predictor, &mut step)?;
        Ok(step)
    }

    fn open(
        &mut self,
        stream: StreamId,
        begin_us: i64,
        expects_media: bool,
        with: &Opening,
        predictor: &mut Predictor,
        step: &mut Step,
    ) -> anyhow::Result<()> {
        self.close(with, predictor, step)?;
        let Stage::Waiting { held, desk, .. } = &mut self.stage else { return Ok(()) };
        let (held, desk) = (std::mem::take(held), std::mem::take(desk));
        let config = &with.config;
        let settings = RoomSettings {
            expects_media,
            picture_size: with.model.picture_size(),
            ..RoomSettings::new(
                config,
                self.room.clone(),
                stream.clone(),
                Some(WallTime::from_micros(begin_us)),
            )
        };
        let streamer = predictor.audience().streamer(self.room.as_str()).to_owned();
        let scoring = with.model.scoring(config, &streamer)?;
        self.stage = Stage::Open(Box::new(Open {
            decoder: SegmentDecoder::new(settings.first_decoding()),
            gifts: RoomGifts::new(self.room.clone(), stream.clone(), settings.unit, desk),
            job: RoomJob::new(settings, scoring).with_context(|| format!("room {}", self.room))?,
            stream,
        }));
        for arrival in held {
            self.push(arrival, with, predictor, step)?;
        }
        Ok(())
    }

    fn push(
        &mut self,
        arrival: Arrival,
        with: &Opening,
        predictor: &mut Predictor,
        step: &mut Step,
    ) -> anyhow::Result<()> {
        let Stage::Open(open) = &mut self.stage else { return Ok(()) };
        let Arrival { message, said, .. } = arrival;
        let position = message.position.clone();
        let input = match said {
            Said::Comment(comment) => Input::Comment(position.clone(), comment),
            Said::Gift(gift) => Input::Gift(position.clone(), gift),
            Said::Feedback(feedback) => Input::Feedback(position.clone(), feedback),
            Said::Segment(segment) => {
                let decoded = decode(&mut open.decoder, *segment);
                if decoded.pictures.is_empty() && decoded.sound.is_empty() && !decoded.faults.is_empty() {
                    step.dead.push((Arc::new(message), decoded.faults.join("; ")));
                }
                Input::Media(Box::new(decoded))
            }
            Said::End(_) | Said::Poison(_) => return Ok(()),
        };
        let outputs = open.job.push(input);
        open.gather(outputs, &position, with, predictor, &mut step.rows)
    }

    fn close(&mut self, with: &Opening, predictor: &mut Predictor, step: &mut Step) -> anyhow::Result<()> {
        if !matches!(self.stage, Stage::Open(_)) {
            return Ok(());
        }
        let waiting = Stage::Waiting { since_us: i64::MAX, held: Vec::new(), desk: Desk::default() };
        let Stage::Open(mut open) = std::mem::replace(&mut self.stage, waiting) else { return Ok(()) };
        let position = kairos_timeline::Position::in_file("end", 0);
        if let Some(sound) = open.decoder.finish() {
            let outputs = open.job.push(Input::LastSound(sound));
            open.gather(outputs, &position, with, predictor, &mut step.rows)?;
        }
        let outputs = open.job.finish();
        open.gather(outputs, &position, with, predictor, &mut step.rows)?;
        open.gifts.finish(predictor);
        Ok(())
    }
}

impl Open {
    fn gather(
        &mut self,
        outputs: Vec<Output>,
        position: &kairos_timeline::Position,
        with: &Opening,
        predictor: &mut Predictor,
        rows: &mut Vec<Row>,
    ) -> anyhow::Result<()> {
        for output in outputs {
            let at = match &output {
                Output::Comment(placed) => Some(&placed.position),
                Output::Gift(placed) => Some(&placed.position),
                Output::Feedback(placed) => Some(&placed.position),
                Output::Fault(fault) => {
                    tracing::warn!(
                        position = fault.position.as_ref().map(ToString::to_string),
                        "{}",
                        fault.what
                    );
                    None
                }
                _ => None,
            };
            if at.is_some_and(|at| is_known(&with.known, at)) {
                continue;
            }
            let positions = match &output {
                Output::Features(unit) => unit.positions.clone(),
                _ => None,
            };
            let range = positions.unwrap_or_else(|| kairos_timeline::PositionRange::of(position));
            let found = self.gifts.take(&output, predictor)?;
            rows.extend(found.into_iter().map(|row| (row, range.clone())));
        }
        Ok(())
    }
}

/// Whether a message was in the state already.
pub fn is_known(known: &Positions, at: &kairos_timeline::Position) -> bool {
    known.get(&position_key(&at.topic, at.partition)).is_some_and(|next| at.offset < *next)
}

fn act_of(arrival: &Arrival) -> Option<Act> {
    let position = arrival.message.position.clone();
    let placed = |at: Option<MediaTime>| (at, false, position.clone());
    let (at, late, position) = placed(None);
    use crate::room::Placed;
    Act::of(&match &arrival.said {
        Said::Comment(event) => {
            Output::Comment(Box::new(Placed { event: event.clone(), at, late, position }))
        }
        Said::Gift(event) => Output::Gift(Box::new(Placed { event: event.clone(), at, late, position })),
        Said::Feedback(event) => {
            Output::Feedback(Box::new(Placed { event: event.clone(), at, late, position }))
        }
        _ => return None,
    })
}

/// Rooms by id.
pub type Rooms = BTreeMap<RoomId, LiveRoom>;
