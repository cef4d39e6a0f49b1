//! The two kernels that candle lacks on the CPU: depthwise convolution and bias with clamping.
//!
//! Both work on matrices of places by channels. Each output value is summed in one fixed order, whatever the number of threads.

use candle_core::{CpuStorage, CustomOp2, CustomOp3, Layout, Result, Shape};

/// What lies around a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Padding {
    /// TensorFlow's SAME: as little as will do, what is odd behind.
    Same,
    /// One row or column of zeros on every side.
    One,
}

impl Padding {
    /// Rows or columns of zeros in front of a length, for taps side by side.
    pub(super) fn before(self, length: usize, stride: usize) -> usize {
        match self {
            Self::Same => ((length.div_ceil(stride) - 1) * stride + 3).saturating_sub(length) / 2,
            Self::One => 1,
        }
    }
}

/// Size of a depthwise 3 x 3 convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Grid {
    pub(super) height: usize,
    pub(super) width: usize,
    pub(super) stride: usize,
    pub(super) around: Padding,
}

impl Grid {
    /// Size of the output.
    pub(super) fn output(self) -> (usize, usize) {
        (self.height.div_ceil(self.stride), self.width.div_ceil(self.stride))
    }

    /// Rows or columns of zeros in front and behind.
    pub(super) fn padding(self, length: usize) -> (usize, usize) {
        let total = ((length.div_ceil(self.stride) - 1) * self.stride + 3).saturating_sub(length);
        let before = self.around.before(length, self.stride);
        (before, total.saturating_sub(before))
    }

    /// The three source positions of an output position, where they exist.
    pub(super) fn taps(self, out: usize, length: usize) -> [Option<usize>; 3] {
        let before = self.padding(length).0;
        [0, 1, 2].map(|tap| (out * self.stride + tap).checked_sub(before).filter(|&at| at < length))
    }
}

/// Depthwise 3 x 3 convolution with bias, clamped to `floor..=ceiling`: input `(places, channels)`, kernel `(9, channels)`,
/// bias `(channels)`.
pub(super) struct Depthwise {
    pub(super) grid: Grid,
    pub(super) floor: f32,
    pub(super) ceiling: f32,
}

fn slice<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    let Some((start, end)) = layout.contiguous_offsets() else {
        candle_core::bail!("the kernel needs contiguous tensors, got {layout:?}");
    };
    Ok(&storage.as_slice::<f32>()?[start..end])
}

impl CustomOp3 for Depthwise {
    fn name(&self) -> &'static str {
        "depthwise-3x3"
    }

    fn cpu_fwd(
        &self,
        s1: &CpuStorage,
        l1: &Layout,
        s2: &CpuStorage,
        l2: &Layout,
        s3: &CpuStorage,
        l3: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (input, kernel, bias) = (slice(s1, l1)?, slice(s2, l2)?, slice(s3, l3)?);
        let channels = bias.len();
        let Grid { height, width, .. } = self.grid;
        if input.len() != height * width * channels || kernel.len() != 9 * channels {
            candle_core::bail!(
                "depthwise-3x3: {:?} and {:?} don't fit {:?}",
                l1.shape(),
                l2.shape(),
                self.grid
            );
        }
        let (rows, columns) = self.grid.output();
        let mut output = Vec::with_capacity(rows * columns * channels);
        for y in 0..rows {
            let ys = self.grid.taps(y, height);
            for x in 0..columns {
                let xs = self.grid.taps(x, width);
                let start = output.len();
                output.extend_from_slice(bias);
                let sums = &mut output[start..];
                for (ky, from_y) in ys.iter().enumerate().filter_map(|(ky, y)| y.map(|y| (ky, y))) {
                    for (kx, from_x) in xs.iter().enumerate().filter_map(|(kx, x)| x.map(|x| (kx, x))) {
                        let place = (from_y * width + from_x) * channels;
                        let tap = (ky * 3 + kx) * channels;
                        multiply_add(sums, &input[place..place + channels], &kernel[tap..tap + channels]);
                    }
                }
                sums.iter_mut().for_each(|value| *value = value.clamp(self.floor, self.ceiling));
            }
        }
        Ok((CpuStorage::F32(output), Shape::from((rows * columns, channels))))
    }
}

fn multiply_add(sums: &mut [f32], values: &[f32], weights: &[f32]) {
    for ((sum, value), weight) in sums.iter_mut().zip(values).zip(weights) {
        *sum += value * weight;
    }
}

/// Adds a bias to every row and clamps to `floor..=ceiling`: input `(places, channels)`, bias `(channels)`.
pub(super) struct BiasClamp {
    pub(super) floor: f32,
    pub(super) ceiling: f32,
}

impl CustomOp2 for BiasClamp {
    fn name(&self) -> &'static str {
        "bias-clamp"
    }

    fn cpu_fwd(
        &self,
        s1: &CpuStorage,
        l1: &Layout,
        s2: &CpuStorage,
        l2: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (input, bias) = (slice(s1, l1)?, slice(s2, l2)?);
        let mut output = input.to_vec();
        for row in output.chunks_exact_mut(bias.len().max(1)) {
            for (value, bias) in row.iter_mut().zip(bias) {
                *value = (*value + bias).clamp(self.floor, self.ceiling);
            }
        }
        Ok((CpuStorage::F32(output), l1.shape().clone()))
    }
}
