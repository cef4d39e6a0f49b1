//! Generated rooms and a recogniser that remembers what it was given.

// Every test file compiles this and uses a part of it; a helper that fails fails its test.
#![allow(dead_code, clippy::unwrap_used)]

pub mod scripted;
pub mod tones;

use std::sync::{Arc, Mutex};

use kairos_speech::{Recognizer, RecognizerDescription, SAMPLE_RATE, Segment, SpeechError, Transcript, Word};

/// Samples of a number of milliseconds.
pub fn samples(ms: u64) -> usize {
    (ms * u64::from(SAMPLE_RATE) / 1_000) as usize
}

/// Media time of a sample counted from the start.
pub fn time_us(sample: usize) -> i64 {
    (sample as i64) * 125 / 2
}

/// Sound of alternating silence and voice, in milliseconds, beginning with silence. Voice is a buzz whose loudness
/// wavers; silence is faint noise.
pub fn sound(stretches_ms: &[u64]) -> Vec<f32> {
    let mut noise = 12_345_u32;
    let mut sound = Vec::new();
    for (i, &ms) in stretches_ms.iter().enumerate() {
        for n in 0..samples(ms) {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let hiss = (noise >> 8) as f32 / (1 << 24) as f32 - 0.5;
            let t = n as f32 / SAMPLE_RATE as f32;
            let buzz = (t * 150.0 * std::f32::consts::TAU).sin() * (0.25 + 0.1 * (t * 21.0).sin());
            sound.push(if i % 2 == 1 { buzz + 0.02 * hiss } else { 0.0004 * hiss });
        }
    }
    sound
}

/// Remembers its windows and says a word each 400 ms that tells which samples it stands for.
pub struct Parrot {
    pub windows: Arc<Mutex<Vec<Vec<f32>>>>,
    description: RecognizerDescription,
}

impl Parrot {
    pub fn new() -> Self {
        let description = RecognizerDescription { name: "parrot".into(), ..RecognizerDescription::default() };
        Self { windows: Arc::default(), description }
    }
}

impl Recognizer for Parrot {
    fn description(&self) -> &RecognizerDescription {
        &self.description
    }

    fn transcribe(&mut self, samples: &[f32], language: Option<&str>) -> Result<Transcript, SpeechError> {
        self.windows.lock().unwrap().push(samples.to_vec());
        let word = |(i, part): (usize, &[f32])| Word {
            text: format!("w{:x}", part.iter().fold(7_u32, |hash, s| hash.wrapping_mul(31) ^ s.to_bits())),
            start_s: i as f32 * 0.4,
            end_s: i as f32 * 0.4 + 0.3,
            probability: 0.9,
        };
        let words = samples.chunks(self::samples(400)).enumerate().map(word).collect();
        let segment = Segment { words, no_speech: 0.0, average_log_probability: -0.1 };
        Ok(Transcript { language: Some(language.unwrap_or("en").into()), segments: vec![segment] })
    }
}

/// The sound of a 16-bit mono wave file.
pub fn read_wave(path: &std::path::Path) -> Vec<f32> {
    let bytes = std::fs::read(path).unwrap();
    let data = bytes.windows(4).position(|four| four == b"data").unwrap() + 8;
    bytes[data..]
        .chunks_exact(2)
        .map(|pair| f32::from(i16::from_le_bytes([pair[0], pair[1]])) / 32_768.0)
        .collect()
}

/// The folder of real inputs, when there is one.
pub fn shared() -> Option<std::path::PathBuf> {
    let folder = std::env::var_os("KAIROS_SHARED").map(Into::into);
    if folder.is_none() {
        eprintln!("KAIROS_SHARED is not set: the part with real sound and weights is skipped");
    }
    folder
}

/// Value i of tensor k of drawn networks, by the formula of `tools/reference/silero.py`.
pub fn drawn(tensor: u64, count: usize, scale: f64) -> Vec<f32> {
    let number = |i: u64| {
        let first = (i.wrapping_mul(2_654_435_761) + tensor * 40_503 * 65_537) % (1 << 32);
        let second = (first * 2_246_822_519 + 374_761_393) % (1 << 32);
        (((second >> 8) as f64 / f64::from(1 << 24) * 2.0 - 1.0) * scale) as f32
    };
    (1..=count as u64).map(number).collect()
}
