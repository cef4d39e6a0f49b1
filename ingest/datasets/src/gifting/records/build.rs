//! Records from rows in any order.
//!
//! Invariants: the same rows in another order give the same records.

use std::collections::HashMap;

use super::event::{GiftEvent, Impression, Reaction, ReactionKind, Room, Row};
use super::order::{Tables, renumber, sort};
use super::{Notes, Records};
use crate::DatasetError;
use crate::gifting::Matrix;
use crate::gifting::attributes::Attributes;

/// Takes rows and puts them in order.
#[derive(Debug, Default)]
pub struct RecordsBuilder {
    tables: Tables,
    impressions: Vec<Impression>,
    gifts: Vec<GiftEvent>,
    reactions: Vec<Reaction>,
    watches: Vec<GiftEvent>,
}

impl RecordsBuilder {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A user went into a room, and stayed for `watch_ms` where that is known.
    ///
    /// # Errors
    /// When more than 4,294,967,295 users, streamers or rooms come together.
    pub fn click(&mut self, row: Row<'_>, watch_ms: Option<u32>) -> Result<(), DatasetError> {
        self.impression(row, true, watch_ms)
    }

    /// A room was shown to a user, who didn't go in.
    ///
    /// # Errors
    /// As [`Self::click`].
    pub fn shown(&mut self, row: Row<'_>) -> Result<(), DatasetError> {
        self.impression(row, false, None)
    }

    /// A user left a room after `watch_ms`; `row.time_ms` is when the visit began, as near as the source knows. It goes
    /// to the user's latest click into the room at or before it.
    ///
    /// # Errors
    /// As [`Self::click`].
    pub fn watch(&mut self, row: Row<'_>, watch_ms: u32) -> Result<(), DatasetError> {
        let [user, streamer, live] = self.parties(row, "watch time")?;
        let value = f64::from(watch_ms);
        self.watches.push(GiftEvent { user, streamer, live, time_ms: row.time_ms, value, impression: None });
        Ok(())
    }

    /// A user gave something worth `value`.
    ///
    /// # Errors
    /// When `value` isn't finite or is below 0, and as [`Self::click`].
    pub fn gift(&mut self, row: Row<'_>, value: f64) -> Result<(), DatasetError> {
        if !value.is_finite() || value < 0.0 {
            return Err(refuse(row, "gift", "value", format!("{value} is no finite amount of at least 0")));
        }
        let [user, streamer, live] = self.parties(row, "gift")?;
        self.gifts.push(GiftEvent { user, streamer, live, time_ms: row.time_ms, value, impression: None });
        Ok(())
    }

    /// A user wrote or liked.
    ///
    /// # Errors
    /// As [`Self::click`].
    pub fn reaction(&mut self, row: Row<'_>, kind: ReactionKind) -> Result<(), DatasetError> {
        let [user, streamer, live] = self.parties(row, "reaction")?;
        self.reactions.push(Reaction { user, streamer, live, time_ms: row.time_ms, kind });
        Ok(())
    }

    fn impression(&mut self, row: Row<'_>, clicked: bool, watch_ms: Option<u32>) -> Result<(), DatasetError> {
        let [user, streamer, live] = self.parties(row, "impression")?;
        let time_ms = row.time_ms;
        let gift_value = 0.0;
        self.impressions.push(Impression { user, live, streamer, time_ms, clicked, watch_ms, gift_value });
        Ok(())
    }

    fn parties(&mut self, row: Row<'_>, kind: &'static str) -> Result<[u32; 3], DatasetError> {
        let texts = [row.user, row.streamer.unwrap_or(row.room), row.room];
        let mut parties = [0; 3];
        for (which, text) in texts.into_iter().enumerate() {
            let full = || {
                let field = ["user", "streamer", "room"][which];
                refuse(row, kind, field, "is one id too many: 4,294,967,295 fit".to_owned())
            };
            parties[which] = self.tables[which].insert(text).ok_or_else(full)?;
        }
        Ok(parties)
    }

    /// Everything in order, gifts and watch times with their visits. Of impressions without a click, all were read.
    #[must_use]
    pub fn finish(self) -> Records {
        let Self { tables, mut impressions, mut gifts, mut reactions, mut watches } = self;
        let mut notes = Notes::default();
        sort(&mut impressions, &tables);
        let before = impressions.len();
        impressions.dedup_by(|later, first| {
            let place = |one: &Impression| (one.time_ms, one.user, one.live, one.clicked);
            let same = place(later) == place(first);
            if same {
                first.watch_ms = first.watch_ms.max(later.watch_ms);
            }
            same
        });
        notes.duplicate_clicks = (before - impressions.len()) as u64;
        sort(&mut gifts, &tables);
        sort(&mut reactions, &tables);
        sort(&mut watches, &tables);
        notes.watches_without_click = join(&impressions, &mut watches);
        notes.gifts_without_click = join(&impressions, &mut gifts);
        for watch in &watches {
            if let Some(visit) = watch.impression.and_then(|at| impressions.get_mut(at as usize)) {
                visit.watch_ms = visit.watch_ms.max(Some(watch.value as u32));
            }
        }
        for gift in &gifts {
            if let Some(visit) = gift.impression.and_then(|at| impressions.get_mut(at as usize)) {
                visit.gift_value += gift.value;
            }
        }
        let [users, streamers, rooms] = renumber(&tables, &mut impressions, &mut gifts, &mut reactions);
        let room_facts = room_facts(rooms.len(), &impressions, &gifts, &reactions, &mut notes);
        Records {
            users,
            streamers,
            rooms,
            room_facts,
            impressions,
            gifts,
            reactions,
            user_attributes: Attributes::default(),
            streamer_attributes: Attributes::default(),
            room_attributes: Attributes::default(),
            titles: Matrix::default(),
            shown_rate: 1.0,
            notes,
        }
    }
}

fn refuse(row: Row<'_>, kind: &'static str, field: &'static str, reason: String) -> DatasetError {
    DatasetError::Record { kind, user: row.user.to_owned(), room: row.room.to_owned(), field, reason }
}

/// Gives each event the latest click of its user into its room at or before it; returns how many have none. Both are in
/// order of time. Memory: 24 bytes per pair of user and room that has an event.
fn join(impressions: &[Impression], events: &mut [GiftEvent]) -> u64 {
    let mut latest: HashMap<(u32, u32), Option<u32>> =
        events.iter().map(|event| ((event.user, event.live), None)).collect();
    let mut clicks = impressions.iter().zip(0_u32..).filter(|(one, _)| one.clicked).peekable();
    let mut without = 0;
    for event in events {
        while let Some((click, at)) = clicks.next_if(|(click, _)| click.time_ms <= event.time_ms) {
            if let Some(place) = latest.get_mut(&(click.user, click.live)) {
                *place = Some(at);
            }
        }
        event.impression = latest.get(&(event.user, event.live)).copied().flatten();
        without += u64::from(event.impression.is_none());
    }
    without
}

/// Rooms with the streamer of their earliest event.
fn room_facts(
    rooms: usize,
    impressions: &[Impression],
    gifts: &[GiftEvent],
    reactions: &[Reaction],
    notes: &mut Notes,
) -> Vec<Room> {
    let of = impressions.iter().map(|one| (one.live, one.time_ms, one.streamer));
    let of = of.chain(gifts.iter().map(|one| (one.live, one.time_ms, one.streamer)));
    let of = of.chain(reactions.iter().map(|one| (one.live, one.time_ms, one.streamer)));
    let mut facts: Vec<Option<(i64, u32, bool)>> = vec![None; rooms];
    for (live, time, streamer) in of {
        let Some(fact) = facts.get_mut(live as usize) else { continue };
        let (first, whose, two) = fact.unwrap_or((time, streamer, false));
        let two = two || whose != streamer;
        *fact = Some(if time < first { (time, streamer, two) } else { (first, whose, two) });
    }
    notes.rooms_of_two_streamers = facts.iter().flatten().filter(|(_, _, two)| *two).count() as u64;
    let room = |fact: Option<(i64, u32, bool)>| {
        let streamer = fact.map_or(0, |(_, streamer, _)| streamer);
        Room { streamer, start_ms: None, end_ms: None, title: None }
    };
    facts.into_iter().map(room).collect()
}
