//! RTMP: pushed to us, pulled from a server, and what senders do wrong.

use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use kairos_capture::{CaptureOptions, Captured, GapReason, RoomState};
use kairos_timeline::{MediaTime, Span, WallTime};

use crate::support::*;

fn wall() -> WallTime {
    let since = std::time::SystemTime::UNIX_EPOCH.elapsed().expect("after 1970");
    WallTime::from_micros(since.as_micros() as i64)
}

#[test]
fn a_pushed_stream_comes_out_whole_with_its_capture_times() {
    let port = free_port();
    let (rooms, mut collector) = start(quick());
    rooms.add(room("r1"), source(&format!("rtmp-listen://127.0.0.1:{port}/live"))).unwrap();
    let began = wall();
    let _sender = Sender::clip(&format!("-f flv rtmp://127.0.0.1:{port}/live/r1"));
    collector.must(20.0, "the end", ended("r1"));
    println!("{}", story(&collector.all));
    let segments = collector.segments("r1");
    is_whole_clip(&segments, PICTURES);
    let off = segments[0].captured_at - began;
    assert!(
        off >= Span::ZERO && off < Span::from_millis(3_000),
        "captured {off} after the sender was started"
    );
    assert!(segments[0].stream.as_str().starts_with("live-1"), "{}", segments[0].stream);
    assert_eq!(&*segments[0].position.topic, &format!("rtmp-listen://127.0.0.1:{port}/live"));
    // The first segments came out while the sender was still sending.
    let first_end = collector.all.iter().position(|c| matches!(c, Captured::End { .. })).unwrap();
    assert!(collector.all[..first_end].iter().filter(|c| matches!(c, Captured::Segment(_))).count() >= 2);
}

#[test]
fn many_senders_share_a_listener_and_a_wrong_key_disturbs_nobody() {
    let port = free_port();
    let base = format!("rtmp-listen://127.0.0.1:{port}/live");
    let (rooms, mut collector) = start(quick());
    rooms.add(room("a"), source(&base)).unwrap();
    rooms.add(room("b"), source(&format!("{base}?key=hidden-key"))).unwrap();
    let error = rooms.add(room("c"), source(&format!("{base}?key=hidden-key"))).unwrap_err().to_string();
    assert!(error.contains("room b") && !error.contains("hidden-key"), "{error}");
    let _senders = [
        Sender::clip(&format!("-f flv rtmp://127.0.0.1:{port}/live/a")),
        Sender::clip(&format!("-f flv rtmp://127.0.0.1:{port}/live/hidden-key")),
        Sender::clip(&format!("-loglevel quiet -f flv rtmp://127.0.0.1:{port}/live/unknown")),
        Sender::clip(&format!("-loglevel quiet -f flv rtmp://127.0.0.1:{port}/other/a")),
    ];
    // Somebody who speaks no RTMP at all, and somebody who says nothing.
    let mut garbage = TcpStream::connect(("127.0.0.1", port)).unwrap();
    garbage.write_all(&[0x55; 10_000]).unwrap();
    let _mute = TcpStream::connect(("127.0.0.1", port)).unwrap();
    collector.must(20.0, "both ends", |all| ended("a")(all) && ended("b")(all));
    for name in ["a", "b"] {
        is_whole_clip(&collector.segments(name), PICTURES);
    }
    assert!(!story(&collector.all).contains("hidden-key"));
}

#[test]
fn an_open_listener_makes_rooms_of_stream_keys() {
    let port = free_port();
    let (rooms, mut collector) = start(CaptureOptions { pushed_room_idle_ms: 300, ..quick() });
    let listener = source(&format!("rtmp-listen://127.0.0.1:{port}/live"));
    rooms.accept(&listener, [("a-secret".to_owned(), room("known"))].into()).unwrap();
    let _sender = Sender::clip(&format!("-f flv rtmp://127.0.0.1:{port}/live/a-secret"));
    let _stranger = Sender::clip(&format!("-loglevel quiet -f flv rtmp://127.0.0.1:{port}/live/stranger"));
    collector.must(20.0, "the room's end", in_state("known", |state, _| *state == RoomState::Ended));
    is_whole_clip(&collector.segments("known"), PICTURES);
    assert_eq!(rooms.status().len(), 1);
    assert!(!story(&collector.all).contains("a-secret"));
}

#[test]
fn a_sender_that_dies_ends_its_stream_and_the_next_begins_a_new_one() {
    let port = free_port();
    let (rooms, mut collector) = start(CaptureOptions { resume_within_ms: 300, ..quick() });
    rooms.add(room("r"), source(&format!("rtmp-listen://127.0.0.1:{port}/live"))).unwrap();
    let target = format!("-f flv rtmp://127.0.0.1:{port}/live/r");
    let sender = Sender::clip(&target);
    collector.must(15.0, "a segment", |all| !segments(all, "r").is_empty());
    drop(sender);
    collector.must(
        5.0,
        "news of it",
        in_state("r", |state, _| matches!(state, RoomState::Reconnecting { .. })),
    );
    collector.must(5.0, "the end of the stream", ended("r"));
    let first = collector.segments("r");
    judge(&first);
    let _next = Sender::clip(&target);
    let old = first[0].stream.clone();
    let ends = |all: &[Captured]| {
        all.iter().filter(|c| matches!(c, Captured::End { stream, .. } if *stream != old)).count() == 1
    };
    collector.must(15.0, "another stream", ends);
    let second: Vec<_> = collector.segments("r").into_iter().filter(|s| s.stream != old).collect();
    is_whole_clip(&second, PICTURES);
    assert!(second[0].captured_at > first.last().unwrap().captured_at);
}

#[test]
fn a_short_break_continues_the_stream_with_a_gap() {
    let port = free_port();
    let (rooms, mut collector) = start(CaptureOptions { resume_within_ms: 10_000, ..quick() });
    rooms.add(room("r"), source(&format!("rtmp-listen://127.0.0.1:{port}/live"))).unwrap();
    let target = format!("-f flv rtmp://127.0.0.1:{port}/live/r");
    let sender = Sender::clip(&target);
    collector.must(15.0, "a segment", |all| !segments(all, "r").is_empty());
    drop(sender);
    let _next = Sender::clip(&target);
    collector.must(20.0, "the end", ended("r"));
    let segments = collector.segments("r");
    let gaps = gaps(&collector.all, "r");
    assert_eq!(gaps.len(), 1, "{}", story(&collector.all));
    assert_eq!((gaps[0].0, gaps[0].2), (gaps[0].1, GapReason::Disconnected), "media time stood still");
    assert!(segments.iter().all(|segment| segment.stream == segments[0].stream));
    assert!(segments.windows(2).all(|pair| (pair[1].start - pair[0].end()).abs() < Span::from_millis(1)));
    let after =
        segments.iter().position(|segment| segment.start >= gaps[0].1).expect("segments after the gap");
    let (times, _) = judge(&segments[after..]);
    assert_eq!(times.len(), PICTURES, "the second sender's pictures are all there");
    let apart = segments[after].captured_at - segments[after - 1].captured_at;
    assert!(apart > segments[after - 1].duration, "wall time passed in the gap: {apart}");
}

#[test]
fn a_sender_that_stalls_is_noticed_and_given_up_and_others_go_on() {
    let port = free_port();
    let (rooms, mut collector) = start(quick());
    let base = source(&format!("rtmp-listen://127.0.0.1:{port}/live"));
    rooms.add(room("stalls"), base.clone()).unwrap();
    rooms.add(room("goes"), base).unwrap();
    let stalls = Sender::clip(&format!("-f flv rtmp://127.0.0.1:{port}/live/stalls"));
    let _goes = Sender::clip(&format!("-f flv rtmp://127.0.0.1:{port}/live/goes"));
    collector.must(15.0, "a segment", |all| !segments(all, "stalls").is_empty());
    stalls.signal("STOP");
    collector.must(5.0, "silence", in_state("stalls", |state, _| *state == RoomState::Silent));
    collector.must(
        5.0,
        "giving up",
        in_state("stalls", |state, why| {
            matches!(state, RoomState::Reconnecting { .. }) && why.contains("nothing came")
        }),
    );
    collector.must(15.0, "the other's end", ended("goes"));
    is_whole_clip(&collector.segments("goes"), PICTURES);
    stalls.signal("CONT");
}

#[test]
fn a_stream_is_pulled_from_a_server_that_comes_late() {
    let port = free_port();
    let (rooms, mut collector) = start(quick());
    let url = format!("rtmp://127.0.0.1:{port}/live/pulled-key");
    rooms.add(room("pull"), source(&url)).unwrap();
    collector.must(
        10.0,
        "an attempt",
        in_state("pull", |state, why| {
            matches!(state, RoomState::Reconnecting { attempt, .. } if *attempt >= 2) && !why.is_empty()
        }),
    );
    crate::rtmp_server::play_clip(port);
    collector.must(25.0, "the end", ended("pull"));
    println!("{}", story(&collector.all));
    is_whole_clip(&collector.segments("pull"), PICTURES);
    assert!(!story(&collector.all).contains("pulled-key"));
}

#[test]
fn a_slow_reader_loses_whole_segments_and_is_told() {
    let port = free_port();
    let options = CaptureOptions { queue_segments: 2, ..quick() };
    let (rooms, mut collector) = start(options);
    rooms.add(room("r"), source(&format!("rtmp-listen://127.0.0.1:{port}/live"))).unwrap();
    let mut sender = Sender::clip(&format!("-f flv rtmp://127.0.0.1:{port}/live/r"));
    sender.wait();
    std::thread::sleep(Duration::from_millis(500));
    collector.must(5.0, "the end", ended("r"));
    let segments = collector.segments("r");
    assert_eq!(segments.len(), 2, "{}", story(&collector.all));
    judge(&segments);
    let gaps = gaps(&collector.all, "r");
    assert_eq!(gaps.len(), 1);
    assert_eq!((gaps[0].0, gaps[0].2), (segments[1].end(), GapReason::SlowConsumer));
    assert!(gaps[0].1 >= MediaTime::from_micros(SECONDS as i64 * 1_000_000 - 100_000), "{gaps:?}");
    assert!(rooms.status()[0].dropped >= 1);
}
