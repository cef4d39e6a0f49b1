//! A message of an input topic, read.
//!
//! Invariants: every message becomes something, and what can't be read keeps its bytes and says why; a message's place
//! among others follows from the message alone, so that a replay of the topics finds the same order. Only the order in
//! which messages were written can be the same for whoever was there and for whoever reads them later.

use kairos_kafka::{FeedbackEvent, Media, Message, StreamEnd, Topic, decode_event, decode_media};
use kairos_timeline::{Comment, Feedback, Gift, RoomId, Segment};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tracing::Span;

use crate::telemetry::trace;

/// Which of their times puts messages of several topics in order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TimeOrder {
    /// When they were written.
    #[default]
    Written,
    /// When what they tell of happened: for topics that were filled one after the other, before the job begins.
    Happened,
}

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

/// A message's place among others.
pub type Place = (i64, i64, u8);

/// A message and what it says.
#[derive(Debug)]
pub struct Arrival {
    /// The message as it came.
    pub message: Message,
    /// When, Unix microseconds: of a segment, when its last picture was captured.
    pub at_us: Option<i64>,
    /// Its time among others by [`TimeOrder`], Unix microseconds; `None` where it tells none.
    pub order_us: Option<i64>,
    /// What it says.
    pub said: Said,
    /// All that is done with it, in its trace.
    pub span: Span,
    /// Ends when its turn comes.
    pub(super) waits: Span,
}

impl Arrival {
    /// Reads a message of `topic`.
    pub fn read(message: Message, topic: Option<Topic>, order: TimeOrder) -> Self {
        let span = trace::taken(&message);
        let waits = span.in_scope(|| trace::step("order"));
        let arrival = Self::say(message, topic, order, span, waits);
        arrival.tell();
        arrival
    }

    /// Tells its span what it is about.
    fn tell(&self) {
        let stream = match &self.said {
            Said::Segment(segment) => Some(&segment.stream),
            Said::End(end) => Some(&end.stream),
            _ => None,
        };
        if let Some(room) = self.room().filter(|_| !self.span.is_disabled()) {
            trace::about(&self.span, room.as_str(), stream);
        }
    }

    fn say(message: Message, topic: Option<Topic>, order: TimeOrder, span: Span, waits: Span) -> Self {
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
                return Self { order_us: written(&message), message, at_us: None, said: what, span, waits };
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
        let order_us = match order {
            TimeOrder::Written => written(&message).or(at_us),
            TimeOrder::Happened => at_us.or_else(|| written(&message)),
        };
        Self { at_us, order_us, message, said, span, waits }
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

    /// What it is, in a word.
    pub fn kind(&self) -> &'static str {
        match &self.said {
            Said::Comment(_) => "comments",
            Said::Gift(_) => "gifts",
            Said::Feedback(_) => "feedback",
            Said::Segment(_) | Said::End(_) => "media",
            Said::Poison(_) => "unreadable",
        }
    }

    /// Its place among others: its time; of those of the same, which happened first; and a segment before what was said
    /// at its end, as in a recording.
    pub fn place(&self) -> Place {
        let rank = match &self.said {
            Said::Segment(_) => 0,
            Said::End(_) => 2,
            _ => 1,
        };
        (self.order_us.unwrap_or(i64::MIN), self.at_us.unwrap_or(i64::MIN), rank)
    }
}

fn written(message: &Message) -> Option<i64> {
    message.written_ms.map(|ms| ms.saturating_mul(1_000))
}
