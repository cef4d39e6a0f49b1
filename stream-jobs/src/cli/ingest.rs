//! `kairos ingest`.

use std::path::PathBuf;

use clap::Parser;
use kairos_capture::Source;
use kairos_timeline::RoomId;

use super::UsageError;
use crate::config::Config;
use crate::ingest::Job;
use crate::telemetry;

/// Captures live sources and chats into the input topics, until they end or it is stopped.
///
/// Sources: rtmp://, rtmps://, srt://, rtsp://, http(s)://….m3u8, a file; rtmp-listen://0.0.0.0:1935/live and
/// srt://0.0.0.0:9000?mode=listener wait for senders. Twitch, WebSocket and HTTP chats are in section [chat] of the
/// configuration.
#[derive(Debug, Parser)]
pub struct Args {
    /// Where the room comes from.
    #[arg(value_name = "SOURCE")]
    source: Option<String>,
    /// The room. An RTMP listener without a room takes every sender, whose stream key is its room.
    #[arg(long, value_name = "ID")]
    room: Option<String>,
    /// File of rooms ([[room]] with id and source, [[listener]] with source and keys); followed while it changes.
    #[arg(long, value_name = "FILE")]
    rooms: Option<PathBuf>,
    /// Read comments, gifts and feedback as JSON lines from standard input.
    #[arg(long)]
    stdin: bool,
}

impl Args {
    /// Runs it.
    pub fn run(self, config: Config) -> anyhow::Result<()> {
        telemetry::start(&config.metrics, "ingest")?;
        let usage = |what: String| anyhow::Error::from(UsageError(what));
        let room = self.room.map(RoomId::new).transpose().map_err(|error| usage(error.to_string()))?;
        let source: Option<Source> = self
            .source
            .map(|text| text.parse())
            .transpose()
            .map_err(|error: kairos_capture::CaptureError| usage(error.to_string()))?;
        let lines = self.stdin.then(|| room.clone());
        let (source, accept) = match (room, source) {
            (Some(room), Some(source)) => (Some((room, source)), None),
            (None, Some(source)) if source.is_open_listener() => (None, Some(source)),
            (None, Some(_)) => return Err(usage("--room ID is needed: whose source is it?".to_owned())),
            (_, None) => (None, None),
        };
        let has_chat = config.chat != kairos_chat::ChatOptions::default();
        if source.is_none() && accept.is_none() && self.rooms.is_none() && lines.is_none() && !has_chat {
            return Err(usage(
                "give a SOURCE, --rooms FILE, --stdin, or chats in the configuration".to_owned(),
            ));
        }
        let done = Job { config, source, accept, rooms: self.rooms, lines }.run()?;
        println!(
            "{} segments, {} bytes, {} gaps, {} events, {} unreadable lines",
            done.segments, done.bytes, done.gaps, done.events, done.broken
        );
        Ok(())
    }
}
