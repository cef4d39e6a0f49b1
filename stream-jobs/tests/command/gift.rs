//! The gift graph from files and tables, and predictions of replays.

use std::path::Path;
use std::sync::LazyLock;

use crate::kairos::{Rooms, ask, kairos, replay, succeeded};

/// Two rooms of chat, gifts and feedback.
static ROOMS: LazyLock<Rooms> =
    LazyLock::new(|| Rooms::simulate(&["--rooms", "2", "--minutes", "6", "--seed", "5", "--without-media"]));

fn stats(file: &Path) -> serde_json::Value {
    let text = succeeded(&kairos(&["graph", "stats", file.to_str().unwrap(), "--json"]));
    serde_json::from_str(&text).unwrap()
}

fn build(args: &[&str], out: &Path) -> serde_json::Value {
    let mut all = vec!["graph", "build", "--out", out.to_str().unwrap(), "--json"];
    all.extend(args);
    serde_json::from_str(&succeeded(&kairos(&all))).unwrap()
}

#[test]
fn a_graph_of_pairs_tells_nodes_edges_and_metapaths() {
    let folder = tempfile::tempdir().unwrap();
    let lines = "user\titem\tvalue\ttime\n\
        u1\ta\t2\t1700000000\nu1\tb\t1\t1700000100\nu2\ta\t1\t1700000200\nu2\tb\t5\t1700000300\nu3\tc\t1\t1700000400\n";
    std::fs::write(folder.path().join("train.tsv"), lines).unwrap();
    let file = folder.path().join("graph");
    let built = build(&["--data", folder.path().to_str().unwrap()], &file);
    assert_eq!((&built["users"], &built["streamers"], &built["edges"]), (&3.into(), &3.into(), &5.into()));
    let kept = stats(&file);
    assert_eq!(kept["edges"], 5);
    assert_eq!(kept["top_streamers"][0]["streamer"], "b");
    // u1 and u2 both give to a and b: alike in both directions, and to nobody else.
    assert_eq!(kept["tables"]["swing_edges"], 2);
    assert!(kept["bytes_per_edge"].as_f64().unwrap() > 0.0);
    let shown = succeeded(&kairos(&["graph", "stats", file.to_str().unwrap()]));
    assert!(shown.contains("3 users, 3 streamers, 5 edges of 5 gifts"), "{shown}");
}

#[test]
fn what_can_not_be_an_edge_is_named_with_file_and_field() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("graph");
    std::fs::write(folder.path().join("train.tsv"), "user\titem\tvalue\nu1\ta\tmuch\n").unwrap();
    let args = ["graph", "build", "--out", file.to_str().unwrap(), "--data", folder.path().to_str().unwrap()];
    let failed = kairos(&args);
    let stderr = String::from_utf8_lossy(&failed.stderr);
    assert_eq!(failed.status.code(), Some(1));
    assert!(stderr.contains("train.tsv") && stderr.contains("value") && stderr.contains("much"), "{stderr}");
    assert!(!file.exists());
    let damaged = kairos(&["graph", "stats", folder.path().join("train.tsv").to_str().unwrap()]);
    assert_eq!(damaged.status.code(), Some(1));
    assert_eq!(kairos(&["graph", "build", "--out", file.to_str().unwrap()]).status.code(), Some(2));
}

#[test]
fn recordings_and_the_tables_of_their_replay_make_the_same_edges() {
    let folder = tempfile::tempdir().unwrap();
    let room = ROOMS.room(0);
    let from_files = build(&["--data", room.to_str().unwrap()], &folder.path().join("files"));
    let gifts = std::fs::read_to_string(room.join("gifts.jsonl")).unwrap().lines().count();
    assert_eq!(from_files["gifts"], gifts);
    let out = folder.path().join("out");
    replay(&[&room], &out, &[]);
    let from_tables = build(&["--clickhouse", out.to_str().unwrap()], &folder.path().join("tables"));
    for field in ["users", "edges", "gifts", "count", "value"] {
        assert_eq!(from_files[field], from_tables[field], "{field}");
    }
    // The table doesn't know the streamer's name: the room stands for it.
    assert_eq!(from_tables["top_streamers"][0]["streamer"], ask(&out, "SELECT room FROM streams"));
}

/// Predictions before and from a moment of media time on.
fn predictions(out: &Path, border: &str) -> String {
    ask(
        out,
        &format!(
            "SELECT media_us, user, probability, expected_value, reason FROM gift_predictions
            WHERE media_us + 2000000 {border} ORDER BY media_us, probability DESC, user"
        ),
    )
}

#[test]
fn a_gift_changes_the_predictions_of_the_next_unit_and_of_none_before() {
    let rooms = Rooms::simulate(&["--rooms", "1", "--minutes", "2", "--seed", "11", "--without-media"]);
    let room = rooms.room(0);
    let (plain, given) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    // Everybody who is there gets a row.
    let config = plain.path().join("kairos.toml");
    std::fs::write(&config, "[gift]\ntop = 1000\n").unwrap();
    let everybody = ["--config", config.to_str().unwrap()];
    replay(&[&room], plain.path(), &everybody);
    let user =
        ask(plain.path(), "SELECT user FROM comments WHERE media_us < 50000000 ORDER BY media_us LIMIT 1");
    let begin: i64 = ask(plain.path(), "SELECT toUnixTimestamp64Micro(started_at) FROM streams")
        .parse()
        .expect("microseconds since 1970");
    let gift = format!(
        r#"{{"room":"room-000","id":"planted","user":"{user}","sent_at":{},"kind":"gift","name":"rose","count":3,"money":null,"value":30.0,"text":""}}"#,
        begin + 60_500_000
    );
    let file = room.join("gifts.jsonl");
    let mut gifts = std::fs::read_to_string(&file).unwrap_or_default();
    gifts.push_str(&gift);
    gifts.push('\n');
    std::fs::write(&file, gifts).unwrap();
    replay(&[&room], given.path(), &everybody);

    let rows = ask(plain.path(), "SELECT count(), uniq(media_us) FROM gift_predictions");
    assert!(!rows.starts_with("0\t"), "a room with viewers has predictions");
    assert_eq!(predictions(plain.path(), "<= 60500000"), predictions(given.path(), "<= 60500000"));
    let next = "BETWEEN 60500001 AND 62500000";
    assert_ne!(predictions(plain.path(), next), predictions(given.path(), next));
    assert!(
        ask(given.path(), "SELECT count() FROM gift_predictions WHERE probability < 0 OR probability > 1")
            == "0"
    );
    let reason = ask(
        given.path(),
        &format!(
            "SELECT reason FROM gift_predictions WHERE user = '{user}' AND media_us + 2000000 > 60500000
            ORDER BY media_us LIMIT 1"
        ),
    );
    assert!(reason.contains("1 gifts"), "{reason}");
}

#[test]
fn a_graph_from_before_is_seen_and_rooms_of_one_replay_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (ROOMS.room(0), ROOMS.room(1));
    let graph = folder.path().join("graph");
    build(&["--data", two.to_str().unwrap()], &graph);
    let of_one = |out: &Path| {
        let room = ask(out, "SELECT min(room) FROM streams");
        ask(
            out,
            &format!(
                "SELECT media_us, user, probability, reason FROM gift_predictions WHERE room = '{room}'
                ORDER BY media_us, user"
            ),
        )
    };
    let out = |name: &str| folder.path().join(name);
    replay(&[&one], &out("alone"), &[]);
    replay(&[&one, &two], &out("together"), &[]);
    assert_eq!(of_one(&out("alone")), of_one(&out("together")));
    replay(&[&one], &out("after"), &["--graph", graph.to_str().unwrap()]);
    replay(&[&one], &out("again"), &["--graph", graph.to_str().unwrap()]);
    assert_eq!(of_one(&out("after")), of_one(&out("again")));
}
