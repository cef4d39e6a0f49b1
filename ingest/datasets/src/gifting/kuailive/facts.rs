//! Facts about users, streamers, rooms and titles.
//!
//! Invariants: only those of users, streamers and rooms with an event are kept; of the others the rows are counted.

use std::path::Path;

use super::columns::{ROOM_FACTS, ROOMS, STREAMERS, USERS};
use super::{Options, aside};
use crate::DatasetError;
use crate::gifting::Matrix;
use crate::gifting::attributes::Attributes;
use crate::gifting::lines::Lines;
use crate::gifting::matrix::read_npy_rows;
use crate::gifting::records::{FileNotes, Records, Room};

const TITLES: &str = "title_embeddings.npy";

/// Reads whatever is there, into the records.
pub(super) fn read(
    folder: &Path,
    options: &Options,
    records: &mut Records,
) -> Result<Vec<FileNotes>, DatasetError> {
    let mut files = Vec::new();
    let nothing = |_: &Lines, _: u32| Ok(());
    let path = folder.join("user.csv");
    if path.is_file() {
        let (attributes, notes) = Attributes::read(&path, &USERS, &records.users, &[], nothing)?;
        records.user_attributes = attributes;
        files.push(notes);
    } else {
        files.push(aside("user.csv", false));
    }
    let path = folder.join("streamer.csv");
    if path.is_file() {
        let (attributes, notes) = Attributes::read(&path, &STREAMERS, &records.streamers, &[], nothing)?;
        records.streamer_attributes = attributes;
        files.push(notes);
    } else {
        files.push(aside("streamer.csv", false));
    }
    let path = folder.join("room.csv");
    if path.is_file() {
        let facts = &mut records.room_facts;
        let also = |lines: &Lines, number: u32| match facts.get_mut(number as usize) {
            Some(room) => unite(room, lines),
            None => Ok(()),
        };
        let (attributes, notes) = Attributes::read(&path, &ROOMS, &records.rooms, &ROOM_FACTS, also)?;
        records.room_attributes = attributes;
        files.push(notes);
    } else {
        files.push(aside("room.csv", false));
    }
    let path = folder.join(TITLES);
    if options.titles && path.is_file() {
        files.push(titles(&path, records)?);
    } else {
        records.room_facts.iter_mut().for_each(|room| room.title = None);
        files.push(aside(TITLES, path.is_file()));
    }
    Ok(files)
}

/// A room over midnight has a row for each day: it began with the first and ended with the last.
fn unite(room: &mut Room, lines: &Lines) -> Result<(), DatasetError> {
    let optional = |quantity: usize| match lines.text(quantity)? {
        "" => Ok(None),
        _ => lines.milliseconds(quantity).map(Some),
    };
    let (start, end) = (optional(1)?.filter(|&time| time > 0), optional(2)?.filter(|&time| time > 0));
    room.start_ms = room.start_ms.into_iter().chain(start).min();
    room.end_ms = room.end_ms.max(end);
    // Releases write -1 for rooms without a title.
    if let (None, Some(title)) = (room.title, optional(3)?.filter(|&title| title >= 0)) {
        let title = u32::try_from(title).ok().filter(|&title| title < u32::MAX);
        room.title = Some(title.ok_or_else(|| lines.refuse(3, "is too large for a row of titles"))?);
    }
    Ok(())
}

/// Keeps the embeddings of titles that rooms have, and points the rooms at them.
fn titles(path: &Path, records: &mut Records) -> Result<FileNotes, DatasetError> {
    let mut wanted: Vec<u32> = records.room_facts.iter().filter_map(|room| room.title).collect();
    wanted.sort_unstable();
    wanted.dedup();
    let place = |title: u32| wanted.binary_search(&title).ok().and_then(|at| u32::try_from(at).ok());
    let is_wanted = |row: usize| u32::try_from(row).is_ok_and(|row| place(row).is_some());
    let (rows, matrix) = read_npy_rows(path, is_wanted)?;
    if let Some(last) = wanted.last()
        && *last as usize >= rows
    {
        return Err(DatasetError::layout(path, format!("has {rows} rows, but room.csv names title {last}")));
    }
    for room in &mut records.room_facts {
        room.title = room.title.and_then(place);
    }
    let left_out = (rows - matrix.rows().min(rows)) as u64;
    records.titles = if wanted.is_empty() { Matrix::default() } else { matrix };
    Ok(FileNotes {
        file: TITLES.to_owned(),
        present: true,
        rows: rows as u64,
        left_out,
        ..FileNotes::default()
    })
}
