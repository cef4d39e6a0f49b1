//! Evaluations and scores of several delays; every row is written twice.

// A helper that cannot go on has failed its test.
#![allow(clippy::unwrap_used)]

mod engine;

use engine::{ask, assert_numbers, cells, number, score, write_twice};
use kairos_clickhouse::{Evaluation, EvaluationScore, FrameScore, Store};

fn evaluation(variant: &str, seed: u64, delay_ms: u32, video: &str, value: f64) -> Evaluation {
    Evaluation {
        run: format!("{variant}-{seed}"),
        model: format!("kuaihl@{seed}"),
        dataset: "lol".to_owned(),
        split: "test".to_owned(),
        variant: variant.to_owned(),
        seed,
        delay_ms,
        metric: "ap".to_owned(),
        video: video.to_owned(),
        value,
        revision: 0,
    }
}

#[tokio::test]
async fn seeds_are_spread_and_videos_are_averaged() {
    let store = engine::store("evaluations", "table").await;
    let again = Evaluation { run: "again".to_owned(), ..evaluation("", 1, 0, "a", 0.5) };
    let corrected = Evaluation { revision: 1, ..evaluation("", 2, 0, "b", 0.9) };
    let pooled = Evaluation { metric: "ap".to_owned(), ..evaluation("", 1, 0, "", 0.55) };
    write_twice(
        &store,
        &[
            evaluation("", 1, 0, "a", 0.5),
            evaluation("", 1, 0, "b", 0.7),
            evaluation("", 1, 0, "c", f64::NAN),
            again,
            evaluation("", 2, 0, "a", 0.7),
            corrected,
            evaluation("", 2, 0, "b", 0.1),
            evaluation("", 1, 5_000, "a", 0.75),
            evaluation("no-speech", 1, 0, "a", 0.25),
            evaluation("no-speech", 1, 5_000, "a", f64::NAN),
            pooled,
        ],
    )
    .await;
    assert_eq!(number(&store, "SELECT count() FROM evaluations").await, 10);

    let answer = ask(&store, "evaluation-table", &[("dataset", "lol")]).await;
    let expected = ["", "no-speech", "", "no-speech", ""];
    assert_eq!(cells(&answer, "variant").collect::<Vec<_>>(), expected, "{answer}");
    assert_numbers(&answer, "delay_ms", &[0.0, 0.0, 5_000.0, 5_000.0, 0.0]);
    assert_numbers(&answer, "pooled", &[0.0, 0.0, 0.0, 0.0, 1.0]);
    assert_numbers(&answer, "seeds", &[2.0, 1.0, 1.0, 1.0, 1.0]);
    assert_numbers(&answer, "videos", &[2.0, 1.0, 1.0, 0.0, 1.0]);
    assert_numbers(&answer, "undefined", &[1.0, 0.0, 0.0, 1.0, 0.0]);
    let mean: Vec<_> = cells(&answer, "mean").collect();
    assert_eq!(mean, ["0.7", "0.25", "0.75", "nan", "0.55"], "{answer}");
    // Seeds reach 0.6 and 0.8: half of their distance times the root of 2.
    let spread: Vec<_> = cells(&answer, "spread").collect();
    assert!((spread[0].parse::<f64>().unwrap() - 0.02_f64.sqrt()).abs() < 1e-12, "{answer}");
    assert_eq!(spread[1..], ["\\N"; 4], "{answer}");
    let (lowest, highest) = (cells(&answer, "lowest").next(), cells(&answer, "highest").next());
    assert_eq!((lowest, highest), (Some("0.6"), Some("0.8")), "{answer}");
    assert_eq!(ask(&store, "evaluation-table", &[("run", "none")]).await.lines().count(), 1);
}

#[tokio::test]
async fn scores_of_an_evaluation_count_once_and_the_last_revision_holds() {
    let store = engine::store("evaluations", "scores").await;
    let score = |sec, delay_ms, revision| EvaluationScore {
        run: "a".to_owned(),
        video: "v".to_owned(),
        delay_ms,
        sec,
        score: revision as f32,
        revision,
    };
    write_twice(&store, &[score(0, 0, 1), score(0, 0, 0), score(0, 5_000, 0), score(1, 0, 0)]).await;
    let sql = "SELECT ?fields FROM evaluation_scores ORDER BY delay_ms, sec";
    let rows = store.client().query(sql).fetch_all::<EvaluationScore>().await.unwrap();
    assert_eq!(rows, [score(0, 0, 1), score(1, 0, 0), score(0, 5_000, 0)]);
}

/// A score whose value tells its delay and revision.
fn decided(unit: i64, delay_ms: u32, revision: u32) -> FrameScore {
    let value = delay_ms as f32 + revision as f32 / 10.0;
    FrameScore { delay_ms, score: value, ..score("room", unit, revision) }
}

async fn shown(store: &Store, view: &str) -> Vec<(i64, u32, u32)> {
    let sql = format!("SELECT media_us, delay_ms, revision FROM {view} ORDER BY media_us, delay_ms");
    store.client().query_raw(&sql).fetch_all::<(i64, u32, u32)>().await.unwrap()
}

#[tokio::test]
async fn every_delay_is_kept_and_one_is_shown() {
    let store = engine::store("evaluations", "delays").await;
    write_twice(
        &store,
        &[
            // Live: a second revision after the comments came.
            decided(0, 0, 0),
            decided(0, 6_000, 1),
            // An evaluation at several delays.
            decided(1, 10_000, 0),
            decided(1, 0, 0),
            decided(1, 5_000, 0),
            // A newer revision outdoes a longer wait.
            decided(2, 9_000, 0),
            decided(2, 4_000, 3),
            decided(2, 4_000, 2),
        ],
    )
    .await;
    assert_eq!(
        shown(&store, "frame_scores").await,
        [(0, 6_000, 1), (2_000_000, 10_000, 0), (4_000_000, 4_000, 3)]
    );
    let all = [
        (0, 0, 0),
        (0, 6_000, 1),
        (2_000_000, 0, 0),
        (2_000_000, 5_000, 0),
        (2_000_000, 10_000, 0),
        (4_000_000, 4_000, 3),
        (4_000_000, 9_000, 0),
    ];
    assert_eq!(shown(&store, "frame_scores_by_delay").await, all);
    // A condition on the value must not bring back a score that was superseded.
    assert_eq!(shown(&store, "(SELECT * FROM frame_scores WHERE delay_ms = 0)").await, []);
    store.client().query_raw("OPTIMIZE TABLE frame_scores_rows FINAL").execute().await.unwrap();
    assert_eq!(shown(&store, "frame_scores_by_delay").await, all);
}

#[tokio::test]
async fn models_are_compared_per_recording_and_at_one_delay() {
    let store = engine::store("evaluations", "compare").await;
    let mut rows = Vec::new();
    for room in ["one", "two"] {
        for unit in 0..10 {
            // At once, b is a turned round; after five seconds they agree but for a constant.
            for (model, delay_ms, value) in [
                ("a@1", 0, unit as f32),
                ("b@1", 0, -unit as f32),
                ("a@1", 5_000, unit as f32),
                ("b@1", 5_000, unit as f32 + 2.0),
            ] {
                let model = model.to_owned();
                rows.push(FrameScore { model, delay_ms, score: value, ..score(room, unit, 0) });
            }
        }
    }
    // Only a has this unit.
    rows.push(FrameScore { model: "a@1".to_owned(), score: -50.0, ..score("two", 11, 0) });
    write_twice(&store, &rows).await;
    let models = [("model_a", "a@1"), ("model_b", "b@1"), ("top", "3")];

    let answer = ask(&store, "compare-models", &models).await;
    assert_eq!(cells(&answer, "stream").collect::<Vec<_>>(), ["one-1", "two-1"]);
    assert_numbers(&answer, "units", &[10.0, 10.0]);
    assert_numbers(&answer, "correlation", &[1.0, 1.0]);
    assert_numbers(&answer, "mean_difference", &[2.0, 2.0]);
    assert_numbers(&answer, "shared_top", &[3.0, 3.0]);
    assert_numbers(&answer, "delay_b", &[5_000.0, 5_000.0]);
    let at_once = [&models[..], &[("delay_ms", "0"), ("stream", "two-1")]].concat();
    let answer = ask(&store, "compare-models", &at_once).await;
    assert_numbers(&answer, "units", &[10.0]);
    assert_numbers(&answer, "rank_correlation", &[-1.0]);
    assert_numbers(&answer, "shared_top", &[0.0]);
    assert_numbers(&answer, "delay_a", &[0.0]);
}
