//! Order of events and numbers by first event.
//!
//! Invariants: the result doesn't depend on the order in which rows came.

use std::cmp::Ordering;

use super::event::{GiftEvent, Impression, Reaction};
use crate::gifting::Ids;

/// The parts of an event by which it is ordered and renumbered.
pub(super) trait Event {
    fn time_ms(&self) -> i64;
    /// User, streamer, room.
    fn parties(&self) -> [u32; 3];
    fn parties_mut(&mut self) -> [&mut u32; 3];
    /// What tells events of the same parties in the same millisecond apart.
    fn last(&self, other: &Self) -> Ordering;
}

macro_rules! event {
    ($kind:ty, $last:expr) => {
        impl Event for $kind {
            fn time_ms(&self) -> i64 {
                self.time_ms
            }
            fn parties(&self) -> [u32; 3] {
                [self.user, self.streamer, self.live]
            }
            fn parties_mut(&mut self) -> [&mut u32; 3] {
                [&mut self.user, &mut self.streamer, &mut self.live]
            }
            fn last(&self, other: &Self) -> Ordering {
                let last: fn(&Self, &Self) -> Ordering = $last;
                last(self, other)
            }
        }
    };
}

event!(Impression, |a, b| (b.clicked, a.watch_ms).cmp(&(a.clicked, b.watch_ms)));
event!(GiftEvent, |a, b| a.value.total_cmp(&b.value));
event!(Reaction, |a, b| a.kind.cmp(&b.kind));

/// Tables of the ids: users, streamers, rooms.
pub(super) type Tables = [Ids; 3];

/// Order by time, then by the texts of user, room and streamer.
pub(super) fn sort<E: Event>(events: &mut [E], tables: &Tables) {
    let text = |event: &E, which: usize| tables[which].name(event.parties()[which]);
    events.sort_by(|a, b| {
        let by = |which: usize| text(a, which).cmp(&text(b, which));
        a.time_ms()
            .cmp(&b.time_ms())
            .then_with(|| by(0))
            .then_with(|| by(2))
            .then_with(|| by(1))
            .then_with(|| a.last(b))
    });
}

/// Numbers everybody anew by first event; returns the new tables. At the same instant impressions come before gifts,
/// and these before reactions.
pub(super) fn renumber(
    old: &Tables,
    impressions: &mut [Impression],
    gifts: &mut [GiftEvent],
    reactions: &mut [Reaction],
) -> Tables {
    let mut fresh =
        Fresh { old, new: Tables::default(), places: [0, 1, 2].map(|which| vec![None; old[which].len()]) };
    let (mut gift, mut reaction) = (gifts.iter_mut().peekable(), reactions.iter_mut().peekable());
    for impression in impressions {
        let until = impression.time_ms;
        before(&mut gift, &mut reaction, until, &mut fresh);
        fresh.apply(impression);
    }
    before(&mut gift, &mut reaction, i64::MAX, &mut fresh);
    gift.for_each(|gift| fresh.apply(gift));
    reaction.for_each(|reaction| fresh.apply(reaction));
    fresh.new
}

/// Numbers the gifts and reactions before an instant, in order.
fn before<'a>(
    gifts: &mut std::iter::Peekable<impl Iterator<Item = &'a mut GiftEvent>>,
    reactions: &mut std::iter::Peekable<impl Iterator<Item = &'a mut Reaction>>,
    until: i64,
    fresh: &mut Fresh<'_>,
) {
    loop {
        let gift = gifts.peek().map(|gift| gift.time_ms).filter(|&time| time < until);
        let reaction = reactions.peek().map(|reaction| reaction.time_ms).filter(|&time| time < until);
        match (gift, reaction) {
            (None, None) => return,
            (Some(gift), other) if other.is_none_or(|other| gift <= other) => {
                if let Some(gift) = gifts.next() {
                    fresh.apply(gift);
                }
            }
            _ => {
                if let Some(reaction) = reactions.next() {
                    fresh.apply(reaction);
                }
            }
        }
    }
}

struct Fresh<'a> {
    old: &'a Tables,
    new: Tables,
    places: [Vec<Option<u32>>; 3],
}

impl Fresh<'_> {
    fn apply(&mut self, event: &mut impl Event) {
        for (which, number) in event.parties_mut().into_iter().enumerate() {
            let (Some(old), Some(place)) =
                (self.old[which].name(*number), self.places[which].get_mut(*number as usize))
            else {
                continue;
            };
            if place.is_none() {
                *place = self.new[which].insert(old);
            }
            *number = place.unwrap_or(u32::MAX);
        }
    }
}
