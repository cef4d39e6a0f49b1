//! From a sender to rows while it still sends: a listener, the broker, the scoring job.

#![allow(clippy::unwrap_used, reason = "a test that can not go on may panic, in its helpers too")]

#[path = "score_job/bench.rs"]
#[allow(dead_code, reason = "shared with the tests of the scoring job")]
mod bench;

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use bench::{Place, Process, free_port, serve, wait_for};
use kairos_kafka::broker::Broker;

/// A sender that streams a generated picture and tone for `seconds`, at their own speed.
fn sender(seconds: u32, url: &str) -> Process {
    let (picture, tone) = (
        format!("testsrc2=size=320x180:rate=30:duration={seconds}"),
        format!("sine=frequency=440:duration={seconds}"),
    );
    let encode =
        ["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "30", "-c:a", "aac"];
    let child = Command::new("ffmpeg")
        .args(["-v", "error", "-re", "-f", "lavfi", "-i", &picture, "-f", "lavfi", "-i", &tone])
        .args(encode)
        .args(["-f", "flv", url])
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    Process::of(child)
}

#[allow(clippy::disallowed_methods, reason = "a platform stamps its events with the clock")]
fn now_us() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros()
}

#[test]
fn rows_appear_while_a_sender_still_pushes() {
    let broker = Broker::shared().unwrap();
    let settings = broker.with_topics("ingest", 2).unwrap();
    let tables = tempfile::tempdir().unwrap();
    let port = free_port();
    let _server = serve(tables.path(), port);
    let live = Place::new(&settings, Some(&format!("http://127.0.0.1:{port}")));
    let _score = live.start("score", &[]);
    let listen = free_port();
    let mut ingest = live.command(&["ingest", &format!("rtmp-listen://127.0.0.1:{listen}/live"), "--stdin"]);
    let mut ingest = ingest.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let mut lines = ingest.stdin.take().unwrap();
    let ingest = Process::of(ingest);
    wait_for("the listener", || std::net::TcpStream::connect(("127.0.0.1", listen)).is_ok());

    let mut pushed = sender(40, &format!("rtmp://127.0.0.1:{listen}/live/room-7"));
    wait_for("a first score", || live.number("SELECT count() FROM frame_scores WHERE room = 'room-7'") > 0);
    assert!(!pushed.has_ended(), "while it still sends");
    for number in 0..5 {
        let line = serde_json::json!({
            "room": "room-7", "id": format!("c{number}"), "user": "somebody", "sent_at": now_us() as u64,
            "text": "what a moment",
        });
        writeln!(lines, "{line}").unwrap();
    }
    writeln!(lines, "no line of ours").unwrap();
    wait_for("the comments", || live.number("SELECT count() FROM comments WHERE room = 'room-7'") == 5);
    let placed = "SELECT count() FROM comments WHERE media_us > 0 AND media_us < 40000000";
    assert_eq!(live.number(placed), 5, "by the sender's time");
    pushed.kill();
    drop(lines);
    wait_for("the end", || {
        live.number("SELECT countIf(final) > 0 AND countIf(NOT final) = 0 FROM frame_scores") == 1
    });
    let gaps = "SELECT count() FROM (SELECT media_us - lagInFrame(media_us, 1, media_us - 2000000) \
        OVER (ORDER BY media_us) AS step FROM frame_scores WHERE room = 'room-7') WHERE step != 2000000";
    assert_eq!(live.number(gaps), 0, "every unit has a score");
    let letters = live.command(&["dead-letters", "list"]).output().unwrap();
    assert!(String::from_utf8(letters.stdout).unwrap().contains("JSON"), "the broken line is kept");
    ingest.stop();
}
