//! Comments, gifts and feedback as messages: one JSON object each, keyed by its room.
//!
//! Fields that are not known are kept and written again; a field that is missing or malformed is an error
//! that names it. What is accepted here is what the JSON Schemas in `schemas/` accept.

use kairos_timeline::{Comment, Feedback, Gift, RoomId};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::format::room_of;
use crate::{FormatError, Message, Problem, Record};

/// Feedback with the fields of its source that have no place in [`Feedback`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FeedbackEvent {
    /// What happened.
    #[serde(flatten)]
    pub feedback: Feedback,
    /// Other fields, kept as they came.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// An event that travels as JSON.
pub trait JsonEvent: Serialize + Sized {
    /// Fields that must be there.
    const REQUIRED: &'static [&'static str];
    /// The room.
    fn room(&self) -> &RoomId;
    /// What the types alone don't say: the field at fault and why.
    ///
    /// # Errors
    /// If a value is outside of what makes sense.
    fn check(&self) -> Result<(), (&'static str, String)>;
    /// Reads the JSON object.
    ///
    /// # Errors
    /// If a field holds something else than it should.
    fn parse(bytes: &[u8], fields: &Map<String, Value>) -> Result<Self, PathError>;
}

/// A parser's error with the path of the field.
pub type PathError = serde_path_to_error::Error<serde_json::Error>;

/// From the bytes, not from parsed values: numbers keep their digits, and errors tell line and column.
fn parse<E: DeserializeOwned>(bytes: &[u8]) -> Result<E, PathError> {
    serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_slice(bytes))
}

impl JsonEvent for Comment {
    const REQUIRED: &'static [&'static str] = &["room", "id", "user", "sent_at", "text"];
    fn room(&self) -> &RoomId {
        &self.room
    }
    fn check(&self) -> Result<(), (&'static str, String)> {
        present("id", &self.id)
    }
    fn parse(bytes: &[u8], _: &Map<String, Value>) -> Result<Self, PathError> {
        parse(bytes)
    }
}

impl JsonEvent for Gift {
    const REQUIRED: &'static [&'static str] =
        &["room", "id", "user", "sent_at", "kind", "name", "count", "value", "text"];
    fn room(&self) -> &RoomId {
        &self.room
    }
    fn check(&self) -> Result<(), (&'static str, String)> {
        present("id", &self.id)?;
        if self.count == 0 {
            return Err(("count", "0 is not at least 1".to_owned()));
        }
        if !self.value.is_finite() || self.value < 0.0 {
            return Err(("value", format!("{} is not a number from 0", self.value)));
        }
        match &self.money {
            Some(money) if money.currency.is_empty() => Err(("money.currency", "it is empty".to_owned())),
            _ => Ok(()),
        }
    }
    fn parse(bytes: &[u8], _: &Map<String, Value>) -> Result<Self, PathError> {
        parse(bytes)
    }
}

impl JsonEvent for FeedbackEvent {
    const REQUIRED: &'static [&'static str] = &["room", "id", "user", "sent_at", "kind"];
    fn room(&self) -> &RoomId {
        &self.feedback.room
    }
    fn check(&self) -> Result<(), (&'static str, String)> {
        present("id", &self.feedback.id)?;
        match self.feedback.watched.as_micros() {
            watched if watched < 0 => Err(("watched", format!("{watched} is negative"))),
            _ => Ok(()),
        }
    }
    fn parse(bytes: &[u8], fields: &Map<String, Value>) -> Result<Self, PathError> {
        let known = |field: &str| field == "watched" || Self::REQUIRED.contains(&field);
        let other = fields.iter().filter(|(field, _)| !known(field));
        let other = other.map(|(field, value)| (field.clone(), value.clone())).collect();
        Ok(Self { feedback: parse(bytes)?, other })
    }
}

fn present(field: &'static str, text: &str) -> Result<(), (&'static str, String)> {
    if text.is_empty() { Err((field, "it is empty".to_owned())) } else { Ok(()) }
}

/// The record of an event.
///
/// # Errors
/// If the event can't be written as JSON, or what would be written could not be read again.
pub fn encode_event<E: JsonEvent>(topic: &str, event: &E) -> Result<Record, FormatError> {
    let record = |value: Vec<u8>| Record::keyed(topic, event.room().as_str(), value);
    let unsent = |problem| {
        let position = kairos_timeline::Position { topic: topic.into(), partition: -1, offset: -1 };
        FormatError { position, room: Some(event.room().to_string()), problem }
    };
    if let Err((field, reason)) = event.check() {
        return Err(unsent(Problem::Field { field: field.to_owned(), reason }));
    }
    let value =
        serde_json::to_vec(event).map_err(|error| unsent(Problem::Json { reason: error.to_string() }))?;
    Ok(record(value))
}

/// Reads a message of `kairos.comments`, `.gifts` or `.feedback`.
///
/// # Errors
/// If the key is no room id or another than the value's, or the value lacks a field or holds a wrong one.
pub fn decode_event<E: JsonEvent>(message: &Message) -> Result<E, FormatError> {
    let fail = |problem| FormatError::new(message, problem);
    let Some(bytes) = &message.value else { return Err(fail(Problem::NoValue)) };
    let fields: Map<String, Value> = serde_json::from_slice(bytes)
        .map_err(|error| in_value(message, None, Problem::Json { reason: error.to_string() }))?;
    let fail = |problem| in_value(message, Some(&fields), problem);
    if let Some(field) = E::REQUIRED.iter().find(|field| !fields.contains_key(**field)) {
        return Err(fail(Problem::MissingField { field: (*field).to_owned() }));
    }
    let event = E::parse(bytes, &fields).map_err(|error| {
        let (field, reason) = (error.path().to_string(), error.inner().to_string());
        fail(Problem::Field { field, reason })
    })?;
    event.check().map_err(|(field, reason)| fail(Problem::Field { field: field.to_owned(), reason }))?;
    let (key, value) = (room_of(message)?, event.room());
    if key != *value {
        return Err(fail(Problem::OtherRoom { key: key.to_string(), value: value.to_string() }));
    }
    Ok(event)
}

/// An error whose room is the key's, or the value's where there is no key.
fn in_value(message: &Message, fields: Option<&Map<String, Value>>, problem: Problem) -> FormatError {
    let mut error = FormatError::new(message, problem);
    if error.room.is_none() {
        let room = fields.and_then(|fields| fields.get("room")).and_then(Value::as_str);
        error.room = room.map(|room| room.chars().take(128).collect());
    }
    error
}
