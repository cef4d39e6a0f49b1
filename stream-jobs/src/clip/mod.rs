//! `kairos clip`: the live job that cuts a clip for every highlight, and cuts it again when the highlight changes.
//!
//! Reads the topic of highlights and, for each, the media that its event names. Invariants: a highlight is done when its
//! clip is published and the row of it acknowledged, and only then passed in the checkpoint; cutting it again gives the same
//! file under the same name, so a crash costs time and nothing else.

pub mod config;
mod media;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;
use kairos_clickhouse::{ATTEMPTS, Checkpoint, ClipRow, Store, Writer, WriterOptions, patiently};
use kairos_clips::{Clip, ClipError, ClipFolder, ClipNames, ClipRequest, ClipStore, Interval};
use kairos_kafka::{Admin, Consumer, Event, Message, Start, Topic, TopicPartition};
use kairos_topics::{Highlight, HighlightState, Publisher};
use tokio::runtime::Runtime;
use tracing::Span;

pub use config::ClipConfig;

use crate::live::{Events, Setting, clock, stop_on_signals};
use crate::replay::ensure_topics;
use crate::telemetry::{names, timed, trace};
use media::Wanted;

/// How long the job waits for a highlight before it looks around.
const PATIENCE: Duration = Duration::from_millis(200);
/// Time between two looks at what waits for media.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// One group of pictures more before the start lets open groups begin on the very picture, microseconds.
const BEFORE: i64 = 2_000_000;
/// Clips whose borders differ by less are the same: about a picture, microseconds.
const ALIKE: i64 = 40_000;

/// What a run did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Highlights taken.
    pub highlights: u64,
    /// Clips cut.
    pub clips: u64,
    /// Clips that could not be cut.
    pub failed: u64,
    /// Messages that are no highlights.
    pub dead: u64,
}

/// Runs until the end, a signal or an error.
///
/// # Errors
/// If the broker, the tables or the folder of clips can't be used.
pub fn run(job: &Setting) -> anyhow::Result<Counts> {
    let stop = stop_on_signals()?;
    ensure_topics(&job.config)?;
    let settings = &job.config.kafka;
    let (runtime, store) = job.tables()?;
    let names = settings.names()?;
    let topic = names.of(Topic::Highlights);
    let clips = ClipStore::new(ClipFolder::open(job.out.join("clips"))?, &job.config.clips)?;
    let run = Run {
        job,
        admin: Admin::open(settings)?,
        consumer: Consumer::open(settings, &job.config.clip.group, &[&topic])?,
        media: names.of(Topic::Media),
        topic,
        events: Publisher::new(Events::open(settings)?, settings.prefix.clone()),
        writer: Writer::new(&store, WriterOptions { attempts: ATTEMPTS, ..WriterOptions::default() })?,
        store,
        runtime,
        clips,
        parts: BTreeMap::new(),
        counts: Counts::default(),
    };
    run.go(&stop)
}

/// A highlight that waits for its media.
struct Waiting {
    event: Highlight,
    offset: i64,
    since: Instant,
    /// Its media can't be there before.
    due: Instant,
    /// All that is done with it, in its trace.
    span: Span,
}

/// What became of a clip.
enum Cut {
    /// It is published, or was before.
    Done,
    /// So much of its media is not there yet.
    Later(Duration),
    /// It can't be cut, and why.
    Never(String),
}

/// One partition of the topic.
#[derive(Default)]
struct Part {
    next: i64,
    high: i64,
    /// By room, stream, model and highlight.
    waiting: BTreeMap<[String; 4], Waiting>,
    written: u64,
}

impl Part {
    /// Everything before is done.
    fn done(&self) -> i64 {
        self.waiting.values().map(|waiting| waiting.offset).min().unwrap_or(self.next)
    }
}

struct Run<'a> {
    job: &'a Setting,
    admin: Admin,
    consumer: Consumer,
    topic: String,
    media: String,
    events: Publisher<Events>,
    writer: Writer,
    store: Store,
    runtime: Runtime,
    clips: ClipStore<ClipFolder>,
    parts: BTreeMap<i32, Part>,
    counts: Counts,
}

impl Run<'_> {
    fn go(mut self, stop: &AtomicBool) -> anyhow::Result<Counts> {
        let (mut looked, mut is_assigned) = (clock::now(), false);
        while !stop.load(Ordering::Acquire) {
            let mut is_idle = false;
            match self.consumer.next_timeout(PATIENCE) {
                Some(Event::Assigned(assigned)) => {
                    let starts = self.assigned(assigned.partitions())?;
                    assigned.start(|at| Start::AtOrAfter(starts.get(&at.partition).copied().unwrap_or(0)));
                    is_assigned = true;
                }
                Some(Event::Revoked(revoked)) => {
                    if !revoked.lost() {
                        self.checkpoint()?;
                    }
                    self.parts.clear();
                    is_assigned = false;
                    revoked.done();
                }
                Some(Event::Message(message)) => self.take(&message)?,
                Some(Event::Restarted(stall)) => {
                    tracing::warn!("{} had stopped and was started again", stall.at);
                }
                Some(Event::Failed(error)) => return Err(error.into()),
                None => is_idle = true,
            }
            let now = clock::now();
            if is_idle || now.saturating_duration_since(looked) >= LOOK_EVERY {
                looked = now;
                let is_read = self.parts.values().all(|part| part.next >= part.high);
                let ends = self.job.until_end && is_assigned && is_idle && is_read;
                self.cut_due(ends)?;
                self.checkpoint()?;
                if ends {
                    break;
                }
            }
        }
        self.checkpoint()?;
        let Self { consumer, writer, runtime, store, counts, .. } = self;
        consumer.close();
        drop(writer);
        runtime.block_on(store.close())?;
        Ok(counts)
    }

    fn assigned(&mut self, partitions: &[TopicPartition]) -> anyhow::Result<BTreeMap<i32, i64>> {
        let ask = || {
            let query = self.store.client().query("SELECT ?fields FROM checkpoints WHERE job = ?");
            query.bind(&self.job.config.clip.group).fetch_all::<Checkpoint>()
        };
        let kept = self.runtime.block_on(patiently("checkpoints of the clip job", ask))?;
        let held = self.admin.held(&self.topic)?;
        self.parts.clear();
        for at in partitions {
            let kept = kept.iter().find(|kept| kept.partition == at.partition);
            let next = kept.map_or(0, |kept| i64::try_from(kept.progress).unwrap_or(0));
            let held = held.iter().find(|held| held.partition == at.partition);
            let (low, high) = held.map_or((0, 0), |held| (held.low, held.high));
            let next = next.max(low);
            self.parts.insert(at.partition, Part { next, high, ..Part::default() });
        }
        Ok(self.parts.iter().map(|(partition, part)| (*partition, part.next)).collect())
    }

    fn take(&mut self, message: &Message) -> anyhow::Result<()> {
        let position = &message.position;
        let Some(part) = self.parts.get_mut(&position.partition) else { return Ok(()) };
        part.next = position.offset + 1;
        let event: Highlight = match serde_json::from_slice(message.value.as_deref().unwrap_or_default()) {
            Ok(event) => event,
            Err(problem) => {
                self.counts.dead += 1;
                return self.events.sink().bury(message, &format!("no highlight: {problem}"));
            }
        };
        // Our own words.
        if event.clip.is_some() {
            return Ok(());
        }
        self.counts.highlights += 1;
        let span = trace::taken(message);
        trace::about(&span, &event.room, None);
        let key = [event.room.clone(), event.stream.clone(), event.model.clone(), event.highlight.clone()];
        // Without media there is nothing to cut: a chat alone.
        if event.state == HighlightState::Withdrawn || event.position.topic != self.media {
            part.waiting.remove(&key);
            return Ok(());
        }
        let (offset, now) = (position.offset, clock::now());
        part.waiting.insert(key, Waiting { event, offset, since: now, due: now, span });
        Ok(())
    }

    /// Cuts every clip whose media is there; with `ends`, and after the wait, with the media that is there.
    fn cut_due(&mut self, ends: bool) -> anyhow::Result<()> {
        let wait = Duration::from_secs(u64::from(self.job.config.clip.wait_s));
        let now = clock::now();
        let due: Vec<(i32, [String; 4], Highlight, Span, bool)> = self
            .parts
            .iter()
            .flat_map(|(partition, part)| {
                part.waiting.iter().map(|(key, waiting)| (*partition, key, waiting))
            })
            .filter(|(_, _, waiting)| ends || waiting.due <= now)
            .map(|(partition, key, waiting)| {
                let is_late = now.saturating_duration_since(waiting.since) >= wait;
                (partition, key.clone(), waiting.event.clone(), waiting.span.clone(), ends || is_late)
            })
            .collect();
        for (partition, key, event, span, at_once) in due {
            let cut = span.in_scope(|| timed(names::CLIP, || self.cut(&event, at_once)));
            let cut = cut.with_context(|| format!("clip of {}, room {}", event.highlight, event.room))?;
            let Some(part) = self.parts.get_mut(&partition) else { continue };
            match cut {
                Cut::Done => {}
                Cut::Later(missing) => {
                    if let Some(waiting) = part.waiting.get_mut(&key) {
                        // Media comes no faster than it plays; a look costs reading what is there.
                        waiting.due = now + missing.max(LOOK_EVERY).min(wait);
                    }
                    continue;
                }
                Cut::Never(problem) => {
                    self.counts.failed += 1;
                    metrics::counter!(names::CLIPS, "outcome" => "failed").increment(1);
                    tracing::error!(
                        trouble = "clip",
                        room = event.room,
                        highlight = event.highlight,
                        "no clip: {problem}"
                    );
                }
            }
            part.waiting.remove(&key);
        }
        Ok(())
    }

    /// Cuts a clip. A folder or tables that fail are errors: the clip can be cut when they are well again.
    fn cut(&mut self, event: &Highlight, at_once: bool) -> anyhow::Result<Cut> {
        let interval = Interval { from_us: event.start_us, to_us: event.end_us };
        let window = self.job.config.clips.window(interval, event.peak_us);
        let former = self.former(event)?;
        let close = |a: i64, b: i64| (a - b).abs() < ALIKE;
        if former
            .as_ref()
            .is_some_and(|row| close(row.from_us, window.from_us) && close(row.to_us, window.to_us))
        {
            return Ok(Cut::Done);
        }
        let wanted = Wanted {
            room: &event.room,
            stream: &event.stream,
            partition: event.position.partition,
            near: event.position.first_offset,
            from_us: window.from_us - BEFORE,
            to_us: window.to_us,
        };
        let found =
            trace::step("read media").in_scope(|| media::read(&self.job.config, &self.admin, wanted))?;
        let end = found.segments.iter().map(|segment| segment.start_us + segment.duration_us).max();
        if !found.is_whole && !at_once {
            let missing = window.to_us - end.unwrap_or(window.from_us).max(window.from_us);
            return Ok(Cut::Later(Duration::from_micros(missing.max(0).unsigned_abs())));
        }
        let Some(end) = end.filter(|end| *end > window.from_us) else {
            let (from, to) = (window.from_us, window.to_us);
            return Ok(Cut::Never(format!("the topic of media holds nothing of {from} to {to} us")));
        };
        let request = ClipRequest {
            names: ClipNames { room: &event.room, stream: &event.stream, highlight: &event.highlight },
            from_us: window.from_us,
            to_us: window.to_us.min(end),
            peak_us: Some(event.peak_us),
            segments: &found.segments,
        };
        let cut = match &former {
            Some(former) => self.clips.revise(&former.clip, &request),
            None => self.clips.cut(&request),
        };
        let clip = match cut {
            Ok(clip) => clip,
            Err(problem @ (ClipError::DiskFull { .. } | ClipError::File { .. })) => {
                return Err(problem.into());
            }
            Err(problem) => return Ok(Cut::Never(problem.to_string())),
        };
        self.publish(event, &clip)?;
        self.counts.clips += 1;
        metrics::counter!(names::CLIPS, "outcome" => "cut").increment(1);
        Ok(Cut::Done)
    }

    /// The clip of an earlier revision.
    fn former(&self, event: &Highlight) -> anyhow::Result<Option<ClipRow>> {
        let sql = "SELECT ?fields FROM clips WHERE room = ? AND stream = ? AND model = ? AND highlight = ?";
        let ask = || {
            let query = self.store.client().query(sql).bind(&event.room).bind(&event.stream);
            query.bind(&event.model).bind(&event.highlight).fetch_optional::<ClipRow>()
        };
        Ok(self.runtime.block_on(patiently("former clip", ask))?)
    }

    fn publish(&mut self, event: &Highlight, clip: &Clip) -> anyhow::Result<()> {
        let row = ClipRow {
            room: event.room.clone(),
            stream: event.stream.clone(),
            highlight: event.highlight.clone(),
            clip: clip.path.clone(),
            thumbnail: clip.thumbnail.clone().unwrap_or_default(),
            from_us: clip.from_us,
            to_us: clip.to_us,
            model: event.model.clone(),
            revision: event.revision,
        };
        let Self { runtime, writer, .. } = self;
        trace::inserted(1, || {
            runtime.block_on(writer.write(row)).map_err(|refused| refused.error)?;
            // Looked up again before the next revision is cut.
            runtime.block_on(writer.flush())
        })?;
        let told =
            Highlight { clip: Some(clip.path.clone()), thumbnail: clip.thumbnail.clone(), ..event.clone() };
        Ok(self.events.publish(&told)?)
    }

    fn checkpoint(&mut self) -> anyhow::Result<()> {
        let job = &self.job.config.clip.group;
        let mut checkpoints = Vec::new();
        for (partition, part) in &mut self.parts {
            let progress = part.done().unsigned_abs();
            if progress > part.written {
                part.written = progress;
                let state = String::new();
                checkpoints.push(Checkpoint { job: job.clone(), partition: *partition, state, progress });
            }
        }
        if checkpoints.is_empty() {
            return Ok(());
        }
        self.events.flush()?;
        let at = |checkpoint: &Checkpoint| {
            let next = i64::try_from(checkpoint.progress).unwrap_or(i64::MAX);
            (TopicPartition::new(self.topic.as_str(), checkpoint.partition), next)
        };
        let next: Vec<_> = checkpoints.iter().map(at).collect();
        let Self { runtime, writer, .. } = self;
        for checkpoint in checkpoints {
            runtime.block_on(writer.write(checkpoint)).map_err(|refused| refused.error)?;
        }
        runtime.block_on(writer.flush())?;
        // Shown as lag; a partition that was taken away meanwhile may be refused.
        if let Err(problem) = self.consumer.commit(&next) {
            tracing::debug!("offsets not committed: {problem}");
        }
        Ok(())
    }
}
