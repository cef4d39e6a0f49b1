//! Segments and events of one recording as one sequence.
//!
//! The order is that of a live room: a segment is there once its last picture was captured, an event once it was
//! sent. So a segment's key is the wall time of its end, an event's is `sent_at`; the smaller goes first, and at
//! the same instant the segment. Events keep their order among themselves, segments theirs. One segment is held.

use std::iter::Peekable;
use std::vec;

use kairos_timeline::{Comment, Feedback, Gift, Position, Segment, WallTime};

use crate::chat::{ChatEvent, Event};

/// Damage met while a recording is read; reading goes on behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub position: Position,
    /// What.
    pub reason: String,
}

/// What a recording is made of.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Item {
    /// A piece of media.
    Segment(Segment),
    /// A message.
    Comment(Position, Comment),
    /// A paid or free item.
    Gift(Position, Gift),
    /// Impression, click, watch.
    Feedback(Position, Feedback),
    /// Something that could not be read.
    Fault(Fault),
}

impl From<ChatEvent> for Item {
    fn from(ChatEvent { position, event }: ChatEvent) -> Self {
        match event {
            Event::Comment(comment) => Self::Comment(position, comment),
            Event::Gift(gift) => Self::Gift(position, gift),
            Event::Feedback(feedback) => Self::Feedback(position, feedback),
        }
    }
}

/// A source of segments in order of media time; damage comes in between as faults.
pub type MediaSegments = Box<dyn Iterator<Item = Result<Segment, Fault>> + Send>;

/// Merges media and events.
pub struct Merge {
    media: MediaSegments,
    next: Option<Result<Segment, Fault>>,
    events: Peekable<vec::IntoIter<ChatEvent>>,
}

impl Merge {
    /// `events` must be sorted by `sent_at`.
    pub fn new(mut media: MediaSegments, events: Vec<ChatEvent>) -> Self {
        let next = media.next();
        Self { media, next, events: events.into_iter().peekable() }
    }
}

/// Wall time at which the last picture of `segment` was captured.
pub fn captured_until(segment: &Segment) -> WallTime {
    segment.captured_at + segment.duration
}

impl Iterator for Merge {
    type Item = Item;

    fn next(&mut self) -> Option<Item> {
        let media_first = match (&self.next, self.events.peek()) {
            (None, _) => false,
            (Some(_), None) | (Some(Err(_)), _) => true,
            (Some(Ok(segment)), Some(event)) => captured_until(segment) <= event.event.sent_at(),
        };
        if !media_first {
            return self.events.next().map(Item::from);
        }
        let taken = std::mem::replace(&mut self.next, self.media.next())?;
        Some(taken.map_or_else(Item::Fault, Item::Segment))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kairos_timeline::{ContentType, MediaTime, RoomId, Span, StreamId};
    use proptest::prelude::*;

    fn segment(sequence: u64, start_ms: i64, length_ms: i64) -> Segment {
        Segment {
            room: RoomId::new("r").unwrap(),
            stream: StreamId::new("s").unwrap(),
            sequence,
            start: MediaTime::from_micros(start_ms * 1_000),
            duration: Span::from_millis(length_ms),
            captured_at: WallTime::from_millis(start_ms),
            content_type: ContentType::MpegTs,
            bytes: Vec::new().into(),
            position: Position::in_file("m", sequence as i64),
        }
    }

    fn comment(index: i64, at_ms: i64) -> ChatEvent {
        let event = Event::Comment(Comment {
            room: RoomId::new("r").unwrap(),
            id: index.to_string(),
            user: "u".to_owned(),
            sent_at: WallTime::from_millis(at_ms),
            text: String::new(),
            other: Default::default(),
        });
        ChatEvent { position: Position::in_file("c", index), event }
    }

    fn order(segments: Vec<Result<Segment, Fault>>, comments: Vec<ChatEvent>) -> Vec<String> {
        Merge::new(Box::new(segments.into_iter()), comments)
            .map(|item| match item {
                Item::Segment(segment) => format!("s{}", segment.sequence),
                Item::Fault(_) => "fault".to_owned(),
                Item::Comment(position, _) => format!("c{}", position.offset),
                other => panic!("{other:?}"),
            })
            .collect()
    }

    #[test]
    fn a_comment_comes_before_the_segment_in_which_it_was_sent() {
        let media = vec![Ok(segment(0, 0, 2_000)), Ok(segment(1, 2_000, 2_000))];
        let comments = vec![comment(0, -500), comment(1, 1_000), comment(2, 2_000), comment(3, 9_000)];
        assert_eq!(order(media, comments), ["c0", "c1", "s0", "c2", "s1", "c3"]);
    }

    #[test]
    fn damage_stays_where_it_was_found() {
        let fault = Fault { position: Position::in_file("m", 1), reason: "lost".to_owned() };
        let media = vec![Ok(segment(0, 0, 2_000)), Err(fault), Ok(segment(1, 4_000, 2_000))];
        assert_eq!(order(media, vec![comment(0, 3_000)]), ["s0", "fault", "c0", "s1"]);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_keys_never_go_back(
            lengths in prop::collection::vec(1_i64..5_000, 0..20),
            mut sent in prop::collection::vec(-5_000_i64..60_000, 0..50),
        ) {
            sent.sort_unstable();
            let mut start = 0;
            let media: Vec<_> = lengths.iter().enumerate().map(|(i, length)| {
                start += length;
                Ok(segment(i as u64, start - length, *length))
            }).collect();
            let comments: Vec<_> = sent.iter().enumerate().map(|(i, at)| comment(i as i64, *at)).collect();
            let items: Vec<Item> = Merge::new(Box::new(media.into_iter()), comments).collect();
            prop_assert_eq!(items.len(), lengths.len() + sent.len());
            let keys: Vec<_> = items.iter().map(|item| match item {
                Item::Segment(segment) => captured_until(segment),
                Item::Comment(_, comment) => comment.sent_at,
                _ => WallTime::default(),
            }).collect();
            prop_assert!(keys.is_sorted());
        }
    }
}
