//! Traces: the way of a segment from its capture to its rows, over all jobs.
//!
//! A producer begins a trace, or goes on with the one of the message that it works on, and writes it into the headers
//! (`traceparent`, W3C); whoever takes the message goes on with it. Invariants: nothing that is scored depends on a trace;
//! where traces are off no span is made, no header written and nothing opened; a message without a trace, or with one that
//! can't be read, is a message like any other.

mod config;
mod export;
mod follow;

use std::time::{Duration, UNIX_EPOCH};

use kairos_kafka::{Error, Headers, Message, Producer, Record};
use kairos_timeline::{Segment, StreamId};
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator as _};
use opentelemetry::trace::{TraceContextExt as _, Tracer as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::field::Empty;
use tracing::{Span, info_span};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

pub use config::TelemetryConfig;
pub use export::Traces;
pub use follow::{Awaited, Unacknowledged};

use crate::live::clock;

/// Target of all spans: the log shows none of them unless its filter names it.
pub const TARGET: &str = "otlp";
/// What made the spans.
const SCOPE: &str = "kairos";
/// Header of a trace that a message belongs to.
const PARENT: &str = "traceparent";
/// A capture whose clock is further off than this does not tell when it began.
const LONGEST_CAPTURE: Duration = Duration::from_secs(60);

/// A message is taken: the span of all that is done with it, until what came of it is acknowledged.
pub fn taken(message: &Message) -> Span {
    let position = &message.position;
    let span = info_span!(
        target: TARGET,
        parent: None,
        "process",
        "otel.name" = format!("process {}", position.topic),
        "otel.kind" = "consumer",
        "messaging.system" = "kafka",
        "messaging.operation.name" = "process",
        "messaging.operation.type" = "process",
        "messaging.destination.name" = position.topic.as_ref(),
        "messaging.destination.partition.id" = position.partition.to_string(),
        "messaging.kafka.offset" = position.offset,
        "messaging.message.body.size" = message.value.as_ref().map_or(0, |value| value.len()),
        "kairos.room" = Empty,
        "kairos.stream" = Empty,
    );
    if !span.is_disabled() && message.headers.get(PARENT).is_some() {
        let parent = TraceContextPropagator::new().extract(&Carried(&message.headers));
        // Refused only where nobody makes traces of spans.
        span.set_parent(parent).unwrap_or_default();
    }
    span
}

/// A span of a message is about this room, and stream where it is known.
pub fn about(span: &Span, room: &str, stream: Option<&StreamId>) {
    span.record("kairos.room", room);
    if let Some(stream) = stream {
        span.record("kairos.stream", stream.as_str());
    }
}

/// A part of the work on the current message, where its trace is kept.
pub fn step(name: &'static str) -> Span {
    match is_sampled(&Span::current()) {
        true => info_span!(target: TARGET, "step", "otel.name" = name),
        false => Span::none(),
    }
}

/// Rows of the current message go to the tables: until they are acknowledged.
fn insert(rows: usize) -> Span {
    info_span!(
        target: TARGET,
        "insert",
        "otel.name" = "INSERT",
        "otel.kind" = "client",
        "db.system.name" = "clickhouse",
        "db.operation.name" = "INSERT",
        "kairos.rows" = rows,
    )
}

/// Writes `rows` for the current message and waits for their acknowledgement.
pub fn inserted<T>(rows: usize, write: impl FnOnce() -> T) -> T {
    let span = if is_sampled(&Span::current()) { insert(rows) } else { Span::none() };
    span.in_scope(write)
}

/// Posts a record as part of the current message's trace, or of a new one.
///
/// # Errors
/// As [`Producer::post`].
pub fn post(producer: &Producer, record: Record) -> Result<(), Error> {
    let span = sending(&record);
    post_in(&span, producer, record)
}

/// Posts the record of a captured segment, with which a trace begins.
///
/// # Errors
/// As [`Producer::post`].
pub fn post_captured(producer: &Producer, record: Record, segment: &Segment) -> Result<(), Error> {
    let span = sending(&record);
    if !span.is_disabled() {
        about(&span, segment.room.as_str(), Some(&segment.stream));
        span.set_parent(captured(segment)).unwrap_or_default();
    }
    post_in(&span, producer, record)
}

fn post_in(span: &Span, producer: &Producer, mut record: Record) -> Result<(), Error> {
    if !span.is_disabled() {
        TraceContextPropagator::new().inject_context(&span.context(), &mut Carrying(&mut record.headers));
    }
    // The producer keeps the current span until the broker has the message.
    span.in_scope(|| producer.post(&record))
}

fn sending(record: &Record) -> Span {
    let key = || record.key.as_ref().map(|key| String::from_utf8_lossy(key).into_owned());
    info_span!(
        target: TARGET,
        "send",
        "otel.name" = format!("send {}", record.topic),
        "otel.kind" = "producer",
        "otel.status_code" = Empty,
        "messaging.system" = "kafka",
        "messaging.operation.name" = "send",
        "messaging.operation.type" = "send",
        "messaging.destination.name" = record.topic,
        "messaging.destination.partition.id" = Empty,
        "messaging.kafka.offset" = Empty,
        "messaging.message.body.size" = record.value.as_ref().map_or(0, |value| value.len()),
        // The key of every topic.
        "kairos.room" = key(),
        "kairos.stream" = Empty,
    )
}

/// The first span of a segment: from its last picture until it is posted.
fn captured(segment: &Segment) -> Context {
    let now = clock::wall().as_micros();
    let longest = i64::try_from(LONGEST_CAPTURE.as_micros()).unwrap_or(i64::MAX);
    let end = (segment.captured_at + segment.duration).as_micros();
    let began = if (now - longest..=now).contains(&end) { end } else { now };
    let tracer = opentelemetry::global::tracer(SCOPE);
    let span = tracer
        .span_builder("capture")
        .with_start_time(UNIX_EPOCH + Duration::from_micros(began.unsigned_abs()))
        .with_attributes([
            KeyValue::new("kairos.room", segment.room.to_string()),
            KeyValue::new("kairos.stream", segment.stream.to_string()),
            KeyValue::new("kairos.sequence", i64::try_from(segment.sequence).unwrap_or(i64::MAX)),
            KeyValue::new("kairos.media_start_us", segment.start.as_micros()),
            KeyValue::new("kairos.duration_us", segment.duration.as_micros()),
        ])
        .start_with_context(&tracer, &Context::new());
    Context::new().with_span(span)
}

/// Whether the trace of a span is kept.
fn is_sampled(span: &Span) -> bool {
    !span.is_disabled() && span.context().span().span_context().is_sampled()
}

struct Carried<'a>(&'a Headers);

impl Extractor for Carried<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        std::str::from_utf8(self.0.get(name)?).ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.iter().map(|(name, _)| name).collect()
    }
}

struct Carrying<'a>(&'a mut Headers);

impl Injector for Carrying<'_> {
    fn set(&mut self, name: &str, value: String) {
        // A trace without a state has an empty one.
        if !value.is_empty() {
            self.0.push(name, value);
        }
    }
}

#[cfg(test)]
mod tests;
