//! Elementwise functions that the compiler can vectorise: no calls, no branches, no order that depends on the width of registers.

use super::level::Kernel;
use super::linear::PANEL;
use crate::trunk::{Activation, Norm};

/// Partial sums of a row; as many as the widest register holds.
const LANES: usize = 16;
/// Adding it rounds to whole numbers, which then lie in the lowest bits.
const ROUND: f32 = 12_582_912.0;

/// The exponential function to two units in the last place (after Cephes).
#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    let x = x.clamp(-87.3, 88.3);
    let rounded = x * std::f32::consts::LOG2_E + ROUND;
    let whole = rounded - ROUND;
    let x = x - whole * 0.693_359_4 - whole * -2.121_944_4e-4;
    let mut sum = 1.987_569_2e-4_f32;
    for coefficient in [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_6e-1, 5e-1] {
        sum = sum * x + coefficient;
    }
    let power = rounded.to_bits().wrapping_sub(ROUND.to_bits()).wrapping_add(127) << 23;
    (sum * x * x + x + 1.0) * f32::from_bits(power)
}

/// The error function by a quotient of polynomials (after Eigen), to 5e-7.
#[inline(always)]
pub(super) fn erf(x: f32) -> f32 {
    let x = x.clamp(-4.0, 4.0);
    let square = x * x;
    let mut above = -2.726_142_3e-10_f32;
    for coefficient in
        [2.770_681_4e-8, -2.101_024e-6, -5.692_506_3e-5, -7.349_906_3e-4, -2.954_6e-3, -1.609_603_3e-2]
    {
        above = above * square + coefficient;
    }
    let mut below = -1.456_607_2e-5_f32;
    for coefficient in [-2.133_740_6e-4, -1.682_827e-3, -7.373_329e-3, -1.426_473_9e-2] {
        below = below * square + coefficient;
    }
    x * above / below
}

/// Bends a panel's values.
#[inline(always)]
pub(super) fn activate(values: &mut [f32; PANEL], activation: Activation) {
    match activation {
        Activation::Linear => {}
        Activation::Relu => values.iter_mut().for_each(|x| *x = x.max(0.0)),
        Activation::Gelu => {
            for x in values {
                *x = 0.5 * *x * (1.0 + erf(*x * std::f32::consts::FRAC_1_SQRT_2));
            }
        }
        Activation::QuickGelu => values.iter_mut().for_each(|x| *x /= 1.0 + exp(-1.702 * *x)),
        Activation::GeluTanh => {
            for x in values {
                // x * (1 + tanh(y)) / 2 = x / (1 + exp(-2 y))
                let y = 0.797_884_6 * (*x + 0.044_715 * *x * *x * *x);
                *x /= 1.0 + exp(-2.0 * y);
            }
        }
    }
}

/// Folds a row by lanes, then the lanes.
#[inline(always)]
fn fold(row: &[f32], start: f32, step: impl Fn(f32, f32) -> f32, join: impl Fn(f32, f32) -> f32) -> f32 {
    let mut lanes = [start; LANES];
    let (whole, rest) = row.as_chunks::<LANES>();
    for values in whole {
        for (lane, value) in lanes.iter_mut().zip(values) {
            *lane = step(*lane, *value);
        }
    }
    for (lane, value) in lanes.iter_mut().zip(rest) {
        *lane = step(*lane, *value);
    }
    lanes.into_iter().fold(start, join)
}

/// Softmax of a row in place.
#[inline(always)]
pub(super) fn softmax(row: &mut [f32]) {
    let largest = fold(row, f32::NEG_INFINITY, f32::max, f32::max);
    for value in row.iter_mut() {
        *value = exp(*value - largest);
    }
    let share = 1.0 / fold(row, 0.0, |sum, value| sum + value, |a, b| a + b);
    row.iter_mut().for_each(|value| *value *= share);
}

/// Normalises rows to mean 0 and variance 1, then scales and shifts them.
pub(super) struct NormRows<'a> {
    pub(super) rows: &'a mut [f32],
    pub(super) norm: &'a Norm,
}

impl Kernel for NormRows<'_> {
    #[inline(always)]
    fn run<const WIDE: bool, const FUSED: bool>(self) {
        let Norm { gain, bias, epsilon } = self.norm;
        let share = 1.0 / gain.len() as f32;
        for row in self.rows.chunks_exact_mut(gain.len()) {
            let add = |a: f32, b: f32| a + b;
            let mean = fold(row, 0.0, add, add) * share;
            let square = |sum: f32, value: f32| sum + (value - mean) * (value - mean);
            let scale = 1.0 / (fold(row, 0.0, square, add) * share + epsilon).sqrt();
            for ((value, gain), bias) in row.iter_mut().zip(gain).zip(bias) {
                *value = (*value - mean) * scale * gain + bias;
            }
        }
    }
}

/// Brings every row to length one; a row of zeros stays.
pub(crate) fn normalise_rows(rows: &mut [f32], width: usize) {
    for row in rows.chunks_exact_mut(width) {
        let length = row.iter().map(|value| value * value).sum::<f32>().sqrt().max(1e-12);
        row.iter_mut().for_each(|value| *value /= length);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_agree_with_exact_ones() {
        let mut worst = 0.0_f64;
        for step in -40_000..40_000 {
            let x = step as f32 * 2e-3;
            let error = (f64::from(exp(x)) / f64::from(x).exp() - 1.0).abs();
            assert!(error < 3e-7, "exp({x}) is off by {error}");
            let error =
                (f64::from(erf(x / 10.0)) - candle_core::cpu::erf::erf_f64(f64::from(x / 10.0))).abs();
            worst = worst.max(error);
        }
        assert!(worst < 5e-7, "erf is off by {worst}");
    }

    #[test]
    fn activations_agree_with_their_definitions() {
        for step in -600..600 {
            let x = step as f32 * 0.02;
            let wide = f64::from(x);
            let tanh = (0.797_884_560_802_865_4 * (wide + 0.044_715 * wide.powi(3))).tanh();
            let cases = [
                (Activation::Linear, wide),
                (Activation::Relu, wide.max(0.0)),
                (
                    Activation::Gelu,
                    0.5 * wide * (1.0 + candle_core::cpu::erf::erf_f64(wide / std::f64::consts::SQRT_2)),
                ),
                (Activation::QuickGelu, wide / (1.0 + (-1.702 * wide).exp())),
                (Activation::GeluTanh, 0.5 * wide * (1.0 + tanh)),
            ];
            for (activation, expected) in cases {
                let mut values = [x; PANEL];
                activate(&mut values, activation);
                let error = (f64::from(values[PANEL - 1]) - expected).abs();
                assert!(error < 2e-6, "{activation:?} of {x}: {}, expected {expected}", values[0]);
            }
        }
    }

    #[test]
    fn softmax_of_any_length_sums_to_one_and_keeps_the_order() {
        for length in [1, 2, 15, 16, 17, 50] {
            let mut row: Vec<f32> = (0..length).map(|i| i as f32 * 0.3 - 80.0).collect();
            softmax(&mut row);
            assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-6);
            assert!(row.is_sorted());
        }
    }
}
