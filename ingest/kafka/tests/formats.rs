//! What is written is what the schemas say and is read back as it was; what is wrong is named.
#![allow(clippy::unwrap_used)] // What can't be encoded fails the test.

use bytes::Bytes;
use kairos_kafka::{
    FeedbackEvent, FormatError, JsonEvent, Media, Message, Problem, Record, StreamEnd, Topic,
    decode_dead_letter, decode_event, decode_media, encode_dead_letter, encode_end, encode_event,
    encode_segment, headers_as_json,
};
use kairos_timeline::{
    Comment, ContentType, Feedback, FeedbackKind, Gift, GiftKind, MediaTime, Money, Position, RoomId,
    Segment, Span, StreamId, WallTime,
};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn position() -> Position {
    Position { topic: "kairos.comments".into(), partition: 3, offset: 42 }
}

fn validator(topic: Topic) -> jsonschema::Validator {
    let schema: Value = serde_json::from_str(topic.schema().unwrap()).unwrap();
    jsonschema::meta::validate(&schema).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

fn message(key: &str, value: &Value) -> Message {
    Record::keyed("kairos.comments", key, value.to_string()).at(position())
}

fn room() -> impl Strategy<Value = RoomId> {
    "[A-Za-z0-9][A-Za-z0-9._:-]{0,20}".prop_map(|text| RoomId::new(text).unwrap())
}

fn other() -> impl Strategy<Value = Map<String, Value>> {
    let value = prop_oneof![
        any::<i64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
        Just(json!({"a": [1]}))
    ];
    // A prefix keeps them apart from the known fields.
    prop::collection::btree_map("x_[a-z]{1,6}", value, 0..3).prop_map(|map| map.into_iter().collect())
}

prop_compose! {
    fn comment()(room in room(), id in ".{1,10}", user in ".*", at in any::<i64>(), text in ".*", other in other()) -> Comment {
        Comment { room, id, user, sent_at: WallTime::from_micros(at), text, other }
    }
}

prop_compose! {
    fn gift()(
        room in room(), id in ".{1,10}", user in ".*", at in any::<i64>(), count in 1_u32.., cents in prop::option::of(any::<i32>()),
        value in 0..100_000_000_u32, other in other(), kind in 0..4_usize,
    ) -> Gift {
        let kinds = [GiftKind::Gift, GiftKind::SuperChat, GiftKind::Membership, GiftKind::SubscriptionGift];
        let money = cents.map(|cents| Money { amount: rust_decimal::Decimal::new(cents.into(), 2), currency: "EUR".to_owned() });
        let sent_at = WallTime::from_micros(at);
        Gift { room, id, user, sent_at, kind: kinds[kind], name: "rose".to_owned(), count, money, value: f64::from(value) / 100.0, text: String::new(), other }
    }
}

prop_compose! {
    fn feedback()(room in room(), id in ".{1,10}", user in ".*", at in any::<i64>(), watched in 0..i64::MAX, other in other(), kind in 0..3_usize) -> FeedbackEvent {
        let kind = [FeedbackKind::Impression, FeedbackKind::Click, FeedbackKind::Watch][kind];
        let (sent_at, watched) = (WallTime::from_micros(at), Span::from_micros(watched));
        FeedbackEvent { feedback: Feedback { room, id, user, sent_at, kind, watched }, other }
    }
}

prop_compose! {
    fn segment()(
        room in room(), sequence in 0..10_u64.pow(17), start in -10_i64.pow(17)..10_i64.pow(17), duration in 0..10_i64.pow(17),
        at in -10_i64.pow(17)..10_i64.pow(17), bytes in prop::collection::vec(any::<u8>(), 1..50), kind in 0..4_usize,
    ) -> Segment {
        let kinds = [ContentType::MpegTs, ContentType::Mp4, ContentType::Matroska, ContentType::Flv];
        Segment {
            stream: StreamId::nearest(room.as_str(), "s"), room, sequence, start: MediaTime::from_micros(start),
            duration: Span::from_micros(duration), captured_at: WallTime::from_micros(at), content_type: kinds[kind],
            bytes: bytes.into(), position: position(),
        }
    }
}

fn round_trips<E: JsonEvent + PartialEq + std::fmt::Debug>(topic: Topic, event: &E) {
    let record = encode_event("kairos.any", event).unwrap();
    assert_eq!(record.key.as_deref(), Some(event.room().as_str().as_bytes()));
    let value: Value = serde_json::from_slice(record.value.as_ref().unwrap()).unwrap();
    if let Err(error) = validator(topic).validate(&value) {
        panic!("{error} in {value}");
    }
    assert_eq!(decode_event::<E>(&record.at(position())).as_ref(), Ok(event));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn comments_round_trip_with_their_unknown_fields(event in comment()) {
        round_trips(Topic::Comments, &event);
    }

    #[test]
    fn gifts_round_trip_to_the_cent(event in gift()) {
        round_trips(Topic::Gifts, &event);
    }

    #[test]
    fn feedback_round_trips_with_its_unknown_fields(event in feedback()) {
        round_trips(Topic::Feedback, &event);
    }

    #[test]
    fn segments_round_trip_through_headers(segment in segment()) {
        let message = encode_segment("kairos.media", &segment).at(position());
        prop_assert!(validator(Topic::Media).is_valid(&headers_as_json(&message)));
        prop_assert_eq!(decode_media(&message), Ok(Media::Segment(segment)));
    }

    #[test]
    fn no_bytes_make_a_decoder_panic(key in prop::option::of(".{0,5}"), value in prop::collection::vec(any::<u8>(), 0..60), header in ".{0,5}") {
        let mut record = Record { topic: "t".to_owned(), key: key.map(Bytes::from), value: Some(value.into()), headers: Default::default(), written_ms: None };
        for name in ["stream", "sequence", "media-start-us", "captured-at-us", "event", "topic", "partition", "offset", "error"] {
            record.headers.push(name, header.clone());
        }
        let message = record.at(position());
        prop_assert!(decode_event::<Comment>(&message).is_err());
        prop_assert!(decode_event::<Gift>(&message).is_err());
        prop_assert!(decode_event::<FeedbackEvent>(&message).is_err());
        prop_assert!(decode_media(&message).is_err());
        let number = header.parse::<i32>().is_ok();
        prop_assert_eq!(decode_dead_letter(message).is_ok(), number);
    }
}

type Decode = fn(&Message) -> Result<(), FormatError>;

fn examples() -> [(Topic, Value, Decode); 3] {
    [
        (
            Topic::Comments,
            json!({"room": "r", "id": "1", "user": "u", "sent_at": 1_700_000_000_000_000_i64, "text": "hi", "color": "#fff"}),
            |message| decode_event::<Comment>(message).map(drop),
        ),
        (
            Topic::Gifts,
            json!({"room": "r", "id": "1", "user": "u", "sent_at": 5, "kind": "super_chat", "name": "n", "count": 2,
                "money": {"amount": "4.99", "currency": "EUR"}, "value": 5.4, "text": ""}),
            |message| decode_event::<Gift>(message).map(drop),
        ),
        (
            Topic::Feedback,
            json!({"room": "r", "id": "1", "user": "u", "sent_at": 5, "kind": "watch", "watched": 9, "device": "tv"}),
            |message| decode_event::<FeedbackEvent>(message).map(drop),
        ),
    ]
}

#[test]
fn a_missing_field_is_named_with_its_place_and_room() {
    for (topic, example, decode) in examples() {
        let validator = validator(topic);
        assert!(validator.is_valid(&example), "{topic}");
        decode(&message("r", &example)).unwrap();
        for field in example.as_object().unwrap().keys() {
            let mut lacking = example.clone();
            lacking.as_object_mut().unwrap().remove(field);
            let result = decode(&message("r", &lacking));
            assert_eq!(result.is_ok(), validator.is_valid(&lacking), "{topic} without {field}");
            if let Err(error) = result {
                assert_eq!(error.problem, Problem::MissingField { field: field.clone() });
                let text = format!(
                    "topic kairos.comments, partition 3, offset 42, room r: field {field} is missing"
                );
                assert_eq!(error.to_string(), text);
            }
        }
    }
}

#[test]
fn a_field_of_the_wrong_kind_is_named() {
    for (topic, example, decode) in examples() {
        let validator = validator(topic);
        for field in example.as_object().unwrap().keys() {
            for wrong in [json!([1]), json!(-1.5), json!(true)] {
                let mut broken = example.clone();
                broken[field] = wrong;
                let result = decode(&message("r", &broken));
                assert_eq!(result.is_ok(), validator.is_valid(&broken), "{topic}: {broken}");
                let named = |error: FormatError| matches!(error.problem, Problem::Field { field: name, .. } if name.starts_with(field));
                assert!(result.is_ok() || result.is_err_and(named), "{topic}: {broken}");
            }
        }
    }
}

#[test]
fn values_outside_of_sense_are_refused_by_decoder_and_schema() {
    let outside = [
        (Topic::Comments, "id", json!("")),
        (Topic::Comments, "room", json!("a/b")),
        (Topic::Gifts, "count", json!(0)),
        (Topic::Gifts, "count", json!(5_000_000_000_u64)),
        (Topic::Gifts, "value", json!(-1.0)),
        (Topic::Gifts, "kind", json!("bribe")),
        (Topic::Gifts, "money", json!({"amount": "1.00", "currency": ""})),
        (Topic::Gifts, "money", json!({"amount": "a lot", "currency": "EUR"})),
        (Topic::Feedback, "watched", json!(-1)),
        (Topic::Feedback, "kind", json!("glance")),
    ];
    for (topic, field, value) in outside {
        let (_, mut example, decode) = examples().into_iter().find(|(known, ..)| *known == topic).unwrap();
        example[field] = value;
        assert!(!validator(topic).is_valid(&example), "{example}");
        let error = decode(&message("r", &example)).unwrap_err();
        assert!(error.to_string().contains(field), "{error}");
    }
}

#[test]
fn a_key_that_is_missing_or_names_another_room_is_refused() {
    let (_, example, decode) = examples().into_iter().next().unwrap();
    let mut keyless = message("r", &example);
    keyless.key = None;
    let error = decode(&keyless).unwrap_err();
    assert_eq!((error.problem, error.room.as_deref()), (Problem::NoKey, None));
    let error = decode(&message("s", &example)).unwrap_err();
    assert_eq!(error.problem, Problem::OtherRoom { key: "s".to_owned(), value: "r".to_owned() });
    assert!(matches!(decode(&message("a/b", &example)).unwrap_err().problem, Problem::Key { .. }));
}

fn one_segment() -> Segment {
    Segment {
        room: RoomId::new("r").unwrap(),
        stream: StreamId::new("s").unwrap(),
        sequence: 0,
        start: MediaTime::ZERO,
        duration: Span::from_millis(2_000),
        captured_at: WallTime::from_millis(1_700_000_000_000),
        content_type: ContentType::MpegTs,
        bytes: Bytes::from_static(b"G..."),
        position: position(),
    }
}

#[test]
fn a_header_that_is_missing_or_malformed_is_named() {
    let record = encode_segment("kairos.media", &one_segment());
    let names: Vec<_> = record.headers.iter().map(|(name, _)| name.to_owned()).collect();
    assert_eq!(
        names,
        ["stream", "sequence", "media-start-us", "duration-us", "captured-at-us", "content-type"]
    );
    for name in &names {
        let mut lacking = Record { headers: Default::default(), ..record.clone() };
        for (other, value) in record.headers.iter().filter(|(other, _)| other != name) {
            lacking.headers.push(other, value.unwrap().clone());
        }
        let lacking = lacking.at(position());
        let problem = Problem::MissingHeader { header: name.clone() };
        assert_eq!(decode_media(&lacking).unwrap_err().problem, problem);
        assert!(!validator(Topic::Media).is_valid(&headers_as_json(&lacking)), "{name}");
        let mut broken = record.clone();
        broken.headers.push(name, "-/-");
        let broken = broken.at(position());
        assert!(
            matches!(decode_media(&broken).unwrap_err().problem, Problem::Header { header, .. } if header == *name)
        );
        assert!(!validator(Topic::Media).is_valid(&headers_as_json(&broken)), "{name}");
    }
    let mut empty = record.at(position());
    empty.value = Some(Bytes::new());
    assert_eq!(decode_media(&empty).unwrap_err().problem, Problem::NoValue);
}

#[test]
fn a_stream_ends_with_a_marker_that_adds_no_byte_to_what_plays() {
    let end = StreamEnd {
        room: RoomId::new("r").unwrap(),
        stream: StreamId::new("s").unwrap(),
        segments: 7,
        at: MediaTime::from_secs_f64(14.0),
        captured_at: WallTime::from_millis(1_700_000_014_000),
        position: position(),
    };
    let message = encode_end("kairos.media", &end).at(position());
    assert_eq!(message.value, Some(Bytes::new()));
    assert!(validator(Topic::Media).is_valid(&headers_as_json(&message)));
    assert_eq!(decode_media(&message), Ok(Media::End(end)));
}

#[test]
fn a_dead_letter_gives_back_the_message_as_it_was() {
    let mut original = encode_segment("kairos.media", &one_segment());
    original.headers.push("topic", "of the original");
    let original = original.at(position());
    let record = encode_dead_letter("kairos.dead-letters", &original, &"x".repeat(10_000));
    let at = Position { topic: "kairos.dead-letters".into(), partition: 1, offset: 9 };
    let message = record.at(at.clone());
    assert!(validator(Topic::DeadLetters).is_valid(&headers_as_json(&message)));
    let letter = decode_dead_letter(message).unwrap();
    assert_eq!(letter.message, original);
    assert_eq!((letter.position.clone(), letter.error.len()), (at, 4_096));
    assert_eq!(letter.retry().at(position()), original);
}
