//! Second pass and the rooms that come of it.
//!
//! Invariants: one part in memory; splits are decided over the rooms that are yielded, before the first is.

use std::ops::Range;
use std::path::Path;

use super::columns::{COMMENT, INTERACTION, LIKE, MILLISECONDS, Quantity, SEGMENT};
use super::files::Files;
use super::index::{Entry, Index, at, id};
use super::label::{SegmentLabel, label_segments};
use super::spool::{Record, Spool};
use super::table::{Chosen, column_names, scan};
use super::{M3Options, M3Report, SegmentTime, chronological_split};
use crate::DatasetError;
use crate::room::{LabelledRoom, LabelledUnit, Split};

const WATCH: u32 = 0;
const LIKED: u32 = 1;
const COMMENTED: u32 = 2;
/// Watch times whose median is above this are milliseconds: nobody's usual visit is three hours.
const MILLISECONDS_ABOVE: f64 = 1e4;

/// Rooms of KuaiLive-M3 in order of their begin.
#[derive(Debug)]
pub struct M3Rooms {
    options: M3Options,
    rooms: Vec<Entry>,
    splits: Vec<Option<Split>>,
    segments: Spool,
    events: Spool,
    part: Option<u32>,
    held_segments: Vec<Record>,
    held_events: Vec<Record>,
    next: usize,
    report: M3Report,
}

impl M3Rooms {
    pub(super) fn new(files: &Files, index: Index, options: &M3Options) -> Result<Self, DatasetError> {
        if index.rooms.is_empty() {
            return Err(DatasetError::layout(&files.folder, "no room has a segment"));
        }
        let report = M3Report { width: index.width, ..M3Report::default() };
        let mut rooms = Self {
            options: options.clone(),
            splits: vec![None; index.rooms.len()],
            segments: Spool::new(index.parts, index.width)?,
            events: Spool::new(index.parts, 0)?,
            rooms: Vec::new(),
            part: None,
            held_segments: Vec::new(),
            held_events: Vec::new(),
            next: 0,
            report,
        };
        let Index { rooms: entries, by_id, width, .. } = index;
        rooms.rooms = entries;
        let mut fill = Fill { rooms: &mut rooms, by_id: &by_id };
        for path in &files.interactions {
            fill.interactions(path)?;
        }
        for (paths, quantities, kind) in [(&files.likes, LIKE, LIKED), (&files.comments, COMMENT, COMMENTED)] {
            for path in paths {
                fill.instants(path, &quantities, kind)?;
            }
        }
        for path in &files.segments {
            fill.segments(path, width)?;
        }
        rooms.split()?;
        Ok(rooms)
    }

    /// What was read and what was left out.
    #[must_use]
    pub const fn report(&self) -> &M3Report {
        &self.report
    }

    /// Leaves out rooms as the options say and splits the others by time.
    fn split(&mut self) -> Result<(), DatasetError> {
        let mut kept = Vec::new();
        for place in 0..self.rooms.len() {
            let enough = self.options.min_segments <= 1 && self.options.min_viewers == 0;
            let keep = enough || {
                let (bounds, labels) = self.labelled(place)?;
                let viewers = labels.iter().map(|label| label.viewers).max().unwrap_or(0);
                bounds.len() >= self.options.min_segments && viewers >= self.options.min_viewers
            };
            if keep {
                kept.push(place);
            }
        }
        for (rank, &place) in kept.iter().enumerate() {
            self.splits[place] = Some(chronological_split(rank, kept.len()));
        }
        self.report.rooms = kept.len();
        self.report.rooms_left_out = self.rooms.len() - kept.len();
        Ok(())
    }

    /// Makes sure that the part of a room is held.
    fn hold(&mut self, place: usize) -> Result<(), DatasetError> {
        let part = self.rooms[place].part;
        if self.part != Some(part) {
            self.part = None;
            (self.held_segments, self.held_events) = (Vec::new(), Vec::new());
            self.held_segments = self.segments.read(part as usize)?;
            self.held_events = self.events.read(part as usize)?;
            self.part = Some(part);
        }
        Ok(())
    }

    /// Usable segments of a room, by place in what is held, with begin and end; and their labels.
    fn labelled(&mut self, place: usize) -> Result<(Vec<(usize, f64, f64)>, Vec<SegmentLabel>), DatasetError> {
        self.hold(place)?;
        let room = &self.rooms[place];
        let held = of_room(&self.held_segments, place);
        let mut order: Vec<usize> = held.collect();
        order.sort_by(|&a, &b| self.held_segments[a].from.total_cmp(&self.held_segments[b].from));
        let times: Vec<f64> = order.iter().map(|&at| self.held_segments[at].from).collect();
        let bounds = bounds(&times, room.begin, &self.options);
        let bounds: Vec<(usize, f64, f64)> =
            order.into_iter().zip(bounds).filter_map(|(at, bound)| bound.map(|(begin, end)| (at, begin, end))).collect();
        let (mut watches, mut likes, mut comments) = (Vec::new(), Vec::new(), Vec::new());
        for event in &self.held_events[of_room(&self.held_events, place)] {
            match event.kind {
                WATCH => watches.push((event.from, event.to)),
                LIKED => likes.push(event.from),
                _ => comments.push(event.from),
            }
        }
        let segments: Vec<(f64, f64)> = bounds.iter().map(|&(_, begin, end)| (begin, end)).collect();
        let labels = label_segments(&segments, &watches, &likes, &comments, self.options.viewers);
        Ok((bounds, labels))
    }

    fn read(&mut self, place: usize) -> Result<LabelledRoom, DatasetError> {
        let (bounds, labels) = self.labelled(place)?;
        let room = &self.rooms[place];
        let first = bounds.first().map_or(room.first_segment, |&(_, begin, _)| begin);
        let origin = room.begin.map_or(first, |begin| begin.min(first));
        let mut lengths: Vec<f64> = bounds.iter().map(|&(_, begin, end)| end - begin).collect();
        let unit_seconds = median(&mut lengths).unwrap_or(self.options.unit_seconds);
        let shift = usize::from(self.options.predict_next);
        let unit = |(at, &(held, begin, end)): (usize, &(usize, f64, f64))| {
            let predicted = labels.get(at + shift);
            LabelledUnit {
                at_s: begin - origin,
                length_s: end - begin,
                fused: Some(self.held_segments[held].features.clone()),
                label: predicted.map(|label| label.score as f32),
                positive: predicted.map(|label| label.highlight),
                ..LabelledUnit::default()
            }
        };
        Ok(LabelledRoom {
            name: room.id.to_string(),
            streamer: room.streamer.map(|streamer| streamer.to_string()),
            split: self.splits[place],
            started_at_s: Some(origin),
            unit_seconds,
            units: bounds.iter().enumerate().map(unit).collect(),
        })
    }
}

impl Iterator for M3Rooms {
    type Item = Result<LabelledRoom, DatasetError>;

    fn next(&mut self) -> Option<Self::Item> {
        let left = self.splits.get(self.next..)?;
        let place = self.next + left.iter().position(Option::is_some)?;
        self.next = place + 1;
        Some(self.read(place))
    }
}

/// Begin and end of segments whose times are sorted; none where nothing lies between.
fn bounds(times: &[f64], room_begin: Option<f64>, options: &M3Options) -> Vec<Option<(f64, f64)>> {
    let mut steps: Vec<f64> = times.windows(2).map(|pair| pair[1] - pair[0]).filter(|step| *step > 0.0).collect();
    let usual = median(&mut steps).unwrap_or(options.unit_seconds);
    let bound = |at: usize| match options.segment_time {
        SegmentTime::End => {
            let known = room_begin.filter(|begin| *begin < times[at]);
            let before = at.checked_sub(1).map(|before| times[before]);
            (before.or(known).unwrap_or(times[at] - usual), times[at])
        }
        SegmentTime::Begin => (times[at], times.get(at + 1).copied().unwrap_or(times[at] + usual)),
    };
    (0..times.len()).map(|at| Some(bound(at)).filter(|(begin, end)| begin < end)).collect()
}

fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

fn of_room(records: &[Record], place: usize) -> Range<usize> {
    let begin = records.partition_point(|record| (record.room as usize) < place);
    let end = records.partition_point(|record| record.room as usize <= place);
    begin..end
}

/// Sorts the rows of the tables into the parts of their rooms.
struct Fill<'a> {
    rooms: &'a mut M3Rooms,
    by_id: &'a std::collections::HashMap<i64, u32>,
}

impl Fill<'_> {
    fn interactions(&mut self, path: &Path) -> Result<(), DatasetError> {
        let names = column_names(path)?;
        let chosen = Chosen::of(path, &names, &INTERACTION)?.0;
        if chosen[2].is_none() && chosen[3].is_none() {
            let expected = INTERACTION[2].aliases.iter().chain(INTERACTION[3].aliases).copied().collect();
            let (path, quantity) = (path.to_owned(), "end of watching or watch time");
            return Err(DatasetError::Column { path, quantity, expected, found: names });
        }
        let unit = seconds_per_tick(path, chosen[3].and_then(|column| names.get(column)))?;
        let mut failed = None;
        scan(path, &INTERACTION, &mut |cells| {
            let Some(room) = self.room(id(cells, 0)?) else { return Ok(true) };
            let enter = cells[1].instant().map_err(at(1))?;
            let leave = match (cells[2].instant().map_err(at(2))?, cells[3].number().map_err(at(3))?) {
                (Some(leave), _) => Some(leave),
                (None, Some(watched)) => enter.map(|enter| enter + watched * unit),
                (None, None) => None,
            };
            let streamer = id(cells, 4)?;
            let entry = &mut self.rooms.rooms[room as usize];
            entry.streamer = entry.streamer.or(streamer);
            match (enter, leave) {
                (Some(from), Some(to)) if from <= to => self.push(room, WATCH, from, to, &mut failed),
                (Some(_), Some(_)) => {
                    self.rooms.report.reversed += 1;
                    Ok(true)
                }
                _ => {
                    self.rooms.report.without_time += 1;
                    Ok(true)
                }
            }
        })?;
        failed.map_or(Ok(()), Err)
    }

    fn instants(&mut self, path: &Path, quantities: &[Quantity], kind: u32) -> Result<(), DatasetError> {
        let mut failed = None;
        scan(path, quantities, &mut |cells| {
            let Some(room) = self.room(id(cells, 0)?) else { return Ok(true) };
            match cells[1].instant().map_err(at(1))? {
                Some(time) => self.push(room, kind, time, time, &mut failed),
                None => {
                    self.rooms.report.without_time += 1;
                    Ok(true)
                }
            }
        })?;
        failed.map_or(Ok(()), Err)
    }

    fn segments(&mut self, path: &Path, width: usize) -> Result<(), DatasetError> {
        let mut failed = None;
        scan(path, &SEGMENT, &mut |cells| {
            let Some(room) = self.room(id(cells, 0)?) else { return Ok(true) };
            let Some(from) = cells[1].instant().map_err(at(1))? else {
                self.rooms.report.without_time += 1;
                return Ok(true);
            };
            let features = cells[2].list().map_err(at(2))?;
            if features.len() != width {
                return Err((2, format!("has {} numbers, not {width}", features.len())));
            }
            self.rooms.report.segments += 1;
            let part = self.rooms.rooms[room as usize].part as usize;
            let record = Record { room, kind: 0, from, to: from, features };
            Ok(keep(self.rooms.segments.push(part, &record), &mut failed))
        })?;
        failed.map_or(Ok(()), Err)
    }

    /// Place of the room, where it is one of those that are read.
    fn room(&self, id: Option<i64>) -> Option<u32> {
        id.and_then(|id| self.by_id.get(&id).copied())
    }

    fn push(
        &mut self,
        room: u32,
        kind: u32,
        from: f64,
        to: f64,
        failed: &mut Option<DatasetError>,
    ) -> Result<bool, (usize, String)> {
        self.rooms.report.events += 1;
        let part = self.rooms.rooms[room as usize].part as usize;
        let record = Record { room, kind, from, to, features: Vec::new() };
        Ok(keep(self.rooms.events.push(part, &record), failed))
    }
}

/// Whether to go on; a failure is kept for after the scan, as it is not the row's fault.
fn keep(pushed: Result<(), DatasetError>, failed: &mut Option<DatasetError>) -> bool {
    match pushed {
        Ok(()) => true,
        Err(error) => {
            *failed = Some(error);
            false
        }
    }
}

/// What one of a watch time column is, by its name or by the median of its first thousand values above zero.
fn seconds_per_tick(path: &Path, column: Option<&String>) -> Result<f64, DatasetError> {
    if column.is_some_and(|name| MILLISECONDS.iter().any(|known| name.eq_ignore_ascii_case(known))) {
        return Ok(1e-3);
    }
    let mut values = Vec::new();
    scan(path, &INTERACTION[3..4], &mut |cells| {
        values.extend(cells[0].number().map_err(at(0))?.filter(|value| *value > 0.0));
        Ok(values.len() < 1000)
    })?;
    Ok(if median(&mut values).is_some_and(|value| value > MILLISECONDS_ABOVE) { 1e-3 } else { 1.0 })
}
