//! Another model while the job runs.

use std::path::Path;
use std::process::{Command, Stdio};

use candle_core::Device;
use kairos_highlight::ContentCtr;
use kairos_kafka::broker::Broker;

use crate::bench::{Place, Process, free_port, held, rooms, serve, wait_for};
use crate::numbers::get;
use crate::studio::{accounted, with_settings};

/// The shipped checkpoint's like, with weights drawn by a seed.
fn untrained(folder: &Path, seed: u64) {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/highlight/checkpoint");
    let (model, metrics, _) = ContentCtr::load::<serde_json::Value>(&shipped, &Device::Cpu).unwrap();
    let drawn = ContentCtr::new(model.config().clone(), seed, &Device::Cpu).unwrap();
    drawn.save(folder, &metrics).unwrap();
    std::fs::copy(shipped.join("lexicon.safetensors"), folder.join("lexicon.safetensors")).unwrap();
}

#[test]
fn a_model_that_is_swapped_scores_streams_that_begin_later_and_none_is_dropped() {
    let broker = Broker::shared().unwrap();
    let settings = broker.with_topics("score-swap", 2).unwrap();
    let (_folder, rooms) = rooms(2, &["--minutes", "1"]);
    let checkpoint = tempfile::tempdir().unwrap();
    untrained(checkpoint.path(), 1);
    let tables = tempfile::tempdir().unwrap();
    let (port, asked) = (free_port(), free_port());
    let _server = serve(tables.path(), asked);
    let more =
        format!("[model]\ncheckpoint = {:?}\n[metrics]\nlisten = \"127.0.0.1:{port}\"\n", checkpoint.path());
    let live = with_settings(Place::new(&settings, Some(&format!("http://127.0.0.1:{asked}"))), &more);
    let mut score = live.command(&["score", "--out", live.out().to_str().unwrap()]);
    // A rebalance builds open streams again, by the model of then: no other test's worker is to join or leave this group.
    score.env("KAIROS_SCORE__GROUP", "score-swap").env("KAIROS_KAFKA__SESSION_TIMEOUT_MS", "45000");
    let child = score.stdout(Stdio::null()).spawn().unwrap();
    let id = child.id().to_string();
    let job = Process::of(child);
    let reload = || assert!(Command::new("kill").args(["-HUP", &id]).status().unwrap().success());

    // The first room at its own pace: it is open all the while.
    let mut sender = live.command(&["replay", "--to-kafka", "--speed", "1"]);
    let mut sender = Process::of(sender.arg(&rooms[0]).stdout(Stdio::null()).spawn().unwrap());
    let units = |room: &str| {
        live.number(&format!("SELECT uniqExact(media_us) FROM frame_scores WHERE room = '{room}'"))
    };
    wait_for("the first rows", || units("room-000") > 3);

    // A damaged checkpoint changes nothing, and is told.
    let weights = checkpoint.path().join("model.safetensors");
    std::fs::write(&weights, b"half a file").unwrap();
    reload();
    let is_told =
        || get(port, "/status").is_some_and(|status| status.contains("the checkpoint can't be used"));
    wait_for("the trouble", is_told);
    untrained(checkpoint.path(), 2);
    reload();
    wait_for("the end of the trouble", || !is_told());
    let models =
        |room: &str| live.number(&format!("SELECT uniqExact(model) FROM frame_scores WHERE room = '{room}'"));
    assert!(!sender.has_ended(), "the room is still open");
    live.send(&rooms[1..], &[]);
    wait_for("the second room", || units("room-001") >= 29);
    wait_for("the first room's end", || sender.has_ended() && units("room-000") >= 29);
    wait_for("all offsets", || accounted(&live) == held(&settings));
    job.stop();
    let all = live.ask(
        "SELECT room, stream, model, count(), min(media_us), max(media_us) FROM frame_scores GROUP BY ALL",
    );
    assert_eq!((models("room-000"), models("room-001")), (1, 1), "{all}");
    assert_eq!(live.number("SELECT uniqExact(model) FROM frame_scores"), 2);
    let whole = "SELECT count() FROM (SELECT room, max(media_us + unit_us) / max(unit_us) AS all, uniqExact(media_us) AS scored FROM frame_scores GROUP BY room HAVING all != scored)";
    assert_eq!(live.number(whole), 0, "every unit of both has its score");
}
