//! YAMNet (Plakal and Ellis 2020; MobileNetV1 on log mel patches), trained on AudioSet, from a safetensors file.
//!
//! Layers are numbered through: `l01_conv` (stem), thirteen pairs of `lNN_dw` and `lNN_conv`, and `l28_fc` with 521 classes. A patch is 96
//! frames of 64 mel bands (0.96 s): 25 ms periodic Hann windows every 10 ms, magnitudes, 125 to 7500 Hz, `ln(x + 0.001)`. Patches start every
//! 0.48 s; what remains behind the last whole patch is left out, and a signal shorter than one patch is padded with silence.

use std::path::Path;

use candle_core::Device;

use super::convolution::{Activation, DepthwiseLayer, PointwiseLayer, Stem};
use crate::sound::{MelParameters, MelSpectrum, cleaned};
use crate::weights::Weights;
use crate::{EncodeError, Encoder, Modality, SOUND_RATE, UnitInput, fingerprint};

const EMBEDDING: usize = 1024;
const CLASSES: usize = 521;
const FRAMES: usize = 96;
const PATCH_HOP: usize = 48;
const BANDS: usize = 64;
const SPECTRUM: MelParameters =
    MelParameters { rate: SOUND_RATE, window: 400, hop: 160, bands: BANDS, range_hz: (125.0, 7_500.0) };
/// Output channels and stride of each pair of layers.
const LAYERS: [(usize, usize); 13] = [
    (64, 1),
    (128, 2),
    (128, 1),
    (256, 2),
    (256, 1),
    (512, 2),
    (512, 1),
    (512, 1),
    (512, 1),
    (512, 1),
    (512, 1),
    (1024, 2),
    (1024, 1),
];

/// Sound encoder by YAMNet: the mean embedding of the unit's patches, 1024 values from 0 up.
///
/// Stateless.
pub struct YamNetEncoder {
    stem: Stem,
    layers: Vec<(DepthwiseLayer, PointwiseLayer)>,
    classifier: PointwiseLayer,
    spectrum: MelSpectrum,
    digest: String,
}

impl std::fmt::Debug for YamNetEncoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("YamNetEncoder").field("digest", &self.digest).finish_non_exhaustive()
    }
}

impl YamNetEncoder {
    /// Loads the network.
    ///
    /// # Errors
    /// When the file can't be read, is not safetensors, or a tensor is missing or of another shape or type.
    pub fn load(file: &Path, device: &Device) -> Result<Self, EncodeError> {
        let weights = Weights::read(file)?;
        let tensors = weights.tensors()?;
        let stem = Stem::load(&tensors, "l01_conv", (1, 32), Activation::Relu, device)?;
        let mut layers = Vec::with_capacity(LAYERS.len());
        let mut inputs = 32;
        for (index, (outputs, stride)) in LAYERS.into_iter().enumerate() {
            let [depthwise, pointwise] =
                [format!("l{:02}_dw", 2 * index + 2), format!("l{:02}_conv", 2 * index + 3)];
            layers.push((
                DepthwiseLayer::load(&tensors, &depthwise, inputs, stride, Activation::Relu, device)?,
                PointwiseLayer::load(&tensors, &pointwise, (inputs, outputs), Activation::Relu, device)?,
            ));
            inputs = outputs;
        }
        let classifier = PointwiseLayer::load_dense(&tensors, "l28_fc", (EMBEDDING, CLASSES), device)?;
        let digest = fingerprint::of_weights("yamnet", 1, "mean of whole patches", weights.bytes());
        Ok(Self { stem, layers, classifier, spectrum: MelSpectrum::new(SPECTRUM), digest })
    }

    /// Embeddings of the patches of mono sound at 16 kHz, 1024 values each; at least one patch.
    ///
    /// # Errors
    /// When the tensor library fails.
    pub fn embed(&mut self, samples: &[f32]) -> Result<Vec<Vec<f32>>, EncodeError> {
        let mut samples = cleaned(samples);
        samples.resize(samples.len().max(SPECTRUM.window + (FRAMES - 1) * SPECTRUM.hop), 0.0);
        let frames = SPECTRUM.frames(samples.len());
        let mut log_mel = Vec::with_capacity(frames * BANDS);
        for frame in 0..frames {
            self.spectrum.magnitudes(&samples, frame);
            log_mel.extend(self.spectrum.bands().map(|band| (band + 1e-3).ln()));
        }
        let patches = (frames - FRAMES) / PATCH_HOP + 1;
        (0..patches)
            .map(|patch| {
                let start = patch * PATCH_HOP * BANDS;
                let mut map = self.stem.forward(&log_mel[start..start + FRAMES * BANDS], FRAMES, BANDS)?;
                for (depthwise, pointwise) in &self.layers {
                    map = pointwise.forward(&depthwise.forward(&map)?)?;
                }
                map.pooled()
            })
            .collect()
    }

    /// Mean scores of the 521 AudioSet classes over the patches, each from 0 to 1.
    ///
    /// # Errors
    /// When the tensor library fails.
    pub fn classify(&mut self, samples: &[f32]) -> Result<Vec<f32>, EncodeError> {
        let scores: Result<Vec<Vec<f32>>, EncodeError> = self
            .embed(samples)?
            .iter()
            .map(|embedding| {
                let logits = self.classifier.apply(embedding)?;
                Ok(logits.into_iter().map(|logit| 1.0 / (1.0 + (-logit).exp())).collect())
            })
            .collect();
        Ok(mean(&scores?))
    }
}

fn mean(rows: &[Vec<f32>]) -> Vec<f32> {
    let mut sums = rows.first().cloned().unwrap_or_default();
    for row in rows.iter().skip(1) {
        sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
    }
    sums.iter_mut().for_each(|sum| *sum /= rows.len() as f32);
    sums
}

impl Encoder for YamNetEncoder {
    fn name(&self) -> &str {
        "yamnet"
    }

    fn digest(&self) -> String {
        self.digest.clone()
    }

    fn modality(&self) -> Modality {
        Modality::Sound
    }

    fn width(&self) -> usize {
        EMBEDDING
    }

    fn encode(&mut self, unit: &UnitInput<'_>) -> Result<Option<Vec<f32>>, EncodeError> {
        if unit.sound.is_empty() {
            return Ok(None);
        }
        Ok(Some(mean(&self.embed(unit.sound)?)))
    }

    fn reset(&mut self) {}
}
