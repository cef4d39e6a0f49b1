//! Short-time spectrum and mel bands.
//!
//! Periodic Hann window, magnitudes, triangles that are straight on the mel scale `1127 ln(1 + f / 700)` and leave out
//! the constant: the convention of TensorFlow's signal package, which YAMNet was trained with.

use std::sync::Arc;

use realfft::num_complex::Complex32;
use realfft::{RealFftPlanner, RealToComplex};

/// Sizes of a spectrum.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MelParameters {
    /// Samples per second.
    pub(crate) rate: u32,
    /// Samples per frame.
    pub(crate) window: usize,
    /// Samples from frame to frame.
    pub(crate) hop: usize,
    /// Mel bands.
    pub(crate) bands: usize,
    /// Lower edge of the first and upper edge of the last band, in hertz.
    pub(crate) range_hz: (f64, f64),
}

impl MelParameters {
    /// Frames that lie wholly inside `samples` samples; a shorter signal has one, padded.
    pub(crate) fn frames(&self, samples: usize) -> usize {
        samples.checked_sub(self.window).map_or(1, |rest| 1 + rest / self.hop)
    }
}

/// One band: first bin and the weights from there on.
struct Band {
    first: usize,
    weights: Vec<f32>,
}

/// Plan and buffers of a spectrum; holds nothing from one frame to the next.
pub(crate) struct MelSpectrum {
    parameters: MelParameters,
    transform: Arc<dyn RealToComplex<f32>>,
    window: Vec<f32>,
    bands: Vec<Band>,
    input: Vec<f32>,
    output: Vec<Complex32>,
    scratch: Vec<Complex32>,
    magnitudes: Vec<f32>,
}

impl MelSpectrum {
    pub(crate) fn new(parameters: MelParameters) -> Self {
        let length = parameters.window.max(2).next_power_of_two();
        let transform = RealFftPlanner::<f32>::new().plan_fft_forward(length);
        let window = hann(parameters.window);
        let bins = length / 2 + 1;
        Self {
            window,
            bands: bands(&parameters, bins),
            input: transform.make_input_vec(),
            output: transform.make_output_vec(),
            scratch: transform.make_scratch_vec(),
            magnitudes: vec![0.0; bins],
            transform,
            parameters,
        }
    }

    pub(crate) fn parameters(&self) -> &MelParameters {
        &self.parameters
    }

    /// Hertz per bin of [`Self::magnitudes`].
    pub(crate) fn bin_hz(&self) -> f32 {
        self.parameters.rate as f32 / self.input.len() as f32
    }

    /// Magnitudes of frame `index` of `samples`; beyond their end is silence.
    pub(crate) fn magnitudes(&mut self, samples: &[f32], index: usize) -> &[f32] {
        let start = (index * self.parameters.hop).min(samples.len());
        let frame = &samples[start..samples.len().min(start + self.parameters.window)];
        self.input.fill(0.0);
        for ((input, sample), weight) in self.input.iter_mut().zip(frame).zip(&self.window) {
            *input = sample * weight;
        }
        // Lengths are the plan's own, so the transform cannot fail; were it to, the frame is silence.
        if self.transform.process_with_scratch(&mut self.input, &mut self.output, &mut self.scratch).is_err()
        {
            self.output.fill(Complex32::default());
        }
        for (magnitude, value) in self.magnitudes.iter_mut().zip(&self.output) {
            *magnitude = (value.re * value.re + value.im * value.im).sqrt();
        }
        &self.magnitudes
    }

    /// Mel bands of the last magnitudes.
    pub(crate) fn bands(&self) -> impl Iterator<Item = f32> {
        self.bands.iter().map(|band| {
            band.weights
                .iter()
                .zip(&self.magnitudes[band.first..])
                .map(|(weight, magnitude)| weight * magnitude)
                .sum()
        })
    }
}

fn hann(length: usize) -> Vec<f32> {
    (0..length)
        .map(|i| (0.5 - 0.5 * (std::f64::consts::TAU * i as f64 / length as f64).cos()) as f32)
        .collect()
}

fn mel(hz: f64) -> f64 {
    1127.0 * (1.0 + hz / 700.0).ln()
}

fn bands(parameters: &MelParameters, bins: usize) -> Vec<Band> {
    let nyquist = f64::from(parameters.rate) / 2.0;
    let (low, high) = (mel(parameters.range_hz.0), mel(parameters.range_hz.1.min(nyquist)));
    let step = (high - low) / (parameters.bands + 1) as f64;
    let bin_mel: Vec<f64> = (0..bins).map(|bin| mel(nyquist * bin as f64 / (bins - 1) as f64)).collect();
    (0..parameters.bands)
        .map(|band| {
            let lower = low + step * band as f64;
            let weight = |at: f64| ((at - lower) / step).min((lower + 2.0 * step - at) / step).max(0.0);
            let first = bin_mel.iter().skip(1).position(|&at| weight(at) > 0.0).map_or(1, |bin| bin + 1);
            let weights =
                bin_mel[first..].iter().map(|&at| weight(at) as f32).take_while(|&w| w > 0.0).collect();
            Band { first, weights }
        })
        .collect()
}

/// Mean rise of log bands from one frame to the next: spectral flux, half-wave rectified.
pub(super) fn rectified_rise(before: &[f32], after: &[f32]) -> f32 {
    let rise: f32 = before.iter().zip(after).map(|(before, after)| (after - before).max(0.0)).sum();
    rise / after.len().max(1) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    const YAMNET: MelParameters =
        MelParameters { rate: 16_000, window: 400, hop: 160, bands: 64, range_hz: (125.0, 7500.0) };

    #[test]
    fn tone_peaks_in_its_bin_and_band() {
        let mut spectrum = MelSpectrum::new(YAMNET);
        let tone: Vec<f32> =
            (0..400).map(|i| (std::f32::consts::TAU * 1000.0 * i as f32 / 16_000.0).sin()).collect();
        let magnitudes = spectrum.magnitudes(&tone, 0);
        let peak = (0..magnitudes.len()).max_by(|&a, &b| magnitudes[a].total_cmp(&magnitudes[b])).unwrap();
        assert_eq!(peak, 32);
        // A full-scale tone under a Hann window of 400 samples peaks at 400 / 4.
        assert!((magnitudes[32] - 100.0).abs() < 1.0);
        let bands: Vec<f32> = spectrum.bands().collect();
        let loudest = (0..64).max_by(|&a, &b| bands[a].total_cmp(&bands[b])).unwrap();
        let centre = (mel(1000.0) - mel(125.0)) / ((mel(7500.0) - mel(125.0)) / 65.0) - 1.0;
        assert!((loudest as f64 - centre).abs() <= 1.0, "band {loudest}, expected about {centre}");
    }

    #[test]
    fn frames_are_those_wholly_inside() {
        assert_eq!([1, 399, 400, 559, 560, 15_600].map(|n| YAMNET.frames(n)), [1, 1, 1, 1, 2, 96]);
    }
}
