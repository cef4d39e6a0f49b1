//! Segments as messages: the container's bytes are the value, everything else is in the headers.
//!
//! A stream begins with its segment of sequence 0 and ends with a marker: a message with an empty value and
//! the header `event: end`, whose sequence is the number of segments and whose media start is the media time
//! at which the stream ended. Concatenated values play, since the marker adds no byte. A stream whose source
//! died sends no marker; it ends when another stream of the room begins, or by the job's idle timeout.

use std::str::FromStr;

use bytes::Bytes;
use kairos_timeline::{ContentType, MediaTime, Position, RoomId, Segment, Span, StreamId, WallTime};

use crate::format::room_of;
use crate::{FormatError, Message, Problem, Record};

const STREAM: &str = "stream";
const SEQUENCE: &str = "sequence";
const START: &str = "media-start-us";
const DURATION: &str = "duration-us";
const CAPTURED_AT: &str = "captured-at-us";
const CONTENT_TYPE: &str = "content-type";
const EVENT: &str = "event";
const END: &str = "end";

/// What a message of `kairos.media` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Media {
    /// A piece of a stream.
    Segment(Segment),
    /// The stream is over.
    End(StreamEnd),
}

/// The end of a stream, as its source declared it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamEnd {
    /// The room.
    pub room: RoomId,
    /// The broadcast.
    pub stream: StreamId,
    /// How many segments it had: one more than the last sequence.
    pub segments: u64,
    /// Media time at which the last segment ended.
    pub at: MediaTime,
    /// Wall time of that instant.
    pub captured_at: WallTime,
    /// The marker's own place.
    pub position: Position,
}

/// The record of a segment; its position is not part of it.
pub fn encode_segment(topic: &str, segment: &Segment) -> Record {
    let mut record = Record::keyed(topic, segment.room.as_str(), segment.bytes.clone());
    put(
        &mut record,
        [
            (STREAM, segment.stream.to_string()),
            (SEQUENCE, segment.sequence.to_string()),
            (START, segment.start.as_micros().to_string()),
            (DURATION, segment.duration.as_micros().to_string()),
            (CAPTURED_AT, segment.captured_at.as_micros().to_string()),
            (CONTENT_TYPE, segment.content_type.to_string()),
        ],
    );
    record
}

/// The record of a stream's end; its position is not part of it.
pub fn encode_end(topic: &str, end: &StreamEnd) -> Record {
    let mut record = Record::keyed(topic, end.room.as_str(), Bytes::new());
    put(
        &mut record,
        [
            (EVENT, END.to_owned()),
            (STREAM, end.stream.to_string()),
            (SEQUENCE, end.segments.to_string()),
            (START, end.at.as_micros().to_string()),
            (CAPTURED_AT, end.captured_at.as_micros().to_string()),
        ],
    );
    record
}

fn put<const N: usize>(record: &mut Record, headers: [(&str, String); N]) {
    for (name, value) in headers {
        record.headers.push(name, value);
    }
}

/// Reads a message of `kairos.media`.
///
/// # Errors
/// If the key is no room id, a header is missing or malformed, the duration is negative, or a segment has no
/// bytes.
pub fn decode_media(message: &Message) -> Result<Media, FormatError> {
    let room = room_of(message)?;
    let stream =
        StreamId::new(text(message, STREAM)?).map_err(|error| wrong(message, STREAM, error.to_string()))?;
    let sequence = number(message, SEQUENCE)?;
    let start = MediaTime::from_micros(number(message, START)?);
    let captured_at = WallTime::from_micros(number(message, CAPTURED_AT)?);
    let position = message.position.clone();
    match message.headers.get(EVENT) {
        None => {}
        Some(event) if event.as_ref() == END.as_bytes() => {
            return Ok(Media::End(StreamEnd {
                room,
                stream,
                segments: sequence,
                at: start,
                captured_at,
                position,
            }));
        }
        Some(event) => {
            let reason = format!("{:?} is not \"end\"", String::from_utf8_lossy(event));
            return Err(wrong(message, EVENT, reason));
        }
    }
    let duration = number(message, DURATION)?;
    if duration < 0 {
        return Err(wrong(message, DURATION, format!("{duration} is negative")));
    }
    let content_type = ContentType::from_str(text(message, CONTENT_TYPE)?)
        .map_err(|reason| wrong(message, CONTENT_TYPE, reason))?;
    let bytes = match &message.value {
        Some(bytes) if !bytes.is_empty() => bytes.clone(),
        _ => return Err(FormatError::new(message, Problem::NoValue)),
    };
    let duration = Span::from_micros(duration);
    Ok(Media::Segment(Segment {
        room,
        stream,
        sequence,
        start,
        duration,
        captured_at,
        content_type,
        bytes,
        position,
    }))
}

fn wrong(message: &Message, header: &str, reason: String) -> FormatError {
    FormatError::new(message, Problem::Header { header: header.to_owned(), reason })
}

fn text<'a>(message: &'a Message, header: &str) -> Result<&'a str, FormatError> {
    let Some(value) = message.headers.get(header) else {
        return Err(FormatError::new(message, Problem::MissingHeader { header: header.to_owned() }));
    };
    std::str::from_utf8(value).map_err(|error| wrong(message, header, error.to_string()))
}

fn number<N: FromStr<Err: ToString>>(message: &Message, header: &str) -> Result<N, FormatError> {
    let text = text(message, header)?;
    text.parse().map_err(|error: N::Err| wrong(message, header, format!("{text:?}: {}", error.to_string())))
}

/// The headers of a media message as the JSON object that its schema describes.
pub fn headers_as_json(message: &Message) -> serde_json::Value {
    let shown = |value: Option<&Bytes>| value.map(|value| String::from_utf8_lossy(value).into_owned());
    message.headers.iter().map(|(name, value)| (name.to_owned(), shown(value))).collect()
}
