//! Is a frame voiced, and at which pitch: normalised autocorrelation by Fourier transforms.
//!
//! Pitches from 70 to 400 Hz at 16 kHz, frames of 40 ms every 20 ms; a frame is voiced when the best lag explains at least
//! 0.55 of it.

use std::sync::Arc;

use realfft::num_complex::Complex32;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};

const WINDOW: usize = 640;
const HOP: usize = 320;
/// Twice the longest lag beyond the window, so that the circular correlation does not wrap into the lags read.
const LENGTH: usize = 1024;
const LAGS: std::ops::RangeInclusive<usize> = 40..=229;
const VOICED: f32 = 0.55;

/// Plan and buffers; holds nothing from one frame to the next.
pub(super) struct PitchTracker {
    forward: Arc<dyn RealToComplex<f32>>,
    inverse: Arc<dyn ComplexToReal<f32>>,
    frame: Vec<f32>,
    spectrum: Vec<Complex32>,
    correlation: Vec<f32>,
    scratch: Vec<Complex32>,
}

/// Voiced share, mean and deviation of the pitch in octaves above 70 Hz.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Voice {
    pub(super) share: f32,
    pub(super) pitch: f32,
    pub(super) deviation: f32,
}

impl PitchTracker {
    pub(super) fn new() -> Self {
        let mut planner = RealFftPlanner::<f32>::new();
        let (forward, inverse) = (planner.plan_fft_forward(LENGTH), planner.plan_fft_inverse(LENGTH));
        let scratch = vec![Complex32::default(); forward.get_scratch_len().max(inverse.get_scratch_len())];
        Self {
            frame: forward.make_input_vec(),
            spectrum: forward.make_output_vec(),
            correlation: inverse.make_output_vec(),
            scratch,
            forward,
            inverse,
        }
    }

    /// Summary over the frames of a signal.
    pub(super) fn voice(&mut self, samples: &[f32]) -> Voice {
        let frames = samples.len().checked_sub(WINDOW).map_or(0, |rest| 1 + rest / HOP);
        let pitches: Vec<f32> =
            (0..frames).filter_map(|i| self.octaves(&samples[i * HOP..i * HOP + WINDOW])).collect();
        if pitches.is_empty() {
            return Voice::default();
        }
        let count = pitches.len() as f32;
        let mean = pitches.iter().sum::<f32>() / count;
        let variance = pitches.iter().map(|p| (p - mean) * (p - mean)).sum::<f32>() / count;
        Voice { share: count / frames as f32, pitch: mean, deviation: variance.sqrt() }
    }

    fn octaves(&mut self, frame: &[f32]) -> Option<f32> {
        let mean = frame.iter().sum::<f32>() / WINDOW as f32;
        self.frame.fill(0.0);
        self.frame.iter_mut().zip(frame).for_each(|(to, from)| *to = from - mean);
        let energy: f32 = self.frame.iter().map(|x| x * x).sum();
        // Below -70 dB nothing is voiced.
        if energy < 1e-7 * WINDOW as f32 {
            return None;
        }
        self.forward.process_with_scratch(&mut self.frame, &mut self.spectrum, &mut self.scratch).ok()?;
        for value in &mut self.spectrum {
            *value = Complex32::new(value.norm_sqr(), 0.0);
        }
        self.inverse
            .process_with_scratch(&mut self.spectrum, &mut self.correlation, &mut self.scratch)
            .ok()?;
        let zero = self.correlation[0].max(f32::MIN_POSITIVE);
        // The overlap shrinks with the lag; without the correction low pitches would never be voiced.
        let strength = |lag: usize| self.correlation[lag] / zero * WINDOW as f32 / (WINDOW - lag) as f32;
        // The first peak that is nearly the best: a multiple of the period explains as much as the period.
        let best = LAGS.clone().map(strength).fold(0.0_f32, f32::max);
        let lag = LAGS.clone().find(|&lag| {
            strength(lag) >= 0.9 * best
                && strength(lag) >= strength(lag - 1)
                && strength(lag) >= strength(lag + 1)
        })?;
        (best >= VOICED).then(|| (16_000.0 / lag as f32 / 70.0).log2())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buzz_is_voiced_at_its_pitch_and_noise_is_not() {
        let buzz: Vec<f32> = (0..16_000).map(|i| ((i % 128) as f32 / 64.0 - 1.0) * 0.5).collect();
        let voice = PitchTracker::new().voice(&buzz);
        assert!(voice.share > 0.95, "{voice:?}");
        assert!((voice.pitch - (125.0_f32 / 70.0).log2()).abs() < 0.03, "{voice:?}");
        let noise: Vec<f32> =
            (0..16_000_u64).map(|i| (crate::text::mix(i) >> 40) as f32 / (1 << 23) as f32 - 1.0).collect();
        assert!(PitchTracker::new().voice(&noise).share < 0.05);
        assert_eq!(PitchTracker::new().voice(&[0.0; 16_000]), Voice::default());
    }
}
