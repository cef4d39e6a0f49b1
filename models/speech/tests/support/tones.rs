//! The sound that the reference values in `tests/golden` were computed from, as `tools/reference/whisper_mel.py` makes it.

use std::f64::consts::TAU;

/// Three seconds: a tone that swells and one that rises.
pub fn tones() -> Vec<f32> {
    let sample = |i: i32| {
        let t = f64::from(i) / 16_000.0;
        let tone = 0.3 * (TAU * 440.0 * t).sin() * (0.5 + 0.5 * (TAU * 3.0 * t).sin());
        (tone + 0.1 * (TAU * 900.0 * t * t).sin()) as f32
    };
    (0..48_000).map(sample).collect()
}
