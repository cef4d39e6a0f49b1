//! Messages that can't be read: named, kept, listed, sent again.

use kairos_kafka::{
    Consumer, Message, Producer, Record, Topic, decode_event, encode_dead_letter, encode_event,
    read_dead_letters,
};
use kairos_timeline::{Comment, RoomId, WallTime};

use crate::{broker, name, next_message};

#[test]
fn poison_becomes_a_dead_letter_that_names_its_place_and_can_be_sent_again() {
    let settings = broker().with_topics("poison", 2).unwrap();
    let (comments, dead) = (name(&settings, Topic::Comments), name(&settings, Topic::DeadLetters));
    let producer = Producer::open(&settings).unwrap();
    let good = Comment {
        room: RoomId::new("r").unwrap(),
        id: "1".to_owned(),
        user: "u".to_owned(),
        sent_at: WallTime::from_millis(1_700_000_000_000),
        text: "弹幕".to_owned(),
        other: serde_json::Map::new(),
    };
    producer.send_blocking(&encode_event(&comments, &good).unwrap()).unwrap();
    let mut poison = Record::keyed(comments.as_str(), "r", "{\"room\": \"r\", \"id\": 2");
    poison.headers.push("trace", "abc");
    let at = producer.send_blocking(&poison).unwrap();
    producer.send_blocking(&encode_event(&comments, &good).unwrap()).unwrap();

    let mut consumer = Consumer::open(&settings, "poison", &[&comments]).unwrap();
    assert_eq!(decode_event(&next_message(&mut consumer)), Ok(good.clone()));
    let message = next_message(&mut consumer);
    let error = decode_event::<Comment>(&message).unwrap_err().to_string();
    let place = format!("topic {comments}, partition {}, offset 1, room r: the value is not", at.partition);
    assert!(error.starts_with(&place), "{error}");
    producer.send_blocking(&encode_dead_letter(&dead, &message, &error)).unwrap();
    assert_eq!(decode_event(&next_message(&mut consumer)), Ok(good), "the next one is not held up");

    let letters: Vec<_> = read_dead_letters(&settings).unwrap().map(|letter| letter.unwrap()).collect();
    assert_eq!(letters.len(), 1);
    let message = Message { written_ms: None, ..message };
    assert_eq!((&letters[0].message, &letters[0].error), (&message, &error));
    assert_eq!(letters[0].message.position, at);
    assert_eq!(letters[0].retry(), poison);
}
