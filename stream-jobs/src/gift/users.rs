//! Past acts of users, in all rooms.
//!
//! Invariants: bounded per user and in all, the longest inactive go first (ties by id); a watch is known from its end on.

use std::collections::{BTreeMap, VecDeque};

use kairos_gifting::Event;
use serde::{Deserialize, Serialize};

use super::act::{Act, What};
use crate::graph::id_of;

/// One past act towards a streamer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Past {
    streamer: String,
    at_us: i64,
    /// Of a gift one and its dollars, of a watch a tenth of its minutes.
    weight: f32,
}

/// One user.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct User {
    /// In order of time.
    past: VecDeque<Past>,
    /// Gifts ever.
    pub gifts: u32,
    /// Value given ever, United States dollars.
    pub value: f64,
    last_us: i64,
}

/// All users.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Users {
    all: BTreeMap<String, User>,
}

impl User {
    /// Past acts before a moment, as a ranker reads them.
    pub fn history(&self, before_us: i64) -> Vec<Event> {
        let past = self.past.iter().take_while(|past| past.at_us < before_us);
        past.map(|past| Event {
            streamer: id_of(&past.streamer),
            time_s: past.at_us.div_euclid(1_000_000),
            weight: past.weight,
            category: 0,
        })
        .collect()
    }

    /// The streamer of a past act with a ranker's id, and when that was.
    pub fn named(&self, id: u64) -> Option<(&str, i64)> {
        let past = self.past.iter().rev().find(|past| id_of(&past.streamer) == id)?;
        Some((&past.streamer, past.at_us))
    }
}

impl Users {
    /// Takes an act towards a streamer. `longest` acts per user and `most` users are remembered.
    pub fn observe(&mut self, act: &Act, streamer: &str, longest: usize, most: usize) {
        let (at_us, weight) = match &act.what {
            What::Gift { value, .. } => (act.at_us, 1.0 + *value as f32),
            What::Watch(until_us) => (*until_us, (until_us - act.at_us).max(0) as f32 / 600e6),
            What::Click | What::Comment => return,
        };
        let user = self.all.entry(act.user.clone()).or_default();
        if let What::Gift { value, .. } = &act.what {
            user.gifts = user.gifts.saturating_add(1);
            user.value += value;
        }
        user.last_us = user.last_us.max(at_us);
        let place = user.past.partition_point(|past| past.at_us <= at_us);
        user.past.insert(place, Past { streamer: streamer.to_owned(), at_us, weight });
        if user.past.len() > longest {
            user.past.pop_front();
        }
        if self.all.len() > most {
            let mut oldest: Vec<(i64, String)> =
                self.all.iter().map(|(id, user)| (user.last_us, id.clone())).collect();
            oldest.sort_unstable();
            for (_, id) in oldest.into_iter().take(self.all.len() - most + most / 64) {
                self.all.remove(&id);
            }
        }
    }

    /// A user.
    pub fn get(&self, user: &str) -> Option<&User> {
        self.all.get(user)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_watch_is_unknown_until_it_has_ended() {
        let mut users = Users::default();
        let watch = |at_us, until_us| Act {
            user: "u".to_owned(),
            id: String::new(),
            at_us,
            what: What::Watch(until_us),
        };
        users.observe(&watch(0, 60_000_000), "long", 9, 9);
        users.observe(&watch(5_000_000, 10_000_000), "short", 9, 9);
        let user = users.get("u").unwrap();
        assert!(user.history(10_000_000).is_empty());
        assert_eq!(user.history(59_000_000).len(), 1);
        assert_eq!(user.history(61_000_000)[1].streamer, id_of("long"));
    }
}
