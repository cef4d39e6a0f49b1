//! Rank correlations between two sequences of numbers.
//!
//! Invariants: results are in `-1..=1`; a constant sequence has no correlation.

use super::{comparable, ranks};

/// Kendall's tau-b, corrected for ties in either sequence, by Knight's O(n log n) method.
#[must_use]
pub fn kendall_tau_b(x: &[f64], y: &[f64]) -> Option<f64> {
    if !comparable(x, y) || !comparable(y, x) {
        return None;
    }
    let mut pairs: Vec<(f64, f64)> = x.iter().copied().zip(y.iter().copied()).collect();
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let tied_x = tied_pairs(&pairs, |a, b| a.0 == b.0);
    let tied_both = tied_pairs(&pairs, |a, b| a == b);
    let mut seconds: Vec<f64> = pairs.iter().map(|pair| pair.1).collect();
    let swaps = sort_counting(&mut seconds);
    let tied_y = tied_pairs(&seconds, |a, b| a == b);
    let all = x.len() as f64 * (x.len() as f64 - 1.0) / 2.0;
    let spread = (all - tied_x) * (all - tied_y);
    (spread > 0.0).then(|| (all - tied_x - tied_y + tied_both - 2.0 * swaps) / spread.sqrt())
}

/// Spearman's rho: the Pearson correlation of average ranks.
#[must_use]
pub fn spearman(x: &[f64], y: &[f64]) -> Option<f64> {
    if !comparable(x, y) || !comparable(y, x) {
        return None;
    }
    let mean = (x.len() as f64 + 1.0) / 2.0;
    let (mut product, mut left, mut right) = (0.0, 0.0, 0.0);
    for (a, b) in ranks(x).into_iter().zip(ranks(y)) {
        product += (a - mean) * (b - mean);
        left += (a - mean) * (a - mean);
        right += (b - mean) * (b - mean);
    }
    (left > 0.0 && right > 0.0).then(|| product / (left * right).sqrt())
}

/// Number of pairs inside runs of equal neighbours.
fn tied_pairs<T>(sorted: &[T], same: impl Fn(&T, &T) -> bool) -> f64 {
    sorted.chunk_by(same).map(|run| run.len() as f64 * (run.len() as f64 - 1.0) / 2.0).sum()
}

/// Sorts by merging and returns how many pairs stood in the wrong order.
fn sort_counting(values: &mut [f64]) -> f64 {
    if values.len() < 2 {
        return 0.0;
    }
    let middle = values.len() / 2;
    let (left, right) = values.split_at_mut(middle);
    let mut swaps = sort_counting(left) + sort_counting(right);
    let mut merged = Vec::with_capacity(left.len() + right.len());
    let (mut a, mut b) = (0, 0);
    while a < left.len() && b < right.len() {
        if right[b] < left[a] {
            swaps += (left.len() - a) as f64;
            merged.push(right[b]);
            b += 1;
        } else {
            merged.push(left[a]);
            a += 1;
        }
    }
    merged.extend_from_slice(&left[a..]);
    merged.extend_from_slice(&right[b..]);
    values.copy_from_slice(&merged);
    swaps
}
