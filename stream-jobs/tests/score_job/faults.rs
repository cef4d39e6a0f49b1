//! Kills, of the worker, of ClickHouse and of the broker; workers that come and go.
//!
//! `KAIROS_ROUNDS` says how many times the worker is killed; without it a few.

use std::time::Duration;

use crate::bench::{Place, free_port, held, rooms, serve, wait_for};
use crate::numbers::{is_troubled, sum, told};
use kairos_kafka::broker::Broker;

fn rounds() -> u64 {
    std::env::var("KAIROS_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(3)
}

/// Moments that differ and are the same in every run.
fn moments() -> impl Iterator<Item = Duration> {
    (0..rounds()).map(|round| Duration::from_millis(900 + round * 7_919 % 2_100))
}

fn accounted(place: &Place) -> i64 {
    place.number("SELECT sum(last_offset - first_offset + 1) FROM ledger")
}

#[test]
fn killed_again_and_again_a_worker_writes_the_same_rows() {
    let broker = Broker::shared().unwrap();
    let settings = broker.with_topics("score-kill", 2).unwrap();
    let (_folder, rooms) = rooms(3, &["--minutes", "1"]);
    let live = Place::new(&settings, None).named("worker");
    live.send(&rooms, &[]);
    for moment in moments() {
        let job = live.start("score", &[]);
        std::thread::sleep(moment);
        job.kill();
    }
    live.run("score", &["--until-end"]);
    let past = Place::new(&settings, None);
    past.run("replay", &["--from-kafka"]);
    assert_eq!(live.digest(), past.digest(), "{}", live.differs(&past));
    assert_eq!(accounted(&live), held(&settings));
}

#[test]
fn workers_come_and_go_and_clickhouse_dies_in_between() {
    let broker = Broker::shared().unwrap();
    let settings = broker.with_topics("score-share", 3).unwrap();
    let (_folder, rooms) = rooms(4, &["--minutes", "1"]);
    let tables = tempfile::tempdir().unwrap();
    let port = free_port();
    let server = serve(tables.path(), port);
    let live = Place::new(&settings, Some(&format!("http://127.0.0.1:{port}")));
    let first = live.start("score", &[]);
    let mut second = live.start("score", &[]);
    live.send(&rooms[..2], &[]);
    wait_for("rows", || live.number("SELECT count() FROM frame_scores_rows") > 0);
    let third = live.start("score", &[]);
    live.send(&rooms[2..], &[]);
    std::thread::sleep(Duration::from_secs(2));
    // In the middle of inserts.
    server.kill();
    std::thread::sleep(Duration::from_secs(3));
    assert!(!second.has_ended(), "a server that is down is waited for");
    let _server = serve(tables.path(), port);
    third.stop();
    first.kill();
    wait_for("the whole of the topics", || accounted(&live) == held(&settings));
    second.stop();
    live.run("score", &["--until-end"]);
    let past = Place::new(&settings, None);
    past.run("replay", &["--from-kafka"]);
    assert_eq!(live.digest(), past.digest(), "{}", live.differs(&past));
}

#[test]
fn a_broker_that_restarts_costs_nothing_but_time() {
    let mut broker = Broker::start().unwrap();
    let settings = broker.with_topics("score-broker", 2).unwrap();
    let (_folder, rooms) = rooms(2, &["--minutes", "1"]);
    let live = Place::new(&settings, None);
    live.send(&rooms[..1], &[]);
    let port = free_port();
    let job = live.start_with("score", &[("KAIROS_METRICS__LISTEN", &format!("127.0.0.1:{port}"))]);
    wait_for("a message", || sum(&told(port), "kairos_messages_total") > 0.0);
    assert!(!is_troubled(port, "broker"));
    broker.kill().unwrap();
    wait_for("the job's word for it", || is_troubled(port, "broker"));
    broker.restart().unwrap();
    live.send(&rooms[1..], &[]);
    std::thread::sleep(Duration::from_secs(5));
    job.stop();
    live.run("score", &["--until-end"]);
    let past = Place::new(&settings, None);
    past.run("replay", &["--from-kafka"]);
    assert_eq!(live.digest(), past.digest(), "{}", live.differs(&past));
    assert_eq!(accounted(&live), held(&settings));
}
