//! From a room's facts to the rows of the tables.

use kairos_clickhouse::{
    CommentRow, FeedbackRow, FrameScore, GiftRow, LedgerEntry, Outcome, RoomState, Writer,
};
use kairos_timeline::{Comment, Feedback, Gift, RoomId, Span, StreamId};

use crate::room::{self, Ending, Placed, UnitScored};

/// A row of any table.
#[derive(Debug, Clone)]
pub enum TableRow {
    /// `streams`.
    Stream(Box<kairos_clickhouse::StreamRow>),
    /// `frame_scores`.
    Score(Box<FrameScore>),
    /// `highlights`.
    Highlight(Box<kairos_clickhouse::Highlight>),
    /// `clips`.
    Clip(Box<kairos_clickhouse::ClipRow>),
    /// `words`.
    Word(Box<kairos_clickhouse::SpokenWord>),
    /// `unit_vectors`.
    Vector(Box<kairos_clickhouse::UnitVector>),
    /// `checkpoints`.
    Checkpoint(Box<kairos_clickhouse::Checkpoint>),
    /// `gift_predictions`.
    GiftPrediction(Box<kairos_clickhouse::GiftPrediction>),
    /// `comments`.
    Comment(Box<CommentRow>),
    /// `gifts`.
    Gift(Box<GiftRow>),
    /// `feedback`.
    Feedback(Box<FeedbackRow>),
    /// `room_state`.
    State(Box<RoomState>),
    /// `ledger`.
    Ledger(Box<LedgerEntry>),
}

impl TableRow {
    /// Hands the row to the writer.
    ///
    /// # Errors
    /// If the batch before it can't be written; the message names table, rows and positions.
    pub async fn write(self, writer: &mut Writer) -> anyhow::Result<()> {
        match self {
            Self::Stream(row) => writer.write(*row).await.map_err(|refused| refused.error)?,
            Self::Score(row) => writer.write(*row).await.map_err(|refused| refused.error)?,
            Self::Highlight(row) => writer.write(*row).await.map_err(|refused| refused.error)?,
            Self::Clip(row) => writer.write(*row).await.map_err(|refused| refused.error)?,
            Self::Word(row) => writer.write(*row).await.map_err(|refused| refused.error)?,
            Self::Vector(row) => writer.write(*row).await.map_err(|refused| refused.error)?,
            Self::Checkpoint(row) => writer.write(*row).await.map_err(|refused| refused.error)?,
            Self::GiftPrediction(row) => writer.write(*row).await.map_err(|refused| refused.error)?,
            Self::Comment(row) => writer.write(*row).await.map_err(|refused| refused.error)?,
            Self::Gift(row) => writer.write(*row).await.map_err(|refused| refused.error)?,
            Self::Feedback(row) => writer.write(*row).await.map_err(|refused| refused.error)?,
            Self::State(row) => writer.write(*row).await.map_err(|refused| refused.error)?,
            Self::Ledger(row) => writer.write(*row).await.map_err(|refused| refused.error)?,
        }
        Ok(())
    }
}

/// Makes the rows of one stream.
#[derive(Debug, Clone)]
pub struct RowMaker {
    room: RoomId,
    stream: StreamId,
    unit: Span,
    model: String,
}

impl RowMaker {
    /// For a stream, scored in units of `unit` by `model` (`name@digest`).
    pub fn new(room: RoomId, stream: StreamId, unit: Span, model: String) -> Self {
        Self { room, stream, unit, model }
    }

    /// The model, `name@digest`.
    pub fn model(&self) -> &str {
        &self.model
    }

    fn room(&self) -> String {
        self.room.to_string()
    }

    fn stream(&self) -> String {
        self.stream.to_string()
    }

    /// A scored unit.
    pub fn score(&self, scored: &UnitScored) -> TableRow {
        let (topic, partition, first_offset, last_offset) = match &scored.positions {
            Some(range) => (range.topic.to_string(), range.partition, range.first, range.last),
            None => (String::new(), 0, -1, -1),
        };
        let mut missing = scored.missing.clone();
        missing.sort();
        TableRow::Score(Box::new(FrameScore {
            room: self.room(),
            stream: self.stream(),
            media_us: scored.start.as_micros(),
            unit_us: self.unit.as_micros(),
            captured_at: scored.captured_at.as_micros(),
            score: scored.score,
            scores: scored.heads.iter().cloned().collect(),
            contributions: scored.contributions.iter().cloned().collect(),
            missing,
            comment_lag_us: scored.comment_lag.map(Span::as_micros),
            // Rounded up: the score rests on nothing later.
            delay_ms: u32::try_from(scored.delay.as_micros().max(0).saturating_add(999) / 1_000)
                .unwrap_or(u32::MAX),
            r#final: scored.is_final,
            model: self.model.clone(),
            revision: scored.revision,
            topic,
            partition,
            first_offset,
            last_offset,
        }))
    }

    /// A comment.
    pub fn comment(&self, placed: &Placed<Comment>) -> TableRow {
        let event = &placed.event;
        TableRow::Comment(Box::new(CommentRow {
            room: self.room(),
            stream: self.stream(),
            id: event.id.clone(),
            user: event.user.clone(),
            text: event.text.clone(),
            sent_at: event.sent_at.as_micros(),
            media_us: placed.at.map(|at| at.as_micros()),
            late: placed.late,
            topic: placed.position.topic.to_string(),
            partition: placed.position.partition,
            offset: placed.position.offset,
            revision: 0,
        }))
    }

    /// A gift.
    pub fn gift(&self, placed: &Placed<Gift>) -> TableRow {
        let event = &placed.event;
        TableRow::Gift(Box::new(GiftRow {
            room: self.room(),
            stream: self.stream(),
            id: event.id.clone(),
            user: event.user.clone(),
            kind: event.kind.as_str().to_owned(),
            name: event.name.clone(),
            count: event.count,
            amount: event.money.as_ref().map(|money| money.amount),
            currency: event.money.as_ref().map(|money| money.currency.clone()).unwrap_or_default(),
            value: event.value,
            text: event.text.clone(),
            sent_at: event.sent_at.as_micros(),
            media_us: placed.at.map(|at| at.as_micros()),
            late: placed.late,
            topic: placed.position.topic.to_string(),
            partition: placed.position.partition,
            offset: placed.position.offset,
            revision: 0,
        }))
    }

    /// Feedback.
    pub fn feedback(&self, placed: &Placed<Feedback>) -> TableRow {
        let event = &placed.event;
        TableRow::Feedback(Box::new(FeedbackRow {
            room: self.room(),
            stream: self.stream(),
            id: event.id.clone(),
            user: event.user.clone(),
            kind: event.kind.as_str().to_owned(),
            watched_us: event.watched.as_micros(),
            sent_at: event.sent_at.as_micros(),
            media_us: placed.at.map(|at| at.as_micros()),
            late: placed.late,
            topic: placed.position.topic.to_string(),
            partition: placed.position.partition,
            offset: placed.position.offset,
            revision: 0,
        }))
    }

    /// A word, recognised by `model`.
    pub fn word(&self, word: &kairos_speech::SpokenWord, model: &str) -> TableRow {
        TableRow::Word(Box::new(kairos_clickhouse::SpokenWord {
            room: self.room(),
            stream: self.stream(),
            start_us: word.start_us,
            end_us: word.end_us,
            text: word.text.clone(),
            language: word.language.clone().unwrap_or_default(),
            probability: word.probability,
            model: model.to_owned(),
            revision: 0,
        }))
    }

    /// A unit's vector.
    pub fn vector(&self, made: &room::UnitVector) -> TableRow {
        TableRow::Vector(Box::new(kairos_clickhouse::UnitVector {
            room: self.room(),
            stream: self.stream(),
            media_us: made.start.as_micros(),
            unit_us: self.unit.as_micros(),
            kind: made.kind.as_str().to_owned(),
            encoder: made.encoder.clone(),
            vector: made.vector.clone(),
            revision: 0,
        }))
    }

    /// How the room is doing.
    pub fn state(&self, state: &room::RoomState) -> TableRow {
        TableRow::State(Box::new(RoomState {
            room: self.room(),
            stream: self.stream(),
            media_us: state.at.as_micros(),
            comment_lag_us: state.comment_lag.map(Span::as_micros),
            lag_confidence: state.lag_confidence as f32,
            fps: state.frame_rate as f32,
            drops: state.drops,
            late: state.late,
            comments: state.comments,
            gifts: state.gifts,
            revision: 0,
        }))
    }

    /// What became of offsets.
    pub fn ledger(&self, entry: &room::Entry) -> TableRow {
        TableRow::Ledger(Box::new(LedgerEntry {
            topic: entry.topic.to_string(),
            partition: entry.partition,
            first_offset: entry.first,
            last_offset: entry.last,
            room: self.room(),
            stream: self.stream(),
            outcome: match entry.ending {
                Ending::Scored => Outcome::Scored,
                Ending::Skipped => Outcome::Skipped,
                Ending::Late => Outcome::Late,
                Ending::Dead => Outcome::Dead,
            },
            reason: entry.reason.clone(),
            revision: 0,
        }))
    }
}
