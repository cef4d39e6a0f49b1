//! Rooms that are live, and the predictions that are made in them.
//!
//! Invariant: a message that was in the state already builds the room's content again and counts nowhere else.

use std::collections::BTreeMap;
use std::sync::Arc;

use kairos_timeline::{MediaTime, Position, PositionRange, RoomId, Span};

use super::state::OpenRoom;
use crate::gift::{Act, Desk, Predictor, RoomGifts};
use crate::graph::position_key;
use crate::live::{Arrival, Begin, Happening, LiveRoom, Opening, Positions, Said, say_damaged};
use crate::room::{Output, Placed};
use crate::telemetry::{names, timed};

/// A prediction and what it rests on.
pub type Row = (kairos_clickhouse::GiftPrediction, PositionRange);

/// One room.
pub struct GiftRoom {
    room: RoomId,
    partition: i32,
    live: LiveRoom,
    gifts: Option<RoomGifts>,
    /// Acts that wait while nothing is open.
    desk: Desk,
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

impl GiftRoom {
    /// A room as it was kept.
    pub fn new(room: RoomId, kept: OpenRoom) -> Self {
        let OpenRoom { partition, begins, desk } = kept;
        Self { live: LiveRoom::new(room.clone(), begins), partition, room, gifts: None, desk }
    }

    /// As it is kept.
    pub fn kept(&self) -> OpenRoom {
        let desk = match &self.gifts {
            Some(gifts) => gifts.desk().clone(),
            None => self.live.held().iter().fold(self.desk.clone(), |mut desk, arrival| {
                if let Some(act) = act_of(arrival) {
                    desk.add(act);
                }
                desk
            }),
        };
        OpenRoom { partition: self.partition, begins: self.live.begins().clone(), desk }
    }

    /// Number of its partitions.
    pub fn partition(&self) -> i32 {
        self.partition
    }

    /// Where the messages begin that its present state rests on.
    pub fn begins(&self) -> &Begin {
        self.live.begins()
    }

    /// Whether its stream has ended, and reactions are waited for.
    pub fn is_ending(&self) -> bool {
        self.live.ends_us().is_some()
    }

    /// Whether it is over, as [`LiveRoom::is_due`].
    pub fn is_due(&self, now_us: i64, silence: Span) -> bool {
        self.live.is_due(now_us, silence)
    }

    /// Takes a message of this room; messages before `known` were in the state already.
    ///
    /// # Errors
    /// If a job can't be set up or the ranker refuses an input.
    pub fn take(
        &mut self,
        arrival: Arrival,
        begins: &dyn Fn() -> Begin,
        known: &Positions,
        with: &Opening,
        predictor: &mut Predictor,
    ) -> anyhow::Result<Step> {
        let position = arrival.message.position.clone();
        let next = known.get(&position_key(&position.topic, position.partition));
        self.live.build(next.is_some_and(|next| position.offset < *next));
        let happened = self.live.take(arrival, begins, None, with)?;
        self.follow(happened, &position, known, with, predictor)
    }

    /// Nothing came for long: what is there is settled.
    ///
    /// # Errors
    /// As [`Self::take`].
    pub fn end(
        &mut self,
        known: &Positions,
        with: &Opening,
        predictor: &mut Predictor,
    ) -> anyhow::Result<Step> {
        let mut happened = Vec::new();
        self.live.end(with, &mut happened)?;
        self.follow(happened, &Position::in_file("end", 0), known, with, predictor)
    }

    fn follow(
        &mut self,
        happened: Vec<Happening>,
        position: &Position,
        known: &Positions,
        with: &Opening,
        predictor: &mut Predictor,
    ) -> anyhow::Result<Step> {
        let mut step = Step::default();
        for happening in happened {
            match happening {
                Happening::Opened { stream, .. } => {
                    let desk = std::mem::take(&mut self.desk);
                    let unit = with.config.unit();
                    self.gifts = Some(RoomGifts::new(self.room.clone(), stream, unit, desk));
                }
                Happening::Gave(output) => {
                    self.gave(&output, position, known, predictor, &mut step.rows)?;
                }
                Happening::Dead(message, why) => step.dead.push((message, why)),
                Happening::Closed { .. } => {
                    if let Some(gifts) = self.gifts.take() {
                        gifts.finish(predictor);
                    }
                }
                Happening::Ended(_) => {}
            }
        }
        step.is_over = self.live.is_over();
        Ok(step)
    }

    fn gave(
        &mut self,
        output: &Output,
        position: &Position,
        known: &Positions,
        predictor: &mut Predictor,
        rows: &mut Vec<Row>,
    ) -> anyhow::Result<()> {
        let at = match output {
            Output::Comment(placed) => Some(&placed.position),
            Output::Gift(placed) => Some(&placed.position),
            Output::Feedback(placed) => Some(&placed.position),
            Output::Fault(fault) => {
                let stream = self.live.stream().map(ToString::to_string).unwrap_or_default();
                say_damaged(&self.room, &stream, fault);
                None
            }
            _ => None,
        };
        if at.is_some_and(|at| is_known(known, at)) {
            return Ok(());
        }
        let Some(gifts) = &mut self.gifts else { return Ok(()) };
        let positions = match output {
            Output::Features(unit) => unit.positions.clone(),
            _ => None,
        };
        let range = positions.unwrap_or_else(|| PositionRange::of(position));
        let found = match output {
            Output::Features(_) => timed(names::PREDICT, || gifts.take(output, predictor))?,
            _ => gifts.take(output, predictor)?,
        };
        rows.extend(found.into_iter().map(|row| (row, range.clone())));
        Ok(())
    }
}

/// Whether a message was in the state already.
pub fn is_known(known: &Positions, at: &Position) -> bool {
    known.get(&position_key(&at.topic, at.partition)).is_some_and(|next| at.offset < *next)
}

fn act_of(arrival: &Arrival) -> Option<Act> {
    let (at, late, position): (Option<MediaTime>, _, _) = (None, false, arrival.message.position.clone());
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
pub type Rooms = BTreeMap<RoomId, GiftRoom>;
