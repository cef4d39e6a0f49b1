//! A lexicon as an encoder and as a file.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::sync::Arc;

use kairos_encoders::{
    CommentView, Encoder, EncoderSet, Lexicon, LexiconEncoder, LexiconRoom, LexiconSettings, UnitInput,
    WordCounts, word_counts,
};

const UNIT_US: i64 = 2_000_000;
const TEXTS: [&str; 6] = ["what a save", "LOOOL", "gg", "主播好厉害", "PogChamp PogChamp", "so boring"];

/// Texts of a unit: the first two around every seventh unit, the others else.
fn texts(unit: usize) -> Vec<&'static str> {
    let from = if unit % 7 < 2 { 0 } else { 2 };
    (0..unit % 4).map(|i| TEXTS[(from + i * unit) % (from + 2).min(6) + from / 2]).collect()
}

fn comments(unit: usize) -> Vec<CommentView<'static>> {
    texts(unit).into_iter().map(|text| CommentView { offset_us: 0, user: "u", text }).collect()
}

fn words(units: usize) -> Vec<WordCounts> {
    (0..units).map(|unit| word_counts(&comments(unit))).collect()
}

fn lexicon() -> Lexicon {
    let labels: Vec<f32> = (0..150).map(|unit| f32::from(u8::from(unit % 7 < 2))).collect();
    let room = LexiconRoom { words: words(150), labels: vec![labels.clone(), labels] };
    Lexicon::fit(&[&room, &room.clone()], 2.0, &LexiconSettings::default()).unwrap()
}

fn stream(encoder: &mut LexiconEncoder, units: usize) -> Vec<Vec<f32>> {
    let encode = |unit: usize| {
        let comments = comments(unit);
        let unit = UnitInput {
            start_us: unit as i64 * UNIT_US,
            duration_us: UNIT_US,
            comments: Some(&comments),
            ..UnitInput::default()
        };
        encoder.encode(&unit).unwrap().unwrap()
    };
    (0..units).map(encode).collect()
}

#[test]
fn live_stream_and_whole_recording_have_the_same_features() {
    let lexicon = Arc::new(lexicon());
    let mut encoder = LexiconEncoder::new(Arc::clone(&lexicon));
    let live = stream(&mut encoder, 120);
    assert_eq!(live, lexicon.features(&words(120), 2.0));
    assert!(live.iter().any(|row| row.iter().any(|x| x.abs() > 0.1)));
    encoder.reset();
    assert_eq!(stream(&mut encoder, 120), live);
}

#[test]
fn missing_comments_mask_the_unit_and_long_gaps_are_forgotten() {
    let lexicon = Arc::new(lexicon());
    let mut encoder = LexiconEncoder::new(Arc::clone(&lexicon));
    stream(&mut encoder, 50);
    let gap = UnitInput { start_us: 100_000_000, duration_us: UNIT_US, ..UnitInput::default() };
    assert_eq!(encoder.encode(&gap).unwrap(), None);
    let later = UnitInput { start_us: 300_000_000, comments: Some(&[]), ..gap };
    let silent = lexicon.features(&[Vec::new()], 2.0);
    assert_eq!(encoder.encode(&later).unwrap().unwrap(), silent[0]);
}

#[test]
fn file_gives_back_the_same_lexicon() {
    let folder = tempfile::tempdir().unwrap();
    let (file, again) = (folder.path().join("a.safetensors"), folder.path().join("b.safetensors"));
    let lexicon = lexicon();
    lexicon.write(&file).unwrap();
    let read = Lexicon::read(&file).unwrap();
    assert_eq!(read, lexicon);
    assert_eq!(read.digest(), lexicon.digest());
    read.write(&again).unwrap();
    let bytes = std::fs::read(&file).unwrap();
    assert_eq!(bytes, std::fs::read(&again).unwrap());
    assert_eq!(Lexicon::from_bytes(&bytes).unwrap(), lexicon);
}

#[test]
fn damaged_file_is_named_with_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("words.safetensors");
    let message = |bytes: &[u8]| {
        std::fs::write(&file, bytes).unwrap();
        let message = Lexicon::read(&file).unwrap_err().to_string();
        message.replace(&file.display().to_string(), "FILE")
    };
    lexicon().write(&file).unwrap();
    let bytes = std::fs::read(&file).unwrap();
    assert_eq!(message(&bytes[..bytes.len() - 1]), "weights FILE are not in the safetensors format");
    assert_eq!(message(b""), "weights FILE are not in the safetensors format");
    let replaced = |from: &str, to: &str| {
        let mut bytes = bytes.clone();
        let at = bytes.windows(from.len()).position(|part| part == from.as_bytes()).unwrap();
        bytes[at..at + from.len()].copy_from_slice(to.as_bytes());
        bytes
    };
    let format = message(&replaced("0-2,2-6", "0-2,2-7"));
    assert!(format.starts_with("lexicon FILE has the format") && format.contains("2-7"), "{format}");
    assert_eq!(message(&replaced("\"bias\"", "\"bios\"")), "weights FILE lack the tensor bias");
    assert_eq!(message(&replaced("F32", "I32")), "tensor bias of FILE holds I32, expected F32");
    let mut broken = bytes.clone();
    // The two biases lie at one end of the data and the frequencies at the other: spoil both.
    let end = broken.len();
    broken[end - 4..].copy_from_slice(&f32::NAN.to_le_bytes());
    assert!(message(&broken).contains("holds a value that is not finite"));
    assert!(Lexicon::read(&folder.path().join("none")).unwrap_err().to_string().starts_with("cannot read"));
    assert!(Lexicon::from_bytes(b"x").is_err());
}

#[test]
fn set_carries_the_lexicon_behind_the_statistics() {
    let lexicon = Arc::new(lexicon());
    let plain = EncoderSet::built_in();
    let mut set = EncoderSet::built_in().with_lexicon(Arc::clone(&lexicon)).unwrap();
    assert_eq!(set.widths().comment, plain.widths().comment + lexicon.width());
    let described = set.describe();
    let last = described.last().unwrap();
    assert_eq!((last.name.as_str(), &last.digest), ("comment-lexicon", &lexicon.digest()));
    let unit = UnitInput { duration_us: UNIT_US, comments: Some(&[]), ..UnitInput::default() };
    let vector = set.encode(&unit).features.comment.unwrap();
    assert_eq!(vector[plain.widths().comment..], lexicon.features(&[Vec::new()], 2.0)[0]);
    let error = set.with_lexicon(lexicon).unwrap_err();
    assert_eq!(error.to_string(), "the set already has an encoder comment-lexicon");
}
