//! The border-aware pairwise loss: a pair is pushed apart until its scores differ as much as its labels.
//!
//! Invariants: which pairs count carries no gradient; pairs never cross rows; unlabelled units are left out.

use candle_core::{DType, Result, Tensor, bail};
use candle_nn::ops::sigmoid;

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
    let flat = scores.flatten_all()?;
    let values: Vec<f64> = flat.to_dtype(DType::F64)?.to_vec1()?;
    let (mut higher, mut lower) = (Vec::new(), Vec::new());
    for row in 0..rows {
        for i in row * n..(row + 1) * n {
            for j in row * n..(row + 1) * n {
                let labelled = labels[i] >= 0.0 && labels[j] >= 0.0;
                let gap = labels[i] - labels[j];
                if labelled && gap > 0.0 && gap - (values[i] - values[j]) >= 0.0 {
                    higher.push(i as u32);
                    lower.push(j as u32);
                }
            }
        }
    }
    if higher.is_empty() {
        return Tensor::zeros((), scores.dtype(), scores.device());
    }
    let pick = |at: Vec<u32>| flat.index_select(&Tensor::new(at, scores.device())?, 0);
    let difference = (pick(higher)? - pick(lower)?)?.clamp(-1e3, 1e3)?;
    sigmoid(&difference)?.maximum(1e-10)?.log()?.mean_all()?.neg()
}
