//! One room of a replay: a decoding thread before the room's job, rows and clips behind it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};

use anyhow::{Context, anyhow};
use kairos_clickhouse::StreamRow;
use kairos_clips::{ClipFolder, ClipStore};
use kairos_highlight::HighlightState as Stage;
use kairos_recording::{Overrides, Recording};
use kairos_timeline::Span;
use tokio::sync::mpsc::Sender;

use super::Replay;
use super::about::About;
use super::clips::{ClipDesk, KnownHighlight};
use super::feed::feed;
use super::gather::Gatherer;
use super::pace::Pacer;
use super::progress::{Progress, RoomProgress};
use crate::gift::{Desk, GiftModel, Predictor, RoomGifts};
use crate::graph::{self, LiveGraph};
use crate::highlights;
use crate::report::{ClipSource, HighlightCard, HighlightState, RoomReport};
use crate::room::{Fault, Output, RoomJob, RoomSettings, Scoring};
use crate::rows::{RowMaker, TableRow};
use crate::scoring::Model;

/// Inputs between the decoding thread and the room's job: a few segments ahead, some megabytes at most.
const INPUTS_IN_FLIGHT: usize = 32;
/// Clips up to this size may go into the report itself.
const EMBED_AT_MOST: u64 = 8 << 20;

/// One recording, with what the command line says about it.
#[derive(Debug, Clone, Default)]
pub struct RoomSource {
    /// Media file, chat file, or folder with a recording.toml.
    pub path: PathBuf,
    /// What the command line overrides.
    pub overrides: Overrides,
}

/// Replays one recording.
pub fn run_room(
    replay: &Replay,
    model: &Model,
    gifts: Option<&Arc<GiftModel>>,
    source: &RoomSource,
    rows: &Sender<TableRow>,
    progress: &Progress,
) -> anyhow::Result<RoomReport> {
    let mut recording = Recording::open(&source.path, &source.overrides)?;
    let about = About::read(&recording, &source.path)?;
    let (room, stream) = (about.info.room.clone(), about.info.stream.clone());
    let settings = RoomSettings {
        keeps_for_clips: true,
        expects_media: about.media.is_some(),
        picture_size: model.picture_size(),
        ..RoomSettings::new(&replay.config, room.clone(), stream.clone(), Some(about.info.started_at))
    };
    let unit = settings.unit;
    let scoring =
        Scoring { speech: model.speech(room.as_str()), ..model.scoring(&replay.config, about.streamer())? };
    let mut job = RoomJob::new(settings.clone(), scoring)?;
    let model = model.name().to_owned();
    let clips = replay.clips && about.media.is_some();
    let store = clips.then(|| clip_store(replay)).transpose()?;
    let desk =
        ClipDesk::new(room.clone(), stream.clone(), unit, model.clone(), replay.config.clips.clone(), store);
    let gifts = gifts.map(|gifts| predictions(replay, gifts, &about, unit)).transpose()?;
    let mut run = Run {
        gifts,
        maker: RowMaker::new(room.clone(), stream.clone(), unit, model),
        desk,
        gatherer: Gatherer::new(about.report(unit)),
        rows,
        progress: progress.room(room.as_str(), about.length()),
        out: &replay.out,
    };
    run.send(TableRow::Stream(Box::new(StreamRow {
        room: room.to_string(),
        stream: stream.to_string(),
        title: about.info.title.clone().unwrap_or_default(),
        source: source.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
        started_at: about.info.started_at.as_micros(),
        duration_us: about.length().as_micros(),
        simulated: about.info.simulated,
        revision: 0,
    })))?;

    let (give, inputs) = mpsc::sync_channel(INPUTS_IN_FLIGHT);
    let mut pacer = Pacer::new(replay.paced);
    std::thread::scope(|scope| {
        let decoding = std::thread::Builder::new()
            .name(format!("decode {room}"))
            .spawn_scoped(scope, move || {
                feed(&mut recording, &settings, &mut pacer, &mut |input| give.send(input).is_ok());
            })
            .context("starting the decoding thread")?;
        // Owned here, so that a failing job lets go of the channel and the decoding thread ends.
        let inputs = inputs;
        for input in inputs.iter() {
            let outputs = job.push(input);
            run.take(outputs, &job, false)?;
        }
        decoding.join().map_err(|_panic| anyhow!("the decoding thread panicked"))
    })?;
    let outputs = job.finish();
    run.take(outputs, &job, true)?;
    run.progress.done();
    run.finish()
}

fn clip_store(replay: &Replay) -> anyhow::Result<ClipStore<ClipFolder>> {
    Ok(ClipStore::new(ClipFolder::open(replay.out.join("clips"))?, &replay.config.clips)?)
}

/// A ranker of its own for the room, with the graph that every room begins with.
fn predictions(
    replay: &Replay,
    model: &Arc<GiftModel>,
    about: &About,
    unit: Span,
) -> anyhow::Result<(RoomGifts, Predictor)> {
    let config = &replay.config;
    let graph = match &replay.graph {
        Some(file) => {
            let (graph, tables) = graph::open(config, file)?;
            LiveGraph::new(graph, tables, &config.gift)
        }
        None => LiveGraph::empty(config)?,
    };
    let mut predictor = Predictor::new(model.clone(), config.gift.clone(), graph);
    let (room, stream) = (about.info.room.clone(), about.info.stream.clone());
    predictor.audience_mut().enter(room.as_str(), about.streamer());
    Ok((RoomGifts::new(room, stream, unit, Desk::default()), predictor))
}

/// What stands behind a room's job.
struct Run<'a> {
    gifts: Option<(RoomGifts, Predictor)>,
    maker: RowMaker,
    desk: ClipDesk,
    gatherer: Gatherer,
    rows: &'a Sender<TableRow>,
    progress: RoomProgress,
    out: &'a Path,
}

impl Run<'_> {
    fn send(&self, row: TableRow) -> anyhow::Result<()> {
        self.rows.blocking_send(row).map_err(|_closed| anyhow!("rows can't be written any more"))
    }

    fn take(&mut self, outputs: Vec<Output>, job: &RoomJob, at_end: bool) -> anyhow::Result<()> {
        for output in outputs {
            self.gatherer.note(&output);
            self.predict(&output)?;
            let row = match &output {
                Output::Score(scored) => {
                    self.progress.reached(scored.start);
                    self.maker.score(scored)
                }
                Output::Comment(placed) => self.maker.comment(placed),
                Output::Gift(placed) => self.maker.gift(placed),
                Output::Feedback(placed) => self.maker.feedback(placed),
                Output::State(state) => self.maker.state(state),
                Output::Word(word, model) => self.maker.word(word, model),
                Output::Vector(made) => self.maker.vector(made),
                Output::Ledger(entry) => self.maker.ledger(entry),
                Output::Highlight(change) => {
                    let (from, to) = self.desk.interval(change);
                    self.desk.take(change, self.gatherer.top_comments(from, to))
                }
                Output::Fault(fault) => {
                    tracing::warn!(
                        position = fault.position.as_ref().map(ToString::to_string),
                        "{}",
                        fault.what
                    );
                    continue;
                }
                Output::Features(_) => continue,
            };
            self.send(row)?;
        }
        let (rows, failed) = self.desk.cut_due(job.media_end(), job.spool(), at_end);
        for row in rows {
            self.send(row)?;
        }
        for what in failed {
            tracing::warn!("{what}");
            self.gatherer.note(&Output::Fault(Fault { position: None, what }));
        }
        Ok(())
    }

    fn predict(&mut self, output: &Output) -> anyhow::Result<()> {
        let Some((room, predictor)) = &mut self.gifts else { return Ok(()) };
        for row in room.take(output, predictor)? {
            self.send(TableRow::GiftPrediction(Box::new(row)))?;
        }
        Ok(())
    }

    fn finish(self) -> anyhow::Result<RoomReport> {
        let cards =
            self.desk.standing().into_iter().map(|known| self.card(known)).collect::<anyhow::Result<_>>()?;
        Ok(self.gatherer.finish(cards))
    }

    fn card(&self, known: &KnownHighlight) -> anyhow::Result<HighlightCard> {
        let change = &known.change;
        let (from, to) = self.desk.interval(change);
        let folder = self.out.join("clips");
        let read = |path: &str| {
            let file = folder.join(path);
            std::fs::read(&file).with_context(|| format!("clip {}", file.display()))
        };
        let (mut clip, mut thumbnail) = (None, None);
        if let Some(cut) = &known.clip {
            let is_small =
                std::fs::metadata(folder.join(&cut.path)).is_ok_and(|file| file.len() <= EMBED_AT_MOST);
            clip = Some(ClipSource {
                path: format!("clips/{}", cut.path),
                start_s: cut.from_us as f64 / 1e6,
                duration_s: (cut.to_us - cut.from_us) as f64 / 1e6,
                bytes: is_small.then(|| read(&cut.path)).transpose()?,
            });
            if let Some(path) = &cut.thumbnail {
                use base64::Engine;
                let encoded = base64::engine::general_purpose::STANDARD.encode(read(path)?);
                thumbnail = Some(format!("data:image/jpeg;base64,{encoded}"));
            }
        }
        Ok(HighlightCard {
            id: highlights::name(change),
            start_s: from.as_secs_f64(),
            end_s: to.as_secs_f64(),
            peak_s: self.desk.peak(change).as_secs_f64(),
            score: change.score as f32,
            state: match change.state {
                Stage::Provisional => HighlightState::Provisional,
                Stage::Final => HighlightState::Final,
                Stage::Withdrawn => HighlightState::Withdrawn,
            },
            clip,
            thumbnail,
            top_comments: known.top_comments.clone(),
            why: self.gatherer.why(from, to),
            speech: self.gatherer.speech(from, to),
        })
    }
}
