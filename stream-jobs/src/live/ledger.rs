//! How every offset of one partition ended, as rows that only grow.
//!
//! Rooms tell of endings in any order. Invariants: each offset ends once, and the first ending counts; rows cover the
//! offsets from the first one on without a hole, as far as all have ended; a row's first offset never changes, and a
//! longer row replaces a shorter one; the rows in the end don't depend on how often they were asked for.

use std::collections::BTreeMap;

use kairos_clickhouse::{LedgerEntry, Outcome};
use serde::{Deserialize, Serialize};

use crate::room::{Ending, Entry};

/// A row covers at most this many offsets, so that none is written again and again for ever.
const LONGEST: i64 = 1_000;

/// The ending of one offset.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Ended {
    outcome: Outcome,
    reason: String,
    room: String,
    stream: String,
}

/// What is kept of an account across a restart.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    next: i64,
    run: Option<LedgerEntry>,
    ended: BTreeMap<i64, Ended>,
}

/// The account of one partition of a topic.
#[derive(Debug)]
pub struct Account {
    topic: String,
    partition: i32,
    kept: Kept,
    closed: Vec<LedgerEntry>,
}

impl Account {
    /// An account that begins at offset `next`.
    pub fn new(topic: &str, partition: i32, next: i64) -> Self {
        Self::resume(topic, partition, Kept { next, ..Kept::default() })
    }

    /// Goes on with what was kept.
    pub fn resume(topic: &str, partition: i32, kept: Kept) -> Self {
        Self { topic: topic.to_owned(), partition, kept, closed: Vec::new() }
    }

    /// As it is kept.
    pub fn kept(&self) -> Kept {
        self.kept.clone()
    }

    /// The first offset that has not ended.
    pub fn next(&self) -> i64 {
        self.kept.next
    }

    /// Offsets of a room's stream ended; both names are empty where nobody knows them.
    pub fn note(&mut self, entry: &Entry, room: &str, stream: &str) {
        let outcome = match entry.ending {
            Ending::Scored => Outcome::Scored,
            Ending::Skipped => Outcome::Skipped,
            Ending::Late => Outcome::Late,
            Ending::Dead => Outcome::Dead,
        };
        for offset in entry.first.max(self.kept.next)..=entry.last {
            self.kept.ended.entry(offset).or_insert_with(|| Ended {
                outcome,
                reason: entry.reason.clone(),
                room: room.to_owned(),
                stream: stream.to_owned(),
            });
        }
        while let Some(ended) = self.kept.ended.remove(&self.kept.next) {
            self.extend(ended);
        }
    }

    fn extend(&mut self, ended: Ended) {
        let offset = self.kept.next;
        self.kept.next += 1;
        if let Some(run) = &mut self.kept.run {
            let is_alike = run.outcome == ended.outcome && run.reason == ended.reason;
            if is_alike && offset / LONGEST == run.first_offset / LONGEST {
                run.last_offset = offset;
                run.revision += 1;
                if run.room != ended.room {
                    run.room.clear();
                }
                if run.stream != ended.stream {
                    run.stream.clear();
                }
                return;
            }
        }
        let run = LedgerEntry {
            topic: self.topic.clone(),
            partition: self.partition,
            first_offset: offset,
            last_offset: offset,
            room: ended.room,
            stream: ended.stream,
            outcome: ended.outcome,
            reason: ended.reason,
            revision: 0,
        };
        self.closed.extend(self.kept.run.replace(run));
    }

    /// Rows that are new or longer than at the last call.
    pub fn rows(&mut self) -> Vec<LedgerEntry> {
        let mut rows = std::mem::take(&mut self.closed);
        rows.extend(self.kept.run.clone());
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn entry(first: i64, last: i64, ending: Ending) -> Entry {
        Entry { topic: "t".into(), partition: 0, first, last, ending, reason: String::new() }
    }

    fn last_rows(rows: Vec<LedgerEntry>) -> Vec<LedgerEntry> {
        let mut by_first: BTreeMap<i64, LedgerEntry> = BTreeMap::new();
        for row in rows {
            match by_first.get(&row.first_offset) {
                Some(known) if known.revision > row.revision => {}
                _ => drop(by_first.insert(row.first_offset, row)),
            }
        }
        by_first.into_values().collect()
    }

    #[test]
    fn a_hole_holds_back_what_comes_after_it() {
        let mut account = Account::new("t", 0, 5);
        account.note(&entry(7, 8, Ending::Scored), "a", "s");
        assert!(account.rows().is_empty());
        account.note(&entry(5, 6, Ending::Scored), "b", "s");
        account.note(&entry(5, 6, Ending::Dead), "b", "s");
        let rows = account.rows();
        let spans: Vec<_> = rows.iter().map(|row| (row.first_offset, row.last_offset, row.outcome)).collect();
        assert_eq!(spans, [(5, 8, Outcome::Scored)]);
        assert_eq!((rows[0].room.as_str(), rows[0].stream.as_str()), ("", "s"));
    }

    proptest! {
        #[test]
        fn rows_are_the_same_however_often_they_are_asked_for_and_wherever_it_is_resumed(
            order in Just((0_i64..2_300).collect::<Vec<_>>()).prop_shuffle(),
            kinds in prop::collection::vec(0..4_usize, 2_300),
            asked in prop::collection::btree_set(0_usize..2_300, 0..20),
        ) {
            let kind = |offset: i64| {
                [Ending::Scored, Ending::Scored, Ending::Scored, Ending::Late][kinds[offset as usize / 7 * 7]]
            };
            let (mut once, mut often, mut rows) = (Account::new("t", 0, 0), Account::new("t", 0, 0), Vec::new());
            for (at, offset) in order.into_iter().enumerate() {
                once.note(&entry(offset, offset, kind(offset)), "a", "s");
                often.note(&entry(offset, offset, kind(offset)), "a", "s");
                if asked.contains(&at) {
                    rows.extend(often.rows());
                    let kept = serde_json::to_string(&often.kept()).unwrap();
                    often = Account::resume("t", 0, serde_json::from_str(&kept).unwrap());
                }
            }
            rows.extend(often.rows());
            let all = last_rows(once.rows());
            prop_assert_eq!(all.iter().map(|row| row.last_offset - row.first_offset + 1).sum::<i64>(), 2_300);
            prop_assert!(all.windows(2).all(|two| two[0].last_offset + 1 == two[1].first_offset));
            prop_assert_eq!(last_rows(rows), all);
        }
    }
}
