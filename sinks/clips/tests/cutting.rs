//! Clips read back picture by picture: the right first one, none missing, none twice, sound in step.
#![allow(clippy::unwrap_used)] // A source that can't be made fails the test that wanted it.

mod source;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use source::{Source, read, request, store};

const H264: &str = "-c:v libx264 -preset veryfast -threads 1 -sc_threshold 0";
const AAC: &str = "-c:a aac";

/// Cuts and checks every picture, the length and the sound; answers how many pictures were copied.
fn assert_exact(source: &Source<'_>, from_us: i64, to_us: i64) -> kairos_clips::Clip {
    let segments = source.segments();
    let (dir, store) = store();
    let clip = store.cut(&request(&segments, from_us, to_us)).unwrap();
    let back = read(dir.path(), &clip);
    let step = 1e6 * source.rate.1 as f64 / source.rate.0 as f64;
    let first = (from_us as f64 / step).round() as usize;
    let end = (to_us as f64 / step).round() as usize;
    back.assert_consecutive(first, end - first, source.rate);
    assert_eq!(clip.pictures, end - first);
    assert!(
        (back.length - (to_us - from_us) as f64 / 1e6).abs() <= step / 1e6 + 0.001,
        "length {}",
        back.length
    );
    assert!((clip.from_us - from_us).abs() as f64 <= step / 2.0 + 12.0);
    assert!((clip.copied_us + clip.encoded_us - (clip.to_us - clip.from_us)).abs() <= 1);
    if !source.audio.is_empty() {
        assert!(back.sync() < 0.02, "flash and beep are {} s apart", back.sync());
    }
    assert!(dir.path().join(clip.thumbnail.as_ref().unwrap()).is_file());
    assert!(clip.unreadable_us.is_empty());
    clip
}

#[test]
fn h264_with_reordered_pictures_is_copied_between_its_edges() {
    let video = format!("{H264} -g 30 -bf 3 -x264-params open-gop=0:b-pyramid=normal");
    let source =
        Source { pictures: 270, rate: (30, 1), video: &video, audio: AAC, container: ("mpegts", 2.0) };
    let clip = assert_exact(&source, 1_480_000, 7_530_000);
    assert_eq!((clip.codec.as_str(), clip.copied_pictures >= 150), ("h264", true));
}

#[test]
fn h264_without_reordered_pictures_needs_no_second_edge() {
    let video = format!("{H264} -g 25 -bf 0 -profile:v baseline");
    let source =
        Source { pictures: 200, rate: (25, 1), video: &video, audio: AAC, container: ("mpegts", 2.0) };
    let clip = assert_exact(&source, 1_400_000, 6_720_000);
    assert_eq!(clip.copied_pictures, 118);
}

#[test]
fn h264_with_open_groups_starts_on_the_picture() {
    let video = format!("{H264} -g 30 -bf 2 -x264-params open-gop=1:repeat-headers=1");
    let source =
        Source { pictures: 240, rate: (30, 1), video: &video, audio: AAC, container: ("mpegts", 2.0) };
    assert_exact(&source, 1_500_000, 6_300_000);
}

#[test]
fn hevc_with_open_groups_is_copied_between_its_edges() {
    let video = "-c:v libx265 -preset ultrafast -x265-params keyint=30:min-keyint=30:bframes=3:open-gop=1:pools=none:log-level=none";
    let source = Source { pictures: 180, rate: (30, 1), video, audio: AAC, container: ("mpegts", 2.0) };
    let clip = assert_exact(&source, 1_480_000, 4_530_000);
    assert_eq!((clip.codec.as_str(), clip.copied_pictures >= 60), ("hevc", true));
}

#[test]
fn fragmented_mp4_of_film_rate_keeps_every_picture() {
    let video = format!("{H264} -g 24 -bf 2");
    let source =
        Source { pictures: 192, rate: (24_000, 1001), video: &video, audio: AAC, container: ("mp4", 2.0) };
    let clip = assert_exact(&source, 1_301_300, 6_006_000);
    assert!(clip.copied_pictures > 80);
}

#[test]
fn vp9_is_re_encoded_whole_and_says_so() {
    let video = "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -g 30 -b:v 300k";
    let source =
        Source { pictures: 120, rate: (30, 1), video, audio: "-c:a libopus", container: ("matroska", 2.0) };
    let clip = assert_exact(&source, 700_000, 3_300_000);
    assert_eq!((clip.copied_us, clip.codec.as_str()), (0, "h264"));
}

#[test]
fn pictures_without_sound_make_a_clip() {
    let source = Source {
        pictures: 90,
        rate: (30, 1),
        video: &format!("{H264} -g 15"),
        audio: "",
        container: ("mpegts", 1.0),
    };
    assert_exact(&source, 300_000, 2_700_000);
}

#[test]
fn sound_alone_makes_a_sound_file() {
    let source = Source { pictures: 240, rate: (30, 1), video: "", audio: AAC, container: ("mpegts", 2.0) };
    let segments = source.segments();
    let (dir, store) = store();
    let clip = store.cut(&request(&segments, 1_500_000, 5_250_000)).unwrap();
    assert!(clip.path.ends_with(".m4a") && clip.thumbnail.is_none());
    let back = read(dir.path(), &clip);
    assert!((back.length - 3.75).abs() < 0.03, "{}", back.length);
    let onset = back.sound.iter().position(|s| s.abs() > 0.08).unwrap();
    // A stream of sound alone counts from its first packet, which is the encoder's lead-in of 1024 samples.
    let wanted = 0.5 + 1024.0 / 48_000.0;
    assert!((onset as f64 / 48_000.0 - wanted).abs() < 0.005, "beep at sample {onset}");
}

#[test]
fn variable_rate_keeps_the_time_of_every_picture() {
    let video = format!(
        "{H264} -g 40 -bf 2 -vf select=not(mod(n\\,3))+lt(mod(n\\,50)\\,20) -fps_mode vfr -enc_time_base 1/90000"
    );
    let source =
        Source { pictures: 240, rate: (30, 1), video: &video, audio: AAC, container: ("mpegts", 2.0) };
    let segments = source.segments();
    let (dir, store) = store();
    let clip = store.cut(&request(&segments, 1_500_000, 6_100_000)).unwrap();
    let back = read(dir.path(), &clip);
    let kept: Vec<usize> = (45..183).filter(|n| n % 3 == 0 || n % 50 < 20).collect();
    assert_eq!(back.numbers, kept);
    back.assert_times(clip.from_us as f64 / 1e6, source.rate);
    assert!((back.length - 4.6).abs() < 0.035 && clip.copied_pictures > 0, "{}", back.length);
    assert!(back.sync() < 0.04);
}

#[test]
fn lost_segment_leaves_its_time() {
    let video = format!("{H264} -g 30 -bf 2");
    let source =
        Source { pictures: 240, rate: (30, 1), video: &video, audio: AAC, container: ("mpegts", 2.0) };
    let mut segments = source.segments();
    segments.remove(1);
    let (dir, store) = store();
    let clip = store.cut(&request(&segments, 500_000, 7_000_000)).unwrap();
    let back = read(dir.path(), &clip);
    assert_eq!(back.numbers, (15..60).chain(120..210).collect::<Vec<_>>());
    back.assert_times(0.5, source.rate);
    assert!(back.sync() < 0.02);
    assert!((back.sound.len() as f64 / 48_000.0 - 6.5).abs() < 0.03);
}

#[test]
fn damaged_segments_give_what_is_left_or_an_error_with_a_name() {
    let video = format!("{H264} -g 30 -bf 2");
    let source =
        Source { pictures: 240, rate: (30, 1), video: &video, audio: AAC, container: ("mpegts", 2.0) };
    let mut segments = source.segments();
    for (i, segment) in segments.iter_mut().enumerate().take(3) {
        let mut bytes = segment.bytes.to_vec();
        if i == 0 {
            bytes.iter_mut().skip(188 * 20).step_by(997).for_each(|b| *b ^= 0x55);
        } else if i == 2 {
            bytes = vec![7; 500];
        }
        segment.bytes = bytes.into();
    }
    let (dir, store) = store();
    let clip = store.cut(&request(&segments, 500_000, 7_500_000)).unwrap();
    assert_eq!(clip.unreadable_us, [segments[2].start_us]);
    let back = read(dir.path(), &clip);
    let from = 0.5 - clip.from_us as f64 / 1e6 + 1.5 - 0.001;
    let pairs = back.numbers.iter().zip(&back.times);
    let whole: Vec<usize> =
        pairs.filter(|(_, time)| (from..from + 2.0).contains(*time)).map(|(number, _)| *number).collect();
    assert_eq!(whole, (60..120).collect::<Vec<_>>());
    let far = [i64::MIN, -1, 600_000_000, i64::MAX].map(|start_us| kairos_clips::ClipSegment {
        start_us,
        duration_us: i64::MAX,
        bytes: segments[0].bytes.clone(),
    });
    for (from_us, to_us) in [(0, 2_000_000), (i64::MIN, i64::MAX), (5, 5), (599_000_000, 601_000_000)] {
        // Nonsense may be cut or refused, as long as nothing breaks.
        let answer = store.cut(&request(&far, from_us, to_us));
        assert!(answer.is_ok() || !answer.unwrap_err().to_string().is_empty());
    }
    segments.iter_mut().for_each(|s| s.bytes = vec![7; 500].into());
    let error = store.cut(&request(&segments, 500_000, 7_500_000)).unwrap_err();
    assert!(error.to_string().starts_with("clip room/stream-"), "{error}");
}

#[test]
fn cutting_twice_gives_the_same_bytes() {
    let video = format!("{H264} -g 30 -bf 2");
    let source =
        Source { pictures: 120, rate: (30, 1), video: &video, audio: AAC, container: ("mpegts", 2.0) };
    let segments = source.segments();
    let made = [(); 2].map(|()| {
        let (dir, store) = store();
        let clip = store.cut(&request(&segments, 500_000, 3_300_000)).unwrap();
        let jpeg = std::fs::read(dir.path().join(clip.thumbnail.as_ref().unwrap())).unwrap();
        (std::fs::read(dir.path().join(&clip.path)).unwrap(), jpeg, clip)
    });
    assert!(made[0] == made[1]);
}

#[test]
fn revised_clip_takes_the_place_of_the_former() {
    let source = Source {
        pictures: 120,
        rate: (30, 1),
        video: &format!("{H264} -g 30"),
        audio: AAC,
        container: ("mpegts", 2.0),
    };
    let segments = source.segments();
    let (dir, store) = store();
    let former = store.cut(&request(&segments, 500_000, 2_000_000)).unwrap();
    let revised = store.revise(&former.path, &request(&segments, 1_000_000, 3_500_000)).unwrap();
    assert_eq!(revised.path, former.path);
    read(dir.path(), &revised).assert_consecutive(30, 75, source.rate);
    let files = || std::fs::read_dir(dir.path().join("room")).unwrap().count();
    assert_eq!((files(), std::fs::read_dir(dir.path()).unwrap().count()), (2, 1));
    let kept = std::fs::read(dir.path().join(&former.path)).unwrap();
    assert!(store.revise(&former.path, &request(&[], 0, 1_000_000)).is_err());
    assert!(std::fs::read(dir.path().join(&former.path)).unwrap() == kept);
    assert!(store.revise("../x.mp4", &request(&segments, 0, 1_000_000)).is_err());
}

#[test]
fn any_interval_has_its_length_to_a_picture() {
    let video = format!("{H264} -g 30 -bf 3");
    let source =
        Source { pictures: 240, rate: (30, 1), video: &video, audio: AAC, container: ("mpegts", 2.0) };
    let segments = source.segments();
    let (dir, store) = store();
    let config = Config { cases: 30, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(
        config,
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    runner
        .run(&(0_i64..7_500_000, 40_000_i64..4_000_000), |(from_us, length)| {
            let to_us = (from_us + length).min(8_000_000);
            let clip = store.cut(&request(&segments, from_us, to_us)).unwrap();
            let found = source::length(&dir.path().join(&clip.path));
            let wanted = (to_us - from_us) as f64 / 1e6;
            prop_assert!((found - wanted).abs() <= 1.0 / 30.0 + 0.001, "{found} instead of {wanted}");
            prop_assert_eq!(
                clip.pictures,
                ((clip.to_us - clip.from_us) as f64 * 30.0 / 1e6).round() as usize
            );
            Ok(())
        })
        .unwrap();
}
