//! Dense layers and row normalisation for training: one operation each, with gradients worked out by hand.
//!
//! Invariants: 32-bit numbers in main memory; sums are added in a fixed order.

use super::block::EPSILON;
use crate::rows::{sum, total};
use candle_core::backend::BackendStorage;
use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor, bail};

/// A gradient for each of three arguments.
pub(super) type Slopes = (Option<Tensor>, Option<Tensor>, Option<Tensor>);

/// The numbers of a contiguous tensor.
pub(super) fn slice<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    match (storage, layout.contiguous_offsets()) {
        (CpuStorage::F32(values), Some((start, end))) => Ok(&values[start..end]),
        _ => bail!("an operation of training takes contiguous 32-bit numbers"),
    }
}

/// A copy of a tensor's numbers.
pub(super) fn numbers(x: &Tensor) -> Result<Vec<f32>> {
    x.detach().flatten_all()?.to_vec1()
}

/// `x · weight^T + bias` of `[.., in]`, `[out, in]` and `[out]`.
pub(super) struct Dense;

impl CustomOp3 for Dense {
    fn name(&self) -> &'static str {
        "dense"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        weight: &CpuStorage,
        weight_layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (outer, inner) = weight_layout.shape().dims2()?;
        let mut dims = x_layout.dims().to_vec();
        let Some((start, _)) = x_layout.contiguous_offsets() else { bail!("dense needs contiguous rows") };
        if dims.pop() != Some(inner) {
            bail!("rows of {:?} for weights of {outer} by {inner}", x_layout.dims());
        }
        let rows = dims.iter().product();
        let x_layout = Layout::contiguous_with_offset((rows, inner), start);
        let weight_layout = weight_layout.transpose(0, 1)?;
        let mut y = x.matmul(weight, (1, rows, outer, inner), &x_layout, &weight_layout)?;
        let bias = slice(bias, bias_layout)?;
        if let CpuStorage::F32(y) = &mut y {
            for row in y.chunks_exact_mut(outer) {
                row.iter_mut().zip(bias).for_each(|(y, bias)| *y += bias);
            }
        }
        dims.push(outer);
        Ok((y, Shape::from(dims)))
    }

    fn bwd(&self, x: &Tensor, weight: &Tensor, bias: &Tensor, _: &Tensor, slopes: &Tensor) -> Result<Slopes> {
        let (outer, inner) = weight.dims2()?;
        let slopes = slopes.contiguous()?.reshape(((), outer))?;
        let rows = x.detach().reshape(((), inner))?;
        let mut sums = vec![0.0_f32; outer];
        for row in numbers(&slopes)?.chunks_exact(outer) {
            sums.iter_mut().zip(row).for_each(|(sum, slope)| *sum += slope);
        }
        let by_x = slopes.matmul(&weight.detach())?.reshape(x.shape())?;
        let by_weight = slopes.t()?.matmul(&rows)?;
        Ok((Some(by_x), Some(by_weight), Some(Tensor::from_vec(sums, outer, bias.device())?)))
    }
}

/// Normalisation of the rows of `[.., d]` by `[d]` scales and `[d]` offsets.
pub(super) struct Norm {
    /// Takes the mean away, as layer normalisation does.
    pub(super) centred: bool,
}

impl Norm {
    /// Mean and the reciprocal of the deviation.
    fn spread(&self, row: &[f32]) -> (f32, f32) {
        let width = row.len() as f32;
        let mean = if self.centred { total(row) / width } else { 0.0 };
        let variance = sum(row, |x| (x - mean) * (x - mean)) / width;
        (mean, 1.0 / (variance + EPSILON).sqrt())
    }
}

impl CustomOp3 for Norm {
    fn name(&self) -> &'static str {
        "row-norm"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        weight: &CpuStorage,
        weight_layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (x, weight) = (slice(x, x_layout)?, slice(weight, weight_layout)?);
        let bias = slice(bias, bias_layout)?;
        let mut normal = Vec::with_capacity(x.len());
        for row in x.chunks_exact(weight.len()) {
            let (mean, scale) = self.spread(row);
            let each = row.iter().zip(weight).zip(bias);
            normal.extend(each.map(|((x, weight), bias)| (x - mean) * scale * weight + bias));
        }
        Ok((CpuStorage::F32(normal), x_layout.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, weight: &Tensor, bias: &Tensor, _: &Tensor, slopes: &Tensor) -> Result<Slopes> {
        let (values, scales, slopes) = (numbers(x)?, numbers(weight)?, numbers(slopes)?);
        let width = scales.len();
        let (mut by_weight, mut by_bias) = (vec![0.0_f32; width], vec![0.0_f32; width]);
        let (mut by_x, mut normal, mut scaled) =
            (Vec::with_capacity(values.len()), vec![0.0; width], vec![0.0; width]);
        for (row, slopes) in values.chunks_exact(width).zip(slopes.chunks_exact(width)) {
            let (mean, scale) = self.spread(row);
            for at in 0..width {
                normal[at] = (row[at] - mean) * scale;
                by_weight[at] += slopes[at] * normal[at];
                by_bias[at] += slopes[at];
                scaled[at] = slopes[at] * scales[at];
            }
            // What moves the whole row, or stretches it, is normalised away again.
            let moved = if self.centred { total(&scaled) / width as f32 } else { 0.0 };
            let both: Vec<f32> = scaled.iter().zip(&normal).map(|(a, b)| a * b).collect();
            let stretched = total(&both) / width as f32;
            let each = scaled.iter().zip(&normal);
            by_x.extend(each.map(|(slope, normal)| scale * (slope - moved - normal * stretched)));
        }
        let tensor = |values: Vec<f32>, like: &Tensor| Tensor::from_vec(values, like.shape(), like.device());
        Ok((Some(tensor(by_x, x)?), Some(tensor(by_weight, weight)?), Some(tensor(by_bias, bias)?)))
    }
}
