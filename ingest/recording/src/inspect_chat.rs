//! What was understood of a chat file: counts, money, span, clocks, and what was left out and why.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

use kairos_timeline::{MediaTime, RoomId, Span, WallTime};
use rust_decimal::Decimal;
use serde::Serialize;

use crate::RecordingError;
use crate::chat::{
    Broadcast, ChatLog, ChatOptions, Clocks, Event, FormatName, Skipped, StartSource, read_chat,
};

/// How many skipped items are listed; all are counted.
const LISTED: usize = 20;

/// Paid items in one currency.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Paid {
    /// Items.
    pub items: u64,
    /// Sum, exact.
    pub amount: Decimal,
    /// The same in United States dollars by the configured rates.
    pub value: f64,
}

/// What was understood of a chat file.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChatInspection {
    /// File name.
    pub file: String,
    /// Format.
    pub format: FormatName,
    /// What the head of the file tells.
    pub broadcast: Broadcast,
    /// Start of the recording, if anything tells it.
    pub started_at: Option<WallTime>,
    /// Where the start was learnt.
    pub start_source: StartSource,
    /// Messages.
    pub comments: u64,
    /// Gifts of every kind, free ones included.
    pub gifts: u64,
    /// Gifts by kind.
    pub gift_kinds: BTreeMap<&'static str, u64>,
    /// Gifts that were paid for.
    pub paid_items: u64,
    /// Paid gifts by currency.
    pub paid: BTreeMap<String, Paid>,
    /// All paid gifts in United States dollars.
    pub value: f64,
    /// Impressions, clicks and watches.
    pub feedback: u64,
    /// Different users.
    pub users: u64,
    /// First event, from the start of the recording.
    pub first: Option<Span>,
    /// Last event, from the start of the recording.
    pub last: Option<Span>,
    /// How wall times and offsets agree.
    pub clocks: Option<Clocks>,
    /// Items left out because the same one was already taken.
    pub duplicates: u64,
    /// Comments that repeat an earlier one in every field and were kept.
    pub repeated_comments: u64,
    /// Texts that were cut.
    pub cut_texts: u64,
    /// Paid items without a rate, by currency.
    pub unknown_currencies: BTreeMap<String, u64>,
    /// Sound items that say nothing that is scored.
    pub ignored: BTreeMap<String, u64>,
    /// How many items could not be read.
    pub skipped: u64,
    /// The same by reason.
    pub skipped_by_reason: BTreeMap<String, u64>,
    /// The first of them.
    pub skipped_first: Vec<Skipped>,
}

/// Reads the chat file at `path` and says what was understood.
///
/// # Errors
/// As [`read_chat`].
pub fn inspect_chat(path: &Path) -> Result<ChatInspection, RecordingError> {
    let options = ChatOptions::new(RoomId::nearest("", "room"));
    Ok(ChatInspection::of(&read_chat(path, &options)?))
}

impl ChatInspection {
    /// Of a chat that was read.
    pub fn of(log: &ChatLog) -> Self {
        let mut users = BTreeSet::new();
        let (mut comments, mut gifts, mut feedback) = (0, 0, 0);
        let mut gift_kinds = BTreeMap::new();
        let mut paid: BTreeMap<String, Paid> = BTreeMap::new();
        for event in &log.events {
            users.insert(event.event.user());
            match &event.event {
                Event::Comment(_) => comments += 1,
                Event::Feedback(_) => feedback += 1,
                Event::Gift(gift) => {
                    gifts += 1;
                    *gift_kinds.entry(gift.kind.as_str()).or_default() += 1;
                    if let Some(money) = &gift.money {
                        let sum = paid.entry(money.currency.clone()).or_default();
                        sum.items += 1;
                        sum.amount = sum.amount.saturating_add(money.amount);
                        sum.value += gift.value;
                    }
                }
            }
        }
        let from_start = |at: WallTime| at - log.origin();
        Self {
            file: log.file.to_string(),
            format: log.format,
            broadcast: log.broadcast.clone(),
            started_at: log.started_at,
            start_source: log.start_source,
            comments,
            gifts,
            gift_kinds,
            paid_items: paid.values().map(|sum| sum.items).sum(),
            // Not `sum`: of nothing that is minus zero.
            value: paid.values().fold(0.0, |all, sum| all + sum.value),
            paid,
            feedback,
            users: users.len() as u64,
            first: log.span().map(|(first, _)| from_start(first)),
            last: log.span().map(|(_, last)| from_start(last)),
            clocks: log.clocks,
            duplicates: log.duplicates,
            repeated_comments: log.repeated_comments,
            cut_texts: log.cut_texts,
            unknown_currencies: log.unknown_currencies.clone(),
            ignored: log.ignored.clone(),
            skipped: log.skipped_count(),
            skipped_by_reason: log.skipped_by_reason.iter().map(|(r, n)| (r.to_string(), *n)).collect(),
            skipped_first: log.skipped.iter().take(LISTED).cloned().collect(),
        }
    }
}

fn counts<K: fmt::Display>(counts: &BTreeMap<K, u64>) -> String {
    counts.iter().map(|(what, count)| format!("{count} {what}")).collect::<Vec<_>>().join(", ")
}

impl fmt::Display for ChatInspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}", self.file, self.format)?;
        let Broadcast { room, title, streamer, .. } = &self.broadcast;
        for (name, told) in [("room", room), ("title", title), ("streamer", streamer)] {
            if let Some(told) = told {
                writeln!(f, "  {name:<12}{told}")?;
            }
        }
        match self.started_at {
            Some(at) => writeln!(f, "  start       {} us ({:?})", at.as_micros(), self.start_source)?,
            None => writeln!(f, "  start       unknown")?,
        }
        if let Some((first, last)) = self.first.zip(self.last) {
            let shown = |span: Span| MediaTime::from_micros(span.as_micros());
            writeln!(f, "  span        {} to {}", shown(first), shown(last))?;
        }
        writeln!(f, "  comments    {} by {} users (all kinds)", self.comments, self.users)?;
        writeln!(f, "  gifts       {} ({} paid): {}", self.gifts, self.paid_items, counts(&self.gift_kinds))?;
        for (currency, sum) in &self.paid {
            writeln!(f, "    {currency} {} in {} items, {:.2} USD", sum.amount, sum.items, sum.value)?;
        }
        writeln!(f, "  value       {:.2} USD", self.value)?;
        if self.feedback > 0 {
            writeln!(f, "  feedback    {}", self.feedback)?;
        }
        if let Some(clocks) = self.clocks {
            let Clocks { items, median, spread } = clocks;
            writeln!(
                f,
                "  clocks      wall time is off by {median} in the middle, spread {spread}, {items} items"
            )?;
        }
        let left_out = [
            ("duplicates", self.duplicates),
            ("repeated", self.repeated_comments),
            ("cut texts", self.cut_texts),
        ];
        for (name, count) in left_out {
            if count > 0 {
                writeln!(f, "  {name:<12}{count}")?;
            }
        }
        for (name, what) in [("no rate", &self.unknown_currencies), ("ignored", &self.ignored)] {
            if !what.is_empty() {
                writeln!(f, "  {name:<12}{}", counts(what))?;
            }
        }
        if self.skipped > 0 {
            writeln!(f, "  skipped     {}: {}", self.skipped, counts(&self.skipped_by_reason))?;
            for skipped in &self.skipped_first {
                writeln!(f, "    {} {}", skipped.position, skipped.reason)?;
            }
        }
        Ok(())
    }
}
