//! Rows into the tables, events onto their topics, dead letters onto theirs.
//!
//! Invariant: what was given is acknowledged when `flush` returns, or an error says that it is not; a checkpoint is written
//! after everything that it stands for.

use std::sync::Arc;
use std::time::Duration;

use kairos_clickhouse::{ATTEMPTS, Checkpoint, Store, Writer, WriterOptions};
use kairos_topics::Publisher;
use tokio::runtime::Handle;
use tracing::Span;

use super::partition::Outbox;
use super::stream::Event;
use crate::live::Events;
use crate::rows::TableRow;
use crate::telemetry::names;
use crate::telemetry::trace::Unacknowledged;

/// Where results of one thread go.
pub struct Sink {
    runtime: Handle,
    writer: Writer,
    events: Option<Arc<Publisher<Events>>>,
    unacknowledged: Unacknowledged,
    /// Rows so far.
    pub rows: u64,
}

impl Sink {
    /// A sink into tables alone.
    ///
    /// # Errors
    /// If the machine has no source of randomness.
    pub fn tables(runtime: Handle, store: &Store, age: Duration) -> anyhow::Result<Self> {
        let options = WriterOptions { age, attempts: ATTEMPTS, ..WriterOptions::default() };
        let (writer, unacknowledged) = (Writer::new(store, options)?, Unacknowledged::default());
        Ok(Self { runtime, writer, events: None, unacknowledged, rows: 0 })
    }

    /// The same, with events and dead letters onto topics.
    #[must_use]
    pub fn with_events(self, events: Arc<Publisher<Events>>) -> Self {
        Self { events: Some(events), ..self }
    }

    /// Takes what came of messages.
    ///
    /// # Errors
    /// If what came before could not be written.
    pub fn give(&mut self, out: &mut Outbox) -> anyhow::Result<()> {
        let traces = std::mem::take(&mut out.traces);
        let inserts = self.unacknowledged.giving(&traces, out.rows.len());
        traces.first().unwrap_or(&Span::none()).in_scope(|| self.give_all(out))?;
        self.unacknowledged.given(inserts);
        Ok(())
    }

    fn give_all(&mut self, out: &mut Outbox) -> anyhow::Result<()> {
        for event in out.events.drain(..) {
            let Some(events) = &self.events else { continue };
            match event {
                Event::Score(event) => events.publish(&*event)?,
                Event::Highlight(event) => events.publish(&*event)?,
            }
        }
        for (message, why) in out.dead.drain(..) {
            match &self.events {
                Some(events) => events.sink().bury(&message, &why)?,
                None => {
                    let at = &message.position;
                    let (topic, partition, offset) = (at.topic.as_ref(), at.partition, at.offset);
                    tracing::warn!(topic, partition, offset, "dead letter: {why}");
                }
            }
        }
        for row in out.rows.drain(..) {
            self.write(row)?;
        }
        Ok(())
    }

    /// Takes a row.
    ///
    /// # Errors
    /// If those before it could not be written.
    pub fn write(&mut self, row: TableRow) -> anyhow::Result<()> {
        self.rows += 1;
        metrics::counter!(names::ROWS).increment(1);
        let Self { runtime, writer, .. } = self;
        runtime.block_on(row.write(writer))
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
        if let Some(events) = events {
            events.flush()?;
        }
        Ok(())
    }

    /// Writes checkpoints, after everything else.
    ///
    /// # Errors
    /// If something can't be written.
    pub fn checkpoint(&mut self, checkpoints: Vec<Checkpoint>) -> anyhow::Result<()> {
        self.flush()?;
        for checkpoint in checkpoints {
            self.write(TableRow::Checkpoint(Box::new(checkpoint)))?;
        }
        let Self { runtime, writer, .. } = self;
        Ok(runtime.block_on(writer.flush())?)
    }
}
