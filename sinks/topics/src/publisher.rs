//! Publishes result events: checked, as JSON, under their topic's full name and their room's key.

use crate::{Error, EventSink, ResultEvent};

/// Publishes to the topics of one prefix.
#[derive(Debug)]
pub struct Publisher<S> {
    sink: S,
    prefix: String,
}

impl<S: EventSink> Publisher<S> {
    /// Publishes to `prefix.scores` and so on.
    pub fn new(sink: S, prefix: impl Into<String>) -> Self {
        Self { sink, prefix: prefix.into() }
    }

    /// Publishes one event.
    ///
    /// # Errors
    /// If a field holds what no consumer could use, or the sink fails; the event is then not published.
    pub fn publish<E: ResultEvent>(&self, event: &E) -> Result<(), Error> {
        let (topic, room) = (E::TOPIC, || event.room().to_owned());
        event.check().map_err(|(field, reason)| Error::Field { topic, room: room(), field, reason })?;
        let value =
            serde_json::to_vec(event).map_err(|source| Error::Json { topic, room: room(), source })?;
        let topic = format!("{}.{topic}", self.prefix);
        self.sink.publish(&topic, event.room(), value).map_err(|source| Error::Publish {
            topic,
            room: room(),
            source,
        })
    }

    /// Waits until everything published is written. To be called before inputs are committed or given up.
    ///
    /// # Errors
    /// If something was not written.
    pub fn flush(&self) -> Result<(), Error> {
        self.sink.flush().map_err(|source| Error::Flush { source })
    }

    /// The sink.
    pub fn sink(&self) -> &S {
        &self.sink
    }
}
