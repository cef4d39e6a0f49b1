//! What came of messages, on its way to the sink.

use std::sync::Arc;

use kairos_kafka::Message;
use tracing::Span;

use super::Event;
use crate::rows::TableRow;

/// What came of messages.
#[derive(Debug, Default)]
pub struct Outbox {
    /// Rows.
    pub rows: Vec<TableRow>,
    /// Events.
    pub events: Vec<Event>,
    /// Messages that can't be used, and why.
    pub dead: Vec<(Arc<Message>, String)>,
    /// Spans of the messages that this came of; events belong to the trace of the first.
    pub traces: Vec<Span>,
}

impl Outbox {
    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.events.is_empty() && self.dead.is_empty()
    }
}
