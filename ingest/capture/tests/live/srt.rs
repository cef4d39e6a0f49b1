//! SRT in both directions.

use kairos_capture::RoomState;

use crate::support::*;

/// Whether this `ffmpeg` speaks SRT; says so where it does not.
fn has_srt() -> bool {
    let output = std::process::Command::new("ffmpeg").args(["-hide_banner", "-protocols"]).output();
    let has = String::from_utf8_lossy(&output.expect("ffmpeg is installed").stdout).contains("srt\n");
    if !has {
        println!("skipped: this ffmpeg has no srt");
    }
    has
}

/// A sender that closes takes with it what still waits in the receiver's buffer against loss: a fifth of a second.
fn all_but_the_tail(segments: &[kairos_timeline::Segment]) {
    is_whole_clip(&segments[..2], 2 * RATE);
    let (times, _) = judge(segments);
    assert!(times.len() >= PICTURES - RATE * 2 / 5 && times.len() <= PICTURES, "{} pictures", times.len());
}

#[test]
fn a_sender_calls_our_listener() {
    if !has_srt() {
        return;
    }
    let port = free_port();
    let (rooms, mut collector) = start(quick());
    rooms.add(room("r"), source(&format!("srt://127.0.0.1:{port}?mode=listener"))).unwrap();
    collector.must(5.0, "a listener", in_state("r", |state, _| *state == RoomState::Connecting));
    std::thread::sleep(std::time::Duration::from_millis(300));
    let _sender = Sender::clip(&format!("-f mpegts srt://127.0.0.1:{port}?pkt_size=1316"));
    collector.must(20.0, "the end", ended("r"));
    all_but_the_tail(&collector.segments("r"));
    // The listener is there for the next sender.
    let old = collector.segments("r")[0].stream.clone();
    let _again = Sender::clip(&format!("-f mpegts srt://127.0.0.1:{port}?pkt_size=1316"));
    collector.must(20.0, "a second stream", |all| segments(all, "r").iter().any(|s| s.stream != old));
}

#[test]
fn we_call_a_sender_that_listens() {
    if !has_srt() {
        return;
    }
    let port = free_port();
    let (rooms, mut collector) = start(quick());
    rooms
        .add(room("r"), source(&format!("srt://127.0.0.1:{port}?passphrase=a-passphrase&pbkeylen=16")))
        .unwrap();
    collector.must(
        15.0,
        "an attempt",
        in_state("r", |state, _| matches!(state, RoomState::Reconnecting { .. })),
    );
    let target =
        format!("srt://127.0.0.1:{port}?mode=listener&pkt_size=1316&passphrase=a-passphrase&pbkeylen=16");
    let _sender = Sender::clip(&format!("-f mpegts {target}"));
    collector.must(25.0, "the end", ended("r"));
    all_but_the_tail(&collector.segments("r"));
    assert!(!story(&collector.all).contains("a-passphrase"));
}
