//! The comment lag that is applied, following the lag that is estimated.
//!
//! An estimate may jump; the border between units may not, or one unit would swallow the comments of ten. So
//! the applied lag moves towards the estimate by at most half a unit per unit.

use kairos_timeline::Span;

/// The applied comment lag of one room.
#[derive(Debug, Clone)]
pub struct AppliedLag {
    current: Span,
    target: Span,
    step: Span,
}

impl AppliedLag {
    /// Starts at `default` and moves by at most half of `unit` per unit.
    pub fn new(default: Span, unit: Span) -> Self {
        Self { current: default, target: default, step: Span::from_micros(unit.as_micros() / 2) }
    }

    /// Follows this lag from now on. Never negative: nobody reacts before it happens.
    pub fn follow(&mut self, lag: Span) {
        self.target = lag.max(Span::ZERO);
    }

    /// The lag for the next unit.
    pub fn next(&mut self) -> Span {
        let way = (self.target - self.current).clamp(-self.step, self.step);
        self.current = self.current + way;
        self.current
    }

    /// The lag that `next` would give, without moving.
    pub fn peek(&self) -> Span {
        self.current + (self.target - self.current).clamp(-self.step, self.step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_applied_lag_follows_in_small_steps() {
        let mut lag = AppliedLag::new(Span::ZERO, Span::from_millis(2_000));
        lag.follow(Span::from_millis(2_500));
        let steps: Vec<i64> = (0..4).map(|_| lag.next().as_micros() / 1_000).collect();
        assert_eq!(steps, [1_000, 2_000, 2_500, 2_500]);
        lag.follow(Span::from_millis(-3_000));
        assert_eq!(lag.peek(), Span::from_millis(1_500));
    }
}
