//! Chat connectors onto their topics.

use std::sync::Arc;

use anyhow::Context;
use bytes::Bytes;
use kairos_chat::{
    ChatOptions, ChatState, Counts, Heard, LineOptions, read_lines, router, twitch, websocket,
};
use kairos_kafka::{
    FeedbackEvent, Headers, Message, Names, Producer, Topic, encode_dead_letter, encode_event,
};
use kairos_timeline::{Position, RoomId};
use tokio::runtime::Runtime;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinHandle;

use crate::config::Config;
use crate::telemetry::{names, trace};

/// Events between connectors and the sender: some seconds of the largest chats.
const IN_FLIGHT: usize = 4_096;

/// Connectors that run.
pub struct Chat {
    connectors: Vec<JoinHandle<()>>,
    lines: Option<std::thread::JoinHandle<std::io::Result<u64>>>,
    sending: std::thread::JoinHandle<anyhow::Result<(u64, u64)>>,
}

impl Chat {
    /// Starts every configured connector, and standard input where it is asked for.
    pub fn start(
        runtime: &Runtime,
        config: &Config,
        lines: Option<Option<RoomId>>,
        producer: Arc<Producer>,
        names: &Names,
    ) -> anyhow::Result<Self> {
        let (out, heard) = channel(IN_FLIGHT);
        let counts = Arc::new(Counts::default());
        let connectors = connect(runtime, &config.chat, &out, &counts)?;
        let lines = lines.map(|room| {
            let (out, counts) = (out.clone(), counts.clone());
            let read = move || {
                let input = std::io::stdin().lock();
                read_lines(input, room.as_ref(), &LineOptions::default(), &out, &counts)
            };
            std::thread::Builder::new().name("ingest-lines".to_owned()).spawn(read)
        });
        let lines = lines.transpose().context("starting to read standard input")?;
        drop(out);
        let names = names.clone();
        let sending = std::thread::Builder::new()
            .name("ingest-chat".to_owned())
            .spawn(move || send(heard, &producer, &names))
            .context("starting the sending thread")?;
        Ok(Self { connectors, lines, sending })
    }

    /// Whether nothing is configured, or standard input has ended and nothing else is.
    pub fn is_over(&self) -> bool {
        self.connectors.is_empty() && self.lines.as_ref().is_none_or(std::thread::JoinHandle::is_finished)
    }

    /// Ends the connectors; events sent and lines that could not be read.
    pub fn finish(self) -> anyhow::Result<(u64, u64)> {
        self.connectors.iter().for_each(JoinHandle::abort);
        match self.lines {
            // One that still waits for its next line ends with the process.
            Some(lines) if lines.is_finished() => {
                let read =
                    lines.join().map_err(|_panic| anyhow::anyhow!("reading standard input panicked"))?;
                read.context("standard input")?;
            }
            Some(_) => return Ok((0, 0)),
            None => {}
        }
        self.sending.join().map_err(|_panic| anyhow::anyhow!("the sending thread panicked"))?
    }
}

fn connect(
    runtime: &Runtime,
    options: &ChatOptions,
    out: &Sender<Heard>,
    counts: &Arc<Counts>,
) -> anyhow::Result<Vec<JoinHandle<()>>> {
    let mut running = Vec::new();
    for one in &options.twitch {
        running.push(runtime.spawn(twitch(one.clone(), out.clone(), counts.clone())));
    }
    for one in &options.websocket {
        running.push(runtime.spawn(websocket(one.clone(), out.clone(), counts.clone())));
    }
    if let Some(http) = &options.http {
        let listener = runtime
            .block_on(tokio::net::TcpListener::bind(&http.listen))
            .with_context(|| format!("chat.http.listen {}", http.listen))?;
        let router = router(http.clone(), out.clone(), counts.clone());
        running.push(runtime.spawn(async move {
            if let Err(problem) = axum::serve(listener, router).await {
                tracing::error!("chat over HTTP ended: {problem}");
            }
        }));
    }
    Ok(running)
}

fn send(mut heard: Receiver<Heard>, producer: &Producer, names: &Names) -> anyhow::Result<(u64, u64)> {
    let (mut events, mut broken) = (0, 0);
    while let Some(heard) = heard.blocking_recv() {
        let kind = match &heard {
            Heard::Comment(_) => "comment",
            Heard::Gift(_) => "gift",
            Heard::Feedback(_) => "feedback",
            Heard::Broken { .. } | Heard::State { .. } => "",
        };
        let record = match heard {
            Heard::Comment(comment) => encode_event(&names.of(Topic::Comments), &comment)?,
            Heard::Gift(gift) => encode_event(&names.of(Topic::Gifts), &gift)?,
            Heard::Feedback(feedback) => {
                let event = FeedbackEvent { feedback, other: serde_json::Map::new() };
                encode_event(&names.of(Topic::Feedback), &event)?
            }
            Heard::Broken { room, line, why, bytes } => {
                broken += 1;
                metrics::counter!(names::BROKEN).increment(1);
                tracing::warn!(room = room.as_ref().map(ToString::to_string), line, "unreadable line: {why}");
                producer.post(&encode_dead_letter(
                    &names.of(Topic::DeadLetters),
                    &never_sent(names, room, line, bytes),
                    &why,
                ))?;
                continue;
            }
            Heard::State { connector, state, why } => {
                match state {
                    ChatState::Refused => tracing::error!(connector, "refused: {why}"),
                    ChatState::Silent | ChatState::Reconnecting { .. } => {
                        tracing::warn!(connector, state = state.as_str(), "{why}");
                    }
                    _ => tracing::info!(connector, state = state.as_str(), "{why}"),
                }
                continue;
            }
        };
        trace::post(producer, record)?;
        metrics::counter!(names::EVENTS, "kind" => kind).increment(1);
        events += 1;
    }
    Ok((events, broken))
}

/// A line as the message that it never became: its place is the line's number in no partition.
fn never_sent(names: &Names, room: Option<RoomId>, line: u64, bytes: Bytes) -> Message {
    let offset = i64::try_from(line).unwrap_or(i64::MAX);
    Message {
        position: Position { topic: names.of(Topic::Comments).into(), partition: -1, offset },
        key: room.map(|room| Bytes::copy_from_slice(room.as_str().as_bytes())),
        value: Some(bytes),
        headers: Headers::default(),
        written_ms: None,
    }
}
