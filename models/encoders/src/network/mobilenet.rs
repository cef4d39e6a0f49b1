//! MobileNetV2 1.0 at 224 x 224 (Sandler et al. 2018), trained on ImageNet, from a safetensors file.
//!
//! Layers are numbered through: `l01_conv` (stem), then per block an expansion `lNN_conv` (but for the first block), `lNN_dw` and a
//! linear projection `lNN_conv`; `l52_conv` makes the 1280 values of the embedding and `l53_conv` the 1001 classes (class 0 is the
//! background). Batch normalisation is folded into weights and biases.

use std::path::Path;

use candle_core::Device;

use super::convolution::{Activation, DepthwiseLayer, Map, PointwiseLayer, Stem};
use crate::picture::resample;
use crate::weights::Weights;
use crate::{EncodeError, Encoder, Modality, PictureView, UnitInput, fingerprint};

const SIDE: u32 = 224;
const EMBEDDING: usize = 1280;
const CLASSES: usize = 1001;
/// Expansion, channels, blocks, stride of the first: table 2 of the paper.
const BLOCKS: [(usize, usize, usize, usize); 7] = [
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
];

/// One inverted residual.
struct Block {
    expand: Option<PointwiseLayer>,
    depthwise: DepthwiseLayer,
    project: PointwiseLayer,
    residual: bool,
}

/// Picture encoder by MobileNetV2: the embedding of the unit's middle picture, 1280 values from 0 to 6.
///
/// Stateless. Pictures of another size are brought to 224 x 224 without regard to their proportions.
pub struct MobileNetEncoder {
    stem: Stem,
    blocks: Vec<Block>,
    head: PointwiseLayer,
    classifier: PointwiseLayer,
    digest: String,
}

impl std::fmt::Debug for MobileNetEncoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MobileNetEncoder").field("digest", &self.digest).finish_non_exhaustive()
    }
}

impl MobileNetEncoder {
    /// Loads the network.
    ///
    /// # Errors
    /// When the file can't be read, is not safetensors, or a tensor is missing or of another shape or type.
    pub fn load(file: &Path, device: &Device) -> Result<Self, EncodeError> {
        let weights = Weights::read(file)?;
        let tensors = weights.tensors()?;
        let mut number = 1;
        let mut name = |kind: &str| {
            let name = format!("l{number:02}_{kind}");
            number += 1;
            name
        };
        let stem = Stem::load(&tensors, &name("conv"), (3, 32), Activation::Relu6, device)?;
        let mut blocks = Vec::new();
        let mut inputs = 32;
        for (expansion, outputs, count, first_stride) in BLOCKS {
            for index in 0..count {
                let hidden = inputs * expansion;
                let pointwise = |name: String, sizes, activation| {
                    PointwiseLayer::load(&tensors, &name, sizes, activation, device)
                };
                let expand = if expansion > 1 {
                    Some(pointwise(name("conv"), (inputs, hidden), Activation::Relu6)?)
                } else {
                    None
                };
                let stride = if index == 0 { first_stride } else { 1 };
                blocks.push(Block {
                    expand,
                    depthwise: DepthwiseLayer::load(
                        &tensors,
                        &name("dw"),
                        hidden,
                        stride,
                        Activation::Relu6,
                        device,
                    )?,
                    project: pointwise(name("conv"), (hidden, outputs), Activation::Linear)?,
                    residual: stride == 1 && inputs == outputs,
                });
                inputs = outputs;
            }
        }
        let sizes = (inputs, EMBEDDING);
        let head = PointwiseLayer::load(&tensors, &name("conv"), sizes, Activation::Relu6, device)?;
        let sizes = (EMBEDDING, CLASSES);
        let classifier = PointwiseLayer::load(&tensors, &name("conv"), sizes, Activation::Linear, device)?;
        let digest = fingerprint::of_weights("mobilenet-v2", 1, "middle picture", weights.bytes());
        Ok(Self { stem, blocks, head, classifier, digest })
    }

    /// Embedding of a picture, 1280 values from 0 to 6.
    ///
    /// # Errors
    /// When the picture contradicts its size or the tensor library fails.
    pub fn embed(&self, picture: &PictureView<'_>) -> Result<Vec<f32>, EncodeError> {
        picture.check()?;
        let rgb = resample(picture, SIDE, SIDE);
        let input: Vec<f32> = rgb.iter().map(|&byte| (f32::from(byte) - 128.0) / 128.0).collect();
        let mut map = self.stem.forward(&input, SIDE as usize, SIDE as usize)?;
        for block in &self.blocks {
            map = block.forward(map)?;
        }
        self.head.forward(&map)?.pooled()
    }

    /// Probabilities of the 1001 classes.
    ///
    /// # Errors
    /// As [`Self::embed`].
    pub fn classify(&self, picture: &PictureView<'_>) -> Result<Vec<f32>, EncodeError> {
        let logits = self.classifier.apply(&self.embed(picture)?)?;
        let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let powers: Vec<f32> = logits.iter().map(|logit| (logit - largest).exp()).collect();
        let sum: f32 = powers.iter().sum();
        Ok(powers.into_iter().map(|power| power / sum).collect())
    }
}

impl Block {
    fn forward(&self, input: Map) -> Result<Map, EncodeError> {
        let wide = match &self.expand {
            Some(expand) => &expand.forward(&input)?,
            None => &input,
        };
        let mut output = self.project.forward(&self.depthwise.forward(wide)?)?;
        if self.residual {
            output.data = (output.data + input.data)?;
        }
        Ok(output)
    }
}

impl Encoder for MobileNetEncoder {
    fn name(&self) -> &str {
        "mobilenet-v2"
    }

    fn digest(&self) -> String {
        self.digest.clone()
    }

    fn modality(&self) -> Modality {
        Modality::Picture
    }

    fn width(&self) -> usize {
        EMBEDDING
    }

    fn picture_size(&self) -> Option<(u32, u32)> {
        Some((SIDE, SIDE))
    }

    fn encode(&mut self, unit: &UnitInput<'_>) -> Result<Option<Vec<f32>>, EncodeError> {
        unit.pictures.get(unit.pictures.len() / 2).map(|picture| self.embed(picture)).transpose()
    }

    fn reset(&mut self) {}
}
