//! First pass: which rooms there are, when they begin, whose they are, in which part they go.
//!
//! Invariants: rooms are those with a segment; their order is begin, then id.

use std::collections::HashMap;

use super::M3Options;
use super::columns::{INTERACTION, META, SEGMENT};
use super::files::Files;
use super::table::{Cell, Refusal, scan};
use crate::DatasetError;

/// More parts would need more open files than systems allow.
const MOST_PARTS: usize = 256;

/// One room.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub(super) id: i64,
    pub(super) begin: Option<f64>,
    pub(super) first_segment: f64,
    pub(super) streamer: Option<i64>,
    pub(super) part: u32,
    segments: u32,
}

#[derive(Debug)]
pub(super) struct Index {
    pub(super) rooms: Vec<Entry>,
    pub(super) by_id: HashMap<i64, u32>,
    pub(super) parts: usize,
    pub(super) width: usize,
}

impl Index {
    pub(super) fn read(files: &Files, options: &M3Options) -> Result<Self, DatasetError> {
        let wanted = options.top_rooms.map(|most| most_watched(files, most)).transpose()?;
        let mut index = Self { rooms: Vec::new(), by_id: HashMap::new(), parts: 1, width: 0 };
        for path in &files.segments {
            index.segments(path, wanted.as_ref())?;
        }
        for path in &files.meta {
            let (rooms, by_id) = (&mut index.rooms, &index.by_id);
            scan(path, &META, &mut |cells| {
                let Some(id) = id(cells, 0)? else { return Ok(true) };
                if let Some(room) = by_id.get(&id).and_then(|&room| rooms.get_mut(room as usize)) {
                    // A stream over midnight has a row for each day: it began with the first.
                    let begin = cells[1].instant().map_err(at(1))?;
                    room.begin = room.begin.into_iter().chain(begin).reduce(f64::min);
                    room.streamer = self::id(cells, 2)?.or(room.streamer);
                }
                Ok(true)
            })?;
        }
        index.order(options.part_bytes);
        Ok(index)
    }

    fn segments(
        &mut self,
        path: &std::path::Path,
        wanted: Option<&HashMap<i64, u32>>,
    ) -> Result<(), DatasetError> {
        let mut width = 0;
        scan(path, &SEGMENT, &mut |cells| {
            width = cells[2].list().map_err(at(2))?.len();
            Ok(width == 0)
        })?;
        self.width = self.width.max(width);
        scan(path, &SEGMENT[..2], &mut |cells| {
            let (Some(id), Some(time)) = (id(cells, 0)?, cells[1].instant().map_err(at(1))?) else {
                return Ok(true);
            };
            if wanted.is_some_and(|wanted| !wanted.contains_key(&id)) {
                return Ok(true);
            }
            let place = *self.by_id.entry(id).or_insert_with(|| {
                self.rooms.push(Entry {
                    id,
                    begin: None,
                    first_segment: time,
                    streamer: None,
                    part: 0,
                    segments: 0,
                });
                self.rooms.len() as u32 - 1
            });
            if let Some(room) = self.rooms.get_mut(place as usize) {
                room.segments += 1;
                room.first_segment = room.first_segment.min(time);
            }
            Ok(true)
        })
    }

    fn order(&mut self, part_bytes: u64) {
        self.rooms.sort_by(|a, b| {
            let begin = |room: &Entry| room.begin.unwrap_or(room.first_segment);
            begin(a).total_cmp(&begin(b)).then(a.id.cmp(&b.id))
        });
        let size = |room: &Entry| u64::from(room.segments) * (24 + 4 * self.width as u64);
        let total: u64 = self.rooms.iter().map(size).sum();
        let limit = part_bytes.max(total.div_ceil(MOST_PARTS as u64 - 1)).max(1);
        let (mut part, mut held) = (0_usize, 0_u64);
        for place in 0..self.rooms.len() {
            let bytes = size(&self.rooms[place]);
            if held > 0 && held + bytes > limit && part + 1 < MOST_PARTS {
                (part, held) = (part + 1, 0);
            }
            held += bytes;
            self.rooms[place].part = part as u32;
            self.by_id.insert(self.rooms[place].id, place as u32);
        }
        self.parts = part + 1;
    }
}

/// The rooms with most interactions; at the same number, those with smaller ids.
fn most_watched(files: &Files, most: usize) -> Result<HashMap<i64, u32>, DatasetError> {
    let mut counts: HashMap<i64, u32> = HashMap::new();
    for path in &files.interactions {
        scan(path, &INTERACTION[..1], &mut |cells| {
            if let Some(id) = id(cells, 0)? {
                *counts.entry(id).or_default() += 1;
            }
            Ok(true)
        })?;
    }
    let mut order: Vec<(i64, u32)> = counts.into_iter().collect();
    order.sort_unstable_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    order.truncate(most);
    Ok(order.into_iter().collect())
}

pub(super) fn at(quantity: usize) -> impl Fn(String) -> Refusal {
    move |reason| (quantity, reason)
}

pub(super) fn id(cells: &[Cell], quantity: usize) -> Result<Option<i64>, Refusal> {
    cells.get(quantity).map_or(Ok(None), |cell| cell.id().map_err(at(quantity)))
}
