//! How far each assigned partition has been read, and which of them are suspiciously silent.
//!
//! A partition can stop delivering without any error after a rebalance; only comparing what the topic holds
//! with what was received shows it. Time in which the job itself was full does not count as silence.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::TopicPartition;

/// Reading of one partition.
#[derive(Debug, Clone)]
struct Reading {
    /// Offset that comes next.
    next: i64,
    /// When a message came last, or silence began to count.
    heard: Instant,
    /// The offset at which it was started again, if that was the last thing to happen.
    restarted_at: Option<i64>,
}

/// Readings of all assigned partitions.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    readings: BTreeMap<TopicPartition, Reading>,
}

/// A partition from which nothing came for long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Silence {
    pub(crate) at: TopicPartition,
    pub(crate) next: i64,
    pub(crate) silent: Duration,
    /// Starting it again has not helped.
    pub(crate) restarted: bool,
}

impl Progress {
    pub(crate) fn begin(&mut self, at: TopicPartition, next: i64, now: Instant) {
        self.readings.insert(at, Reading { next, heard: now, restarted_at: None });
    }

    pub(crate) fn clear(&mut self) {
        self.readings.clear();
    }

    /// Takes note of a message: whether it is new. After a restart the library may deliver one again.
    pub(crate) fn receive(&mut self, at: &TopicPartition, offset: i64, now: Instant) -> bool {
        let Some(reading) = self.readings.get_mut(at) else { return false };
        if offset < reading.next {
            return false;
        }
        *reading = Reading { next: offset + 1, heard: now, restarted_at: None };
        true
    }

    /// Silence begins to count anew: fetching was paused, or the end of the topic was seen.
    pub(crate) fn excuse(&mut self, at: Option<&TopicPartition>, now: Instant) {
        for (known, reading) in &mut self.readings {
            if at.is_none_or(|at| at == known) {
                reading.heard = now;
            }
        }
    }

    pub(crate) fn restart(&mut self, at: &TopicPartition, now: Instant) {
        if let Some(reading) = self.readings.get_mut(at) {
            reading.heard = now;
            reading.restarted_at = Some(reading.next);
        }
    }

    /// The partitions from which nothing came for `limit`.
    pub(crate) fn silent(&self, limit: Duration, now: Instant) -> Vec<Silence> {
        let silence = |(at, reading): (&TopicPartition, &Reading)| {
            let silent = now.saturating_duration_since(reading.heard);
            let restarted = reading.restarted_at == Some(reading.next);
            (silent >= limit).then(|| Silence { at: at.clone(), next: reading.next, silent, restarted })
        };
        self.readings.iter().filter_map(silence).collect()
    }

    pub(crate) fn next(&self, at: &TopicPartition) -> Option<i64> {
        Some(self.readings.get(at)?.next)
    }

    /// Partitions and the offsets that come next.
    pub(crate) fn all(&self) -> Vec<(TopicPartition, i64)> {
        self.readings.iter().map(|(at, reading)| (at.clone(), reading.next)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::now;

    const LIMIT: Duration = Duration::from_secs(30);

    fn one() -> (Progress, TopicPartition, Instant) {
        let (mut progress, at, start) = (Progress::default(), TopicPartition::new("kairos.media", 3), now());
        progress.begin(at.clone(), 10, start);
        (progress, at, start)
    }

    #[test]
    fn a_partition_that_delivers_is_never_silent() {
        let (mut progress, at, start) = one();
        for second in 0..100 {
            let now = start + Duration::from_secs(second);
            assert!(progress.receive(&at, 10 + second as i64, now));
            assert_eq!(progress.silent(LIMIT, now), []);
        }
        assert_eq!(progress.next(&at), Some(110));
    }

    #[test]
    fn silence_after_a_restart_is_told_apart_until_a_message_comes() {
        let (mut progress, at, start) = one();
        let later = start + LIMIT;
        let silence = Silence { at: at.clone(), next: 10, silent: LIMIT, restarted: false };
        assert_eq!(progress.silent(LIMIT, later), std::slice::from_ref(&silence));
        progress.restart(&at, later);
        assert_eq!(progress.silent(LIMIT, later), []);
        let silence = Silence { restarted: true, ..silence };
        assert_eq!(progress.silent(LIMIT, later + LIMIT), [silence]);
        assert!(progress.receive(&at, 10, later + LIMIT));
        assert!(!progress.silent(LIMIT, later + LIMIT * 2)[0].restarted);
    }

    #[test]
    fn a_paused_job_is_not_a_silent_topic() {
        let (mut progress, at, start) = one();
        progress.excuse(None, start + LIMIT);
        assert_eq!(progress.silent(LIMIT, start + LIMIT), []);
        progress.excuse(Some(&at), start + LIMIT * 2);
        assert_eq!(progress.silent(LIMIT, start + LIMIT * 2), []);
    }

    #[test]
    fn a_message_that_was_read_is_not_read_again() {
        let (mut progress, at, start) = one();
        assert!(progress.receive(&at, 10, start));
        assert!(!progress.receive(&at, 10, start));
        assert!(progress.receive(&at, 15, start), "compaction leaves holes");
        assert!(!progress.receive(&TopicPartition::new("kairos.media", 4), 15, start), "not assigned");
    }
}
