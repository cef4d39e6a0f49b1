//! Whisper's log-mel spectrogram: 25 ms frames every 10 ms, Slaney's mel bands, eight decades of range.
//!
//! As OpenAI's and Hugging Face's feature extractors: centred frames, the sound mirrored at its ends.

use realfft::{RealFftPlanner, RealToComplex};
use std::sync::Arc;

use crate::SAMPLE_RATE;

/// Samples of a frame and from one frame to the next.
pub(super) const FRAME: usize = 400;
pub(super) const HOP: usize = 160;
const BINS: usize = FRAME / 2 + 1;
/// Decades below the loudest band that are kept.
const RANGE: f32 = 8.0;

/// Bands, window and transform, made once.
pub(super) struct LogMel {
    /// (bands, BINS) by rows.
    filters: Vec<f32>,
    window: Vec<f32>,
    transform: Arc<dyn RealToComplex<f32>>,
}

impl LogMel {
    pub(super) fn new(bands: usize) -> Self {
        let hann = |i| {
            let phase = std::f64::consts::TAU * i as f64 / FRAME as f64;
            (0.5 - 0.5 * phase.cos()) as f32
        };
        Self {
            filters: filters(bands),
            window: (0..FRAME).map(hann).collect(),
            transform: RealFftPlanner::new().plan_fft_forward(FRAME),
        }
    }

    /// (bands, frames) by rows, of the first `frames * HOP` samples; missing ones are silence.
    pub(super) fn spectrogram(&self, samples: &[f32], frames: usize) -> Vec<f32> {
        let length = frames * HOP;
        let at = |index: isize| {
            let mirrored = index.unsigned_abs();
            let mirrored =
                if mirrored < length { mirrored } else { (2 * length).saturating_sub(mirrored + 2) };
            samples.get(mirrored).copied().filter(|_| mirrored < length).unwrap_or(0.0)
        };
        let bands = self.filters.len() / BINS;
        let mut spectrogram = vec![0.0; bands * frames];
        let (mut frame, mut spectrum) = (self.transform.make_input_vec(), self.transform.make_output_vec());
        let mut scratch = self.transform.make_scratch_vec();
        for t in 0..frames {
            let start = (t * HOP) as isize - (FRAME / 2) as isize;
            for (i, value) in frame.iter_mut().enumerate() {
                *value = at(start + i as isize) * self.window[i];
            }
            // The only failure is a buffer of another length than the transform's own.
            if self.transform.process_with_scratch(&mut frame, &mut spectrum, &mut scratch).is_err() {
                continue;
            }
            for (band, filter) in self.filters.chunks_exact(BINS).enumerate() {
                let power: f32 =
                    filter.iter().zip(&spectrum).map(|(weight, bin)| weight * bin.norm_sqr()).sum();
                spectrogram[band * frames + t] = power.max(1e-10).log10();
            }
        }
        let loudest = spectrogram.iter().copied().fold(f32::MIN, f32::max);
        for value in &mut spectrogram {
            *value = (value.max(loudest - RANGE) + 4.0) / 4.0;
        }
        spectrogram
    }
}

/// Slaney's triangular filters with unit area, (bands, BINS) by rows (Slaney 1998, Auditory Toolbox).
fn filters(bands: usize) -> Vec<f32> {
    let highest = mel_of(f64::from(SAMPLE_RATE) / 2.0);
    let edge = |i: usize| hertz_of(highest * i as f64 / (bands + 1) as f64);
    let mut filters = Vec::with_capacity(bands * BINS);
    for band in 0..bands {
        let (low, middle, high) = (edge(band), edge(band + 1), edge(band + 2));
        for bin in 0..BINS {
            let hertz = bin as f64 * f64::from(SAMPLE_RATE) / FRAME as f64;
            let rising = (hertz - low) / (middle - low);
            let falling = (high - hertz) / (high - middle);
            filters.push((rising.min(falling).max(0.0) * 2.0 / (high - low)) as f32);
        }
    }
    filters
}

/// Linear below 1 kHz at 3 mels per 200 Hz, logarithmic above.
fn mel_of(hertz: f64) -> f64 {
    if hertz < 1_000.0 { hertz * 3.0 / 200.0 } else { 15.0 + (hertz / 1_000.0).ln() * 27.0 / 6.4_f64.ln() }
}

fn hertz_of(mel: f64) -> f64 {
    if mel < 15.0 { mel * 200.0 / 3.0 } else { 1_000.0 * ((mel - 15.0) * 6.4_f64.ln() / 27.0).exp() }
}

#[cfg(test)]
#[path = "../../tests/support/tones.rs"]
mod tones;

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::tones::tones;
    use super::*;

    #[test]
    fn spectrogram_agrees_with_hugging_face() {
        let golden = include_str!("../../tests/golden/whisper_mel.json");
        let golden: BTreeMap<String, Vec<f32>> = serde_json::from_str(golden).unwrap();
        let frames = 600;
        for bands in [80, 128] {
            let found = LogMel::new(bands).spectrogram(&tones(), frames);
            let expected = &golden[&bands.to_string()];
            let cells =
                (0..bands).step_by(7).flat_map(|band| (0..312).step_by(23).map(move |t| band * frames + t));
            let found: Vec<f32> = cells.map(|cell| found[cell]).collect();
            assert_eq!(found.len(), expected.len());
            let difference = found.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            println!("{bands} bands: largest difference {difference:e}");
            assert!(difference < 2e-3, "{bands} bands: {difference}");
        }
    }

    #[test]
    fn any_length_gives_finite_cells() {
        for samples in [0, 1, 159, 161, 9_000] {
            let found = LogMel::new(80).spectrogram(&vec![0.5; samples], 40);
            assert!(found.len() == 3_200 && found.iter().all(|value| value.is_finite()), "{samples}");
        }
    }
}
