//! Second pass: the rows of the tables go into the parts of their rooms.
//!
//! Invariants: rows of rooms that aren't read are passed over; what can't be used is counted in the report.

use std::collections::HashMap;
use std::path::Path;

use super::columns::{INTERACTION, MILLISECONDS, Quantity, SEGMENT};
use super::index::{at, id};
use super::rooms::{M3Rooms, median};
use super::spool::Record;
use super::table::{Chosen, column_names, scan};
use crate::DatasetError;

/// Kinds of events.
pub(super) const WATCH: u32 = 0;
pub(super) const LIKED: u32 = 1;
pub(super) const COMMENTED: u32 = 2;

/// Watch times whose median is above this are milliseconds: nobody's usual visit is three hours.
const MILLISECONDS_ABOVE: f64 = 1e4;

/// Sorts the rows of the tables into the parts of their rooms.
pub(super) struct Fill<'a> {
    pub(super) rooms: &'a mut M3Rooms,
    pub(super) by_id: &'a HashMap<i64, u32>,
}

impl Fill<'_> {
    pub(super) fn interactions(&mut self, path: &Path) -> Result<(), DatasetError> {
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

    pub(super) fn instants(
        &mut self,
        path: &Path,
        quantities: &[Quantity],
        kind: u32,
    ) -> Result<(), DatasetError> {
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

    pub(super) fn segments(&mut self, path: &Path, width: usize) -> Result<(), DatasetError> {
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
    match column {
        None => return Ok(1.0),
        Some(name) if MILLISECONDS.iter().any(|known| name.eq_ignore_ascii_case(known)) => return Ok(1e-3),
        Some(_) => {}
    }
    let mut values = Vec::new();
    scan(path, &INTERACTION[3..4], &mut |cells| {
        values.extend(cells[0].number().map_err(at(0))?.filter(|value| *value > 0.0));
        Ok(values.len() < 1000)
    })?;
    Ok(if median(&mut values).is_some_and(|value| value > MILLISECONDS_ABOVE) { 1e-3 } else { 1.0 })
}
