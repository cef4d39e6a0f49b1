//! Noise and music that go on all the time.

use rand::Rng;

use super::RATE;

/// White noise from a linear congruence: two operations a sample.
#[derive(Debug, Clone)]
pub(super) struct Hiss(u32);

impl Hiss {
    pub(super) fn new(seed: u32) -> Self {
        Self(seed)
    }

    /// Between -1 and 1.
    pub(super) fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 8) as f32 / 8_388_608.0 - 1.0
    }
}

/// An arpeggio over four chords with a soft bass.
#[derive(Debug, Clone)]
pub(super) struct Music {
    root: f32,
    beat: u64,
    pattern: [usize; 8],
    gain: f32,
}

/// Semitones over the root: I, vi, IV, V.
const CHORDS: [[f32; 4]; 4] =
    [[0.0, 4.0, 7.0, 12.0], [-3.0, 0.0, 4.0, 9.0], [-7.0, -3.0, 0.0, 5.0], [-5.0, -1.0, 2.0, 7.0]];

impl Music {
    pub(super) fn new(rng: &mut impl Rng) -> Self {
        Self {
            root: 220.0 * 2.0_f32.powf(rng.random_range(-5..7) as f32 / 12.0),
            beat: (f64::from(RATE) * rng.random_range(0.18..0.34)) as u64,
            pattern: std::array::from_fn(|_| rng.random_range(0..4)),
            gain: if rng.random_bool(0.2) { 0.0 } else { rng.random_range(0.012..0.045) },
        }
    }

    /// Adds the music from sample `from` on; notes fall on the media clock, whatever the pieces.
    pub(super) fn add(&self, out: &mut [f32], from: u64) {
        if self.gain == 0.0 {
            return;
        }
        for (n, sample) in out.iter_mut().enumerate() {
            let at = from + n as u64;
            let (note, within) = (at / self.beat, (at % self.beat) as f32 / RATE as f32);
            let chord = CHORDS[(note / 8 % 4) as usize];
            let tone = self.root * (chord[self.pattern[(note % 8) as usize]] / 12.0).exp2();
            let bass = self.root * 0.25 * (chord[0] / 12.0).exp2();
            let pluck = (within * tone).fract() - 0.5;
            let held = ((at % (self.beat * 8)) as f32 / RATE as f32 * bass).fract();
            let soft = 1.0 - (2.0 * held - 1.0).abs() * 2.0;
            *sample +=
                self.gain * (pluck * (1.0 - within * 4.0).max(0.0) * (within * 400.0).min(1.0) + 0.5 * soft);
        }
    }
}
