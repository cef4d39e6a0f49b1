//! Messages of several topics put in the order of their own time.
//!
//! A broker hands out topics independently: after a restart one may be hours ahead of another. Invariants: while every
//! partition has more to give, the earliest message of all goes first, so that catching up looks like having been there;
//! a partition that has nothing more holds nobody back; memory is bounded, and what goes on out of order for it is
//! counted.

use std::collections::{BTreeMap, VecDeque};

use kairos_kafka::TopicPartition;

use super::arrival::Arrival;

#[derive(Debug, Default)]
struct Lane {
    waiting: VecDeque<Arrival>,
    /// Offset that is received next.
    next: i64,
    /// One past the last offset that the topic is known to hold.
    high: i64,
    newest_us: i64,
}

/// Partitions being read.
#[derive(Debug)]
pub struct Merge {
    lanes: BTreeMap<TopicPartition, Lane>,
    bytes: usize,
    limit: usize,
    forced: u64,
}

impl Merge {
    /// Holds back `limit` bytes at most.
    pub fn new(limit: usize) -> Self {
        Self { lanes: BTreeMap::new(), bytes: 0, limit, forced: 0 }
    }

    /// A partition is read from `next` on and holds messages up to `high`, exclusive.
    pub fn assign(&mut self, at: TopicPartition, next: i64, high: i64) {
        self.lanes.insert(at, Lane { next, high, ..Lane::default() });
    }

    /// Nothing is read any more.
    pub fn clear(&mut self) {
        self.lanes.clear();
        self.bytes = 0;
    }

    /// A partition is known to hold messages up to `high`, exclusive.
    pub fn reaches(&mut self, at: &TopicPartition, high: i64) {
        if let Some(lane) = self.lanes.get_mut(at) {
            lane.high = lane.high.max(high);
        }
    }

    /// Takes a message; one of a partition that is not read is dropped.
    pub fn push(&mut self, mut arrival: Arrival) {
        let position = &arrival.message.position;
        let at = TopicPartition::new(position.topic.clone(), position.partition);
        let Some(lane) = self.lanes.get_mut(&at) else { return };
        lane.next = position.offset + 1;
        // What tells no time of its own goes where it stands.
        let at_us = arrival.at_us.unwrap_or(lane.newest_us);
        arrival.at_us = Some(at_us);
        lane.newest_us = lane.newest_us.max(at_us);
        self.bytes += arrival.message.size();
        lane.waiting.push_back(arrival);
    }

    /// The next message, when it is known.
    pub fn pop(&mut self) -> Option<Arrival> {
        let is_full = self.bytes > self.limit;
        if !is_full && self.lanes.values().any(|lane| lane.waiting.is_empty() && lane.next < lane.high) {
            return None;
        }
        let first = |lane: &Lane| lane.waiting.front().map(Arrival::order);
        let lane =
            self.lanes.values_mut().filter(|lane| !lane.waiting.is_empty()).min_by_key(|lane| first(lane))?;
        let arrival = lane.waiting.pop_front()?;
        self.bytes -= arrival.message.size();
        self.forced += u64::from(is_full);
        Some(arrival)
    }

    /// Whoever waits for a message that does not come waits no longer: the end of a topic may hold no message.
    pub fn give_up_waiting(&mut self) {
        for lane in self.lanes.values_mut() {
            lane.high = lane.next;
        }
    }

    /// Whether nothing is held back and everything up to the known ends was received.
    pub fn is_drained(&self) -> bool {
        self.lanes.values().all(|lane| lane.waiting.is_empty() && lane.next >= lane.high)
    }

    /// Messages that went on out of order, since too much was held back.
    pub fn forced(&self) -> u64 {
        self.forced
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kairos_kafka::{Headers, Message};
    use kairos_timeline::Position;

    fn comment(topic: &str, offset: i64, at_s: i64) -> Arrival {
        let value = format!(
            r#"{{"room":"r","id":"{offset}","user":"u","sent_at":{},"text":"{}"}}"#,
            at_s * 1_000_000,
            "x".repeat(100)
        );
        Arrival::read(
            Message {
                position: Position { topic: topic.into(), partition: 0, offset },
                key: Some("r".into()),
                value: Some(value.into()),
                headers: Headers::default(),
            },
            Some(kairos_kafka::Topic::Comments),
        )
    }

    fn merge(limit: usize) -> Merge {
        let mut merge = Merge::new(limit);
        merge.assign(TopicPartition::new("a", 0), 0, 2);
        merge.assign(TopicPartition::new("b", 0), 0, 2);
        merge
    }

    fn times(merge: &mut Merge) -> Vec<i64> {
        std::iter::from_fn(|| merge.pop()).map(|arrival| arrival.at_us.unwrap() / 1_000_000).collect()
    }

    #[test]
    fn the_earliest_message_of_all_topics_goes_first() {
        let mut merge = merge(1 << 20);
        merge.push(comment("a", 0, 1));
        merge.push(comment("a", 1, 5));
        assert!(merge.pop().is_none(), "topic b may hold something earlier");
        merge.push(comment("b", 0, 2));
        assert_eq!(times(&mut merge), [1, 2]);
        merge.push(comment("b", 1, 9));
        assert_eq!(times(&mut merge), [5, 9], "a has nothing more and holds nobody back");
        assert!(merge.is_drained());
    }

    #[test]
    fn what_can_not_be_held_goes_on_and_is_counted() {
        let mut merge = merge(500);
        merge.push(comment("a", 0, 1));
        merge.push(comment("a", 1, 5));
        assert_eq!((times(&mut merge).len(), merge.forced()), (1, 1));
        merge.give_up_waiting();
        assert_eq!(times(&mut merge), [5]);
    }
}
