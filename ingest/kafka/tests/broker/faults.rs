//! A broker that is killed and comes back: nothing is lost and nothing is there twice.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use kairos_kafka::broker::Broker;
use kairos_kafka::{Consumer, Event, Producer, Start, Topic, read_range};

use crate::{LIMIT, name, number, numbered};

const MESSAGES: usize = 3_000;

#[test]
fn a_broker_killed_and_restarted_loses_and_doubles_nothing() {
    // Not the shared one: the others need theirs.
    let mut broker = Broker::start().unwrap();
    let settings = broker.with_topics("crash", 1).unwrap();
    let topic = name(&settings, Topic::Comments);
    let records = numbered(&topic, "r", 0..MESSAGES);

    let mut consumer = Consumer::open(&settings, "crash", &[&topic]).unwrap();
    let read = Arc::new(AtomicUsize::new(0));
    let count = read.clone();
    let reading = std::thread::spawn(move || {
        let (mut values, mut silent) = (Vec::new(), 0);
        while values.len() < MESSAGES && silent < 600 {
            match consumer.next_timeout(Duration::from_millis(100)) {
                None => silent += 1,
                Some(Event::Message(message)) => {
                    silent = 0;
                    assert_eq!(message.position.offset, values.len() as i64, "nothing skipped or repeated");
                    values.push(number(&message));
                    count.store(values.len(), Ordering::Relaxed);
                }
                // As a sink would: behind what it has.
                Some(Event::Assigned(assigned)) => assigned.start(|_| Start::At(values.len() as i64)),
                Some(Event::Revoked(revoked)) => revoked.done(),
                Some(Event::Restarted(_)) => {}
                Some(Event::Failed(error)) => panic!("{error}"),
            }
        }
        values
    });

    let producing = std::thread::spawn(move || {
        let producer = Producer::open(&settings).unwrap();
        for record in &records {
            producer.post(record).unwrap();
            // Spread over the restart, so that it hits messages under way.
            std::thread::sleep(Duration::from_micros(500));
        }
        producer.flush(LIMIT).unwrap();
        settings
    });
    for reached in [MESSAGES / 4, MESSAGES / 2] {
        let waiting = (0..6_000).find(|_| {
            std::thread::sleep(Duration::from_millis(10));
            read.load(Ordering::Relaxed) >= reached
        });
        assert!(waiting.is_some(), "{reached} messages were not read within a minute");
        broker.kill().unwrap();
        broker.restart().unwrap();
    }
    let settings = producing.join().unwrap();
    let expected: Vec<_> = (0..MESSAGES).collect();
    let written = read_range(&settings, &topic, 0, 0..MESSAGES as i64).unwrap();
    assert_eq!(written.map(|message| number(&message.unwrap())).collect::<Vec<_>>(), expected);
    let held = kairos_kafka::Admin::open(&settings).unwrap().held(&topic).unwrap();
    assert_eq!(held[0].high, MESSAGES as i64);
    assert_eq!(reading.join().unwrap(), expected);
}
