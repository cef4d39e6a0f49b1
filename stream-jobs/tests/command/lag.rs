//! What is estimated and found in simulated rooms, against their truth.

use std::path::Path;

use kairos_training::metrics::average_precision;
use serde_json::Value;

use crate::kairos::{Rooms, ask, replay};

const ROOMS: usize = 5;

fn truth(room: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(room.join("truth.json")).unwrap()).unwrap()
}

/// Final scores, comments of the last seven seconds as they arrive, and whether a moment touches the unit.
fn units(out: &Path, stream: &str, truth: &Value) -> (Vec<f64>, Vec<f64>, Vec<bool>) {
    let query = format!(
        "SELECT s.media_us, any(s.score), countIf(c.media_us >= s.media_us + s.unit_us - 7000000
             AND c.media_us < s.media_us + s.unit_us)
         FROM frame_scores s LEFT JOIN comments c ON c.stream = s.stream
         WHERE s.stream = '{stream}' GROUP BY s.media_us, s.unit_us ORDER BY s.media_us"
    );
    let mut units = (Vec::new(), Vec::new(), Vec::new());
    for line in ask(out, &query).lines() {
        let fields: Vec<f64> = line.split('\t').map(|field| field.parse().unwrap()).collect();
        let (from, to) = (fields[0] / 1e6, fields[0] / 1e6 + 2.0);
        let touches = |moment: &Value| {
            moment["start_s"].as_f64().unwrap() < to && moment["end_s"].as_f64().unwrap() > from
        };
        units.0.push(fields[1]);
        units.1.push(fields[2]);
        units.2.push(truth["moments"].as_array().unwrap().iter().any(touches));
    }
    units
}

#[test]
fn the_comment_lag_is_found_and_scores_beat_the_rate_of_comments() {
    let folder = tempfile::tempdir().unwrap();
    let plan = folder.path().join("plan.toml");
    std::fs::write(&plan, "width = 160\nheight = 90\nfps = 8\nwithout_comments = 0.0\nwithout_sound = 0.0\nwithout_video = 0.0\n")
        .unwrap();
    let rooms = Rooms::simulate(&[
        "--rooms",
        "5",
        "--minutes",
        "8",
        "--seed",
        "4711",
        "--plan",
        plan.to_str().unwrap(),
    ]);
    let folders: Vec<_> = (0..ROOMS).map(|index| rooms.room(index)).collect();
    let paths: Vec<&Path> = folders.iter().map(|room| room.as_path()).collect();
    let out = folder.path().join("out");
    replay(&paths, &out, &["--no-clips"]);

    let (mut found, mut enough) = (0, 0);
    let (mut ours, mut rate) = (0.0, 0.0);
    for room in &folders {
        let truth = truth(room);
        let stream = truth["stream"].as_str().unwrap();
        let (scores, comments, positive) = units(&out, stream, &truth);
        ours += average_precision(&scores, &positive).unwrap();
        rate += average_precision(&comments, &positive).unwrap();
        if truth["counts"]["reactions"].as_u64().unwrap() < 40 {
            continue;
        }
        enough += 1;
        let query = format!(
            "SELECT ifNull(argMax(comment_lag_us, media_us), -1) / 1e6 FROM room_state WHERE stream = '{stream}'"
        );
        let estimated: f64 = ask(&out, &query).parse().unwrap();
        let lag = truth["comment_lag_s"].as_f64().unwrap();
        println!("{stream}: lag {estimated:.1} s, truth {lag:.1} s");
        found += u32::from((estimated - lag).abs() <= 3.0);
    }
    println!("mean AP: {:.3}, comment rate {:.3}", ours / ROOMS as f64, rate / ROOMS as f64);
    assert!(enough >= 3, "only {enough} rooms have comments enough");
    assert!(found + 1 >= enough, "the lag of {found} of {enough} rooms is within 3 s");
    assert!(
        ours > rate + 0.1 * ROOMS as f64,
        "mean AP {} against {}",
        ours / ROOMS as f64,
        rate / ROOMS as f64
    );
}
