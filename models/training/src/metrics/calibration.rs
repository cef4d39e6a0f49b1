//! Whether scores can be read as probabilities.
//!
//! Invariants: scores are probabilities in `0..=1`, else there is no value; equal scores share a bin.

use super::{ascending, comparable, mean};

/// How scores are divided into bins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Binning {
    /// `(0, 1/n]`, `(1/n, 2/n]` and so on, 0 itself in the first (Guo et al., "On Calibration of Modern Neural
    /// Networks", ICML 2017, section 2).
    EqualWidth,
    /// About the same number of scores in each, lowest first (Nguyen and O'Connor, "Posterior calibration and
    /// exploratory analysis for natural language processing models", EMNLP 2015). A run of equal scores stays
    /// together, so bins may be fewer than asked for.
    EqualMass,
}

/// One point of a reliability diagram.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReliabilityBin {
    /// Mean score in the bin.
    pub mean_score: f64,
    /// Share of positives in it.
    pub positive_share: f64,
    /// Scores in it, at least 1.
    pub count: usize,
}

/// The points of a reliability diagram, lowest scores first; empty bins are left out.
#[must_use]
pub fn reliability(
    scores: &[f64],
    positive: &[bool],
    bins: usize,
    binning: Binning,
) -> Option<Vec<ReliabilityBin>> {
    if bins == 0 || !probabilities(scores, positive) {
        return None;
    }
    let order = ascending(scores);
    let mut points = Vec::new();
    let mut start = 0;
    while start < order.len() {
        let end = match binning {
            Binning::EqualWidth => end_by_width(&order, start, scores, bins),
            Binning::EqualMass => end_by_mass(&order, start, scores, bins),
        };
        let inside = &order[start..end];
        let positives = inside.iter().filter(|&&at| positive[at]).count();
        points.push(ReliabilityBin {
            mean_score: inside.iter().map(|&at| scores[at]).sum::<f64>() / inside.len() as f64,
            positive_share: positives as f64 / inside.len() as f64,
            count: inside.len(),
        });
        start = end;
    }
    Some(points)
}

/// First position past the bin of equal width that `start` is in.
fn end_by_width(order: &[usize], start: usize, scores: &[f64], bins: usize) -> usize {
    let score = scores[order[start]];
    // The smallest edge that isn't below the score; rounding of the product may miss it by one.
    let mut edge = ((score * bins as f64) as usize).saturating_sub(1).max(1);
    while edge < bins && (edge as f64 / bins as f64) < score {
        edge += 1;
    }
    let upper = if edge >= bins { 1.0 } else { edge as f64 / bins as f64 };
    start + order[start..].partition_point(|&at| scores[at] <= upper)
}

/// First position past the bin of equal mass that `start` is in.
fn end_by_mass(order: &[usize], start: usize, scores: &[f64], bins: usize) -> usize {
    let count = order.len() as u128;
    let bin = start as u128 * bins as u128 / count;
    let target = ((bin + 1) * count).div_ceil(bins as u128).min(count) as usize;
    let last = scores[order[target.max(start + 1) - 1]];
    start + order[start..].partition_point(|&at| scores[at] <= last)
}

/// Expected calibration error: the mean of |mean score - share of positives| over the bins, weighted by count
/// (Naeini, Cooper and Hauskrecht, "Obtaining Well Calibrated Probabilities Using Bayesian Binning", AAAI 2015).
/// In `0..=1`, 0 when calibrated.
#[must_use]
pub fn expected_calibration_error(
    scores: &[f64],
    positive: &[bool],
    bins: usize,
    binning: Binning,
) -> Option<f64> {
    let points = reliability(scores, positive, bins, binning)?;
    let gap = |bin: &ReliabilityBin| bin.count as f64 * (bin.mean_score - bin.positive_share).abs();
    Some(points.iter().map(gap).sum::<f64>() / scores.len() as f64)
}

/// Mean squared difference of score and truth (Brier, "Verification of forecasts expressed in terms of
/// probability", 1950, halved as is usual for two classes). In `0..=1`, 0 when perfect.
#[must_use]
pub fn brier_score(scores: &[f64], positive: &[bool]) -> Option<f64> {
    if !probabilities(scores, positive) {
        return None;
    }
    mean(scores.iter().zip(positive).map(|(score, &is)| (score - f64::from(u8::from(is))).powi(2)))
}

/// Mean negative log-likelihood of the truth in nats. Scores are kept 2.2e-16 (the precision of 64-bit numbers)
/// away from 0 and 1, so that a wrong certainty costs 36 and not infinity.
#[must_use]
pub fn log_loss(scores: &[f64], positive: &[bool]) -> Option<f64> {
    if !probabilities(scores, positive) {
        return None;
    }
    let cost = |(&score, &is): (&f64, &bool)| {
        let score = score.clamp(f64::EPSILON, 1.0 - f64::EPSILON);
        if is { -score.ln() } else { -(-score).ln_1p() }
    };
    mean(scores.iter().zip(positive).map(cost))
}

fn probabilities(scores: &[f64], positive: &[bool]) -> bool {
    comparable(scores, positive) && scores.iter().all(|score| (0.0..=1.0).contains(score))
}
