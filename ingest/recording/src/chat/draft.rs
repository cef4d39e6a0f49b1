//! What a format reader hands on: items as the file tells them, before times are placed and repeats removed.
//!
//! A draft keeps both clocks (offset and platform wall time) because only the whole file shows how far they
//! disagree. Nothing here depends on other items.

use std::collections::BTreeMap;
use std::fmt;

use kairos_timeline::{FeedbackKind, GiftKind, Money, Span, WallTime};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

/// Why an item of a file was not taken.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[non_exhaustive]
pub enum SkipReason {
    /// The element, object or line does not follow its format.
    #[error("malformed item")]
    Malformed,
    /// The file ends inside the item.
    #[error("file ends inside the item")]
    Truncated,
    /// The item is longer than any real one; it was passed over without being held.
    #[error("item too long")]
    TooLong,
    /// A field that places or identifies the item is missing or unreadable.
    #[error("missing or unreadable field {0}")]
    Field(&'static str),
    /// The time lies further from the rest of the file than any broadcast lasts.
    #[error("implausible time")]
    ImplausibleTime,
    /// Reading stopped early: a truncated archive or a failing disk.
    #[error("input ended early: {0}")]
    Input(String),
}

impl Serialize for SkipReason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What kind of item a draft is.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// A chat message.
    Comment,
    /// A paid or free gift, super chat, membership.
    Gift {
        /// What was bought.
        kind: GiftKind,
        /// The platform's name for it.
        name: String,
        /// How many.
        count: u32,
        /// What it cost in all.
        money: Option<Money>,
        /// The value in dollars that the file itself states (our own format only).
        value: Option<f64>,
    },
    /// Impression, click or watch.
    Feedback {
        /// Which.
        kind: FeedbackKind,
        /// How long was watched.
        watched: Span,
    },
}

/// One item as the file tells it.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// Number of the item in its file, counting broken ones.
    pub index: u64,
    /// Time since the recording's start.
    pub offset: Option<Span>,
    /// Platform wall time.
    pub at: Option<WallTime>,
    /// The platform's id.
    pub id: Option<String>,
    /// What identifies the item where the platform gives no id; `None`: all of its content.
    pub key: Option<String>,
    /// Whether an equal item without a platform id is the same item written twice: true where times are
    /// finer than a viewer can click.
    pub repeats_merge: bool,
    /// Platform's user id, or the name.
    pub user: String,
    /// Message.
    pub text: String,
    /// Kind and its fields.
    pub what: What,
    /// What has no place in the fields above.
    pub other: Map<String, Value>,
}

impl Draft {
    /// A comment without times.
    pub fn comment(index: u64, user: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            index,
            offset: None,
            at: None,
            id: None,
            key: None,
            repeats_merge: false,
            user: user.into(),
            text: text.into(),
            what: What::Comment,
            other: Map::new(),
        }
    }

    /// A gift without times; `count` of zero is read as one.
    pub fn gift(
        index: u64,
        user: impl Into<String>,
        kind: GiftKind,
        name: impl Into<String>,
        count: u32,
        money: Option<Money>,
    ) -> Self {
        let what = What::Gift { kind, name: name.into(), count: count.max(1), money, value: None };
        Self { what, repeats_merge: true, ..Self::comment(index, user, "") }
    }

    /// Adds a field to `other` unless it is empty.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        let value = value.into();
        if !value.is_null() && value.as_str() != Some("") {
            self.other.insert(name.to_owned(), value);
        }
        self
    }
}

/// What the head of a file tells about the broadcast.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Broadcast {
    /// Room, channel or video id.
    pub room: Option<String>,
    /// Title.
    pub title: Option<String>,
    /// Streamer.
    pub streamer: Option<String>,
    /// Start of the recording.
    pub started_at: Option<WallTime>,
}

/// How many skipped items are kept with their positions; the rest is only counted.
const SKIPPED_KEPT: usize = 1_000;

/// Gathers what a format reader finds.
#[derive(Debug, Default)]
pub struct Collector {
    pub(crate) drafts: Vec<Draft>,
    pub(crate) skipped: Vec<(u64, SkipReason)>,
    pub(crate) skipped_by_reason: BTreeMap<SkipReason, u64>,
    pub(crate) ignored: BTreeMap<String, u64>,
    pub(crate) duplicates: u64,
    /// What the file tells about the broadcast.
    pub broadcast: Broadcast,
}

impl Collector {
    /// Takes an item.
    pub fn take(&mut self, draft: Draft) {
        self.drafts.push(draft);
    }

    /// Takes an item or notes why it could not be read.
    pub fn take_or_skip(&mut self, index: u64, draft: Result<Draft, SkipReason>) {
        match draft {
            Ok(draft) => self.take(draft),
            Err(reason) => self.skip(index, reason),
        }
    }

    /// Notes an item that could not be read.
    pub fn skip(&mut self, index: u64, reason: SkipReason) {
        if self.skipped.len() < SKIPPED_KEPT {
            self.skipped.push((index, reason.clone()));
        }
        *self.skipped_by_reason.entry(reason).or_default() += 1;
    }

    /// Counts an item that is sound but says nothing that is scored (joins, announcements).
    pub fn ignore(&mut self, what: impl fmt::Display) {
        *self.ignored.entry(what.to_string().chars().take(64).collect()).or_default() += 1;
    }

    /// Counts a paid item that repeats one already taken.
    pub fn repeat(&mut self) {
        self.duplicates += 1;
    }
}
