//! Scores, highlights and gift predictions as events, for consumers of the result topics.
//!
//! Events are JSON with plain numbers, keyed by room. Each carries its model, its revision and the inputs it
//! rests on: of the events of one identity the highest revision counts, so that a consumer may see one twice
//! or late and still end with the same. Equal events are equal bytes. Where they go is behind [`EventSink`]:
//! this crate knows no broker.

mod error;
mod event;
mod publisher;
mod sink;

pub use error::Error;
pub use event::{GiftPrediction, Highlight, HighlightState, PositionRange, ResultEvent, ResultTopic, Score};
pub use publisher::Publisher;
pub use sink::{EventSink, MemorySink, Published};
