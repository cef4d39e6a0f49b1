//! Batches of rows, sent until they are acknowledged.
//!
//! Invariants: a batch goes as one `INSERT`; a retry sends the same bytes with the same token; rows leave the
//! writer only when ClickHouse has acknowledged them; a writer holds at most one batch per table and takes no row
//! while that batch waits, so a server that is down slows its caller instead of filling memory.

mod batch;
mod insert;

use std::time::Duration;

pub(crate) use batch::Buffer;

use crate::rows::{
    Checkpoint, ClipRow, CommentRow, Evaluation, EvaluationScore, FeedbackRow, FrameScore, GiftPrediction,
    GiftRow, Highlight, HighlightLabel, LedgerEntry, Review, RoomState, SpokenWord, StreamRow, UnitVector,
};
use crate::{Error, Store, Table};

/// When batches go and how often they are tried.
#[derive(Debug, Clone)]
pub struct WriterOptions {
    /// Rows of a batch, at most. The cost of an insert is per batch, not per row: keep it in the tens of thousands.
    pub rows: usize,
    /// Bytes of a batch, about (its rows as JSON).
    pub bytes: usize,
    /// Age of a batch's first row at which [`Writer::flush_due`] and [`Writer::write`] send it.
    pub age: Duration,
    /// How often a batch is sent before [`Writer`] gives up with an error, the first time included.
    pub attempts: usize,
    /// Pause before the second attempt; doubles each time.
    pub first_pause: Duration,
    /// The longest pause.
    pub longest_pause: Duration,
    /// How long one attempt may wait for the answer.
    pub patience: Duration,
}

impl Default for WriterOptions {
    fn default() -> Self {
        Self {
            rows: 50_000,
            bytes: 16 << 20,
            age: Duration::from_secs(1),
            attempts: 12,
            first_pause: Duration::from_millis(50),
            longest_pause: Duration::from_secs(10),
            patience: Duration::from_secs(60),
        }
    }
}

/// One buffer per table.
#[derive(Debug, Default)]
pub struct Buffers {
    pub(crate) streams: Buffer<StreamRow>,
    pub(crate) frame_scores: Buffer<FrameScore>,
    pub(crate) highlights: Buffer<Highlight>,
    pub(crate) gift_predictions: Buffer<GiftPrediction>,
    pub(crate) comments: Buffer<CommentRow>,
    pub(crate) gifts: Buffer<GiftRow>,
    pub(crate) feedback: Buffer<FeedbackRow>,
    pub(crate) room_state: Buffer<RoomState>,
    pub(crate) ledger: Buffer<LedgerEntry>,
    pub(crate) highlight_labels: Buffer<HighlightLabel>,
    pub(crate) evaluations: Buffer<Evaluation>,
    pub(crate) evaluation_scores: Buffer<EvaluationScore>,
    pub(crate) clips: Buffer<ClipRow>,
    pub(crate) reviews: Buffer<Review>,
    pub(crate) words: Buffer<SpokenWord>,
    pub(crate) unit_vectors: Buffer<UnitVector>,
    pub(crate) checkpoints: Buffer<Checkpoint>,
}

/// A row that was not taken because the batches before it could not be written. Everything taken earlier is still
/// with the writer.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub struct Refused<R: std::fmt::Debug> {
    /// The row, to be written again later.
    pub row: R,
    /// Why.
    #[source]
    pub error: Error,
}

impl<R: std::fmt::Debug> From<Refused<R>> for Error {
    fn from(refused: Refused<R>) -> Self {
        refused.error
    }
}

/// Writes rows of every table. One writer per partition of input keeps batches contiguous.
///
/// Rows still held when a writer is dropped are lost: call [`Writer::flush`] before.
#[derive(Debug)]
pub struct Writer {
    store: Store,
    options: WriterOptions,
    buffers: Buffers,
    incarnation: String,
}

impl Writer {
    /// A writer with empty buffers.
    ///
    /// # Errors
    /// If the machine has no source of randomness: tokens carry a random incarnation, because a token that was
    /// logged by a crash before its rows landed must not swallow the same rows of the next process.
    pub fn new(store: &Store, options: WriterOptions) -> Result<Self, Error> {
        let incarnation = crate::embedded::random_hex()?;
        Ok(Self { store: store.clone(), options, buffers: Buffers::default(), incarnation })
    }

    /// Takes a row; sends the table's batch first when it is full, old, or failed before.
    ///
    /// # Errors
    /// [`Refused`] hands the row back when the batch before it can't be written after all attempts, or when the row
    /// itself can't be (an amount with more decimals than the table holds).
    pub async fn write<R: Table>(&mut self, row: R) -> Result<(), Refused<R>> {
        let buffer = R::buffer(&mut self.buffers);
        if buffer.is_due(&self.options)
            && let Err(error) = insert::send(&self.store, &self.options, &self.incarnation, buffer).await
        {
            return Err(Refused { row, error });
        }
        buffer.push(row).map_err(|(row, problem)| {
            let what = format!("row {} of {}", row.place(), R::VIEW);
            let source = clickhouse::error::Error::Custom(problem);
            Refused { row, error: Error::Query { what, source } }
        })
    }

    /// Sends everything, all tables.
    ///
    /// # Errors
    /// [`Error::Batch`] of the first table that fails; its rows and those of the tables after it stay.
    pub async fn flush(&mut self) -> Result<(), Error> {
        self.send(true).await
    }

    /// Sends the batches that are full, failed before, or whose first row is older than [`WriterOptions::age`].
    ///
    /// # Errors
    /// As [`Writer::flush`].
    pub async fn flush_due(&mut self) -> Result<(), Error> {
        self.send(false).await
    }

    async fn send(&mut self, all: bool) -> Result<(), Error> {
        let Self { store, options, buffers, incarnation } = self;
        macro_rules! each {
            ($($buffer:ident),*) => {$(
                if all || buffers.$buffer.is_due(options) {
                    insert::send(store, options, incarnation, &mut buffers.$buffer).await?;
                }
            )*};
        }
        // The ledger goes after what it accounts for, places in topics after everything that rests on what lies before.
        each!(
            streams,
            comments,
            gifts,
            feedback,
            room_state,
            frame_scores,
            gift_predictions,
            highlights,
            highlight_labels,
            evaluation_scores,
            evaluations,
            words,
            unit_vectors,
            clips,
            reviews,
            ledger,
            checkpoints
        );
        Ok(())
    }

    /// Since when the oldest row waits that is not acknowledged yet: whatever was taken before is acknowledged.
    pub fn held_since(&self) -> Option<std::time::Instant> {
        let b = &self.buffers;
        let since = [
            b.streams.since(),
            b.frame_scores.since(),
            b.highlights.since(),
            b.gift_predictions.since(),
            b.comments.since(),
            b.gifts.since(),
            b.feedback.since(),
            b.room_state.since(),
            b.ledger.since(),
            b.highlight_labels.since(),
            b.evaluations.since(),
            b.evaluation_scores.since(),
            b.clips.since(),
            b.reviews.since(),
            b.words.since(),
            b.unit_vectors.since(),
            b.checkpoints.since(),
        ];
        since.into_iter().flatten().min().map(tokio::time::Instant::into_std)
    }

    /// Rows that are not acknowledged yet.
    pub fn held(&self) -> usize {
        let b = &self.buffers;
        b.streams.held()
            + b.frame_scores.held()
            + b.highlights.held()
            + b.gift_predictions.held()
            + b.comments.held()
            + b.gifts.held()
            + b.feedback.held()
            + b.room_state.held()
            + b.ledger.held()
            + b.highlight_labels.held()
            + b.evaluations.held()
            + b.evaluation_scores.held()
            + b.clips.held()
            + b.reviews.held()
            + b.words.held()
            + b.unit_vectors.held()
            + b.checkpoints.held()
    }
}
