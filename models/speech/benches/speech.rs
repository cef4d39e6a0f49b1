//! What a second of a room's sound costs: voice activity, windows, and Whisper by the length of its window.
//!
//! The networks are measured with the files in `KAIROS_SHARED` (`weights/silero_vad_16k.safetensors`,
//! `weights/whisper_for-tests-ggml-tiny.bin`, which has the layout of Whisper tiny and no weights).

#![allow(missing_docs)]

use std::hint::black_box;
use std::path::PathBuf;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use kairos_speech::{
    Listener, Recognizer, SAMPLE_RATE, VOICE_CHUNK, VoiceDetection, WhisperCpp, WhisperCppOptions,
    WindowConfig,
};

fn sound(seconds: usize) -> Vec<f32> {
    let sample = |i: usize| {
        let t = i as f32 / SAMPLE_RATE as f32;
        let gate = if t % 4.0 < 2.5 { 0.3 } else { 0.001 };
        gate * (t * 900.0).sin() * (1.0 + (t * 23.0).sin())
    };
    (0..seconds * SAMPLE_RATE as usize).map(sample).collect()
}

fn shared(file: &str) -> Option<PathBuf> {
    let file = PathBuf::from(std::env::var_os("KAIROS_SHARED")?).join(file);
    file.is_file().then_some(file)
}

fn voice(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("voice_activity_10s");
    let sound = sound(10);
    group.throughput(Throughput::Elements(sound.len() as u64));
    let silero =
        shared("weights/silero_vad_16k.safetensors").and_then(|file| VoiceDetection::silero(&file).ok());
    for (name, detection) in [("level", Some(VoiceDetection::Level)), ("silero", silero)] {
        let Some(detection) = detection else { continue };
        let mut detector = detection.detector();
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                for chunk in sound.chunks_exact(VOICE_CHUNK) {
                    black_box(detector.probability(chunk).unwrap_or(0.0));
                }
            });
        });
    }
    group.bench_function("level_with_windows", |bencher| {
        bencher.iter(|| {
            let mut listener = Listener::new(VoiceDetection::Level.detector(), &WindowConfig::default());
            for (i, part) in (0..).zip(sound.chunks(3_200)) {
                black_box(listener.push(i * 200_000, part).map_or(0, |windows| windows.len()));
            }
        });
    });
    group.finish();
}

fn whisper(criterion: &mut Criterion) {
    let Some(file) = shared("weights/whisper_for-tests-ggml-tiny.bin") else { return };
    let mut group = criterion.benchmark_group("whisper_cpp_tiny_10s");
    group.sample_size(10);
    let sound = sound(10);
    for positions in [1_500, 768, 512, 256, 0] {
        let options = WhisperCppOptions { threads: 1, audio_positions: positions };
        let Ok(mut whisper) = WhisperCpp::load(&file, options) else { continue };
        let name = if positions == 0 { "by_window".to_owned() } else { positions.to_string() };
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                black_box(whisper.transcribe(&sound, Some("en")).map_or(0, |heard| heard.segments.len()))
            });
        });
    }
    group.finish();
}

criterion_group!(benches, voice, whisper);
criterion_main!(benches);
