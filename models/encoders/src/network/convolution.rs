//! Convolution layers of mobile networks, batch normalisation folded in, under TensorFlow's SAME padding.
//!
//! On the CPU depthwise layers run on the kernel of this crate; candle's grouped convolution, which is some twenty times slower
//! there, serves other devices.

use candle_core::{Device, Tensor};

use super::kernels::{BiasClamp, Depthwise, Grid, Padding};
use crate::EncodeError;
use crate::weights::Tensors;

/// What bounds a layer's output.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Activation {
    Linear,
    Relu,
    Relu6,
}

impl Activation {
    fn range(self) -> (f32, f32) {
        match self {
            Self::Linear => (f32::NEG_INFINITY, f32::INFINITY),
            Self::Relu => (0.0, f32::INFINITY),
            Self::Relu6 => (0.0, 6.0),
        }
    }
}

/// Activations of one picture: `(height * width, channels)`.
#[derive(Clone, Debug)]
pub(super) struct Map {
    pub(super) height: usize,
    pub(super) width: usize,
    pub(super) data: Tensor,
}

/// Full 3 x 3 convolution of the network's input, stride 2.
pub(super) struct Stem {
    inputs: usize,
    weight: Tensor,
    bias: Tensor,
    activation: Activation,
}

/// Depthwise 3 x 3 convolution.
pub(super) struct DepthwiseLayer {
    weight: Tensor,
    bias: Tensor,
    stride: usize,
    around: Padding,
    activation: Activation,
}

/// Pointwise (1 x 1) convolution.
pub(super) struct PointwiseLayer {
    weight: Tensor,
    bias: Tensor,
    activation: Activation,
}

/// Rearranges `(outer, inner)` to `(inner, outer)`.
pub(super) fn transpose(values: &[f32], outer: usize) -> Vec<f32> {
    let inner = values.len() / outer.max(1);
    (0..inner).flat_map(|i| (0..outer).map(move |o| values[o * inner + i])).collect()
}

impl Stem {
    pub(super) fn load(
        tensors: &Tensors<'_>,
        name: &str,
        (inputs, outputs): (usize, usize),
        activation: Activation,
        device: &Device,
    ) -> Result<Self, EncodeError> {
        let weight = tensors.get(&format!("{name}.weight"), &[outputs, inputs, 3, 3])?;
        let bias = tensors.get(&format!("{name}.bias"), &[outputs])?;
        Ok(Self {
            inputs,
            weight: Tensor::from_vec(transpose(&weight, outputs), (inputs * 9, outputs), device)?,
            bias: Tensor::from_vec(bias, outputs, device)?,
            activation,
        })
    }

    /// Input: rows of places, `inputs` values each.
    pub(super) fn forward(&self, input: &[f32], height: usize, width: usize) -> Result<Map, EncodeError> {
        let grid = Grid { height, width, stride: 2, around: Padding::Same };
        let (rows, columns) = grid.output();
        let mut patches = vec![0.0_f32; rows * columns * self.inputs * 9];
        for (patch, place) in patches.chunks_exact_mut(self.inputs * 9).zip(0..) {
            let (ys, xs) = (grid.taps(place / columns, height), grid.taps(place % columns, width));
            for (tap, (y, x)) in ys.iter().flat_map(|y| xs.iter().map(move |x| (y, x))).enumerate() {
                let (Some(y), Some(x)) = (y, x) else { continue };
                for channel in 0..self.inputs {
                    patch[channel * 9 + tap] = input[(y * width + x) * self.inputs + channel];
                }
            }
        }
        let patches = Tensor::from_vec(patches, (rows * columns, self.inputs * 9), self.weight.device())?;
        let data = bias_clamp(&patches.matmul(&self.weight)?, &self.bias, self.activation)?;
        Ok(Map { height: rows, width: columns, data })
    }
}

impl DepthwiseLayer {
    pub(super) fn load(
        tensors: &Tensors<'_>,
        name: &str,
        channels: usize,
        stride: usize,
        activation: Activation,
        device: &Device,
    ) -> Result<Self, EncodeError> {
        let weight = tensors.get(&format!("{name}.weight"), &[channels, 1, 3, 3])?;
        let bias = tensors.get(&format!("{name}.bias"), &[channels])?;
        Self::new((transpose(&weight, channels), bias), (stride, Padding::Same), activation, device)
    }

    /// Weights `(9, channels)`.
    pub(super) fn new(
        (weight, bias): (Vec<f32>, Vec<f32>),
        (stride, around): (usize, Padding),
        activation: Activation,
        device: &Device,
    ) -> Result<Self, EncodeError> {
        let channels = bias.len();
        Ok(Self {
            weight: Tensor::from_vec(weight, (9, channels), device)?,
            bias: Tensor::from_vec(bias, channels, device)?,
            stride,
            around,
            activation,
        })
    }

    pub(super) fn forward(&self, input: &Map) -> Result<Map, EncodeError> {
        let Self { stride, around, .. } = *self;
        let grid = Grid { height: input.height, width: input.width, stride, around };
        let (height, width) = grid.output();
        let data = if input.data.device().is_cpu() {
            let (floor, ceiling) = self.activation.range();
            let kernel = Depthwise { grid, floor, ceiling };
            input.data.apply_op3_no_bwd(&self.weight, &self.bias, &kernel)?
        } else {
            self.grouped(input, grid)?
        };
        Ok(Map { height, width, data })
    }

    /// The same by candle's grouped convolution, on any device.
    pub(super) fn grouped(&self, input: &Map, grid: Grid) -> Result<Tensor, EncodeError> {
        let (top, bottom) = grid.padding(grid.height);
        let (left, right) = grid.padding(grid.width);
        let channels = self.bias.dim(0)?;
        let picture = input.data.t()?.contiguous()?.reshape((1, channels, grid.height, grid.width))?;
        let padded = picture.pad_with_zeros(2, top, bottom)?.pad_with_zeros(3, left, right)?;
        let weight = self.weight.t()?.contiguous()?.reshape((channels, 1, 3, 3))?;
        let output = padded.conv2d(&weight, 0, grid.stride, 1, channels)?;
        let places = output.dim(2)? * output.dim(3)?;
        let rows = output.reshape((channels, places))?.t()?.contiguous()?;
        bias_clamp(&rows, &self.bias, self.activation)
    }
}

impl PointwiseLayer {
    pub(super) fn load(
        tensors: &Tensors<'_>,
        name: &str,
        (inputs, outputs): (usize, usize),
        activation: Activation,
        device: &Device,
    ) -> Result<Self, EncodeError> {
        Self::with_shape(tensors, name, &[outputs, inputs, 1, 1], activation, device)
    }

    /// A layer whose weight is stored as a matrix.
    pub(super) fn load_dense(
        tensors: &Tensors<'_>,
        name: &str,
        (inputs, outputs): (usize, usize),
        device: &Device,
    ) -> Result<Self, EncodeError> {
        Self::with_shape(tensors, name, &[outputs, inputs], Activation::Linear, device)
    }

    fn with_shape(
        tensors: &Tensors<'_>,
        name: &str,
        shape: &[usize],
        activation: Activation,
        device: &Device,
    ) -> Result<Self, EncodeError> {
        let weight = tensors.get(&format!("{name}.weight"), shape)?;
        let bias = tensors.get(&format!("{name}.bias"), &shape[..1])?;
        Self::new((transpose(&weight, shape[0]), bias), activation, device)
    }

    /// Weights `(inputs, outputs)`.
    pub(super) fn new(
        (weight, bias): (Vec<f32>, Vec<f32>),
        activation: Activation,
        device: &Device,
    ) -> Result<Self, EncodeError> {
        let outputs = bias.len();
        Ok(Self {
            weight: Tensor::from_vec(weight, ((), outputs), device)?,
            bias: Tensor::from_vec(bias, outputs, device)?,
            activation,
        })
    }

    pub(super) fn forward(&self, input: &Map) -> Result<Map, EncodeError> {
        let data = bias_clamp(&input.data.matmul(&self.weight)?, &self.bias, self.activation)?;
        Ok(Map { data, ..*input })
    }

    /// The layer on one vector.
    pub(super) fn apply(&self, vector: &[f32]) -> Result<Vec<f32>, EncodeError> {
        let row = Tensor::from_slice(vector, (1, vector.len()), self.weight.device())?;
        let output = bias_clamp(&row.matmul(&self.weight)?, &self.bias, self.activation)?;
        Ok(output.flatten_all()?.to_vec1()?)
    }
}

pub(super) fn bias_clamp(
    input: &Tensor,
    bias: &Tensor,
    activation: Activation,
) -> Result<Tensor, EncodeError> {
    let (floor, ceiling) = activation.range();
    if input.device().is_cpu() {
        return Ok(input.apply_op2_no_bwd(bias, &BiasClamp { floor, ceiling })?);
    }
    let sum = input.broadcast_add(bias)?;
    Ok(match activation {
        Activation::Linear => sum,
        Activation::Relu => sum.relu()?,
        Activation::Relu6 => sum.clamp(floor, ceiling)?,
    })
}

impl Map {
    /// Mean over places.
    pub(super) fn pooled(&self) -> Result<Vec<f32>, EncodeError> {
        Ok(self.data.mean(0)?.to_vec1()?)
    }
}

#[cfg(test)]
#[path = "convolution_tests.rs"]
mod tests;
