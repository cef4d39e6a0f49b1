//! Segments that were left out because their worker was behind.
//!
//! Invariant: which these are depended on the clock, so what was decided once is remembered for as long as a room may be
//! built again from them.

use serde::{Deserialize, Serialize};

/// Offsets of one partition of the media topic, as runs: first and last of each, in order.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LeftOut(Vec<(i64, i64)>);

impl LeftOut {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds an offset, which is after all others.
    pub fn add(&mut self, offset: i64) {
        match self.0.last_mut() {
            Some((_, last)) if *last + 1 == offset => *last = offset,
            _ => self.0.push((offset, offset)),
        }
    }

    /// Whether an offset was left out.
    pub fn holds(&self, offset: i64) -> bool {
        let after = self.0.partition_point(|(first, _)| *first <= offset);
        self.0[..after].last().is_some_and(|(_, last)| offset <= *last)
    }

    /// Forgets what lies before an offset.
    pub fn forget_before(&mut self, offset: i64) {
        self.0.retain(|(_, last)| *last >= offset);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_hold_what_was_added_and_forget_what_is_behind() {
        let mut left = LeftOut::default();
        assert!(left.is_empty());
        [3, 4, 5, 9, 12, 13].into_iter().for_each(|offset| left.add(offset));
        let held: Vec<i64> = (0..20).filter(|offset| left.holds(*offset)).collect();
        assert_eq!(held, [3, 4, 5, 9, 12, 13]);
        assert_eq!(serde_json::to_string(&left).unwrap(), "[[3,5],[9,9],[12,13]]");
        left.forget_before(9);
        assert!(!left.holds(5) && left.holds(9));
        left.forget_before(14);
        assert!(left.is_empty());
    }
}
