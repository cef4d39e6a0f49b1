//! Who is in a room, and what was just done there.
//!
//! Invariants: bounded, the longest unseen go first (ties by id); numbers depend on the acts in order of time alone.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::act::{Act, What};

/// One viewer of a room.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Viewer {
    /// When the viewer came in, or was first seen, Unix microseconds; as those below.
    pub entered_us: i64,
    /// Last click, comment or gift.
    pub seen_us: i64,
    /// Last comment.
    pub commented_us: Option<i64>,
    /// Comments here.
    pub comments: u32,
    /// Last gift.
    pub gave_us: Option<i64>,
    /// Gifts here.
    pub gifts: u32,
    /// Value given here, United States dollars.
    pub value: f64,
}

/// A sum that fades by half every few seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Pulse {
    sum: f64,
    at_us: i64,
}

/// Half-life of a pulse, seconds.
const HALF_LIFE_S: f64 = 10.0;

impl Pulse {
    fn add(&mut self, at_us: i64, amount: f64) {
        self.sum = self.at(at_us) + amount;
        self.at_us = self.at_us.max(at_us);
    }

    /// What is left of it.
    pub fn at(&self, at_us: i64) -> f64 {
        let passed_s = (at_us - self.at_us).max(0) as f64 / 1e6;
        self.sum * (-passed_s / HALF_LIFE_S).exp2()
    }
}

/// The viewers of a room.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Viewers {
    all: BTreeMap<String, Viewer>,
    /// Clicks of late.
    pub clicks: Pulse,
    /// Comments of late.
    pub comments: Pulse,
    /// Gifts of late.
    pub gifts: Pulse,
    /// Value given of late.
    pub value: Pulse,
}

impl Viewers {
    /// Takes an act; at most `most` viewers are remembered.
    pub fn observe(&mut self, act: &Act, most: usize) {
        let at = act.at_us;
        let fresh = Viewer { entered_us: at, seen_us: at, ..Viewer::default() };
        let viewer = self.all.entry(act.user.clone()).or_insert(fresh);
        viewer.seen_us = viewer.seen_us.max(at);
        match &act.what {
            What::Click => {
                viewer.entered_us = viewer.entered_us.max(at);
                self.clicks.add(at, 1.0);
            }
            What::Watch(_) => {}
            What::Comment => {
                viewer.commented_us = viewer.commented_us.max(Some(at));
                viewer.comments = viewer.comments.saturating_add(1);
                self.comments.add(at, 1.0);
            }
            What::Gift { value, .. } => {
                viewer.gave_us = viewer.gave_us.max(Some(at));
                viewer.gifts = viewer.gifts.saturating_add(1);
                viewer.value += value;
                self.gifts.add(at, 1.0);
                self.value.add(at, *value);
            }
        }
        if self.all.len() > most {
            self.forget(most);
        }
    }

    /// Forgets a 16th of the limit at once, so that the search costs little per viewer.
    fn forget(&mut self, most: usize) {
        let mut oldest: Vec<(i64, String)> =
            self.all.iter().map(|(user, viewer)| (viewer.seen_us, user.clone())).collect();
        oldest.sort_unstable();
        let gone = (self.all.len() - most + most / 16).min(oldest.len());
        for (_, user) in oldest.drain(..gone) {
            self.all.remove(&user);
        }
    }

    /// A viewer.
    pub fn get(&self, user: &str) -> Option<&Viewer> {
        self.all.get(user)
    }

    /// Who was seen within `window_us` before `now_us`, by id.
    pub fn present(&self, now_us: i64, window_us: i64) -> impl Iterator<Item = (&str, &Viewer)> {
        let from = now_us - window_us;
        let here = self.all.iter().filter(move |(_, viewer)| viewer.seen_us > from);
        here.map(|(user, viewer)| (user.as_str(), viewer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn act(user: &str, at_s: i64, what: What) -> Act {
        Act { user: user.to_owned(), id: format!("{user}{at_s}"), at_us: at_s * 1_000_000, what }
    }

    #[test]
    fn the_longest_unseen_viewer_is_forgotten_first() {
        let mut viewers = Viewers::default();
        for (user, at_s) in [("a", 1), ("b", 2), ("c", 3), ("a", 4), ("d", 5)] {
            viewers.observe(&act(user, at_s, What::Comment), 3);
        }
        let here: Vec<&str> = viewers.present(6_000_000, 60_000_000).map(|(user, _)| user).collect();
        assert_eq!(here, ["a", "c", "d"]);
        let late: Vec<&str> = viewers.present(6_000_000, 2_500_000).map(|(user, _)| user).collect();
        assert_eq!(late, ["a", "d"]);
    }

    #[test]
    fn a_pulse_halves_and_never_grows_by_itself() {
        let mut viewers = Viewers::default();
        viewers.observe(&act("a", 10, What::Click), 9);
        assert_eq!(viewers.clicks.at(10_000_000), 1.0);
        assert_eq!(viewers.clicks.at(20_000_000), 0.5);
        assert_eq!(viewers.clicks.at(0), 1.0);
    }
}
