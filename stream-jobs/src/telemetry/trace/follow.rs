//! What is still to come of messages whose traces are kept: the first score of their unit, the acknowledgement of rows.
//!
//! Invariant: what is held is bounded, and only of traces that are kept; where traces are off nothing is held.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;
use std::sync::Arc;
use std::time::{Duration, Instant};

use kairos_timeline::Position;
use tracing::Span;

use super::{insert, is_sampled, step};
use crate::live::clock;

/// Segments, or groups of rows, that are followed at once; of more the newest are not.
const MOST: usize = 1_024;
/// How long a first score is waited for: a stream that ended gives none.
const LONGEST: Duration = Duration::from_secs(120);

/// Segments that wait for the first score of their unit.
#[derive(Debug, Default)]
pub struct Awaited(BTreeMap<(Arc<str>, i32, i64), Waiting>);

#[derive(Debug)]
struct Waiting {
    message: Span,
    /// Ends with the score.
    _unit: Span,
    since: Instant,
}

impl Awaited {
    /// The segment at `position`, whose span is `message`, waits from now on.
    pub fn wait(&mut self, position: &Position, message: &Span) {
        if !is_sampled(message) {
            return;
        }
        let now = clock::now();
        self.0.retain(|_, waiting| now.saturating_duration_since(waiting.since) < LONGEST);
        if self.0.len() < MOST {
            let unit = message.in_scope(|| step("unit"));
            let waiting = Waiting { message: message.clone(), _unit: unit, since: now };
            self.0.insert((position.topic.clone(), position.partition, position.offset), waiting);
        }
    }

    /// A first score rests on the messages from `first` to `last`: the spans of those that waited.
    pub fn scored(&mut self, topic: &str, partition: i32, first: i64, last: i64) -> Vec<Span> {
        if self.0.is_empty() {
            return Vec::new();
        }
        let at = |offset| (Arc::from(topic), partition, offset);
        let range = (Bound::Included(at(first)), Bound::Included(at(last)));
        let found: Vec<_> = self.0.range(range).map(|(key, _)| key.clone()).collect();
        found.iter().filter_map(|key| self.0.remove(key)).map(|waiting| waiting.message).collect()
    }
}

/// Rows that are with the writer and not acknowledged yet.
#[derive(Debug, Default)]
pub struct Unacknowledged(VecDeque<(Instant, Span)>);

impl Unacknowledged {
    /// `rows` of messages, whose spans are `traces`, are about to be given to the writer: to be handed to [`Self::given`].
    pub fn giving(&self, traces: &[Span], rows: usize) -> Vec<Span> {
        // One more would have to end before its rows are acknowledged.
        if rows == 0 || self.0.len() >= MOST {
            return Vec::new();
        }
        let of = |span: &Span| span.in_scope(|| insert(rows));
        traces.iter().filter(|span| is_sampled(span)).map(of).collect()
    }

    /// The writer has them.
    pub fn given(&mut self, inserts: Vec<Span>) {
        if !inserts.is_empty() {
            let now = clock::now();
            self.0.extend(inserts.into_iter().map(|span| (now, span)));
        }
    }

    /// The writer holds no row from before `oldest`; with `None` no row at all.
    pub fn acknowledged(&mut self, oldest: Option<Instant>) {
        while self.0.front().is_some_and(|(given, _)| oldest.is_none_or(|oldest| *given < oldest)) {
            self.0.pop_front();
        }
    }

    /// Whether nothing waits.
    #[cfg(test)]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
