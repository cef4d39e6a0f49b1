//! Lines of the log about dead letters and damage.
//!
//! Invariant: a flood of them is a line a second, which tells how many it stands for; the messages themselves are all on
//! their topic.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use kairos_timeline::{Position, RoomId};

use crate::room::Fault;

/// Time between two lines.
const EVERY: Duration = Duration::from_secs(1);

/// Says what of a room's media is damaged, and where.
pub fn say_damaged(room: &RoomId, stream: &str, fault: &Fault) {
    let at = fault.position.as_ref();
    let (topic, partition) = (at.map(|at| at.topic.as_ref()), at.map(|at| at.partition));
    tracing::warn!(%room, stream, topic, partition, offset = at.map(|at| at.offset), "{}", fault.what);
}

/// Says what died.
#[derive(Debug, Default)]
pub struct Mourner(Mutex<Said>);

#[derive(Debug, Default)]
struct Said {
    at: Option<Instant>,
    unsaid: u64,
}

impl Mourner {
    /// A message is a dead letter.
    pub fn say(&self, position: &Position, why: &str, now: Instant) {
        if let Some(unsaid) = self.turn(now) {
            let before = (unsaid > 0).then_some(unsaid);
            let (topic, partition, offset) = (position.topic.as_ref(), position.partition, position.offset);
            tracing::warn!(trouble = "dead_letters", topic, partition, offset, before, "dead letter: {why}");
        }
    }

    /// How many went unsaid before this one; `None` when it goes unsaid, too.
    fn turn(&self, now: Instant) -> Option<u64> {
        let mut said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if said.at.is_some_and(|at| now.saturating_duration_since(at) < EVERY) {
            said.unsaid += 1;
            return None;
        }
        said.at = Some(now);
        Some(std::mem::take(&mut said.unsaid))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_a_line_a_second_and_nothing_goes_uncounted() {
        let (mourner, start) = (Mourner::default(), crate::live::clock::now());
        let at = |ms: u64| mourner.turn(start + Duration::from_millis(ms));
        assert_eq!(at(0), Some(0));
        assert_eq!([at(10), at(500), at(999)], [None; 3]);
        assert_eq!(at(1_000), Some(3));
        assert_eq!(at(1_001), None);
        assert_eq!(at(9_000), Some(1));
        assert_eq!(at(20_000), Some(0));
    }
}
