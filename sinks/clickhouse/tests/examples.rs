//! Every file of examples/sql, over a small world whose answers are known; all of it is written twice.

// A helper that cannot go on has failed its test.
#![allow(clippy::unwrap_used)]

mod engine;

use std::path::Path;

use engine::{assert_numbers, cell, cells};
use kairos_clickhouse::{Format, Store};

const WORLD: &str = include_str!("examples.sql");
const MODELS: [(&str, &str); 2] = [("model_a", "good@1"), ("model_b", "random@2")];

async fn world(test: &str) -> Store {
    let store = engine::store("examples", test).await;
    for statement in WORLD.split(";\n").filter(|statement| !statement.trim().is_empty()) {
        for _ in 0..2 {
            // Otherwise the second time is not even taken.
            let insert = store.client().query_raw(statement).with_setting("insert_deduplicate", "0");
            insert.execute().await.unwrap_or_else(|error| panic!("{statement}: {error}"));
        }
    }
    store.rollup().await.unwrap();
    store
}

/// Name and text of every example.
fn examples() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/sql");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let read = |path: std::path::PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        (name, std::fs::read_to_string(&path).unwrap())
    };
    files.map(read).collect()
}

/// Only what a query asks for is given to it.
fn params(sql: &str) -> Vec<(&'static str, &'static str)> {
    MODELS.into_iter().filter(|(name, _)| sql.contains(&format!("{{{name}:"))).collect()
}

#[tokio::test]
async fn every_example_answers_what_it_says() {
    let store = world("answers").await;
    let examples = examples();
    assert!(examples.len() >= 7);
    for (name, sql) in &examples {
        let answer = store.query_with(sql, &params(sql), Format::Tsv).await;
        assert_answer(name, &answer.unwrap_or_else(|error| panic!("{name}: {error}")));
    }
}

fn assert_answer(name: &str, answer: &str) {
    let lines = answer.lines().count() - 1;
    match name {
        "top-moments-per-hour.sql" => {
            assert_eq!(lines, 12, "three in each of two hours by two models");
            assert_eq!(
                cells(answer, "second").take(6).collect::<Vec<_>>(),
                ["3500", "3400", "3300", "7100", "7000", "6900"]
            );
            assert_eq!((cell(answer, 0, "clip"), cell(answer, 1, "clip")), ("anna/h1.mp4", ""));
            assert_eq!(cell(answer, 0, "texts"), "['wow 35']", "what was said a lag later");
        }
        "ctr-by-score.sql" => {
            assert_eq!(cells(answer, "model").filter(|model| *model == "good@1").count(), 2);
            assert_eq!((cell(answer, 0, "ctr"), cell(answer, 1, "ctr")), ("0.3", "0.6"));
            for row in 0..lines {
                let [ctr, low, high] =
                    ["ctr", "lower", "upper"].map(|column| number(cell(answer, row, column)));
                assert!(low < ctr && ctr < high && high - low < 0.06, "{answer}");
            }
            assert!((number(cell(answer, 0, "mean_score")) - 0.3036).abs() < 1e-6);
        }
        "gift-funnel-by-streamer.sql" => {
            assert_eq!(cells(answer, "room").collect::<Vec<_>>(), ["ben", "anna"]);
            for (column, users) in
                [("shown", 10.0), ("clicked", 6.0), ("stayed", 5.0), ("commented", 4.0), ("paying", 3.0)]
            {
                assert_eq!(number(cell(answer, 1, &format!("{column}_users"))), users, "{column}");
            }
            assert_numbers(answer, "value", &[32.0, 31.0]);
            assert_eq!((cell(answer, 0, "click_rate"), cell(answer, 1, "click_rate")), ("\\N", "0.6"));
        }
        "comment-lag-over-time.sql" => {
            let expected: Vec<_> = (0..12).map(|step| 4.0 + f64::from(step) / 2.0).collect();
            assert_numbers(answer, "lag_seconds", &expected);
            assert_numbers(answer, "comments", &[6.0; 12]);
            assert_eq!(cell(answer, 0, "confidence"), "0.75", "without the estimates that are not sure");
        }
        "model-ab.sql" => {
            assert_eq!(cells(answer, "model").collect::<Vec<_>>(), ["good@1", "random@2"]);
            assert_numbers(answer, "units", &[720.0, 720.0]);
            assert_eq!((cell(answer, 0, "ctr_of_best_tenth"), cell(answer, 0, "auc")), ("0.6", "1"));
            assert!((number(cell(answer, 1, "lift")) - 1.0).abs() < 0.2, "{answer}");
        }
        "units-to-parquet.sql" => {
            assert_eq!(lines, 1440);
            let sum = |column| cells(answer, column).map(number).sum::<f64>();
            // Of every model: 72 comments, 20 impressions of each of 720 units.
            assert_eq!((sum("comments"), sum("impressions"), sum("clicks")), (144.0, 28_800.0, 9_504.0));
            assert_eq!(cell(answer, 10, "comments"), "1", "100 s and the lag of 4 s: sent at 105 s");
        }
        "week-over-week.sql" => {
            assert_numbers(answer, "value", &[29.0, 27.0]);
            assert_eq!(cell(answer, 1, "value_change"), "5.75");
            assert_eq!((cell(answer, 1, "comments"), cell(answer, 1, "comments_change")), ("72", "\\N"));
        }
        other => panic!("examples/sql/{other} has no test: say here what it answers"),
    }
}

fn number(text: &str) -> f64 {
    text.parse().unwrap_or_else(|_no_number| panic!("{text:?} is no number"))
}

#[tokio::test]
async fn every_example_runs_on_empty_tables_and_says_how_it_is_run() {
    let store = engine::store("examples", "empty").await;
    for (name, sql) in examples() {
        let answer = store.query_with(&sql, &params(&sql), Format::Tsv).await;
        assert_eq!(answer.unwrap_or_else(|error| panic!("{name}: {error}")).lines().count(), 1, "{name}");
        let head: String = sql.lines().take_while(|line| line.starts_with("--")).collect();
        assert!(
            head.contains(&format!("kairos sql --file examples/sql/{name}")) || head.contains("--rollup"),
            "{name}"
        );
        assert!(
            sql.lines().next().is_some_and(|line| line.ends_with('.')),
            "{name}: what it answers, in one sentence"
        );
    }
}

#[tokio::test]
async fn the_export_is_a_parquet_file() {
    let store = world("parquet").await;
    let (_, sql) = examples().into_iter().find(|(name, _)| name == "units-to-parquet.sql").unwrap();
    let mut bytes = Vec::new();
    store.query_into(&sql, &[] as &[(&str, &str)], Format::Parquet, &mut bytes).await.unwrap();
    assert!(bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1"), "{} bytes", bytes.len());
}

#[test]
fn the_page_of_tables_names_every_example() {
    let page = include_str!("../../../docs/tables.md");
    for (name, _) in examples() {
        assert!(page.contains(&format!("(../examples/sql/{name})")), "docs/tables.md does not name {name}");
    }
}
