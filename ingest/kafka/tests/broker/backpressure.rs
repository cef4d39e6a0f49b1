//! A slow job: memory stays bounded, the group is kept, and silent stops are told from it.

use std::time::Duration;

use kairos_kafka::{Consumer, Event, Record, Settings, Start, Topic};

use crate::{broker, name, next, next_message, number, numbered, post_all};

#[test]
fn a_job_that_takes_nothing_for_long_keeps_its_partitions_within_bounded_memory() {
    let settings = Settings {
        queue_bytes: 1 << 20,
        session_timeout_ms: 1_500,
        max_poll_interval_ms: 1_500,
        drain_timeout_ms: 1_000,
        stall_after_ms: 500,
        ..broker().with_topics("slow", 1).unwrap()
    };
    let topic = name(&settings, Topic::Comments);
    let size = 50_000;
    let value = |number: usize| format!("{number:0>size$}");
    let records: Vec<_> = (0..100).map(|number| Record::keyed(topic.as_str(), "r", value(number))).collect();
    post_all(&settings, &records);
    let mut consumer = Consumer::open(&settings, "slow", &[&topic]).unwrap();
    let Event::Assigned(assigned) = next(&mut consumer) else { panic!("no assignment") };
    assigned.start(|_| Start::Beginning);
    // Longer than the interval after which the group would take a worker that does not poll for stuck.
    std::thread::sleep(Duration::from_millis(3_000));
    let queued = consumer.queued_bytes();
    assert!(((1 << 20)..(1 << 20) + 2 * size).contains(&queued), "{queued}");
    for expected in 0..100 {
        let Event::Message(message) = next(&mut consumer) else { panic!("rebalanced or restarted") };
        assert_eq!(number(&message), expected);
    }
    assert_eq!(consumer.queued_bytes(), 0);
}

#[test]
fn a_partition_that_stops_silently_is_started_again() {
    let settings = Settings { stall_after_ms: 400, ..broker().with_topics("stall", 1).unwrap() };
    let topic = name(&settings, Topic::Comments);
    post_all(&settings, &numbered(&topic, "r", 0..3));
    let mut consumer = Consumer::open(&settings, "stall", &[&topic]).unwrap();
    for expected in 0..3 {
        assert_eq!(number(&next_message(&mut consumer)), expected);
    }
    // Silent because there is nothing: no stall.
    assert!(consumer.next_timeout(Duration::from_millis(1_000)).is_none());
    consumer.freeze();
    post_all(&settings, &numbered(&topic, "r", 3..6));
    let Event::Restarted(stall) = next(&mut consumer) else { panic!("not noticed") };
    assert_eq!((stall.next, stall.high, &*stall.at.topic), (3, 6, topic.as_str()));
    for expected in 3..6 {
        assert_eq!(number(&next_message(&mut consumer)), expected);
    }
}
