//! Replays of simulated rooms: rows, highlights, clips, report, and the same digest every time.

use std::fs::File;
use std::process::Command;

use parquet::file::reader::{FileReader, SerializedFileReader};

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

#[test]
fn hours_are_rolled_up_and_the_tables_tell_what_they_are_and_how_long_they_keep_it() {
    let out = tempfile::tempdir().unwrap();
    let (folder, config) = (out.path().to_str().unwrap(), out.path().join("kairos.toml"));
    std::fs::write(&config, "[clickhouse.retention]\nwords = 90\n").unwrap();
    let room = ROOMS.room(0);
    let config = config.to_str().unwrap();
    succeeded(&kairos(&["--config", config, "replay", "--out", folder, room.to_str().unwrap()]));
    // Whoever only asks changes nothing, however little they were told.
    let sql = |args: &[&str]| succeeded(&kairos(&[&["sql", "--out", folder], args].concat()));
    let dictionary = sql(&["--dictionary"]);
    let kept = "| `words_rows` | `room, stream, model, start_us, text` | `revision` |  | 90 days after it was written |";
    assert!(dictionary.contains(kept), "{dictionary}");
    let rolled = sql(&["--rollup"]);
    assert!(rolled.lines().any(|line| line.starts_with("comment_hours ")), "{rolled}");
    let of = |table| ask(out.path(), &format!("SELECT sum(comments) FROM {table}"));
    assert_eq!(of("room_hours"), of("(SELECT count() AS comments FROM comments)"));
    assert_eq!(sql(&["--named", "trend-days", "-p", "room=nobody", "--format", "tsv"]).lines().count(), 1);
    let query = out.path().join("query.sql");
    std::fs::write(&query, "-- What was given.\nSELECT {what:String} AS what").unwrap();
    let asked = sql(&["--file", query.to_str().unwrap(), "-p", "what=it's", "--format", "tsv"]);
    assert_eq!(asked, "what\nit\\'s\n");
}

#[test]
fn tables_leave_as_parquet_and_csv_and_never_by_half() {
    let out = tempfile::tempdir().unwrap();
    replay(&[&ROOMS.room(0)], out.path(), &[]);
    let export = |format: &str, query: &str, file: &str| {
        let (out, file) = (out.path().to_str().unwrap(), out.path().join(file));
        let args = ["sql", "--out", out, "--format", format, "--to", file.to_str().unwrap(), query];
        (kairos(&args), file)
    };
    let rows = ask(out.path(), "SELECT count() FROM frame_scores");
    let (done, file) = export("parquet", "SELECT * FROM frame_scores ORDER BY media_us", "scores.parquet");
    assert_eq!(succeeded(&done), "");
    let scores = SerializedFileReader::new(File::open(&file).unwrap()).unwrap();
    let about = scores.metadata().file_metadata();
    assert_eq!(about.num_rows().to_string(), rows);
    let columns: Vec<&str> = about.schema().get_fields().iter().map(|field| field.name()).collect();
    assert_eq!(columns[..3], ["room", "stream", "media_us"]);
    let (done, file) = export("csv", "SELECT room, stream FROM streams", "streams.csv");
    succeeded(&done);
    assert!(std::fs::read_to_string(file).unwrap().starts_with("\"room\",\"stream\"\n\"room-000\","));
    let late = "SELECT throwIf(number = 900000, 'enough') FROM numbers(1000000)";
    let (broken, file) = export("csv", late, "broken.csv");
    assert_eq!(broken.status.code(), Some(1));
    let said = String::from_utf8_lossy(&broken.stderr).into_owned();
    assert!(said.contains("broken.csv") && said.contains("enough"), "{said}");
    assert!(!file.exists(), "half an answer is none");
    let (lost, _) = export("csv", "SELECT 1", "no-such-folder/a.csv");
    assert_eq!(lost.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&lost.stderr).contains("no-such-folder/a.csv"), "{lost:?}");
}
