//! How long is waited before connecting again: doubling, capped, with jitter, so that rooms that lost the same server
//! don't come back all at once.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};

use crate::options::{CaptureOptions, wait};

/// Attempts in a row.
#[derive(Debug)]
pub(crate) struct Backoff {
    first: Duration,
    longest: Duration,
    waits: ExponentialBackoff,
    attempts: u32,
}

impl Backoff {
    pub(crate) fn new(options: &CaptureOptions) -> Self {
        let (first, longest) = (wait(options.backoff_min_ms), wait(options.backoff_max_ms));
        Self { first, longest, waits: waits(first, longest), attempts: 0 }
    }

    /// It worked: the next wait is the first again.
    pub(crate) fn reset(&mut self) {
        self.waits = waits(self.first, self.longest);
        self.attempts = 0;
    }

    /// Number of the next attempt, from 1, and how long to wait before it.
    pub(crate) fn next(&mut self) -> (u32, Duration) {
        self.attempts = self.attempts.saturating_add(1);
        (self.attempts, self.waits.next().unwrap_or(self.longest).min(self.longest))
    }
}

fn waits(first: Duration, longest: Duration) -> ExponentialBackoff {
    // Jitter adds up to the wait itself, so half of each is asked for.
    let (first, longest) = (first / 2, longest / 2);
    ExponentialBuilder::new()
        .with_min_delay(first)
        .with_max_delay(longest)
        .without_max_times()
        .with_jitter()
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_cap_with_jitter() {
        let options =
            CaptureOptions { backoff_min_ms: 100, backoff_max_ms: 2_000, ..CaptureOptions::default() };
        let mut backoff = Backoff::new(&options);
        let mut waits = Vec::new();
        for attempt in 1..=200 {
            let (number, wait) = backoff.next();
            assert_eq!(number, attempt);
            let expected =
                Duration::from_millis(50).saturating_mul(1 << (attempt - 1).min(10)).min(options_half());
            assert!(wait >= expected && wait <= expected * 2, "{attempt}: {wait:?}");
            waits.push(wait);
        }
        let capped = &waits[20..];
        assert!(capped.iter().any(|wait| *wait != capped[0]), "jitter at the cap too");
        backoff.reset();
        assert!(backoff.next().1 <= Duration::from_millis(100));
    }

    fn options_half() -> Duration {
        Duration::from_millis(1_000)
    }
}
