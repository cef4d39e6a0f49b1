//! `kairos replay`: recordings through the live path, into rows, highlights, clips and a report.
//!
//! Rooms run side by side, each on a thread of its own with a decoding thread before it; what they score does not
//! depend on how many run at once. All rows go through one writer.

mod about;
mod clips;
mod feed;
mod gather;
mod pace;
mod progress;
mod run;
mod send;
mod summary;

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use anyhow::{Context, anyhow};
use kairos_clickhouse::{Store, Writer, WriterOptions};
use tokio::sync::mpsc;

use crate::config::Config;
use crate::gift::GiftModel;
use crate::report::{self, Report, RoomReport};
use crate::rows::TableRow;
use crate::scoring::Model;
use crate::speech::Speech;
use crate::storage;

pub use about::About;
pub use feed::{decode, feed};
pub use pace::Pacer;
pub use run::RoomSource;
pub use send::{Sent, ensure_topics, send};
pub use summary::print_summary;

/// Rows between the rooms and the writer: enough to keep rooms busy while a batch is on its way, small in memory.
const ROWS_IN_FLIGHT: usize = 8_192;

/// What to replay, and how.
#[derive(Debug, Clone)]
pub struct Replay {
    /// The configuration.
    pub config: Config,
    /// The recordings.
    pub sources: Vec<RoomSource>,
    /// Output folder.
    pub out: PathBuf,
    /// At the recordings' own pace instead of as fast as possible.
    pub paced: bool,
    /// Cut clips.
    pub clips: bool,
    /// Rooms at once; 0 = one per core.
    pub rooms_at_once: usize,
    /// The gift graph that every room begins with; without it an empty one. Each room adds its own gifts to its own
    /// copy, so predictions don't depend on which rooms are replayed together.
    pub graph: Option<PathBuf>,
    /// The command line, for the report.
    pub command: String,
}

/// What a replay gave.
#[derive(Debug)]
pub struct Done {
    /// Digest of all rows.
    pub digest: String,
    /// The report's file.
    pub report: PathBuf,
    /// What the report shows.
    pub rooms: Vec<RoomReport>,
    /// What is to be said of speech.
    pub speech: String,
}

impl Replay {
    /// Runs it.
    ///
    /// # Errors
    /// If a recording can't be opened, rows can't be written, or a room's job fails; the message names which.
    pub fn run(&self) -> anyhow::Result<Done> {
        std::fs::create_dir_all(&self.out)
            .with_context(|| format!("output folder {}", self.out.display()))?;
        let model =
            Model::load(&self.config)?.with_speech(Speech::open(&self.config, false)?)?.with_moments();
        let gifts = GiftModel::load(&self.config, &model.model().config().inputs)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("kairos-rows")
            .enable_all()
            .build()?;
        let store = runtime.block_on(storage::open(&self.config, &self.out))?;
        let (rows, taken) = mpsc::channel(ROWS_IN_FLIGHT);
        let writing = runtime.spawn(write_rows(store.clone(), taken));
        let rooms = self.run_rooms(&model, gifts.as_ref(), rows);
        // A failed write ends the rooms with a closed channel: its own error says why.
        runtime.block_on(writing).context("the writer of rows ended")??;
        let rooms = rooms?;

        let streams: Vec<String> = rooms.iter().map(|room| room.stream.clone()).collect();
        let digest = runtime.block_on(store.digest(&streams))?;
        runtime.block_on(store.close())?;
        let report = self.write_report(rooms, digest.clone())?;
        let file = self.out.join("report.html");
        let words: u64 = report.rooms.iter().map(|room| room.counts.words).sum();
        let speech = match Speech::advice(&self.config) {
            Some(advice) => advice.to_owned(),
            None if words == 0 => "no speech was recognised".to_owned(),
            None => format!("{words} words were recognised"),
        };
        Ok(Done { digest, report: file, rooms: report.rooms, speech })
    }

    fn run_rooms(
        &self,
        model: &Model,
        gifts: Option<&Arc<GiftModel>>,
        rows: mpsc::Sender<TableRow>,
    ) -> anyhow::Result<Vec<RoomReport>> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let at_once = if self.rooms_at_once == 0 { cores } else { self.rooms_at_once };
        let progress = progress::Progress::new();
        let next = AtomicUsize::new(0);
        let done: Mutex<Vec<(usize, anyhow::Result<RoomReport>)>> = Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            for _ in 0..at_once.min(self.sources.len()) {
                let (rows, next, done, progress) = (rows.clone(), &next, &done, &progress);
                scope.spawn(move || {
                    while let Some((index, source)) = take_next(next, &self.sources) {
                        let result = run::run_room(self, model, gifts, source, &rows, progress)
                            .with_context(|| format!("recording {}", source.path.display()));
                        if let Ok(mut done) = done.lock() {
                            done.push((index, result));
                        }
                    }
                });
            }
        });
        drop(rows);
        let mut done = done.into_inner().map_err(|_poisoned| anyhow!("a room's job panicked"))?;
        done.sort_by_key(|(index, _)| *index);
        done.into_iter().map(|(_, result)| result).collect()
    }

    fn write_report(&self, rooms: Vec<RoomReport>, digest: String) -> anyhow::Result<Report> {
        let title = match rooms.as_slice() {
            [room] if !room.title.is_empty() => room.title.clone(),
            [room] => room.room.clone(),
            rooms => format!("{} rooms", rooms.len()),
        };
        let report = Report {
            title,
            generated_by: format!("kairos {}", env!("CARGO_PKG_VERSION")),
            command: self.command.clone(),
            rooms,
            digest,
        };
        let file = self.out.join("report.html");
        std::fs::write(&file, report::render(&report))
            .with_context(|| format!("report {}", file.display()))?;
        Ok(report)
    }
}

fn take_next<'a>(next: &AtomicUsize, sources: &'a [RoomSource]) -> Option<(usize, &'a RoomSource)> {
    let index = next.fetch_add(1, Ordering::Relaxed);
    Some((index, sources.get(index)?))
}

async fn write_rows(store: Store, mut rows: mpsc::Receiver<TableRow>) -> anyhow::Result<()> {
    let mut writer = Writer::new(&store, WriterOptions::default())?;
    while let Some(row) = rows.recv().await {
        row.write(&mut writer).await?;
    }
    writer.flush().await?;
    Ok(())
}
