//! Messages of several topics put in the order of their time.
//!
//! A broker hands out topics independently: after a restart one may be hours ahead of another. Invariants: while every
//! partition has more to give, the earliest message of all goes first, so that catching up looks like having been there;
//! a partition that has nothing more holds nobody back for longer than the hold; memory is bounded. A partition keeps its
//! own order, and nothing is remembered of what has gone: whoever begins to read between two messages finds the order of
//! whoever read from the start. What goes on out of order, for memory or because it came too late to be waited for, is
//! counted.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use kairos_kafka::TopicPartition;

use super::Arrival;
use super::arrival::Place;

/// Between which partitions the order matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Across {
    /// All of them.
    All,
    /// Those of the same number: a room's messages are in one of each topic.
    Number,
}

#[derive(Debug)]
struct Waiting {
    arrival: Arrival,
    place: Place,
    since: Instant,
}

#[derive(Debug, Default)]
struct Lane {
    waiting: VecDeque<Waiting>,
    /// Offset that is received next.
    next: i64,
    /// One past the last offset that the topic is known to hold.
    high: i64,
    /// When it was asked.
    asked: Option<Instant>,
}

#[derive(Debug, Default)]
struct Group {
    lanes: BTreeMap<TopicPartition, Lane>,
    gone: Option<Place>,
}

impl Group {
    /// The lane whose first message is the earliest, and its place.
    fn first(&self) -> Option<(Place, &TopicPartition)> {
        let first = |(at, lane): (&'_ TopicPartition, &'_ Lane)| {
            lane.waiting.front().map(|waiting| (waiting.place, at.clone()))
        };
        let (place, at) = self.lanes.iter().filter_map(first).min()?;
        let (at, _) = self.lanes.get_key_value(&at)?;
        Some((place, at))
    }

    /// Whether nothing that should go before the earliest message, at hand `since` then, can still come: each partition
    /// has a later one at hand, or was asked after the hold and had no more.
    fn is_known(&self, since: Instant, hold: Duration) -> bool {
        let is_over = |lane: &Lane| {
            let is_asked = hold.is_zero() || lane.asked.is_some_and(|asked| asked >= since + hold);
            lane.next >= lane.high && is_asked
        };
        self.lanes.values().all(|lane| !lane.waiting.is_empty() || is_over(lane))
    }
}

/// Partitions being read.
#[derive(Debug)]
pub struct Merge {
    groups: BTreeMap<i32, Group>,
    across: Across,
    bytes: usize,
    limit: usize,
    hold: Duration,
    forced: u64,
}

impl Merge {
    /// Holds back `limit` bytes at most, and a message for `hold` where a partition has nothing to compare it with; with a
    /// hold of zero what partitions held when they were assigned is all there is.
    pub fn new(across: Across, limit: usize, hold: Duration) -> Self {
        Self { groups: BTreeMap::new(), across, bytes: 0, limit, hold, forced: 0 }
    }

    fn group(&self, at: &TopicPartition) -> i32 {
        match self.across {
            Across::All => 0,
            Across::Number => at.partition,
        }
    }

    fn lane(&mut self, at: &TopicPartition) -> Option<&mut Lane> {
        let group = self.group(at);
        self.groups.get_mut(&group)?.lanes.get_mut(at)
    }

    /// A partition is read from `next` on and holds messages up to `high`, exclusive.
    pub fn assign(&mut self, at: TopicPartition, next: i64, high: i64) {
        let group = self.group(&at);
        let lane = Lane { next, high, ..Lane::default() };
        self.groups.entry(group).or_default().lanes.insert(at, lane);
    }

    /// Nothing is read any more.
    pub fn clear(&mut self) {
        self.groups.clear();
        self.bytes = 0;
    }

    /// A partition held messages up to `high`, exclusive, when it was asked.
    pub fn reaches(&mut self, at: &TopicPartition, high: i64, asked: Instant) {
        if let Some(lane) = self.lane(at) {
            lane.high = lane.high.max(high);
            lane.asked = lane.asked.max(Some(asked));
        }
    }

    /// Whether nothing of a partition is at hand and more is known to come.
    pub fn wants(&self, at: &TopicPartition) -> bool {
        let lane = self.groups.get(&self.group(at)).and_then(|group| group.lanes.get(at));
        lane.is_some_and(|lane| lane.waiting.is_empty() && lane.next < lane.high)
    }

    /// A partition holds nothing more.
    pub fn ends(&mut self, at: &TopicPartition) {
        if let Some(lane) = self.lane(at) {
            lane.high = lane.next;
        }
    }

    /// Takes a message; one of a partition that is not read is dropped.
    pub fn push(&mut self, arrival: Arrival, now: Instant) {
        let position = &arrival.message.position;
        let (at, offset) = (TopicPartition::new(position.topic.clone(), position.partition), position.offset);
        let size = arrival.message.size();
        let Some(lane) = self.lane(&at) else { return };
        lane.next = offset + 1;
        let place = arrival.place();
        lane.waiting.push_back(Waiting { arrival, place, since: now });
        self.bytes += size;
    }

    /// The next message, when it is known.
    pub fn pop(&mut self) -> Option<Arrival> {
        let is_full = self.bytes > self.limit;
        let (hold, mut found) = (self.hold, None);
        for (number, group) in &self.groups {
            let Some((place, at)) = group.first() else { continue };
            let since = group.lanes.get(at)?.waiting.front()?.since;
            let is_known = group.is_known(since, hold);
            if is_known || is_full {
                let place = (place, *number, at.clone(), is_known);
                found = match found {
                    Some(best) if best <= place => Some(best),
                    _ => Some(place),
                };
            }
        }
        let (place, number, at, is_known) = found?;
        let group = self.groups.get_mut(&number)?;
        let mut arrival = group.lanes.get_mut(&at)?.waiting.pop_front()?.arrival;
        arrival.waits = tracing::Span::none();
        self.forced += u64::from(!is_known || group.gone.is_some_and(|gone| place < gone));
        group.gone = group.gone.max(Some(place));
        self.bytes -= arrival.message.size();
        Some(arrival)
    }

    /// Whoever waits for a message that does not come waits no longer: the end of a topic may hold no message.
    pub fn give_up_waiting(&mut self, now: Instant) {
        for lane in self.groups.values_mut().flat_map(|group| group.lanes.values_mut()) {
            lane.high = lane.next;
            lane.asked = Some(now);
        }
    }

    /// Whether nothing is held back and everything up to the known ends was received.
    pub fn is_drained(&self) -> bool {
        let mut lanes = self.groups.values().flat_map(|group| group.lanes.values());
        lanes.all(|lane| lane.waiting.is_empty() && lane.next >= lane.high)
    }

    /// Bytes of messages held back.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Messages that went on out of order.
    pub fn forced(&self) -> u64 {
        self.forced
    }
}

#[cfg(test)]
mod tests {
    use super::super::{TimeOrder, clock};
    use super::*;
    use kairos_kafka::{Headers, Message};
    use kairos_timeline::Position;

    const HOLD: Duration = Duration::from_millis(200);

    fn comment(topic: &str, offset: i64, at_s: i64, written_s: i64) -> Arrival {
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
                written_ms: Some(written_s * 1_000),
            },
            Some(kairos_kafka::Topic::Comments),
            TimeOrder::Written,
        )
    }

    fn merge(limit: usize) -> Merge {
        let mut merge = Merge::new(Across::All, limit, HOLD);
        merge.assign(TopicPartition::new("a", 0), 0, 2);
        merge.assign(TopicPartition::new("b", 0), 0, 2);
        merge
    }

    fn told(merge: &mut Merge) -> Vec<i64> {
        std::iter::from_fn(|| merge.pop()).map(|arrival| arrival.at_us.unwrap() / 1_000_000).collect()
    }

    #[test]
    fn messages_go_in_the_order_in_which_they_were_written() {
        let (mut merge, now) = (merge(1 << 20), clock::now());
        merge.push(comment("a", 0, 100, 103), now);
        merge.push(comment("a", 1, 101, 104), now);
        assert!(merge.pop().is_none(), "topic b is known to hold more");
        merge.push(comment("b", 0, 110, 102), now);
        assert_eq!(told(&mut merge), [110]);
        merge.push(comment("b", 1, 99, 104), now);
        assert_eq!(told(&mut merge), [100, 99], "of those written together what happened first");
        assert_eq!(merge.forced(), 0);
    }

    #[test]
    fn a_partition_that_has_no_more_holds_nobody_back_once_it_was_asked_after_the_hold() {
        let (mut merge, now) = (merge(1 << 20), clock::now());
        let b = TopicPartition::new("b", 0);
        merge.push(comment("a", 0, 1, 1), now);
        merge.push(comment("b", 0, 2, 2), now);
        merge.push(comment("b", 1, 3, 3), now);
        assert_eq!(told(&mut merge), [1], "a is said to hold more");
        merge.push(comment("a", 1, 4, 4), now);
        assert_eq!(told(&mut merge), [2, 3], "b has nothing more, but might have");
        merge.reaches(&b, 2, now + HOLD / 2);
        assert!(merge.pop().is_none(), "it was asked too early");
        merge.reaches(&b, 3, now + HOLD);
        assert!(merge.pop().is_none(), "it had more then");
        merge.push(comment("b", 2, 3, 3), now);
        assert_eq!(told(&mut merge), [3, 4]);
        assert!(merge.is_drained());
        assert_eq!(merge.forced(), 0);
    }

    #[test]
    fn what_can_not_be_held_goes_on_and_is_counted() {
        let (mut merge, now) = (merge(500), clock::now());
        merge.push(comment("a", 0, 1, 1), now);
        merge.push(comment("a", 1, 5, 5), now);
        assert_eq!((told(&mut merge).len(), merge.forced()), (1, 1));
        merge.give_up_waiting(now + HOLD);
        assert_eq!(told(&mut merge), [5]);
        merge.push(comment("b", 0, 2, 2), now);
        assert_eq!((told(&mut merge), merge.forced()), (vec![2], 2), "it came too late");
    }

    #[test]
    fn partitions_of_other_numbers_hold_nobody_back() {
        let (mut merge, now) = (Merge::new(Across::Number, 1 << 20, HOLD), clock::now());
        merge.assign(TopicPartition::new("a", 0), 0, 1);
        merge.assign(TopicPartition::new("a", 1), 0, 1);
        merge.push(comment("a", 0, 7, 7), now);
        assert_eq!(told(&mut merge), [7]);
        assert!(!merge.is_drained());
    }
}
