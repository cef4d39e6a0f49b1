//! Predictions of one room: what its job gives in, rows out.
//!
//! Invariant: replays and the live job drive this alike.

use kairos_clickhouse::GiftPrediction;
use kairos_timeline::{RoomId, Span, StreamId};

use super::act::Act;
use super::content::Content;
use super::desk::Desk;
use super::predictor::Predictor;
use crate::room::Output;

/// One room's stream.
#[derive(Debug)]
pub struct RoomGifts {
    room: RoomId,
    stream: StreamId,
    unit: Span,
    desk: Desk,
    content: Content,
}

impl RoomGifts {
    /// A stream in units of `unit`, with the acts that wait from before.
    pub fn new(room: RoomId, stream: StreamId, unit: Span, desk: Desk) -> Self {
        Self { room, stream, unit, desk, content: Content::default() }
    }

    /// Acts that wait.
    pub fn desk(&self) -> &Desk {
        &self.desk
    }

    /// Takes what the room's job gives, and gives the rows that follow from it.
    ///
    /// # Errors
    /// If the ranker refuses an input.
    pub fn take(
        &mut self,
        output: &Output,
        predictor: &mut Predictor,
    ) -> anyhow::Result<Vec<GiftPrediction>> {
        if let Some(act) = Act::of(output) {
            self.desk.add(act);
            return Ok(Vec::new());
        }
        let Output::Features(unit) = output else { return Ok(Vec::new()) };
        self.content.push(&unit.features);
        let Some(closed) = self.desk.close(unit, self.unit) else { return Ok(Vec::new()) };
        self.observe(&closed.acts, predictor);
        let predicted = predictor.predict(self.room.as_str(), &self.content.segment(), closed.end_us)?;
        let model = predictor.model().name().to_owned();
        let streamer = predictor.audience().streamer(self.room.as_str()).to_owned();
        let row = |predicted: super::Predicted| GiftPrediction {
            room: self.room.to_string(),
            stream: self.stream.to_string(),
            streamer: streamer.clone(),
            media_us: closed.media_us,
            user: predicted.user,
            probability: predicted.probability as f32,
            expected_value: predicted.expected_value,
            reason: predicted.reason,
            model: model.clone(),
            revision: 0,
        };
        Ok(predicted.into_iter().map(row).collect())
    }

    /// The stream is over: what was done after its last unit is remembered too.
    pub fn finish(mut self, predictor: &mut Predictor) -> Desk {
        let rest = self.desk.rest();
        self.observe(&rest, predictor);
        self.desk
    }

    fn observe(&self, acts: &[Act], predictor: &mut Predictor) {
        for act in acts {
            if let Err(problem) = predictor.observe(self.room.as_str(), act) {
                tracing::warn!(room = %self.room, gift = act.id, "no edge: {problem}");
            }
        }
    }
}
