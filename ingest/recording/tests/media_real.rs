//! Real recordings, where the environment variable `KAIROS_SHARED` names a folder that has them under `media/`.

use std::path::Path;
use std::process::Command;

use kairos_decode::{DecodeOptions, Mode, SegmentDecoder};
use kairos_recording::media::{MediaIdentity, MediaOptions, MediaReader};
use kairos_timeline::{RoomId, StreamId, WallTime};

/// One number that ffprobe prints, zero where it prints none.
fn probe(file: &Path, stream: &str, entry: &str) -> f64 {
    let output = Command::new("ffprobe")
        .args(["-v", "error", "-count_packets", "-select_streams", stream, "-show_entries"])
        .args([entry, "-of", "csv=p=0"])
        .arg(file)
        .output()
        .expect("ffprobe is installed");
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .find_map(|l| l.trim_end_matches(',').parse().ok())
        .unwrap_or(0.0)
}

#[test]
fn counts_of_real_files_are_what_ffprobe_counts() {
    let Some(shared) = std::env::var_os("KAIROS_SHARED") else {
        println!("skipped: KAIROS_SHARED names no folder with real recordings");
        return;
    };
    let mut files: Vec<_> = std::fs::read_dir(Path::new(&shared).join("media")).unwrap().flatten().collect();
    files.sort_by_key(std::fs::DirEntry::path);
    for file in files.iter().map(std::fs::DirEntry::path) {
        let media = ["mp4", "wav", "mp3"].iter().any(|kind| file.extension().is_some_and(|e| e == *kind));
        if !media {
            continue;
        }
        let identity = MediaIdentity {
            room: RoomId::new("room").unwrap(),
            stream: StreamId::new("stream").unwrap(),
            started_at: WallTime::from_micros(0),
        };
        let mut decoder = SegmentDecoder::new(DecodeOptions {
            width: 16,
            height: 16,
            pictures: Some(Mode::Full),
            ..DecodeOptions::default()
        });
        let (mut segments, mut pictures, mut samples, mut largest) = (0, 0, 0, 0);
        for segment in MediaReader::open(&file, identity, MediaOptions::default()).unwrap() {
            let segment = segment.unwrap();
            let decoded = decoder.decode(&segment).unwrap();
            assert_eq!(decoded.faults, [], "{}", file.display());
            segments += 1;
            largest = largest.max(segment.bytes.len());
            pictures += decoded.pictures.len();
            samples += decoded.sound.iter().map(|sound| sound.samples.len()).sum::<usize>();
        }
        samples += decoder.finish().map_or(0, |sound| sound.samples.len());
        let expected = probe(&file, "v:0", "stream=nb_read_packets") as usize;
        let secs = probe(&file, "a:0", "stream=duration");
        println!(
            "{}: {segments} segments, largest {largest} bytes; {pictures} pictures (ffprobe {expected}); \
             sound {:.3} s (ffprobe {secs:.3} s)",
            file.display(),
            samples as f64 / 16_000.0
        );
        assert_eq!(pictures, expected, "{}", file.display());
        assert!((samples as f64 / 16_000.0 - secs).abs() < 0.12, "{}: {samples} samples", file.display());
    }
}
