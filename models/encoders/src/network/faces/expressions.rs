//! What a face shows: the expression network of face-api.js (Mühler 2018), from its manifest and shard for TensorFlow.js.
//!
//! Four dense blocks of separable convolutions over a face of 112 x 112, means over places, and seven classes.

use std::path::Path;

use candle_core::Device;

use super::files::Tensors;
use crate::EncodeError;
use crate::network::convolution::{Activation, DepthwiseLayer, Map, PointwiseLayer};
use crate::network::full::FullLayer;
use crate::network::kernels::Padding;

/// Rows and columns of the faces that the network reads.
pub(super) const SIDE: u32 = 112;
/// Expressions that are told apart: neutral, happy, sad, angry, fearful, disgusted, surprised.
pub(super) const CLASSES: usize = 7;
/// Mean colour, taken off first.
const MEAN: [f32; 3] = [122.782, 117.001, 104.298];
/// Channels of the blocks.
const CHANNELS: [usize; 4] = [32, 64, 128, 256];

/// Depthwise, then pointwise with a bias, nothing in between.
struct Separable(DepthwiseLayer, PointwiseLayer);

enum First {
    Full(FullLayer),
    Separable(Separable),
}

struct Block {
    first: First,
    rest: [Separable; 3],
}

/// The network.
pub(super) struct Expressions {
    blocks: Vec<Block>,
    classes: PointwiseLayer,
    pub(super) bytes: Vec<u8>,
}

fn separable(
    tensors: &Tensors,
    name: &str,
    (inputs, outputs): (usize, usize),
    stride: usize,
    device: &Device,
) -> Result<Separable, EncodeError> {
    let taps = tensors.get(&format!("{name}/depthwise_filter"), &[3, 3, inputs, 1])?;
    let points = tensors.get(&format!("{name}/pointwise_filter"), &[1, 1, inputs, outputs])?;
    let bias = tensors.get(&format!("{name}/bias"), &[outputs])?;
    let taps = (taps, vec![0.0; inputs]);
    Ok(Separable(
        DepthwiseLayer::new(taps, (stride, Padding::Same), Activation::Linear, device)?,
        PointwiseLayer::new((points, bias), Activation::Linear, device)?,
    ))
}

impl Separable {
    fn forward(&self, input: &Map) -> Result<Map, EncodeError> {
        self.1.forward(&self.0.forward(input)?)
    }
}

impl Block {
    fn forward(&self, input: &Map) -> Result<Map, EncodeError> {
        let mut sum = match &self.first {
            First::Full(layer) => layer.forward(input)?,
            First::Separable(layer) => {
                let map = layer.forward(input)?;
                Map { data: map.data.relu()?, ..map }
            }
        };
        let mut last = sum.clone();
        for layer in &self.rest {
            last = layer.forward(&last)?;
            sum.data = (&sum.data + &last.data)?;
            last.data = sum.data.relu()?;
        }
        Ok(last)
    }
}

impl Expressions {
    pub(super) fn load(manifest: &Path, device: &Device) -> Result<Self, EncodeError> {
        let tensors = Tensors::of_manifest(manifest)?;
        let mut blocks = Vec::with_capacity(CHANNELS.len());
        let mut inputs = 3;
        for (at, outputs) in CHANNELS.into_iter().enumerate() {
            let name = |layer: usize| format!("dense{at}/conv{layer}");
            let first = if at == 0 {
                let filters = tensors.get(&format!("{}/filters", name(0)), &[3, 3, inputs, outputs])?;
                let bias = tensors.get(&format!("{}/bias", name(0)), &[outputs])?;
                let shape = (2, 1, Padding::Same);
                First::Full(FullLayer::new((filters, bias), shape, Activation::Relu, device)?)
            } else {
                First::Separable(separable(&tensors, &name(0), (inputs, outputs), 2, device)?)
            };
            let next = |layer| separable(&tensors, &name(layer), (outputs, outputs), 1, device);
            blocks.push(Block { first, rest: [next(1)?, next(2)?, next(3)?] });
            inputs = outputs;
        }
        let weights = (tensors.get("fc/weights", &[inputs, CLASSES])?, tensors.get("fc/bias", &[CLASSES])?);
        let classes = PointwiseLayer::new(weights, Activation::Linear, device)?;
        Ok(Self { blocks, classes, bytes: tensors.bytes })
    }

    /// Probabilities of the expressions of a face of [`SIDE`] x [`SIDE`].
    pub(super) fn of(&self, rgb: &[u8], device: &Device) -> Result<[f32; CLASSES], EncodeError> {
        let (pixels, _) = rgb.as_chunks::<3>();
        let values = pixels.iter().flat_map(|pixel| {
            std::array::from_fn::<f32, 3, _>(|at| (f32::from(pixel[at]) - MEAN[at]) / 255.0)
        });
        let side = SIDE as usize;
        let data = candle_core::Tensor::from_iter(values, device)?.reshape((side * side, 3))?;
        let mut map = Map { height: side, width: side, data };
        for block in &self.blocks {
            map = block.forward(&map)?;
        }
        let logits = self.classes.apply(&map.pooled()?)?;
        let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let powers: Vec<f32> = logits.iter().map(|logit| (logit - largest).exp()).collect();
        let sum: f32 = powers.iter().sum();
        Ok(std::array::from_fn(|at| powers[at] / sum))
    }
}
