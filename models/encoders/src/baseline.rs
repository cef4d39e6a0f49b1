//! Causal running baselines: how a value compares with what the stream has shown so far.
//!
//! A baseline is an exponential average over media time, corrected for its start, so that a long and a short
//! unit weigh by their length. A comparison never includes the value it compares: compare, then update.

/// Exponential average with a time constant.
#[derive(Clone, Debug)]
pub(crate) struct Baseline {
    tau_s: f64,
    weight: f64,
    sum: f64,
}

impl Baseline {
    /// An empty baseline with a time constant in seconds.
    pub(crate) const fn new(tau_s: f64) -> Self {
        Self { tau_s, weight: 0.0, sum: 0.0 }
    }

    /// Mean so far, if anything was seen.
    pub(crate) fn mean(&self) -> Option<f64> {
        (self.weight > 0.0).then(|| self.sum / self.weight)
    }

    /// How far the mean can be trusted: 0 at the start of a stream, 1 after about a quarter of the window.
    fn confidence(&self) -> f64 {
        (self.weight * 4.0).min(1.0)
    }

    /// `ln((value + floor) / (mean + floor))` within -2..=2, drawn to 0 while the baseline is young.
    pub(crate) fn log_ratio(&self, value: f64, floor: f64) -> f32 {
        self.mean().map_or(0.0, |mean| {
            let ratio = ((value + floor) / (mean + floor)).ln();
            (ratio.clamp(-4.0, 4.0) * 0.5 * self.confidence()) as f32
        })
    }

    /// `value - mean`, drawn to 0 while the baseline is young.
    pub(crate) fn difference(&self, value: f64) -> f32 {
        self.mean().map_or(0.0, |mean| ((value - mean) * self.confidence()) as f32)
    }

    /// Takes a value that held for `seconds`.
    pub(crate) fn update(&mut self, value: f64, seconds: f64) {
        let keep = (-seconds / self.tau_s).exp();
        self.weight = self.weight * keep + (1.0 - keep);
        self.sum = self.sum * keep + value * (1.0 - keep);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steady_value_is_its_own_baseline() {
        let mut baseline = Baseline::new(60.0);
        assert_eq!(baseline.log_ratio(3.0, 0.1), 0.0);
        for _ in 0..50 {
            baseline.update(3.0, 2.0);
        }
        assert!((baseline.mean().unwrap() - 3.0).abs() < 1e-9);
        assert!(baseline.log_ratio(3.0, 0.1).abs() < 1e-6);
        assert!(baseline.log_ratio(30.0, 0.1) > 0.9);
    }

    #[test]
    fn one_long_unit_weighs_as_much_as_many_short_ones() {
        let (mut long, mut short) = (Baseline::new(60.0), Baseline::new(60.0));
        long.update(1.0, 20.0);
        long.update(5.0, 20.0);
        (0..10).for_each(|_| short.update(1.0, 2.0));
        (0..10).for_each(|_| short.update(5.0, 2.0));
        assert!((long.mean().unwrap() - short.mean().unwrap()).abs() < 1e-9);
    }
}
