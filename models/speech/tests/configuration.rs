//! The `[speech]` section: defaults, typos, ranges, and what a missing model means.

use kairos_speech::{SpeechConfig, SpeechError, SpeechSwitch, open_recognizer};

fn parse(json: &str) -> Result<SpeechConfig, String> {
    serde_json::from_str(json).map_err(|error| error.to_string())
}

#[test]
fn defaults_are_valid_and_survive_writing() {
    let config = SpeechConfig::default();
    config.check().unwrap();
    assert_eq!(parse(&serde_json::to_string(&config).unwrap()).unwrap(), config);
    assert_eq!(parse("{}").unwrap(), config);
}

#[test]
fn typos_are_errors() {
    assert!(parse(r#"{"langauge": "en"}"#).unwrap_err().contains("langauge"));
    assert!(parse(r#"{"windows": {"max": 3}}"#).is_err());
    assert!(parse(r#"{"backend": "whisper"}"#).unwrap_err().contains("whisper-cpp"));
}

#[test]
fn values_out_of_range_are_named() {
    for (json, field) in [
        (r#"{"threads": 0}"#, "speech.threads is 0"),
        (r#"{"language": ""}"#, "speech.language"),
        (r#"{"room_languages": {"a": "de\u00e9"}}"#, "speech.language"),
        (r#"{"windows": {"padding_ms": 700}}"#, "speech.windows.padding_ms is 700, expected 0 to 500"),
        (r#"{"windows": {"max_ms": 60000}}"#, "speech.windows.max_ms"),
        (r#"{"windows": {"threshold": 1.0}}"#, "speech.windows.threshold"),
        (r#"{"filters": {"max_repeats": 0}}"#, "speech.filters.max_repeats"),
        (r#"{"live": {"max_windows": 0}}"#, "speech.live.max_windows"),
    ] {
        let said = parse(json).unwrap().check().unwrap_err().to_string();
        assert!(said.starts_with(field), "{json}: {said}");
    }
    let config = SpeechConfig {
        filters: kairos_speech::FilterConfig { no_speech: f32::NAN, ..Default::default() },
        ..Default::default()
    };
    assert!(config.check().is_err());
}

#[test]
fn language_of_a_room_overrides_that_of_all() {
    let config = parse(r#"{"language": "en", "room_languages": {"a": "de", "b": "auto"}}"#).unwrap();
    assert_eq!(config.language_of("a"), Some("de"));
    assert_eq!(config.language_of("b"), None);
    assert_eq!(config.language_of("c"), Some("en"));
}

#[test]
fn without_a_model_speech_is_off_unless_it_was_asked_for() {
    assert!(open_recognizer(&SpeechConfig::default()).unwrap().is_none());
    let on = SpeechConfig { enabled: SpeechSwitch::On, ..SpeechConfig::default() };
    let Err(error) = open_recognizer(&on) else { panic!("a recogniser without a model") };
    assert!(matches!(error, SpeechError::NoModel));
    assert!(error.to_string().contains("speech.model") && error.to_string().contains("ggml"));
}

#[test]
fn missing_and_wrong_models_name_the_file_and_the_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("ggml-base.bin");
    std::fs::write(&page, "<html>404</html>").unwrap();
    let gone = folder.path().join("gone.bin");
    for (model, says) in
        [(gone, "gone.bin"), (page, "no whisper.cpp model"), (folder.path().to_owned(), "config.json")]
    {
        let config = SpeechConfig { model: Some(model), ..SpeechConfig::default() };
        let Err(error) = open_recognizer(&config) else { panic!("{config:?} was loaded") };
        let error = error.to_string();
        assert!(error.contains(says) && error.contains("huggingface.co"), "{error}");
    }
    let off =
        SpeechConfig { enabled: SpeechSwitch::Off, model: Some("gone".into()), ..SpeechConfig::default() };
    assert!(open_recognizer(&off).unwrap().is_none());
}
