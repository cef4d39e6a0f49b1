//! What became of every consumed offset.
//!
//! Each offset ends exactly once as scored, skipped, late or dead, with its reason. Neighbouring offsets that
//! ended alike are one entry, so an hour of media is a handful of rows and not thousands.

use std::collections::BTreeMap;
use std::sync::Arc;

use kairos_timeline::Position;

/// How an offset ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ending {
    /// It is in a score, or stored for labels.
    Scored,
    /// It was left out on purpose.
    Skipped,
    /// It came after the allowed lateness.
    Late,
    /// It could not be read.
    Dead,
}

impl Ending {
    /// As it stands in the table.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Scored => "scored",
            Self::Skipped => "skipped",
            Self::Late => "late",
            Self::Dead => "dead",
        }
    }
}

/// Offsets `first..=last` of a topic's partition that ended alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Topic or file.
    pub topic: Arc<str>,
    /// Partition.
    pub partition: i32,
    /// First offset.
    pub first: i64,
    /// Last offset.
    pub last: i64,
    /// How they ended.
    pub ending: Ending,
    /// Why; empty when scored.
    pub reason: String,
}

impl Entry {
    /// The ending of one offset.
    pub fn one(position: &Position, ending: Ending, reason: &str) -> Self {
        let (topic, offset) = (position.topic.clone(), position.offset);
        let partition = position.partition;
        Self { topic, partition, first: offset, last: offset, ending, reason: reason.to_owned() }
    }
}

/// Endings of one partition by offset.
type Offsets = BTreeMap<i64, (Ending, Arc<str>)>;

/// The endings noted so far.
#[derive(Debug, Default)]
pub struct Ledger {
    endings: BTreeMap<(Arc<str>, i32), Offsets>,
}

impl Ledger {
    /// Notes the ending of one offset. The first ending counts: an offset never ends twice.
    pub fn note(&mut self, position: &Position, ending: Ending, reason: &str) {
        self.endings
            .entry((position.topic.clone(), position.partition))
            .or_default()
            .entry(position.offset)
            .or_insert_with(|| (ending, reason.into()));
    }

    /// Takes out all entries, in order of topic, partition and offset.
    pub fn drain(&mut self) -> Vec<Entry> {
        let mut entries: Vec<Entry> = Vec::new();
        for ((topic, partition), offsets) in std::mem::take(&mut self.endings) {
            for (offset, (ending, reason)) in offsets {
                match entries.last_mut() {
                    Some(entry)
                        if entry.topic == topic
                            && entry.partition == partition
                            && entry.last + 1 == offset
                            && entry.ending == ending
                            && *entry.reason == *reason =>
                    {
                        entry.last = offset;
                    }
                    _ => entries.push(Entry {
                        topic: topic.clone(),
                        partition,
                        first: offset,
                        last: offset,
                        ending,
                        reason: reason.to_string(),
                    }),
                }
            }
        }
        entries
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_that_ended_alike_are_one_entry() {
        let mut ledger = Ledger::default();
        for offset in [3, 0, 1, 2, 5] {
            ledger.note(&Position::in_file("chat", offset), Ending::Scored, "");
        }
        ledger.note(&Position::in_file("chat", 4), Ending::Late, "4 s behind");
        ledger.note(&Position::in_file("chat", 4), Ending::Scored, "");
        let spans: Vec<_> = ledger.drain().into_iter().map(|e| (e.first, e.last, e.ending)).collect();
        assert_eq!(spans, [(0, 3, Ending::Scored), (4, 4, Ending::Late), (5, 5, Ending::Scored)]);
        assert!(ledger.drain().is_empty());
    }
}
