//! Cross-entropy of one unit's logit against its label in `0..=1`.
//!
//! Invariants: unlabelled units (NaN) add nothing; the logarithm never sees zero.

use super::known::{values, with_gradient};
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
    let (mut sum, mut gradient) = (0.0, Vec::with_capacity(labels.len()));
    for (&x, &y) in values(logits)?.iter().zip(labels) {
        if y.is_nan() {
            gradient.push(0.0);
            continue;
        }
        let small = (-x.abs()).exp();
        sum += x.max(0.0) - x * y + small.ln_1p();
        let score = if x >= 0.0 { 1.0 } else { small } / (1.0 + small);
        gradient.push((score - y) / count as f64);
    }
    with_gradient(logits, sum / count as f64, gradient)
}
