//! Who writes: users that write for the first time, and users that have just written.
//!
//! Memory is bounded: users of the whole stream are kept approximately, those of the last 30 s up to
//! [`MOST_RECENT`]. A unit's users are taken in the order of their hashes, so the order of comments decides nothing.

use std::collections::HashMap;

use crate::seen::SeenUsers;
use crate::text::hash;
use crate::{CommentView, UnitInput};

const USER_SEED: u64 = 0x7573_6572;
const RECENT_US: i64 = 30_000_000;
/// Above what a chat shows in 30 s; users beyond it count as silent before.
const MOST_RECENT: usize = 1 << 16;

/// Users of the stream.
#[derive(Clone, Debug, Default)]
pub(super) struct Audience {
    known: SeenUsers,
    /// When each user wrote last, in media time.
    recent: HashMap<u64, i64>,
}

/// Users of one unit.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Visit {
    /// Users that write for the first time.
    pub(super) first_time: f64,
    /// Comments whose user wrote in the 30 s before.
    pub(super) recent: f64,
    /// Different users.
    pub(super) users: f64,
}

impl Audience {
    pub(super) fn visit(&mut self, unit: &UnitInput<'_>, comments: &[CommentView<'_>]) -> Visit {
        self.recent.retain(|_, last_us| unit.start_us.saturating_sub(*last_us) <= RECENT_US);
        let at = |comment: &CommentView<'_>| {
            unit.start_us.saturating_add(comment.offset_us.clamp(0, unit.duration_us.max(0)))
        };
        let mut writers: Vec<(u64, i64)> =
            comments.iter().map(|c| (hash(USER_SEED, c.user.as_bytes()), at(c))).collect();
        writers.sort_unstable();
        let mut visit = Visit::default();
        for of_one in writers.chunk_by(|a, b| a.0 == b.0) {
            let user = of_one[0].0;
            let mut last_us = self.recent.get(&user).copied();
            for &(_, at_us) in of_one {
                if last_us.is_some_and(|last_us| at_us.saturating_sub(last_us) <= RECENT_US) {
                    visit.recent += 1.0;
                }
                last_us = Some(at_us);
            }
            visit.users += 1.0;
            visit.first_time += f64::from(u8::from(self.known.insert(user)));
            if let Some(last_us) = last_us
                && (self.recent.len() < MOST_RECENT || self.recent.contains_key(&user))
            {
                self.recent.insert(user, last_us);
            }
        }
        visit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visit(audience: &mut Audience, start_us: i64, users: &[&str]) -> Visit {
        let comments: Vec<CommentView<'_>> =
            users.iter().map(|user| CommentView { offset_us: 5, user, text: "hi" }).collect();
        let unit = UnitInput { start_us, duration_us: 2_000_000, ..UnitInput::default() };
        audience.visit(&unit, &comments)
    }

    #[test]
    fn returning_user_is_recent_for_thirty_seconds_and_never_new_again() {
        let mut audience = Audience::default();
        let expected = |first_time, recent, users| Visit { first_time, recent, users };
        assert_eq!(visit(&mut audience, 0, &["a", "b", "a"]), expected(2.0, 1.0, 2.0));
        assert_eq!(visit(&mut audience, 30_000_000, &["a", "c"]), expected(1.0, 1.0, 2.0));
        assert_eq!(visit(&mut audience, 61_000_000, &["a"]), expected(0.0, 0.0, 1.0));
        assert_eq!(audience.recent.len(), 1, "users of long ago are forgotten");
    }
}
