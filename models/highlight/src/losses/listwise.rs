//! Listwise cross-entropy: the units of a window share out their room's interest as the labels do.
//!
//! Invariants: unlabelled units take no part; a window with fewer than two labelled units adds nothing.

use candle_core::{D, Result, Tensor, bail};
use candle_nn::ops::log_softmax;

/// What scores and labels are multiplied by before the softmax (ContentCTR's option is called a temperature of 5).
/// Dividing labels in `0..=1` by it would leave them almost uniform; how it enters isn't published, so this is
/// this project's reading.
pub const LISTWISE_TEMPERATURE: f64 = 5.0;

/// Logit of a unit that takes no part.
const OUT: f64 = -1e9;

/// Mean over the rows with two labelled units or more of `-sum_i softmax(5 y)_i log softmax(5 s)_i`.
///
/// `scores` is `[rows, n]` of values in `0..=1`, `labels` the same row by row, NaN where unknown.
///
/// # Errors
/// When there aren't as many labels as scores.
pub fn listwise_cross_entropy(scores: &Tensor, labels: &[f64]) -> Result<Tensor> {
    let (rows, n) = scores.dims2()?;
    if labels.len() != rows * n {
        bail!("{} labels for {rows} rows of {n} scores", labels.len());
    }
    let known = |row: &[f64]| row.iter().filter(|y| !y.is_nan()).count();
    let count = labels.chunks(n.max(1)).filter(|row| known(row) > 1).count();
    if count == 0 {
        return Tensor::zeros((), scores.dtype(), scores.device());
    }
    let (mut targets, mut out) = (Vec::with_capacity(labels.len()), Vec::with_capacity(labels.len()));
    for row in labels.chunks(n) {
        let weight = |y: &f64| if y.is_nan() { 0.0 } else { (LISTWISE_TEMPERATURE * y).exp() };
        let sum: f64 = row.iter().map(weight).sum();
        let share = if known(row) > 1 { 1.0 / (sum * count as f64) } else { 0.0 };
        targets.extend(row.iter().map(|y| weight(y) * share));
        out.extend(row.iter().map(|y| if y.is_nan() { OUT } else { 0.0 }));
    }
    let tensor =
        |values: Vec<f64>| Tensor::from_vec(values, (rows, n), scores.device())?.to_dtype(scores.dtype());
    let logs = log_softmax(&((scores * LISTWISE_TEMPERATURE)? + tensor(out)?)?, D::Minus1)?;
    logs.mul(&tensor(targets)?)?.sum_all()?.neg()
}
