//! Killed anywhere, resumed anywhere: the same rows and the same account, whatever the order of the messages.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use kairos_kafka::{FeedbackEvent, Record, StreamEnd, encode_end, encode_event, encode_segment};
use kairos_timeline::{Comment, ContentType, Feedback, FeedbackKind, MediaTime, Segment, Span, StreamId};
use proptest::prelude::*;

use super::super::opening;
use super::*;
use crate::config::Config;
use crate::rows::TableRow;

const T0: i64 = 1_700_000_000_000_000;

/// What somebody sent: the room, the time in seconds, and what.
#[derive(Debug, Clone)]
struct Sent {
    room: u8,
    at_s: i64,
    what: What,
}

#[derive(Debug, Clone)]
enum What {
    Comment,
    Shown,
    /// Of the room's stream of this number.
    Segment(u8),
    End(u8),
    Poison,
}

fn sent() -> impl Strategy<Value = Sent> {
    let what = prop_oneof![
        6 => Just(What::Comment),
        1 => Just(What::Shown),
        4 => (0..2_u8).prop_map(What::Segment),
        1 => (0..2_u8).prop_map(What::End),
        1 => Just(What::Poison),
    ];
    (0..3_u8, 0..8_i64, what).prop_map(|(room, late, what)| Sent { room, at_s: -late, what })
}

/// Messages in the order in which they were written, a few seconds apart, their own times a little before; some rooms
/// write down a past.
fn written() -> impl Strategy<Value = Vec<Sent>> {
    prop::collection::vec((sent(), 0..6_i64, prop::bool::weighted(0.1)), 20..90).prop_map(|all| {
        let mut now = 0;
        all.into_iter()
            .map(|(sent, later, past)| {
                now += later;
                Sent { at_s: now + sent.at_s - if past { 90 } else { 0 }, ..sent }
            })
            .collect()
    })
}

fn record(names: &Names, sent: &Sent, number: u64) -> Record {
    let room = RoomId::new(format!("room-{}", sent.room)).unwrap();
    let at = WallTime::from_micros(T0 + sent.at_s * 1_000_000);
    let position = Position::in_file("test", 0);
    let stream = |of: u8| StreamId::new(format!("stream-{}-{of}", sent.room)).unwrap();
    match sent.what {
        What::Comment => {
            let (id, user, text) = (format!("c{number}"), "user".to_owned(), "what a goal".to_owned());
            let comment = Comment { room, id, user, sent_at: at, text, other: serde_json::Map::new() };
            encode_event(&names.of(Topic::Comments), &comment).unwrap()
        }
        What::Shown => {
            let (id, user, kind) = (format!("f{number}"), "user".to_owned(), FeedbackKind::Impression);
            let feedback = Feedback { room, id, user, sent_at: at, kind, watched: Span::ZERO };
            let event = FeedbackEvent { feedback, other: serde_json::Map::new() };
            encode_event(&names.of(Topic::Feedback), &event).unwrap()
        }
        What::Segment(of) => encode_segment(
            &names.of(Topic::Media),
            &Segment {
                room,
                stream: stream(of),
                sequence: u64::try_from(sent.at_s.max(0)).unwrap(),
                start: MediaTime::from_micros(sent.at_s.max(0) * 1_000_000),
                duration: Span::from_millis(1_000),
                captured_at: at,
                content_type: ContentType::MpegTs,
                bytes: Bytes::from_static(b"no media"),
                position,
            },
        ),
        What::End(of) => {
            let at_media = MediaTime::from_micros(sent.at_s.max(0) * 1_000_000);
            let end =
                StreamEnd { room, stream: stream(of), segments: 1, at: at_media, captured_at: at, position };
            encode_end(&names.of(Topic::Media), &end)
        }
        What::Poison => Record::keyed(names.of(Topic::Gifts), room.as_str(), "no message".as_bytes()),
    }
}

type Log = Vec<(Arc<str>, Topic, Vec<Message>)>;

/// The topics as a broker holds them.
fn log(names: &Names, all: &[Sent]) -> Log {
    let mut log: Log = Topic::INPUTS.map(|topic| (names.of(topic).into(), topic, Vec::new())).to_vec();
    let mut now = 0;
    for (number, sent) in all.iter().enumerate() {
        now = sent.at_s.max(now);
        let record = record(names, sent, number as u64);
        let (topic, _, lane) = log.iter_mut().find(|(topic, ..)| **topic == *record.topic).unwrap();
        lane.push(Message {
            position: Position { topic: topic.clone(), partition: 0, offset: lane.len() as i64 },
            key: record.key,
            value: record.value,
            headers: record.headers,
            written_ms: Some((T0 / 1_000) + now * 1_000),
        });
    }
    log
}

/// All that a partition gave, its account by first offset.
#[derive(Debug, Default, PartialEq)]
struct Given {
    rows: BTreeSet<String>,
    dead: BTreeSet<String>,
    account: BTreeMap<(String, i64), (u32, String)>,
}

impl Given {
    fn take(&mut self, out: &mut Outbox) {
        self.rows.extend(out.rows.drain(..).map(|row| format!("{row:?}")));
        self.dead.extend(out.dead.drain(..).map(|(message, why)| format!("{} {why}", message.position)));
    }

    fn note(&mut self, rows: Vec<TableRow>) {
        for row in rows {
            let TableRow::Ledger(row) = row else { panic!("{row:?} is no account") };
            let key = (row.topic.clone(), row.first_offset);
            let known = self.account.get(&key).map_or(0, |(revision, _)| *revision);
            if row.revision >= known {
                self.account.insert(key, (row.revision, format!("{row:?}")));
            }
        }
    }
}

/// Scores the log; `lives`: messages taken until a checkpoint, and after it until the crash.
fn score(log: &Log, names: &Names, with: &Opening, lives: &[(usize, usize)]) -> Given {
    let (mut given, mut kept, mut out) = (Given::default(), Kept::default(), Outbox::default());
    let now = clock::now();
    for life in lives.iter().map(Some).chain([None]) {
        let mut partition =
            Partition::resume(0, names, kept.clone(), &with.config.score, Duration::ZERO).unwrap();
        for (topic, kind, lane) in log {
            let from = partition.begin(topic, 0, lane.len() as i64);
            for message in &lane[usize::try_from(from).unwrap()..] {
                partition.receive(message.clone(), Some(*kind), now);
            }
        }
        let mut step = |partition: &mut Partition, given: &mut Given| {
            let more =
                partition.step(now, Some(WallTime::from_micros(T0 + 90_000_000)), with, &mut out).unwrap();
            given.take(&mut out);
            more
        };
        match life {
            Some((until, beyond)) => {
                for _ in 0..*until {
                    step(&mut partition, &mut given);
                }
                if let Some(checkpoint) = partition.checkpoint("test").unwrap() {
                    given.note(partition.account());
                    kept = Kept::read(&checkpoint).unwrap();
                }
                for _ in 0..*beyond {
                    step(&mut partition, &mut given);
                }
            }
            None => {
                while step(&mut partition, &mut given) {}
                partition.end_rooms(Silence::Over, with, &mut out).unwrap();
                given.take(&mut out);
                given.note(partition.account());
            }
        }
    }
    given
}

#[test]
fn the_last_unit_of_a_stream_is_scored_when_the_stream_ends() {
    let (names, with) = setting(Behind::CatchUp);
    let segment = |at_s| Sent { room: 0, at_s, what: What::Segment(0) };
    let end = Sent { room: 0, at_s: 3, what: What::End(0) };
    // Of units of two seconds the second is half full.
    let log = log(&names, &[segment(0), segment(1), segment(2), end]);
    let (now, mut out) = (clock::now(), Outbox::default());
    let mut partition =
        Partition::resume(0, &names, Kept::default(), &with.config.score, Duration::ZERO).unwrap();
    for (topic, kind, lane) in &log {
        partition.begin(topic, 0, lane.len() as i64);
        lane.iter().for_each(|message| partition.receive(message.clone(), Some(*kind), now));
    }
    let mut scored = Vec::new();
    while partition.step(now, Some(WallTime::from_micros(T0 + 3_000_000)), &with, &mut out).unwrap() {
        scored.extend(out.rows.drain(..).filter_map(|row| match row {
            TableRow::Score(row) => Some(row.media_us),
            _ => None,
        }));
    }
    assert_eq!(scored, [0, 2_000_000], "without waiting for reactions");
}

fn setting(behind: Behind) -> (Names, Opening) {
    let mut config = Config::default();
    // Segments of the first half minute or so are late by the clock.
    (config.score.behind, config.score.skip_after_s) = (behind, 60);
    config.score.media_wait_s = 10;
    config.score.room_idle_s = 40;
    config.gift.enabled = false;
    (config.kafka.names().unwrap(), opening(&config, false).unwrap())
}

thread_local! {
    static SETTINGS: [(Names, Opening); 2] = [Behind::CatchUp, Behind::Skip].map(setting);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, ..ProptestConfig::default() })]

    #[test]
    fn killed_anywhere_it_gives_the_same(
        all in written(),
        lives in prop::collection::vec((0..60_usize, 0..30_usize), 1..5),
        behind in 0..2_usize,
    ) {
        SETTINGS.with(|settings| {
            let (names, with) = &settings[behind];
            let log = log(names, &all);
            let once = score(&log, names, with, &[]);
            let often = score(&log, names, with, &lives);
            prop_assert_eq!(&once.rows, &often.rows);
            prop_assert_eq!(&once.dead, &often.dead);
            prop_assert_eq!(&once.account, &often.account);
            let accounted: usize = once.account.values().map(|(revision, _)| *revision as usize + 1).sum();
            prop_assert_eq!(accounted, all.len(), "{:#?}", once.account);
            Ok(())
        })?;
    }
}
