//! What of the tables has been told already.
//!
//! Invariant: memory grows with the rooms that are looked at and the last half minute of each, not with time.

use std::collections::{BTreeMap, HashMap};

/// How far behind a room's newest unit its units are still looked at for new revisions.
const WINDOW_US: i64 = 30_000_000;
/// Rounds without news after which a room is asked for only now and then.
const QUIET: u64 = 300;

/// One unit at one delay by one model.
pub(super) type Unit = (String, String, String, i64, u32);

#[derive(Debug, Default)]
struct Room {
    newest_us: i64,
    changed: u64,
}

/// What has been told.
#[derive(Debug, Default)]
pub(super) struct Seen {
    rooms: BTreeMap<String, Room>,
    units: HashMap<Unit, (i64, u32)>,
    round: u64,
}

/// From when on rooms are asked.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Floors {
    /// Nothing before this matters to anybody: whole parts are skipped by it.
    pub(super) floor_us: i64,
    /// Known rooms.
    pub(super) known: Vec<String>,
    /// Where each of them begins.
    pub(super) floors: Vec<i64>,
    /// Where rooms begin that are not known yet.
    pub(super) fresh_us: i64,
}

impl Seen {
    /// Takes note of how far a room has come, without telling it.
    pub(super) fn start(&mut self, room: String, captured_us: i64) {
        let round = self.round;
        let known = self.rooms.entry(room).or_default();
        known.newest_us = known.newest_us.max(captured_us);
        known.changed = round;
    }

    pub(super) fn knows(&self, room: &str) -> bool {
        self.rooms.contains_key(room)
    }

    /// Begins a round.
    pub(super) fn floors(&mut self) -> Floors {
        self.round += 1;
        let newest = self.rooms.values().map(|room| room.newest_us).max().unwrap_or(0);
        let deep = self.round.is_multiple_of(QUIET / 10);
        let lively = |room: &&Room| deep || self.round - room.changed < QUIET;
        let reached = self.rooms.values().filter(lively).map(|room| room.newest_us).min().unwrap_or(newest);
        // Always back to the last half minute of the newest room: a quiet one that wakes up is found there.
        let floor_us = reached.min(newest) - WINDOW_US;
        let floors = self.rooms.values().map(|room| room.newest_us - WINDOW_US).collect();
        Floors { floor_us, known: self.rooms.keys().cloned().collect(), floors, fresh_us: newest - WINDOW_US }
    }

    /// Whether a unit at this revision is news.
    pub(super) fn is_news(&mut self, unit: Unit, captured_us: i64, revision: u32) -> bool {
        let room = self.rooms.entry(unit.0.clone()).or_default();
        if captured_us <= room.newest_us - WINDOW_US {
            return false;
        }
        let known = self.units.get(&unit).map(|(_, revision)| *revision);
        if known.is_some_and(|known| known >= revision) {
            return false;
        }
        room.newest_us = room.newest_us.max(captured_us);
        room.changed = self.round;
        self.units.insert(unit, (captured_us, revision));
        true
    }

    /// Forgets units that no round looks at any more, and rooms that nobody does.
    pub(super) fn forget(&mut self, looked_at: impl Fn(&str) -> bool) {
        self.rooms.retain(|room, _| looked_at(room));
        let rooms = &self.rooms;
        self.units.retain(|unit, (captured_us, _)| {
            rooms.get(&unit.0).is_some_and(|room| *captured_us > room.newest_us - WINDOW_US)
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(room: &str, at: i64) -> Unit {
        (room.into(), "s".into(), "m".into(), at, 0)
    }

    #[test]
    fn a_unit_is_news_once_per_revision() {
        let mut seen = Seen::default();
        seen.start("a".into(), 100_000_000);
        assert!(seen.is_news(unit("a", 1), 101_000_000, 0));
        assert!(!seen.is_news(unit("a", 1), 101_000_000, 0));
        assert!(seen.is_news(unit("a", 1), 101_000_000, 1));
        assert!(!seen.is_news(unit("a", 0), 1_000_000, 9), "before the window");
        seen.forget(|_| true);
        assert!(!seen.is_news(unit("a", 1), 101_000_000, 1));
        assert!(seen.is_news(unit("a", 2), 200_000_000, 0));
        seen.forget(|_| true);
        assert_eq!(seen.units.len(), 1);
        seen.forget(|_| false);
        assert!(seen.units.is_empty() && !seen.knows("a"));
    }

    #[test]
    fn a_room_that_ended_long_ago_does_not_make_every_round_deep() {
        let mut seen = Seen::default();
        seen.start("old".into(), 0);
        let mut deep = 0;
        for round in 0..3_000 {
            seen.is_news(unit("live", round), 1_000_000_000_000 + round * 1_000_000, 0);
            deep += i32::from(seen.floors().floor_us < 0);
        }
        assert!((300..500).contains(&deep), "{deep}");
    }
}
