//! Cross-entropy of one unit's logit against its label in `0..=1`.
//!
//! Invariants: unlabelled units (NaN) add nothing; the logarithm never sees zero.

use candle_core::{Result, Tensor, bail};

/// Mean over labelled units of `max(x, 0) - x · y + log(1 + e^(-|x|))`, the binary cross-entropy with logits
/// against a continuous label. `logits` is of any shape, `labels` in its order.
///
/// # Errors
/// When there aren't as many labels as logits.
pub fn binary_cross_entropy(logits: &Tensor, labels: &[f64]) -> Result<Tensor> {
    if labels.len() != logits.elem_count() {
        bail!("{} labels for {} logits", labels.len(), logits.elem_count());
    }
    let count = labels.iter().filter(|label| !label.is_nan()).count();
    if count == 0 {
        return Tensor::zeros((), logits.dtype(), logits.device());
    }
    let tensor = |values: Vec<f64>| {
        Tensor::from_vec(values, logits.shape(), logits.device())?.to_dtype(logits.dtype())
    };
    let weights = tensor(labels.iter().map(|y| if y.is_nan() { 0.0 } else { 1.0 / count as f64 }).collect())?;
    let labels = tensor(labels.iter().map(|y| if y.is_nan() { 0.0 } else { *y }).collect())?;
    let smooth = (logits.abs()?.neg()?.exp()? + 1.0)?.log()?;
    let each = ((logits.relu()? - logits.mul(&labels)?)? + smooth)?;
    each.mul(&weights)?.sum_all()
}
