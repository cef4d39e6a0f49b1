//! Viewers, users and the gift graph: all that a ranker is told, as of a moment.
//!
//! A pure function of the acts in their order and of the graph it began with: no clock, no map order. Training and
//! serving ask it alike. Invariant: what it tells as of a moment rests on acts up to that moment only, when acts are given
//! in order of time.

use std::collections::BTreeMap;

use kairos_gifting::{Event, Example, Neighbour, Segment, UserInput};
use serde::{Deserialize, Serialize};

use super::act::{Act, What};
use super::users::Users;
use super::viewers::Viewers;
use super::{GiftConfig, side};
use crate::graph::{LiveGraph, id_of};

/// One room.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RoomAudience {
    /// Whose room it is; the room's id where that is unknown.
    pub streamer: String,
    /// Who is there.
    pub viewers: Viewers,
}

/// All that is remembered of people, to be kept and taken up again.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct People {
    /// Past acts.
    pub users: Users,
    /// Rooms by id.
    pub rooms: BTreeMap<String, RoomAudience>,
}

/// People and the graph.
#[derive(Debug)]
pub struct Audience {
    config: GiftConfig,
    /// What is remembered of people.
    pub people: People,
    /// The gift graph.
    pub graph: LiveGraph,
}

/// What is told of a room and of everybody in it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Asked {
    /// Whose room it is.
    pub streamer: String,
    /// Ends of the metapaths from the streamer.
    pub paths: [Vec<Neighbour>; 3],
    /// Side features of the room.
    pub side: Vec<f32>,
    /// Who is there, by id.
    pub viewers: Vec<Candidate>,
}

/// What is told of one viewer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Candidate {
    /// The viewer.
    pub user: String,
    /// What does not depend on the room.
    pub own: Own,
    /// Side features of the viewer in this room.
    pub pair: [f32; side::PAIR],
}

/// What is told of a user in any room.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Own {
    /// Past acts; times are minus the age in seconds, each the least of its bucket.
    pub history: Vec<Event>,
    /// Ends of the metapaths from the user.
    pub paths: [Vec<Neighbour>; 3],
    /// Side features.
    pub side: [f32; side::USER],
}

impl Own {
    /// As a ranker's input.
    pub fn input(&self, id: u64) -> UserInput<'_> {
        let [a, b, c] = &self.paths;
        UserInput { id, time_s: 0, history: &self.history, paths: [a, b, c], side: &self.side }
    }

    /// Past acts as of a moment, Unix seconds.
    fn history_at(&self, now_s: i64) -> Vec<Event> {
        self.history.iter().map(|event| Event { time_s: now_s + event.time_s, ..*event }).collect()
    }

    /// Tells it from others, together with the id of who has a row of its own in the ranker.
    pub fn fingerprint(&self, known: Option<u64>) -> u128 {
        let mut bytes = Vec::with_capacity(64 + 24 * self.history.len());
        bytes.extend(known.is_some().then_some(1_u8));
        bytes.extend(known.unwrap_or(0).to_le_bytes());
        for event in &self.history {
            bytes.extend(event.streamer.to_le_bytes());
            bytes.extend(event.time_s.to_le_bytes());
            bytes.extend(event.weight.to_le_bytes());
        }
        for path in &self.paths {
            bytes.extend((path.len() as u64).to_le_bytes());
            for end in path {
                bytes.extend(end.node.to_le_bytes());
                bytes.extend(end.weight.to_le_bytes());
            }
        }
        self.side.iter().for_each(|value| bytes.extend(value.to_le_bytes()));
        xxhash_rust::xxh3::xxh3_128(&bytes)
    }
}

impl Audience {
    /// Nobody yet, before a graph.
    pub fn new(config: GiftConfig, graph: LiveGraph) -> Self {
        Self { config, people: People::default(), graph }
    }

    /// Whose room it is.
    pub fn streamer<'a>(&'a self, room: &'a str) -> &'a str {
        self.people.rooms.get(room).map_or(room, |here| here.streamer.as_str())
    }

    /// A room's streamer is known.
    pub fn enter(&mut self, room: &str, streamer: &str) {
        let known = self.people.rooms.entry(room.to_owned()).or_default();
        streamer.clone_into(&mut known.streamer);
    }

    /// Takes an act in a room. A gift becomes an edge.
    ///
    /// # Errors
    /// If a gift can't be an edge; the viewer is counted all the same.
    pub fn observe(&mut self, room: &str, act: &Act) -> Result<(), kairos_graph::Error> {
        let here = self.people.rooms.entry(room.to_owned()).or_default();
        if here.streamer.is_empty() {
            room.clone_into(&mut here.streamer);
        }
        if let What::Gift { streamer: Some(told), .. } = &act.what {
            here.streamer.clone_from(told);
        }
        here.viewers.observe(act, self.config.viewers);
        self.people.users.observe(act, &here.streamer, self.config.history, self.config.users);
        if let What::Gift { count, value, .. } = act.what {
            self.graph.give(&kairos_graph::Gift {
                user: &act.user,
                streamer: &here.streamer,
                count,
                value,
                at_us: act.at_us,
            })?;
        }
        Ok(())
    }

    /// What is told of a room as of a moment, Unix microseconds.
    ///
    /// # Errors
    /// If neighbours can't be brought up to date.
    pub fn asked(&mut self, room: &str, now_us: i64) -> Result<Asked, kairos_graph::Error> {
        self.graph.refresh()?;
        let Some(here) = self.people.rooms.get(room) else { return Ok(Asked::default()) };
        let window_us = i64::from(self.config.present_s) * 1_000_000;
        let viewers: Vec<Candidate> = here
            .viewers
            .present(now_us, window_us)
            .map(|(user, viewer)| Candidate {
                user: user.to_owned(),
                own: self.own(user, now_us),
                pair: side::of_pair(viewer, now_us),
            })
            .collect();
        Ok(Asked {
            streamer: here.streamer.clone(),
            paths: self.graph.of_streamer(&here.streamer),
            side: side::of_room(&here.viewers, viewers.len(), now_us).to_vec(),
            viewers,
        })
    }

    fn own(&self, user: &str, now_us: i64) -> Own {
        let known = self.people.users.get(user);
        let mut history = known.map(|known| known.history(now_us)).unwrap_or_default();
        for event in &mut history {
            event.time_s = -least_age_s(now_us.div_euclid(1_000_000) - event.time_s);
        }
        Own { history, paths: self.graph.of_user(user), side: side::of_user(known) }
    }
}

/// The least age that a ranker can't tell from this one: it reads ages in whole minutes that double from bucket to bucket.
/// So what a user looks like seldom changes by the passing of time alone.
fn least_age_s(age_s: i64) -> i64 {
    match age_s / 60 {
        ..=0 => 0,
        minutes => (1 << minutes.ilog2()) * 60,
    }
}

impl Asked {
    /// A viewer and the room as something to learn from; what came of it is still to be told.
    pub fn example(
        &self,
        viewer: &Candidate,
        segment: Option<std::sync::Arc<Segment>>,
        now_us: i64,
    ) -> Example {
        Example {
            user: id_of(&viewer.user),
            streamer: id_of(&self.streamer),
            time_s: now_us.div_euclid(1_000_000),
            history: viewer.own.history_at(now_us.div_euclid(1_000_000)),
            user_paths: viewer.own.paths.clone(),
            streamer_paths: self.paths.clone(),
            segment,
            user_side: viewer.own.side.to_vec(),
            room_side: self.side.clone(),
            pair_side: viewer.pair.to_vec(),
            ..Example::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::least_age_s;

    #[test]
    fn ages_are_told_apart_by_doubling_minutes() {
        let ages = [-5, 0, 59, 60, 119, 120, 239, 240, 3_600, i64::MAX].map(least_age_s);
        assert_eq!(ages[..8], [0, 0, 0, 60, 60, 120, 120, 240]);
        assert_eq!(ages[8], 1_920);
        assert!(ages[9] > 0);
    }
}
