//! The loss on first differences: scores rise and fall between neighbouring units by as much as labels do.
//!
//! Invariants: only neighbours that are both labelled count; differences never cross rows.

use candle_core::{Result, Tensor, bail};

/// What is done with what is left of a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Difference {
    /// Squared (the released option's default).
    Squared,
    /// Its absolute value.
    Absolute,
}

/// Mean over neighbouring labelled units of `((s_i - s_(i-1)) - (y_i - y_(i-1)))²`, or of the absolute value.
///
/// `scores` is `[rows, n]`, `labels` the same row by row, NaN where unknown.
///
/// # Errors
/// When there aren't as many labels as scores.
pub fn first_difference(scores: &Tensor, labels: &[f64], kind: Difference) -> Result<Tensor> {
    let (rows, n) = scores.dims2()?;
    if labels.len() != rows * n {
        bail!("{} labels for {rows} rows of {n} scores", labels.len());
    }
    let (mut later, mut earlier, mut gaps) = (Vec::new(), Vec::new(), Vec::new());
    for at in (0..rows * n).filter(|at| at % n > 0) {
        let gap = labels[at] - labels[at - 1];
        if !gap.is_nan() {
            later.push(at as u32);
            earlier.push(at as u32 - 1);
            gaps.push(gap);
        }
    }
    if gaps.is_empty() {
        return Tensor::zeros((), scores.dtype(), scores.device());
    }
    let flat = scores.flatten_all()?;
    let pick = |at: Vec<u32>| flat.index_select(&Tensor::new(at, scores.device())?, 0);
    let gaps = Tensor::new(gaps, scores.device())?.to_dtype(scores.dtype())?;
    let left = ((pick(later)? - pick(earlier)?)? - gaps)?;
    match kind {
        Difference::Squared => left.sqr()?.mean_all(),
        Difference::Absolute => left.abs()?.mean_all(),
    }
}
