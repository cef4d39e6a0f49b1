//! A database from before scores had a delay, with rows in it, brought up to this version.

// A helper that cannot go on has failed its test.
#![allow(clippy::unwrap_used)]

mod engine;

use engine::{number, score, write_twice};
use kairos_clickhouse::{FrameScore, Store};

/// The schema files of the version before.
const OLD: [(&str, &str); 9] = [
    ("001_streams", include_str!("../schema/001_streams.sql")),
    ("002_frame_scores", include_str!("../schema/002_frame_scores.sql")),
    ("003_highlights", include_str!("../schema/003_highlights.sql")),
    ("004_gift_predictions", include_str!("../schema/004_gift_predictions.sql")),
    ("005_comments", include_str!("../schema/005_comments.sql")),
    ("006_gifts", include_str!("../schema/006_gifts.sql")),
    ("007_feedback", include_str!("../schema/007_feedback.sql")),
    ("008_room_state", include_str!("../schema/008_room_state.sql")),
    ("009_ledger", include_str!("../schema/009_ledger.sql")),
];

async fn run(store: &Store, sql: &str) {
    store.client().query_raw(sql).execute().await.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

/// Tables as the version before left them, with two revisions of ten scores in two parts.
async fn old(test: &str) -> Store {
    let store = engine::store("upgrade", test).await;
    let (name, outside) = (store.database().to_owned(), store.clone().with_database("default").unwrap());
    run(&outside, &format!("DROP DATABASE {name} SYNC")).await;
    run(&outside, &format!("CREATE DATABASE {name}")).await;
    let applied = "CREATE TABLE schema_migrations (name String, blake3 String) \
        ENGINE = ReplacingMergeTree ORDER BY name";
    run(&store, applied).await;
    for (name, text) in OLD {
        for statement in text.split(";\n").filter(|statement| !statement.trim().is_empty()) {
            run(&store, statement).await;
        }
        let blake3 = blake3::hash(text.as_bytes()).to_hex();
        run(&store, &format!("INSERT INTO schema_migrations VALUES ('{name}', '{blake3}')")).await;
    }
    for revision in 0..2 {
        let rows = format!(
            "INSERT INTO frame_scores_rows (room, stream, media_us, unit_us, captured_at, score, model, revision, \
             scores) SELECT 'room', 'room-1', number * 2000000, 2000000, toDateTime64(1790000000, 6) + number, \
             number + {revision} / 2, 'contentctr@abc', {revision}, map('click', 0.25) FROM numbers(10)"
        );
        run(&store, &rows).await;
    }
    let rows = "INSERT INTO highlights_rows VALUES \
        ('room', 'room-1', 'u000001', 1, 9, 5, 0.5, 'final', 'room/u000001.mp4', 'room/u000001.jpg', 'm@1', 4), \
        ('room', 'room-1', 'u000007', 11, 19, 15, 0.5, 'provisional', '', '', 'm@1', 0)";
    run(&store, rows).await;
    store
}

async fn holds_old_rows_and_takes_new_ones(store: &Store) {
    let values = "SELECT media_us, score, delay_ms FROM frame_scores ORDER BY media_us";
    let found = store.client().query_raw(values).fetch_all::<(i64, f32, u32)>().await.unwrap();
    let expected: Vec<_> = (0..10).map(|unit| (unit * 2_000_000, unit as f32 + 0.5, 0)).collect();
    assert_eq!(found, expected);
    assert_eq!(number(store, "SELECT count() FROM frame_scores_rows").await, 20, "no row is gone");
    // A later decision about an old unit goes beside it; a revision of the same decision replaces it.
    let later = FrameScore { delay_ms: 4_000, ..score("room", 3, 2) };
    write_twice(store, &[later, score("room", 4, 2)]).await;
    for _ in 0..2 {
        assert_eq!(number(store, "SELECT count() FROM frame_scores").await, 10);
        assert_eq!(number(store, "SELECT count() FROM frame_scores_by_delay").await, 11);
        let delay = "SELECT toUInt64(delay_ms) FROM frame_scores WHERE media_us = 6000000";
        assert_eq!(number(store, delay).await, 4_000);
        run(store, "OPTIMIZE TABLE frame_scores_rows FINAL").await;
    }
    store.migrate().await.unwrap();
}

#[tokio::test]
async fn old_scores_survive_the_upgrade_and_new_delays_go_beside_them() {
    let store = old("survive").await;
    let before = store.digest(&["room-1".to_owned()]).await.unwrap_err();
    assert_eq!(before.code(), Some(60), "{before}");
    store.migrate().await.unwrap();
    holds_old_rows_and_takes_new_ones(&store).await;
}

#[tokio::test]
async fn an_upgrade_that_stopped_half_way_is_finished() {
    let store = old("half_way").await;
    let text = include_str!("../schema/010_score_delay.sql");
    run(&store, text.split(";\n").next().unwrap()).await;
    store.migrate().await.unwrap();
    holds_old_rows_and_takes_new_ones(&store).await;
}

#[tokio::test]
async fn clips_of_before_stand_beside_their_highlights() {
    let store = old("clips").await;
    store.migrate().await.unwrap();
    let shown = "SELECT highlight, clip, thumbnail, revision FROM highlights ORDER BY highlight";
    let shown = store.client().query_raw(shown).fetch_all::<(String, String, String, u32)>().await.unwrap();
    let text = str::to_owned;
    let cut = (text("u000001"), text("room/u000001.mp4"), text("room/u000001.jpg"), 4);
    assert_eq!(shown, [cut, (text("u000007"), String::new(), String::new(), 0)]);
    assert_eq!(number(&store, "SELECT count() FROM clips").await, 1);
}

#[tokio::test]
async fn jobs_that_start_at_once_all_find_the_tables() {
    for round in 0..4 {
        let store = old(&format!("at_once_{round}")).await;
        // Each a little behind the one before, by another length each round.
        let jobs = [0, 1, 2].map(|place| {
            let job = store.clone();
            tokio::spawn(async move {
                tokio::time::sleep(std::time::Duration::from_millis(place * round * 12)).await;
                job.migrate().await
            })
        });
        for job in jobs {
            job.await.unwrap().unwrap();
        }
        assert_eq!(number(&store, "SELECT count() FROM clips").await, 1);
        assert_eq!(number(&store, "SELECT count() FROM highlights").await, 2);
    }
}
