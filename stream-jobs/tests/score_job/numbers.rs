//! What a live job tells of itself.

use std::io::{Read, Write};

use crate::bench::{Place, free_port, held, poison, rooms, wait_for};
use kairos::telemetry::names::ALL;
use kairos_kafka::broker::Broker;

/// What the job at `port` answers; nothing while it does not.
pub fn get(port: u16, path: &str) -> Option<String> {
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", port)).ok()?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    answer.starts_with("HTTP/1.1 200").then_some(answer)
}

/// All numbers of the job at `port`; nothing while it does not answer.
pub fn told(port: u16) -> String {
    get(port, "/metrics").unwrap_or_default()
}

/// Whether the job at `port` says that it has a trouble of this kind, and what to do about it.
pub fn is_troubled(port: u16, kind: &str) -> bool {
    let Some(answer) = get(port, "/status") else { return false };
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    let status: kairos_console::JobStatus = serde_json::from_str(body).unwrap();
    status.troubles.iter().any(|trouble| trouble.kind == kind && !trouble.action.is_empty())
}

/// Sum of a number over its labels.
pub fn sum(text: &str, name: &str) -> f64 {
    let of = |line: &&str| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' ']));
    text.lines().filter(of).filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
}

#[test]
fn a_live_job_tells_what_it_takes_and_how_far_it_is_behind() {
    let broker = Broker::shared().unwrap();
    let settings = broker.with_topics("score-numbers", 1).unwrap();
    let (_folder, rooms) = rooms(1, &["--minutes", "1"]);
    let live = Place::new(&settings, None);
    let port = free_port();
    let job = live.start_with("score", &[("KAIROS_METRICS__LISTEN", &format!("127.0.0.1:{port}"))]);
    wait_for("the job", || get(port, "/healthz").is_some_and(|answer| answer.ends_with("ok\n")));
    live.send(&rooms, &[]);
    poison(&settings);
    let all = held(&settings) as f64;
    let told = || told(port);
    wait_for("all messages", || sum(&told(), "kairos_messages_total") >= all);
    wait_for("a checkpoint", || sum(&told(), "kairos_checkpoint_seconds_count") > 0.0);
    wait_for("no lag", || sum(&told(), "kairos_lag_messages") == 0.0);
    let text = told();
    assert_eq!(sum(&text, "kairos_messages_total"), all, "{text}");
    assert_eq!(sum(&text, "kairos_dead_letters_total"), 4.0, "{text}");
    assert!(sum(&text, "kairos_units_total") >= 29.0, "{text}");
    assert!(text.contains("room=\"room-000\"") && text.contains("part=\"score\""), "{text}");
    for (name, _, labels, jobs, _) in ALL {
        // Nothing is told of shared encoders where there are none.
        let asked = jobs.contains("score") && !labels.split(", ").any(|label| label == "encoder");
        assert!(!asked || text.contains(name), "{name} is not told: {text}");
    }
    job.stop();
}
