//! Examples from recorded rooms: who was there when a unit ended, and whether a gift came soon after.
//!
//! The rooms go through the live path, and the audience is asked as it is when serving. Invariants: acts and units of all
//! rooms are taken in order of time, so that an example knows nothing later, in its own room or another; an example's label
//! is a gift of that viewer within the horizon after the unit's end.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use kairos_gifting::{Example, Examples, GiftingError, NodeTable, Nodes, Outcome, Segment};
use kairos_recording::{MANIFEST, Overrides, RecordedStream, Recording};
use kairos_timeline::Span;

use super::act::{Act, What};
use super::audience::Audience;
use super::content::Content;
use super::desk::Desk;
use crate::config::Config;
use crate::graph::{LiveGraph, id_of};
use crate::replay::{About, Pacer, feed};
use crate::room::{Output, RoomJob, RoomSettings};
use crate::scoring::Model;
use crate::track::recordings_in;

/// Examples of recorded rooms.
#[derive(Debug, Default)]
pub struct RoomExamples {
    examples: Vec<Example>,
    nodes: NodeTable,
}

/// How examples are drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawing {
    /// A gift counts within so many seconds of the unit's end.
    pub horizon_s: u32,
    /// Share of those without a gift that is kept.
    pub negatives_kept: f64,
    /// Chooses them.
    pub seed: u64,
}

/// Examples to learn from and, of the last rooms, to judge by.
#[derive(Debug, Default)]
pub struct Drawn {
    /// Earlier rooms.
    pub training: RoomExamples,
    /// The last rooms.
    pub validation: RoomExamples,
    /// Rooms read.
    pub rooms: usize,
    /// Rooms of them that are judged by.
    pub held_out: usize,
    /// Gifts in all of them.
    pub gifts: usize,
    /// Pairs of a viewer and a unit before any were left out.
    pub pairs: usize,
    /// Whether every room is made by a simulator.
    pub simulated: bool,
}

impl RoomExamples {
    /// The examples.
    pub fn all(&self) -> &[Example] {
        &self.examples
    }
}

impl Examples for RoomExamples {
    fn len(&self) -> usize {
        self.examples.len()
    }

    fn outcome(&self, index: usize) -> Outcome {
        let Example { user, streamer, time_s, gift, value, .. } = &self.examples[index];
        Outcome { user: *user, streamer: *streamer, time_s: *time_s, gift: *gift, value: *value }
    }

    fn load(&self, index: usize) -> Result<Example, GiftingError> {
        self.examples
            .get(index)
            .cloned()
            .ok_or_else(|| GiftingError::Example { index, reason: String::from("there is no such example") })
    }

    fn nodes(&self) -> &dyn Nodes {
        &self.nodes
    }
}

/// Whether a folder holds recordings to learn from: it is one, or folders with a manifest are in it.
pub fn are_in(folder: &Path) -> bool {
    folder.join(MANIFEST).is_file()
        || recordings_in(folder).is_ok_and(|found| found.iter().any(|path| path.join(MANIFEST).is_file()))
}

/// Draws examples from the recordings in `folders`; the last `validation` share of rooms, by time, is to judge by.
///
/// # Errors
/// If a recording can't be read.
pub fn draw(
    config: &Config,
    folders: &[PathBuf],
    drawing: &Drawing,
    validation: f64,
    progress: &mut dyn FnMut(&str, usize, usize),
) -> anyhow::Result<Drawn> {
    let mut paths = Vec::new();
    for folder in folders {
        match folder.join(MANIFEST).is_file() {
            true => paths.push(folder.clone()),
            false => paths.extend(recordings_in(folder)?),
        }
    }
    let model = Model::load(config)?;
    let mut rooms = Vec::with_capacity(paths.len());
    for (at, path) in paths.iter().enumerate() {
        let read = RecordedRoom::read(config, &model, path);
        rooms.push(read.with_context(|| format!("recording {}", path.display()))?);
        progress(&rooms[at].room, at + 1, paths.len());
    }
    rooms.sort_by(|a, b| (a.begin_us, &a.room).cmp(&(b.begin_us, &b.room)));
    let held_out = ((rooms.len() as f64 * validation).round() as usize).clamp(1, rooms.len().max(2) - 1);
    let first_held_out = rooms.len().saturating_sub(held_out);
    let mut drawn = Drawn { rooms: rooms.len(), held_out, ..Drawn::default() };
    drawn.simulated = rooms.iter().all(|room| room.simulated);
    drawn.gifts = rooms.iter().map(|room| room.gifts().count()).sum();
    let mut audience = Audience::new(config.gift.clone(), LiveGraph::empty(config)?);
    for room in &rooms {
        audience.enter(&room.room, &room.streamer);
    }
    for (room, step) in in_order(&rooms) {
        let recorded = &rooms[room];
        match step {
            Step::Act(at) => {
                if let Err(problem) = audience.observe(&recorded.room, &recorded.acts[at]) {
                    tracing::warn!(room = recorded.room, "no edge: {problem}");
                }
            }
            Step::Unit(at) => {
                let examples =
                    examples(recorded, &recorded.units[at], &mut audience, drawing, &mut drawn.pairs)?;
                let to = if room < first_held_out { &mut drawn.training } else { &mut drawn.validation };
                to.examples.extend(examples);
            }
        }
    }
    Ok(drawn)
}

/// A unit's content as of its end.
#[derive(Debug)]
struct Unit {
    end_us: i64,
    segment: Arc<Segment>,
}

/// What a recording comes down to.
#[derive(Debug)]
struct RecordedRoom {
    room: String,
    streamer: String,
    begin_us: i64,
    simulated: bool,
    acts: Vec<Act>,
    units: Vec<Unit>,
}

enum Step {
    Act(usize),
    Unit(usize),
}

/// Acts and units of all rooms by time; an act at a unit's very end is after it.
fn in_order(rooms: &[RecordedRoom]) -> impl Iterator<Item = (usize, Step)> + use<> {
    let mut steps = Vec::new();
    for (index, room) in rooms.iter().enumerate() {
        steps.extend(room.units.iter().enumerate().map(|(at, unit)| (unit.end_us, 0, index, at)));
        steps.extend(room.acts.iter().enumerate().map(|(at, act)| (act.at_us, 1, index, at)));
    }
    steps.sort_unstable();
    steps
        .into_iter()
        .map(|(_, kind, room, at)| (room, if kind == 0 { Step::Unit(at) } else { Step::Act(at) }))
}

fn examples(
    room: &RecordedRoom,
    unit: &Unit,
    audience: &mut Audience,
    drawing: &Drawing,
    pairs: &mut usize,
) -> anyhow::Result<Vec<Example>> {
    let end_us = unit.end_us;
    let until_us = end_us + i64::from(drawing.horizon_s) * 1_000_000;
    let mut given: BTreeMap<&str, f64> = BTreeMap::new();
    for (act, value) in room.gifts().filter(|(act, _)| (end_us..until_us).contains(&act.at_us)) {
        *given.entry(&act.user).or_default() += value;
    }
    let asked = audience.asked(&room.room, end_us)?;
    *pairs += asked.viewers.len();
    let keeps = |user: &str| {
        let place = format!("{}/{}/{end_us}/{user}", drawing.seed, room.room);
        (id_of(&place) >> 11) as f64 / (1_u64 << 53) as f64 <= drawing.negatives_kept
    };
    let drawn =
        asked.viewers.iter().filter(|viewer| given.contains_key(viewer.user.as_str()) || keeps(&viewer.user));
    let example = |viewer: &super::audience::Candidate| {
        let value = given.get(viewer.user.as_str());
        Example {
            gift: value.is_some(),
            value: value.copied().unwrap_or(0.0) as f32,
            ..asked.example(viewer, Some(unit.segment.clone()), end_us)
        }
    };
    Ok(drawn.map(example).collect())
}

impl RecordedRoom {
    fn gifts(&self) -> impl Iterator<Item = (&Act, f64)> {
        self.acts.iter().filter_map(|act| match &act.what {
            What::Gift { value, .. } => Some((act, *value)),
            _ => None,
        })
    }

    /// Sends the recording through the live path.
    fn read(config: &Config, model: &Model, path: &Path) -> anyhow::Result<Self> {
        let overrides = Overrides { rates: Some(config.rates.clone()), ..Overrides::default() };
        let mut recording = Recording::open(path, &overrides)?;
        let about = About::read(&recording, path)?;
        let info = recording.info().clone();
        let settings = RoomSettings {
            expects_media: about.media.is_some(),
            picture_size: model.picture_size(),
            ..RoomSettings::new(config, info.room.clone(), info.stream.clone(), Some(info.started_at))
        };
        let length = settings.unit;
        let mut job = RoomJob::new(settings.clone(), model.scoring(config, about.streamer())?)?;
        let mut gathered = Gathered { length, ..Gathered::default() };
        feed(&mut recording, &settings, &mut Pacer::new(false), &mut |input| {
            gathered.take(job.push(input));
            true
        });
        gathered.take(job.finish());
        let Gathered { mut acts, mut desk, units, .. } = gathered;
        acts.extend(desk.rest());
        acts.sort_by_key(Act::order);
        Ok(Self {
            room: info.room.to_string(),
            streamer: about.streamer().to_owned(),
            begin_us: info.started_at.as_micros(),
            simulated: info.simulated,
            acts,
            units,
        })
    }
}

#[derive(Default)]
struct Gathered {
    length: Span,
    desk: Desk,
    content: Content,
    acts: Vec<Act>,
    units: Vec<Unit>,
}

impl Gathered {
    fn take(&mut self, outputs: Vec<Output>) {
        for output in outputs {
            if let Some(act) = Act::of(&output) {
                self.desk.add(act);
            } else if let Output::Features(unit) = &output {
                self.content.push(&unit.features);
                if let Some(closed) = self.desk.close(unit, self.length) {
                    self.acts.extend(closed.acts);
                    let segment = Arc::new(self.content.segment());
                    self.units.push(Unit { end_us: closed.end_us, segment });
                }
            }
        }
    }
}
