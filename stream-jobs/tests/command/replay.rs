//! Replays of simulated rooms: rows, highlights, clips, report, and the same digest every time.

use std::process::Command;

use crate::kairos::{ROOMS, ask, kairos, replay, succeeded};

#[test]
fn the_digest_is_the_same_twice_and_with_another_thread_count() {
    let folder = tempfile::tempdir().unwrap();
    let rooms = [ROOMS.room(0), ROOMS.room(1)];
    let rooms = [rooms[0].as_path(), rooms[1].as_path()];
    let first = replay(&rooms, &folder.path().join("first"), &[]);
    assert_eq!(first, replay(&rooms, &folder.path().join("second"), &["--threads", "1"]));
    assert_eq!(first, replay(&rooms, &folder.path().join("first"), &[]), "into the same folder again");

    let config = folder.path().join("kairos.toml");
    std::fs::write(&config, "[decode]\nthreads = 3\n").unwrap();
    let with_threads = ["--config", config.to_str().unwrap()];
    assert_eq!(first, replay(&rooms, &folder.path().join("third"), &with_threads));

    std::fs::write(&config, "unit_ms = 2000\n[lateness]\ndefault_lag_ms = 6000\n").unwrap();
    assert_ne!(
        first,
        replay(&rooms, &folder.path().join("fourth"), &with_threads),
        "the digest must see a change"
    );
}

#[test]
fn every_unit_is_scored_finally_and_every_offset_has_one_ending() {
    let out = tempfile::tempdir().unwrap();
    let room = ROOMS.room(0);
    replay(&[&room], out.path(), &[]);
    // The media's units, and those until the last comment.
    let units: i64 = ask(out.path(), "SELECT count() FROM frame_scores").parse().unwrap();
    let (from, to, is_final) =
        ("min(media_us) = 0", "max(media_us) = (count() - 1) * 2000000", "countIf(NOT final) = 0");
    assert!(units >= 90, "{units} units of at least 90");
    assert_eq!(ask(out.path(), &format!("SELECT {from}, {to}, {is_final} FROM frame_scores")), "1\t1\t1");
    assert_eq!(
        ask(out.path(), "SELECT countIf(score < 0 OR score > 1 OR isNaN(score)) FROM frame_scores"),
        "0"
    );
    let lines = |file: &str| std::fs::read_to_string(room.join(file)).unwrap().lines().count();
    for (table, file) in
        [("comments", "comments.jsonl"), ("gifts", "gifts.jsonl"), ("feedback", "feedback.jsonl")]
    {
        let rows = ask(out.path(), &format!("SELECT count() FROM {table}"));
        assert_eq!(rows, lines(file).to_string(), "{table}");
        let endings = ask(
            out.path(),
            &format!("SELECT sum(last_offset - first_offset + 1) FROM ledger WHERE topic LIKE '%{file}'"),
        );
        assert_eq!(endings, lines(file).to_string(), "ledger of {file}");
    }
    let overlaps =
        "SELECT count() FROM ledger a JOIN ledger b ON a.topic = b.topic AND a.partition = b.partition
        WHERE a.first_offset < b.first_offset AND a.last_offset >= b.first_offset";
    assert_eq!(ask(out.path(), overlaps), "0");
}

#[test]
fn highlights_have_clips_that_play_and_thumbnails() {
    let out = tempfile::tempdir().unwrap();
    replay(&[&ROOMS.room(0)], out.path(), &[]);
    let rows = ask(
        out.path(),
        "SELECT clip, thumbnail, (end_us - start_us) / 1e6 FROM highlights WHERE state = 'final'",
    );
    assert!(!rows.is_empty(), "no highlight in three minutes with moments of interest");
    for row in rows.lines() {
        let fields: Vec<&str> = row.split('\t').collect();
        let clip = out.path().join("clips").join(fields[0]);
        assert!(out.path().join("clips").join(fields[1]).is_file(), "{row}");
        let probe = Command::new("ffprobe")
            .args(["-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0"])
            .arg(&clip)
            .output()
            .unwrap();
        let length: f64 = String::from_utf8_lossy(&probe.stdout).trim().parse().unwrap();
        let highlight: f64 = fields[2].parse().unwrap();
        assert!(length >= highlight - 0.1, "{length} s of clip for {highlight} s of highlight");
    }
    let report = std::fs::read_to_string(out.path().join("report.html")).unwrap();
    assert!(report.contains("simulated") && report.contains("data:image/jpeg;base64,"));
    let first = rows.lines().next().and_then(|row| row.split('\t').next()).unwrap();
    let clip = std::fs::metadata(out.path().join("clips").join(first)).unwrap().len();
    assert!(report.len() as u64 > clip, "the clip is not inside the report");
}

#[test]
fn named_queries_answer_over_a_replay() {
    let out = tempfile::tempdir().unwrap();
    replay(&[&ROOMS.room(0)], out.path(), &[]);
    let room = ask(out.path(), "SELECT room FROM streams");
    let listed = succeeded(&kairos(&["sql", "--named", "list"]));
    let names = [
        "top-moments",
        "top-moments-day",
        "highlight-precision",
        "gift-funnel",
        "lag",
        "compare-models",
        "ledger",
    ];
    for name in names {
        assert!(listed.lines().any(|line| line.starts_with(name)), "{name} is not in {listed}");
    }
    let room = format!("room={room}");
    let args = ["sql", "--out", out.path().to_str().unwrap(), "--named", "top-moments", "-p", &room];
    assert!(succeeded(&kairos(&args)).lines().count() > 4);
}
