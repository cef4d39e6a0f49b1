//! Laws of the way out: bounded, fair, gaps for everything dropped.

use std::time::Duration;

use kairos_timeline::{ContentType, MediaTime, Position, Span, StreamId, WallTime};

use super::*;
use crate::captured::RoomState;

fn room(name: &str) -> RoomId {
    RoomId::new(name).unwrap()
}

fn segment(of: &str, sequence: u64) -> Segment {
    Segment {
        room: room(of),
        stream: StreamId::new("live-1").unwrap(),
        sequence,
        start: MediaTime::from_micros(sequence as i64 * 1_000_000),
        duration: Span::from_millis(1_000),
        captured_at: WallTime::default(),
        content_type: ContentType::MpegTs,
        bytes: vec![0; 100].into(),
        position: Position::in_file("test", sequence as i64),
    }
}

fn drain(captures: &mut Captures) -> Vec<Captured> {
    std::iter::from_fn(|| captures.try_next().ok().flatten()).collect()
}

#[test]
fn a_slow_reader_costs_whole_segments_and_one_gap() {
    let (outlets, mut captures) = outlets(3, 1_000);
    let outlet = outlets.outlet(room("a"));
    let taken = (0..10).filter(|i| outlet.segment(segment("a", *i))).count();
    assert_eq!((taken, outlet.dropped()), (3, 7));
    let out = drain(&mut captures);
    assert_eq!(out.len(), 4);
    let Captured::Gap { from, to, why, .. } = &out[3] else { panic!("a gap: {out:?}") };
    assert_eq!((*from, *to), (MediaTime::from_micros(3_000_000), MediaTime::from_micros(10_000_000)));
    assert_eq!(*why, GapReason::SlowConsumer);
    assert!(outlet.segment(segment("a", 10)), "it goes on");
}

#[test]
fn a_full_room_takes_nothing_from_another() {
    let (outlets, mut captures) = outlets(2, 1_000);
    let (full, idle) = (outlets.outlet(room("a")), outlets.outlet(room("b")));
    assert_eq!((0..100).filter(|i| full.segment(segment("a", *i))).count(), 2);
    assert!(idle.segment(segment("b", 0)));
    let order: Vec<_> = drain(&mut captures).iter().map(|c| c.room().to_string()).collect();
    assert_eq!(order, ["a", "b", "a", "a"], "in turn");
}

#[test]
fn bytes_are_bounded_too() {
    let (outlets, _captures) = outlets(100, 250);
    let outlet = outlets.outlet(room("a"));
    assert_eq!((0..10).filter(|i| outlet.segment(segment("a", *i))).count(), 2);
}

#[test]
fn news_of_a_room_that_nobody_reads_are_bounded() {
    let (outlets, mut captures) = outlets(2, 1_000);
    let outlet = outlets.outlet(room("a"));
    for i in 0..10_000 {
        let state = if i % 2 == 0 { RoomState::Live } else { RoomState::Silent };
        outlet.tell(Captured::State { room: room("a"), state, why: i.to_string() });
    }
    let out = drain(&mut captures);
    assert_eq!(out.len(), NEWS);
    assert!(matches!(out.last(), Some(Captured::State { why, .. }) if why == "9999"), "the newest stay");
}

#[test]
fn a_file_waits_for_space() {
    let (outlets, mut captures) = outlets(1, 1_000);
    let outlet = outlets.outlet(room("a"));
    outlet.segment(segment("a", 0));
    assert!(!outlet.wait_for_space(100, Duration::from_millis(5)));
    drop(captures.try_next());
    assert!(outlet.wait_for_space(100, Duration::from_millis(5)));
}

#[test]
fn the_reader_ends_when_all_rooms_are_over() {
    let (outlets, mut captures) = outlets(1, 1_000);
    let outlet = outlets.outlet(room("a"));
    outlet.segment(segment("a", 0));
    drop(outlet);
    outlets.close();
    assert!(matches!(captures.try_next(), Ok(Some(_))));
    assert_eq!(captures.try_next(), Ok(None));
}

#[test]
fn rooms_notice_that_nobody_reads() {
    let (outlets, captures) = outlets(1, 1_000);
    let outlet = outlets.outlet(room("a"));
    assert!(!outlet.is_unread());
    drop(captures);
    assert!(outlet.is_unread());
}
