//! A sink of one's own: result events as lines of a file. `docs/extend/sink.md` quotes this file.
//!
//! `cargo run -p kairos-topics --example own_sink`; its test runs with the others.

use std::error::Error;
use std::io::Write;
use std::sync::{Mutex, PoisonError};

use kairos_topics::{EventSink, Highlight, HighlightState, PositionRange, Publisher};

// ANCHOR: sink
/// Writes `topic key value` lines to whatever can be written to.
struct Lines<W>(Mutex<W>);

impl<W: Write> EventSink for Lines<W> {
    // May keep what it takes in memory: only `flush` promises.
    fn publish(&self, topic: &str, key: &str, value: Vec<u8>) -> Result<(), Box<dyn Error + Send + Sync>> {
        let mut out = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        write!(out, "{topic} {key} ")?;
        out.write_all(&value)?;
        Ok(writeln!(out)?)
    }

    // A job commits its place only after this has come back: an event that is lost here is lost for good.
    fn flush(&self) -> Result<(), Box<dyn Error + Send + Sync>> {
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).flush()?)
    }
}
// ANCHOR_END: sink

fn main() -> Result<(), Box<dyn Error>> {
    run(std::io::stdout())
}

// ANCHOR: run
/// A highlight that begins, and its revision: consumers let the highest revision of an identity count.
fn run(out: impl Write) -> Result<(), Box<dyn Error>> {
    let publisher = Publisher::new(Lines(Mutex::new(out)), "kairos");
    let first = Highlight {
        room: "my-room".to_owned(),
        stream: "live-1".to_owned(),
        highlight: "1".to_owned(),
        end_us: 6_000_000,
        peak_us: 2_000_000,
        model: "contentctr@0123".to_owned(),
        // What it rests on, so that a consumer can ask the topic for the media.
        position: PositionRange {
            topic: "kairos.media".to_owned(),
            last_offset: 5,
            ..PositionRange::default()
        },
        ..Highlight::default()
    };
    let settled = Highlight { end_us: 8_000_000, revision: 1, state: HighlightState::Final, ..first.clone() };
    publisher.publish(&first)?;
    publisher.publish(&settled)?;
    Ok(publisher.flush()?)
}
// ANCHOR_END: run

#[test]
fn events_stand_in_order_under_their_topic_and_room() {
    let mut file = Vec::new();
    run(&mut file).unwrap();
    let text = String::from_utf8(file).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let placed = |line: &&str| line.starts_with("kairos.highlights my-room {");
    assert!(lines.len() == 2 && lines.iter().all(placed), "{text}");
    assert!(lines[0].contains("\"provisional\"") && lines[1].contains("\"final\""), "{text}");
}
