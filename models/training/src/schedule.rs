//! Learning rate over the steps of a training: linear warm-up, then half a cosine.
//!
//! Invariants: the rate is positive at every step and depends on the step's number alone.

/// Linear warm-up to `peak`, then a cosine down to `floor`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WarmupCosine {
    /// Highest rate.
    pub peak: f64,
    /// Rate at the last step and after it.
    pub floor: f64,
    /// Steps until `peak` is reached.
    pub warmup: usize,
    /// Steps in all.
    pub total: usize,
}

impl WarmupCosine {
    /// Rate of step `step`, counted from 0.
    #[must_use]
    pub fn rate(&self, step: usize) -> f64 {
        if step < self.warmup {
            return self.peak * (step + 1) as f64 / self.warmup as f64;
        }
        let rest = self.total.saturating_sub(self.warmup).max(1);
        let done = ((step - self.warmup) as f64 / rest as f64).min(1.0);
        self.floor + (self.peak - self.floor) * 0.5 * (1.0 + (std::f64::consts::PI * done).cos())
    }
}

#[cfg(test)]
mod tests {
    use super::WarmupCosine;

    #[test]
    fn rate_rises_to_the_peak_and_falls_to_the_floor() {
        let schedule = WarmupCosine { peak: 1.0, floor: 0.1, warmup: 4, total: 20 };
        let rates: Vec<f64> = (0..30).map(|step| schedule.rate(step)).collect();
        assert_eq!((rates[0], rates[3], rates[4]), (0.25, 1.0, 1.0));
        assert!(rates[..4].is_sorted() && rates[4..].windows(2).all(|pair| pair[0] >= pair[1]));
        assert!((rates[12] - 0.55).abs() < 1e-12 && (rates[29] - 0.1).abs() < 1e-12);
    }
}
