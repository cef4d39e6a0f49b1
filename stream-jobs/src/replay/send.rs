//! A recording onto the input topics, as if it were live.
//!
//! Its times move so that it begins now, at its own pace, or, as fast as possible, ends now: topics forget what is old, and
//! refuse what is far ahead. Messages carry the moved times, so that jobs find the recording's order whatever the order in
//! which the broker hands them out.

use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use kairos_kafka::{
    Admin, FeedbackEvent, FormatError, Names, Producer, Record, StreamEnd, Topic, encode_end, encode_event,
    encode_segment,
};
use kairos_recording::{Item, Overrides, Recording};
use kairos_timeline::{MediaTime, Position, Span, WallTime};

use super::about::About;
use super::pace::Pacer;
use crate::config::Config;
use crate::live::clock;

/// What was sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sent {
    /// Messages.
    pub messages: u64,
    /// Of them segments.
    pub segments: u64,
    /// Items that could not be read.
    pub faults: u64,
}

/// Creates topics that are missing.
///
/// # Errors
/// If the broker can't be reached or refuses.
pub fn ensure_topics(config: &Config) -> anyhow::Result<()> {
    for topic in Admin::open(&config.kafka)?.ensure_topics()? {
        tracing::info!(topic, "created");
    }
    Ok(())
}

/// Sends the recording at `path`. `paced`: at its own pace.
///
/// # Errors
/// If it can't be opened, or the broker does not take a message.
pub fn send(config: &Config, path: &Path, overrides: &Overrides, paced: bool) -> anyhow::Result<Sent> {
    let recording = Recording::open(path, overrides)?;
    let about = About::read(&recording, path)?;
    let began = about.info.started_at;
    let now = clock::wall();
    let shift = if paced { now - began } else { now - (began + about.length().max(about.info.events_span)) };
    let names = config.kafka.names()?;
    let mut sender = Sender {
        producer: Producer::open(&config.kafka)?,
        pacer: Pacer::new(paced),
        paced,
        sent: Sent::default(),
    };
    let mut end: Option<StreamEnd> = None;
    for item in recording {
        let Some((record, at)) = record_of(item, shift, &names, &mut end) else {
            sender.sent.faults += 1;
            continue;
        };
        sender.send(record?, at)?;
    }
    if let Some(end) = end {
        sender.sent.segments = end.segments;
        let at = end.captured_at;
        sender.send(encode_end(&names.of(Topic::Media), &end), at)?;
    }
    let patience = Duration::from_millis(config.kafka.delivery_timeout_ms) + Duration::from_secs(5);
    sender.producer.flush(patience)?;
    Ok(sender.sent)
}

struct Sender {
    producer: Producer,
    pacer: Pacer,
    paced: bool,
    sent: Sent,
}

impl Sender {
    fn send(&mut self, mut record: Record, at: WallTime) -> anyhow::Result<()> {
        self.pacer.wait_for(at);
        if !self.paced {
            record.written_ms = Some(at.as_micros().div_euclid(1_000));
        }
        self.sent.messages += 1;
        Ok(self.producer.post(&record)?)
    }
}

type Moved = (anyhow::Result<Record>, WallTime);

/// The message of an item, and when it is due; `None` for one that could not be read.
fn record_of(item: Item, shift: Span, names: &Names, end: &mut Option<StreamEnd>) -> Option<Moved> {
    let event = |result: Result<Record, FormatError>| result.context("encoding an event");
    Some(match item {
        Item::Segment(mut segment) => {
            segment.captured_at += shift;
            let captured_at = segment.captured_at + segment.duration;
            *end = Some(StreamEnd {
                room: segment.room.clone(),
                stream: segment.stream.clone(),
                segments: segment.sequence + 1,
                at: segment.end().max(end.as_ref().map_or(MediaTime::ZERO, |end| end.at)),
                captured_at,
                position: Position::in_file("", 0),
            });
            (Ok(encode_segment(&names.of(Topic::Media), &segment)), captured_at)
        }
        Item::Comment(_, mut comment) => {
            comment.sent_at += shift;
            (event(encode_event(&names.of(Topic::Comments), &comment)), comment.sent_at)
        }
        Item::Gift(_, mut gift) => {
            gift.sent_at += shift;
            (event(encode_event(&names.of(Topic::Gifts), &gift)), gift.sent_at)
        }
        Item::Feedback(_, mut feedback) => {
            feedback.sent_at += shift;
            let at = feedback.sent_at;
            let told = FeedbackEvent { feedback, other: serde_json::Map::new() };
            (event(encode_event(&names.of(Topic::Feedback), &told)), at)
        }
        Item::Fault(fault) => {
            tracing::warn!(at = %fault.position, "{}", fault.reason);
            return None;
        }
        other => {
            tracing::warn!("unknown item {other:?}");
            return None;
        }
    })
}
