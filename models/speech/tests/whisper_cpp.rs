//! whisper.cpp's whole path, on a model that the test writes and on the project's empty test model.

// A helper that fails fails its test.
#![allow(clippy::unwrap_used)]

mod support;

use std::path::Path;

use kairos_speech::{
    Recognizer, SpeechConfig, SpeechError, SpeechServer, Transcript, VoiceDetection, WhisperCpp,
    WhisperCppOptions, open_recognizer,
};
use support::scripted::{ggml, write_ggml};
use support::{samples, sound};

const TEXTS: [&str; 8] = [" ", " first", " bl", "ood", "!", " what", " a", " play"];

/// After the prompt of three tokens: two phrases, 0.2 to 1.2 and 1.2 to 2.4 s.
fn says() -> Vec<Option<u32>> {
    let time = |seconds: f32| Some(ggml::TIMESTAMPS + (seconds * 50.0).round() as u32);
    let mut says = vec![Some(ggml::GERMAN), None];
    says.extend([time(0.2), Some(1), Some(2), Some(3), Some(4), time(1.2), time(1.2)]);
    says.extend([Some(5), Some(6), Some(7), time(2.4), Some(ggml::END)]);
    says
}

fn scripted(folder: &Path) -> WhisperCpp {
    let file = folder.join("ggml-scripted.bin");
    write_ggml(&file, &TEXTS, &says());
    WhisperCpp::load(&file, WhisperCppOptions::default()).unwrap()
}

fn texts(transcript: &Transcript) -> Vec<&str> {
    transcript.words().map(|word| word.text.as_str()).collect()
}

#[test]
fn words_come_with_their_times_languages_and_probabilities() {
    let folder = tempfile::tempdir().unwrap();
    let mut whisper = scripted(folder.path());
    assert_eq!(whisper.description().name, "whisper.cpp tiny");
    assert!(!whisper.description().empty);
    let voice = sound(&[200, 2_200, 600]);
    let heard = whisper.transcribe(&voice, Some("en")).unwrap();
    assert_eq!(texts(&heard), ["first", "blood!", "what", "a", "play"]);
    assert_eq!(heard.language.as_deref(), Some("en"));
    assert_eq!(heard.segments.len(), 2);
    for segment in &heard.segments {
        assert!(segment.average_log_probability > -0.1 && segment.no_speech < 0.1, "{segment:?}");
    }
    let words: Vec<_> = heard.words().collect();
    assert!(
        words.windows(2).all(|pair| pair[0].start_s <= pair[1].start_s && pair[0].end_s <= pair[1].end_s)
    );
    assert!(words.iter().all(|word| word.probability > 0.9 && word.end_s <= 3.0), "{words:?}");
    // Within a phrase whisper.cpp estimates; the phrases' own times are the model's.
    assert!((0.15..0.5).contains(&words[0].start_s) && words[1].end_s < 1.4, "{words:?}");
    assert!(words[2].start_s > 1.0 && words[4].end_s > 1.8, "{words:?}");
    // Left to find out, it hears the language that the model says at the first position.
    let heard = whisper.transcribe(&voice, None).unwrap();
    assert_eq!(heard.language.as_deref(), Some("de"));
    assert_eq!(texts(&heard).len(), 5);
}

#[test]
fn a_window_leaves_nothing_behind_for_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let mut whisper = scripted(folder.path());
    let (long, short) = (sound(&[0, 5_200]), sound(&[0, 2_600]));
    let alone = whisper.transcribe(&short, None).unwrap();
    for before in [Some("fr"), None] {
        whisper.transcribe(&long, before).unwrap();
        assert_eq!(whisper.transcribe(&short, None).unwrap(), alone);
    }
    let options = WhisperCppOptions { threads: 2, ..WhisperCppOptions::default() };
    let mut two = WhisperCpp::load(&folder.path().join("ggml-scripted.bin"), options).unwrap();
    assert_eq!(two.transcribe(&short, None).unwrap(), alone);
}

#[test]
fn any_length_of_sound_is_survived() {
    let folder = tempfile::tempdir().unwrap();
    let mut whisper = scripted(folder.path());
    for length in [0, 1, 100, 1_599, 15_999, 16_001, samples(31_000)] {
        let heard = whisper.transcribe(&vec![0.1; length], Some("en")).unwrap();
        let seconds = length as f32 / 16_000.0;
        assert!(heard.words().all(|word| word.end_s <= seconds.min(30.0)), "{length}");
    }
}

#[test]
fn aborts_and_unknown_languages_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    let mut whisper = scripted(folder.path());
    let voice = sound(&[0, 2_000]);
    whisper.abort().raise();
    assert!(matches!(whisper.transcribe(&voice, Some("en")), Err(SpeechError::Aborted)));
    assert!(whisper.transcribe(&voice, Some("en")).is_ok());
    for language in ["klingon", "e\0n", ""] {
        assert!(matches!(whisper.transcribe(&voice, Some(language)), Err(SpeechError::Language { .. })));
    }
}

#[test]
fn room_hears_the_script_at_its_media_time() {
    let folder = tempfile::tempdir().unwrap();
    let config = SpeechConfig::default();
    let server = SpeechServer::inline(Box::new(scripted(folder.path())), VoiceDetection::Level, &config);
    let mut room = server.open("room");
    let mut heard = room.push(100_000_000, &sound(&[2_000, 2_500, 2_000])).unwrap();
    heard.words.extend(room.finish().unwrap().words);
    let words: Vec<_> = heard.words.iter().map(|word| word.text.as_str()).collect();
    assert_eq!(words, ["first", "blood!", "what", "a", "play"]);
    // The window starts 0.2 s before the voice at 102 s, and the script's first phrase 0.2 s into it.
    assert!((101_950_000..102_200_000).contains(&heard.words[0].start_us), "{:?}", heard.words[0]);
    assert!((103_000_000..104_500_000).contains(&heard.words[4].end_us), "{:?}", heard.words[4]);
}

#[test]
fn cut_and_foreign_files_are_refused_before_anything_reads_them() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ggml-scripted.bin");
    write_ggml(&file, &TEXTS, &says());
    let whole = std::fs::read(&file).unwrap();
    let said = |bytes: &[u8]| {
        std::fs::write(&file, bytes).unwrap();
        let error = WhisperCpp::load(&file, WhisperCppOptions::default()).err().unwrap().to_string();
        assert!(error.contains("ggml-scripted.bin") && error.contains("huggingface.co"), "{error}");
        error
    };
    for length in [5, 40, 60_000, whole.len() / 2, whole.len() - 1] {
        assert!(said(&whole[..length]).contains("the download was cut"), "{length}");
    }
    assert!(said(b"").contains("no whisper.cpp model"));
    assert!(said(b"GGUF and more").contains("no whisper.cpp model"));
    let mut other = whole.clone();
    other[4] = 0;
    assert!(said(&other).contains("sizes are not those of a Whisper"));
    let mut other = whole.clone();
    other[4 * 11] = 0;
    assert!(said(&other).contains("convert it to f16"));
    let mut other = whole.clone();
    other[4 * 12 + 2 * 4 + 80 * 201 * 4 + 4 + 4] = b'x';
    assert!(said(&other).contains("vocabulary"));
}

#[test]
fn empty_test_model_runs_on_real_speech_and_recognises_nothing() {
    let Some(shared) = support::shared() else { return };
    let config = SpeechConfig {
        model: Some(shared.join("weights/whisper_for-tests-ggml-tiny.bin")),
        voice_activity: Some(shared.join("weights/silero_vad_16k.safetensors")),
        // Finding the language out would double the work.
        language: "en".into(),
        ..SpeechConfig::default()
    };
    let recognizer = open_recognizer(&config).unwrap().unwrap();
    assert!(recognizer.description().empty);
    let server = SpeechServer::inline(recognizer, VoiceDetection::open(&config).unwrap(), &config);
    let mut room = server.open("room");
    let speech = support::read_wave(&shared.join("media/jfk.wav"));
    // Two sentences of it.
    for (i, part) in speech[..samples(5_500)].chunks(samples(100)).enumerate() {
        assert!(room.push(i as i64 * 100_000, part).unwrap().words.is_empty());
    }
    let heard = room.finish().unwrap();
    assert!(heard.words.is_empty() && heard.missed.is_empty());
    let tally = room.tally();
    println!("{tally}");
    assert!(tally.windows >= 2 && tally.recognised == tally.windows && tally.words == 0);
    assert!(tally.to_string().contains("nothing recognised"));
}
