//! `kairos ingest`: live sources and chats onto the input topics.
//!
//! Capture cuts segments and keeps their time; chat connectors read events; this sends both. Invariants: a room that can't
//! be sent in time loses whole segments, which its stream's sequence shows, and never holds up another room; what can't be
//! read goes to the dead letters with its bytes.

mod chat;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context;
use kairos_capture::{Captured, Captures, RoomState, Rooms, Source};
use kairos_kafka::{Names, Producer, StreamEnd, Topic, encode_end, encode_segment};
use kairos_timeline::{Position, RoomId};

use crate::config::Config;
use crate::live::stop_on_signals;
use crate::replay::ensure_topics;
use crate::telemetry::{names, trace};

/// How long rooms may take to end when the job is stopped.
const CLOSING: Duration = Duration::from_secs(10);
/// What [`RoomState::as_str`] can be.
const STATES: [&str; 6] = ["connecting", "live", "silent", "reconnecting", "ended", "failed"];
/// How often the end of everything is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// What to capture.
#[derive(Debug, Clone)]
pub struct Job {
    /// The configuration.
    pub config: Config,
    /// A room and where it comes from.
    pub source: Option<(RoomId, Source)>,
    /// A listener to senders whose stream key is their room.
    pub accept: Option<Source>,
    /// File of rooms, followed while it changes.
    pub rooms: Option<PathBuf>,
    /// Read events as JSON lines from standard input; of this room where they name none.
    pub lines: Option<Option<RoomId>>,
}

/// What a run did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Segments sent.
    pub segments: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// Stretches that are missing.
    pub gaps: u64,
    /// Comments, gifts and feedback sent.
    pub events: u64,
    /// Lines that could not be read.
    pub broken: u64,
}

impl Job {
    /// Runs until every source has ended, a signal or an error.
    ///
    /// # Errors
    /// If a source can't be opened, or the broker does not take a message within its delivery timeout.
    pub fn run(&self) -> anyhow::Result<Counts> {
        let stop = stop_on_signals()?;
        ensure_topics(&self.config)?;
        let names = self.config.kafka.names()?;
        let producer = Arc::new(Producer::open(&self.config.kafka)?);
        let (rooms, captures) = Rooms::new(self.config.ingest.clone())?;
        if let Some((room, source)) = &self.source {
            rooms.add(room.clone(), source.clone())?;
        }
        if let Some(source) = &self.accept {
            rooms.accept(source, std::collections::BTreeMap::new())?;
        }
        if let Some(file) = &self.rooms {
            rooms.watch(file)?;
        }
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("kairos-ingest")
            .enable_all()
            .build()?;
        let ended = Arc::new(AtomicBool::new(false));
        let sending = {
            let (producer, names, ended) = (producer.clone(), names.clone(), ended.clone());
            std::thread::Builder::new()
                .name("ingest-media".to_owned())
                .spawn(move || send(captures, &producer, &names, &ended))
                .context("starting the sending thread")?
        };
        let chat = chat::Chat::start(&runtime, &self.config, self.lines.clone(), producer.clone(), &names)?;
        let stays = self.accept.is_some() || self.rooms.is_some();
        let mut problem = None;
        while !stop.load(Ordering::Acquire) && !sending.is_finished() {
            std::thread::sleep(LOOK_EVERY);
            let now = rooms.file_problem();
            if now != problem {
                match &now {
                    Some(problem) => tracing::error!("{problem}; the rooms that run go on"),
                    None => tracing::info!("the file of rooms is sound again"),
                }
                problem = now;
            }
            let over = |state: &RoomState| matches!(state, RoomState::Ended | RoomState::Failed);
            let rooms_over = rooms.status().iter().all(|room| over(&room.state));
            if !stays && rooms_over && chat.is_over() {
                break;
            }
        }
        if !rooms.close(CLOSING) {
            tracing::warn!("some rooms did not end within {CLOSING:?}");
        }
        drop(rooms);
        ended.store(true, Ordering::Release);
        let mut counts =
            sending.join().map_err(|_panic| anyhow::anyhow!("the sending thread panicked"))??;
        (counts.events, counts.broken) = chat.finish()?;
        let patience = Duration::from_millis(self.config.kafka.delivery_timeout_ms) + Duration::from_secs(5);
        producer.flush(patience)?;
        Ok(counts)
    }
}

/// Sends what is captured until nothing more comes. Waits for the broker; rooms don't wait for it.
fn send(
    mut captures: Captures,
    producer: &Producer,
    names: &Names,
    ended: &AtomicBool,
) -> anyhow::Result<Counts> {
    let mut counts = Counts::default();
    loop {
        let captured = match captures.try_next() {
            Ok(Some(captured)) => captured,
            Ok(None) => return Ok(counts),
            Err(_empty) if ended.load(Ordering::Acquire) => return Ok(counts),
            Err(_empty) => {
                std::thread::sleep(Duration::from_millis(5));
                continue;
            }
        };
        match captured {
            Captured::Segment(segment) => {
                counts.segments += 1;
                let (room, bytes) = (segment.room.to_string(), segment.bytes.len() as u64);
                counts.bytes += bytes;
                metrics::counter!(names::SEGMENTS, "room" => room.clone()).increment(1);
                metrics::counter!(names::BYTES, "room" => room).increment(bytes);
                let record = encode_segment(&names.of(Topic::Media), &segment);
                trace::post_captured(producer, record, &segment)?;
            }
            Captured::End { room, stream, segments, at, captured_at } => {
                tracing::info!(%room, %stream, segments, %at, "stream ended");
                let position = Position::in_file("", 0);
                let end = StreamEnd { room, stream, segments, at, captured_at, position };
                trace::post(producer, encode_end(&names.of(Topic::Media), &end))?;
            }
            Captured::Gap { room, stream, from, to, why } => {
                counts.gaps += 1;
                metrics::counter!(names::GAPS, "room" => room.to_string()).increment(1);
                tracing::warn!(trouble = "media", %room, %stream, %from, %to, %why, "gap");
            }
            Captured::State { room, state, why } => {
                for known in STATES {
                    let is_it = f64::from(u8::from(known == state.as_str()));
                    metrics::gauge!(names::STATE, "room" => room.to_string(), "state" => known).set(is_it);
                }
                match state {
                    RoomState::Failed => tracing::error!(trouble = "room", %room, "failed: {why}"),
                    RoomState::Silent | RoomState::Reconnecting { .. } => {
                        tracing::warn!(trouble = "room", %room, state = state.as_str(), "{why}");
                    }
                    // It is not back yet.
                    RoomState::Connecting => tracing::info!(%room, state = state.as_str(), "{why}"),
                    _ => tracing::info!(trouble_over = "room", %room, state = state.as_str(), "{why}"),
                }
            }
        }
    }
}
