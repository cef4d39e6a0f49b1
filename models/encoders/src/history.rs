//! The last units of a stream, and which of them lie inside windows that end with the newest unit.
//!
//! Windows are nested and given by their lengths. A unit lies in a window when the end of the newest unit is less
//! than the window's length, less half the newest unit, after its own end: for units of one length that is the
//! window in units, rounded (a half goes down), and at least one. Every unit leaves every window once, so the cost
//! of a push does not depend on the length of the windows. Time alone decides: a gap empties the windows.

use std::collections::VecDeque;

/// Units kept at most: for units so short that the longest window holds more, that window is shortened.
pub(crate) const MOST_UNITS: usize = 4_096;

/// Units inside the longest window, oldest first.
#[derive(Clone, Debug)]
pub(crate) struct History<T> {
    units: VecDeque<(i64, T)>,
    /// Number of units dropped so far, so the ordinal of `units[0]`.
    dropped: u64,
    lengths_us: Vec<i64>,
    /// Ordinal of the oldest unit inside each window.
    starts: Vec<u64>,
}

impl<T> History<T> {
    /// An empty history with windows of these lengths in seconds, ascending.
    pub(crate) fn new(lengths_s: &[f64]) -> Self {
        let lengths_us: Vec<i64> = lengths_s.iter().map(|s| (s * 1e6).round() as i64).collect();
        let starts = vec![0; lengths_us.len()];
        Self { units: VecDeque::new(), dropped: 0, lengths_us, starts }
    }

    /// Appends the newest unit; calls `left` with the window and the value of every unit that is in it no more,
    /// short windows first, old units first.
    pub(crate) fn push(&mut self, end_us: i64, duration_us: i64, value: T, mut left: impl FnMut(usize, &T)) {
        self.units.push_back((end_us, value));
        let newest = self.dropped + self.units.len() as u64 - 1;
        let crowded = self.units.len() > MOST_UNITS;
        for (window, (&length_us, start)) in self.lengths_us.iter().zip(&mut self.starts).enumerate() {
            while *start < newest {
                let (unit_end_us, value) = &self.units[(*start - self.dropped) as usize];
                let age_us = end_us.saturating_sub(*unit_end_us);
                let inside =
                    age_us.saturating_mul(2).saturating_add(duration_us.max(0)) < length_us.saturating_mul(2);
                if inside && !(crowded && *start == self.dropped) {
                    break;
                }
                left(window, value);
                *start += 1;
            }
        }
        while self.starts.last().is_none_or(|&start| self.dropped < start) && self.units.len() > 1 {
            self.units.pop_front();
            self.dropped += 1;
        }
    }

    #[cfg(test)]
    fn inside(&self, window: usize) -> impl Iterator<Item = &T> {
        let skip = self.starts.get(window).map_or(0, |start| (start - self.dropped) as usize);
        self.units.iter().skip(skip).map(|(_, value)| value)
    }

    /// Number of units of a length that a window holds when the stream is old enough.
    pub(crate) fn units_of(length_s: f64, unit_s: f64) -> f64 {
        (length_s / unit_s - 0.5).ceil().clamp(1.0, MOST_UNITS as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(unit_s: f64, lengths_s: &[f64], units: i64) -> Vec<usize> {
        let unit_us = (unit_s * 1e6) as i64;
        let mut history = History::new(lengths_s);
        let mut left = vec![0_usize; lengths_s.len()];
        (1..=units).for_each(|i| history.push(i * unit_us, unit_us, i, |window, _| left[window] += 1));
        let inside: Vec<usize> = (0..lengths_s.len()).map(|window| history.inside(window).count()).collect();
        for (inside, left) in inside.iter().zip(left) {
            assert_eq!(inside + left, units as usize);
        }
        inside
    }

    #[test]
    fn windows_hold_their_length_in_units() {
        assert_eq!(counts(2.0, &[2.0, 5.0, 20.0, 180.0], 500), [1, 2, 10, 90]);
        assert_eq!(counts(0.5, &[2.0, 5.0, 20.0, 180.0], 500), [4, 10, 40, 360]);
        assert_eq!(counts(30.0, &[2.0, 5.0, 20.0, 180.0], 500), [1, 1, 1, 6]);
        assert_eq!(counts(0.001, &[180.0], 10_000), [MOST_UNITS]);
        for (unit, length) in [(2.0, 5.0), (0.5, 180.0), (30.0, 20.0), (7.0, 180.0)] {
            let held = counts(unit, &[length], 500)[0] as f64;
            assert_eq!(held, History::<()>::units_of(length, unit), "{length} s in units of {unit} s");
        }
    }

    #[test]
    fn gap_empties_the_windows() {
        let mut history = History::new(&[4.0, 20.0]);
        (1..=10).for_each(|i| history.push(i * 2_000_000, 2_000_000, i, |_, _| {}));
        history.push(100_000_000, 2_000_000, 11, |_, _| {});
        assert_eq!(history.inside(1).copied().collect::<Vec<_>>(), [11]);
        assert_eq!(history.units.len(), 1);
    }
}
