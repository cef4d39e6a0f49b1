//! A gift on its way into the graph, and what it sums to on an edge.
//!
//! Invariants: time is counted in whole seconds, the floor of the gift's microseconds; the sum of an edge is the same
//! in whatever order its gifts come, up to the rounding of sums; no clock is read.

use bytemuck::{Pod, Zeroable};

use crate::{Basis, Error, GraphConfig};

/// One gift event. Whether an event was seen before is the caller's to know.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gift<'a> {
    /// The giver's platform id. A number is the same as its decimal text.
    pub user: &'a str,
    /// The receiver's platform id.
    pub streamer: &'a str,
    /// Items given, at least 1.
    pub count: u32,
    /// Value of all of them, in the caller's currency, not negative.
    pub value: f64,
    /// When, microseconds (Unix, or of any other fixed origin), not negative.
    pub at_us: i64,
}

impl Gift<'_> {
    /// Checks the fields; the gift as the sum of an edge that holds it alone.
    pub(crate) fn edge(&self, basis: Basis) -> Result<Edge, Error> {
        let bad = |field, problem: String| Error::Gift {
            user: self.user.to_owned(),
            streamer: self.streamer.to_owned(),
            field,
            problem,
        };
        if self.user.is_empty() {
            return Err(bad("user", "is empty".to_owned()));
        }
        if self.streamer.is_empty() {
            return Err(bad("streamer", "is empty".to_owned()));
        }
        if self.count == 0 {
            return Err(bad("count", "is 0".to_owned()));
        }
        if !(0.0..=1e15).contains(&self.value) {
            return Err(bad("value", format!("is {}, must be 0 to 1e15", self.value)));
        }
        let last = seconds(self.at_us)
            .ok_or_else(|| bad("at_us", format!("is {}, must be 0 to {}", self.at_us, LAST_US)))?;
        let mass = match basis {
            Basis::Value => self.value,
            Basis::Count => f64::from(self.count),
        };
        Ok(Edge { last, count: self.count, value: self.value, mass })
    }
}

/// The last microsecond that fits, in the year 2106 for Unix time.
const LAST_US: i64 = (u32::MAX as i64 + 1) * 1_000_000 - 1;

/// Whole seconds of a time; `None` when it does not fit.
pub(crate) fn seconds(at_us: i64) -> Option<u32> {
    u32::try_from(at_us.div_euclid(1_000_000)).ok()
}

/// All gifts of one user to one streamer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct Edge {
    /// Second of the last gift.
    pub last: u32,
    /// Items given, all time.
    pub count: u32,
    /// Value given, all time.
    pub value: f64,
    /// Decayed value or count ([`Basis`]) as of `last`.
    pub mass: f64,
}

impl Edge {
    /// Adds the gifts of another sum; decayed to the later of both times.
    pub(crate) fn add(&mut self, other: &Self, decay: Decay) {
        let last = self.last.max(other.last);
        self.mass = self.mass * decay.factor(self.last, last) + other.mass * decay.factor(other.last, last);
        self.last = last;
        self.count = self.count.saturating_add(other.count);
        self.value += other.value;
    }
}

/// Exponential decay with a half-life.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Decay {
    half_lives_per_second: f64,
}

impl Decay {
    pub(crate) fn new(config: &GraphConfig) -> Self {
        let half_lives_per_second = match config.half_life_hours > 0.0 {
            true => 1.0 / (config.half_life_hours * 3600.0),
            false => 0.0,
        };
        Self { half_lives_per_second }
    }

    /// What is left at `to` of one unit at `from`; more than one unit when `to` is earlier.
    pub(crate) fn factor(self, from: u32, to: u32) -> f64 {
        if from == to || self.half_lives_per_second == 0.0 {
            return 1.0;
        }
        // Past a thousand half-lives nothing is left, and the other way the sum would overflow.
        ((f64::from(from) - f64::from(to)) * self.half_lives_per_second).clamp(-1000.0, 960.0).exp2()
    }

    /// w_UA = ln(1 + decayed sum at `as_of`).
    pub(crate) fn weight(self, last: u32, mass: f64, as_of: u32) -> f32 {
        (mass * self.factor(last, as_of)).ln_1p() as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gift_weighs_half_after_its_half_life() {
        let decay = Decay::new(&GraphConfig { half_life_hours: 1.0, ..GraphConfig::default() });
        assert_eq!(decay.factor(0, 3600), 0.5);
        assert_eq!(decay.factor(3600, 0), 2.0);
        assert_eq!(decay.weight(0, 6.0, 3600), 4f32.ln());
        let never = Decay::new(&GraphConfig { half_life_hours: 0.0, ..GraphConfig::default() });
        assert_eq!(never.factor(0, u32::MAX), 1.0);
    }

    #[test]
    fn order_of_gifts_does_not_matter() {
        let config = GraphConfig { half_life_hours: 2.0, ..GraphConfig::default() };
        let decay = Decay::new(&config);
        let gift =
            |at_us, value| Gift { user: "u", streamer: "a", count: 1, value, at_us }.edge(Basis::Value);
        let mut sums = Vec::new();
        for times in [[0, 5_000, 9_000], [9_000, 0, 5_000]] {
            let mut sum = Edge::default();
            for at in times {
                sum.add(&gift(at * 1_000_000, at as f64 + 1.0).unwrap(), decay);
            }
            sums.push(sum);
        }
        assert!((sums[0].mass - sums[1].mass).abs() < 1e-9);
        assert_eq!((sums[0].last, sums[0].count, sums[0].value), (9_000, 3, 14_003.0));
    }

    #[test]
    fn a_gift_that_cannot_be_an_edge_says_why() {
        let gift = Gift { user: "u", streamer: "a", count: 1, value: 1.0, at_us: 0 };
        let said = |gift: Gift<'_>| gift.edge(Basis::Value).unwrap_err().to_string();
        assert_eq!(
            said(Gift { at_us: -1, ..gift }),
            format!("gift of user \"u\" to streamer \"a\": at_us is -1, must be 0 to {LAST_US}")
        );
        assert!(said(Gift { value: f64::NAN, ..gift }).contains("value is NaN"));
        assert!(said(Gift { count: 0, ..gift }).contains("count is 0"));
        assert!(said(Gift { user: "", ..gift }).contains("user is empty"));
    }
}
