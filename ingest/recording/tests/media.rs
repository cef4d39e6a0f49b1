//! Recorded files to segments: nothing lost, nothing twice, nothing moved.

use std::path::Path;
use std::process::Command;

use kairos_decode::{DecodeOptions, Mode, SegmentDecoder};
use kairos_recording::media::{MediaError, MediaIdentity, MediaOptions, MediaReader};
use kairos_timeline::{ContentType, MediaTime, RoomId, Segment, Span, StreamId, WallTime};

const X264: &str = "-c:v libx264 -preset veryfast -g 20 -bf 3 -pix_fmt yuv420p";
const STARTED: i64 = 1_700_000_000_000_000;

fn ffmpeg(dir: &Path, args: &str) {
    let output = Command::new("ffmpeg")
        .current_dir(dir)
        .args(["-nostdin", "-hide_banner", "-loglevel", "error", "-y"])
        .args(args.split_whitespace())
        .output()
        .expect("ffmpeg is installed");
    assert!(output.status.success(), "ffmpeg {args}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Presentation times of all pictures, seconds, as ffprobe sees the file.
fn probe_times(file: &Path) -> Vec<f64> {
    let output = Command::new("ffprobe")
        .args(["-v", "error", "-select_streams", "v:0", "-show_entries", "frame=best_effort_timestamp_time"])
        .args(["-of", "csv=p=0"])
        .arg(file)
        .output()
        .expect("ffprobe is installed");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().filter_map(|line| line.trim_end_matches(',').parse().ok()).collect()
}

fn inputs(secs: u32) -> String {
    format!(
        "-f lavfi -i testsrc2=size=64x48:rate=25:duration={secs} -f lavfi -i sine=frequency=440:sample_rate=48000:duration={secs}"
    )
}

fn open(path: &Path) -> Result<MediaReader, MediaError> {
    let identity = MediaIdentity {
        room: RoomId::new("room-1").expect("a valid id"),
        stream: StreamId::new("stream-1").expect("a valid id"),
        started_at: WallTime::from_micros(STARTED),
    };
    MediaReader::open(path, identity, MediaOptions::default())
}

fn read(path: &Path) -> (Vec<Segment>, Vec<MediaError>) {
    let (mut segments, mut errors) = (Vec::new(), Vec::new());
    for item in open(path).expect("made by ffmpeg") {
        match item {
            Ok(segment) => segments.push(segment),
            Err(error) => errors.push(error),
        }
    }
    (segments, errors)
}

fn decoder() -> SegmentDecoder {
    let pictures = Some(Mode::Full);
    SegmentDecoder::new(DecodeOptions { width: 32, height: 24, pictures, ..DecodeOptions::default() })
}

/// Times of all pictures and the number of samples.
fn decode(segments: &[Segment]) -> (Vec<MediaTime>, usize) {
    let mut decoder = decoder();
    let (mut times, mut samples) = (Vec::new(), 0);
    for segment in segments {
        let decoded = decoder.decode(segment).expect("made by ffmpeg");
        assert_eq!(decoded.faults, []);
        times.extend(decoded.pictures.iter().map(|picture| picture.at));
        samples += decoded.sound.iter().map(|sound| sound.samples.len()).sum::<usize>();
    }
    samples += decoder.finish().map_or(0, |sound| sound.samples.len());
    (times, samples)
}

#[test]
fn segments_hold_the_files_pictures_and_sound() {
    let dir = tempfile::tempdir().unwrap();
    let x265 = "-c:v libx265 -preset ultrafast -x265-params log-level=none:open-gop=0 -g 20 -pix_fmt yuv420p";
    for (file, codecs, content_type) in [
        ("a.ts", format!("{X264} -c:a aac"), ContentType::MpegTs),
        ("a.mp4", format!("{X264} -c:a aac"), ContentType::MpegTs),
        ("f.mp4", format!("{X264} -c:a aac -movflags +frag_keyframe+delay_moov"), ContentType::MpegTs),
        ("a.flv", format!("{X264} -c:a aac"), ContentType::MpegTs),
        ("a.mkv", format!("{X264} -c:a libmp3lame"), ContentType::MpegTs),
        ("o.mkv", format!("{X264} -c:a libopus"), ContentType::Matroska),
        ("h.mp4", format!("{x265} -c:a aac"), ContentType::MpegTs),
        ("9.webm", "-c:v libvpx-vp9 -deadline realtime -g 20 -c:a libopus".to_owned(), ContentType::Matroska),
        ("8.webm", "-c:v libvpx -deadline realtime -g 20 -c:a libvorbis".to_owned(), ContentType::Matroska),
    ] {
        ffmpeg(dir.path(), &format!("{} {codecs} {file}", inputs(5)));
        let path = dir.path().join(file);
        let (segments, errors) = read(&path);
        assert!(errors.is_empty(), "{file}: {errors:?}");
        assert!((3..=6).contains(&segments.len()), "{file}: {} segments", segments.len());
        for (i, segment) in segments.iter().enumerate() {
            assert_eq!((segment.sequence, segment.position.offset), (i as u64, i as i64), "{file}");
            assert_eq!(&*segment.position.topic, file);
            assert_eq!(segment.content_type, content_type, "{file}");
            let captured = segment.captured_at - WallTime::from_micros(STARTED);
            assert_eq!(captured, segment.start - MediaTime::ZERO, "{file}");
        }
        for pair in segments.windows(2) {
            assert_eq!(pair[0].end(), pair[1].start, "{file}: segments touch");
        }
        let (times, samples) = decode(&segments);
        let expected = probe_times(&path);
        assert_eq!(times.len(), expected.len(), "{file}: pictures");
        for (at, stated) in times.iter().zip(&expected) {
            let off = at.as_secs_f64() - (stated - expected[0]);
            assert!(off.abs() < 0.0011, "{file}: {at} is off by {off}");
        }
        assert!((79_000..=82_500).contains(&samples), "{file}: {samples} samples");
        assert_eq!(read(&path).0, segments, "{file}: the same file gives the same bytes");
    }
}

#[test]
fn information_is_what_the_file_says() {
    let dir = tempfile::tempdir().unwrap();
    ffmpeg(dir.path(), &format!("{} {X264} -c:a aac i.mp4", inputs(2)));
    let reader = open(&dir.path().join("i.mp4")).unwrap();
    let info = reader.info();
    let video = info.video.as_ref().unwrap();
    assert_eq!((video.codec.as_str(), video.width, video.height), ("h264", 64, 48));
    assert!((video.frame_rate.unwrap() - 25.0).abs() < 0.01);
    assert_eq!(info.sound.as_ref().unwrap().sample_rate, 48_000);
    assert!((info.duration.unwrap().as_secs_f64() - 2.0).abs() < 0.1);
}

#[test]
fn sound_alone_is_cut_by_time_and_cover_art_is_no_picture() {
    let dir = tempfile::tempdir().unwrap();
    let tone = "-f lavfi -i sine=frequency=440:sample_rate=44100:duration=7";
    ffmpeg(dir.path(), "-f lavfi -i testsrc2=size=64x48:duration=1 -frames:v 1 cover.png");
    let cover = "-i cover.png -map 0 -map 1 -c:v copy -id3v2_version 3 -disposition:v attached_pic";
    for (file, args) in [
        ("a.wav", String::new()),
        ("a.mp3", format!("{cover} -c:a libmp3lame")),
        ("a.ogg", "-c:a libvorbis".to_owned()),
        ("a.flac", "-c:a flac".to_owned()),
        ("a.m4a", "-c:a aac".to_owned()),
    ] {
        ffmpeg(dir.path(), &format!("{tone} {args} {file}"));
        let (segments, errors) = read(&dir.path().join(file));
        assert!(errors.is_empty(), "{file}: {errors:?}");
        assert!((3..=5).contains(&segments.len()), "{file}: {} segments", segments.len());
        let (times, samples) = decode(&segments);
        assert_eq!(times, [], "{file}");
        assert!((111_500..=113_500).contains(&samples), "{file}: {samples} samples");
    }
}

#[test]
fn sound_before_and_after_the_pictures_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    ffmpeg(
        dir.path(),
        &format!(
            "-itsoffset 1 -f lavfi -i testsrc2=size=64x48:rate=25:duration=2 \
             -f lavfi -i sine=sample_rate=48000:duration=5 -map 0 -map 1 {X264} -c:a aac edge.mkv"
        ),
    );
    let (segments, errors) = read(&dir.path().join("edge.mkv"));
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!(segments[0].start, MediaTime::ZERO, "media time begins with the pictures");
    let (times, samples) = decode(&segments);
    assert_eq!(times.len(), 50);
    assert!((79_000..=81_500).contains(&samples), "{samples} samples");
    let first = &decoder().decode(&segments[0]).unwrap().sound[0];
    assert!((first.start.as_secs_f64() + 1.0).abs() < 0.05, "sound starts at {}", first.start);
}

#[test]
fn a_file_of_two_recordings_goes_on_without_a_gap() {
    let dir = tempfile::tempdir().unwrap();
    ffmpeg(dir.path(), &format!("{} {X264} -c:a aac -output_ts_offset 5000 one.ts", inputs(3)));
    ffmpeg(dir.path(), &format!("{} {X264} -c:a aac two.ts", inputs(3)));
    let mut bytes = std::fs::read(dir.path().join("one.ts")).unwrap();
    bytes.extend(std::fs::read(dir.path().join("two.ts")).unwrap());
    std::fs::write(dir.path().join("both.ts"), bytes).unwrap();
    let (segments, errors) = read(&dir.path().join("both.ts"));
    let repairs = errors.iter().filter(|error| matches!(error, MediaError::Clock { .. })).count();
    assert_eq!(repairs, 1, "{errors:?}");
    let mut decoder = decoder();
    let mut times = Vec::new();
    let mut apart = Vec::new();
    for segment in &segments {
        let decoded = decoder.decode(segment).unwrap();
        apart.extend(decoded.sound.first().map(|sound| (sound.start - segment.start).abs()));
        times.extend(decoded.pictures.into_iter().map(|picture| picture.at));
    }
    assert_eq!(times.len(), 150);
    assert!(times.windows(2).all(|pair| pair[1] > pair[0] && pair[1] - pair[0] < Span::from_millis(300)));
    assert!(apart.iter().all(|apart| *apart < Span::from_millis(300)), "{apart:?}");
}

#[test]
fn a_truncated_file_gives_what_is_there() {
    let dir = tempfile::tempdir().unwrap();
    for file in ["t.ts", "t.flv", "t.mkv"] {
        ffmpeg(dir.path(), &format!("{} {X264} -c:a aac {file}", inputs(5)));
        let path = dir.path().join(file);
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() * 3 / 5]).unwrap();
        let (segments, _) = read(&path);
        let mut decoder = decoder();
        let pictures: usize =
            segments.iter().filter_map(|s| decoder.decode(s).ok()).map(|d| d.pictures.len()).sum();
        assert!((50..=100).contains(&pictures), "{file}: {pictures}");
    }
}

#[test]
fn an_unfinished_mp4_is_named_as_such() {
    let dir = tempfile::tempdir().unwrap();
    ffmpeg(dir.path(), &format!("{} {X264} -c:a aac u.mp4", inputs(2)));
    let path = dir.path().join("u.mp4");
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let error = open(&path).err().unwrap();
    assert!(matches!(error, MediaError::NoIndex { .. }), "{error}");
    assert!(error.to_string().contains("u.mp4"));
    std::fs::write(&path, b"no media at all").unwrap();
    assert!(matches!(open(&path).err().unwrap(), MediaError::Container { .. }));
    assert!(matches!(open(&dir.path().join("none.mp4")).err().unwrap(), MediaError::Io { .. }));
}

#[test]
fn a_broken_stretch_is_reported_and_passed() {
    let dir = tempfile::tempdir().unwrap();
    ffmpeg(dir.path(), &format!("{} {X264} -c:a aac b.ts", inputs(6)));
    let path = dir.path().join("b.ts");
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    for byte in &mut bytes[middle..middle + 188 * 20] {
        *byte = byte.wrapping_mul(31).wrapping_add(7);
    }
    std::fs::write(&path, bytes).unwrap();
    let (segments, errors) = read(&path);
    assert!(errors.iter().any(|e| matches!(e, MediaError::Damaged { .. })), "{errors:?}");
    assert!(errors.iter().all(|error| error.to_string().contains("b.ts")));
    let last = segments.last().unwrap();
    assert!(last.end().as_secs_f64() > 5.8, "{}", last.end());
}

#[test]
fn a_group_past_the_limit_is_closed_and_its_rest_reported() {
    let dir = tempfile::tempdir().unwrap();
    ffmpeg(dir.path(), &format!("{} -c:v libx264 -preset veryfast -g 1000 -c:a aac long.mp4", inputs(8)));
    let identity = MediaIdentity {
        room: RoomId::new("room-1").unwrap(),
        stream: StreamId::new("stream-1").unwrap(),
        started_at: WallTime::from_micros(STARTED),
    };
    let options = MediaOptions { longest_group: Span::from_millis(3_000), ..MediaOptions::default() };
    let items: Vec<_> = MediaReader::open(&dir.path().join("long.mp4"), identity, options).unwrap().collect();
    let left_out: u64 = items
        .iter()
        .filter_map(|item| match item {
            Err(MediaError::LeftOut { count, .. }) => Some(*count),
            _ => None,
        })
        .sum();
    let segments: Vec<Segment> = items.into_iter().filter_map(Result::ok).collect();
    let (times, samples) = decode(&segments);
    assert_eq!(times.len() as u64 + left_out, 200);
    assert!((60..=90).contains(&times.len()), "{}", times.len());
    assert!(samples > 127_000, "{samples} samples of sound go on");
}
