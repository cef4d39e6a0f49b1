//! Everything that needs a real broker, against one that these tests share.
//!
//! The broker comes from `make setup`; `KAIROS_KAFKA=host:port` names another. Without either they fail.
#![allow(clippy::unwrap_used)] // What can't be set up fails the test that wanted it.

mod backpressure;
mod dead_letters;
mod faults;
mod groups;
mod producing;
mod reading;
mod security;
mod starts;

use std::time::Duration;

use kairos_kafka::broker::Broker;
use kairos_kafka::{Consumer, Event, Message, Producer, Record, Settings, Start, Topic};

/// Far beyond what anything takes; reached only when something hangs.
const LIMIT: Duration = Duration::from_secs(60);

fn broker() -> &'static Broker {
    Broker::shared().unwrap()
}

fn name(settings: &Settings, topic: Topic) -> String {
    settings.names().unwrap().of(topic)
}

fn next(consumer: &mut Consumer) -> Event {
    consumer.next_timeout(LIMIT).expect("an event within the limit")
}

/// The next message; assignments before it start at the beginning.
fn next_message(consumer: &mut Consumer) -> Message {
    loop {
        match next(consumer) {
            Event::Message(message) => return message,
            Event::Assigned(assigned) => assigned.start(|_| Start::Beginning),
            Event::Revoked(revoked) => revoked.done(),
            Event::Restarted(_) => {}
            Event::Failed(error) => panic!("{error}"),
        }
    }
}

/// Comment-like records of one room, numbered.
fn numbered(topic: &str, room: &str, numbers: std::ops::Range<usize>) -> Vec<Record> {
    numbers.map(|number| Record::keyed(topic, room, number.to_string())).collect()
}

fn number(message: &Message) -> usize {
    std::str::from_utf8(message.value.as_ref().unwrap()).unwrap().parse().unwrap()
}

fn post_all(settings: &Settings, records: &[Record]) {
    let producer = Producer::open(settings).unwrap();
    for record in records {
        producer.post(record).unwrap();
    }
    producer.flush(LIMIT).unwrap();
}
