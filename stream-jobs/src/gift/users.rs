//! Past acts of users, in all rooms.
//!
//! Invariants: bounded per user and in all, the longest inactive go first (ties by id); a watch is known from its end on;
//! a streamer's name is kept once, however many acts name it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use kairos_gifting::Event;
use serde::{Deserialize, Serialize};

use super::act::{Act, What};
use crate::graph::id_of;

/// One past act towards a streamer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Past {
    #[serde(with = "name")]
    streamer: Arc<str>,
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
#[serde(from = "Stored")]
pub struct Users {
    all: BTreeMap<String, User>,
    #[serde(skip)]
    streamers: BTreeSet<Arc<str>>,
}

/// [`Users`] as they were written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    all: BTreeMap<String, User>,
}

impl From<Stored> for Users {
    fn from(stored: Stored) -> Self {
        let mut users = Self { all: stored.all, streamers: BTreeSet::new() };
        for past in users.all.values_mut().flat_map(|user| user.past.iter_mut()) {
            past.streamer = once(&mut users.streamers, &past.streamer);
        }
        users
    }
}

/// A shared name is written as the text that it is.
mod name {
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(name: &Arc<str>, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(name)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Arc<str>, D::Error> {
        String::deserialize(from).map(Arc::from)
    }
}

fn once(known: &mut BTreeSet<Arc<str>>, name: &str) -> Arc<str> {
    if let Some(known) = known.get(name) {
        return Arc::clone(known);
    }
    let name: Arc<str> = name.into();
    known.insert(Arc::clone(&name));
    name
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
        user.past.insert(place, Past { streamer: once(&mut self.streamers, streamer), at_us, weight });
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
            self.streamers.retain(|name| Arc::strong_count(name) > 1);
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
    fn users_come_back_as_they_were_with_each_name_once() {
        let mut users = Users::default();
        for n in 0..6 {
            let gift = Act {
                user: format!("u{}", n % 2),
                id: String::new(),
                at_us: n,
                what: What::Gift { streamer: None, count: 1, value: 1.0 },
            };
            users.observe(&gift, if n < 3 { "one" } else { "two" }, 9, 9);
        }
        let text = serde_json::to_string(&users).unwrap();
        assert!(text.starts_with(r#"{"all":{"u0":{"past":[{"streamer":"one""#), "{text}");
        let back: Users = serde_json::from_str(&text).unwrap();
        assert_eq!(back, users);
        assert!(
            back.streamers.iter().all(|name| Arc::strong_count(name) == 4),
            "three acts each, and the list"
        );
    }

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
