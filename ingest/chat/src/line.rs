//! One line to what it says, by the readers of recorded chats.

use bytes::Bytes;
use kairos_recording::chat::{ChatOptions, Event, FormatName, read_item};
use kairos_timeline::RoomId;
use serde_json::{Map, Value};

use crate::heard::Heard;
use crate::options::LineOptions;

/// A line and where it stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line<'a> {
    pub(crate) bytes: &'a [u8],
    /// From 1.
    pub(crate) number: u64,
    /// Its room, unless it names one itself.
    pub(crate) room: Option<&'a RoomId>,
}

impl Line<'_> {
    pub(crate) fn broken(&self, why: impl Into<String>, options: &LineOptions) -> Heard {
        let kept = self.bytes.get(..options.line_bytes).unwrap_or(self.bytes);
        Heard::Broken {
            room: self.room.cloned(),
            line: self.number,
            why: why.into(),
            bytes: Bytes::copy_from_slice(kept),
        }
    }

    /// The event of a line of JSON; `None` for an empty line.
    pub(crate) fn json(self, options: &LineOptions) -> Option<Heard> {
        if self.bytes.trim_ascii().is_empty() {
            return None;
        }
        if self.bytes.len() > options.line_bytes {
            return Some(self.broken("line too long", options));
        }
        let fields = match serde_json::from_slice::<Map<String, Value>>(self.bytes) {
            Ok(fields) => fields,
            Err(error) => return Some(self.broken(format!("no JSON object: {error}"), options)),
        };
        let named = match fields.get("room") {
            None => self.room.cloned(),
            Some(Value::String(named)) => match RoomId::new(named.as_str()) {
                Ok(named) => Some(named),
                Err(error) => return Some(self.broken(error.to_string(), options)),
            },
            Some(_) => None,
        };
        let Some(room) = named else {
            return Some(self.broken("missing or unreadable field room", options));
        };
        if !fields.contains_key("sent_at") {
            return Some(self.broken("missing or unreadable field sent_at", options));
        }
        let line = Line { room: Some(&room), ..self };
        Some(
            line.read(FormatName::OwnJsonl, &room, options)
                .unwrap_or_else(|| line.broken("malformed item", options)),
        )
    }

    /// The event of a line of IRC; `None` when it says nothing that is scored.
    pub(crate) fn irc(self, room: &RoomId, options: &LineOptions) -> Option<Heard> {
        self.read(FormatName::TwitchIrc, room, options)
    }

    fn read(self, format: FormatName, room: &RoomId, options: &LineOptions) -> Option<Heard> {
        let mut reading = ChatOptions::new(room.clone());
        reading.limits.text_bytes = options.text_bytes;
        let log = read_item(format, self.bytes, "live", &reading)?;
        if let Some(skipped) = log.skipped.first() {
            return Some(self.broken(skipped.reason.to_string(), options));
        }
        Some(match log.events.into_iter().next()?.event {
            Event::Comment(comment) => Heard::Comment(comment),
            Event::Gift(gift) => Heard::Gift(gift),
            Event::Feedback(feedback) => Heard::Feedback(feedback),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn json(text: &str, room: Option<&RoomId>) -> Option<Heard> {
        Line { bytes: text.as_bytes(), number: 7, room }.json(&LineOptions::default())
    }

    fn why(heard: Option<Heard>) -> String {
        match heard {
            Some(Heard::Broken { why, line: 7, .. }) => why,
            other => panic!("a broken line: {other:?}"),
        }
    }

    #[test]
    fn events_of_all_kinds_are_read() {
        let room = RoomId::new("r").unwrap();
        let comment = json(r#"{"user":"u","sent_at":5,"text":"hi","emote":1}"#, Some(&room));
        let Some(Heard::Comment(comment)) = comment else { panic!("a comment: {comment:?}") };
        assert_eq!((comment.text.as_str(), comment.room.as_str(), comment.id.len()), ("hi", "r", 20));
        assert_eq!(comment.other.get("emote"), Some(&1.into()));
        let gift = json(
            r#"{"room":"q","id":"g","user":"u","sent_at":5,"kind":"gift","name":"rose","count":2,"value":1.5,"text":""}"#,
            Some(&room),
        );
        let Some(Heard::Gift(gift)) = gift else { panic!("a gift: {gift:?}") };
        assert_eq!((gift.room.as_str(), gift.count), ("q", 2), "a line's own room wins");
        let click = json(r#"{"room":"q","user":"u","sent_at":5,"kind":"click"}"#, None);
        assert!(matches!(click, Some(Heard::Feedback(_))));
    }

    #[test]
    fn a_broken_line_says_why_and_keeps_its_bytes() {
        assert!(why(json("{\"user\":", None)).starts_with("no JSON object: EOF"));
        assert!(why(json("[1]", None)).starts_with("no JSON object"));
        assert_eq!(
            why(json(r#"{"user":"u","sent_at":5,"text":"x"}"#, None)),
            "missing or unreadable field room"
        );
        assert!(why(json(r#"{"room":"../x","user":"u","sent_at":5,"text":"x"}"#, None)).contains("room id"));
        assert_eq!(
            why(json(r#"{"room":"r","user":"u","text":"x"}"#, None)),
            "missing or unreadable field sent_at"
        );
        assert_eq!(
            why(json(r#"{"room":"r","sent_at":5,"text":"x"}"#, None)),
            "missing or unreadable field user"
        );
        let long = "x".repeat(300 << 10);
        let Some(Heard::Broken { why, bytes, .. }) = json(&long, None) else { panic!("broken") };
        assert_eq!((why.as_str(), bytes.len()), ("line too long", 256 << 10));
        assert_eq!(json("  \r", None), None);
    }

    proptest! {
        #[test]
        fn any_bytes_end_as_an_event_or_as_themselves(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let room = RoomId::new("r").unwrap();
            let line = Line { bytes: &bytes, number: 7, room: Some(&room) };
            match line.json(&LineOptions::default()) {
                Some(Heard::Broken { bytes: kept, .. }) => prop_assert_eq!(&kept[..], &bytes[..]),
                Some(_) => {}
                None => prop_assert!(bytes.trim_ascii().is_empty()),
            }
            if let Some(Heard::Broken { bytes: kept, .. }) = line.irc(&room, &LineOptions::default()) {
                prop_assert_eq!(&kept[..], &bytes[..]);
            }
        }
    }
}
