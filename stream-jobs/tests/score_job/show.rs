//! A stretch of a simulated room as a sender has it: a file to push, and viewers who write while it is pushed.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::Value;
use tempfile::TempDir;

use crate::bench::{Process, succeeded};

/// Pictures between two keyframes: a second of a simulated room.
const GROUP: &str = "12";

/// Media and what viewers do, by microseconds since its first picture.
pub struct Show {
    folder: TempDir,
    events: Vec<(i64, Value)>,
}

impl Show {
    /// `seconds` of the recording in the folder `room`, from second `from` on, with a keyframe every second.
    pub fn cut(room: &Path, from: u32, seconds: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let media = room.join("media.mp4");
        let cut = Command::new("ffmpeg")
            .args(["-v", "error", "-nostdin", "-ss", &from.to_string(), "-i", media.to_str().unwrap()])
            .args(["-t", &seconds.to_string(), "-c:v", "libx264", "-preset", "ultrafast", "-bf", "0"])
            .args(["-g", GROUP, "-sc_threshold", "0", "-c:a", "aac"])
            .arg(folder.path().join("show.mp4"))
            .output();
        succeeded(&cut.unwrap());
        let about: toml::Table =
            std::fs::read_to_string(room.join("recording.toml")).unwrap().parse().unwrap();
        let begin = about["started_at"].as_integer().unwrap() + i64::from(from) * 1_000_000;
        let mut events = Vec::new();
        for file in ["comments.jsonl", "gifts.jsonl", "feedback.jsonl"] {
            // A room may lack any of them.
            let text = std::fs::read_to_string(room.join(file)).unwrap_or_default();
            for line in text.lines() {
                let event: Value = serde_json::from_str(line).unwrap();
                let at = event["sent_at"].as_i64().unwrap() - begin;
                if (0..i64::from(seconds) * 1_000_000).contains(&at) {
                    events.push((at, event));
                }
            }
        }
        events.sort_by_key(|(at, _)| *at);
        Self { folder, events }
    }

    /// The file.
    pub fn media(&self) -> PathBuf {
        self.folder.path().join("show.mp4")
    }

    /// Pushes the file at its own speed, without encoding; `target`: format and address.
    pub fn push(&self, target: &[&str]) -> Sender {
        Sender::of(&self.media(), target)
    }

    /// Viewers of `rooms`, who do what they did, from now on, as lines into `lines`.
    pub fn viewers(&self, rooms: &[&str], lines: ChildStdin) -> Viewers {
        let rooms: Vec<String> = rooms.iter().map(|room| (*room).to_owned()).collect();
        let (events, over) = (self.events.clone(), Arc::new(AtomicBool::new(false)));
        let ends = over.clone();
        let thread = std::thread::spawn(move || write(&events, &rooms, lines, &ends));
        Viewers { thread: Some(thread), over }
    }
}

/// Writes events when their time has come, until all are written or `over`.
#[allow(clippy::disallowed_methods, reason = "a platform stamps its events with the clock")]
fn write(events: &[(i64, Value)], rooms: &[String], mut lines: ChildStdin, over: &AtomicBool) {
    let (begun, began_at) = (Instant::now(), SystemTime::now().duration_since(UNIX_EPOCH).unwrap());
    for (at, event) in events {
        let due = Duration::from_micros(at.unsigned_abs());
        while begun.elapsed() < due {
            if over.load(Ordering::Acquire) {
                return;
            }
            std::thread::sleep((due - begun.elapsed().min(due)).min(Duration::from_millis(50)));
        }
        for room in rooms {
            let mut event = event.clone();
            event["room"] = Value::from(room.as_str());
            event["id"] = Value::from(format!("{room}-{}", event["id"].as_str().unwrap()));
            event["sent_at"] = Value::from((began_at + due).as_micros() as u64);
            if writeln!(lines, "{event}").is_err() {
                return;
            }
        }
    }
}

/// Viewers that write until all is written; dropped, they stop.
pub struct Viewers {
    thread: Option<std::thread::JoinHandle<()>>,
    over: Arc<AtomicBool>,
}

impl Drop for Viewers {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

/// An `ffmpeg` that sends.
pub struct Sender {
    id: u32,
    process: Process,
}

impl Sender {
    /// Sends a file at its own speed, without encoding; `target`: format and address.
    pub fn of(file: &Path, target: &[&str]) -> Self {
        let child: Child = Command::new("ffmpeg")
            .args(["-v", "fatal", "-nostdin", "-re", "-i", file.to_str().unwrap(), "-c", "copy"])
            .args(target)
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        Self { id: child.id(), process: Process::of(child) }
    }

    /// Whether it has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        self.process.has_ended()
    }

    /// Stops for `time` as a machine does that has no time for it, and goes on.
    pub fn stall(&self, time: Duration) {
        self.signal("-STOP");
        std::thread::sleep(time);
        self.signal("-CONT");
    }

    /// As a crash does.
    pub fn kill(self) {
        self.process.kill();
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([name, &self.id.to_string()]).status();
        assert!(sent.unwrap().success());
    }
}
