//! What a user did, or a streamer received, before an instant.
//!
//! Invariants: what [`Histories::before`] returns is strictly earlier than the instant, and each event says only what
//! was known when it happened: how long somebody stayed stands in the event of leaving. Memory: 32 bytes per event.

use crate::gifting::records::{ReactionKind, Records};

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventKind {
    /// The user went in.
    Click,
    /// The user left; [`Event::amount`] is how long the visit was, in milliseconds.
    Leave,
    /// The user gave; [`Event::amount`] is what it was worth.
    Gift,
    /// The user wrote.
    Comment,
    /// The user liked.
    Like,
}

impl EventKind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Click, Self::Leave, Self::Gift, Self::Comment, Self::Like];
}

/// One event of a history.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Event {
    /// When it happened and became known.
    pub time_ms: i64,
    /// Who.
    pub user: u32,
    /// To whom.
    pub streamer: u32,
    /// In which room.
    pub live: u32,
    /// What.
    pub kind: EventKind,
    /// Value of a gift, milliseconds of a visit that ended, otherwise 0.
    pub amount: f32,
}

/// Events by user or by streamer, each in order of time.
#[derive(Debug, Clone, PartialEq)]
pub struct Histories {
    begins: Vec<usize>,
    events: Vec<Event>,
}

impl Histories {
    /// What each user did, of the given kinds.
    #[must_use]
    pub fn by_user(records: &Records, kinds: &[EventKind]) -> Self {
        Self::by(records, kinds, records.users.len(), |event| event.user)
    }

    /// What each streamer received, of the given kinds.
    #[must_use]
    pub fn by_streamer(records: &Records, kinds: &[EventKind]) -> Self {
        Self::by(records, kinds, records.streamers.len(), |event| event.streamer)
    }

    fn by(records: &Records, kinds: &[EventKind], owners: usize, owner: impl Fn(&Event) -> u32) -> Self {
        let mut begins = vec![0; owners + 1];
        each(records, kinds, |event| {
            if let Some(count) = begins.get_mut(owner(&event) as usize + 1) {
                *count += 1;
            }
        });
        for at in 1..begins.len() {
            begins[at] += begins[at - 1];
        }
        let nothing =
            Event { time_ms: 0, user: 0, streamer: 0, live: 0, kind: EventKind::Click, amount: 0.0 };
        let mut events = vec![nothing; begins.last().copied().unwrap_or(0)];
        let mut next = begins.clone();
        each(records, kinds, |event| {
            if let Some(place) = next.get_mut(owner(&event) as usize)
                && let Some(slot) = events.get_mut(*place)
            {
                *slot = event;
                *place += 1;
            }
        });
        for owner in begins.windows(2) {
            if let Some(events) = events.get_mut(owner[0]..owner[1]) {
                // Stable: at the same instant in the order of kinds, and within a kind in that of the records.
                events.sort_by_key(|event| (event.time_ms, event.kind));
            }
        }
        Self { begins, events }
    }

    /// All events of a user or streamer.
    #[must_use]
    pub fn all(&self, owner: u32) -> &[Event] {
        let owner = owner as usize;
        let range = self.begins.get(owner).zip(self.begins.get(owner + 1));
        range.and_then(|(&begin, &end)| self.events.get(begin..end)).unwrap_or_default()
    }

    /// Events of a user or streamer strictly before an instant, the earliest first; the latest `n` are
    /// `history[history.len().saturating_sub(n)..]`.
    #[must_use]
    pub fn before(&self, owner: u32, time_ms: i64) -> &[Event] {
        let all = self.all(owner);
        &all[..all.partition_point(|event| event.time_ms < time_ms)]
    }
}

fn each(records: &Records, kinds: &[EventKind], mut take: impl FnMut(Event)) {
    let wants = |kind: EventKind| kinds.contains(&kind);
    let (clicks, leaves) = (wants(EventKind::Click), wants(EventKind::Leave));
    for one in records.impressions.iter().filter(|one| one.clicked) {
        let (user, streamer, live) = (one.user, one.streamer, one.live);
        if clicks {
            let (time_ms, kind) = (one.time_ms, EventKind::Click);
            take(Event { time_ms, user, streamer, live, kind, amount: 0.0 });
        }
        if let Some(watch_ms) = one.watch_ms.filter(|_| leaves) {
            let (time_ms, kind) = (one.time_ms.saturating_add(i64::from(watch_ms)), EventKind::Leave);
            take(Event { time_ms, user, streamer, live, kind, amount: watch_ms as f32 });
        }
    }
    for one in records.gifts.iter().filter(|_| wants(EventKind::Gift)) {
        let (user, streamer, live, time_ms) = (one.user, one.streamer, one.live, one.time_ms);
        take(Event { time_ms, user, streamer, live, kind: EventKind::Gift, amount: one.value as f32 });
    }
    for one in &records.reactions {
        let (user, streamer, live, time_ms) = (one.user, one.streamer, one.live, one.time_ms);
        let kind = match one.kind {
            ReactionKind::Comment => EventKind::Comment,
            ReactionKind::Like => EventKind::Like,
        };
        if wants(kind) {
            take(Event { time_ms, user, streamer, live, kind, amount: 0.0 });
        }
    }
}
