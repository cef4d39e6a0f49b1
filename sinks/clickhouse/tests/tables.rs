//! Tables and views: what is written is read, once, in its last revision.

// A helper that cannot go on has failed its test.
#![allow(clippy::unwrap_used)]

mod engine;

use engine::{number, score};
use kairos_clickhouse::{
    Checkpoint, ClipRow, CommentRow, Error, Evaluation, EvaluationScore, FeedbackRow, Format, FrameScore,
    GiftPrediction, GiftRow, Highlight, HighlightLabel, HighlightState, LedgerEntry, Outcome, Review,
    RoomState, SpokenWord, Store, StreamRow, Table, UnitVector, Writer, WriterOptions,
};

async fn store(test: &str) -> Store {
    engine::store("tables", test).await
}

async fn round_trip<R: Table + Clone + PartialEq>(store: &Store, row: R) {
    let mut writer = Writer::new(store, WriterOptions::default()).unwrap();
    writer.write(row.clone()).await.unwrap();
    writer.flush().await.unwrap();
    assert_eq!(writer.held(), 0);
    let sql = format!("SELECT ?fields FROM {}", R::VIEW);
    let rows = store.client().query(&sql).fetch_all::<R>().await.unwrap();
    assert_eq!(rows, [row], "{}", R::VIEW);
    let sql = "SELECT sorting_key FROM system.tables WHERE database = currentDatabase() AND name = ?";
    let key = store.client().query(sql).bind(R::STORAGE).fetch_one::<String>().await.unwrap();
    assert_eq!(key, R::IDENTITY.join(", "), "{} keeps a row per identity", R::STORAGE);
}

#[tokio::test]
async fn every_table_gives_back_what_was_written() {
    let store = store("round_trip").await;
    let (room, stream) = ("r".to_owned(), "s".to_owned());
    round_trip(&store, FrameScore { delay_ms: 4_500, ..score("room", 7, 0) }).await;
    round_trip(
        &store,
        StreamRow { title: "it's; -- 直播 \\N\t\n".to_owned(), started_at: -1, ..StreamRow::default() },
    )
    .await;
    let state = HighlightState::Final;
    round_trip(
        &store,
        Highlight { room: room.clone(), peak_us: -5, score: 0.5, state, ..Highlight::default() },
    )
    .await;
    round_trip(
        &store,
        GiftPrediction { probability: 0.25, expected_value: 1e-9, ..GiftPrediction::default() },
    )
    .await;
    let sent_at = 1_790_000_000_123_456;
    let comment = CommentRow {
        room,
        stream,
        text: "🎉".to_owned(),
        sent_at,
        media_us: Some(1),
        ..CommentRow::default()
    };
    round_trip(&store, comment).await;
    let amount = Some("79228162514264337593543950335".parse().unwrap());
    round_trip(&store, GiftRow { amount, currency: "JPY".to_owned(), count: 3, ..GiftRow::default() }).await;
    round_trip(
        &store,
        FeedbackRow { kind: "watch".to_owned(), watched_us: 5, late: true, ..FeedbackRow::default() },
    )
    .await;
    round_trip(&store, RoomState { drops: u64::MAX, fps: 29.97, ..RoomState::default() }).await;
    let outcome = Outcome::Dead;
    round_trip(
        &store,
        LedgerEntry { last_offset: i64::MAX, outcome, reason: "broken".to_owned(), ..LedgerEntry::default() },
    )
    .await;
    let source = "review".to_owned();
    round_trip(
        &store,
        HighlightLabel {
            start_us: -1,
            end_us: 9,
            label: 0.5,
            positive: 1,
            source,
            ..HighlightLabel::default()
        },
    )
    .await;
    let (highlight, clip) = ("u000007".to_owned(), "r/s/u000007.mp4".to_owned());
    round_trip(&store, ClipRow { highlight: highlight.clone(), clip, from_us: -3, ..ClipRow::default() })
        .await;
    let (verdict, revision) = ("kept".to_owned(), u64::MAX);
    round_trip(&store, Review { highlight, verdict, from_us: Some(-1), revision, ..Review::default() }).await;
    let text = "höchste".to_owned();
    round_trip(&store, SpokenWord { start_us: 5, text, probability: 0.5, ..SpokenWord::default() }).await;
    let vector = vec![0.5, -1.0];
    round_trip(&store, UnitVector { media_us: 7, unit_us: 9, vector, ..UnitVector::default() }).await;
    let (job, state) = ("kairos-score".to_owned(), "{}".to_owned());
    round_trip(&store, Checkpoint { job, partition: 3, state, progress: u64::MAX }).await;
    let (seed, delay_ms, metric) = (u64::MAX, u32::MAX, "ap".to_owned());
    round_trip(
        &store,
        Evaluation { seed, delay_ms, metric, value: f64::NEG_INFINITY, ..Evaluation::default() },
    )
    .await;
    round_trip(&store, EvaluationScore { sec: 7, delay_ms, score: -0.5, ..EvaluationScore::default() }).await;
}

#[tokio::test]
async fn migrating_twice_changes_nothing() {
    let store = store("twice").await;
    let before =
        store.query("SELECT name, blake3 FROM schema_migrations ORDER BY name", Format::Tsv).await.unwrap();
    store.migrate().await.unwrap();
    let after =
        store.query("SELECT name, blake3 FROM schema_migrations ORDER BY name", Format::Tsv).await.unwrap();
    assert_eq!(before, after);
    assert!(before.contains("024_unit_vectors"), "{before}");
}

#[tokio::test]
async fn an_edited_migration_and_an_unknown_one_are_named() {
    let store = store("edited").await;
    let insert = |values: &str| {
        let sql = format!("INSERT INTO schema_migrations VALUES {values}");
        let client = store.client().clone();
        async move { client.query_raw(&sql).execute().await.unwrap() }
    };
    insert("('003_highlights', 'other')").await;
    let error = store.migrate().await.unwrap_err();
    assert!(matches!(&error, Error::MigrationChanged { name, .. } if name == "003_highlights"), "{error}");
    insert("('999_later', 'x')").await;
    let error = store.migrate().await.unwrap_err();
    assert!(matches!(&error, Error::MigrationUnknown { name } if name == "999_later"), "{error}");
}

#[tokio::test]
async fn a_view_shows_the_last_revision_whatever_the_order_of_arrival() {
    let store = store("revisions").await;
    for revision in [1, 2, 0] {
        let mut writer = Writer::new(&store, WriterOptions::default()).unwrap();
        for unit in 0..10 {
            writer.write(score("room", unit, revision)).await.unwrap();
        }
        writer.flush().await.unwrap();
    }
    assert_eq!(number(&store, "SELECT count() FROM frame_scores_rows").await, 30);
    let rows =
        store.client().query("SELECT ?fields FROM frame_scores ORDER BY media_us").fetch_all::<FrameScore>();
    let expected: Vec<_> = (0..10).map(|unit| score("room", unit, 2)).collect();
    assert_eq!(rows.await.unwrap(), expected);
}

#[tokio::test]
async fn a_withdrawn_highlight_leaves_the_view() {
    let store = store("withdrawn").await;
    let row =
        |state, revision| Highlight { highlight: "h".to_owned(), state, revision, ..Highlight::default() };
    let mut writer = Writer::new(&store, WriterOptions::default()).unwrap();
    writer.write(row(HighlightState::Provisional, 0)).await.unwrap();
    writer.flush().await.unwrap();
    assert_eq!(number(&store, "SELECT count() FROM highlights").await, 1);
    writer.write(row(HighlightState::Withdrawn, 1)).await.unwrap();
    writer.flush().await.unwrap();
    assert_eq!(number(&store, "SELECT count() FROM highlights").await, 0);
}

#[tokio::test]
async fn wrong_sql_gets_clickhouses_own_words_and_code() {
    let store = store("wrong").await;
    let error = store.query("SELECT * FROM nowhere", Format::Tsv).await.unwrap_err();
    assert_eq!(error.code(), Some(60), "{error}");
    assert!(error.to_string().contains("nowhere"), "{error}");
    let error = store.query("SELEC 1", Format::Tsv).await.unwrap_err();
    assert!(error.to_string().contains("Syntax error"), "{error}");
    let late = "SELECT throwIf(number = 3000000) FROM numbers(5000000)";
    let error = store.query(late, Format::JsonEachRow).await.unwrap_err();
    assert_eq!(error.code(), Some(395), "{error}");
    assert_eq!(store.query("SELECT 1 AS a", Format::JsonEachRow).await.unwrap(), "{\"a\":1}\n");
}

#[tokio::test]
async fn a_value_never_becomes_sql() {
    let store = store("injection").await;
    let mut writer = Writer::new(&store, WriterOptions::default()).unwrap();
    writer.write(score("room", 1, 0)).await.unwrap();
    writer.flush().await.unwrap();
    let hostile = [
        "x' OR '1'='1",
        "x'; DROP TABLE frame_scores_rows; --",
        "\\' OR 1=1 --",
        "{limit:UInt32}",
        "\\N",
        "a\tb\nc",
        "?",
    ];
    for value in hostile {
        let answer = store.named("top-moments", &[("room", value)], Format::JsonEachRow).await.unwrap();
        assert_eq!(answer, "", "{value}");
        let sql = "SELECT {v:String} AS v FORMAT RawBLOB";
        assert_eq!(store.query_with(sql, &[("v", value)], Format::Tsv).await.unwrap(), value);
    }
    // A number is refused before it is sent, and where it is sent ClickHouse refuses it.
    let error =
        store.named("top-moments", &[("room", "room"), ("limit", "1; DROP")], Format::Tsv).await.unwrap_err();
    assert_eq!(error.to_string(), "query top-moments: limit \"1; DROP\" is no UInt32");
    let error = store.query_with("SELECT {n:UInt32}", &[("n", "1; DROP")], Format::Tsv).await.unwrap_err();
    assert_eq!(error.code(), Some(457), "{error}");
    assert!(store.clone().with_database("a; DROP DATABASE b").is_err());
    assert_eq!(number(&store, "SELECT count() FROM frame_scores").await, 1);
}

#[tokio::test]
async fn settings_of_one_query_do_not_reach_the_next() {
    let store = store("settings").await;
    for _ in 0..8 {
        let set = store
            .client()
            .query_raw("SELECT toUInt64(getSetting('max_threads'))")
            .with_setting("max_threads", "7");
        assert_eq!(set.fetch_one::<u64>().await.unwrap(), 7);
        let asynchronous = "SELECT toUInt64(getSetting('async_insert'))";
        assert_eq!(number(&store, asynchronous).await, 0);
        assert_ne!(number(&store, "SELECT toUInt64(getSetting('max_threads'))").await, 7);
    }
}

#[tokio::test]
async fn a_large_answer_comes_whole_and_typed() {
    let store = store("large").await;
    let mut rows = store.client().query_raw("SELECT number FROM numbers(1000000)").fetch::<u64>().unwrap();
    let mut expected = 0;
    while let Some(row) = rows.next().await.unwrap() {
        assert_eq!(row, expected);
        expected += 1;
    }
    assert_eq!(expected, 1_000_000);
    let mut left_early =
        store.client().query_raw("SELECT number FROM numbers(100000000)").fetch::<u64>().unwrap();
    assert_eq!(left_early.next().await.unwrap(), Some(0));
    drop(left_early);
    assert_eq!(number(&store, "SELECT toUInt64(1)").await, 1);
}
