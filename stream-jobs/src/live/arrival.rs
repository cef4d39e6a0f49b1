//! A message of an input topic, read.
//!
//! Invariants: every message becomes something, and what can't be read keeps its bytes and says why; a message's place
//! among others follows from the message alone, so that a replay of the topics finds the same order.

use kairos_kafka::{FeedbackEvent, Media, Message, StreamEnd, Topic, decode_event, decode_media};
use kairos_timeline::{Comment, Feedback, Gift, RoomId, Segment};

/// A message written longer after what it tells of, microseconds, was not live when it was written.
const LIVE_WITHIN: i64 = 60_000_000;

/// What a message says.
#[derive(Debug)]
pub enum Said {
    /// Somebody said something.
    Comment(Comment),
    /// Somebody paid.
    Gift(Gift),
    /// Somebody was shown the room, came in, or left.
    Feedback(Feedback),
    /// A piece of a stream.
    Segment(Box<Segment>),
    /// A stream is over.
    End(StreamEnd),
    /// It can't be read.
    Poison(String),
}

/// A message and what it says.
#[derive(Debug)]
pub struct Arrival {
    /// The message as it came.
    pub message: Message,
    /// When, Unix microseconds: of a segment, when its last picture was captured.
    pub at_us: Option<i64>,
    /// Its time among others, Unix microseconds: when it was written, or, where a past is written down later, when it
    /// happened. `None` where it tells neither.
    pub order_us: Option<i64>,
    /// What it says.
    pub said: Said,
}

impl Arrival {
    /// Reads a message of `topic`.
    pub fn read(message: Message, topic: Option<Topic>) -> Self {
        let said = match topic {
            Some(Topic::Comments) => decode_event(&message).map(Said::Comment),
            Some(Topic::Gifts) => decode_event(&message).map(Said::Gift),
            Some(Topic::Feedback) => {
                decode_event::<FeedbackEvent>(&message).map(|event| Said::Feedback(event.feedback))
            }
            Some(Topic::Media) => decode_media(&message).map(|media| match media {
                Media::Segment(segment) => Said::Segment(Box::new(segment)),
                Media::End(end) => Said::End(end),
            }),
            other => {
                let what = Said::Poison(format!("topic {other:?} is no input"));
                return Self { order_us: written(&message), message, at_us: None, said: what };
            }
        };
        let said = said.unwrap_or_else(|problem| Said::Poison(problem.to_string()));
        let at_us = match &said {
            Said::Comment(comment) => Some(comment.sent_at),
            Said::Gift(gift) => Some(gift.sent_at),
            Said::Feedback(feedback) => Some(feedback.sent_at),
            Said::Segment(segment) => Some(segment.captured_at + segment.duration),
            Said::End(end) => Some(end.captured_at),
            Said::Poison(_) => None,
        };
        let at_us = at_us.map(|at| at.as_micros());
        let order_us = match (at_us, written(&message)) {
            (Some(at), Some(written)) if (written - at).abs() > LIVE_WITHIN => Some(at),
            (at, written) => written.or(at),
        };
        Self { at_us, order_us, message, said }
    }

    /// The room it is about.
    pub fn room(&self) -> Option<&RoomId> {
        match &self.said {
            Said::Comment(comment) => Some(&comment.room),
            Said::Gift(gift) => Some(&gift.room),
            Said::Feedback(feedback) => Some(&feedback.room),
            Said::Segment(segment) => Some(&segment.room),
            Said::End(end) => Some(&end.room),
            Said::Poison(_) => None,
        }
    }

    /// Its place among those of the same time, as in a recording: a segment before what was said after it.
    pub fn rank(&self) -> u8 {
        match &self.said {
            Said::Segment(_) => 0,
            Said::End(_) => 2,
            _ => 1,
        }
    }
}

fn written(message: &Message) -> Option<i64> {
    message.written_ms.map(|ms| ms.saturating_mul(1_000))
}
