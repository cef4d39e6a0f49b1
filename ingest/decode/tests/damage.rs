//! Bytes that are not what they should be.

mod generated;

use std::path::Path;
use std::time::Duration;

use generated::{generate, options, picture, segment, tone};
use kairos_decode::{DecodeOptions, Decoded, Mode, SegmentDecoder, Track};
use kairos_timeline::{ContentType, MediaTime, Segment};

/// Mutants of each base and kind.
const MUTANTS: u64 = 340;

/// Small numbers from a seed, the same everywhere.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }
}

fn bases(dir: &Path) -> Vec<Segment> {
    let inputs = format!(
        "{} {}",
        picture(1).replace("64x48:rate=25:duration=1", "64x48:rate=5:duration=1"),
        tone(1).replace("48000:duration=1", "16000:duration=0.4")
    );
    let x264 = "-c:v libx264 -preset ultrafast -g 3 -bf 1 -pix_fmt yuv420p";
    [
        ("a.ts", ContentType::MpegTs, format!("{x264} -c:a aac")),
        ("a.mp4", ContentType::Mp4, format!("{x264} -c:a aac -movflags +frag_keyframe+empty_moov")),
        ("a.flv", ContentType::Flv, format!("{x264} -c:a libmp3lame -ar 22050")),
        ("9.mkv", ContentType::Matroska, "-c:v libvpx-vp9 -deadline realtime -c:a libopus".to_owned()),
        ("8.mkv", ContentType::Matroska, "-c:v libvpx -deadline realtime -c:a libvorbis".to_owned()),
    ]
    .into_iter()
    .map(|(file, content_type, args)| generate(dir, file, content_type, &inputs, &args, 1.0))
    .collect()
}

fn flip(bytes: &mut [u8], dice: &mut Dice) {
    for _ in 0..=dice.below(8) {
        let at = dice.below(bytes.len());
        bytes[at] ^= 1 << dice.below(8);
    }
}

fn overwrite(bytes: &mut [u8], dice: &mut Dice) {
    let from = dice.below(bytes.len());
    for at in from..bytes.len().min(from + dice.below(400)) {
        bytes[at] = dice.below(256) as u8;
    }
}

/// One way of damaging bytes.
fn mutate(bytes: &[u8], kind: u64, dice: &mut Dice) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    match kind {
        0 => flip(&mut bytes, dice),
        1 => overwrite(&mut bytes, dice),
        2 => bytes.truncate(dice.below(bytes.len())),
        3 => {
            let from = dice.below(bytes.len());
            let to = bytes.len().min(from + dice.below(600));
            bytes.drain(from..to);
        }
        4 => {
            let (one, two) = (dice.below(bytes.len() / 188), dice.below(bytes.len() / 188));
            for i in 0..188 {
                bytes.swap(one * 188 + i, two * 188 + i);
            }
        }
        _ => {
            let length = dice.below(2_000);
            bytes = (0..length).map(|_| dice.below(256) as u8).collect();
        }
    }
    bytes
}

#[test]
fn no_damage_panics_hangs_or_reaches_the_next_segment() {
    let dir = tempfile::tempdir().unwrap();
    let (mut mutants, mut partly, mut compared) = (0, 0, 0);
    for base in bases(dir.path()) {
        let mut good = base.clone();
        good.sequence = 7;
        let alone = SegmentDecoder::new(options(Mode::Full)).decode(&good).unwrap();
        assert_eq!(alone.faults, [], "{}", base.content_type);
        assert!(!alone.pictures.is_empty() && !alone.sound.is_empty());
        let small =
            DecodeOptions { width: 8, height: 8, deadline: Duration::from_secs(5), ..options(Mode::Full) };
        let mut decoder = SegmentDecoder::new(small);
        let reference = decoder.decode(&good).unwrap();
        for kind in 0..6 {
            for seed in 1..=MUTANTS {
                let mut dice = Dice(seed * 6 + kind + 1);
                let bytes = mutate(&base.bytes, kind, &mut dice);
                let damaged = segment(bytes, base.content_type, 3, MediaTime::ZERO, 1.0);
                if let Ok(decoded) = decoder.decode(&damaged) {
                    partly += 1;
                    let told = decoded.faults.iter().all(|fault| fault.to_string().contains("room-1"));
                    assert!(told, "{:?}", decoded.faults);
                }
                mutants += 1;
                // Every decoder that met damage is asked for the good segment again and again.
                if seed % 16 == 0 {
                    let next = decoder.decode(&good).unwrap();
                    assert!(next == reference, "{} kind {kind} seed {seed}", base.content_type);
                }
            }
        }
        for seed in 1..=30 {
            let bytes = mutate(&base.bytes, 1, &mut Dice(seed)).into();
            let damaged = Segment { bytes, sequence: 6, ..base.clone() };
            let mut decoder = SegmentDecoder::new(options(Mode::Full));
            let before = decoder.decode(&damaged);
            let next = decoder.decode(&good).unwrap();
            assert!(next.pictures == alone.pictures, "{} seed {seed}", base.content_type);
            // Where only pictures were damaged, sound rightly goes on from the one to the other.
            let touched = |decoded: Decoded| decoded.faults.iter().any(|fault| fault.track != Track::Video);
            if before.is_ok_and(touched) {
                compared += 1;
                assert!(next == alone, "{} seed {seed}", base.content_type);
            }
        }
    }
    assert!(compared >= 5, "{compared}");
    assert!(mutants >= 10_000, "{mutants}");
    assert!(partly > mutants / 4, "{partly} of {mutants} gave something");
}

#[test]
fn damage_is_the_same_on_any_number_of_threads() {
    let dir = tempfile::tempdir().unwrap();
    for base in bases(dir.path()) {
        for seed in 1..40 {
            let bytes = mutate(&base.bytes, seed % 5, &mut Dice(seed));
            let damaged = Segment { bytes: bytes.into(), ..base.clone() };
            let results = [1, 3].map(|threads| {
                SegmentDecoder::new(DecodeOptions { threads, ..options(Mode::Full) }).decode(&damaged)
            });
            assert!(results[0] == results[1], "{} seed {seed}", base.content_type);
        }
    }
}

#[test]
fn empty_bytes_are_an_error() {
    for content_type in [ContentType::MpegTs, ContentType::Mp4, ContentType::Matroska, ContentType::Flv] {
        let empty = segment(Vec::new(), content_type, 0, MediaTime::ZERO, 1.0);
        assert!(SegmentDecoder::new(options(Mode::Full)).decode(&empty).is_err(), "{content_type}");
    }
}

#[test]
fn a_damaged_segment_gives_the_rest_and_a_fault() {
    let dir = tempfile::tempdir().unwrap();
    let args = "-c:v libx264 -preset veryfast -g 5 -c:a aac";
    let inputs = format!("{} {}", picture(2), tone(2));
    let mut base = generate(dir.path(), "part.ts", ContentType::MpegTs, &inputs, args, 2.0);
    let mut bytes = base.bytes.to_vec();
    let middle = bytes.len() / 2 / 188 * 188;
    bytes.drain(middle..middle + 188 * 12);
    base.bytes = bytes.into();
    let decoded = SegmentDecoder::new(options(Mode::Full)).decode(&base).unwrap();
    assert!((25..50).contains(&decoded.pictures.len()), "{}", decoded.pictures.len());
    assert!(!decoded.faults.is_empty());
}
