//! A recording's items as a room's inputs: decoded, in order, with the positions of this stream.

use std::collections::BTreeMap;
use std::sync::Arc;

use kairos_decode::SegmentDecoder;
use kairos_recording::{Item, RecordedStream, Recording};
use kairos_timeline::{Position, Segment, StreamId};

use super::pace::Pacer;
use crate::room::{Decoded, Fault, Input, RoomSettings};

/// Names files by stream and name, because many recordings have a `comments.jsonl`.
struct Topics {
    stream: StreamId,
    known: BTreeMap<Arc<str>, Arc<str>>,
}

impl Topics {
    fn of_stream(&mut self, position: Position) -> Position {
        let topic = self
            .known
            .entry(position.topic.clone())
            .or_insert_with(|| format!("{}/{}", self.stream, position.topic).into())
            .clone();
        Position { topic, ..position }
    }
}

/// Hands every item of `recording` to `give`, until it says `false`.
pub fn feed(
    recording: &mut Recording,
    settings: &RoomSettings,
    pacer: &mut Pacer,
    give: &mut dyn FnMut(Input) -> bool,
) {
    let mut topics = Topics { stream: recording.info().stream.clone(), known: BTreeMap::new() };
    let unreadable: Vec<Fault> = recording
        .chats()
        .iter()
        .flat_map(|log| &log.skipped)
        .map(|skipped| Fault {
            position: Some(topics.of_stream(skipped.position.clone())),
            what: skipped.reason.to_string(),
        })
        .collect();
    for fault in unreadable {
        if !give(Input::Broken(fault)) {
            return;
        }
    }
    let mut decoder = SegmentDecoder::new(settings.first_decoding());
    let mut has_media = false;
    for item in recording {
        let input = match item {
            Item::Segment(segment) => {
                pacer.wait_for(segment.captured_at + segment.duration);
                let segment = Segment { position: topics.of_stream(segment.position.clone()), ..segment };
                has_media = true;
                Input::Media(Box::new(decode(&mut decoder, segment)))
            }
            Item::Comment(position, comment) => {
                pacer.wait_for(comment.sent_at);
                Input::Comment(topics.of_stream(position), comment)
            }
            Item::Gift(position, gift) => {
                pacer.wait_for(gift.sent_at);
                Input::Gift(topics.of_stream(position), gift)
            }
            Item::Feedback(position, feedback) => {
                pacer.wait_for(feedback.sent_at);
                Input::Feedback(topics.of_stream(position), feedback)
            }
            Item::Fault(fault) => {
                Input::Broken(Fault { position: Some(topics.of_stream(fault.position)), what: fault.reason })
            }
            other => Input::Broken(Fault { position: None, what: format!("unknown item {other:?}") }),
        };
        if !give(input) {
            return;
        }
    }
    if has_media && let Some(sound) = decoder.finish() {
        give(Input::LastSound(sound));
    }
}

/// Decodes a segment; damage is told in it.
pub fn decode(decoder: &mut SegmentDecoder, segment: Segment) -> Decoded {
    match decoder.decode(&segment) {
        Ok(decoded) => Decoded {
            pictures: decoded.pictures,
            sound: decoded.sound,
            frame_rate: decoded.frame_rate,
            faults: decoded.faults.iter().map(ToString::to_string).collect(),
            segment,
        },
        Err(error) => Decoded {
            pictures: Vec::new(),
            sound: Vec::new(),
            frame_rate: None,
            faults: vec![error.to_string()],
            segment,
        },
    }
}
