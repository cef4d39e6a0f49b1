//! What is on the screen and in the air at an instant: embeddings of pictures, speech and comments by segment.
//!
//! `segments.parquet` holds one row per embedding: `live_id` (the room's id, number or text), `timestamp` (Unix
//! milliseconds, seconds or datetime: when the segment was over), `modality` (`picture`, `speech`, `comment`), `index`
//! (place within segment and modality, from 0) and `embedding` (list of floats, as wide as all of its modality).
//! KuaiLive-M3's `live_emb_128_ts_part*.parquet`, in the folder or in `live_emb_128_ts/`, are read as one picture each.
//!
//! Invariants: the content of an instant is that of the latest segment that was over by then, never of a later one.
//! Files are read twice: first times, then the embeddings of segments that are asked for. Memory: 16 bytes per asked
//! instant, 4 bytes per number of the segments that are current at one of them, and one batch of rows.

mod read;

use super::Matrix;

pub use read::{is_present, read};

/// What a row embeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ContentModality {
    /// A frame.
    Picture,
    /// What is said.
    Speech,
    /// What viewers write.
    Comment,
}

impl ContentModality {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Picture, Self::Speech, Self::Comment];

    /// As in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Picture => "picture",
            Self::Speech => "speech",
            Self::Comment => "comment",
        }
    }
}

/// Rows of one modality of one segment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rows<'a> {
    width: usize,
    values: &'a [f32],
}

impl<'a> Rows<'a> {
    /// How many.
    #[must_use]
    pub const fn len(&self) -> usize {
        match self.values.len().checked_div(self.width) {
            Some(rows) => rows,
            None => 0,
        }
    }

    /// Whether the segment lacks this modality.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Numbers in a row; 0 where no file has this modality.
    #[must_use]
    pub const fn width(&self) -> usize {
        self.width
    }

    /// All numbers, row after row.
    #[must_use]
    pub const fn values(&self) -> &'a [f32] {
        self.values
    }

    /// Row by row, in order of their index.
    pub fn iter(&self) -> impl Iterator<Item = &'a [f32]> + use<'a> {
        self.values.chunks_exact(self.width.max(1))
    }
}

/// One segment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Content<'a> {
    /// When it was over.
    pub time_ms: i64,
    /// Frames.
    pub pictures: Rows<'a>,
    /// What was said.
    pub speech: Rows<'a>,
    /// What viewers wrote.
    pub comments: Rows<'a>,
}

/// Segments that were asked for.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Segments {
    /// Room and end, in order.
    segments: Vec<(u32, i64)>,
    /// By modality: where each segment's rows begin, and all rows.
    rows: [(Vec<usize>, Matrix); 3],
    /// Rows of the files, of all rooms.
    read: u64,
}

impl Segments {
    /// The segment that is current in a room at an instant, among those that were asked for.
    #[must_use]
    pub fn at(&self, live: u32, time_ms: i64) -> Option<Content<'_>> {
        let at = self.segments.partition_point(|&segment| segment <= (live, time_ms)).checked_sub(1)?;
        let &(_, time_ms) = self.segments.get(at).filter(|segment| segment.0 == live)?;
        let [pictures, speech, comments] = ContentModality::ALL.map(|modality| self.rows_of(at, modality));
        Some(Content { time_ms, pictures, speech, comments })
    }

    fn rows_of(&self, at: usize, modality: ContentModality) -> Rows<'_> {
        let (begins, matrix) = &self.rows[modality as usize];
        let width = matrix.width();
        let range = begins.get(at).zip(begins.get(at + 1));
        let values = range.and_then(|(&begin, &end)| matrix.values().get(begin * width..end * width));
        Rows { width, values: values.unwrap_or_default() }
    }

    /// Numbers in a row of a modality; 0 where there is none.
    #[must_use]
    pub fn width(&self, modality: ContentModality) -> usize {
        self.rows[modality as usize].1.width()
    }

    /// How many segments are current at one of the instants that were asked for.
    #[must_use]
    pub fn len(&self) -> usize {
        self.segments.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }

    /// Rows that the files have, those left out included.
    #[must_use]
    pub const fn rows_read(&self) -> u64 {
        self.read
    }
}
