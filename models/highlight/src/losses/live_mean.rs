//! The loss on a room's mean: the scores of a window are on average what the room's labels are.
//!
//! Invariants: unlabelled units take no part; the logarithm never sees zero.

use candle_core::{D, Result, Tensor, bail};

/// Mean over the rows of the binary cross-entropy of the mean score of a row's labelled units against its room's
/// mean label.
///
/// `scores` is `[rows, n]` of values in `0..=1`, `labels` the same row by row, `means` one for each row; NaN where
/// unknown.
///
/// # Errors
/// When there aren't as many labels as scores, or means as rows.
pub fn live_mean(scores: &Tensor, labels: &[f64], means: &[f64]) -> Result<Tensor> {
    let (rows, n) = scores.dims2()?;
    if labels.len() != rows * n || means.len() != rows {
        bail!("{} labels and {} means for {rows} rows of {n} scores", labels.len(), means.len());
    }
    let known = |row: &[f64]| row.iter().filter(|y| !y.is_nan()).count();
    let counts = labels.chunks(n.max(1)).map(known);
    // (labelled units, target) of each row that has both.
    let usable: Vec<Option<(usize, f64)>> = counts
        .zip(means)
        .map(|(count, &mean)| (count > 0 && !mean.is_nan()).then_some((count, mean)))
        .collect();
    let count = usable.iter().flatten().count();
    if count == 0 {
        return Tensor::zeros((), scores.dtype(), scores.device());
    }
    let column = |value: &dyn Fn(Option<(usize, f64)>) -> f64| {
        let values: Vec<f64> = usable.iter().map(|row| value(*row)).collect();
        Tensor::new(values, scores.device())?.to_dtype(scores.dtype())
    };
    let mut shares = Vec::with_capacity(labels.len());
    for (row, usable) in labels.chunks(n).zip(&usable) {
        let share = usable.map_or(0.0, |(count, _)| 1.0 / count as f64);
        shares.extend(row.iter().map(|y| if y.is_nan() { 0.0 } else { share }));
    }
    let shares = Tensor::from_vec(shares, (rows, n), scores.device())?.to_dtype(scores.dtype())?;
    let mean = scores.mul(&shares)?.sum(D::Minus1)?.clamp(1e-7, 1.0 - 1e-7)?;
    let high = column(&|row| row.map_or(0.0, |(_, target)| target / count as f64))?;
    let low = column(&|row| row.map_or(0.0, |(_, target)| (1.0 - target) / count as f64))?;
    let likely = (mean.log()?.mul(&high)? + mean.affine(-1.0, 1.0)?.log()?.mul(&low)?)?;
    likely.sum_all()?.neg()
}
