//! Recordings onto the input topics, as if they were live.
//!
//! Their times move so that they begin now, at their own pace, or, as fast as possible, end now: topics forget what is
//! old, and refuse what is far ahead. Invariant: messages of all recordings are written in the order of their times, as
//! those of rooms that are live together would be.

use std::path::{Path, PathBuf};
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

/// Sends recordings side by side. `paced`: at their own pace. One that can't be opened stops all before anything is sent.
///
/// # Errors
/// If one can't be opened, or the broker does not take a message.
pub fn send(
    config: &Config,
    paths: &[PathBuf],
    overrides: &Overrides,
    paced: bool,
) -> anyhow::Result<Vec<Sent>> {
    let names = config.kafka.names()?;
    let open = |path: &PathBuf| Playing::open(path, overrides, paced, &names);
    let mut playing = paths.iter().map(open).collect::<anyhow::Result<Vec<_>>>()?;
    let producer = Producer::open(&config.kafka)?;
    let mut pacer = Pacer::new(paced);
    while let Some(first) = playing.iter_mut().filter(|one| one.next.is_some()).min_by_key(|one| one.due()) {
        let Some((record, at)) = first.next.take() else { break };
        pacer.wait_for(at);
        producer.post(&record?)?;
        first.sent.messages += 1;
        first.advance(&names);
    }
    let patience = Duration::from_millis(config.kafka.delivery_timeout_ms) + Duration::from_secs(5);
    producer.flush(patience)?;
    Ok(playing.into_iter().map(|one| one.sent).collect())
}

/// A recording that is being sent.
struct Playing {
    recording: Option<Recording>,
    shift: Span,
    /// What goes out next, and when.
    next: Option<Moved>,
    end: Option<StreamEnd>,
    sent: Sent,
}

impl Playing {
    fn open(path: &Path, overrides: &Overrides, paced: bool, names: &Names) -> anyhow::Result<Self> {
        let recording = Recording::open(path, overrides)?;
        let about = About::read(&recording, path)?;
        let began = about.info.started_at;
        let now = clock::wall();
        let length = about.length().max(about.info.events_span);
        let shift = if paced { now - began } else { now - (began + length) };
        let (recording, sent) = (Some(recording), Sent::default());
        let mut playing = Self { recording, shift, next: None, end: None, sent };
        playing.advance(names);
        Ok(playing)
    }

    fn due(&self) -> Option<WallTime> {
        self.next.as_ref().map(|(_, at)| *at)
    }

    /// Makes the next message ready; the last one says that the stream is over.
    fn advance(&mut self, names: &Names) {
        while let Some(recording) = &mut self.recording {
            let Some(item) = recording.next() else {
                self.recording = None;
                break;
            };
            self.next = record_of(item, self.shift, names, &mut self.end);
            if self.next.is_some() {
                return;
            }
            self.sent.faults += 1;
        }
        self.next = self.end.take().map(|end| {
            self.sent.segments = end.segments;
            (Ok(encode_end(&names.of(Topic::Media), &end)), end.captured_at)
        });
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
