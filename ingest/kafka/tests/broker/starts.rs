//! Where reading begins: where the sink ended, whatever is committed.

use kairos_kafka::{Admin, Consumer, Error, Event, Record, Start, Topic, TopicPartition};

use crate::{LIMIT, broker, name, next, next_message, number, numbered, post_all};

/// Opens a consumer whose first assignment begins at `start`.
fn started(settings: &kairos_kafka::Settings, group: &str, topic: &str, start: Start) -> Consumer {
    let mut consumer = Consumer::open(settings, group, &[topic]).unwrap();
    let Event::Assigned(assigned) = next(&mut consumer) else { panic!("no assignment") };
    assert_eq!(assigned.partitions(), [TopicPartition::new(topic, 0)]);
    assigned.start(|_| start);
    consumer
}

#[test]
fn reading_begins_where_the_sink_ends_and_not_at_the_committed_offset() {
    let settings = broker().with_topics("seek", 1).unwrap();
    let topic = name(&settings, Topic::Comments);
    post_all(&settings, &numbered(&topic, "r", 0..20));

    let mut consumer = started(&settings, "seek", &topic, Start::Beginning);
    for expected in 0..20 {
        assert_eq!(number(&next_message(&mut consumer)), expected);
    }
    let lag = consumer.lag().unwrap();
    assert_eq!((lag.len(), lag[0].next, lag[0].messages()), (1, 20, 0));
    let at = TopicPartition::new(topic.as_str(), 0);
    let ends = Admin::open(&settings).unwrap().ends(std::slice::from_ref(&at)).unwrap();
    assert_eq!(ends, [(at.clone(), 20)]);
    consumer.commit(&[(at, 3)]).unwrap();
    consumer.close();

    for (start, first) in [(Start::At(7), 7), (Start::AtOrAfter(19), 19), (Start::Committed, 3)] {
        let mut consumer = started(&settings, "seek", &topic, start);
        let message = next_message(&mut consumer);
        assert_eq!((number(&message), message.position.offset), (first, first as i64), "{start:?}");
    }
    let mut consumer = started(&settings, "seek", &topic, Start::End);
    post_all(&settings, &[Record::keyed(topic.as_str(), "r", "20")]);
    assert_eq!(number(&next_message(&mut consumer)), 20);
}

#[test]
fn an_offset_that_the_topic_does_not_hold_ends_the_consumer_by_name() {
    let settings = broker().with_topics("range", 1).unwrap();
    let topic = name(&settings, Topic::Comments);
    post_all(&settings, &numbered(&topic, "r", 0..5));
    let mut consumer = started(&settings, "range", &topic, Start::At(1_000));
    let Event::Failed(error) = next(&mut consumer) else { panic!("no failure") };
    let expected = "partition 0: offset 1000 is not in the topic, which holds 0 to 5";
    assert!(error.to_string().contains(&topic) && error.to_string().contains(expected), "{error}");
}

#[test]
fn a_missing_topic_is_an_error_of_opening() {
    let settings = broker().settings("missing");
    let topic = name(&settings, Topic::Media);
    let error = Consumer::open(&settings, "missing", &[&topic]).err().expect("no such topic");
    assert!(matches!(&error, Error::NoTopic { topic: missing, .. } if *missing == topic), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_can_wait_for_events() {
    let settings = tokio::task::spawn_blocking(|| broker().with_topics("task", 1).unwrap()).await.unwrap();
    let topic = name(&settings, Topic::Comments);
    let mut consumer = Consumer::open(&settings, "task", &[&topic]).unwrap();
    let event = tokio::time::timeout(LIMIT, consumer.next()).await.unwrap();
    let Some(Event::Assigned(assigned)) = event else { panic!("{event:?}") };
    assigned.start(|_| Start::Beginning);
    let producer = kairos_kafka::Producer::open(&settings).unwrap();
    producer.send(&Record::keyed(topic, "r", "5")).await.unwrap();
    let event = tokio::time::timeout(LIMIT, consumer.next()).await.unwrap();
    let Some(Event::Message(message)) = event else { panic!("{event:?}") };
    assert_eq!(number(&message), 5);
}
