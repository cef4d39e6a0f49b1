//! Full 3 x 3 convolution of any stride and dilation.

use candle_core::{Device, Tensor};

use super::convolution::{Activation, Map, bias_clamp};
use super::kernels::Padding;
use crate::EncodeError;

/// A full 3 x 3 convolution as one matrix product over patches.
pub(super) struct FullLayer {
    /// `(9 * inputs, outputs)`: taps, then channels.
    weight: Tensor,
    bias: Tensor,
    inputs: usize,
    stride: usize,
    dilation: usize,
    padding: Padding,
    activation: Activation,
}

impl FullLayer {
    /// Weights `(9 * inputs, outputs)` by taps, then channels. With a dilation above 1 as many zeros lie around.
    pub(super) fn new(
        (weight, bias): (Vec<f32>, Vec<f32>),
        (stride, dilation, padding): (usize, usize, Padding),
        activation: Activation,
        device: &Device,
    ) -> Result<Self, EncodeError> {
        let (outputs, inputs) = (bias.len(), weight.len() / (9 * bias.len().max(1)));
        Ok(Self {
            weight: Tensor::from_vec(weight, (9 * inputs, outputs), device)?,
            bias: Tensor::from_vec(bias, outputs, device)?,
            inputs,
            stride,
            dilation,
            padding,
            activation,
        })
    }

    pub(super) fn forward(&self, input: &Map) -> Result<Map, EncodeError> {
        let values: Vec<f32> = input.data.flatten_all()?.to_vec1()?;
        self.over(&values, input.height, input.width)
    }

    /// The same of rows of places.
    pub(super) fn over(&self, values: &[f32], height: usize, width: usize) -> Result<Map, EncodeError> {
        let (rows, columns) = (height.div_ceil(self.stride), width.div_ceil(self.stride));
        let inputs = self.inputs;
        let mut patches = vec![0.0_f32; rows * columns * 9 * inputs];
        for (place, patch) in patches.chunks_exact_mut(9 * inputs).enumerate() {
            let ys = self.taps(place / columns, height);
            let xs = self.taps(place % columns, width);
            let taps = ys.iter().flat_map(|y| xs.iter().map(move |x| (y, x)));
            for ((y, x), patch) in taps.zip(patch.chunks_exact_mut(inputs)) {
                if let (Some(y), Some(x)) = (y, x) {
                    patch.copy_from_slice(&values[(y * width + x) * inputs..][..inputs]);
                }
            }
        }
        let patches = Tensor::from_vec(patches, (rows * columns, 9 * inputs), self.weight.device())?;
        let data = bias_clamp(&patches.matmul(&self.weight)?, &self.bias, self.activation)?;
        Ok(Map { height: rows, width: columns, data })
    }

    fn taps(&self, out: usize, length: usize) -> [Option<usize>; 3] {
        let before = match self.dilation {
            1 => self.padding.before(length, self.stride),
            dilation => dilation,
        };
        [0, 1, 2].map(|tap| {
            (out * self.stride + tap * self.dilation).checked_sub(before).filter(|&at| at < length)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_candle_in_every_stride_and_dilation() -> Result<(), EncodeError> {
        let (height, width, inputs, outputs) = (9, 14, 3, 5);
        let value = |at: usize| ((at * 7_919 % 1_000) as f32 - 500.0) / 500.0;
        let values: Vec<f32> = (0..height * width * inputs).map(value).collect();
        let weight: Vec<f32> = (0..9 * inputs * outputs).map(|at| value(at + 7)).collect();
        let bias: Vec<f32> = (0..outputs).map(value).collect();
        let device = Device::Cpu;
        for (stride, dilation) in [(1, 1), (2, 1), (1, 2), (1, 5)] {
            let layer = FullLayer::new(
                (weight.clone(), bias.clone()),
                (stride, dilation, Padding::One),
                Activation::Relu,
                &device,
            )?;
            let given = layer.over(&values, height, width)?;
            let picture = Tensor::from_slice(&values, (1, height, width, inputs), &device)?;
            let picture = picture.permute((0, 3, 1, 2))?.contiguous()?;
            let kernel = Tensor::from_slice(&weight, (3, 3, inputs, outputs), &device)?;
            let kernel = kernel.permute((3, 2, 0, 1))?.contiguous()?;
            let expected = picture.conv2d(&kernel, dilation, stride, dilation, 1)?;
            let bias = Tensor::from_slice(&bias, (1, outputs, 1, 1), &device)?;
            let expected = expected.broadcast_add(&bias)?.relu()?.permute((0, 2, 3, 1))?.contiguous()?;
            assert_eq!(expected.dims(), [1, given.height, given.width, outputs]);
            let expected: Vec<f32> = expected.flatten_all()?.to_vec1()?;
            let given: Vec<f32> = given.data.flatten_all()?.to_vec1()?;
            assert!(given.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-5), "{stride} {dilation}");
        }
        Ok(())
    }
}
