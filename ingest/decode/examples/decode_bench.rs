//! Decodes one media file as a single segment, in one mode: the other side of the comparison in `bench/decode`.
//!
//! `decode_bench FILE full|sampled|keyframes|sound` prints what came out. The file's container is told by its
//! extension.

use std::process::ExitCode;
use std::time::Duration;

use kairos_decode::{DecodeOptions, Limits, Mode, SegmentDecoder};
use kairos_timeline::{ContentType, MediaTime, Position, RoomId, Segment, Span, StreamId, WallTime};

type Failure = Box<dyn std::error::Error>;

fn segment(file: &str) -> Result<Segment, Failure> {
    let content_type = match file.rsplit('.').next() {
        Some("ts") => ContentType::MpegTs,
        Some("mkv" | "webm") => ContentType::Matroska,
        Some("flv") => ContentType::Flv,
        _ => ContentType::Mp4,
    };
    Ok(Segment {
        room: RoomId::new("bench")?,
        stream: StreamId::new("bench")?,
        sequence: 0,
        start: MediaTime::ZERO,
        duration: Span::ZERO,
        captured_at: WallTime::from_micros(0),
        content_type,
        bytes: std::fs::read(file)?.into(),
        position: Position::in_file(file, 0),
    })
}

fn run() -> Result<(), Failure> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [file, mode] = args.as_slice() else { return Err("usage: decode_bench FILE MODE".into()) };
    let pictures = match mode.as_str() {
        "full" => Some(Mode::Full),
        "sampled" => Some(Mode::Sampled { per_second: 1.0 }),
        "keyframes" => Some(Mode::Keyframes),
        "sound" => None,
        other => return Err(format!("no mode {other}").into()),
    };
    let options = DecodeOptions {
        sound: pictures.is_none(),
        pictures,
        deadline: Duration::from_secs(600),
        limits: Limits { packets: usize::MAX, pictures: usize::MAX, ..Limits::default() },
        ..DecodeOptions::default()
    };
    let decoded = SegmentDecoder::new(options).decode(&segment(file)?)?;
    let samples: usize = decoded.sound.iter().map(|sound| sound.samples.len()).sum();
    println!("{} pictures, {samples} samples, {} faults", decoded.pictures.len(), decoded.faults.len());
    for fault in decoded.faults {
        println!("{fault}");
    }
    Ok(())
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("decode_bench: {error}");
            ExitCode::FAILURE
        }
    }
}
