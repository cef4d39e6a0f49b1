//! KuaiLive-M3 and the labels of its highlight benchmark.
//!
//! A folder with live interactions, likes, comments (Parquet or CSV) and shards of segment embeddings
//! (`live_emb_128_ts_part*.parquet`, in the folder or in `live_emb_128_ts/`); room metadata where there is some.
//! Files and columns are found by the names that [`columns`] lists.
//!
//! The label of a segment is 0.6 retention + 0.4 engagement, each scaled to 0..1 within its room; the top 30 % of a
//! room are highlights; rooms in order of their begin are 70 % training, 10 % validation, 20 % test; position t
//! predicts segment t + 1. See [`label`].
//!
//! Invariants: rooms come in order of begin, then id. In memory: 64 bytes per room, and one part of the set at a time
//! ([`M3Options::part_bytes`], more only where one room is larger or 256 parts don't suffice). Rows of one room may be
//! anywhere: they are first sorted into parts in temporary files, as large together as the embeddings of the rooms
//! that are kept. Parquet may be plain, Snappy or gzip; other codecs are an error that names them (Zstandard would
//! cost a build of its C library).

pub mod columns;
mod csv_table;
mod files;
mod fill;
mod index;
pub(crate) mod instant;
pub mod label;
mod parquet_table;
mod rooms;
mod spool;
mod table;

pub(crate) use csv_table::{damaged, open as open_csv};
pub(crate) use table::{Cell, Chosen, Refusal, scan as scan_table};

use std::path::Path;

use crate::DatasetError;
use crate::room::Split;

pub use rooms::M3Rooms;

/// What the timestamp of a segment embedding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SegmentTime {
    /// Its end, as the data set's field list says; it begins where the one before it ends.
    #[default]
    End,
    /// Its begin; it ends where the next one begins.
    Begin,
}

/// How the rooms of KuaiLive-M3 are chosen and labelled.
#[derive(Debug, Clone, PartialEq)]
pub struct M3Options {
    /// Keep the rooms with most interactions, at most so many; all by default.
    pub top_rooms: Option<usize>,
    /// Leave out rooms with fewer segments.
    pub min_segments: usize,
    /// Leave out rooms that never had so many viewers.
    pub min_viewers: u32,
    /// What a segment's timestamp is.
    pub segment_time: SegmentTime,
    /// Whom retention and engagement are divided by.
    pub viewers: label::Viewers,
    /// Whether the label at t is that of segment t + 1.
    pub predict_next: bool,
    /// Length of a segment in seconds where its room doesn't tell.
    pub unit_seconds: f64,
    /// Embeddings held in memory at once, in bytes.
    pub part_bytes: u64,
}

impl Default for M3Options {
    fn default() -> Self {
        Self {
            top_rooms: None,
            min_segments: 1,
            min_viewers: 0,
            segment_time: SegmentTime::End,
            viewers: label::Viewers::Present,
            predict_next: true,
            unit_seconds: 30.0,
            part_bytes: 64 << 20,
        }
    }
}

impl M3Options {
    /// As the benchmark's released preparation does it: the 10,000 rooms with most interactions, at least 5 segments
    /// and 5 viewers, and divided by everybody who has entered so far, gone or not.
    #[must_use]
    pub fn benchmark() -> Self {
        Self {
            top_rooms: Some(10_000),
            min_segments: 5,
            min_viewers: 5,
            viewers: label::Viewers::Entered,
            ..Self::default()
        }
    }
}

/// What was read and what was left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct M3Report {
    /// Rooms that are yielded.
    pub rooms: usize,
    /// Rooms left out by [`M3Options::min_segments`] or [`M3Options::min_viewers`].
    pub rooms_left_out: usize,
    /// Numbers in an embedding.
    pub width: usize,
    /// Segments of the rooms that were chosen.
    pub segments: u64,
    /// Interactions, likes and comments in these rooms.
    pub events: u64,
    /// Interactions that end before they begin.
    pub reversed: u64,
    /// Rows without a room or without a time.
    pub without_time: u64,
}

/// Whether the folder holds shards of segment embeddings.
#[must_use]
pub fn is_m3(folder: &Path) -> bool {
    files::Files::find(folder).is_ok()
}

/// Reads the folder into parts and returns its rooms.
///
/// # Errors
/// When a table or one of its columns is missing (the message lists what was found), a row doesn't fit, a file is
/// damaged, or there is no room for temporary files.
pub fn open(folder: &Path, options: &M3Options) -> Result<M3Rooms, DatasetError> {
    let files = files::Files::find(folder)?;
    let index = index::Index::read(&files, options)?;
    M3Rooms::new(&files, index, options)
}

/// The split of the room that is at `place` of `rooms` in order of begin: 70 % training, 10 % validation, 20 % test.
#[must_use]
pub const fn chronological_split(place: usize, rooms: usize) -> Split {
    let (train, validation) = (rooms / 10 * 7 + rooms % 10 * 7 / 10, rooms / 10);
    if place < train {
        Split::Train
    } else if place < train + validation {
        Split::Validation
    } else {
        Split::Test
    }
}
