//! Rank correlations between two sequences of numbers.
//!
//! Invariants: results are in `-1..=1`; a constant sequence has no correlation.

use super::{ascending, comparable, ranks};

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

/// Kendall's tau over the pairs whose labels differ by more than `delta`: `(C - D) / (C + D)`, with `C` such
/// pairs in the same order by score and `D` in the opposite one. A pair of equal scores is in neither. With
/// `delta` 0 it is Goodman and Kruskal's gamma. O(n log n). `None` when no pair is left, or `delta` is negative
/// or NaN.
#[must_use]
pub fn kendall_tau_above(delta: f64, scores: &[f64], labels: &[f64]) -> Option<f64> {
    if !(delta >= 0.0 && comparable(scores, labels) && comparable(labels, scores)) {
        return None;
    }
    let mut distinct = scores.to_vec();
    distinct.sort_by(f64::total_cmp);
    let place = |score: f64| distinct.partition_point(|&other| other < score);
    let order = ascending(labels);
    let mut lower = Counts::new(scores.len());
    let (mut concordant, mut discordant, mut next) = (0_u64, 0_u64, 0);
    for &at in &order {
        while labels[at] - labels[order[next]] > delta {
            lower.add(place(scores[order[next]]));
            next += 1;
        }
        let end = distinct.partition_point(|&other| other <= scores[at]);
        concordant += lower.before(place(scores[at]));
        discordant += next as u64 - lower.before(end);
    }
    let pairs = (concordant + discordant) as f64;
    (pairs > 0.0).then(|| (concordant as f64 - discordant as f64) / pairs)
}

/// How many values stand before a place (Fenwick, "A New Data Structure for Cumulative Frequency Tables",
/// 1994).
struct Counts(Vec<u64>);

impl Counts {
    fn new(places: usize) -> Self {
        Self(vec![0; places + 1])
    }

    fn add(&mut self, place: usize) {
        let mut at = place + 1;
        while at < self.0.len() {
            self.0[at] += 1;
            at += at & at.wrapping_neg();
        }
    }

    fn before(&self, place: usize) -> u64 {
        let (mut at, mut sum) = (place, 0);
        while at > 0 {
            sum += self.0[at];
            at &= at - 1;
        }
        sum
    }
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
