//! `kairos replay`.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};
use kairos_recording::Overrides;
use kairos_timeline::{RoomId, Span};

use super::UsageError;
use crate::config::Config;
use crate::replay::{Replay, RoomSource, ensure_topics, print_summary, send};
use crate::score::replay_topics;

/// Scores recordings: rows, highlights, clips and report.html.
#[derive(Debug, Parser)]
pub struct Args {
    /// Media files, chat files without video, or folders with a recording.toml.
    #[arg(required_unless_present = "from_kafka")]
    recordings: Vec<PathBuf>,
    /// Send the recordings to the input topics instead, as if they were live: at --speed 1 from now on, else so that they
    /// end now.
    #[arg(long, conflicts_with_all = ["graph", "no_clips", "threads"])]
    to_kafka: bool,
    /// Score what the input topics hold, through the code of the live job. The same messages give the same digest.
    #[arg(long, conflicts_with_all = ["recordings", "to_kafka", "chat", "gifts", "feedback", "room", "speed", "graph"])]
    from_kafka: bool,
    /// Chat of the recording (any format that `kairos recording inspect` knows). One recording only.
    #[arg(long, value_name = "FILE")]
    chat: Option<PathBuf>,
    /// Gifts of the recording, where they are not in the chat file.
    #[arg(long, value_name = "FILE")]
    gifts: Option<PathBuf>,
    /// Feedback (impressions, clicks, watches) of the recording.
    #[arg(long, value_name = "FILE")]
    feedback: Option<PathBuf>,
    /// Seconds added to every chat time, where the recorder's offset is wrong.
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    chat_offset: Option<f64>,
    /// Room id; without it the recording's own, or its file name.
    #[arg(long, value_name = "ID")]
    room: Option<String>,
    /// Output folder: rows (embedded engine), clips/ and report.html.
    #[arg(long, default_value = "out", value_name = "DIR")]
    out: PathBuf,
    /// As fast as possible, or at the recording's own pace.
    #[arg(long, value_enum, default_value_t = Speed::Max)]
    speed: Speed,
    /// Cut no clips.
    #[arg(long)]
    no_clips: bool,
    /// Gift graph that every room begins with (kairos graph build); without it none. Rooms replayed together don't see
    /// each other's gifts.
    #[arg(long, value_name = "FILE")]
    graph: Option<PathBuf>,
    /// Rooms scored at once; 0 = one per core. The result does not depend on it.
    #[arg(long, default_value_t = 0, value_name = "N")]
    threads: usize,
}

/// How fast.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Speed {
    /// As fast as possible.
    Max,
    /// At the recording's own pace.
    #[value(name = "1")]
    Recorded,
}

impl Args {
    /// Runs it.
    pub fn run(self, config: Config) -> anyhow::Result<()> {
        if self.from_kafka {
            let done = replay_topics(&config, &self.out)?;
            let counts = done.counts;
            println!(
                "{} streams, {} messages, {} dead, {} rows",
                done.streams.len(),
                counts.messages,
                counts.dead,
                counts.rows
            );
            println!("digest: {}", done.digest);
            return Ok(());
        }
        let about_one =
            self.chat.is_some() || self.gifts.is_some() || self.feedback.is_some() || self.room.is_some();
        if about_one && self.recordings.len() > 1 {
            let what = "--chat, --gifts, --feedback and --room describe one recording; several were given";
            return Err(UsageError(what.to_owned()).into());
        }
        let room = self.room.map(RoomId::new).transpose().map_err(|error| UsageError(error.to_string()))?;
        let overrides = Overrides {
            room,
            chat: self.chat.into_iter().collect(),
            gifts: self.gifts.into_iter().collect(),
            feedback: self.feedback.into_iter().collect(),
            chat_offset: self.chat_offset.map_or(Span::ZERO, Span::from_secs_f64),
            rates: Some(config.rates.clone()),
            ..Overrides::default()
        };
        if self.to_kafka {
            ensure_topics(&config)?;
            return send_all(&config, &self.recordings, &overrides, self.speed == Speed::Recorded);
        }
        let sources = self
            .recordings
            .into_iter()
            .map(|path| RoomSource { path, overrides: overrides.clone() })
            .collect();
        let replay = Replay {
            config,
            sources,
            out: self.out,
            paced: self.speed == Speed::Recorded,
            clips: !self.no_clips,
            rooms_at_once: self.threads,
            graph: self.graph,
            command: std::env::args().collect::<Vec<_>>().join(" "),
        };
        print_summary(&replay.run()?);
        Ok(())
    }
}

fn send_all(
    config: &Config,
    recordings: &[PathBuf],
    overrides: &Overrides,
    paced: bool,
) -> anyhow::Result<()> {
    for (path, sent) in recordings.iter().zip(send(config, recordings, overrides, paced)?) {
        println!(
            "{}: {} messages, {} of them segments, {} unreadable",
            path.display(),
            sent.messages,
            sent.segments,
            sent.faults
        );
    }
    Ok(())
}
