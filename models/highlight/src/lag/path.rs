//! The lag as the alignment path sees it: where bursts of comments fall on bursts of content.
//!
//! Invariants: a bin counts by what it shows on both curves, so quiet stretches, where any offset would do,
//! count for nothing.

use kairos_dtw::Streaming;

/// Cost of changing the offset by one bin: viewers don't grow faster or slower within seconds.
const PENALTY: f64 = 1.0;
/// Half-life of what the path remembers, in bins.
const HALF_LIFE: f64 = 240.0;

/// Median offset in bins along the path of `comments` against `content`, weighted by evidence. `prior` is
/// subtracted from each offset's cost, scaled to the curves.
pub(super) fn offset(content: &[f64], comments: &[f64], offsets: usize, prior: &[f64]) -> Option<f64> {
    let mut path = Streaming::new(offsets, 0.5_f64.powf(1.0 / HALF_LIFE), PENALTY).ok()?;
    let mut evidence = vec![0.0; offsets];
    let mut costs = vec![0.0; offsets];
    for (t, &comment) in comments.iter().enumerate() {
        for (offset, cost) in costs.iter_mut().enumerate() {
            let past = t.checked_sub(offset).map(|at| content[at]);
            *cost = past.map_or(super::curve::HIGHEST, |past| {
                (past - comment).abs() + 0.5 * (1.0 - prior.get(offset).copied().unwrap_or(0.0))
            });
        }
        let Ok(Some(step)) = path.push(&costs) else { return None };
        if let Some(at) = t.checked_sub(step.offset) {
            evidence[step.offset] += content[at] * comment;
        }
    }
    median(&evidence)
}

fn median(weights: &[f64]) -> Option<f64> {
    let total: f64 = weights.iter().sum();
    if total <= 0.0 {
        return None;
    }
    let mut below = 0.0;
    for (at, weight) in weights.iter().enumerate() {
        if below + weight >= 0.5 * total {
            return Some(at as f64 + (0.5 * total - below) / weight - 0.5);
        }
        below += weight;
    }
    None
}
