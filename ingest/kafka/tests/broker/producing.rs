//! Producing: partitions as Java chooses them, sizes, failures that name topic and key.

use kairos_kafka::{
    Admin, Error, Layout, Media, Producer, Record, Settings, Topic, decode_media, encode_segment, read_range,
};
use kairos_timeline::{ContentType, MediaTime, Position, RoomId, Segment, Span, StreamId, WallTime};

use crate::{LIMIT, broker, name};

#[test]
fn murmur2_is_javas() {
    // From the unit tests of Kafka's own client.
    let known: [(&[u8], i32); 6] = [
        (b"21", -973_932_308),
        (b"foobar", -790_332_482),
        (b"a-little-bit-long-string", -985_981_536),
        (b"a-little-bit-longer-string", -1_486_304_829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
        (b"abc", 479_470_107),
    ];
    for (key, hash) in known {
        assert_eq!(murmur2::murmur2(key, murmur2::KAFKA_SEED) as i32, hash);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rooms_fall_to_the_partitions_that_javas_clients_choose() {
    let settings = tokio::task::spawn_blocking(|| broker().with_topics("murmur", 7).unwrap()).await.unwrap();
    let producer = Producer::open(&settings).unwrap();
    let topic = name(&settings, Topic::Gifts);
    let mut seen = [0; 7];
    for room in 0..50 {
        let key = format!("platform:room-{room}");
        let at = producer.send(&Record::keyed(topic.clone(), &key, "{}")).await.unwrap();
        let hash = murmur2::murmur2(key.as_bytes(), murmur2::KAFKA_SEED) & 0x7fff_ffff;
        assert_eq!(at.partition, (hash % 7) as i32, "{key}");
        assert_eq!(at.offset, seen[at.partition as usize]);
        seen[at.partition as usize] += 1;
    }
    assert!(seen.iter().filter(|&&count| count > 0).count() > 4);
}

fn segment(settings: &Settings, bytes: Vec<u8>) -> Segment {
    Segment {
        room: RoomId::new("room-1").unwrap(),
        stream: StreamId::new("s1").unwrap(),
        sequence: 3,
        start: MediaTime::from_secs_f64(6.0),
        duration: Span::from_millis(2_000),
        captured_at: WallTime::from_millis(1_700_000_000_000),
        content_type: ContentType::MpegTs,
        bytes: bytes.into(),
        position: Position::in_file(name(settings, Topic::Media), 0),
    }
}

#[test]
fn a_segment_of_the_largest_size_passes_and_a_larger_one_is_refused_by_name() {
    let settings = broker().with_topics("media", 1).unwrap();
    let topic = name(&settings, Topic::Media);
    let producer = Producer::open(&settings).unwrap();
    // Incompressible, as media is.
    let mut state = 1_u32;
    let noise = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    });
    let largest = segment(&settings, noise.take(1 << 20).collect());
    let at = producer.send_blocking(&encode_segment(&topic, &largest)).unwrap();
    let message = read_range(&settings, &topic, 0, 0..1).unwrap().next().unwrap().unwrap();
    assert_eq!(message.position, at);
    assert_eq!(decode_media(&message).unwrap(), Media::Segment(Segment { position: at, ..largest }));

    let larger = encode_segment(&topic, &segment(&settings, vec![0; (1 << 20) + 1]));
    let error = producer.send_blocking(&larger).unwrap_err();
    assert!(matches!(error, Error::TooLarge { .. }));
    assert!(error.to_string().contains(&topic) && error.to_string().contains("room-1"), "{error}");
    producer.close().unwrap();
}

#[test]
fn a_message_that_nobody_takes_fails_by_topic_and_key() {
    let nowhere = Settings {
        brokers: "127.0.0.1:1".to_owned(),
        delivery_timeout_ms: 1_000,
        request_timeout_ms: 500,
        ..Settings::default()
    };
    let producer = Producer::open(&nowhere).unwrap();
    let record = Record::keyed("kairos.comments", "room-9", "{}");
    producer.post(&record).unwrap();
    let error = producer.send_blocking(&record).unwrap_err().to_string();
    assert!(error.contains("kairos.comments") && error.contains("room-9"), "{error}");
    let error = producer.flush(LIMIT).unwrap_err();
    assert!(matches!(error, Error::Undelivered { failed: 1, .. }), "{error}");
    assert!(producer.flush(LIMIT).is_ok(), "told once");
    let error = Admin::open(&nowhere).unwrap().held("kairos.comments").unwrap_err().to_string();
    assert!(error.contains("127.0.0.1:1"), "{error}");
}

#[test]
fn topics_are_created_once_and_equal() {
    let settings = broker().settings("create");
    let admin = Admin::open(&settings).unwrap();
    let layout = Layout { partitions: 2, replication: 1 };
    assert_eq!(admin.create_topics(&layout).unwrap().len(), Topic::ALL.len());
    assert_eq!(admin.create_topics(&layout).unwrap(), [""; 0]);
    let more = admin.create_topics(&Layout { partitions: 3, replication: 1 }).unwrap_err();
    assert!(matches!(more, Error::UnequalPartitions { partitions: 2, other_partitions: 3, .. }), "{more}");

    let odd = format!("{}.odd", settings.prefix);
    admin.create(&[&odd], &Layout { partitions: 3, replication: 1 }).unwrap();
    let media = name(&settings, Topic::Media);
    let unequal = admin.check_topics(&[&media, &odd]).unwrap_err();
    assert!(matches!(unequal, Error::UnequalPartitions { .. }), "{unequal}");
    assert!(matches!(admin.check_topics(&["nowhere.media"]), Err(Error::NoTopic { .. })));
    assert_eq!(admin.check_topics(&[&media, &name(&settings, Topic::Scores)]).unwrap(), 2);
}
