//! Rollups and lifetimes: rows are written in several revisions, again and late, dropped, and the hours stay right.

// A helper that cannot go on has failed its test.
#![allow(clippy::unwrap_used)]

mod engine;

use engine::{ask, assert_numbers, cells, number, score, write_twice};
use kairos_clickhouse::{
    CommentRow, Error, FeedbackRow, Format, FrameScore, GiftRow, LedgerEntry, Retention, Store,
};

const MINUTE: i64 = 60_000_000;
/// A midnight that is over.
const DAY: i64 = 1_700_006_400_000_000;

fn comment(room: &str, minute: i64, revision: u32) -> CommentRow {
    CommentRow {
        room: room.to_owned(),
        stream: "s".to_owned(),
        id: minute.to_string(),
        user: format!("u{}", minute % 7),
        sent_at: DAY + minute * MINUTE,
        late: revision == 0 && minute % 3 == 0,
        revision,
        ..CommentRow::default()
    }
}

fn gift(minute: i64, revision: u32) -> GiftRow {
    GiftRow {
        room: "a".to_owned(),
        stream: "s".to_owned(),
        id: minute.to_string(),
        user: format!("u{}", minute % 5),
        count: 2 + revision,
        value: 0.25 * f64::from(1 + revision),
        sent_at: DAY + minute * MINUTE,
        revision,
        ..GiftRow::default()
    }
}

fn feedback(minute: i64) -> FeedbackRow {
    let (kind, watched_us) = match minute % 3 {
        0 => ("watch", 90_000_000),
        1 => ("impression", 0),
        _ => ("click", 0),
    };
    FeedbackRow {
        room: "a".to_owned(),
        stream: "s".to_owned(),
        id: minute.to_string(),
        user: format!("u{}", minute % 11),
        kind: kind.to_owned(),
        watched_us,
        sent_at: DAY + minute * MINUTE,
        ..FeedbackRow::default()
    }
}

fn unit(minute: i64, revision: u32) -> FrameScore {
    FrameScore { captured_at: DAY + minute * MINUTE, score: 0.5, ..score("a", minute, revision) }
}

async fn write(store: &Store, minutes: std::ops::Range<i64>, revision: u32) {
    let rooms = |minute| ["a", "b"].map(|room| comment(room, minute, revision));
    write_twice(store, &minutes.clone().flat_map(rooms).collect::<Vec<_>>()).await;
    write_twice(store, &minutes.clone().map(|minute| gift(minute, revision)).collect::<Vec<_>>()).await;
    write_twice(store, &minutes.clone().map(feedback).collect::<Vec<_>>()).await;
    write_twice(store, &minutes.map(|minute| unit(minute, revision)).collect::<Vec<_>>()).await;
}

/// What the hours must be, from the rows themselves.
const DIRECT: [(&str, &str); 4] = [
    (
        "SELECT room, hour, comments, late, commenters FROM comment_hours ORDER BY room, hour",
        "SELECT room, toStartOfHour(sent_at) AS hour, count() AS comments, countIf(late) AS late, uniqExact(user) AS commenters \
         FROM comments GROUP BY room, hour ORDER BY room, hour",
    ),
    (
        "SELECT room, hour, gifts, items, value, givers FROM gift_hours ORDER BY room, hour",
        "SELECT room, toStartOfHour(sent_at) AS hour, count() AS gifts, sum(toUInt64(count)) AS items, sum(value) AS value, \
         uniqExact(user) AS givers FROM gifts GROUP BY room, hour ORDER BY room, hour",
    ),
    (
        "SELECT room, hour, impressions, clicks, watches, watched_us, viewers FROM feedback_hours ORDER BY room, hour",
        "SELECT room, toStartOfHour(sent_at) AS hour, countIf(kind = 'impression') AS impressions, countIf(kind = 'click') AS clicks, \
         countIf(kind = 'watch') AS watches, sum(watched_us) AS watched_us, uniqExact(user) AS viewers \
         FROM feedback GROUP BY room, hour ORDER BY room, hour",
    ),
    (
        "SELECT room, model, hour, units, final_units, score_sum, best FROM score_hours ORDER BY room, hour",
        "SELECT room, model, toStartOfHour(captured_at) AS hour, count() AS units, countIf(final) AS final_units, \
         sum(toFloat64(score)) AS score_sum, max(score) AS best FROM frame_scores GROUP BY room, model, hour ORDER BY room, hour",
    ),
];

async fn text(store: &Store, sql: &str) -> String {
    store.query(sql, Format::Tsv).await.unwrap_or_else(|error| panic!("{sql}: {error}"))
}

async fn assert_right(store: &Store) {
    for (rolled, direct) in DIRECT {
        assert_eq!(text(store, rolled).await, text(store, direct).await, "{rolled}");
    }
}

fn hours(rolled: &[kairos_clickhouse::Rolled]) -> Vec<u64> {
    rolled.iter().map(|rolled| rolled.hours).collect()
}

async fn alter(store: &Store, storage: &str, change: &str) {
    let sql = format!("ALTER TABLE {storage} {change}");
    let altered = store.client().query_raw(&sql).with_setting("mutations_sync", "2").execute().await;
    altered.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

/// As if the rows of a table had been written so many days ago.
async fn age_rows(store: &Store, storage: &str, days: u32) {
    alter(store, storage, "MODIFY COLUMN written_at DEFAULT now()").await;
    alter(store, storage, &format!("UPDATE written_at = written_at - toIntervalDay({days}) WHERE 1")).await;
    alter(store, storage, "MODIFY COLUMN written_at MATERIALIZED now()").await;
}

/// The same of all rows and of the rollups that were made of them.
async fn age(store: &Store, days: u32) {
    for storage in ["frame_scores_rows", "comments_rows", "gifts_rows", "feedback_rows"] {
        age_rows(store, storage, days).await;
    }
    for storage in ["score_hours_rows", "comment_hours_rows", "gift_hours_rows", "feedback_hours_rows"] {
        alter(store, storage, &format!("UPDATE rolled_at = rolled_at - toIntervalDay({days}) WHERE 1")).await;
    }
}

async fn merge(store: &Store, storage: &str) {
    let sql = format!("OPTIMIZE TABLE {storage} FINAL");
    store.client().query_raw(&sql).execute().await.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

#[tokio::test]
async fn hours_are_right_after_replays_late_revisions_and_rollups_done_again() {
    let store = engine::store("rollups", "replays").await;
    assert_eq!(hours(&store.rollup().await.unwrap()), [0, 0, 0, 0]);
    write(&store, 0..150, 1).await;
    write(&store, 0..150, 0).await;
    for _ in 0..2 {
        assert_eq!(hours(&store.rollup().await.unwrap()), [3, 6, 3, 3]);
        assert_right(&store).await;
    }
    // Rows that come late, in an hour that is rolled up and in one that is not, and later revisions of some.
    write(&store, 140..200, 2).await;
    store.rollup().await.unwrap();
    assert_right(&store).await;
    for storage in ["comment_hours_rows", "score_hours_rows", "comments_rows"] {
        merge(&store, storage).await;
    }
    store.rollup().await.unwrap();
    assert_right(&store).await;
}

#[tokio::test]
async fn only_hours_that_were_written_to_are_made_again() {
    let store = engine::store("rollups", "touched").await;
    write(&store, 0..150, 1).await;
    store.rollup().await.unwrap();
    age(&store, 1).await;
    assert_eq!(hours(&store.rollup().await.unwrap()), [3, 6, 3, 3], "written within the overlap");
    age_rows(&store, "comments_rows", 1).await;
    assert_eq!(hours(&store.rollup().await.unwrap())[1], 0);
    write_twice(&store, &[comment("b", 65, 3), comment("c", 1, 0)]).await;
    assert_eq!(hours(&store.rollup().await.unwrap())[1], 2);
    assert_right(&store).await;
}

#[tokio::test]
async fn an_hour_that_is_not_over_waits() {
    let store = engine::store("rollups", "over").await;
    let now: i64 =
        store.client().query_raw("SELECT toUnixTimestamp64Micro(now64(6))").fetch_one().await.unwrap();
    let at = |room: &str, sent_at| CommentRow { sent_at, ..comment(room, 0, 0) };
    let rows = [at("over", now - 60 * MINUTE), at("now", now + 1), at("ahead", now + 600 * MINUTE)];
    write_twice(&store, &rows).await;
    store.rollup().await.unwrap();
    assert_eq!(text(&store, "SELECT room FROM comment_hours ORDER BY room").await, "room\nover\n");
}

#[tokio::test]
async fn trends_are_read_from_the_hours_when_their_rows_are_gone() {
    let store = engine::store("rollups", "dropped").await;
    write(&store, 0..1500, 0).await;
    store.rollup().await.unwrap();
    let queries =
        [("trend-days", vec![("room", "a")]), ("trend-hours", vec![]), ("trend-days", vec![("days", "1")])];
    let mut before = Vec::new();
    for (query, params) in &queries {
        before.push(ask(&store, query, params).await);
    }
    assert_numbers(&before[0], "comments", &[1440.0, 60.0]);
    assert_numbers(&before[0], "value", &[360.0, 15.0]);
    assert_numbers(&before[0], "click_rate", &[1.0, 1.0]);
    assert_numbers(&before[0], "hours_watched", &[12.0, 0.5]);
    assert_numbers(&before[0], "mean_score", &[0.5, 0.5]);
    assert_eq!(cells(&before[1], "days").take(2).collect::<Vec<_>>(), ["2", "1"]);
    assert_numbers(&before[2], "gifts", &[60.0, 0.0]);

    age(&store, 8).await;
    let seven = Some(7);
    let retention =
        Retention { comments: seven, gifts: seven, feedback: seven, scores: seven, ..Retention::default() };
    store.retain(&retention).await.unwrap();
    for storage in ["comments_rows", "gifts_rows", "feedback_rows", "frame_scores_rows"] {
        merge(&store, storage).await;
        assert_eq!(number(&store, &format!("SELECT count() FROM {storage}")).await, 0, "{storage}");
    }
    // A row that comes after the others have gone is less than what the hour has.
    write_twice(&store, &[comment("a", 5, 9)]).await;
    store.rollup().await.unwrap();
    for ((query, params), before) in queries.iter().zip(&before) {
        assert_eq!(&ask(&store, query, params).await, before, "{query}");
    }
    // All of it, replayed, is as much as the hour had; with more, the hour is made anew.
    write(&store, 0..1501, 1).await;
    store.rollup().await.unwrap();
    assert_right(&store).await;
}

#[tokio::test]
async fn rows_go_when_their_time_is_up_and_lifetimes_are_changed_and_taken_away() {
    let store = engine::store("rollups", "lifetimes").await;
    let lifetimes = "SELECT name, extract(engine_full, 'TTL (.+?) SETTINGS') AS lifetime FROM system.tables \
        WHERE database = currentDatabase() AND engine_full LIKE '% TTL %' ORDER BY name";
    let of = |comments, ledger| Retention { comments, ledger, ..Retention::default() };
    let days = |days| format!("written_at + toIntervalDay({days})");
    for (retention, expected) in [
        (of(Some(30), None), format!("comments_rows\t{}\n", days(30))),
        (of(Some(30), None), format!("comments_rows\t{}\n", days(30))),
        (of(Some(7), Some(1)), format!("comments_rows\t{}\nledger_rows\t{}\n", days(7), days(1))),
        (of(None, Some(1)), format!("ledger_rows\t{}\n", days(1))),
        (of(None, None), String::new()),
    ] {
        store.retain(&retention).await.unwrap();
        assert_eq!(text(&store, lifetimes).await, format!("name\tlifetime\n{expected}"));
    }
    write_twice(&store, &[comment("a", 1, 0), comment("a", 2, 0)]).await;
    let entry = LedgerEntry { topic: "t".to_owned(), ..LedgerEntry::default() };
    write_twice(&store, &[entry]).await;
    age(&store, 8).await;
    // Written again: of its two revisions the last one counts, and stays as long as it is new.
    write_twice(&store, &[comment("a", 2, 1)]).await;
    store.retain(&of(Some(7), Some(7))).await.unwrap();
    merge(&store, "comments_rows").await;
    merge(&store, "ledger_rows").await;
    assert_eq!(text(&store, "SELECT id, revision FROM comments").await, "id\trevision\n2\t1\n");
    assert_eq!(number(&store, "SELECT count() FROM ledger").await, 1, "not aged");
    assert!(store.dictionary().await.unwrap().contains("| 7 days after it was written |"));
}

#[tokio::test]
async fn jobs_that_start_at_once_agree_on_a_lifetime() {
    let store = engine::store("rollups", "at_once").await;
    for retention in [Retention { words: Some(3), ..Retention::default() }, Retention::default()] {
        let jobs = [(); 4].map(|()| {
            let (store, retention) = (store.clone(), retention.clone());
            tokio::spawn(async move { store.retain(&retention).await })
        });
        for job in jobs {
            job.await.unwrap().unwrap();
        }
    }
}

#[tokio::test]
async fn nonsense_and_the_lifetimes_of_others_are_refused() {
    let store = engine::store("rollups", "refused").await;
    for days in [0, 3_651, u32::MAX] {
        let retention = Retention { words: Some(days), ..Retention::default() };
        let error = store.retain(&retention).await.unwrap_err();
        assert!(matches!(&error, Error::Retention { field: "words", .. }), "{error}");
    }
    let by_hand = "ALTER TABLE comments_rows MODIFY TTL toDateTime(sent_at) + toIntervalYear(9)";
    store.client().query_raw(by_hand).execute().await.unwrap();
    store.retain(&Retention::default()).await.unwrap();
    let error =
        store.retain(&Retention { comments: Some(5), ..Retention::default() }).await.unwrap_err().to_string();
    assert!(error.contains("comments_rows") && error.contains("toIntervalYear(9)"), "{error}");
    assert!(store.dictionary().await.unwrap().contains("toIntervalYear(9)"));
}
