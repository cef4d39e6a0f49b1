//! Sound across the borders of segments.

mod generated;

use generated::{ffmpeg, options, segment};
use kairos_decode::{DecodeOptions, Mode, SegmentDecoder, Sound};
use kairos_timeline::{ContentType, MediaTime, Segment};

/// Six seconds of a tone, cut into segments of about a second without touching the packets.
fn cut(
    dir: &std::path::Path,
    codec: &str,
    extension: &str,
    content_type: ContentType,
) -> (Segment, Vec<Segment>) {
    ffmpeg(dir, &format!("{} {codec} whole.{extension}", generated::tone(6)));
    let format = if extension == "ts" { "mpegts" } else { "matroska" };
    ffmpeg(
        dir,
        &format!(
            "-i whole.{extension} -c copy -f segment -segment_time 1 -segment_format {format} \
             -segment_list list.csv part%d.{extension}"
        ),
    );
    let read = |name: &str| std::fs::read(dir.join(name)).expect("made by ffmpeg");
    let whole = segment(read(&format!("whole.{extension}")), content_type, 0, MediaTime::ZERO, 6.1);
    let list = String::from_utf8(read("list.csv")).expect("made by ffmpeg");
    let mut first = None;
    let parts = list.lines().enumerate().map(|(i, line)| {
        let mut fields = line.split(',');
        let bytes = read(fields.next().expect("made by ffmpeg"));
        let times: Vec<f64> = fields.map(|field| field.parse().expect("made by ffmpeg")).collect();
        let start = times[0] - *first.get_or_insert(times[0]);
        segment(bytes, content_type, i as u64, MediaTime::from_secs_f64(start), times[1] - times[0])
    });
    (whole, parts.collect())
}

fn hear(segments: &[Segment]) -> Vec<Sound> {
    let mut decoder = SegmentDecoder::new(DecodeOptions { pictures: None, ..options(Mode::Full) });
    let mut sounds = Vec::new();
    for segment in segments {
        let decoded = decoder.decode(segment).expect("made by ffmpeg");
        assert_eq!(decoded.faults, [], "segment {}", segment.sequence);
        sounds.extend(decoded.sound);
    }
    sounds.extend(decoder.finish());
    sounds
}

#[test]
fn segments_of_a_stream_sound_like_the_stream() {
    for (codec, extension, content_type) in [
        ("-c:a aac", "ts", ContentType::MpegTs),
        ("-c:a libmp3lame", "ts", ContentType::MpegTs),
        ("-c:a libopus", "mkv", ContentType::Matroska),
        ("-c:a pcm_s16le", "mkv", ContentType::Matroska),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let (whole, parts) = cut(dir.path(), codec, extension, content_type);
        assert!(parts.len() >= 5, "{codec}: {} parts", parts.len());
        let expected: Vec<f32> = hear(&[whole]).into_iter().flat_map(|sound| sound.samples).collect();
        let sounds = hear(&parts);
        for pair in sounds.windows(2) {
            let gap = (pair[1].start - pair[0].end()).abs();
            assert!(gap.as_micros() <= 1, "{codec}: {gap} between {} and {}", pair[0].end(), pair[1].start);
        }
        let heard: Vec<f32> = sounds.into_iter().flat_map(|sound| sound.samples).collect();
        assert_eq!(heard.len(), expected.len(), "{codec}");
        assert!(expected.len() > 95_000, "{codec}: {}", expected.len());
        assert!(heard == expected, "{codec}: samples differ");
    }
}

#[test]
fn a_lost_segment_starts_the_sound_anew_in_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let (_, mut parts) = cut(dir.path(), "-c:a aac", "ts", ContentType::MpegTs);
    let lost = parts.remove(2);
    let sounds = hear(&parts);
    let after = sounds.iter().find(|sound| sound.start >= lost.start).unwrap();
    assert!((after.start - lost.end()).abs().as_micros() < 30_000, "{} is not {}", after.start, lost.end());
}
