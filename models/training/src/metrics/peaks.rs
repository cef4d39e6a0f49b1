//! The few best moments of a curve, kept apart from each other, as an editor would be shown them.
//!
//! Invariants: positions are units from 0; of equal scores the earlier one is taken.

use super::{best_first, comparable};

/// Positions of the up to `k` best scores, best first, each at least `distance` units from the better ones
/// (greedy non-maximum suppression). `None` without scores or with NaN among them.
#[must_use]
pub fn peaks(k: usize, scores: &[f64], distance: usize) -> Option<Vec<usize>> {
    if !comparable(scores, scores) {
        return None;
    }
    let mut taken = vec![false; scores.len()];
    let mut found = Vec::new();
    for at in best_first(scores) {
        if found.len() == k {
            break;
        }
        let near = at.saturating_sub(distance.saturating_sub(1))..at.saturating_add(distance.max(1));
        let near = near.start..near.end.min(scores.len());
        if !taken[near].contains(&true) {
            taken[at] = true;
            found.push(at);
        }
    }
    Some(found)
}

/// Share of the [`peaks`] that lie inside a positive interval, `start <= position < end` in units. Fewer than
/// `k` peaks: among those there are. Several peaks may lie in one interval.
#[must_use]
pub fn peak_precision_at(k: usize, scores: &[f64], distance: usize, positive: &[(f64, f64)]) -> Option<f64> {
    if k == 0 || positive.iter().any(|&(start, end)| start.is_nan() || end.is_nan() || start > end) {
        return None;
    }
    let found = peaks(k, scores, distance)?;
    let inside = |&&at: &&usize| {
        let at = at as f64;
        positive.iter().any(|&(start, end)| start <= at && at < end)
    };
    let hits = found.iter().filter(inside).count();
    Some(hits as f64 / found.len() as f64)
}
