//! Silero's network in Candle agrees with ONNX Runtime on the project's own graph.

// A helper that fails fails its test.
#![allow(clippy::unwrap_used)]

mod support;

use std::path::Path;

use kairos_speech::{SAMPLE_RATE, SpeechConfig, SpeechError, VOICE_CHUNK, VoiceActivity, VoiceDetection};
use safetensors::{Dtype, serialize_to_file, tensor::TensorView};
use serde::Deserialize;

/// What `tools/reference/silero.py` wrote.
#[derive(Deserialize)]
struct Golden {
    drawn: Vec<f32>,
    released: Vec<f32>,
    released_digest: String,
}

const TENSORS: [(&str, &[usize], f64); 15] = [
    ("stft_conv.weight", &[258, 1, 256], 0.25),
    ("conv1.weight", &[128, 129, 3], 0.1),
    ("conv1.bias", &[128], 0.5),
    ("conv2.weight", &[64, 128, 3], 0.1),
    ("conv2.bias", &[64], 0.5),
    ("conv3.weight", &[64, 64, 3], 0.15),
    ("conv3.bias", &[64], 0.5),
    ("conv4.weight", &[128, 64, 3], 0.15),
    ("conv4.bias", &[128], 0.5),
    ("lstm_cell.weight_ih", &[512, 128], 0.2),
    ("lstm_cell.weight_hh", &[512, 128], 0.2),
    ("lstm_cell.bias_ih", &[512], 0.5),
    ("lstm_cell.bias_hh", &[512], 0.5),
    ("final_conv.weight", &[1, 128, 1], 4.0),
    ("final_conv.bias", &[1], 130.0),
];

fn golden() -> Golden {
    serde_json::from_str(include_str!("golden/silero.json")).unwrap()
}

fn write_weights(file: &Path, skip: Option<&str>) {
    let data: Vec<Vec<u8>> = (0..)
        .zip(TENSORS)
        .map(|(index, (_, shape, scale))| {
            support::drawn(index, shape.iter().product(), scale)
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect()
        })
        .collect();
    let views = TENSORS.iter().zip(&data).filter(|((name, ..), _)| Some(*name) != skip);
    let views = views.map(|((name, shape, _), bytes)| {
        (*name, TensorView::new(Dtype::F32, shape.to_vec(), bytes).unwrap())
    });
    serialize_to_file(views, None, file).unwrap();
}

/// The sound of the reference.
fn buzz(chunks: usize) -> Vec<f32> {
    let mut state = 12_345_u32;
    let tau = std::f64::consts::TAU;
    let sample = |i: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let noise = f64::from(state >> 8) / f64::from(1 << 24) - 0.5;
        let t = i as f64 / f64::from(SAMPLE_RATE);
        let pitch = tau * (140.0 * t + 3.0 * (tau * 2.5 * t).sin());
        let formant = |k: u32| if [4, 5, 11, 17].contains(&k) { 3.0 } else { 1.0 };
        let voice: f64 = (1..24).map(|k| (f64::from(k) * pitch).sin() / f64::from(k) * formant(k)).sum();
        let gate = (4.0 * (tau * 0.8 * t).sin()).clamp(0.0, 1.0) * (0.6 + 0.4 * (tau * 4.0 * t).sin());
        (0.08 * voice * gate + 0.004 * noise) as f32
    };
    (0..chunks * VOICE_CHUNK).map(sample).collect()
}

fn probabilities(voice: &mut dyn VoiceActivity, sound: &[f32]) -> Vec<f32> {
    sound.chunks_exact(VOICE_CHUNK).map(|chunk| voice.probability(chunk).unwrap()).collect()
}

fn difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

#[test]
fn drawn_network_agrees_with_onnx_runtime_and_forgets_when_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("silero.safetensors");
    write_weights(&file, None);
    let mut voice = VoiceDetection::silero(&file).unwrap().detector();
    let expected = golden().drawn;
    let sound = buzz(expected.len());
    let first = probabilities(&mut *voice, &sound);
    let difference = difference(&first, &expected);
    println!("largest difference to ONNX Runtime: {difference:e}");
    assert!(difference < 2e-5, "{difference}");
    let spread = expected.iter().copied().fold(0.0, f32::max) - expected.iter().copied().fold(1.0, f32::min);
    assert!(spread > 0.05, "the reference says nothing: {spread}");
    assert_ne!(probabilities(&mut *voice, &sound), first);
    voice.reset();
    assert_eq!(probabilities(&mut *voice, &sound), first);
}

#[test]
fn rooms_share_weights_and_not_state() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("silero.safetensors");
    write_weights(&file, None);
    let detection =
        VoiceDetection::open(&SpeechConfig { voice_activity: Some(file), ..SpeechConfig::default() })
            .unwrap();
    let (mut a, mut b) = (detection.detector(), detection.detector());
    let sound = buzz(8);
    let alone = probabilities(&mut *a, &sound);
    a.reset();
    let mut turns = Vec::new();
    for chunk in sound.chunks_exact(VOICE_CHUNK) {
        turns.push(a.probability(chunk).unwrap());
        b.probability(&[0.3; VOICE_CHUNK]).unwrap();
    }
    assert_eq!(turns, alone);
    assert!(a.probability(&sound[..100]).is_err());
}

#[test]
fn wrong_weights_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("silero.safetensors");
    let said = |file: &Path| VoiceDetection::silero(file).err().unwrap().to_string();
    assert!(said(&file).contains("silero.safetensors") && said(&file).contains("speech.voice_activity"));
    write_weights(&file, Some("conv3.bias"));
    assert!(said(&file).contains("conv3.bias"), "{}", said(&file));
    std::fs::write(&file, b"nothing").unwrap();
    assert!(matches!(VoiceDetection::silero(&file), Err(SpeechError::Weights { .. })));
}

#[test]
fn released_network_agrees_with_onnx_runtime_and_hears_speech_but_not_hiss() {
    let Some(shared) = support::shared() else { return };
    let file = shared.join("weights/silero_vad_16k.safetensors");
    let detection = VoiceDetection::silero(&file).unwrap();
    let golden = golden();
    if detection.digest() == golden.released_digest {
        let found = probabilities(&mut *detection.detector(), &buzz(golden.released.len()));
        let difference = difference(&found, &golden.released);
        println!("largest difference to ONNX Runtime: {difference:e}");
        assert!(difference < 2e-5, "{difference}");
    }
    let speech = support::read_wave(&shared.join("media/jfk.wav"));
    let found = probabilities(&mut *detection.detector(), &speech);
    let voiced = found.iter().filter(|&&p| p > 0.5).count() as f32 / found.len() as f32;
    assert!((0.5..0.95).contains(&voiced), "{voiced}");
    let hiss = support::sound(&[20_000]);
    assert!(probabilities(&mut *detection.detector(), &hiss).iter().all(|&p| p < 0.5));
}
