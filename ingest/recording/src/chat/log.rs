//! A chat as it comes out: events in time order and an account of everything else.

use std::collections::BTreeMap;
use std::sync::Arc;

use kairos_timeline::{Comment, Feedback, Gift, Position, Span, WallTime};
use serde::{Serialize, Serializer};

use super::draft::{Broadcast, SkipReason};
use super::formats::FormatName;

/// One event of a room.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// A message.
    Comment(Comment),
    /// A paid or free item.
    Gift(Gift),
    /// Impression, click, watch.
    Feedback(Feedback),
}

impl Event {
    /// Platform wall time as placed.
    pub fn sent_at(&self) -> WallTime {
        match self {
            Self::Comment(comment) => comment.sent_at,
            Self::Gift(gift) => gift.sent_at,
            Self::Feedback(feedback) => feedback.sent_at,
        }
    }

    /// Who.
    pub fn user(&self) -> &str {
        match self {
            Self::Comment(comment) => &comment.user,
            Self::Gift(gift) => &gift.user,
            Self::Feedback(feedback) => &feedback.user,
        }
    }
}

/// An event and where it stands in its file.
#[derive(Debug, Clone, PartialEq)]
pub struct ChatEvent {
    /// File name and number of the item in it.
    pub position: Position,
    /// The event.
    pub event: Event,
}

/// An item that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Skipped {
    /// File name and number of the item in it.
    #[serde(serialize_with = "as_text")]
    pub position: Position,
    /// Why.
    pub reason: SkipReason,
}

fn as_text<S: Serializer>(position: &Position, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(position)
}

/// Where the start of the recording was learnt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum StartSource {
    /// By the caller.
    Given,
    /// The head of the file, or its name where the format puts it there.
    File,
    /// Median of wall time minus offset over the items that have both.
    BothClocks,
    /// The file has wall times only: its first item.
    FirstItem,
    /// Nowhere: the recording starts at Unix time zero, so that results do not depend on when it is read.
    Unknown,
}

/// How far wall times lie behind (positive) or before what start and offset say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Clocks {
    /// Items that carry both times.
    pub items: u64,
    /// Median difference.
    pub median: Span,
    /// Middle half of the differences (third quartile minus first).
    pub spread: Span,
}

/// A chat file, read.
#[derive(Debug, Clone, PartialEq)]
pub struct ChatLog {
    /// File name without its folder; the topic of positions.
    pub file: Arc<str>,
    /// Format.
    pub format: FormatName,
    /// Start of the recording; `None` when nothing tells it.
    pub started_at: Option<WallTime>,
    /// Where `started_at` was learnt.
    pub start_source: StartSource,
    /// What the head of the file tells.
    pub broadcast: Broadcast,
    /// Sorted by time, then position.
    pub events: Vec<ChatEvent>,
    /// The first thousand items that could not be read, by position.
    pub skipped: Vec<Skipped>,
    /// All items that could not be read, counted by reason.
    pub skipped_by_reason: BTreeMap<SkipReason, u64>,
    /// Sound items that say nothing that is scored, by what they are.
    pub ignored: BTreeMap<String, u64>,
    /// Items left out because the same one was already taken.
    pub duplicates: u64,
    /// Comments without a platform id that repeat an earlier one in every field; they are kept.
    pub repeated_comments: u64,
    /// Texts that were cut.
    pub cut_texts: u64,
    /// Paid items whose currency has no rate, by currency; their value is 0.
    pub unknown_currencies: BTreeMap<String, u64>,
    /// How the two clocks of the file agree; `None` when no item has both.
    pub clocks: Option<Clocks>,
}

impl ChatLog {
    /// Where time zero of the recording lies; Unix time zero when nothing tells.
    pub fn origin(&self) -> WallTime {
        self.started_at.unwrap_or_default()
    }

    /// First and last time of an event.
    pub fn span(&self) -> Option<(WallTime, WallTime)> {
        Some((self.events.first()?.event.sent_at(), self.events.last()?.event.sent_at()))
    }

    /// How many items could not be read.
    pub fn skipped_count(&self) -> u64 {
        self.skipped_by_reason.values().sum()
    }
}
