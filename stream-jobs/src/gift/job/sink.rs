//! Predictions into the table and onto their topic, dead letters onto theirs.
//!
//! Invariant: what was given is acknowledged when `flush` returns, or an error says that it is not.

use kairos_clickhouse::{ATTEMPTS, Store, Writer, WriterOptions};
use kairos_kafka::{Message, Settings};
use kairos_topics::{GiftPrediction, Publisher};
use tokio::runtime::Runtime;
use tracing::Span;

use super::rooms::Row;
use crate::live::{Events, range};
use crate::telemetry::names;
use crate::telemetry::trace::Unacknowledged;

/// Where predictions go.
pub struct Sink {
    runtime: Runtime,
    store: Store,
    writer: Writer,
    events: Publisher<Events>,
    unacknowledged: Unacknowledged,
    /// Rows so far.
    pub rows: u64,
    /// Dead letters so far.
    pub dead: u64,
}

impl Sink {
    /// Opens a sink.
    ///
    /// # Errors
    /// If the settings can't be used.
    pub fn new(runtime: Runtime, store: Store, settings: &Settings) -> anyhow::Result<Self> {
        let writer = Writer::new(&store, WriterOptions { attempts: ATTEMPTS, ..WriterOptions::default() })?;
        let events = Events::open(settings)?;
        let events = Publisher::new(events, settings.prefix.clone());
        let unacknowledged = Unacknowledged::default();
        Ok(Self { runtime, store, writer, events, unacknowledged, rows: 0, dead: 0 })
    }

    /// Takes predictions, which came of the current message.
    ///
    /// # Errors
    /// If those before them could not be written.
    pub fn give(&mut self, rows: Vec<Row>) -> anyhow::Result<()> {
        let inserts = self.unacknowledged.giving(&[Span::current()], rows.len());
        for (row, positions) in rows {
            self.events.publish(&GiftPrediction {
                room: row.room.clone(),
                stream: row.stream.clone(),
                streamer: row.streamer.clone(),
                media_us: row.media_us,
                user: row.user.clone(),
                probability: row.probability,
                expected_value: row.expected_value,
                reason: row.reason.clone(),
                model: row.model.clone(),
                revision: row.revision,
                position: range(&positions),
            })?;
            let Self { runtime, writer, .. } = self;
            runtime.block_on(writer.write(row)).map_err(|refused| refused.error)?;
            self.rows += 1;
            metrics::counter!(names::ROWS).increment(1);
        }
        self.unacknowledged.given(inserts);
        Ok(())
    }

    /// Takes a message that can't be used.
    ///
    /// # Errors
    /// If those before it could not be written.
    pub fn bury(&mut self, message: &Message, why: &str) -> anyhow::Result<()> {
        self.dead += 1;
        self.events.sink().bury(message, why)
    }

    /// Sends what is due.
    ///
    /// # Errors
    /// If it can't be written.
    pub fn flush_due(&mut self) -> anyhow::Result<()> {
        let Self { runtime, writer, unacknowledged, .. } = self;
        runtime.block_on(writer.flush_due())?;
        unacknowledged.acknowledged(writer.held_since());
        Ok(())
    }

    /// Waits until all that was given is acknowledged.
    ///
    /// # Errors
    /// If it can't be written.
    pub fn flush(&mut self) -> anyhow::Result<()> {
        let Self { runtime, writer, events, unacknowledged, .. } = self;
        runtime.block_on(writer.flush())?;
        unacknowledged.acknowledged(None);
        Ok(events.flush()?)
    }

    /// Flushes and ends.
    ///
    /// # Errors
    /// If something can't be written.
    pub fn close(mut self) -> anyhow::Result<()> {
        self.flush()?;
        let Self { runtime, store, writer, .. } = self;
        drop(writer);
        Ok(runtime.block_on(store.close())?)
    }
}
