//! The example consumer on a real broker: revisions, withdrawals, and where its group goes on.

#![allow(clippy::unwrap_used, reason = "a test that can not go on may panic, in its helpers too")]

#[path = "../examples/consumer.rs"]
#[allow(dead_code, missing_docs)]
mod consumer;

use std::time::Duration;

use consumer::{Args, Known, run};
use kairos_kafka::broker::Broker;
use kairos_kafka::{Producer, Record, Settings};
use kairos_topics::{
    GiftPrediction, Highlight, HighlightState, PositionRange, ResultEvent, ResultTopic, Score,
};

const CLIP: &str = "r/s/u000002.mp4";

fn highlight(highlight: &str, revision: u32, state: HighlightState) -> Highlight {
    let (highlight, end_us, score) = (highlight.to_owned(), 4_000_000 + i64::from(revision) * 2_000_000, 0.5);
    let (room, stream, model) = ("r".to_owned(), "s".to_owned(), "m@1".to_owned());
    let position = PositionRange { topic: "kairos.media".to_owned(), ..PositionRange::default() };
    Highlight {
        room,
        stream,
        model,
        highlight,
        end_us,
        score,
        state,
        revision,
        position,
        ..Highlight::default()
    }
}

fn record<E: ResultEvent>(settings: &Settings, event: &E) -> Record {
    let topic = format!("{}.{}", settings.prefix, E::TOPIC);
    Record::keyed(&topic, event.room(), serde_json::to_vec(event).unwrap())
}

fn send(settings: &Settings, records: &[Record]) {
    let producer = Producer::open(settings).unwrap();
    records.iter().for_each(|record| producer.post(record).unwrap());
    producer.flush(Duration::from_secs(30)).unwrap();
}

fn read(settings: &Settings) -> (Known, Vec<String>) {
    let (brokers, prefix) = (settings.brokers.clone(), settings.prefix.clone());
    let args = Args { brokers, prefix, group: "readers".to_owned(), until_end: true };
    let mut out = Vec::new();
    let known = run(&args, &mut out).unwrap();
    let lines = String::from_utf8(out).unwrap().lines().map(str::to_owned).collect();
    (known, lines)
}

#[test]
fn each_change_is_printed_once_and_a_restart_goes_on_behind_what_was_handled() {
    use HighlightState::{Final, Provisional, Withdrawn};
    let settings = Broker::shared().unwrap().with_topics("consumer", 2).unwrap();
    let (room, stream, model) = ("r".to_owned(), "s".to_owned(), "m@1".to_owned());
    let score = |revision| Score {
        room: room.clone(),
        stream: stream.clone(),
        model: model.clone(),
        revision,
        ..Score::default()
    };
    let prediction = GiftPrediction { room: room.clone(), user: "u".to_owned(), ..GiftPrediction::default() };
    let cut = Highlight { clip: Some(CLIP.to_owned()), ..highlight("u000002", 1, Final) };
    let told = [
        highlight("u000001", 0, Provisional),
        highlight("u000002", 0, Provisional),
        highlight("u000001", 1, Withdrawn),
        // Late, and once more.
        highlight("u000001", 0, Provisional),
        highlight("u000002", 1, Final),
        highlight("u000002", 1, Final),
        cut.clone(),
        cut,
        highlight("u000003", 4, Withdrawn),
    ];
    let mut records: Vec<_> = told.iter().map(|event| record(&settings, event)).collect();
    let topic = format!("{}.{}", settings.prefix, ResultTopic::Highlights);
    records.insert(3, Record::keyed(&topic, "r", "no highlight".as_bytes()));
    records.extend([0, 2, 1].map(|revision| record(&settings, &score(revision))));
    records.push(record(&settings, &prediction));
    send(&settings, &records);

    let (known, lines) = read(&settings);
    let expected = [
        "new       r s u000001 0.0 to 4.0 s, score 0.500".to_owned(),
        "new       r s u000002 0.0 to 4.0 s, score 0.500".to_owned(),
        "withdrawn r s u000001 0.0 to 6.0 s, score 0.500".to_owned(),
        "revised   r s u000002 0.0 to 6.0 s, score 0.500".to_owned(),
        format!("clip      r s u000002 0.0 to 6.0 s, score 0.500 {CLIP}"),
    ];
    assert_eq!(lines, expected);
    assert_eq!((known.standing(), known.scores.len(), known.predictions.len()), (1, 1, 1));
    assert_eq!(known.scores.values().copied().collect::<Vec<_>>(), [2], "the highest revision");

    send(&settings, &[record(&settings, &highlight("u000004", 0, Final))]);
    let (known, lines) = read(&settings);
    assert_eq!(lines, ["new       r s u000004 0.0 to 4.0 s, score 0.500"]);
    assert_eq!((known.highlights.len(), known.scores.len()), (1, 0), "the rest was handled and committed");
}
