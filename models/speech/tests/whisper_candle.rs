//! Whisper in Candle, its whole path, on a folder that the test writes.

// A helper that fails fails its test.
#![allow(clippy::unwrap_used)]

mod support;

use std::path::Path;

use kairos_speech::{Recognizer, SpeechConfig, SpeechError, Transcript, WhisperCandle, open_recognizer};
use support::scripted::{SIGNS, write_folder};
use support::sound;

/// Text tokens in byte-level letters: U+0120 is a space.
const TEXTS: [&str; 8] =
    ["\u{120}", "\u{120}first", "\u{120}bl", "ood", "!", "\u{120}what", "\u{120}\u{c3}", "\u{a4}h"];

fn sign(name: &str) -> u32 {
    (TEXTS.len() + SIGNS.iter().position(|sign| *sign == name).unwrap()) as u32
}

fn time(seconds: f32) -> Option<u32> {
    Some((TEXTS.len() + SIGNS.len()) as u32 + (seconds * 50.0).round() as u32)
}

/// The language at the first position; after the prompt of three tokens two phrases.
fn says() -> Vec<Option<u32>> {
    let mut says = vec![Some(sign("<|de|>")), None];
    says.extend([time(0.2), Some(1), Some(2), Some(3), Some(4), time(1.2), time(1.2)]);
    says.extend([Some(5), Some(6), Some(7), time(2.4), Some(sign("<|endoftext|>"))]);
    says
}

fn scripted(folder: &Path, says: &[Option<u32>]) -> WhisperCandle {
    write_folder(folder, &TEXTS, says);
    WhisperCandle::load(folder).unwrap()
}

fn texts(transcript: &Transcript) -> Vec<&str> {
    transcript.words().map(|word| word.text.as_str()).collect()
}

#[test]
fn words_come_with_their_times_languages_and_probabilities() {
    let folder = tempfile::tempdir().unwrap();
    let mut whisper = scripted(folder.path(), &says());
    let voice = sound(&[200, 2_200, 600]);
    let heard = whisper.transcribe(&voice, None).unwrap();
    assert_eq!(heard.language.as_deref(), Some("de"));
    assert_eq!(texts(&heard), ["first", "blood!", "what", "\u{e4}h"]);
    assert_eq!(heard.segments.len(), 2);
    let words: Vec<_> = heard.words().collect();
    assert!((words[0].start_s - 0.2).abs() < 0.05 && (words[1].end_s - 1.2).abs() < 0.05, "{words:?}");
    assert!((words[2].start_s - 1.2).abs() < 0.05 && (words[3].end_s - 2.4).abs() < 0.05, "{words:?}");
    assert!(words.iter().all(|word| word.probability > 0.9));
    assert!(heard.segments.iter().all(|s| s.average_log_probability > -0.1 && s.no_speech < 0.1));
    assert_eq!(whisper.transcribe(&voice, Some("en")).unwrap().language.as_deref(), Some("en"));
    let unknown = whisper.transcribe(&voice, Some("xx"));
    assert!(matches!(unknown, Err(SpeechError::Language { .. })));
}

#[test]
fn a_window_leaves_nothing_behind_for_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let mut whisper = scripted(folder.path(), &says());
    let (long, short) = (sound(&[0, 7_000]), sound(&[0, 2_600]));
    let alone = whisper.transcribe(&short, None).unwrap();
    whisper.transcribe(&long, Some("en")).unwrap();
    assert_eq!(whisper.transcribe(&short, None).unwrap(), alone);
}

#[test]
fn rules_keep_times_in_pairs_in_order_and_inside_the_sound() {
    let folder = tempfile::tempdir().unwrap();
    // The script begins with text, goes back in time and past the sound, and never ends.
    let mut says =
        vec![None, None, Some(1), Some(1), time(1.0), time(0.4), Some(2), time(0.5), Some(3), time(29.0)];
    says.resize(200, Some(3));
    let mut whisper = scripted(folder.path(), &says);
    for length in [1, 400, 16_000, 40_000] {
        let heard = whisper.transcribe(&vec![0.1; length], Some("en")).unwrap();
        let words: Vec<_> = heard.words().collect();
        let seconds = length as f32 / 16_000.0;
        assert!(words.iter().all(|word| word.start_s <= word.end_s && word.end_s <= seconds), "{words:?}");
        assert!(words.windows(2).all(|pair| pair[0].start_s <= pair[1].start_s));
    }
    assert!(whisper.transcribe(&[], None).unwrap().segments.is_empty());
}

#[test]
fn aborted_window_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let mut whisper = scripted(folder.path(), &says());
    whisper.abort().raise();
    assert!(matches!(whisper.transcribe(&[0.1; 9_000], None), Err(SpeechError::Aborted)));
    assert!(whisper.transcribe(&[0.1; 9_000], None).is_ok());
}

#[test]
fn missing_and_wrong_files_of_the_folder_are_named() {
    let folder = tempfile::tempdir().unwrap();
    write_folder(folder.path(), &TEXTS, &says());
    let config = SpeechConfig { model: Some(folder.path().to_owned()), ..SpeechConfig::default() };
    assert!(open_recognizer(&config).unwrap().unwrap().description().name.starts_with("candle"));
    let with = |name: &str, text: Option<&str>| {
        let file = folder.path().join(name);
        let before = std::fs::read(&file).unwrap();
        match text {
            Some(text) => std::fs::write(&file, text).unwrap(),
            None => std::fs::remove_file(&file).unwrap(),
        }
        let error = WhisperCandle::load(folder.path()).err().unwrap().to_string();
        std::fs::write(&file, before).unwrap();
        assert!(error.contains(name), "{error}");
        error
    };
    for name in ["config.json", "tokenizer.json", "model.safetensors"] {
        assert!(with(name, None).contains("huggingface.co"));
        with(name, Some("{}"));
    }
    let config = std::fs::read_to_string(folder.path().join("config.json")).unwrap();
    assert!(with("config.json", Some(&config.replace("\"d_model\":32", "\"d_model\":33"))).contains("sizes"));
    std::fs::write(
        folder.path().join("config.json"),
        config.replace("\"decoder_layers\":1", "\"decoder_layers\":2"),
    )
    .unwrap();
    let error = WhisperCandle::load(folder.path()).err().unwrap().to_string();
    assert!(error.contains("model.safetensors") && error.contains("layers.1"), "{error}");
}
