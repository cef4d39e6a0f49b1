//! A message as it was read, a record as it is to be written.
//!
//! Headers are kept in order and may repeat; the last of a name counts, as in Kafka's own clients.

use std::sync::Arc;

use bytes::Bytes;
use kairos_timeline::Position;
use rdkafka::message::{BorrowedMessage, Header, Headers as _, Message as _, OwnedHeaders};

/// Headers in order; a header may lack a value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Headers(Vec<(String, Option<Bytes>)>);

impl Headers {
    /// Adds a header behind the others.
    pub fn push(&mut self, name: &str, value: impl Into<Bytes>) {
        self.0.push((name.to_owned(), Some(value.into())));
    }

    /// Value of the last header of a name; `None` when there is none or it has no value.
    pub fn get(&self, name: &str) -> Option<&Bytes> {
        self.0.iter().rev().find(|(known, _)| known == name)?.1.as_ref()
    }

    /// Removes the last header of a name.
    pub(crate) fn take_last(&mut self, name: &str) -> Option<Bytes> {
        let index = self.0.iter().rposition(|(known, _)| known == name)?;
        self.0.remove(index).1
    }

    /// All headers in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Option<&Bytes>)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_ref()))
    }

    /// Bytes that they take in a message, roughly.
    pub(crate) fn size(&self) -> usize {
        self.0.iter().map(|(name, value)| name.len() + value.as_ref().map_or(0, Bytes::len) + 8).sum()
    }

    pub(crate) fn to_native(&self) -> OwnedHeaders {
        let headers = OwnedHeaders::new_with_capacity(self.0.len());
        self.0
            .iter()
            .fold(headers, |headers, (key, value)| headers.insert(Header { key, value: value.as_deref() }))
    }
}

/// A message of a topic, detached from the client's memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Where it was read.
    pub position: Position,
    /// The key: the room's id in all topics of the project.
    pub key: Option<Bytes>,
    /// The value.
    pub value: Option<Bytes>,
    /// The headers.
    pub headers: Headers,
    /// When it was written, Unix milliseconds: by its producer's clock, or by the broker's where the topic says so.
    pub written_ms: Option<i64>,
}

impl Message {
    /// Copies a message out of the client's memory. `topic` is taken over when it names the same topic, so
    /// that messages share one allocation of the name.
    pub(crate) fn detach(message: &BorrowedMessage<'_>, topic: &mut Arc<str>) -> Self {
        if **topic != *message.topic() {
            *topic = message.topic().into();
        }
        let headers = message.headers().map_or_else(Headers::default, |headers| {
            let owned =
                |header: Header<'_, &[u8]>| (header.key.to_owned(), header.value.map(Bytes::copy_from_slice));
            Headers(headers.iter().map(owned).collect())
        });
        Self {
            position: Position {
                topic: topic.clone(),
                partition: message.partition(),
                offset: message.offset(),
            },
            key: message.key().map(Bytes::copy_from_slice),
            value: message.payload().map(Bytes::copy_from_slice),
            headers,
            written_ms: message.timestamp().to_millis(),
        }
    }

    /// Bytes that it holds in memory.
    pub fn size(&self) -> usize {
        let length = |bytes: &Option<Bytes>| bytes.as_ref().map_or(0, Bytes::len);
        length(&self.key) + length(&self.value) + self.headers.size() + size_of::<Self>()
    }
}

/// A message to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Full name of the topic.
    pub topic: String,
    /// The key; with it the partition is chosen.
    pub key: Option<Bytes>,
    /// The value.
    pub value: Option<Bytes>,
    /// The headers.
    pub headers: Headers,
    /// When it counts as written, Unix milliseconds; `None`: when it is sent. Old times let a topic forget it early.
    pub written_ms: Option<i64>,
}

impl Record {
    /// A record of a room.
    pub fn keyed(topic: impl Into<String>, key: &str, value: impl Into<Bytes>) -> Self {
        Self {
            topic: topic.into(),
            key: Some(Bytes::copy_from_slice(key.as_bytes())),
            value: Some(value.into()),
            headers: Headers::default(),
            written_ms: None,
        }
    }

    /// Bytes of key, value and headers.
    pub fn size(&self) -> usize {
        let length = |bytes: &Option<Bytes>| bytes.as_ref().map_or(0, Bytes::len);
        length(&self.key) + length(&self.value) + self.headers.size()
    }

    /// The key as errors show it.
    pub(crate) fn key_text(&self) -> String {
        match &self.key {
            Some(key) => String::from_utf8_lossy(key).chars().take(128).collect(),
            None => "(none)".to_owned(),
        }
    }

    /// The message that this record would be at a position: what an in-memory topic delivers.
    pub fn at(self, position: Position) -> Message {
        let Self { key, value, headers, written_ms, .. } = self;
        Message { position, key, value, headers, written_ms }
    }
}
