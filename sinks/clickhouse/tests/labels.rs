//! The label recipes over rows whose labels are worked out by hand; every row is written twice.

// A helper that cannot go on has failed its test.
#![allow(clippy::unwrap_used)]

mod engine;

use engine::{ask, assert_numbers, cells, write_twice};
use kairos_clickhouse::{
    CommentRow, FeedbackRow, FrameScore, Highlight, HighlightLabel, HighlightState, Store, StreamRow,
};

const SECOND: f64 = 1e6;

fn micros(seconds: f64) -> i64 {
    (seconds * SECOND).round() as i64
}

/// Feedback of stream `s` of room `r`: kind, user, second, seconds watched. Its wall clock reads 1000 s more.
fn feedback(events: &[(&str, &str, f64, f64)]) -> Vec<FeedbackRow> {
    let row = |(id, &(kind, user, at, watched)): (usize, &(&str, &str, f64, f64))| FeedbackRow {
        room: "r".to_owned(),
        stream: "s".to_owned(),
        id: id.to_string(),
        user: user.to_owned(),
        kind: kind.to_owned(),
        watched_us: micros(watched),
        sent_at: micros(at + 1_000.0),
        media_us: Some(micros(at)),
        ..FeedbackRow::default()
    };
    events.iter().enumerate().map(row).collect()
}

async fn lasting(store: &Store, seconds: f64) {
    let (room, stream, duration_us) = ("r".to_owned(), "s".to_owned(), micros(seconds));
    write_twice(store, &[StreamRow { room, stream, duration_us, ..StreamRow::default() }]).await;
}

#[tokio::test]
async fn click_rates_are_smoothed_towards_the_broadcasts_mean() {
    let store = engine::store("labels", "ctr").await;
    let mut events = Vec::new();
    // (second, impressions, clicks) of four units; the third has no impression. 12 impressions, 6 clicks.
    for (at, impressions, clicks) in [(0.0, 8, 1), (3.999_999, 1, 1), (4.0, 0, 1), (7.0, 3, 3)] {
        events.extend((0..impressions).map(|_| ("impression", "u", at, 0.0)));
        events.extend((0..clicks).map(|_| ("click", "u", at, 0.0)));
        events.push(("watch", "u", at, 60.0));
    }
    let mut rows = feedback(&events);
    rows[0].late = true;
    let mut outside = feedback(&[("click", "u", -0.5, 0.0), ("click", "u", 1.0, 0.0)]);
    outside[0].id = "before".to_owned();
    outside[1].id = "nowhere".to_owned();
    outside[1].media_us = None;
    let mut crowded = feedback(&[("impression", "u", 0.0, 0.0); 4]);
    for (row, kind) in crowded.iter_mut().zip(["impression", "click", "click", "click"]) {
        row.stream = "t".to_owned();
        row.kind = kind.to_owned();
    }
    rows.extend(outside);
    rows.extend(crowded);
    write_twice(&store, &rows).await;

    let params = [("room", "r"), ("stream", "s"), ("unit_ms", "2000"), ("smoothing", "4")];
    let answer = ask(&store, "labels-ctr", &params).await;
    assert_numbers(&answer, "media_us", &[0.0, 2e6, 6e6]);
    assert_numbers(&answer, "impressions", &[8.0, 1.0, 3.0]);
    assert_numbers(&answer, "clicks", &[1.0, 1.0, 3.0]);
    assert_numbers(&answer, "label", &[3.0 / 12.0, 3.0 / 5.0, 5.0 / 7.0]);
    // The mean weighs 40 impressions unless said otherwise; three clicks of one impression are no rate over 1.
    let answer = ask(&store, "labels-ctr", &[]).await;
    assert_numbers(&answer, "label", &[21.0 / 48.0, 21.0 / 41.0, 23.0 / 43.0, 1.0]);
    let answer = ask(&store, "labels-ctr", &[("smoothing", "0"), ("unit_ms", "30000")]).await;
    assert_numbers(&answer, "label", &[0.5, 1.0]);
    assert_numbers(&answer, "unit_us", &[3e7, 3e7]);
}

#[tokio::test]
async fn a_long_view_counts_where_it_was_shown() {
    let store = engine::store("labels", "long_view").await;
    let rows = feedback(&[
        ("impression", "long", 0.5, 0.0),
        ("click", "long", 0.6, 0.0),
        ("watch", "long", 1.0, 31.0),
        ("impression", "twice", 1.0, 0.0),
        ("watch", "twice", 1.5, 10.0),
        ("watch", "twice", 20.0, 20.5),
        ("impression", "border", 1.999_999, 0.0),
        ("watch", "border", 3.0, 30.0),
        // Shown again: what follows belongs to the second impression.
        ("impression", "twice", 60.0, 0.0),
        ("watch", "twice", 60.0, 29.0),
        ("watch", "by_link", 0.0, 500.0),
        ("impression", "", 0.0, 0.0),
        ("watch", "", 0.0, 500.0),
    ]);
    write_twice(&store, &rows).await;
    let answer = ask(&store, "labels-long-view", &[]).await;
    assert_numbers(&answer, "media_us", &[0.0, 60e6]);
    assert_numbers(&answer, "impressions", &[3.0, 1.0]);
    assert_numbers(&answer, "long_views", &[2.0, 0.0]);
    assert_numbers(&answer, "label", &[2.0 / 3.0, 0.0]);
    let answer = ask(&store, "labels-long-view", &[("threshold_s", "28.5"), ("unit_ms", "90000")]).await;
    assert_numbers(&answer, "label", &[1.0]);
}

async fn audience(test: &str) -> Store {
    let store = engine::store("labels", test).await;
    // Per segment of 10 s: viewers 2 4 3 2, of whom 2 4 2 2 stay.
    let mut rows = feedback(&[
        ("watch", "a", 0.0, 40.0),
        ("watch", "b", -5.0, 30.0),
        ("watch", "c", 5.0, 100.0),
        ("watch", "d", 10.0, 10.0),
        ("watch", "d", 12.0, 3.0),
        ("like", "a", 30.0, 0.0),
    ]);
    rows[5].late = true;
    write_twice(&store, &rows).await;
    // Engagement 2 * 1 / 2, 0 / 4, 2 * 3 / 3, 1 / 2.
    let comments: Vec<_> = [0.0, 20.0, 25.0, 29.999_999, 45.0]
        .iter()
        .map(|at| CommentRow {
            room: "r".to_owned(),
            stream: "s".to_owned(),
            id: at.to_string(),
            media_us: Some(micros(*at)),
            ..CommentRow::default()
        })
        .collect();
    write_twice(&store, &comments).await;
    store
}

#[tokio::test]
async fn retention_and_engagement_are_stretched_mixed_and_cut() {
    let store = audience("retention").await;
    lasting(&store, 45.0).await;
    let answer = ask(&store, "labels-retention", &[("unit_ms", "10000")]).await;
    assert_numbers(&answer, "media_us", &[0.0, 1e7, 2e7, 3e7]);
    assert_numbers(&answer, "viewers", &[2.0, 4.0, 3.0, 2.0]);
    assert_numbers(&answer, "stayed", &[2.0, 4.0, 2.0, 2.0]);
    assert_numbers(&answer, "retention", &[1.0, 1.0, 2.0 / 3.0, 1.0]);
    assert_numbers(&answer, "engagement", &[1.0, 0.0, 2.0, 0.5]);
    assert_numbers(&answer, "label", &[0.8, 0.6, 0.4, 0.7]);
    // 0.4 0.6 0.7 0.8: the 70th percentile lies a tenth of the way from 0.7 to 0.8.
    assert_numbers(&answer, "positive", &[1.0, 0.0, 0.0, 0.0]);
    let params = [("unit_ms", "10000"), ("retention_weight", "0"), ("top", "0.6")];
    let answer = ask(&store, "labels-retention", &params).await;
    assert_numbers(&answer, "label", &[0.5, 0.0, 1.0, 0.25]);
    // Rank 1.2 of 0 0.25 0.5 1.
    assert_numbers(&answer, "positive", &[1.0, 0.0, 1.0, 0.0]);
}

#[tokio::test]
async fn a_broadcast_of_unknown_length_ends_with_its_last_watch_and_equal_segments_have_no_best() {
    let store = audience("unknown_length").await;
    let answer = ask(&store, "labels-retention", &[("unit_ms", "35000")]).await;
    // c watches to 105 s: three whole segments, the last two with c alone or with a.
    assert_numbers(&answer, "viewers", &[2.0, 2.0, 1.0]);
    assert_numbers(&answer, "stayed", &[1.0, 1.0, 1.0]);
    let answer = ask(&store, "labels-retention", &[("unit_ms", "100000")]).await;
    assert_numbers(&answer, "label", &[0.0]);
    assert_numbers(&answer, "positive", &[0.0]);
}

fn highlight(id: &str, start: f64, end: f64, state: HighlightState) -> Highlight {
    Highlight {
        room: "r".to_owned(),
        stream: "s".to_owned(),
        highlight: id.to_owned(),
        start_us: micros(start),
        end_us: micros(end),
        model: "m@1".to_owned(),
        state,
        ..Highlight::default()
    }
}

fn label(stream: &str, start: f64, end: f64, positive: u8) -> HighlightLabel {
    HighlightLabel {
        room: "r".to_owned(),
        stream: stream.to_owned(),
        start_us: micros(start),
        end_us: micros(end),
        label: f32::from(positive),
        positive,
        source: "review".to_owned(),
        revision: 0,
    }
}

#[tokio::test]
async fn seconds_follow_the_reviewer_and_then_the_final_highlights() {
    let store = engine::store("labels", "highlights").await;
    lasting(&store, 7.2).await;
    let states = [HighlightState::Final, HighlightState::Provisional, HighlightState::Withdrawn];
    write_twice(&store, &states.map(|state| highlight(&format!("{state:?}"), 1.0, 4.0, state))).await;
    // The middle of no second is in it.
    write_twice(&store, &[highlight("short", 6.6, 7.4, HighlightState::Final)]).await;
    write_twice(&store, &[highlight("open", 4.0, 5.0, HighlightState::Provisional)]).await;
    let back = HighlightLabel { revision: 1, ..label("s", 0.0, 0.0, 1) };
    let other = HighlightLabel { source: "other".to_owned(), ..label("s", 3.0, 4.0, 0) };
    let mistaken = HighlightLabel { room: "elsewhere".to_owned(), ..label("", 0.0, 2.0, 1) };
    write_twice(&store, &[back, label("s", 3.0, 4.0, 0), label("", 5.0, 6.0, 1), other, mistaken]).await;
    write_twice(&store, &[label("s", 0.0, 1.0, 1)]).await;

    let room = ("room", "r");
    let answer = ask(&store, "labels-highlights", &[room]).await;
    assert_numbers(&answer, "sec", &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]);
    assert_numbers(&answer, "label", &[0.0, 1.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0]);
    assert_numbers(&answer, "labelled", &[0.0, 0.0, 0.0, 2.0, 0.0, 1.0, 0.0, 0.0]);
    assert_numbers(&answer, "highlighted", &[0.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0]);
    let answer = ask(&store, "labels-highlights", &[room, ("origin", "highlights")]).await;
    assert_numbers(&answer, "label", &[0.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0]);
    let answer = ask(&store, "labels-highlights", &[room, ("origin", "labels")]).await;
    assert_numbers(&answer, "label", &[0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0]);
    let answer = ask(&store, "labels-highlights", &[room, ("model", "n@1"), ("source", "nobody")]).await;
    assert_numbers(&answer, "label", &[0.0; 8]);
    // A room that only its labels know.
    let answer = ask(&store, "labels-highlights", &[("room", "elsewhere")]).await;
    assert_eq!(cells(&answer, "stream").collect::<Vec<_>>(), ["", ""]);
    assert_numbers(&answer, "label", &[1.0, 1.0]);
}

#[tokio::test]
async fn highlights_are_held_against_labels() {
    let store = engine::store("labels", "precision").await;
    let state = HighlightState::Final;
    let marks =
        [highlight("a", 1.0, 4.0, state), highlight("b", 7.0, 8.0, state), highlight("c", 9.0, 12.0, state)];
    write_twice(&store, &marks).await;
    let silent = FrameScore { room: "r".to_owned(), stream: "s".to_owned(), ..FrameScore::default() };
    write_twice(&store, &[FrameScore { model: "silent@1".to_owned(), ..silent }]).await;
    write_twice(&store, &[label("", 2.0, 5.0, 1), label("s", 7.0, 8.0, 0)]).await;
    let unlabelled = Highlight { room: "unlabelled".to_owned(), ..highlight("d", 0.0, 5.0, state) };
    write_twice(&store, &[unlabelled]).await;

    let answer = ask(&store, "highlight-precision-labels", &[]).await;
    assert_eq!(cells(&answer, "model").collect::<Vec<_>>(), ["m@1", "silent@1"]);
    assert_numbers(&answer, "highlights", &[3.0, 0.0]);
    assert_numbers(&answer, "hits", &[1.0, 0.0]);
    assert_numbers(&answer, "marked_seconds", &[7.0, 0.0]);
    assert_numbers(&answer, "positive_seconds", &[3.0, 3.0]);
    assert_numbers(&answer, "both", &[2.0, 0.0]);
    assert_numbers(&answer, "recall", &[2.0 / 3.0, 0.0]);
    assert_numbers(&answer, "f1", &[0.4, 0.0]);
    assert_eq!(cells(&answer, "precision").collect::<Vec<_>>(), ["0.2857142857142857", "\\N"]);
}
