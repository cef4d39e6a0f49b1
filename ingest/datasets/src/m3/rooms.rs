//! The rooms that come of the parts.
//!
//! Invariants: one part in memory; splits are decided over the rooms that are yielded, before the first is.

use std::ops::Range;

use super::columns::{COMMENT, LIKE};
use super::files::Files;
use super::fill::{COMMENTED, Fill, LIKED, WATCH};
use super::index::{Entry, Index};
use super::label::{SegmentLabel, label_segments};
use super::spool::{Record, Spool};
use super::{M3Options, M3Report, SegmentTime, chronological_split};
use crate::DatasetError;
use crate::room::{LabelledRoom, LabelledUnit, Split};

/// Rooms of KuaiLive-M3 in order of their begin.
#[derive(Debug)]
pub struct M3Rooms {
    options: M3Options,
    pub(super) rooms: Vec<Entry>,
    splits: Vec<Option<Split>>,
    pub(super) segments: Spool,
    pub(super) events: Spool,
    part: Option<u32>,
    held_segments: Vec<Record>,
    held_events: Vec<Record>,
    next: usize,
    pub(super) report: M3Report,
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
        for (paths, quantities, kind) in [(&files.likes, LIKE, LIKED), (&files.comments, COMMENT, COMMENTED)]
        {
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
    fn labelled(&mut self, place: usize) -> Result<(Vec<Bound>, Vec<SegmentLabel>), DatasetError> {
        self.hold(place)?;
        let room = &self.rooms[place];
        let held = of_room(&self.held_segments, place);
        let mut order: Vec<usize> = held.collect();
        order.sort_by(|&a, &b| self.held_segments[a].from.total_cmp(&self.held_segments[b].from));
        let times: Vec<f64> = order.iter().map(|&at| self.held_segments[at].from).collect();
        let bounds: Vec<Bound> = order
            .into_iter()
            .zip(bounds(&times, room.begin, &self.options))
            .filter_map(|(held, bound)| bound.map(|(begin, end)| Bound { held, begin, end }))
            .collect();
        let (mut watches, mut likes, mut comments) = (Vec::new(), Vec::new(), Vec::new());
        for event in &self.held_events[of_room(&self.held_events, place)] {
            match event.kind {
                WATCH => watches.push((event.from, event.to)),
                LIKED => likes.push(event.from),
                _ => comments.push(event.from),
            }
        }
        let segments: Vec<(f64, f64)> = bounds.iter().map(|bound| (bound.begin, bound.end)).collect();
        let labels = label_segments(&segments, &watches, &likes, &comments, self.options.viewers);
        Ok((bounds, labels))
    }

    fn read(&mut self, place: usize) -> Result<LabelledRoom, DatasetError> {
        let (bounds, labels) = self.labelled(place)?;
        let room = &self.rooms[place];
        let first = bounds.first().map_or(room.first_segment, |bound| bound.begin);
        let origin = room.begin.map_or(first, |begin| begin.min(first));
        let mut lengths: Vec<f64> = bounds.iter().map(|bound| bound.end - bound.begin).collect();
        let unit_seconds = median(&mut lengths).unwrap_or(self.options.unit_seconds);
        let shift = usize::from(self.options.predict_next);
        let unit = |(at, &Bound { held, begin, end }): (usize, &Bound)| {
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

/// A segment that can be labelled: its place in what is held, begin and end.
struct Bound {
    held: usize,
    begin: f64,
    end: f64,
}

/// Begin and end of segments whose times are sorted; none where nothing lies between.
fn bounds(times: &[f64], room_begin: Option<f64>, options: &M3Options) -> Vec<Option<(f64, f64)>> {
    let mut steps: Vec<f64> =
        times.windows(2).map(|pair| pair[1] - pair[0]).filter(|step| *step > 0.0).collect();
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

pub(super) fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

fn of_room(records: &[Record], place: usize) -> Range<usize> {
    let begin = records.partition_point(|record| (record.room as usize) < place);
    let end = records.partition_point(|record| record.room as usize <= place);
    begin..end
}
