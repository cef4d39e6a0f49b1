//! Media made on the spot by the `ffmpeg` command line.
#![allow(dead_code, reason = "every test binary uses its own part")]

use std::path::Path;
use std::process::Command;

use kairos_decode::{DecodeOptions, Mode};
use kairos_timeline::{ContentType, MediaTime, Position, RoomId, Segment, Span, StreamId, WallTime};

/// Runs `ffmpeg` in `dir`.
pub fn ffmpeg(dir: &Path, args: &str) {
    let output = Command::new("ffmpeg")
        .current_dir(dir)
        .args(["-nostdin", "-hide_banner", "-loglevel", "error", "-y"])
        .args(args.split_whitespace())
        .output()
        .expect("ffmpeg is installed");
    assert!(output.status.success(), "ffmpeg {args}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Whether `ffmpeg` has an encoder; says so where it lacks it.
pub fn has_encoder(name: &str) -> bool {
    let output =
        Command::new("ffmpeg").args(["-hide_banner", "-encoders"]).output().expect("ffmpeg is installed");
    let has = String::from_utf8_lossy(&output.stdout).split_whitespace().any(|word| word == name);
    if !has {
        println!("skipped: this ffmpeg has no encoder {name}");
    }
    has
}

/// A segment of these bytes.
pub fn segment(
    bytes: Vec<u8>,
    content_type: ContentType,
    sequence: u64,
    start: MediaTime,
    secs: f64,
) -> Segment {
    Segment {
        room: RoomId::new("room-1").expect("a valid id"),
        stream: StreamId::new("stream-1").expect("a valid id"),
        sequence,
        start,
        duration: Span::from_secs_f64(secs),
        captured_at: WallTime::from_micros(1_700_000_000_000_000),
        content_type,
        bytes: bytes.into(),
        position: Position::in_file("generated", sequence as i64),
    }
}

/// Generates one segment, a second long unless `args` say otherwise.
pub fn generate(
    dir: &Path,
    file: &str,
    content_type: ContentType,
    inputs: &str,
    args: &str,
    secs: f64,
) -> Segment {
    ffmpeg(dir, &format!("{inputs} {args} {file}"));
    let bytes = std::fs::read(dir.join(file)).expect("ffmpeg wrote it");
    segment(bytes, content_type, 0, MediaTime::ZERO, secs)
}

/// A moving test picture of `secs` seconds, 25 pictures a second.
pub fn picture(secs: u32) -> String {
    format!("-f lavfi -i testsrc2=size=64x48:rate=25:duration={secs}")
}

/// A tone of `secs` seconds.
pub fn tone(secs: u32) -> String {
    format!("-f lavfi -i sine=frequency=440:sample_rate=48000:duration={secs}")
}

/// Small pictures and sound.
pub fn options(pictures: Mode) -> DecodeOptions {
    DecodeOptions { width: 32, height: 24, pictures: Some(pictures), ..DecodeOptions::default() }
}
