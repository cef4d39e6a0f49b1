//! A ClickHouse that is slow, that stands still, and that is away.

use std::process::Stdio;
use std::time::Duration;

use kairos_kafka::broker::Broker;
use kairos_kafka::{Record, Settings, Topic};

use crate::bench::{Place, Process, free_port, held, post, rooms, serve, wait_for};
use crate::numbers::is_troubled;
use crate::proxy::{Answers, Proxy};
use crate::studio::{accounted, with_settings};

/// What is held back to put topics in order.
const BOUNDED: &str = "merge_mib = 16\n";

/// How long ClickHouse is away: `KAIROS_AWAY_S`, or some seconds.
fn away() -> Duration {
    let seconds = std::env::var("KAIROS_AWAY_S").ok().and_then(|seconds| seconds.parse().ok());
    Duration::from_secs(seconds.unwrap_or(8))
}

/// A replay of the topics into tables of their own gives the same rows, and the ledger sums up to the topics.
pub fn is_whole(live: &Place, settings: &Settings) {
    let past = Place::new(settings, None);
    past.run("replay", &["--from-kafka"]);
    if live.number("SELECT count() FROM gift_predictions") > 0 {
        past.run("gift", &["--until-end"]);
    }
    assert_eq!(live.digest(), past.digest(), "{}", live.differs(&past));
    assert_eq!(accounted(live), held(settings), "{}", live.ask("SELECT * FROM ledger ORDER BY ALL"));
}

/// A worker and its process id.
fn worker(live: &Place) -> (Process, u32) {
    let out = live.out();
    let mut score = live.command(&["score", "--out", out.to_str().unwrap()]);
    // What is fetched ahead of the job.
    let child = score.env("KAIROS_KAFKA__QUEUE_BYTES", "2097152").stdout(Stdio::null()).spawn().unwrap();
    let id = child.id();
    (Process::of(child), id)
}

/// The most memory that a process has had, MiB.
fn peak_mib(id: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() >> 10
}

/// So many MiB of messages that nobody can read, and no broker can make smaller.
fn flood(settings: &Settings, mib: usize) {
    let topic = settings.names().unwrap().of(Topic::Media);
    let mut state = 7_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as u8
    };
    let bytes: Vec<u8> = (0..1 << 20).map(|_| next()).collect();
    let quarters = (0..4 * mib).map(|part| bytes[(part % 4) << 18..(part % 4 + 1) << 18].to_vec());
    let records: Vec<Record> = quarters.map(|part| Record::keyed(topic.as_str(), "room-000", part)).collect();
    post(settings, &records);
}

#[test]
fn a_clickhouse_that_is_slow_and_stands_still_costs_time_and_no_memory() {
    const FLOOD_MIB: usize = 160;
    let broker = Broker::shared().unwrap();
    let settings = broker.with_topics("slow", 1).unwrap();
    let (_folder, rooms) = rooms(2, &["--minutes", "0.5"]);
    let (tables, port) = (tempfile::tempdir().unwrap(), free_port());
    let _server = serve(tables.path(), port);
    let at = |port: u16| format!("http://127.0.0.1:{port}");
    let proxy = Proxy::open(port);
    let behind = with_settings(Place::new(&settings, Some(&at(proxy.port))), BOUNDED);
    let live = Place::new(&settings, Some(&at(port)));
    live.send(&rooms[..1], &[]);
    let (mut job, id) = worker(&behind);
    wait_for("a first room", || accounted(&live) == held(&settings));
    let (before, scored) = (peak_mib(id), accounted(&live));
    proxy.set(Answers::Held);
    flood(&settings, FLOOD_MIB);
    live.send(&rooms[1..], &[]);
    std::thread::sleep(Duration::from_secs(8));
    let most = peak_mib(id) - before;
    assert!(most < FLOOD_MIB as u64 / 2, "{most} MiB more than {before} MiB");
    proxy.set(Answers::After(Duration::from_secs(1)));
    wait_for("an answer", || accounted(&live) > scored);
    proxy.set(Answers::AtOnce);
    wait_for("the whole of the topics", || accounted(&live) == held(&settings));
    let most = peak_mib(id) - before;
    assert!(most < FLOOD_MIB as u64 / 2, "{most} MiB more than {before} MiB");
    assert!(!job.has_ended());
    job.stop();
    behind.run("score", &["--until-end"]);
    is_whole(&live, &settings);
}

#[test]
fn a_clickhouse_that_is_away_is_waited_for_while_rooms_go_on_and_workers_join() {
    let broker = Broker::shared().unwrap();
    let settings = broker.with_topics("away", 2).unwrap();
    let (_folder, rooms) = rooms(3, &["--minutes", "0.5"]);
    let (tables, port) = (tempfile::tempdir().unwrap(), free_port());
    let server = serve(tables.path(), port);
    let live = Place::new(&settings, Some(&format!("http://127.0.0.1:{port}")));
    let status = free_port();
    let told = [("KAIROS_METRICS__LISTEN", &*format!("127.0.0.1:{status}"))];
    let mut jobs = vec![live.start_with("score", &told), live.start("gift", &[]), live.start("score", &[])];
    live.send(&rooms[..1], &[]);
    wait_for("rows", || live.number("SELECT count() FROM frame_scores_rows") > 0);
    let gone = kairos::live::clock::now();
    server.kill();
    live.send(&rooms[1..2], &[]);
    // What it had goes to the other, who can't ask for where that begins.
    jobs.pop().unwrap().kill();
    wait_for("the other's word for it", || is_troubled(status, "tables"));
    while gone.elapsed() < away() {
        assert!(!jobs.iter_mut().any(Process::has_ended), "a server that is down is waited for");
        std::thread::sleep(Duration::from_millis(200));
    }
    let _server = serve(tables.path(), port);
    live.send(&rooms[2..], &[]);
    wait_for("the whole of the topics", || accounted(&live) == held(&settings));
    assert!(!jobs.iter_mut().any(Process::has_ended));
    jobs.into_iter().for_each(Process::stop);
    live.run("score", &["--until-end"]);
    live.run("gift", &["--until-end"]);
    is_whole(&live, &settings);
}
