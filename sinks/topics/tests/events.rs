//! What is published is what the schemas say; what the schemas refuse is not published.
#![allow(clippy::unwrap_used)] // What can't be published fails the test.

use std::collections::BTreeMap;
use std::error::Error as StdError;
use std::fmt::Debug;

use kairos_topics::{
    Error, EventSink, GiftPrediction, Highlight, HighlightState, MemorySink, PositionRange, Publisher,
    ResultEvent, ResultTopic, Score,
};
use proptest::prelude::*;
use serde_json::Value;

fn validator(topic: ResultTopic) -> jsonschema::Validator {
    let schema: Value = serde_json::from_str(topic.schema()).unwrap();
    jsonschema::meta::validate(&schema).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

fn position() -> PositionRange {
    PositionRange { topic: "kairos.media".to_owned(), partition: 2, first_offset: 10, last_offset: 12 }
}

prop_compose! {
    fn score()(
        media_us in any::<i64>(), unit_us in 1..i64::MAX, score in -1e6_f32..1e6, heads in prop::collection::btree_map("[a-z]{1,5}", -1e6_f32..1e6, 0..3),
        missing in prop::collection::btree_set("[a-z]{1,8}", 0..3), lag in prop::option::of(any::<i64>()), delay_ms in any::<u32>(), revision in any::<u32>(), r#final in any::<bool>(),
    ) -> Score {
        Score {
            room: "room-1".to_owned(), stream: "s".to_owned(), media_us, unit_us, captured_at_us: 1, score, scores: heads.clone(), contributions: heads,
            missing: missing.into_iter().collect(), comment_lag_us: lag, delay_ms, r#final, model: "kuaihl@0a1b".to_owned(), revision, position: position(),
        }
    }
}

prop_compose! {
    fn highlight()(start_us in -1_000_000_i64..1_000_000, length in 0_i64..1_000_000, score in -10.0_f32..10.0, state in 0..3_usize, clip in prop::option::of(".{1,9}"), revision in any::<u32>()) -> Highlight {
        let states = [HighlightState::Provisional, HighlightState::Final, HighlightState::Withdrawn];
        Highlight {
            room: "room-1".to_owned(), stream: "s".to_owned(), highlight: "h1".to_owned(), start_us, end_us: start_us + length, peak_us: start_us,
            score, state: states[state], thumbnail: clip.clone(), clip, model: "kuaihl@0a1b".to_owned(), revision, position: position(),
        }
    }
}

prop_compose! {
    fn prediction()(media_us in any::<i64>(), user in ".{1,9}", probability in 0.0_f32..=1.0, cents in 0..100_000_000_u32, reason in ".*", revision in any::<u32>()) -> GiftPrediction {
        GiftPrediction {
            room: "room-1".to_owned(), stream: "s".to_owned(), streamer: "anna".to_owned(), media_us, user, probability, expected_value: f64::from(cents) / 100.0, reason,
            model: "mmbee@0a1b".to_owned(), revision, position: position(),
        }
    }
}

fn publishes<E: ResultEvent + PartialEq + Debug>(event: &E) {
    let publisher = Publisher::new(MemorySink::default(), "kairos");
    publisher.publish(event).unwrap();
    publisher.publish(event).unwrap();
    publisher.flush().unwrap();
    let events = publisher.sink().events();
    assert_eq!(events[0], events[1], "equal events are equal bytes");
    assert_eq!(
        (events[0].topic.as_str(), events[0].key.as_str()),
        (&*format!("kairos.{}", E::TOPIC), event.room())
    );
    let value: Value = serde_json::from_slice(&events[0].value).unwrap();
    if let Err(error) = validator(E::TOPIC).validate(&value) {
        panic!("{error} in {value}");
    }
    assert_eq!(&serde_json::from_slice::<E>(&events[0].value).unwrap(), event);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn scores_are_published_as_their_schema_says(event in score()) {
        publishes(&event);
    }

    #[test]
    fn highlights_are_published_as_their_schema_says(event in highlight()) {
        publishes(&event);
    }

    #[test]
    fn predictions_are_published_as_their_schema_says(event in prediction()) {
        publishes(&event);
    }
}

fn one_score() -> Score {
    Score {
        room: "room-1".to_owned(),
        stream: "s".to_owned(),
        unit_us: 2_000_000,
        model: "m@1".to_owned(),
        position: position(),
        ..Score::default()
    }
}

#[test]
fn every_field_is_required_by_schema_and_reader() {
    let full = serde_json::to_value(one_score()).unwrap();
    let validator = validator(ResultTopic::Scores);
    assert!(validator.is_valid(&full));
    for field in full.as_object().unwrap().keys() {
        let mut lacking = full.clone();
        lacking.as_object_mut().unwrap().remove(field);
        assert!(!validator.is_valid(&lacking), "{field}");
        // Absent and null are the same to a reader of an optional number.
        assert_eq!(serde_json::from_value::<Score>(lacking).is_err(), field != "comment_lag_us", "{field}");
    }
}

/// The field that publishing names; nothing is published.
fn refused<E: ResultEvent>(event: &E) -> &'static str {
    let publisher = Publisher::new(MemorySink::default(), "kairos");
    let Err(Error::Field { field, .. }) = publisher.publish(event) else { panic!("published") };
    assert_eq!(publisher.sink().events(), []);
    field
}

#[test]
fn what_no_consumer_could_use_is_refused_by_field() {
    let score = one_score;
    let heads = BTreeMap::from([("ctr".to_owned(), f32::INFINITY)]);
    assert_eq!(refused(&Score { score: f32::NAN, ..score() }), "score");
    assert_eq!(refused(&Score { scores: heads.clone(), ..score() }), "scores");
    assert_eq!(refused(&Score { contributions: heads, ..score() }), "contributions");
    assert_eq!(refused(&Score { unit_us: 0, ..score() }), "unit_us");
    assert_eq!(refused(&Score { room: "a/b".to_owned(), ..score() }), "room");
    assert_eq!(refused(&Score { model: String::new(), ..score() }), "model");
    assert_eq!(refused(&Score { missing: vec!["b".to_owned(), "a".to_owned()], ..score() }), "missing");
    let position = PositionRange { last_offset: 9, ..position() };
    assert_eq!(refused(&Score { position, ..score() }), "position.last_offset");

    let highlight = Highlight {
        room: "r".to_owned(),
        stream: "s".to_owned(),
        highlight: "h".to_owned(),
        model: "m".to_owned(),
        position: self::position(),
        ..Highlight::default()
    };
    assert_eq!(refused(&Highlight { start_us: 1, ..highlight.clone() }), "end_us");
    assert_eq!(refused(&Highlight { clip: Some(String::new()), ..highlight }), "clip");

    let prediction = GiftPrediction {
        room: "r".to_owned(),
        stream: "s".to_owned(),
        streamer: "a".to_owned(),
        user: "u".to_owned(),
        model: "m".to_owned(),
        position: self::position(),
        ..GiftPrediction::default()
    };
    assert_eq!(refused(&GiftPrediction { probability: 1.5, ..prediction.clone() }), "probability");
    assert_eq!(refused(&GiftPrediction { expected_value: -1.0, ..prediction.clone() }), "expected_value");
    assert_eq!(refused(&GiftPrediction { user: String::new(), ..prediction }), "user");
}

struct Broken;

impl EventSink for Broken {
    fn publish(&self, _: &str, _: &str, _: Vec<u8>) -> Result<(), Box<dyn StdError + Send + Sync>> {
        Err("broker gone".into())
    }

    fn flush(&self) -> Result<(), Box<dyn StdError + Send + Sync>> {
        Err("broker gone".into())
    }
}

#[test]
fn a_sink_that_fails_is_an_error_that_names_topic_and_room() {
    let publisher = Publisher::new(&Broken, "staging");
    let error = publisher.publish(&one_score()).unwrap_err().to_string();
    assert_eq!(error, "topic staging.scores, room room-1: event not published: broker gone");
    assert!(matches!(publisher.flush(), Err(Error::Flush { .. })));
}
