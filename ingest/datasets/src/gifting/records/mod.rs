//! Impressions, gifts and reactions in order of time, from whatever source.
//!
//! [`RecordsBuilder`] takes rows in any order; [`super::kuailive::read`] fills one from KuaiLive's tables, and a program
//! that reads its own tables fills one in the same way.
//!
//! Invariants: events are in order of time, then of the ids' text; users, streamers and rooms are numbered in order of
//! their first event, so that nothing before an instant depends on what comes after it. Memory: 40 bytes per event
//! while building and after, 25 bytes and its text per id (twice while building).

mod build;
mod event;
mod order;

use super::attributes::Attributes;
use super::{Ids, Matrix};

pub use build::RecordsBuilder;
pub use event::{GiftEvent, Impression, Reaction, ReactionKind, Room, Row};

/// What was merged, or has no place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notes {
    /// Clicks of the same user into the same room in the same millisecond, merged into one.
    pub duplicate_clicks: u64,
    /// Gifts without an earlier click of the user into the room. They are kept, but belong to no visit.
    pub gifts_without_click: u64,
    /// Watch times without an earlier click of the user into the room. They are left out.
    pub watches_without_click: u64,
    /// Rooms that stand under more than one streamer. Events keep what they say; the room has the earliest.
    pub rooms_of_two_streamers: u64,
    /// By file, where the records came from files.
    pub files: Vec<FileNotes>,
}

/// What a file held.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileNotes {
    /// Name of the file.
    pub file: String,
    /// Whether it is there.
    pub present: bool,
    /// Lines after the header, or rows.
    pub rows: u64,
    /// Rows left out on purpose: by sampling, or about users, streamers, rooms and titles without any event.
    pub left_out: u64,
    /// Rows of the same id as an earlier one (a room has one per day): begin and end are united, else the first holds.
    pub repeated: u64,
    /// Columns that aren't used.
    pub unused_columns: Vec<String>,
}

/// All that is known about who gave what to whom.
#[derive(Debug, Clone, PartialEq)]
pub struct Records {
    /// Users' ids.
    pub users: Ids,
    /// Streamers' ids.
    pub streamers: Ids,
    /// Rooms' ids.
    pub rooms: Ids,
    /// Rooms by number.
    pub room_facts: Vec<Room>,
    /// What was shown, in order of time.
    pub impressions: Vec<Impression>,
    /// What was given, in order of time.
    pub gifts: Vec<GiftEvent>,
    /// Comments and likes, in order of time.
    pub reactions: Vec<Reaction>,
    /// Facts about users, row by number; no rows without a source.
    pub user_attributes: Attributes,
    /// Facts about streamers, row by number; no rows without a source.
    pub streamer_attributes: Attributes,
    /// Facts about rooms, row by number; no rows without a source.
    pub room_attributes: Attributes,
    /// Embeddings of titles, by [`Room::title`].
    pub titles: Matrix,
    /// Of the impressions without a click that the source has, the fraction that was read.
    pub shown_rate: f64,
    /// What was merged.
    pub notes: Notes,
}

impl Records {
    /// Embedding of a room's title.
    #[must_use]
    pub fn title(&self, live: u32) -> Option<&[f32]> {
        self.titles.row(self.room_facts.get(live as usize)?.title? as usize)
    }

    /// Gifts per click, 0 without clicks.
    #[must_use]
    pub fn gift_rate(&self) -> f64 {
        let clicks = self.impressions.iter().filter(|one| one.clicked).count();
        if clicks == 0 { 0.0 } else { self.gifts.len() as f64 / clicks as f64 }
    }
}
