//! The truth of a simulated world, beside the clicks that were read back.
//!
//! Invariants: a click has the chance that was written for its user, room and time, or none.

use std::path::Path;

use crate::DatasetError;
use crate::gifting::Records;
use crate::m3::columns::{Quantity, required};
use crate::m3::{Cell, Refusal, scan_table};

const COLUMNS: [Quantity; 8] = [
    required("user", &["user_id"]),
    required("room", &["live_id"]),
    required("time", &["timestamp"]),
    required("probability", &["probability"]),
    required("generosity", &["generosity"]),
    required("affinity", &["affinity"]),
    required("content", &["content"]),
    required("recency", &["recency"]),
];

/// The chance of a gift of one click, and what its log-odds add up from, beside the bias.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KnownChance {
    /// Of a gift during the visit.
    pub probability: f64,
    /// The user's.
    pub generosity: f64,
    /// Of user and streamer.
    pub affinity: f64,
    /// Of what was on.
    pub content: f64,
    /// Of an earlier gift to the streamer.
    pub recency: f64,
}

/// Reads `truth.parquet`: for each of [`Records::impressions`] the known chance, for clicks.
///
/// # Errors
/// When the file is missing or damaged, or a cell doesn't fit; the message names file, row and column.
pub fn read_truth(folder: &Path, records: &Records) -> Result<Vec<Option<KnownChance>>, DatasetError> {
    let mut known = vec![None; records.impressions.len()];
    scan_table(&folder.join("truth.parquet"), &COLUMNS, &mut |cells| {
        let whole =
            |at: usize| cells[at].id().map_err(|reason| (at, reason))?.ok_or((at, "is missing".to_owned()));
        let number = |at: usize| real(cells, at);
        let (user, room) =
            (records.users.get(&whole(0)?.to_string()), records.rooms.get(&whole(1)?.to_string()));
        let time_ms = whole(2)?;
        let chance = KnownChance {
            probability: number(3)?,
            generosity: number(4)?,
            affinity: number(5)?,
            content: number(6)?,
            recency: number(7)?,
        };
        let first = records.impressions.partition_point(|one| one.time_ms < time_ms);
        let same_time = records.impressions.iter().zip(&mut known).skip(first);
        for (one, known) in same_time.take_while(|(one, _)| one.time_ms == time_ms) {
            if one.clicked && Some(one.user) == user && Some(one.live) == room {
                *known = Some(chance);
            }
        }
        Ok(true)
    })?;
    Ok(known)
}

fn real(cells: &[Cell], at: usize) -> Result<f64, Refusal> {
    cells[at].number().map_err(|reason| (at, reason))?.ok_or((at, "is missing".to_owned()))
}
