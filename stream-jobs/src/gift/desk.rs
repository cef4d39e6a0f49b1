//! Acts of one room on their way into predictions: held until the unit that they belong to is settled.
//!
//! A room's job tells of acts when they arrive and of a unit when everything about it is there. A prediction as of the
//! unit's end may know what was done before that end and nothing later, however early it arrived. Invariants: every act
//! is handed out once, in order of time, or it was told twice; an act that is late is handed out with the next unit.

use std::collections::{BTreeMap, BTreeSet};

use kairos_timeline::Span;
use serde::{Deserialize, Serialize};

use super::act::{Act, Order, What};
use crate::room::SettledFeatures;

/// Gifts that are remembered to tell repeated ones.
const REMEMBERED: usize = 8_192;

/// Acts that wait.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Desk {
    /// Acts by their order.
    #[serde(with = "as_list")]
    waiting: BTreeMap<Order, Act>,
    /// Gifts handed out, the newest.
    gifts: BTreeSet<Order>,
    /// End of the last unit handed out, Unix microseconds.
    closed_us: Option<i64>,
}

/// A unit that was closed, and what was done before its end.
#[derive(Debug, Clone, PartialEq)]
pub struct Closed {
    /// Acts since the last one.
    pub acts: Vec<Act>,
    /// Media time of the unit's start, microseconds.
    pub media_us: i64,
    /// Wall time of its end, Unix microseconds.
    pub end_us: i64,
}

impl Desk {
    /// Takes an act.
    pub fn add(&mut self, act: Act) {
        let order = act.order();
        if !self.gifts.contains(&order) {
            self.waiting.insert(order, act);
        }
    }

    /// A unit is settled. `None` if it has no place in time, or was closed before.
    pub fn close(&mut self, unit: &SettledFeatures, length: Span) -> Option<Closed> {
        let end_us = unit.ends_at?.as_micros();
        if self.closed_us.is_some_and(|closed| end_us <= closed) {
            return None;
        }
        self.closed_us = Some(end_us);
        let later = self.waiting.split_off(&(end_us, 0, String::new()));
        let due = std::mem::replace(&mut self.waiting, later);
        Some(Closed { acts: self.hand_out(due), media_us: length.times(unit.index).as_micros(), end_us })
    }

    /// Everything that waits: the room is closed.
    pub fn rest(&mut self) -> Vec<Act> {
        let due = std::mem::take(&mut self.waiting);
        self.closed_us = None;
        self.hand_out(due)
    }

    /// Takes an act that may be none.
    pub fn extend(&mut self, act: Option<Act>) {
        if let Some(act) = act {
            self.add(act);
        }
    }

    /// Acts that wait.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    fn hand_out(&mut self, due: BTreeMap<Order, Act>) -> Vec<Act> {
        for (order, act) in &due {
            if let What::Gift { .. } = act.what {
                self.gifts.insert(order.clone());
            }
        }
        while self.gifts.len() > REMEMBERED {
            self.gifts.pop_first();
        }
        due.into_values().collect()
    }
}

mod as_list {
    use super::{Act, BTreeMap, Deserialize, Order};
    use serde::{Deserializer, Serialize, Serializer};

    pub fn serialize<S: Serializer>(waiting: &BTreeMap<Order, Act>, to: S) -> Result<S::Ok, S::Error> {
        waiting.values().collect::<Vec<_>>().serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<Order, Act>, D::Error> {
        let acts = Vec::<Act>::deserialize(from)?;
        Ok(acts.into_iter().map(|act| (act.order(), act)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kairos_highlight::UnitFeatures;
    use kairos_timeline::WallTime;

    fn gift(id: &str, at_us: i64) -> Act {
        let what = What::Gift { count: 1, value: 1.0, streamer: None };
        Act { user: "u".to_owned(), id: id.to_owned(), at_us, what }
    }

    fn unit(index: i64) -> SettledFeatures {
        SettledFeatures {
            index,
            features: UnitFeatures::default(),
            comments: 0,
            words: Vec::new(),
            ends_at: Some(WallTime::from_micros((index + 1) * 2_000_000)),
            positions: None,
        }
    }

    #[test]
    fn a_prediction_knows_nothing_from_after_its_unit() {
        let mut desk = Desk::default();
        desk.add(gift("later", 2_000_000));
        desk.add(gift("now", 1_999_999));
        let ids = |closed: Option<Closed>| -> Vec<String> {
            closed.unwrap().acts.into_iter().map(|act| act.id).collect()
        };
        let length = Span::from_millis(2_000);
        assert_eq!(ids(desk.close(&unit(0), length)), ["now"]);
        desk.add(gift("late", 1_000_000));
        assert_eq!(ids(desk.close(&unit(1), length)), ["late", "later"]);
    }

    #[test]
    fn a_gift_that_is_told_twice_counts_once() {
        let mut desk = Desk::default();
        let length = Span::from_millis(2_000);
        desk.add(gift("a", 1));
        assert_eq!(desk.close(&unit(0), length).unwrap().acts.len(), 1);
        desk.add(gift("a", 1));
        assert!(desk.close(&unit(0), length).is_none(), "the unit is closed");
        assert!(desk.close(&unit(1), length).unwrap().acts.is_empty());
        let kept = serde_json::to_string(&desk).unwrap();
        assert_eq!(serde_json::from_str::<Desk>(&kept).unwrap(), desk);
    }
}
