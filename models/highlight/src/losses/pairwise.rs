//! The border-aware pairwise loss: a pair is pushed apart until its scores differ as much as its labels.
//!
//! Invariants: which pairs count carries no gradient; pairs never cross rows; unlabelled units are left out.

use super::known::{values, with_gradient};
use candle_core::{Result, Tensor, bail};

/// Differences are kept within this.
const FURTHEST: f64 = 1e3;
/// Likelihoods are kept above this.
const LEAST: f64 = 1e-10;

/// Mean over the pairs `y_i > y_j` with `y_i - y_j >= s_i - s_j` of
/// `-log(max(sigmoid(clamp(s_i - s_j, -1000, 1000)), 1e-10))`, natural logarithm.
///
/// `scores` is `[rows, n]` of values in `0..=1`, `labels` the same row by row; a label that is NaN or
/// negative (padding is -1) is unlabelled. The mean is over the pairs of all rows together.
///
/// # Errors
/// When there aren't as many labels as scores.
pub fn border_aware_pairwise(scores: &Tensor, labels: &[f64]) -> Result<Tensor> {
    let (rows, n) = scores.dims2()?;
    if labels.len() != rows * n {
        bail!("{} labels for {rows} rows of {n} scores", labels.len());
    }
    let values = values(scores)?;
    let (mut sum, mut count) = (0.0, 0_usize);
    let mut gradient = vec![0.0; values.len()];
    for row in 0..rows {
        for i in row * n..(row + 1) * n {
            for j in row * n..(row + 1) * n {
                let labelled = labels[i] >= 0.0 && labels[j] >= 0.0;
                let gap = labels[i] - labels[j];
                let lead = values[i] - values[j];
                if labelled && gap > 0.0 && gap - lead >= 0.0 {
                    count += 1;
                    let score = 1.0 / (1.0 + (-lead.clamp(-FURTHEST, FURTHEST)).exp());
                    sum -= score.max(LEAST).ln();
                    if score > LEAST && lead.abs() < FURTHEST {
                        gradient[i] -= 1.0 - score;
                        gradient[j] += 1.0 - score;
                    }
                }
            }
        }
    }
    if count == 0 {
        return Tensor::zeros((), scores.dtype(), scores.device());
    }
    gradient.iter_mut().for_each(|slope| *slope /= count as f64);
    with_gradient(scores, sum / count as f64, gradient)
}
