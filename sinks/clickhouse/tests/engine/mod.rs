//! One ClickHouse for the tests of a file: the embedded one, or the server that `KAIROS_CLICKHOUSE` names.
//!
//! Invariants: every test has a database of its own; without an engine the tests fail and say how to get it.

// Every test file takes what it needs.
#![allow(dead_code, missing_docs)]

use kairos_clickhouse::{Format, FrameScore, Store, Table, Target, Writer, WriterOptions};
use tokio::sync::OnceCell;

// Keeps the engine up between tests: a process that stops and starts it for each would mostly do that.
static ANCHOR: OnceCell<Store> = OnceCell::const_new();

pub fn target(file: &str) -> Target {
    match std::env::var("KAIROS_CLICKHOUSE") {
        Ok(url) if !url.is_empty() => Target::Url { url, user: None, password: None, database: None },
        _ => Target::Embedded { data_dir: std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(file) },
    }
}

/// An empty, migrated database.
pub async fn store(file: &str, test: &str) -> Store {
    let connect = || async { Store::connect(target(file)).await.unwrap_or_else(|error| panic!("{error}")) };
    ANCHOR
        .get_or_init(|| async {
            if let Target::Embedded { data_dir } = target(file) {
                match std::fs::remove_dir_all(&data_dir) {
                    Ok(()) => {}
                    Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::NotFound, "{error}"),
                }
            }
            connect().await
        })
        .await;
    let store = connect().await.with_database("default").unwrap();
    let database = format!("kairos_{file}_{test}");
    store.client().query_raw(&format!("DROP DATABASE IF EXISTS {database}")).execute().await.unwrap();
    let store = store.with_database(&database).unwrap();
    store.migrate().await.unwrap();
    store
}

pub fn score(room: &str, unit: i64, revision: u32) -> FrameScore {
    FrameScore {
        room: room.to_owned(),
        stream: format!("{room}-1"),
        media_us: unit * 2_000_000,
        unit_us: 2_000_000,
        captured_at: 1_790_000_000_000_000 + unit * 2_000_000,
        score: (unit % 97) as f32 / 97.0 + revision as f32,
        scores: [("click", 0.25), ("stay", 0.5)].map(|(head, score)| (head.to_owned(), score)).into(),
        contributions: [("comments".to_owned(), 0.125)].into(),
        missing: vec!["speech".to_owned()],
        comment_lag_us: (unit % 2 == 0).then_some(4_500_000),
        delay_ms: 0,
        r#final: revision > 0,
        model: "contentctr@abc".to_owned(),
        revision,
        topic: "kairos.media".to_owned(),
        partition: 3,
        first_offset: unit,
        last_offset: unit,
    }
}

/// Writes rows twice, as a replay does: what is asked afterwards must count them once.
pub async fn write_twice<R: Table + Clone>(store: &Store, rows: &[R]) {
    for _ in 0..2 {
        let mut writer = Writer::new(store, WriterOptions::default()).unwrap();
        for row in rows {
            writer.write(row.clone()).await.unwrap();
        }
        writer.flush().await.unwrap();
    }
}

/// The answer of a named query, tab separated with a line of names.
pub async fn ask(store: &Store, name: &str, params: &[(&str, &str)]) -> String {
    store.named(name, params, Format::Tsv).await.unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The value of a column in a row of an answer.
pub fn cell<'a>(answer: &'a str, row: usize, column: &str) -> &'a str {
    cells(answer, column).nth(row).unwrap_or_else(|| panic!("{column}: {answer}"))
}

/// A column of an answer.
pub fn cells<'a>(answer: &'a str, column: &str) -> impl Iterator<Item = &'a str> {
    let mut lines = answer.lines();
    let at = lines.next().unwrap().split('\t').position(|name| name == column);
    let at = at.unwrap_or_else(|| panic!("{column}: {answer}"));
    lines.map(move |line| line.split('\t').nth(at).unwrap())
}

/// Fails unless a column of an answer holds these numbers.
pub fn assert_numbers(answer: &str, column: &str, expected: &[f64]) {
    let found: Vec<f64> = cells(answer, column).map(|cell| cell.parse().unwrap()).collect();
    let close = |(a, b): (&f64, &f64)| (a - b).abs() < 1e-12;
    let alike = found.len() == expected.len() && found.iter().zip(expected).all(close);
    assert!(alike, "{column}: {found:?}, not {expected:?}\n{answer}");
}

pub async fn number(store: &Store, sql: &str) -> u64 {
    store.client().query_raw(sql).fetch_one::<u64>().await.unwrap_or_else(|error| panic!("{sql}: {error}"))
}
