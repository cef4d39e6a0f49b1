//! Modes, threads and what a second look at a segment may not disturb.

mod generated;

use generated::{generate, options, picture, tone};
use kairos_decode::{DecodeError, DecodeOptions, FaultKind, Limits, Mode, SegmentDecoder};
use kairos_timeline::{ContentType, MediaTime, Segment};

fn four_seconds(dir: &std::path::Path) -> Segment {
    let inputs = format!("{} {}", picture(4), tone(4));
    let args = "-c:v libx264 -preset veryfast -g 50 -bf 3 -c:a aac";
    generate(dir, "four.ts", ContentType::MpegTs, &inputs, args, 4.0)
}

#[test]
fn sampled_pictures_lie_on_the_grid_of_media_time() {
    let dir = tempfile::tempdir().unwrap();
    let mut segment = four_seconds(dir.path());
    segment.start = MediaTime::from_secs_f64(100.5);
    let mut decoder = SegmentDecoder::new(options(Mode::Full));
    for (per_second, expected) in [(1.0, 4), (2.0, 8), (5.0, 20), (1_000.0, 100), (0.1, 0)] {
        let sampled = decoder.pictures(&segment, Mode::Sampled { per_second }).unwrap();
        assert_eq!(sampled.faults, []);
        assert_eq!(sampled.pictures.len(), expected, "{per_second} per second");
        for picture in &sampled.pictures {
            let off = (picture.at.as_secs_f64() * f64::from(per_second)).fract() / f64::from(per_second);
            assert!(off < 0.17, "{per_second} per second: {} is {off} s behind its point", picture.at);
        }
    }
}

#[test]
fn looking_twice_leaves_the_sound_alone() {
    let dir = tempfile::tempdir().unwrap();
    let segment = four_seconds(dir.path());
    let next = Segment { sequence: 1, start: segment.end(), ..segment.clone() };
    let mut plain = SegmentDecoder::new(options(Mode::Keyframes));
    let expected = [plain.decode(&segment).unwrap(), plain.decode(&next).unwrap()];
    let mut curious = SegmentDecoder::new(options(Mode::Keyframes));
    let first = curious.decode(&segment).unwrap();
    let closer = curious.pictures(&segment, Mode::Sampled { per_second: 5.0 }).unwrap();
    assert!(closer.sound.is_empty());
    assert_eq!(closer.pictures.len(), 20);
    assert_eq!([first, curious.decode(&next).unwrap()], expected);
}

#[test]
fn thread_count_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let segment = four_seconds(dir.path());
    let mut results = Vec::new();
    for threads in [0, 1, 2, 5] {
        let options = DecodeOptions { threads, ..options(Mode::Full) };
        results.push(SegmentDecoder::new(options).decode(&segment).unwrap());
    }
    assert!(results.iter().all(|result| *result == results[0]));
    assert_eq!(results[0].pictures.len(), 100);
}

#[test]
fn limits_cut_short_and_say_so() {
    let dir = tempfile::tempdir().unwrap();
    let segment = four_seconds(dir.path());
    let limited = |limits: Limits| {
        let options = DecodeOptions { limits, ..options(Mode::Full) };
        SegmentDecoder::new(options).decode(&segment).unwrap()
    };
    let few = limited(Limits { pictures: 7, ..Limits::default() });
    assert_eq!(few.pictures.len(), 7);
    assert!(few.faults.iter().any(|fault| fault.kind == FaultKind::Limit("pictures")));
    let small = limited(Limits { picture_pixels: 1_000, ..Limits::default() });
    assert!(small.pictures.is_empty() && !small.faults.is_empty() && !small.sound.is_empty());
    let packets = limited(Limits { packets: 10, ..Limits::default() });
    assert!(packets.faults.iter().any(|fault| fault.kind == FaultKind::Limit("packets")));
    let late = DecodeOptions { deadline: std::time::Duration::ZERO, ..options(Mode::Full) };
    match SegmentDecoder::new(late).decode(&segment) {
        Ok(decoded) => assert!(decoded.faults.iter().any(|fault| fault.kind == FaultKind::Deadline)),
        Err(error) => assert!(matches!(error, DecodeError::Container { .. } | DecodeError::Empty { .. })),
    }
}

#[test]
fn errors_name_room_stream_sequence_and_position() {
    let segment = generated::segment(vec![7; 5_000], ContentType::Mp4, 42, MediaTime::ZERO, 1.0);
    let error = SegmentDecoder::new(options(Mode::Full)).decode(&segment).unwrap_err().to_string();
    for part in ["room-1", "stream-1", "42", "generated[0]@42", "video/mp4"] {
        assert!(error.contains(part), "{part} is missing in: {error}");
    }
}
