//! Several workers of one group: who holds what, and how partitions change hands.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kairos_kafka::{Consumer, Error, Event, Settings, Start, Topic, TopicPartition};

use crate::{LIMIT, broker, name, next, number, numbered, post_all};

/// What a transactional sink would hold: the next offset and the values of every partition.
#[derive(Default)]
struct Sink {
    held: Mutex<BTreeMap<TopicPartition, (i64, Vec<usize>)>>,
    writers: Mutex<BTreeMap<TopicPartition, usize>>,
}

impl Sink {
    fn next(&self, at: &TopicPartition) -> i64 {
        self.held.lock().unwrap().get(at).map_or(0, |(next, _)| *next)
    }

    fn own(&self, worker: usize, partitions: &[TopicPartition]) {
        for at in partitions {
            let before = self.writers.lock().unwrap().insert(at.clone(), worker);
            assert_eq!(before, None, "{at} had two writers");
        }
    }

    fn give_up(&self, worker: usize, partitions: &[TopicPartition]) {
        for at in partitions {
            assert_eq!(self.writers.lock().unwrap().remove(at), Some(worker));
        }
    }

    fn count(&self) -> usize {
        self.held.lock().unwrap().values().map(|(_, values)| values.len()).sum()
    }
}

/// A job that writes in batches, as a real one does, and slowly when it drains.
fn work(worker: usize, mut consumer: Consumer, sink: &Sink, stop: &AtomicBool, rounds: &AtomicUsize) {
    let mut batch: Vec<(TopicPartition, i64, usize)> = Vec::new();
    let flush = |batch: &mut Vec<(TopicPartition, i64, usize)>| {
        for (at, offset, value) in batch.drain(..) {
            let mut held = sink.held.lock().unwrap();
            let (next, values) = held.entry(at).or_default();
            assert_eq!(*next, offset, "contiguous, nothing twice");
            *next = offset + 1;
            values.push(value);
        }
    };
    let mut mine = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        match consumer.next_timeout(Duration::from_millis(50)) {
            None => flush(&mut batch),
            Some(Event::Assigned(assigned)) => {
                mine = assigned.partitions().to_vec();
                sink.own(worker, &mine);
                rounds.fetch_add(1, Ordering::Relaxed);
                assigned.start(|at| Start::At(sink.next(at)));
            }
            Some(Event::Revoked(revoked)) => {
                assert!(!revoked.lost());
                std::thread::sleep(Duration::from_millis(300));
                flush(&mut batch);
                sink.give_up(worker, revoked.partitions());
                mine.clear();
                revoked.done();
            }
            Some(Event::Message(message)) => {
                let at = TopicPartition::new(message.position.topic.clone(), message.position.partition);
                batch.push((at, message.position.offset, number(&message)));
                if batch.len() >= 50 {
                    std::thread::sleep(Duration::from_millis(20));
                    flush(&mut batch);
                }
            }
            Some(event) => panic!("{event:?}"),
        }
    }
    flush(&mut batch);
    sink.give_up(worker, &mine);
    consumer.close();
}

#[test]
fn a_rebalance_waits_for_the_drain_and_nothing_is_lost_or_doubled() {
    let settings = broker().with_topics("drain", 4).unwrap();
    let topic = name(&settings, Topic::Comments);
    let rooms: Vec<_> = (0..8).map(|room| format!("room-{room}")).collect();
    let records: Vec<_> = rooms.iter().flat_map(|room| numbered(&topic, room, 0..500)).collect();
    let (sink, stop) = (Arc::new(Sink::default()), Arc::new(AtomicBool::new(false)));
    let rounds = Arc::new(AtomicUsize::new(0));
    let start = |worker: usize| {
        let consumer = Consumer::open(&settings, "drain", &[&topic]).unwrap();
        let (sink, stop, rounds) = (sink.clone(), stop.clone(), rounds.clone());
        std::thread::spawn(move || work(worker, consumer, &sink, &stop, &rounds))
    };
    let first = start(1);
    wait_until(|| rounds.load(Ordering::Relaxed) == 1);
    post_all(&settings, &records[..2_000]);
    // The second joins while the first has work in hand.
    let second = start(2);
    wait_until(|| rounds.load(Ordering::Relaxed) >= 3);
    post_all(&settings, &records[2_000..]);
    wait_until(|| sink.count() == records.len());
    stop.store(true, Ordering::Relaxed);
    first.join().unwrap();
    second.join().unwrap();

    let held = sink.held.lock().unwrap();
    let mut all: Vec<_> = held.values().flat_map(|(_, values)| values.clone()).collect();
    all.sort_unstable();
    let expected: Vec<_> = (0..500).flat_map(|number| [number; 8]).collect();
    assert_eq!(all, expected);
}

fn wait_until(condition: impl Fn() -> bool) {
    let step = Duration::from_millis(20);
    let reached = (0..LIMIT.as_millis() / step.as_millis()).any(|_| {
        std::thread::sleep(step);
        condition()
    });
    assert!(reached, "not within {LIMIT:?}");
}

/// Answers whatever comes until both hold something; what each holds.
fn shared_out(workers: &mut [Consumer; 2]) -> [Vec<TopicPartition>; 2] {
    let mut held = [Vec::new(), Vec::new()];
    let mut quiet = 0;
    for _ in 0..600 {
        for (worker, held) in workers.iter_mut().zip(&mut held) {
            match worker.next_timeout(Duration::from_millis(50)) {
                None => quiet += 1,
                Some(event) => {
                    quiet = 0;
                    match event {
                        Event::Assigned(assigned) => {
                            *held = assigned.partitions().to_vec();
                            assigned.start(|_| Start::Beginning);
                        }
                        Event::Revoked(revoked) => {
                            held.clear();
                            revoked.done();
                        }
                        other => panic!("{other:?}"),
                    }
                }
            }
        }
        if quiet > 10 && held.iter().all(|held| !held.is_empty()) {
            return held;
        }
    }
    panic!("the partitions were not shared out: {held:?}");
}

#[test]
fn all_topics_of_a_room_are_on_the_same_worker() {
    let settings = broker().with_topics("range", 4).unwrap();
    let topics = Topic::INPUTS.map(|topic| name(&settings, topic));
    let topics = topics.each_ref().map(String::as_str);
    let open = |settings: &Settings| Consumer::open(settings, "range", &topics).unwrap();
    let held = shared_out(&mut [open(&settings), open(&settings)]);
    let by_topic = |held: &[TopicPartition], topic: &str| -> BTreeSet<i32> {
        held.iter().filter(|at| *at.topic == *topic).map(|at| at.partition).collect()
    };
    for held in &held {
        let first = by_topic(held, topics[0]);
        assert_eq!(first.len(), 2);
        assert!(topics.iter().all(|topic| by_topic(held, topic) == first), "{held:?}");
    }
    assert_eq!(held.concat().len(), 16);
}

#[test]
fn a_job_that_does_not_answer_is_an_error_and_not_a_hang() {
    let settings = Settings { drain_timeout_ms: 300, ..broker().with_topics("silent", 1).unwrap() };
    let topic = name(&settings, Topic::Comments);
    let mut consumer = Consumer::open(&settings, "silent", &[&topic]).unwrap();
    let Event::Assigned(unanswered) = next(&mut consumer) else { panic!("no assignment") };
    let Event::Failed(error) = next(&mut consumer) else { panic!("no failure") };
    assert!(matches!(error, Error::NotDrained { .. }), "{error}");
    drop(unanswered);
}
