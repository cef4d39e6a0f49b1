//! Platt calibration, so that 0.8 means the same in every room.
//!
//! Invariants: calibration is monotone, so it changes no ranking; a fit that isn't possible is the identity.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `p = sigmoid(scale · logit + offset)`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// Inverse temperature, positive.
    pub scale: f64,
    /// Bias.
    pub offset: f64,
}

impl Default for Calibration {
    fn default() -> Self {
        Self { scale: 1.0, offset: 0.0 }
    }
}

/// What several opinions on one unit come to: the mean of their log odds; 0.5 of none. A unit that lies far back in
/// the look-back window is seen less sharply, and what was thought of it when it was nearer still counts.
#[must_use]
pub fn agreed_score(opinions: &[f64]) -> f64 {
    // Beyond these, log odds say nothing that a score of six digits shows.
    let odds = |p: &f64| {
        let p = p.clamp(1e-7, 1.0 - 1e-7);
        (p / (1.0 - p)).ln()
    };
    sigmoid(opinions.iter().map(odds).sum::<f64>() / opinions.len().max(1) as f64)
}

impl Calibration {
    /// Calibrated probability of a logit.
    #[must_use]
    pub fn probability(&self, logit: f64) -> f64 {
        sigmoid(self.scale * logit + self.offset)
    }

    /// Fits scale and offset to held-out logits and their targets in `0..=1` by Newton's method on the cross-entropy
    /// with a weak pull towards the identity, which keeps separable data finite.
    #[must_use]
    pub fn fit(logits: &[f64], targets: &[f64]) -> Self {
        const PULL: f64 = 1e-3;
        let pairs: Vec<(f64, f64)> = logits
            .iter()
            .copied()
            .zip(targets.iter().copied())
            .filter(|(x, y)| x.is_finite() && (0.0..=1.0).contains(y))
            .collect();
        if pairs.is_empty() {
            return Self::default();
        }
        let count = pairs.len() as f64;
        let loss = |it: Self| {
            let sum: f64 = pairs.iter().map(|&(x, y)| cross_entropy(it.scale * x + it.offset, y)).sum();
            sum / count + 0.5 * PULL * ((it.scale - 1.0).powi(2) + it.offset.powi(2))
        };
        let mut fitted = Self::default();
        for _ in 0..100 {
            let (mut ga, mut gb) = (PULL * (fitted.scale - 1.0), PULL * fitted.offset);
            let (mut haa, mut hab, mut hbb) = (PULL, 0.0, PULL);
            for &(x, y) in &pairs {
                let p = fitted.probability(x);
                let (slope, bend) = ((p - y) / count, p * (1.0 - p) / count);
                ga += slope * x;
                gb += slope;
                haa += bend * x * x;
                hab += bend * x;
                hbb += bend;
            }
            let determinant = haa * hbb - hab * hab;
            let (da, db) = ((hbb * ga - hab * gb) / determinant, (haa * gb - hab * ga) / determinant);
            let before = loss(fitted);
            let mut step = 1.0;
            let mut next = fitted;
            while step > 1e-6 {
                next = Self { scale: fitted.scale - step * da, offset: fitted.offset - step * db };
                if next.scale > 0.0 && loss(next) <= before {
                    break;
                }
                step *= 0.5;
            }
            if step <= 1e-6 || !next.is_usable() {
                break;
            }
            let moved = (next.scale - fitted.scale).abs() + (next.offset - fitted.offset).abs();
            fitted = next;
            if moved < 1e-10 {
                break;
            }
        }
        fitted
    }

    pub(crate) fn is_usable(&self) -> bool {
        self.scale > 0.0 && self.scale.is_finite() && self.offset.is_finite()
    }
}

fn sigmoid(x: f64) -> f64 {
    if x >= 0.0 { 1.0 / (1.0 + (-x).exp()) } else { x.exp() / (1.0 + x.exp()) }
}

/// Binary cross-entropy of a logit against a target in `0..=1`.
pub(crate) fn cross_entropy(logit: f64, target: f64) -> f64 {
    logit.max(0.0) - logit * target + (-logit.abs()).exp().ln_1p()
}

#[cfg(test)]
mod tests {
    use super::Calibration;

    #[test]
    fn overconfident_logits_are_brought_back() {
        // The truth follows sigmoid(x / 3 - 1); the logits claim sigmoid(x).
        let logits: Vec<f64> = (-60..=60).map(|at| f64::from(at) / 10.0).collect();
        let truth = Calibration { scale: 1.0 / 3.0, offset: -1.0 };
        let targets: Vec<f64> = logits.iter().map(|&x| truth.probability(x)).collect();
        let fitted = Calibration::fit(&logits, &targets);
        assert!((fitted.scale - truth.scale).abs() < 0.02, "{fitted:?}");
        assert!((fitted.offset - truth.offset).abs() < 0.03, "{fitted:?}");
    }

    #[test]
    fn separable_and_empty_data_stay_finite() {
        let fitted = Calibration::fit(&[-1.0, 1.0], &[0.0, 1.0]);
        assert!(fitted.is_usable() && fitted.scale > 1.0, "{fitted:?}");
        assert_eq!(Calibration::fit(&[], &[]), Calibration::default());
        assert!(Calibration::fit(&[1.0, 2.0], &[1.0, 0.0]).is_usable());
    }
}
