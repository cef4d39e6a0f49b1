//! Metrics of a ranking against a binary truth.
//!
//! Invariants: equal scores enter the ranking together.

use super::{ascending, comparable, ranks};

/// Average precision: the sum over distinct thresholds of (recall gained) · (precision there), without
/// interpolation. In `0..=1`; a random ranking scores about the share of positives.
#[must_use]
pub fn average_precision(scores: &[f64], positive: &[bool]) -> Option<f64> {
    let positives = positive.iter().filter(|&&is| is).count();
    if !comparable(scores, positive) || positives == 0 {
        return None;
    }
    let mut order = ascending(scores);
    order.reverse();
    let (mut seen, mut hits, mut sum) = (0_usize, 0_usize, 0.0);
    while seen < order.len() {
        let score = scores[order[seen]];
        let before = hits;
        while seen < order.len() && scores[order[seen]] == score {
            hits += usize::from(positive[order[seen]]);
            seen += 1;
        }
        sum += (hits - before) as f64 * hits as f64 / seen as f64;
    }
    Some(sum / positives as f64)
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
