//! Metrics of a ranking against a binary truth.
//!
//! Invariants: equal scores enter the ranking together.

use super::{ascending, comparable, ranks};

/// Average precision: the sum over distinct thresholds of (recall gained) · (precision there), without
/// interpolation. In `0..=1`; a random ranking scores about the share of positives.
#[must_use]
pub fn average_precision(scores: &[f64], positive: &[bool]) -> Option<f64> {
    let thresholds = thresholds(scores, positive)?;
    let positives: usize = thresholds.iter().map(|at| at.gained).sum();
    let sum: f64 = thresholds.iter().map(|at| at.gained as f64 * at.precision).sum();
    Some(sum / positives as f64)
}

/// Average precision as the evaluator of QVHighlights computes it (Lei, Berg and Bansal, "Detecting Moments
/// and Highlights in Videos via Natural Language Queries", NeurIPS 2021): the mean, over the distinct
/// thresholds at which recall rises, of the best precision at that recall or a higher one. Never less than
/// [`average_precision`] when no scores are equal. Of equal scores the threshold counts once, however many
/// positives share it. That evaluator gives 0 to a truth without positives, where this is `None`.
#[must_use]
pub fn interpolated_average_precision(scores: &[f64], positive: &[bool]) -> Option<f64> {
    let (mut best, mut sum, mut count) = (0.0_f64, 0.0, 0_usize);
    for at in thresholds(scores, positive)?.iter().rev() {
        best = best.max(at.precision);
        if at.gained > 0 {
            sum += best;
            count += 1;
        }
    }
    Some(sum / count as f64)
}

/// Everything that scores at least as much as one of the values.
struct Threshold {
    /// Positives at the value itself.
    gained: usize,
    precision: f64,
}

/// From the highest value down; `None` without positives.
fn thresholds(scores: &[f64], positive: &[bool]) -> Option<Vec<Threshold>> {
    if !comparable(scores, positive) || !positive.contains(&true) {
        return None;
    }
    let mut order = ascending(scores);
    order.reverse();
    let (mut seen, mut hits, mut found) = (0_usize, 0_usize, Vec::new());
    for tied in order.chunk_by(|&a, &b| scores[a] == scores[b]) {
        let gained = tied.iter().filter(|&&at| positive[at]).count();
        seen += tied.len();
        hits += gained;
        found.push(Threshold { gained, precision: hits as f64 / seen as f64 });
    }
    Some(found)
}

/// Area under the receiver operating characteristic: the chance that a positive outranks a negative, ties
/// counting one half.
#[must_use]
pub fn roc_auc(scores: &[f64], positive: &[bool]) -> Option<f64> {
    let positives = positive.iter().filter(|&&is| is).count();
    let negatives = positive.len() - positives;
    if !comparable(scores, positive) || positives == 0 || negatives == 0 {
        return None;
    }
    let ranked = ranks(scores).into_iter().zip(positive);
    let sum: f64 = ranked.filter(|&(_, &is)| is).map(|(rank, _)| rank).sum();
    let least = positives as f64 * (positives as f64 + 1.0) / 2.0;
    Some((sum - least) / (positives as f64 * negatives as f64))
}
