//! Traces of the real jobs, from the capture of a segment to its rows, and what happens without a collector.

#![allow(clippy::unwrap_used, reason = "a test that can not go on may panic, in its helpers too")]

#[path = "../score_job/bench.rs"]
#[allow(dead_code, reason = "shared with the tests of the scoring job")]
mod bench;
mod collector;

use std::path::Path;
use std::process::{Command, Stdio};

use bench::{Place, free_port, succeeded, wait_for};
use collector::{Collector, Span};
use kairos_kafka::broker::Broker;
use kairos_kafka::{Admin, Message, Settings, Topic, read_range};

/// It is captured at its own speed.
const SECONDS: u32 = 4;
const PAGE: &str = include_str!("../../../docs/metrics.md");

/// Pictures that blink and a tone, in a file.
fn show(folder: &Path) -> String {
    let file = folder.join("show.mp4").display().to_string();
    let picture = format!("testsrc2=size=160x90:rate=15:duration={SECONDS}");
    let tone = format!("sine=frequency=440:duration={SECONDS}");
    let encode = ["-c:v", "libx264", "-preset", "ultrafast", "-g", "15", "-c:a", "aac", &file];
    let made = Command::new("ffmpeg")
        .args(["-v", "error", "-f", "lavfi", "-i", &picture, "-f", "lavfi", "-i", &tone])
        .args(encode)
        .stdin(Stdio::null())
        .status();
    assert!(made.unwrap().success());
    file
}

fn messages(settings: &Settings, topic: Topic) -> Vec<Message> {
    let name = settings.names().unwrap().of(topic);
    let parts = Admin::open(settings).unwrap().held(&name).unwrap();
    let held = parts.into_iter().filter(|part| part.low < part.high);
    held.flat_map(|part| read_range(settings, &name, part.partition, part.low..part.high).unwrap())
        .map(Result::unwrap)
        .collect()
}

fn parent(message: &Message) -> Option<String> {
    message.headers.get("traceparent").map(|value| String::from_utf8(value.to_vec()).unwrap())
}

/// Runs a job to its end; what it said on standard error.
fn run(place: &Place, args: &[&str], environment: &[(&str, &str)]) -> String {
    let mut command = place.command(args);
    if args[0] != "ingest" {
        command.args(["--until-end", "--out", place.out().to_str().unwrap()]);
    }
    let output = command.envs(environment.iter().copied()).output().unwrap();
    succeeded(&output);
    String::from_utf8(output.stderr).unwrap()
}

/// The one span of a trace that has this name.
fn one<'a>(spans: &'a [Span], trace: &str, service: &str, name: &str) -> &'a Span {
    let is_it = |span: &&Span| span.trace == trace && span.service == service && span.name == name;
    let found: Vec<_> = spans.iter().filter(is_it).collect();
    assert_eq!(found.len(), 1, "{service}: {name} in {spans:#?}");
    found[0]
}

#[test]
fn a_segment_is_followed_from_its_capture_to_its_rows_events_and_predictions() {
    let broker = Broker::shared().unwrap();
    let settings = broker.with_topics("traces", 1).unwrap();
    let (folder, collector) = (tempfile::tempdir().unwrap(), Collector::start());
    let file = show(folder.path());
    let live = Place::new(&settings, None);
    let on = [("KAIROS_TELEMETRY__OTLP", collector.address.as_str()), ("KAIROS_TELEMETRY__SAMPLE", "1.0")];
    run(&live, &["ingest", &file, "--room", "traced"], &on);
    // Whoever takes a message follows its producer, whatever share of its own it keeps.
    run(&live, &["score"], &[on[0], ("KAIROS_TELEMETRY__SAMPLE", "0.0")]);
    let standard = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.address.as_str()),
        ("OTEL_SERVICE_NAME", "presents"),
        ("KAIROS_TELEMETRY__SAMPLE", "0.0"),
    ];
    run(&live, &["gift"], &standard);

    let media = messages(&settings, Topic::Media);
    let segments: Vec<&Message> =
        media.iter().filter(|message| message.headers.get("event").is_none()).collect();
    assert!(segments.len() >= 3, "{}", segments.len());
    let spans = collector.spans();
    for segment in &segments {
        let parent = parent(segment).unwrap();
        let trace = &parent[3..35];
        let names = collector.names(trace);
        let ways = [
            ("kairos-ingest", "capture".to_owned()),
            ("kairos-ingest", format!("send {}", segment.position.topic)),
            ("kairos-score", format!("process {}", segment.position.topic)),
            ("kairos-score", "order".to_owned()),
            ("kairos-score", "decode".to_owned()),
            ("kairos-score", "model".to_owned()),
            ("kairos-score", "unit".to_owned()),
            ("kairos-score", "INSERT".to_owned()),
            ("presents", format!("process {}", segment.position.topic)),
            ("presents", "decode".to_owned()),
        ];
        for (service, name) in &ways {
            assert!(names.contains(&format!("{service}: {name}")), "{service}: {name} is not in {names:#?}");
        }
        let of = |at: usize| one(&spans, trace, ways[at].0, &ways[at].1);
        let (capture, send, process) = (of(0), of(1), of(2));
        assert_eq!((send.parent.as_str(), &parent[36..52]), (capture.id.as_str(), send.id.as_str()));
        assert_eq!(process.parent, send.id, "over the broker");
        for step in [of(3), of(4), of(6)] {
            assert_eq!(step.parent, process.id);
            assert!(step.start >= process.start && step.end <= process.end, "{step:?} in {process:?}");
        }
        let offset = segment.position.offset.to_string();
        for (span, at) in [(send, "offset of the report"), (process, "offset that was read")] {
            assert_eq!(span.attributes["messaging.kafka.offset"], offset, "{at}");
            assert_eq!(span.attributes["messaging.destination.partition.id"], "0");
            assert_eq!(span.attributes["messaging.destination.name"], *segment.position.topic);
            assert_eq!(span.attributes["kairos.room"], "traced");
            assert!(!span.attributes["kairos.stream"].is_empty());
        }
    }
    for span in &spans {
        let name = segments[0].position.topic.strip_suffix("media").map(|prefix| {
            let (kind, topic) = span.name.split_once(' ').unwrap_or((&span.name, ""));
            if topic.starts_with(prefix) { format!("{kind} TOPIC") } else { span.name.clone() }
        });
        assert!(PAGE.contains(&format!("\n| `{}` |", name.unwrap())), "docs/metrics.md lacks {}", span.name);
    }
    let traces: Vec<String> =
        segments.iter().map(|segment| parent(segment).unwrap()[3..35].to_owned()).collect();
    for score in messages(&settings, Topic::Scores) {
        let parent = parent(&score).unwrap();
        // The last unit is settled by the end of the stream, whose trace it then belongs to.
        let is_first = String::from_utf8_lossy(score.value.as_ref().unwrap()).contains("\"revision\":0");
        assert!(!is_first || traces.iter().any(|trace| *trace == parent[3..35]), "{parent}");
    }
    // A trace changes no row.
    let past = Place::new(&settings, None);
    past.run("replay", &["--from-kafka"]);
    past.run("gift", &["--until-end"]);
    assert_eq!(live.digest(), past.digest(), "{}", live.differs(&past));
}

#[test]
fn a_highlight_is_followed_to_its_clip() {
    let broker = Broker::shared().unwrap();
    let settings = broker.with_topics("traced-clip", 1).unwrap();
    let (folder, collector) = (tempfile::tempdir().unwrap(), Collector::start());
    let file = show(folder.path());
    let live = Place::new(&settings, None);
    let on = [
        ("KAIROS_TELEMETRY__OTLP", collector.address.as_str()),
        ("KAIROS_TELEMETRY__SAMPLE", "1.0"),
        ("OTEL_BSP_SCHEDULE_DELAY", "100"),
    ];
    // All of it is a highlight; no checkpoint says that rows are acknowledged.
    let all = [
        ("KAIROS_HIGHLIGHTS__ENTER", "0.0"),
        ("KAIROS_HIGHLIGHTS__LEAVE", "0.0"),
        ("KAIROS_SCORE__CHECKPOINT_MS", "600000"),
    ];
    let score = live.start_with("score", &[&on[..], &all[..]].concat());
    run(&live, &["ingest", &file, "--room", "traced"], &on);
    let is_acknowledged = |span: &Span| span.service == "kairos-score" && span.name == "INSERT";
    wait_for("acknowledged rows", || collector.spans().iter().any(is_acknowledged));
    wait_for("a highlight", || !messages(&settings, Topic::Highlights).is_empty());
    score.stop();
    let highlights = messages(&settings, Topic::Highlights);
    let parent = parent(highlights.last().unwrap()).unwrap();
    run(&live, &["clip"], &on);
    let names = collector.names(&parent[3..35]);
    let topic = highlights[0].position.topic.as_ref();
    for name in ["clip", "read media", "INSERT", &format!("process {topic}"), &format!("send {topic}")] {
        assert!(names.contains(&format!("kairos-clip: {name}")), "{name} is not in {names:#?}");
    }
    assert!(names.contains(&format!("kairos-score: send {topic}")), "{names:#?}");
}

#[test]
fn a_collector_that_is_away_costs_nothing_but_the_spans_and_is_said_once() {
    let broker = Broker::shared().unwrap();
    let settings = broker.with_topics("untraced", 1).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = show(folder.path());
    // Of groups of their own: both take all of it.
    let (off, away) = (Place::new(&settings, None), Place::new(&settings, None));
    run(&off, &["ingest", &file, "--room", "room"], &[]);
    run(&off, &["score"], &[]);
    for topic in [Topic::Media, Topic::Scores] {
        let messages = messages(&settings, topic);
        assert!(
            !messages.is_empty() && messages.iter().all(|message| parent(message).is_none()),
            "{topic:?}"
        );
    }
    let nobody = format!("http://127.0.0.1:{}", free_port());
    let environment = [
        ("KAIROS_TELEMETRY__OTLP", nobody.as_str()),
        ("KAIROS_TELEMETRY__SAMPLE", "1.0"),
        ("OTEL_BSP_SCHEDULE_DELAY", "100"),
        ("KAIROS_LOG__FORMAT", "json"),
    ];
    let log = run(&away, &["score"], &environment);
    let lines: Vec<serde_json::Value> =
        log.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect();
    let about = |line: &&serde_json::Value| line["trouble"] == "traces";
    let said: Vec<_> = lines.iter().filter(about).collect();
    assert_eq!(said.len(), 1, "{log}");
    assert_eq!(
        (said[0]["collector"].as_str(), said[0]["level"].as_str()),
        (Some(nobody.as_str()), Some("WARN"))
    );
    assert_eq!(off.digest(), away.digest(), "{}", off.differs(&away));
    assert!(away.number("SELECT count() FROM frame_scores") >= 2);
}
