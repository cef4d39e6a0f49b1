//! Laws of the cutter: everything once, in order, groups whole.

use proptest::prelude::*;

use super::*;
use crate::stream::sample::{picture_of, sound};
use crate::stream::unit::Unit;

fn limits() -> Limits {
    Limits::from(&CaptureOptions { segment_bytes: 128 << 10, ..CaptureOptions::default() })
}

fn timed(unit: Unit) -> Timed {
    let at = MediaTime::from_micros(unit.shown_raw);
    Timed::new(unit, at)
}

/// Pictures at 25 per second with a keyframe every `group`, in presentation order, and sound beside them.
fn cut(pictures: i64, group: i64, size: usize, with_sound: bool) -> Vec<Cut> {
    let mut cutter = Cutter::new(limits());
    let mut cuts = Vec::new();
    for i in 0..pictures {
        cutter.push(timed(picture_of(i * 40_000, i % group == 0, size)));
        if with_sound {
            cutter.push(timed(sound(i * 40_000)));
            cutter.push(timed(sound(i * 40_000 + 20_000)));
        }
        cuts.extend(std::iter::from_fn(|| cutter.pop()));
    }
    cutter.finish();
    cuts.extend(std::iter::from_fn(|| cutter.pop()));
    cuts
}

#[test]
fn groups_stay_whole_and_segments_touch() {
    let cuts = cut(250, 25, 500, true);
    assert_eq!(cuts.len(), 10);
    for (i, cut) in cuts.iter().enumerate() {
        assert_eq!(cut.start, MediaTime::from_micros(i as i64 * 1_000_000));
        assert_eq!((cut.pictures.len(), cut.sound.len(), cut.continued), (25, 50, false));
        assert!(cut.pictures[0].key);
    }
    assert!(cuts.windows(2).all(|pair| pair[0].end == pair[1].start));
}

#[test]
fn short_groups_are_gathered() {
    let cuts = cut(100, 5, 500, false);
    assert_eq!(cuts.iter().map(|cut| cut.pictures.len()).collect::<Vec<_>>(), [25, 25, 25, 25]);
}

#[test]
fn a_group_too_large_for_a_segment_is_continued_in_others() {
    let cuts = cut(100, 50, 6_000, true);
    let bytes = |cut: &Cut| cut.pictures.iter().chain(&cut.sound).map(Timed::muxed_size).sum::<usize>();
    assert!(
        cuts.iter().all(|cut| bytes(cut) <= 128 << 10),
        "{:?}",
        cuts.iter().map(bytes).collect::<Vec<_>>()
    );
    assert_eq!(cuts.iter().map(|cut| cut.pictures.len()).sum::<usize>(), 100);
    assert!(cuts.windows(2).all(|pair| pair[0].end == pair[1].start));
    for cut in &cuts {
        assert_eq!(cut.continued, !cut.pictures[0].key);
    }
    assert!(cuts.iter().filter(|cut| cut.continued).count() >= 2);
}

#[test]
fn a_sender_without_further_keyframes_is_cut_by_time() {
    let cuts = cut(1_000, 100_000, 100, false);
    assert_eq!(cuts.iter().map(|cut| cut.pictures.len()).sum::<usize>(), 1_000);
    assert!(cuts.len() >= 3 && cuts[1..].iter().all(|cut| cut.continued));
}

#[test]
fn sound_alone_is_cut_by_time() {
    let mut cutter = Cutter::new(limits());
    for i in 0..500 {
        cutter.push(timed(sound(i * 20_000)));
    }
    cutter.finish();
    let cuts: Vec<Cut> = std::iter::from_fn(|| cutter.pop()).collect();
    assert_eq!(cuts.iter().map(|cut| cut.sound.len()).collect::<Vec<_>>(), [100; 5]);
}

#[test]
fn pictures_that_stop_do_not_hold_the_sound() {
    let mut cutter = Cutter::new(limits());
    let mut cuts = Vec::new();
    for i in 0..1_500 {
        if i < 50 {
            cutter.push(timed(picture_of(i * 20_000, i % 25 == 0, 500)));
        }
        cutter.push(timed(sound(i * 20_000)));
        cuts.extend(std::iter::from_fn(|| cutter.pop()));
    }
    assert!(cuts.last().is_some_and(|cut| cut.end >= MediaTime::from_micros(26_000_000)), "{cuts:?}");
    cutter.finish();
    cuts.extend(std::iter::from_fn(|| cutter.pop()));
    assert_eq!(cuts.iter().map(|cut| cut.pictures.len()).sum::<usize>(), 50);
    assert_eq!(cuts.iter().map(|cut| cut.sound.len()).sum::<usize>(), 1_500);
}

#[test]
fn sound_that_stops_does_not_hold_the_pictures() {
    let mut cutter = Cutter::new(limits());
    cutter.push(timed(sound(0)));
    for i in 0..100 {
        cutter.push(timed(picture_of(i * 40_000, i % 25 == 0, 500)));
    }
    assert_eq!(std::iter::from_fn(|| cutter.pop()).count(), 2, "a second is waited for sound that lags");
    for i in 100..200 {
        cutter.push(timed(picture_of(i * 40_000, i % 25 == 0, 500)));
    }
    assert_eq!(std::iter::from_fn(|| cutter.pop()).count(), 4);
}

#[test]
fn reordered_pictures_are_never_torn_apart() {
    // Decoding order P4 B2 b1 b3 after an I0: a pyramid, in groups of 41.
    let mut cutter = Cutter::new(limits());
    let mut shown = Vec::new();
    for group in 0..4 {
        shown.push((group * 41, true));
        for start in (0..40).step_by(4) {
            shown.extend([4, 2, 1, 3].map(|offset| (group * 41 + start + offset, false)));
        }
    }
    for (i, key) in &shown {
        cutter.push(timed(picture_of(i * 40_000, *key, 8_000)));
    }
    cutter.finish();
    let cuts: Vec<Cut> = std::iter::from_fn(|| cutter.pop()).collect();
    assert!(cuts.iter().any(|cut| cut.continued));
    for cut in &cuts {
        assert!(cut.pictures.iter().all(|p| cut.start <= p.shown_at && p.shown_at < cut.end), "{cut:?}");
    }
    assert_eq!(cuts.iter().map(|cut| cut.pictures.len()).sum::<usize>(), shown.len());
}

#[test]
fn timestamps_that_stand_still_cost_no_memory() {
    let mut cutter = Cutter::new(limits());
    cutter.push(timed(picture_of(0, true, 1_000)));
    for _ in 0..1_000 {
        cutter.push(timed(picture_of(0, false, 10_000)));
        assert!(cutter.held() < 600 << 10, "{} bytes", cutter.held());
        drop(cutter.pop());
    }
}

proptest! {
    #[test]
    fn everything_comes_out_once_whatever_the_sender_does(
        units in prop::collection::vec((any::<bool>(), 0_u8..12, 0_i64..300, 0_usize..200_000), 1..120)
    ) {
        let mut cutter = Cutter::new(limits());
        let (mut at, mut pictures, mut sounds, mut begun) = (0, 0, 0, false);
        let mut cuts = Vec::new();
        for (is_picture, key, step, size) in units {
            at += step * 1_000;
            if is_picture {
                begun |= key == 0;
                pictures += usize::from(begun);
                cutter.push(timed(picture_of(at, key == 0, size)));
            } else {
                sounds += 1;
                cutter.push(timed(sound(at)));
            }
            cuts.extend(std::iter::from_fn(|| cutter.pop()));
        }
        cutter.finish();
        cuts.extend(std::iter::from_fn(|| cutter.pop()));
        let out = cuts.iter().map(|cut| cut.pictures.len()).sum::<usize>();
        prop_assert!(out <= pictures, "no picture twice");
        prop_assert_eq!(cuts.iter().map(|cut| cut.sound.len()).sum::<usize>(), sounds);
        for cut in &cuts {
            prop_assert!(cut.start <= cut.end);
            prop_assert!(cut.continued || cut.pictures.first().is_none_or(|first| first.key));
        }
    }
}
