//! HLS and endless files over HTTP.

use kairos_capture::{CaptureOptions, GapReason, RoomState};
use kairos_timeline::{MediaTime, Span, WallTime};

use crate::support::*;

fn wall() -> WallTime {
    let since = std::time::SystemTime::UNIX_EPOCH.elapsed().expect("after 1970");
    WallTime::from_micros(since.as_micros() as i64)
}

#[test]
fn a_recording_served_as_hls_comes_out_whole_with_its_own_date() {
    let dir = tempfile::tempdir().unwrap();
    let hls = "-f hls -hls_time 1 -hls_list_size 0 -hls_flags program_date_time -hls_segment_filename s%d.ts";
    ffmpeg(dir.path(), &format!("-i {} -c copy {hls} all.m3u8", clip().display()));
    let playlist = std::fs::read_to_string(dir.path().join("all.m3u8")).unwrap();
    assert!(playlist.contains("#EXT-X-PROGRAM-DATE-TIME"), "{playlist}");
    std::fs::write(
        dir.path().join("master.m3u8"),
        "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1000000\nall.m3u8\n",
    )
    .unwrap();
    let address = serve(dir.path().to_owned(), Vec::new());
    let (rooms, mut collector) = start(quick());
    rooms.add(room("r"), source(&format!("{address}/master.m3u8?token=a-token"))).unwrap();
    collector.must(20.0, "the end", in_state("r", |state, _| *state == RoomState::Ended));
    println!("{}", story(&collector.all));
    let segments = collector.segments("r");
    is_whole_clip(&segments, PICTURES);
    let stated = playlist.lines().find_map(|line| line.strip_prefix("#EXT-X-PROGRAM-DATE-TIME:")).unwrap();
    let seconds: f64 = stated.get(17..23).unwrap().parse().unwrap();
    let captured = (segments[0].captured_at.as_micros() % 60_000_000) as f64 / 1e6;
    assert!((captured - seconds).abs() < 0.01, "{captured} and {stated}");
    assert!(!story(&collector.all).contains("a-token"));
}

#[test]
fn a_live_playlist_is_followed_and_its_end_noticed() {
    let dir = tempfile::tempdir().unwrap();
    let hls = "-f hls -hls_time 1 -hls_list_size 6 -hls_flags program_date_time+omit_endlist";
    let sender = Sender::ffmpeg(&format!(
        "-re -stream_loop -1 -i {} -c copy {hls} {}/live.m3u8",
        clip().display(),
        dir.path().display()
    ));
    let address = serve(dir.path().to_owned(), Vec::new());
    let playlist = dir.path().join("live.m3u8");
    let begun = std::time::Instant::now();
    while !std::fs::read_to_string(&playlist).is_ok_and(|text| text.matches("#EXTINF").count() >= 3) {
        assert!(begun.elapsed().as_secs() < 20, "no playlist");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let (rooms, mut collector) = start(quick());
    rooms.add(room("r"), source(&format!("{address}/live.m3u8"))).unwrap();
    collector.must(20.0, "three segments", |all| segments(all, "r").len() >= 3);
    drop(sender);
    let segments = collector.segments("r");
    println!("{}", story(&collector.all));
    judge(&segments);
    assert!(segments.windows(2).all(|pair| (pair[1].start - pair[0].end()).abs() < Span::from_millis(1)));
    // The date is the sender's; what arrives was captured seconds before.
    let age = wall() - segments.last().unwrap().captured_at;
    assert!(age > Span::from_millis(300) && age < Span::from_millis(12_000), "{age}");
    collector.must(15.0, "silence", in_state("r", |state, _| *state == RoomState::Silent));
}

/// The clip as a transport stream with timestamps from `offset` seconds on.
fn transport(offset: &str) -> Vec<u8> {
    let dir = tempfile::tempdir().expect("it works");
    ffmpeg(dir.path(), &format!("-i {} -c copy -output_ts_offset {offset} -f mpegts a.ts", clip().display()));
    std::fs::read(dir.path().join("a.ts")).expect("it works")
}

#[test]
fn the_counter_of_a_transport_stream_wraps_without_a_trace() {
    // 2^33 ticks of 90 kHz are 95443.7 seconds.
    let address = serve(std::env::temp_dir(), transport("95442"));
    let (rooms, mut collector) = start(CaptureOptions { resume_within_ms: 0, ..quick() });
    rooms.add(room("r"), source(&format!("{address}/endless"))).unwrap();
    collector.must(20.0, "the end", ended("r"));
    rooms.remove(&room("r")).unwrap();
    let all = collector.segments("r");
    let first: Vec<_> = all.iter().filter(|s| s.stream == all[0].stream).cloned().collect();
    println!("{}", story(&collector.all));
    let (times, _) = judge(&first);
    assert_eq!(times.len(), PICTURES);
    assert!(
        (first.last().unwrap().end() - MediaTime::from_micros(SECONDS as i64 * 1_000_000)).abs()
            < Span::from_millis(60)
    );
}

#[test]
fn timestamps_that_are_reset_within_a_connection_do_not_run_media_time_back() {
    let mut bytes = transport("5000");
    bytes.extend(transport("10"));
    let address = serve(std::env::temp_dir(), bytes);
    let (rooms, mut collector) = start(CaptureOptions { resume_within_ms: 0, ..quick() });
    rooms.add(room("r"), source(&format!("{address}/endless"))).unwrap();
    collector.must(20.0, "the end", ended("r"));
    rooms.remove(&room("r")).unwrap();
    println!("{}", story(&collector.all));
    let all = collector.segments("r");
    let first: Vec<_> = all.iter().filter(|s| s.stream == all[0].stream).cloned().collect();
    let (times, _) = judge(&first);
    assert_eq!(times.len(), 2 * PICTURES, "no picture lost");
    assert!(times.windows(2).all(|pair| pair[0] < pair[1]), "media time runs forward");
    let end = first.last().unwrap().end();
    assert!(
        (end - MediaTime::from_micros(2 * SECONDS as i64 * 1_000_000)).abs() < Span::from_millis(400),
        "{end}"
    );
    assert!(gaps(&collector.all, "r").iter().all(|gap| gap.2 == GapReason::TimestampJump));
}

#[test]
fn a_server_that_sends_garbage_or_nothing_is_told_apart_and_disturbs_nobody() {
    let garbage: Vec<u8> = (0..300_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let address = serve(std::env::temp_dir(), garbage);
    // Accepts and says nothing.
    let mute = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let options = CaptureOptions { connect_timeout_ms: 2_000, ..quick() };
    let (rooms, mut collector) = start(options);
    rooms.add(room("garbage"), source(&format!("{address}/endless"))).unwrap();
    rooms.add(room("missing"), source(&format!("{address}/none.m3u8?token=a-token"))).unwrap();
    rooms.add(room("mute"), source(&format!("http://{}/live.flv", mute.local_addr().unwrap()))).unwrap();
    rooms
        .add(room("mute-rtmp"), source(&format!("rtmp://{}/live/a-token", mute.local_addr().unwrap())))
        .unwrap();
    rooms.add(room("sound"), source(&clip().display().to_string())).unwrap();
    collector.must(20.0, "the sound room's end", ended("sound"));
    is_whole_clip(&collector.segments("sound"), PICTURES);
    for name in ["garbage", "missing", "mute", "mute-rtmp"] {
        collector.must(
            10.0,
            name,
            in_state(name, |state, why| matches!(state, RoomState::Reconnecting { .. }) && !why.is_empty()),
        );
    }
    collector.must(5.0, "silence", in_state("mute", |state, _| *state == RoomState::Silent));
    println!("{}", story(&collector.all));
    assert!(!story(&collector.all).contains("a-token"));
    let began = std::time::Instant::now();
    for name in ["garbage", "missing", "mute", "mute-rtmp"] {
        rooms.remove(&room(name)).unwrap();
    }
    assert!(
        began.elapsed() < std::time::Duration::from_millis(200),
        "removing a dead peer waits for nothing"
    );
    assert!(rooms.close(std::time::Duration::from_secs(8)), "{:?}", rooms.status());
}
