//! Candle's Whisper and the rules for timestamps agree with Hugging Face's, on a tiny network with drawn weights.

mod support;

use kairos_speech::{Recognizer, WhisperCandle};
use safetensors::{Dtype, serialize_to_file, tensor::TensorView};
use serde::Deserialize;
use support::drawn;
use support::scripted::{SIGNS, write_tokenizer};
use support::tones::tones;

/// What `tools/reference/whisper_decode.py` wrote.
#[derive(Deserialize)]
struct Golden {
    /// Name, shape, scale and whether it is the gain of a norm.
    tensors: Vec<(String, Vec<usize>, f64, bool)>,
    language: String,
    tokens: Vec<u32>,
    no_speech: f32,
    average_log_probability: f32,
}

const TEXTS: u32 = 20;

#[test]
fn drawn_network_writes_what_hugging_face_writes() {
    let golden: Golden = serde_json::from_str(include_str!("golden/whisper_decode.json")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let texts: Vec<String> = (0..TEXTS).map(|token| format!("\u{120}t{token}")).collect();
    write_tokenizer(folder.path(), &texts.iter().map(String::as_str).collect::<Vec<_>>());
    let config = serde_json::json!({
        "num_mel_bins": 80, "max_source_positions": 256, "d_model": 16, "encoder_attention_heads": 2,
        "encoder_layers": 2, "vocab_size": TEXTS as usize + SIGNS.len() + 1_501, "max_target_positions": 64,
        "decoder_attention_heads": 2, "decoder_layers": 2,
    });
    std::fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
    let data: Vec<Vec<u8>> = (0..)
        .zip(&golden.tensors)
        .map(|(index, (_, shape, scale, gain))| {
            let offset = if *gain { 1.0 } else { 0.0 };
            let values = drawn(index, shape.iter().product(), *scale);
            values.iter().flat_map(|value| (value + offset).to_le_bytes()).collect()
        })
        .collect();
    let views = golden.tensors.iter().zip(&data).map(|((name, shape, ..), bytes)| {
        (name.as_str(), TensorView::new(Dtype::F32, shape.clone(), bytes).unwrap())
    });
    serialize_to_file(views, None, &folder.path().join("model.safetensors")).unwrap();

    let heard = WhisperCandle::load(folder.path()).unwrap().transcribe(&tones(), None).unwrap();
    assert_eq!(heard.language.as_deref(), Some(&*golden.language));
    let said: Vec<&str> = heard.words().map(|word| word.text.as_str()).collect();
    let expected: Vec<String> =
        golden.tokens.iter().filter(|&&token| token < TEXTS).map(|token| format!("t{token}")).collect();
    assert_eq!(said, expected);
    let first_time = TEXTS + SIGNS.len() as u32;
    let times: Vec<f32> = golden
        .tokens
        .iter()
        .filter(|&&token| token >= first_time)
        .map(|token| (token - first_time) as f32 * 0.02)
        .collect();
    let starts: Vec<f32> = heard.segments.iter().map(|segment| segment.words[0].start_s).collect();
    let expected: Vec<f32> = times.iter().copied().step_by(2).take(starts.len()).collect();
    assert!(starts.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 0.05), "{starts:?} {expected:?}");
    for segment in &heard.segments {
        assert!((segment.no_speech - golden.no_speech).abs() < 1e-5, "{}", segment.no_speech);
        let difference = (segment.average_log_probability - golden.average_log_probability).abs();
        assert!(difference < 1e-4, "{} {}", segment.average_log_probability, golden.average_log_probability);
    }
}
