//! The live job on a real broker: killed in the middle it loses no edge and writes the same predictions.

#![allow(clippy::unwrap_used, reason = "a test that can not go on may panic, in its helpers too")]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output};
use std::time::Duration;

use kairos_kafka::broker::Broker;
use kairos_kafka::{
    FeedbackEvent, Producer, Record, Settings, StreamEnd, Topic, encode_end, encode_event, encode_segment,
};
use kairos_recording::{Item, Overrides, RecordedStream, Recording};
use kairos_timeline::{MediaTime, Position, WallTime};
use tempfile::TempDir;

fn kairos() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kairos"));
    command.env("KAIROS_LOG", "kairos=info");
    command
}

fn succeeded(output: &Output) -> String {
    assert!(output.status.success(), "{}: {}", output.status, String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// A gift of a dollar.
fn gift(topic: &str, id: &str, user: &str, at_us: i64) -> Record {
    let value = serde_json::json!({
        "room": "room-000", "id": id, "user": user, "sent_at": at_us, "kind": "gift", "name": "rose", "count": 1,
        "money": null, "value": 1.0, "text": "",
    });
    Record::keyed(topic, "room-000", value.to_string())
}

/// A simulated room as messages, in the order of time, with its end. A short room has few gifts: with `generous` every
/// tenth viewer who is shown it gives.
fn messages(settings: &Settings, more: &[&str], generous: bool) -> (TempDir, Vec<Record>) {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("rooms");
    let mut args = vec!["simulate", "--rooms", "1", "--seed", "7", "--out", out.to_str().unwrap()];
    args.extend(more);
    succeeded(&kairos().args(&args).output().unwrap());
    let room = std::fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().path()).find(|path| path.is_dir());
    let recording = Recording::open(&room.unwrap(), &Overrides::default()).unwrap();
    let info = recording.info().clone();
    let names = settings.names().unwrap();
    let name = |topic| names.of(topic);
    let (mut records, mut segments, mut end) = (Vec::new(), 0, (MediaTime::ZERO, WallTime::default()));
    for item in recording {
        let record = match item {
            Item::Segment(segment) => {
                segments = segment.sequence + 1;
                end = (segment.end(), segment.captured_at + segment.duration);
                encode_segment(&name(Topic::Media), &segment)
            }
            Item::Comment(_, comment) => encode_event(&name(Topic::Comments), &comment).unwrap(),
            Item::Gift(_, gift) => encode_event(&name(Topic::Gifts), &gift).unwrap(),
            Item::Feedback(_, feedback) => {
                if generous && feedback.id.ends_with('0') {
                    let at_us = feedback.sent_at.as_micros();
                    records.push(gift(&name(Topic::Gifts), &feedback.id, &feedback.user, at_us));
                }
                let event = FeedbackEvent { feedback, other: serde_json::Map::new() };
                encode_event(&name(Topic::Feedback), &event).unwrap()
            }
            other => panic!("{other:?}"),
        };
        records.push(record);
    }
    let position = Position::in_file("", 0);
    let (at, captured_at) = (end.0, WallTime::from_micros(end.1.as_micros() + 120_000_000));
    let marker = StreamEnd { room: info.room, stream: info.stream, segments, at, captured_at, position };
    records.push(encode_end(&name(Topic::Media), &marker));
    (folder, records)
}

fn send(settings: &Settings, records: &[Record]) {
    let producer = Producer::open(settings).unwrap();
    records.iter().for_each(|record| producer.post(record).unwrap());
    producer.flush(Duration::from_secs(60)).unwrap();
}

/// A job of its own group and folder.
struct Job {
    folder: TempDir,
}

impl Job {
    fn new(settings: &Settings, group: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Two sendings of the same messages are compared, which were not written at the same times.
        let text = format!(
            "[score]\norder = \"happened\"\n\
            [kafka]\nbrokers = {:?}\nprefix = {:?}\nsession_timeout_ms = 3000\n\
            [gift.job]\ngroup = {group:?}\ncheckpoint_messages = 100\n",
            settings.brokers, settings.prefix
        );
        std::fs::write(folder.path().join("kairos.toml"), text).unwrap();
        Self { folder }
    }

    fn out(&self) -> PathBuf {
        self.folder.path().join("out")
    }

    fn run(&self, command: &str, more: &[&str]) -> Command {
        let mut run = kairos();
        run.args(["--config", self.folder.path().join("kairos.toml").to_str().unwrap(), command]);
        run.args(["--out", self.out().to_str().unwrap()]).args(more);
        run
    }

    fn until_end(&self) -> String {
        succeeded(&self.run("gift", &["--until-end"]).output().unwrap())
    }

    fn ask(&self, query: &str) -> String {
        let answer = succeeded(&self.run("sql", &["--format", "tsv", query]).output().unwrap());
        answer.lines().skip(1).collect::<Vec<_>>().join("\n")
    }

    fn predictions(&self) -> String {
        self.ask(
            "SELECT room, stream, streamer, media_us, user, probability, expected_value, reason, model
            FROM gift_predictions ORDER BY room, stream, media_us, user",
        )
    }

    /// The graph of all that the topic of gifts holds.
    fn built_from_topic(&self) -> serde_json::Value {
        let (config, file) = (self.folder.path().join("kairos.toml"), self.folder.path().join("graph"));
        let args = ["--config", config.to_str().unwrap(), "graph", "build", "--topic", "--json", "--out"];
        let text = succeeded(&kairos().args(args).arg(&file).output().unwrap());
        serde_json::from_str(&text).unwrap()
    }

    /// Everything but where the file lies.
    fn graph(&self) -> serde_json::Value {
        let state = self.out().join("gift-state");
        let current = std::fs::read_to_string(state.join("current")).unwrap();
        let file = state.join(format!("{:0>8}", current.trim())).join("graph");
        let text =
            succeeded(&kairos().args(["graph", "stats", file.to_str().unwrap(), "--json"]).output().unwrap());
        let mut stats: serde_json::Value = serde_json::from_str(&text).unwrap();
        for field in ["heap_bytes", "tables"] {
            stats.as_object_mut().unwrap().remove(field);
        }
        stats
    }
}

fn generation(out: &Path) -> u64 {
    let current = std::fs::read_to_string(out.join("gift-state/current")).unwrap_or_default();
    current.trim().parse().unwrap_or(0)
}

fn wait_for(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..600 {
        if is_so() {
            return;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("{what} did not happen within a minute");
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args([name, &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

#[test]
fn killed_in_the_middle_the_job_loses_no_edge_and_predicts_the_same() {
    let broker = Broker::shared().unwrap();
    let settings = broker.with_topics("gift-kill", 2).unwrap();
    let (_folder, records) = messages(&settings, &["--minutes", "1"], true);
    let (first, rest) = records.split_at(records.len() / 2);

    let killed = Job::new(&settings, "killed");
    send(&settings, first);
    let mut child = killed.run("gift", &[]).spawn().unwrap();
    wait_for("a second checkpoint", || generation(&killed.out()) >= 2);
    child.kill().unwrap();
    child.wait().unwrap();
    send(&settings, rest);
    // A message that is no gift, in the middle of all, and one behind.
    let names = settings.names().unwrap();
    send(&settings, &[Record::keyed(names.of(Topic::Gifts), "room-000", "no gift".as_bytes())]);
    let said = killed.until_end();
    assert!(said.contains("1 dead letters"), "{said}");

    let whole = Job::new(&settings, "whole");
    whole.until_end();
    let (left, right) = (killed.graph(), whole.graph());
    assert_eq!(left, right, "edges, gifts and positions");
    assert!(left["edges"].as_u64().unwrap() > 0, "the room has gifts");
    let built = whole.built_from_topic();
    for field in ["users", "streamers", "edges", "gifts", "value"] {
        assert_eq!(built[field], right[field], "{field} of the topic's own graph");
    }
    let (left, right) = (killed.predictions(), whole.predictions());
    assert!(right.lines().count() > 20, "{} predictions", right.lines().count());
    let differing: Vec<_> = left.lines().zip(right.lines()).filter(|(left, right)| left != right).collect();
    assert!(differing.is_empty(), "{} rows differ, first {:?}", differing.len(), differing.first());
    assert_eq!(left.lines().count(), right.lines().count());
    let events =
        kairos_kafka::Admin::open(&settings).unwrap().held(&names.of(Topic::GiftPredictions)).unwrap();
    let events: i64 = events.iter().map(|part| part.high).sum();
    assert!(events >= 2 * right.lines().count() as i64, "{events} events on the topic");
    let dead: Vec<_> = kairos_kafka::read_dead_letters(&settings).unwrap().collect();
    assert_eq!(dead.len(), 2, "one of each group");
    let dead = dead.into_iter().next().unwrap().unwrap();
    assert!(dead.error.contains("JSON") && dead.message.position.topic.ends_with("gifts"), "{}", dead.error);
}

#[test]
fn a_stop_is_graceful_and_a_gift_in_the_topic_changes_the_next_prediction() {
    let broker = Broker::shared().unwrap();
    let plain = broker.with_topics("gift-plain", 1).unwrap();
    let given = broker.with_topics("gift-given", 1).unwrap();
    let (_folder, records) = messages(&plain, &["--minutes", "1", "--without-media"], false);
    send(&plain, &records);
    let plain_job = Job::new(&plain, "plain");
    plain_job.until_end();

    let begin_us: i64 = 1_767_463_200_000_000;
    let rows = plain_job.predictions();
    let user = rows.lines().next().unwrap().split('\t').nth(4).unwrap().to_owned();
    let names = given.names().unwrap();
    let mut planted: Vec<Record> = records
        .into_iter()
        .map(|record| Record { topic: record.topic.replace(&plain.prefix, &given.prefix), ..record })
        .collect();
    planted.insert(0, gift(&names.of(Topic::Gifts), "planted", &user, begin_us + 30_500_000));
    send(&given, &planted);
    let given_job = Job::new(&given, "given");
    let mut child = given_job.run("gift", &[]).spawn().unwrap();
    wait_for("a checkpoint", || generation(&given_job.out()) >= 1);
    signal(&child, "-TERM");
    assert!(child.wait().unwrap().success(), "a stop is no failure");
    given_job.until_end();

    let before = |job: &Job| {
        job.ask(
            "SELECT media_us, user, probability FROM gift_predictions WHERE media_us + 2000000 <= 30000000
            ORDER BY media_us, user",
        )
    };
    assert_eq!(before(&plain_job), before(&given_job));
    assert_ne!(plain_job.predictions(), given_job.predictions());
    assert_eq!(
        given_job.graph()["edges"].as_u64(),
        plain_job.graph()["edges"].as_u64().map(|edges| edges + 1)
    );
}
