//! Every container with every codec that it is used with.

mod generated;

use generated::{generate, has_encoder, options, picture, tone};
use kairos_decode::{Mode, SegmentDecoder};
use kairos_timeline::{ContentType, MediaTime};

const X264: &str = "-c:v libx264 -preset veryfast -g 10 -bf 2 -pix_fmt yuv420p";
const X265: &str =
    "-c:v libx265 -preset ultrafast -x265-params log-level=none:open-gop=0 -g 10 -pix_fmt yuv420p";
const AV1: &str = "-vf scale=64:64 -c:v libsvtav1 -preset 12 -g 10 -pix_fmt yuv420p";
const FRAGMENTED: &str = "-movflags +frag_keyframe+delay_moov+default_base_moof";

/// Encoder that must exist, file, container, video, sound, further options.
fn combinations() -> Vec<(&'static str, &'static str, ContentType, &'static str, &'static str, &'static str)>
{
    use ContentType::{Flv, Matroska, Mp4, MpegTs};
    vec![
        ("libx264", "h264-aac.ts", MpegTs, X264, "-c:a aac", ""),
        ("libx264", "h264-mp3.ts", MpegTs, X264, "-c:a libmp3lame", ""),
        ("libx264", "h264-opus.ts", MpegTs, X264, "-c:a libopus", ""),
        ("libx265", "hevc-aac.ts", MpegTs, X265, "-c:a aac", ""),
        ("mpeg2video", "mpeg2-mp2.ts", MpegTs, "-c:v mpeg2video -g 10 -bf 2", "-c:a mp2", ""),
        ("libx264", "h264-aac.mp4", Mp4, X264, "-c:a aac", ""),
        ("libx264", "h264-opus.mp4", Mp4, X264, "-c:a libopus -strict -2", FRAGMENTED),
        ("libx265", "hevc-aac.mp4", Mp4, X265, "-c:a aac -tag:v hvc1", FRAGMENTED),
        ("libsvtav1", "av1-aac.mp4", Mp4, AV1, "-c:a aac", FRAGMENTED),
        (
            "libvpx-vp9",
            "vp9-opus.mp4",
            Mp4,
            "-c:v libvpx-vp9 -deadline realtime -g 10",
            "-c:a libopus -strict -2",
            FRAGMENTED,
        ),
        ("libvpx", "vp8-vorbis.webm", Matroska, "-c:v libvpx -deadline realtime -g 10", "-c:a libvorbis", ""),
        (
            "libvpx-vp9",
            "vp9-opus.webm",
            Matroska,
            "-c:v libvpx-vp9 -deadline realtime -g 10",
            "-c:a libopus",
            "",
        ),
        ("libsvtav1", "av1-opus.webm", Matroska, AV1, "-c:a libopus", ""),
        ("libx264", "h264-pcm.mkv", Matroska, X264, "-c:a pcm_s16le", ""),
        ("libx264", "h264-flac.mkv", Matroska, X264, "-c:a flac", ""),
        ("libx264", "h264-mp3.mkv", Matroska, X264, "-c:a libmp3lame", ""),
        ("libx264", "h264-aac.flv", Flv, X264, "-c:a aac", ""),
        ("libx264", "h264-mp3.flv", Flv, X264, "-c:a libmp3lame -ar 44100", ""),
    ]
}

#[test]
fn every_container_and_codec_gives_all_pictures_and_sound_in_time() {
    let dir = tempfile::tempdir().unwrap();
    for (encoder, file, content_type, video, sound, more) in combinations() {
        if !has_encoder(encoder) {
            continue;
        }
        let inputs = format!("{} {}", picture(1), tone(1));
        let segment =
            generate(dir.path(), file, content_type, &inputs, &format!("{video} {sound} {more}"), 1.0);
        let decoded = SegmentDecoder::new(options(Mode::Full)).decode(&segment).unwrap();
        assert_eq!(decoded.faults, [], "{file}");
        assert_eq!(decoded.pictures.len(), 25, "{file}");
        for (i, picture) in decoded.pictures.iter().enumerate() {
            let off = (picture.at - MediaTime::from_micros(i as i64 * 40_000)).abs();
            assert!(off.as_micros() <= 1_000, "{file}: picture {i} at {}", picture.at);
            assert_eq!((picture.width, picture.height, picture.rgb.len()), (32, 24, 32 * 24 * 3), "{file}");
        }
        let rate = decoded.frame_rate.unwrap();
        assert!((rate - 25.0).abs() < 0.1, "{file}: {rate} pictures per second");
        let samples: usize = decoded.sound.iter().map(|sound| sound.samples.len()).sum();
        assert_eq!(decoded.sound.len(), 1, "{file}: one stretch of sound");
        assert!((15_900..=17_900).contains(&samples), "{file}: {samples} samples");
        let start = decoded.sound[0].start;
        assert!(start.as_secs_f64().abs() < 0.06, "{file}: sound starts at {start}");
        let loud = decoded.sound[0].samples.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
        assert!((0.08..0.3).contains(&loud), "{file}: peak {loud}");
    }
}

#[test]
fn keyframes_are_the_groups_first_pictures() {
    let dir = tempfile::tempdir().unwrap();
    for (encoder, file, content_type, video, sound, more) in combinations() {
        let exact = ["libx264", "libx265", "mpeg2video"].contains(&encoder);
        if !exact || !has_encoder(encoder) {
            continue;
        }
        let inputs = format!("{} {}", picture(1), tone(1));
        let args = format!("{video} {sound} {more}");
        let segment = generate(dir.path(), file, content_type, &inputs, &args, 1.0);
        let mut decoder = SegmentDecoder::new(options(Mode::Full));
        let all = decoder.decode(&segment).unwrap();
        let keys = decoder.pictures(&segment, Mode::Keyframes).unwrap();
        assert_eq!(keys.faults, [], "{file}");
        assert!(keys.pictures.len() >= 3, "{file}: {}", keys.pictures.len());
        for key in &keys.pictures {
            assert!(key.keyframe, "{file}");
            assert!(all.pictures.contains(key), "{file}: keyframe at {} differs in full decoding", key.at);
        }
    }
}

#[test]
fn tracks_that_start_apart_stay_apart() {
    let dir = tempfile::tempdir().unwrap();
    let args = "-map 0:v -map 1:a -c:v libx264 -preset veryfast -g 25 -c:a aac";
    for (file, content_type) in [("late.ts", ContentType::MpegTs), ("late.mkv", ContentType::Matroska)] {
        let inputs = format!("{} -itsoffset 0.5 {}", picture(2), tone(1));
        let segment = generate(dir.path(), file, content_type, &inputs, args, 2.0);
        let decoded = SegmentDecoder::new(options(Mode::Full)).decode(&segment).unwrap();
        let start = decoded.sound[0].start.as_secs_f64();
        assert!((0.45..0.53).contains(&start), "{file}: sound starts at {start}");
    }
    let inputs = format!("-itsoffset 0.5 {} {}", picture(1), tone(2));
    let segment = generate(dir.path(), "early.ts", ContentType::MpegTs, &inputs, args, 1.5);
    let decoded = SegmentDecoder::new(options(Mode::Full)).decode(&segment).unwrap();
    assert_eq!(decoded.pictures[0].at, MediaTime::ZERO);
    let start = decoded.sound[0].start.as_secs_f64();
    assert!((-0.56..-0.47).contains(&start), "sound starts at {start}");
}

#[test]
fn variable_frame_rates_keep_their_times() {
    let dir = tempfile::tempdir().unwrap();
    let args = "-vf select=not(eq(mod(n\\,5)\\,3)) -vsync vfr -c:v libx264 -bf 2 -g 50 -preset veryfast";
    let segment = generate(dir.path(), "vfr.mkv", ContentType::Matroska, &picture(1), args, 1.0);
    let decoded = SegmentDecoder::new(options(Mode::Full)).decode(&segment).unwrap();
    let times: Vec<i64> = decoded.pictures.iter().map(|picture| picture.at.as_micros() / 1_000).collect();
    let expected: Vec<i64> = (0..25).filter(|n| n % 5 != 3).map(|n| n * 40).collect();
    assert_eq!(times, expected);
}
