//! Kafka topics: message formats, consumer, producer.
//!
//! All topics are keyed by room id and partitioned as Java's clients do it. Messages that can't be read are
//! errors that name topic, partition, offset and room; none is dropped. Memory is bounded on both sides.

mod admin;
#[cfg(feature = "test-broker")]
pub mod broker;
mod clock;
mod consumer;
mod context;
mod dead_letter;
mod error;
mod event;
mod format;
mod inquiry;
mod media;
mod message;
mod producer;
mod range;
mod security;
mod settings;
mod slots;
mod topic;

pub use admin::{Admin, Held, Layout};
pub use consumer::{Assigned, Consumer, Event, Lag, Revoked, Stall, Start, TopicPartition};
pub use dead_letter::{DeadLetter, decode_dead_letter, encode_dead_letter};
pub use error::Error;
pub use event::{FeedbackEvent, JsonEvent, PathError, decode_event, encode_event};
pub use format::{FormatError, Problem};
pub use media::{Media, StreamEnd, decode_media, encode_end, encode_segment, headers_as_json};
pub use message::{Headers, Message, Record};
pub use producer::Producer;
pub use range::{RangeReader, read_dead_letters, read_range};
pub use security::{Mechanism, Sasl, Secret, Security, Tls};
pub use settings::{Compression, Settings};
pub use topic::{Names, Topic};
