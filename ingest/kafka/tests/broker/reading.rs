//! Recorded ranges of topics.

use kairos_kafka::{Admin, Error, Held, Topic, read_range};

use crate::{broker, name, number, numbered, post_all};

#[test]
fn a_recorded_range_reads_the_same_every_time() {
    let settings = broker().with_topics("replay", 1).unwrap();
    let topic = name(&settings, Topic::Comments);
    post_all(&settings, &numbered(&topic, "r", 0..300));
    let held = Admin::open(&settings).unwrap().held(&topic).unwrap();
    assert_eq!(held, [Held { partition: 0, low: 0, high: 300 }]);
    let read = || -> Vec<_> {
        let messages = read_range(&settings, &topic, 0, 100..250).unwrap();
        messages.map(|message| message.unwrap()).collect()
    };
    let messages = read();
    assert_eq!(messages.iter().map(number).collect::<Vec<_>>(), (100..250).collect::<Vec<_>>());
    assert_eq!(messages[0].position.offset, 100);
    assert_eq!(messages, read());
    assert_eq!(read_range(&settings, &topic, 0, 5..5).unwrap().count(), 0);
}

#[test]
fn a_range_that_the_topic_does_not_hold_is_refused_by_name() {
    let settings = broker().with_topics("beyond", 1).unwrap();
    let topic = name(&settings, Topic::Comments);
    post_all(&settings, &numbered(&topic, "r", 0..3));
    let error = read_range(&settings, &topic, 0, 1..9).err().expect("beyond the end");
    assert!(matches!(error, Error::OutOfRange { offset: 9, low: 0, high: 3, .. }), "{error}");
    assert!(read_range(&settings, &topic, 7, 0..1).is_err());
}
