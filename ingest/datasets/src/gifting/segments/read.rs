//! Reading segments' files.
//!
//! Invariants: rows may come in any order; a row of a room without any event is passed over.

use std::path::{Path, PathBuf};

use super::{ContentModality, Segments};
use crate::DatasetError;
use crate::gifting::{Ids, Matrix};
use crate::m3::columns::{Quantity, required};
use crate::m3::{Cell, Refusal, scan_table};

const ROOM: Quantity = required("room", &["live_id", "live_stream_id", "room_id", "stream_id"]);
const TIME: Quantity =
    required("time of the segment", &["timestamp", "segment_timestamp", "segment_time", "time", "ts"]);
const EMBEDDING: Quantity =
    required("embedding", &["embedding", "feature_128", "emb", "live_emb_128", "feature"]);
const MODALITY: Quantity = required("modality", &["modality"]);
const INDEX: Quantity = required("index", &["index"]);

/// Whether a folder has files with segments.
#[must_use]
pub fn is_present(folder: &Path) -> bool {
    files(folder).is_ok_and(|files| !files.is_empty())
}

/// Reads the segments that are current at the wanted instants (number of the room, Unix milliseconds); nothing where
/// the folder has no such files. `rooms` are the rooms' ids.
///
/// # Errors
/// When a column is missing, a cell doesn't fit, embeddings of a modality differ in width, two rows have the same
/// place, or a file is damaged; the message names file, row and column.
pub fn read(folder: &Path, rooms: &Ids, wanted: &[(u32, i64)]) -> Result<Segments, DatasetError> {
    let files = files(folder)?;
    let mut read = 0;
    let mut asked = wanted.to_vec();
    asked.sort_unstable();
    asked.dedup();
    // For each asked instant the end of the latest segment by then.
    let mut latest: Vec<Option<i64>> = vec![None; asked.len()];
    for file in &files {
        scan_table(&file.path, &file.quantities[..2], &mut |cells| {
            read += 1;
            let Some((room, time)) = place(rooms, cells)? else { return Ok(true) };
            // The first asked instant that is not before the end; later ones inherit it below.
            let at = asked.partition_point(|&instant| instant < (room, time));
            if let Some(slot) = latest.get_mut(at).filter(|_| asked[at].0 == room) {
                *slot = (*slot).max(Some(time));
            }
            Ok(true)
        })?;
    }
    let mut segments = Vec::new();
    let mut current: Option<(u32, i64)> = None;
    for (&(room, _), latest) in asked.iter().zip(&latest) {
        if let Some(end) = latest {
            current = Some((room, *end));
        }
        if let Some(segment) = current.filter(|segment| segment.0 == room)
            && segments.last() != Some(&segment)
        {
            segments.push(segment);
        }
    }
    drop((asked, latest));
    let mut found = Found { rooms, segments: &segments, rows: Default::default() };
    for file in &files {
        scan_table(&file.path, &file.quantities, &mut |cells| found.take(cells).map(|()| true))?;
    }
    let rows = found.rows;
    let mut ordered = Vec::new();
    for one in rows {
        ordered.push(one.order(segments.len()).map_err(|reason| DatasetError::layout(folder, reason))?);
    }
    let mut ordered = ordered.into_iter();
    let rows = std::array::from_fn(|_| ordered.next().unwrap_or_default());
    Ok(Segments { segments, rows, read })
}

struct SegmentFile {
    path: PathBuf,
    quantities: Vec<Quantity>,
}

fn files(folder: &Path) -> Result<Vec<SegmentFile>, DatasetError> {
    let own = folder.join("segments.parquet");
    let mut files = Vec::new();
    if own.is_file() {
        files.push(SegmentFile { path: own, quantities: vec![ROOM, TIME, EMBEDDING, MODALITY, INDEX] });
    }
    let mut shards = Vec::new();
    for folder in [folder.to_owned(), folder.join("live_emb_128_ts")] {
        if !folder.is_dir() {
            continue;
        }
        for entry in std::fs::read_dir(&folder).map_err(DatasetError::io(&folder))? {
            let path = entry.map_err(DatasetError::io(&folder))?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
            if name.contains("emb_128_ts") && name.ends_with(".parquet") {
                shards.push(path);
            }
        }
    }
    shards.sort();
    files
        .extend(shards.into_iter().map(|path| SegmentFile { path, quantities: vec![ROOM, TIME, EMBEDDING] }));
    Ok(files)
}

fn at(quantity: usize) -> impl Fn(String) -> Refusal {
    move |reason| (quantity, reason)
}

/// Number of the room and end of the segment, in milliseconds; nothing for rooms without an event.
fn place(rooms: &Ids, cells: &[Cell]) -> Result<Option<(u32, i64)>, Refusal> {
    let room = match &cells[0] {
        Cell::Text(text) => rooms.get(text.trim()),
        cell => {
            let id = cell.id().map_err(at(0))?.ok_or((0, "is missing".to_owned()))?;
            rooms.get(&id.to_string())
        }
    };
    let Some(room) = room else { return Ok(None) };
    let seconds = cells[1].instant().map_err(at(1))?.ok_or((1, "is missing".to_owned()))?;
    let milliseconds = (seconds * 1e3).round();
    if milliseconds.abs() >= 9.0e15 {
        return Err((1, format!("{seconds} s is out of range")));
    }
    Ok(Some((room, milliseconds as i64)))
}

struct Found<'a> {
    rooms: &'a Ids,
    segments: &'a [(u32, i64)],
    rows: [Unordered; 3],
}

impl Found<'_> {
    fn take(&mut self, cells: &[Cell]) -> Result<(), Refusal> {
        let Some(place) = place(self.rooms, cells)? else { return Ok(()) };
        let Ok(segment) = self.segments.binary_search(&place) else { return Ok(()) };
        let modality = match cells.get(3) {
            None => ContentModality::Picture,
            Some(Cell::Text(text)) => {
                let known =
                    ContentModality::ALL.into_iter().find(|one| text.trim().eq_ignore_ascii_case(one.name()));
                known.ok_or_else(|| (3, format!("{text:?} is none of picture, speech, comment")))?
            }
            Some(_) => return Err((3, "is no text".to_owned())),
        };
        let index = match cells.get(4) {
            None => 0,
            Some(cell) => {
                let index = cell.id().map_err(at(4))?.ok_or((4, "is missing".to_owned()))?;
                u32::try_from(index).map_err(|_outside| (4, format!("{index} is no index")))?
            }
        };
        let embedding = cells[2].list().map_err(at(2))?;
        self.rows[modality as usize].push((segment, index), &embedding).map_err(at(2))
    }
}

/// Rows of one modality as they come.
#[derive(Default)]
struct Unordered {
    width: usize,
    places: Vec<(usize, u32)>,
    values: Vec<f32>,
}

impl Unordered {
    fn push(&mut self, place: (usize, u32), row: &[f32]) -> Result<(), String> {
        if row.is_empty() {
            return Err("is empty".to_owned());
        }
        if self.places.is_empty() {
            self.width = row.len();
        } else if self.width != row.len() {
            return Err(format!("has {} numbers, others of its modality {}", row.len(), self.width));
        }
        self.places.push(place);
        self.values.extend_from_slice(row);
        Ok(())
    }

    /// Where each segment's rows begin, and the rows in order of segment and index.
    fn order(self, segments: usize) -> Result<(Vec<usize>, Matrix), String> {
        let Self { width, places, values } = self;
        let mut order: Vec<usize> = (0..places.len()).collect();
        order.sort_unstable_by_key(|&row| places[row]);
        if let Some(same) = order.windows(2).find(|two| places[two[0]] == places[two[1]]) {
            let (segment, index) = places[same[0]];
            return Err(format!("two rows of index {index} in segment {segment} of the same modality"));
        }
        let mut begins = vec![0; segments + 1];
        for &(segment, _) in &places {
            begins[segment + 1] += 1;
        }
        for at in 1..begins.len() {
            begins[at] += begins[at - 1];
        }
        let in_order = order.is_sorted();
        let values = if in_order {
            values
        } else {
            order.iter().flat_map(|&row| values[row * width..(row + 1) * width].iter().copied()).collect()
        };
        Ok((begins, Matrix::new(width, values)))
    }
}
