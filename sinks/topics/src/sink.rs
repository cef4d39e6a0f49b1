//! Where events go: one small trait, and an implementation in memory.
//!
//! A sink keeps the order of events of one key. Publishing may be buffered; only a flush confirms.

use std::error::Error as StdError;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Takes events. Implemented over a producer by whoever has one.
pub trait EventSink {
    /// Takes one event; may wait for room.
    ///
    /// # Errors
    /// If this event, or one taken before, could not be written.
    fn publish(&self, topic: &str, key: &str, value: Vec<u8>) -> Result<(), Box<dyn StdError + Send + Sync>>;

    /// Waits until everything taken is written.
    ///
    /// # Errors
    /// If something taken since the last flush was not.
    fn flush(&self) -> Result<(), Box<dyn StdError + Send + Sync>>;
}

impl<S: EventSink + ?Sized> EventSink for &S {
    fn publish(&self, topic: &str, key: &str, value: Vec<u8>) -> Result<(), Box<dyn StdError + Send + Sync>> {
        (**self).publish(topic, key, value)
    }

    fn flush(&self) -> Result<(), Box<dyn StdError + Send + Sync>> {
        (**self).flush()
    }
}

impl<S: EventSink + ?Sized> EventSink for std::sync::Arc<S> {
    fn publish(&self, topic: &str, key: &str, value: Vec<u8>) -> Result<(), Box<dyn StdError + Send + Sync>> {
        (**self).publish(topic, key, value)
    }

    fn flush(&self) -> Result<(), Box<dyn StdError + Send + Sync>> {
        (**self).flush()
    }
}

/// An event as it was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// Full name of the topic.
    pub topic: String,
    /// The key.
    pub key: String,
    /// The value.
    pub value: Vec<u8>,
}

/// Keeps events in memory, in order.
#[derive(Debug, Default)]
pub struct MemorySink {
    events: Mutex<Vec<Published>>,
}

impl MemorySink {
    // Events are only ever added: a panic elsewhere leaves them whole.
    fn lock(&self) -> MutexGuard<'_, Vec<Published>> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Everything published so far.
    pub fn events(&self) -> Vec<Published> {
        self.lock().clone()
    }
}

impl EventSink for MemorySink {
    fn publish(&self, topic: &str, key: &str, value: Vec<u8>) -> Result<(), Box<dyn StdError + Send + Sync>> {
        self.lock().push(Published { topic: topic.to_owned(), key: key.to_owned(), value });
        Ok(())
    }

    fn flush(&self) -> Result<(), Box<dyn StdError + Send + Sync>> {
        Ok(())
    }
}
