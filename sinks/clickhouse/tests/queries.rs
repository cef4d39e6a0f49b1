//! The named queries over rows whose answers are known.

// A helper that cannot go on has failed its test.
#![allow(clippy::unwrap_used)]

mod engine;

use engine::{ask, cell, score};
use kairos_clickhouse::{
    CommentRow, FeedbackRow, Format, GiftRow, Highlight, LedgerEntry, Outcome, RoomState, SpokenWord, Store,
    UnitVector, Writer, WriterOptions, named_queries,
};

async fn filled(test: &str) -> Store {
    let store = engine::store("queries", test).await;
    let mut w = Writer::new(&store, WriterOptions::default()).unwrap();
    let names = || ("room".to_owned(), "room-1".to_owned());
    for unit in 0..40 {
        w.write(score("room", unit, 0)).await.unwrap();
        let mut other = score("room", unit, 0);
        other.model = "other@def".to_owned();
        other.score = if unit == 39 { -1.0 } else { other.score * 2.0 };
        w.write(other).await.unwrap();
    }
    let (room, stream) = names();
    let highlight = "h".to_owned();
    let row = Highlight { room, stream, highlight, start_us: 0, end_us: 10_000_000, ..Highlight::default() };
    w.write(row).await.unwrap();
    for (id, kind, media_us) in [
        ("1", "impression", 1),
        ("2", "click", 2),
        ("3", "impression", 20_000_000),
        ("4", "impression", 21_000_000),
        ("5", "click", 22_000_000),
    ] {
        let (room, stream) = names();
        let (id, kind, user) = (id.to_owned(), kind.to_owned(), "u".to_owned());
        w.write(FeedbackRow {
            room,
            stream,
            id,
            kind,
            user,
            media_us: Some(media_us),
            ..FeedbackRow::default()
        })
        .await
        .unwrap();
    }
    let (room, stream) = names();
    w.write(CommentRow { room, stream, id: "c".to_owned(), ..CommentRow::default() }).await.unwrap();
    let (room, stream) = names();
    w.write(GiftRow { room, stream, id: "g".to_owned(), value: 2.5, ..GiftRow::default() }).await.unwrap();
    for (media_us, lag) in [(0, Some(2_000_000)), (1, Some(4_000_000)), (2, None), (3, Some(6_000_000))] {
        let (room, stream) = names();
        w.write(RoomState { room, stream, media_us, comment_lag_us: lag, ..RoomState::default() })
            .await
            .unwrap();
    }
    for (first_offset, last_offset, outcome) in
        [(0, 9, Outcome::Scored), (10, 10, Outcome::Dead), (12, 14, Outcome::Late)]
    {
        let topic = "t".to_owned();
        w.write(LedgerEntry { topic, first_offset, last_offset, outcome, ..LedgerEntry::default() })
            .await
            .unwrap();
    }
    w.flush().await.unwrap();
    store
}

#[tokio::test]
async fn named_queries_answer_what_they_say() {
    let store = filled("answers").await;
    let answer =
        ask(&store, "top-moments", &[("room", "room"), ("limit", "2"), ("model", "other@def")]).await;
    assert_eq!((answer.lines().count(), cell(&answer, 0, "second")), (3, "76"));
    let answer = ask(&store, "top-moments-day", &[("each", "3")]).await;
    assert_eq!(answer.lines().count(), 4);
    let answer = ask(&store, "highlight-precision", &[]).await;
    assert_eq!((cell(&answer, 0, "moment"), cell(&answer, 0, "click_rate")), ("inside", "1"));
    assert_eq!((cell(&answer, 1, "moment"), cell(&answer, 1, "click_rate")), ("outside", "0.5"));
    let answer = ask(&store, "gift-funnel", &[]).await;
    assert_eq!((cell(&answer, 0, "step"), cell(&answer, 0, "events")), ("1 impression", "3"));
    assert_eq!((cell(&answer, 3, "step"), cell(&answer, 3, "value")), ("5 gift", "2.5"));
    let answer = ask(&store, "lag", &[]).await;
    assert_eq!((cell(&answer, 0, "estimates"), cell(&answer, 0, "median_seconds")), ("3", "4"));
    let models =
        [("stream", "room-1"), ("model_a", "contentctr@abc"), ("model_b", "other@def"), ("top", "5")];
    let answer = ask(&store, "compare-models", &models).await;
    assert_eq!((cell(&answer, 0, "units"), cell(&answer, 0, "shared_top")), ("40", "4"));
    let answer = ask(&store, "ledger", &[]).await;
    assert_eq!((cell(&answer, 0, "scored"), cell(&answer, 0, "late")), ("10", "3"));
    assert_eq!(cell(&answer, 0, "unaccounted"), "1", "offset 11 is nowhere");
    let answer = ask(&store, "rooms", &[]).await;
    assert_eq!((cell(&answer, 0, "room"), cell(&answer, 0, "streams")), ("room", "1"));
    assert_eq!((cell(&answer, 0, "scored_units"), cell(&answer, 0, "value")), ("80", "2.5"));
}

#[tokio::test]
async fn every_named_query_runs_on_empty_tables() {
    let store = engine::store("queries", "empty").await;
    for query in named_queries() {
        let needed: Vec<_> =
            query.parameters.iter().filter(|p| p.default.is_none()).map(|p| (p.name, "x")).collect();
        ask(&store, query.name, &needed).await;
        store.named(query.name, &needed, Format::PrettyCompact).await.unwrap();
    }
}

#[tokio::test]
async fn a_moment_is_found_by_what_was_written_and_said_in_it() {
    let store = engine::store("queries", "search").await;
    let mut w = Writer::new(&store, WriterOptions::default()).unwrap();
    let names = || ("room".to_owned(), "room-1".to_owned());
    for (id, at, text) in [
        ("1", 27_000_000, "First BLOOD!!"),
        ("2", 28_500_000, "first blood wow"),
        ("3", 28_000_000, "blood donors"),
        ("4", 95_000_000, "the first"),
        ("5", 96_000_000, "größter Tag"),
    ] {
        let (room, stream) = names();
        let row =
            CommentRow { room, stream, id: id.to_owned(), text: text.to_owned(), ..CommentRow::default() };
        w.write(CommentRow { media_us: Some(at), ..row }).await.unwrap();
    }
    let (room, stream) = names();
    let lag = RoomState { room, stream, comment_lag_us: Some(6_000_000), ..RoomState::default() };
    w.write(RoomState { lag_confidence: 0.9, ..lag }).await.unwrap();
    let (room, stream) = names();
    let text = "blood".to_owned();
    w.write(SpokenWord { room, stream, start_us: 24_000_000, text, ..SpokenWord::default() }).await.unwrap();
    w.flush().await.unwrap();
    let answer = ask(&store, "search", &[("words", "first, blood")]).await;
    assert_eq!(answer.lines().count(), 2, "{answer}");
    assert_eq!(
        (cell(&answer, 0, "second"), cell(&answer, 0, "hits")),
        ("20", "4"),
        "six seconds before: {answer}"
    );
    assert_eq!(
        ask(&store, "search", &[("words", "größter Abend")]).await.lines().count(),
        1,
        "not all of it"
    );
    assert_eq!(cell(&ask(&store, "search", &[("words", "Größter")]).await, 0, "second"), "90");
    assert_eq!(ask(&store, "search", &[("words", "blood"), ("room", "other")]).await.lines().count(), 1);
}

#[tokio::test]
async fn moments_are_found_by_vectors_and_what_is_near_to_everything_counts_less_if_asked() {
    let store = engine::store("queries", "vectors").await;
    let mut w = Writer::new(&store, WriterOptions::default()).unwrap();
    let vectors = [
        ("a", "picture", 4_000_000, vec![1.0, 0.0, 0.0]),
        ("a", "picture", 6_000_000, vec![0.6, 0.8, 0.0]),
        // Near to whatever is looked for.
        ("a", "picture", 24_000_000, vec![0.9, 0.5, 0.5]),
        ("a", "picture", 40_000_000, vec![0.8, 0.4, 0.0]),
        ("a", "picture", 60_000_000, vec![0.0, 0.0, 0.0]),
        ("a", "comment", 80_000_000, vec![1.0, 0.0, 0.0]),
        ("b", "picture", 90_000_000, vec![1.0, 0.0]),
    ];
    for (encoder, kind, media_us, vector) in vectors {
        let (room, stream) = ("room".to_owned(), "room-1".to_owned());
        let (encoder, kind) = (encoder.to_owned(), kind.to_owned());
        w.write(UnitVector { room, stream, encoder, kind, media_us, vector, ..UnitVector::default() })
            .await
            .unwrap();
    }
    w.flush().await.unwrap();
    let given = [("vector", "[2,0.2,0]"), ("encoder", "a"), ("kind", "picture")];
    let answer = ask(&store, "search-vectors", &given).await;
    let seconds = |answer: &str| -> Vec<i64> {
        (0..answer.lines().count() - 1).map(|row| cell(answer, row, "second").parse().unwrap()).collect()
    };
    assert_eq!(seconds(&answer), [0, 40, 20], "one for ten seconds, no zeros, no other kind: {answer}");
    let near: f64 = cell(&answer, 0, "similarity").parse().unwrap();
    assert!((near - 2.0 / (4.04_f64).sqrt()).abs() < 1e-6, "{answer}");

    // The third moment also answers the query beside it: of its nearness less counts.
    let mut against = given.to_vec();
    against.extend([("others", "[[0,1,1]]"), ("temperature", "0.1")]);
    let answer = ask(&store, "search-vectors", &against).await;
    assert_eq!(seconds(&answer), [0, 40, 20]);
    let score = |row| cell(&answer, row, "score").parse::<f64>().unwrap();
    let similarity = |row| cell(&answer, row, "similarity").parse::<f64>().unwrap();
    for row in 0..3 {
        // S' = S softmax(S / t over queries) B
        let other = [0.0, 0.4 / (0.8_f64 * 2.0).sqrt(), 1.0 / (1.31_f64 * 2.0).sqrt()][row];
        let share = 1.0 / (1.0 + ((other - similarity(row)) / 0.1).exp());
        assert!((score(row) - similarity(row) * share * 2.0).abs() < 1e-3, "{answer}");
    }
    let none = [("encoder", "a"), ("kind", "picture"), ("room", "other"), ("vector", "[1,0,0]")];
    assert_eq!(ask(&store, "search-vectors", &none).await.lines().count(), 1);
}
