//! The detector's layers from its file, batch normalisation folded in.

use candle_core::Device;

use super::detector::{Block, FIELD, Field, Head, READ, Separable};
use super::files::Tensors;
use crate::EncodeError;
use crate::network::convolution::{Activation, DepthwiseLayer, PointwiseLayer, transpose};
use crate::network::full::FullLayer;
use crate::network::kernels::Padding;

const EPSILON: f32 = 1e-5;

/// Layers of the detector by the names that its file gives them.
pub(super) struct Loader<'a> {
    pub(super) tensors: Tensors,
    pub(super) device: &'a Device,
}

impl Loader<'_> {
    /// Weights `(outputs, rest)` and biases, with the batch normalisation of that name, or the layer's own biases.
    pub(super) fn folded(
        &self,
        layer: &str,
        shape: &[usize],
        norm: Option<&str>,
    ) -> Result<(Vec<f32>, Vec<f32>), EncodeError> {
        let outputs = shape[0];
        let mut weight = self.tensors.get(&format!("{layer}.weight"), shape)?;
        let Some(norm) = norm else {
            return Ok((weight, self.tensors.get(&format!("{layer}.bias"), &[outputs])?));
        };
        let part = |part: &str| self.tensors.get(&format!("{norm}.{part}"), &[outputs]);
        let (gain, mut bias) = (part("weight")?, part("bias")?);
        let (mean, variance) = (part("running_mean")?, part("running_var")?);
        for (output, row) in weight.chunks_exact_mut(shape[1..].iter().product()).enumerate() {
            let scale = gain[output] / (variance[output] + EPSILON).sqrt();
            row.iter_mut().for_each(|weight| *weight *= scale);
            bias[output] -= mean[output] * scale;
        }
        Ok((weight, bias))
    }

    pub(super) fn full(
        &self,
        layer: &str,
        (inputs, outputs): (usize, usize),
        norm: Option<&str>,
        (stride, dilation): (usize, usize),
        activation: Activation,
    ) -> Result<FullLayer, EncodeError> {
        let (weight, bias) = self.folded(layer, &[outputs, inputs, 3, 3], norm)?;
        // By taps, then inputs, then outputs.
        let (mut turned, by) = (vec![0.0; weight.len()], inputs * 9);
        for (at, value) in weight.into_iter().enumerate() {
            let (output, input, tap) = (at / by, at % by / 9, at % 9);
            turned[(tap * inputs + input) * outputs + output] = value;
        }
        FullLayer::new((turned, bias), (stride, dilation, Padding::One), activation, self.device)
    }

    pub(super) fn pointwise(
        &self,
        layer: &str,
        (inputs, outputs): (usize, usize),
        norm: Option<&str>,
        activation: Activation,
    ) -> Result<PointwiseLayer, EncodeError> {
        let (weight, bias) = self.folded(layer, &[outputs, inputs, 1, 1], norm)?;
        PointwiseLayer::new((transpose(&weight, outputs), bias), activation, self.device)
    }

    pub(super) fn depthwise(
        &self,
        layer: &str,
        channels: usize,
        norm: Option<&str>,
        stride: usize,
    ) -> Result<DepthwiseLayer, EncodeError> {
        let (weight, bias) = self.folded(layer, &[channels, 1, 3, 3], norm)?;
        let weights = (transpose(&weight, channels), bias);
        DepthwiseLayer::new(weights, (stride, Padding::One), Activation::Relu, self.device)
    }

    pub(super) fn block(
        &self,
        at: usize,
        (inputs, outputs, stride): (usize, usize, usize),
    ) -> Result<Block, EncodeError> {
        if at == FIELD {
            return Ok(Block::Field(Box::new(self.field()?)));
        }
        let name = |part: usize| format!("base_net.{at}.{part}");
        Ok(Block::Separable(Separable(
            self.depthwise(&name(0), inputs, Some(&name(1)), stride)?,
            self.pointwise(&name(3), (inputs, outputs), Some(&name(4)), Activation::Relu)?,
        )))
    }

    pub(super) fn field(&self) -> Result<Field, EncodeError> {
        let names =
            |part: &str| (format!("base_net.{FIELD}.{part}.conv"), format!("base_net.{FIELD}.{part}.bn"));
        let point = |part: &str, sizes| {
            let (layer, norm) = names(part);
            self.pointwise(&layer, sizes, Some(&norm), Activation::Linear)
        };
        let full = |part: &str, sizes, dilation, activation| {
            let (layer, norm) = names(part);
            self.full(&layer, sizes, Some(&norm), (1, dilation), activation)
        };
        let (linear, relu) = (Activation::Linear, Activation::Relu);
        Ok(Field {
            branches: [
                (
                    point("branch0.0", (64, 8))?,
                    vec![full("branch0.1", (8, 16), 1, relu)?, full("branch0.2", (16, 16), 2, linear)?],
                ),
                (
                    point("branch1.0", (64, 8))?,
                    vec![full("branch1.1", (8, 16), 1, relu)?, full("branch1.2", (16, 16), 3, linear)?],
                ),
                (
                    point("branch2.0", (64, 8))?,
                    vec![
                        full("branch2.1", (8, 12), 1, relu)?,
                        full("branch2.2", (12, 16), 1, relu)?,
                        full("branch2.3", (16, 16), 5, linear)?,
                    ],
                ),
            ],
            join: point("ConvLinear", (48, 64))?,
            shortcut: point("shortcut", (64, 64))?,
        })
    }

    pub(super) fn head(
        &self,
        kind: &str,
        map: usize,
        inputs: usize,
        outputs: usize,
    ) -> Result<Head, EncodeError> {
        let name = format!("{kind}_headers.{map}");
        if map == READ.len() {
            return Ok(Head::Full(self.full(&name, (inputs, outputs), None, (1, 1), Activation::Linear)?));
        }
        Ok(Head::Separable(Separable(
            self.depthwise(&format!("{name}.0"), inputs, None, 1)?,
            self.pointwise(&format!("{name}.2"), (inputs, outputs), None, Activation::Linear)?,
        )))
    }
}
