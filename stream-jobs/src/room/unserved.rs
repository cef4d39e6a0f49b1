//! What a room's units went without because a shared encoder was not there in time.
//!
//! Invariant: which these are depended on the clock, so what was once decided is remembered for as long as the room may be built again;
//! it then goes without the same, and waits for everything else.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One of the two times that a unit is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pass {
    /// Provisionally.
    Early,
    /// With its comments.
    Settled,
}

impl Pass {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Early => "early",
            Self::Settled => "settled",
        }
    }
}

/// Units by pass, encoder and reason (`early clip late`), as runs: first and last of each, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Unserved(BTreeMap<String, Vec<(i64, i64)>>);

impl Unserved {
    /// Whether nothing was missed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a unit, which is none before those added.
    pub(super) fn add(&mut self, pass: Pass, encoder: &str, why: &str, unit: i64) {
        let runs = self.0.entry(format!("{} {encoder} {why}", pass.as_str())).or_default();
        match runs.last_mut() {
            Some((_, last)) if unit <= *last => {}
            Some((_, last)) if *last + 1 == unit => *last = unit,
            _ => runs.push((unit, unit)),
        }
    }

    /// Why a unit went without an encoder; `None` where it did not.
    pub(super) fn why(&self, pass: Pass, encoder: &str, unit: i64) -> Option<String> {
        let of = |(key, runs): (&String, &Vec<(i64, i64)>)| {
            let (known, why) = key.strip_prefix(pass.as_str())?.trim_start().rsplit_once(' ')?;
            let after = runs.partition_point(|(first, _)| *first <= unit);
            let holds = runs[..after].last().is_some_and(|(_, last)| unit <= *last);
            (known == encoder && holds).then(|| why.to_owned())
        };
        self.0.iter().find_map(of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_hold_what_was_added_by_pass_and_encoder() {
        let mut unserved = Unserved::default();
        assert!(unserved.is_empty());
        for unit in [3, 4, 5, 9] {
            unserved.add(Pass::Settled, "sentences-spoken", "late", unit);
        }
        unserved.add(Pass::Early, "clip", "overloaded", 4);
        let json = serde_json::to_string(&unserved).unwrap();
        assert_eq!(
            json,
            r#"{"early clip overloaded":[[4,4]],"settled sentences-spoken late":[[3,5],[9,9]]}"#
        );
        let read: Unserved = serde_json::from_str(&json).unwrap();
        let settled = |unit| read.why(Pass::Settled, "sentences-spoken", unit);
        assert_eq!((settled(2), settled(4).as_deref(), settled(6)), (None, Some("late"), None));
        assert_eq!(read.why(Pass::Early, "clip", 4).as_deref(), Some("overloaded"));
        assert_eq!(read.why(Pass::Settled, "clip", 4), None);
        assert_eq!(read.why(Pass::Settled, "sentences", 4), None);
    }
}
