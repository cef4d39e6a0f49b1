//! From what the network says to a probability of a gift and its expected value.
//!
//! Invariants: calibration is monotone in the log odds, so it changes no ranking of probabilities; a fit that isn't
//! possible is the identity; an expected value is finite and 0 or more.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How outcomes were distributed in training. The network says how a pair differs from that.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OutcomeStatistics {
    /// Log odds of a gift.
    pub log_odds: f64,
    /// Mean of the logarithm of a gift's value.
    pub value_mean: f64,
    /// Standard deviation of it, positive.
    pub value_deviation: f64,
    /// Largest value of a gift, positive: the mean of a log-normal is at the mercy of its tail, and no pair is
    /// expected to give more than anybody ever gave.
    pub largest_value: f64,
}

impl Default for OutcomeStatistics {
    fn default() -> Self {
        Self { log_odds: 0.0, value_mean: 0.0, value_deviation: 1.0, largest_value: 1e9 }
    }
}

impl OutcomeStatistics {
    pub(crate) fn is_usable(&self) -> bool {
        let Self { log_odds, value_mean, value_deviation, largest_value } = *self;
        log_odds.is_finite()
            && value_mean.is_finite()
            && value_deviation > 0.0
            && value_deviation.is_finite()
            && largest_value > 0.0
            && largest_value.is_finite()
    }
}

/// `p = sigmoid(scale · log odds + offset)` (Platt), and a factor on the value given a gift.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// Inverse temperature, positive.
    pub scale: f64,
    /// Bias.
    pub offset: f64,
    /// Factor on the value given a gift, positive.
    pub value_scale: f64,
}

impl Default for Calibration {
    fn default() -> Self {
        Self { scale: 1.0, offset: 0.0, value_scale: 1.0 }
    }
}

impl Calibration {
    pub(crate) fn is_usable(&self) -> bool {
        let positive = |value: f64| value > 0.0 && value.is_finite();
        positive(self.scale) && positive(self.value_scale) && self.offset.is_finite()
    }

    /// Calibrated probability of log odds.
    #[must_use]
    pub fn probability(&self, log_odds: f64) -> f64 {
        sigmoid(self.scale * log_odds + self.offset)
    }

    /// The calibration for a world of which only a share `kept` of the negatives was seen: the true odds are `kept`
    /// times those seen (He et al., "Practical Lessons from Predicting Clicks on Ads at Facebook", 2014, section 6.3).
    #[must_use]
    pub fn with_negatives_kept(mut self, kept: f64) -> Self {
        if kept > 0.0 && kept.is_finite() {
            self.offset += kept.ln();
        }
        self
    }

    /// Fits scale and offset to held-out log odds by Newton's method on the cross-entropy, with a weak pull towards
    /// the identity, which keeps separable data finite.
    #[must_use]
    pub fn fit(log_odds: &[f64], gifts: &[bool]) -> Self {
        const PULL: f64 = 1e-4;
        let pairs: Vec<(f64, f64)> = log_odds
            .iter()
            .zip(gifts)
            .filter(|(x, _)| x.is_finite())
            .map(|(&x, &is)| (x, f64::from(u8::from(is))))
            .collect();
        let count = pairs.len().max(1) as f64;
        let cost = |scale: f64, offset: f64| {
            let sum: f64 = pairs.iter().map(|&(x, y)| cross_entropy(scale * x + offset, y)).sum();
            sum / count + 0.5 * PULL * ((scale - 1.0).powi(2) + offset.powi(2))
        };
        let (mut scale, mut offset) = (1.0, 0.0);
        for _ in 0..50 {
            let mut slope = [PULL * (scale - 1.0), PULL * offset];
            let mut bend = [PULL, 0.0, PULL];
            for &(x, y) in &pairs {
                let p = sigmoid(scale * x + offset);
                let (first, second) = ((p - y) / count, p * (1.0 - p) / count);
                slope = [slope[0] + first * x, slope[1] + first];
                bend = [bend[0] + second * x * x, bend[1] + second * x, bend[2] + second];
            }
            let determinant = bend[0] * bend[2] - bend[1] * bend[1];
            let move_scale = (bend[2] * slope[0] - bend[1] * slope[1]) / determinant;
            let move_offset = (bend[0] * slope[1] - bend[1] * slope[0]) / determinant;
            let before = cost(scale, offset);
            let shorter = std::iter::successors(Some(1.0), |step| Some(step * 0.5)).take(20);
            let next = shorter.map(|step| (scale - step * move_scale, offset - step * move_offset));
            let Some(next) = next.into_iter().find(|next| next.0 > 0.0 && cost(next.0, next.1) <= before)
            else {
                break;
            };
            let moved = (next.0 - scale).abs() + (next.1 - offset).abs();
            (scale, offset) = next;
            if moved < 1e-10 {
                break;
            }
        }
        let fitted = Self { scale, offset, value_scale: 1.0 };
        if fitted.is_usable() { fitted } else { Self::default() }
    }
}

/// Mean of a log-normal gift, `exp(mu + sigma² / 2)`, at most `largest`.
pub(crate) fn log_normal_mean(mu: f64, sigma: f64, largest: f64) -> f64 {
    (mu + 0.5 * sigma * sigma).min(largest.ln()).exp()
}

pub(crate) fn sigmoid(x: f64) -> f64 {
    if x >= 0.0 { 1.0 / (1.0 + (-x).exp()) } else { x.exp() / (1.0 + x.exp()) }
}

/// Binary cross-entropy of log odds against a target in `0..=1`.
pub(crate) fn cross_entropy(log_odds: f64, target: f64) -> f64 {
    log_odds.max(0.0) - log_odds * target + (-log_odds.abs()).exp().ln_1p()
}

#[cfg(test)]
mod tests {
    use super::{Calibration, sigmoid};

    #[test]
    fn overconfident_odds_are_brought_back() {
        // Of a thousand pairs at each x, the share of gifts is sigmoid(x / 2 - 1).
        let (mut odds, mut gifts) = (Vec::new(), Vec::new());
        for at in -20..=20 {
            let x = f64::from(at) / 5.0;
            let positive = (1000.0 * sigmoid(0.5 * x - 1.0)).round() as usize;
            odds.extend(std::iter::repeat_n(x, 1000));
            gifts.extend((0..1000).map(|i| i < positive));
        }
        let fitted = Calibration::fit(&odds, &gifts);
        assert!((fitted.scale - 0.5).abs() < 0.01 && (fitted.offset + 1.0).abs() < 0.01, "{fitted:?}");
    }

    #[test]
    fn left_out_negatives_lower_the_odds_by_their_share() {
        // 10 gifts and 90 others; a tenth of the others was kept, so odds seen are 10 : 9.
        let seen = Calibration::default().with_negatives_kept(0.1);
        assert!((seen.probability((10.0_f64 / 9.0).ln()) - 0.1).abs() < 1e-12);
        assert_eq!(Calibration::default().with_negatives_kept(0.0), Calibration::default());
    }

    #[test]
    fn separable_and_empty_outcomes_stay_finite() {
        let fitted = Calibration::fit(&[-1.0, 1.0], &[false, true]);
        assert!(fitted.is_usable() && fitted.scale > 1.0, "{fitted:?}");
        assert_eq!(Calibration::fit(&[], &[]), Calibration::default());
        assert!(Calibration::fit(&[1.0, 2.0], &[true, false]).is_usable());
    }
}
