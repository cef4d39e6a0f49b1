//! Files: every codec into a container that carries it, nothing lost, at the speed that was asked for.

use std::time::{Duration, Instant};

use kairos_capture::{Captured, RoomState};
use kairos_timeline::{ContentType, MediaTime};

use crate::support::*;

#[test]
fn a_file_comes_out_whole_and_ends() {
    let (rooms, mut collector) = start(quick());
    rooms.add(room("file"), source(&clip().display().to_string())).unwrap();
    collector.must(20.0, "the end", in_state("file", |state, _| *state == RoomState::Ended));
    println!("{}", story(&collector.all));
    let segments = collector.segments("file");
    is_whole_clip(&segments, PICTURES);
    assert!(segments.iter().all(|segment| segment.content_type == ContentType::MpegTs));
    assert_eq!(&*segments[0].position.topic, "clip.mp4");
    let Some(Captured::End { segments: count, at, .. }) =
        collector.all.iter().find(|c| matches!(c, Captured::End { .. }))
    else {
        panic!("an end: {}", story(&collector.all));
    };
    assert_eq!((*count, *at), (segments.len() as u64, segments.last().unwrap().end()));
}

#[test]
fn segments_in_a_row_play_as_one() {
    let (rooms, mut collector) = start(quick());
    rooms.add(room("file"), source(&clip().display().to_string())).unwrap();
    collector.must(20.0, "the end", ended("file"));
    let dir = tempfile::tempdir().unwrap();
    let bytes: Vec<u8> = collector.segments("file").iter().flat_map(|s| s.bytes.to_vec()).collect();
    std::fs::write(dir.path().join("all.ts"), bytes).unwrap();
    let output = std::process::Command::new("ffprobe")
        .args(["-v", "warning", "-count_frames", "-select_streams", "v:0"])
        .args(["-show_entries", "stream=nb_read_frames", "-of", "csv=p=0"])
        .arg(dir.path().join("all.ts"))
        .output()
        .unwrap();
    let frames = String::from_utf8_lossy(&output.stdout).trim().trim_end_matches(',').to_owned();
    let frames = frames.lines().next().unwrap_or_default().to_owned();
    assert_eq!(frames, PICTURES.to_string(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "no warning about lost packets or times");
}

#[test]
fn every_codec_finds_a_container() {
    let dir = tempfile::tempdir().unwrap();
    let x265 =
        "-c:v libx265 -preset ultrafast -x265-params log-level=none:open-gop=0:keyint=25 -pix_fmt yuv420p";
    let cases = [
        ("a.flv", format!("{H264} -c:a aac"), ContentType::MpegTs),
        ("a.ts", format!("{H264} -c:a libmp3lame"), ContentType::MpegTs),
        ("f.mp4", format!("{H264} -c:a aac -movflags +frag_keyframe+empty_moov"), ContentType::MpegTs),
        ("o.mkv", format!("{H264} -c:a libopus"), ContentType::MpegTs),
        ("h.mp4", format!("{x265} -c:a aac"), ContentType::MpegTs),
        ("l.mkv", format!("{H264} -c:a flac"), ContentType::Matroska),
        ("9.webm", "-c:v libvpx-vp9 -deadline realtime -g 25 -c:a libopus".to_owned(), ContentType::Matroska),
        ("8.webm", "-c:v libvpx -deadline realtime -g 25 -c:a libvorbis".to_owned(), ContentType::Matroska),
    ];
    let (rooms, mut collector) = start(quick());
    for (file, codecs, _) in &cases {
        ffmpeg(dir.path(), &format!("{} {codecs} {file}", inputs(2)));
        rooms.add(room(file), source(&dir.path().join(file).display().to_string())).unwrap();
    }
    for (file, _, content_type) in &cases {
        collector.must(
            20.0,
            file,
            in_state(file, |state, _| matches!(state, RoomState::Ended | RoomState::Failed)),
        );
        let segments = collector.segments(file);
        assert!(!segments.is_empty(), "{file}: {}", story(&collector.all));
        assert_eq!(segments[0].content_type, *content_type, "{file}");
        let (times, sound) = judge(&segments);
        assert_eq!(times.len(), 2 * RATE, "{file}: pictures; {}", story(&collector.all));
        assert!((sound - 2.0).abs() < 0.2, "{file}: {sound} s of sound");
    }
}

#[test]
fn sound_alone_is_cut_by_time() {
    let dir = tempfile::tempdir().unwrap();
    ffmpeg(dir.path(), "-f lavfi -i sine=frequency=440:sample_rate=48000:duration=7 -c:a aac a.m4a");
    let (rooms, mut collector) = start(quick());
    rooms.add(room("radio"), source(&dir.path().join("a.m4a").display().to_string())).unwrap();
    collector.must(20.0, "the end", ended("radio"));
    let segments = collector.segments("radio");
    assert_eq!(segments.len(), 4, "{}", story(&collector.all));
    let (pictures, sound) = judge(&segments);
    assert!(pictures.is_empty() && (sound - 7.0).abs() < 0.1, "{sound} s of sound");
}

#[test]
fn pictures_alone_are_a_stream_too() {
    let dir = tempfile::tempdir().unwrap();
    for file in ["v.flv", "v.ts", "v.mp4"] {
        let input = format!("-f lavfi -i testsrc2=size=160x90:rate={RATE}:duration=2");
        ffmpeg(dir.path(), &format!("{input} {H264} {file}"));
        let (rooms, mut collector) = start(quick());
        rooms.add(room("mute"), source(&dir.path().join(file).display().to_string())).unwrap();
        collector.must(20.0, file, ended("mute"));
        let (times, sound) = judge(&collector.segments("mute"));
        assert_eq!((times.len(), sound), (2 * RATE, 0.0), "{file}");
    }
}

#[test]
fn a_paced_file_takes_its_own_time() {
    let options = kairos_capture::CaptureOptions { files_as_fast_as_possible: false, ..quick() };
    let (rooms, mut collector) = start(options);
    let began = Instant::now();
    rooms.add(room("file"), source(&clip().display().to_string())).unwrap();
    collector.must(20.0, "the end", ended("file"));
    let took = began.elapsed();
    let clip = Duration::from_secs(SECONDS as u64);
    assert!(took > clip - Duration::from_millis(500) && took < clip + Duration::from_secs(3), "{took:?}");
    is_whole_clip(&collector.segments("file"), PICTURES);
}

#[test]
fn a_group_larger_than_a_segment_is_continued() {
    let dir = tempfile::tempdir().unwrap();
    let noise = "-f lavfi -i nullsrc=size=160x90:rate=25:duration=4,geq=random(1)*255:128:128";
    ffmpeg(dir.path(), &format!("{noise} -c:v libx264 -preset ultrafast -qp 12 -g 1000 -bf 0 big.mp4"));
    let options = kairos_capture::CaptureOptions { segment_bytes: 256 << 10, ..quick() };
    let (rooms, mut collector) = start(options);
    rooms.add(room("big"), source(&dir.path().join("big.mp4").display().to_string())).unwrap();
    collector.must(20.0, "the end", ended("big"));
    let segments = collector.segments("big");
    assert!(segments.len() > 2, "{}", story(&collector.all));
    assert!(segments.iter().all(|segment| segment.bytes.len() <= 256 << 10), "{}", story(&collector.all));
    assert!(in_state("big", |_, why| why.contains("keyframe every two seconds"))(&collector.all));
    let bytes: Vec<u8> = segments.iter().flat_map(|segment| segment.bytes.to_vec()).collect();
    let whole = kairos_timeline::Segment {
        bytes: bytes.into(),
        duration: segments.last().unwrap().end() - MediaTime::ZERO,
        ..segments[0].clone()
    };
    assert_eq!(judge_bytes(&whole), 100, "the segments in a row hold every picture");
}

/// Pictures of a segment that may be larger than one.
fn judge_bytes(segment: &kairos_timeline::Segment) -> usize {
    let options = kairos_decode::DecodeOptions {
        width: 32,
        height: 24,
        pictures: Some(kairos_decode::Mode::Full),
        ..kairos_decode::DecodeOptions::default()
    };
    let decoded = kairos_decode::SegmentDecoder::new(options).decode(segment).expect("a container");
    assert_eq!(decoded.faults, []);
    decoded.pictures.len()
}

#[test]
fn a_file_that_is_no_media_fails_and_says_why() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("note.txt"), "no media at all\n".repeat(1_000)).unwrap();
    let (rooms, mut collector) = start(quick());
    for file in ["note.txt", "missing.mp4"] {
        rooms.add(room(file), source(&dir.path().join(file).display().to_string())).unwrap();
        collector.must(
            10.0,
            "failure",
            in_state(file, |state, why| *state == RoomState::Failed && !why.is_empty()),
        );
    }
    println!("{}", story(&collector.all));
}

/// Packets of the first track of pictures, or of sound where there is none.
fn packets(file: &std::path::Path, track: &str) -> usize {
    let output = std::process::Command::new("ffprobe")
        .args(["-v", "error", "-count_packets", "-select_streams", track])
        .args(["-show_entries", "stream=nb_read_packets", "-of", "csv=p=0"])
        .arg(file)
        .output()
        .expect("ffprobe is installed");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().next().and_then(|line| line.trim_end_matches(',').parse().ok()).unwrap_or(0)
}

#[test]
fn real_recordings_come_out_whole_where_they_are_at_hand() {
    let Some(shared) = std::env::var_os("KAIROS_SHARED") else {
        println!("skipped: KAIROS_SHARED names no folder with real recordings");
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let (rooms, mut collector) = start(quick());
    for entry in std::fs::read_dir(std::path::Path::new(&shared).join("media")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if ![".mp4", ".mp3"].iter().any(|end| name.ends_with(end)) {
            continue;
        }
        rooms.add(room(&name), source(&path.display().to_string())).unwrap();
        collector.must(30.0, &name, ended(&name));
        let segments = collector.segments(&name);
        assert!(segments.iter().all(|segment| segment.bytes.len() <= 1 << 20), "{name}");
        assert!(
            segments.windows(2).all(|pair| (pair[1].start - pair[0].end()).abs().as_micros() <= 1_000),
            "{name}"
        );
        let all = dir.path().join("all.ts");
        std::fs::write(&all, segments.iter().flat_map(|s| s.bytes.to_vec()).collect::<Vec<u8>>()).unwrap();
        assert_eq!(packets(&all, "v:0"), packets(&path, "v:0"), "{name}: pictures");
        let (heard, stated) = (packets(&all, "a:0"), packets(&path, "a:0"));
        // Sound before the first picture is left out; a header that players skip counts as sound here.
        assert!(heard.abs_diff(stated) <= 3, "{name}: {heard} of {stated} packets of sound");
        println!("{name}: {} segments, {} pictures", segments.len(), packets(&all, "v:0"));
    }
}
