//! The element-wise kernels of fast scoring: dense layers, normalisation, exponential, gated units.
//!
//! Invariants: a row's result depends on that row alone; sums are added in a fixed order. Loops are written so that
//! the compiler turns them into vector instructions of the plainest processor.

use crate::HighlightError;
use crate::model::{EPSILON, RowNorm};
use candle_core::{Device, Tensor};
use candle_nn::Linear;

/// Sums and maxima run in this many lanes.
pub(super) const LANES: usize = 8;

/// A dense layer in main memory, or several over the same input side by side.
#[derive(Debug)]
pub(super) struct Dense {
    /// `[in, out]`.
    weight: Tensor,
    bias: Vec<f32>,
}

impl Dense {
    pub(super) fn new(layers: &[&Linear]) -> Result<Self, HighlightError> {
        let mut weights = Vec::with_capacity(layers.len());
        let mut bias = Vec::new();
        for layer in layers {
            weights.push(layer.weight().to_device(&Device::Cpu)?.t()?);
            match layer.bias() {
                Some(values) => bias.extend(values.to_vec1::<f32>()?),
                None => bias.resize(bias.len() + layer.weight().dim(0)?, 0.0),
            }
        }
        Ok(Self { weight: Tensor::cat(&weights, 1)?.contiguous()?, bias })
    }

    pub(super) fn bias(&self) -> &[f32] {
        &self.bias
    }

    /// Columns of the result.
    pub(super) fn width(&self) -> usize {
        self.bias.len()
    }

    /// `x · weight` of rows `[rows, in]`, without the bias.
    pub(super) fn product(&self, rows: usize, x: Vec<f32>) -> Result<Vec<f32>, HighlightError> {
        let columns = x.len() / rows.max(1);
        let x = Tensor::from_vec(x, (rows, columns), &Device::Cpu)?;
        Ok(x.matmul(&self.weight)?.flatten_all()?.to_vec1()?)
    }

    /// `x · weight + bias` of rows `[rows, in]`.
    pub(super) fn forward(&self, rows: usize, x: Vec<f32>) -> Result<Vec<f32>, HighlightError> {
        let mut y = self.product(rows, x)?;
        for row in y.chunks_exact_mut(self.bias.len()) {
            add(row, &self.bias);
        }
        Ok(y)
    }
}

/// Normalisation in main memory.
#[derive(Debug)]
pub(super) struct PlainNorm {
    weight: Vec<f32>,
    bias: Option<Vec<f32>>,
}

impl PlainNorm {
    pub(super) fn new(norm: &RowNorm) -> Result<Self, HighlightError> {
        let bias = match &norm.bias {
            Some(bias) => Some(bias.to_vec1()?),
            None => None,
        };
        Ok(Self { weight: norm.weight.to_vec1()?, bias })
    }

    /// Normalises every row in place.
    pub(super) fn apply(&self, rows: &mut [f32]) {
        let width = self.weight.len();
        for row in rows.chunks_exact_mut(width) {
            match &self.bias {
                Some(bias) => {
                    let mean = sum(row, |x| x) / width as f32;
                    let variance = sum(row, |x| (x - mean) * (x - mean)) / width as f32;
                    let scale = 1.0 / (variance + EPSILON).sqrt();
                    for ((x, weight), bias) in row.iter_mut().zip(&self.weight).zip(bias) {
                        *x = (*x - mean) * scale * weight + bias;
                    }
                }
                None => {
                    let scale = 1.0 / (sum(row, |x| x * x) / width as f32 + EPSILON).sqrt();
                    for (x, weight) in row.iter_mut().zip(&self.weight) {
                        *x *= scale * weight;
                    }
                }
            }
        }
    }
}

/// Adds the second row to the first.
pub(super) fn add(row: &mut [f32], other: &[f32]) {
    for (sum, value) in row.iter_mut().zip(other) {
        *sum += value;
    }
}

pub(crate) fn sum(row: &[f32], value: impl Fn(f32) -> f32) -> f32 {
    let mut lanes = [0.0_f32; LANES];
    let pieces = row.chunks_exact(LANES);
    let rest: f32 = pieces.remainder().iter().map(|x| value(*x)).sum();
    for piece in pieces {
        for (lane, x) in lanes.iter_mut().zip(piece) {
            *lane += value(*x);
        }
    }
    lanes.iter().sum::<f32>() + rest
}

/// Sum of all values.
pub(crate) fn total(row: &[f32]) -> f32 {
    sum(row, |x| x)
}

/// Largest value.
pub(crate) fn largest(row: &[f32]) -> f32 {
    let mut lanes = [f32::NEG_INFINITY; LANES];
    let pieces = row.chunks_exact(LANES);
    let rest = pieces.remainder().iter().copied().fold(f32::NEG_INFINITY, f32::max);
    for piece in pieces {
        for (lane, x) in lanes.iter_mut().zip(piece) {
            *lane = if *x > *lane { *x } else { *lane };
        }
    }
    lanes.into_iter().fold(rest, f32::max)
}

/// e^x within 2 units of the last place for |x| <= 87, beyond that e^±87: range reduction by powers of two and
/// a polynomial of degree 6, without a branch, so that loops over it become vector instructions.
pub(crate) fn exp(x: f32) -> f32 {
    // 1.5 · 2^23: adding it leaves the rounded number in the lowest bits.
    const SHIFT: f32 = 12_582_912.0;
    // ln 2 in two parts, the first with few enough bits for an exact product.
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    let x = if x > 87.0 { 87.0 } else { x };
    let x = if x < -87.0 { -87.0 } else { x };
    let shifted = x * std::f32::consts::LOG2_E + SHIFT;
    let power = shifted - SHIFT;
    let r = x - power * LN_2_HIGH - power * LN_2_LOW;
    let mut p = 1.0 / 720.0;
    for c in [1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0] {
        p = p * r + c;
    }
    p * f32::from_bits((shifted.to_bits() << 23).wrapping_add(127 << 23))
}

/// Keeps what is positive.
pub(super) fn relu(rows: &mut [f32]) {
    for x in rows {
        *x = if *x > 0.0 { *x } else { 0.0 };
    }
}

/// `gelu(gate) · up` of rows `[up, gate]` of twice `width`, with the tanh form of gelu.
pub(super) fn gated(rows: &[f32], width: usize) -> Vec<f32> {
    let mut out = Vec::with_capacity(rows.len() / 2);
    for row in rows.chunks_exact(2 * width) {
        let (up, gate) = row.split_at(width);
        out.extend(up.iter().zip(gate).map(|(up, g)| {
            let inner = (2.0 / std::f32::consts::PI).sqrt() * g * (1.0 + 0.044_715 * g * g);
            // tanh(u) = 1 - 2 / (e^2u + 1)
            let tanh = 1.0 - 2.0 / (exp(2.0 * inner) + 1.0);
            0.5 * g * (1.0 + tanh) * up
        }));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::exp;

    #[test]
    fn exponential_is_good_to_the_last_places() {
        for at in -8700..=8700 {
            let x = at as f32 / 100.0;
            let (got, want) = (f64::from(exp(x)), f64::from(x).exp());
            assert!((got / want - 1.0).abs() < 4e-7, "{x}: {got} {want}");
        }
        assert_eq!(exp(0.0), 1.0);
        assert!(exp(-1e9) < 2e-38 && exp(1e9).is_finite());
    }
}
