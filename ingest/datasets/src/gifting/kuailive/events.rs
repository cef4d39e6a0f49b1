//! Clicks, gifts, impressions and reactions.
//!
//! Invariants: a line is a row or an error; what sampling leaves out is counted.

use std::path::Path;

use super::columns::{CLICK, EVENT, GIFT};
use crate::DatasetError;
use crate::gifting::lines::Lines;
use crate::gifting::records::{FileNotes, ReactionKind, RecordsBuilder, Row};
use crate::gifting::samples::{Choice, keeps};
use crate::m3::columns::Quantity;

pub(super) fn clicks(path: &Path, builder: &mut RecordsBuilder) -> Result<FileNotes, DatasetError> {
    each(path, &CLICK, |lines, row| {
        let watch = if lines.has(4) {
            let whole = u32::try_from(lines.milliseconds(4)?).ok();
            Some(whole.ok_or_else(|| lines.refuse(4, "is below 0 or above 49 days of milliseconds"))?)
        } else {
            None
        };
        builder.click(row, watch).map(|()| true)
    })
}

pub(super) fn gifts(path: &Path, builder: &mut RecordsBuilder) -> Result<FileNotes, DatasetError> {
    each(path, &GIFT, |lines, row| builder.gift(row, lines.amount(4)?).map(|()| true))
}

pub(super) fn shown(
    path: &Path,
    rate: f64,
    seed: u64,
    builder: &mut RecordsBuilder,
) -> Result<FileNotes, DatasetError> {
    each(path, &EVENT, |_, row| {
        let kept = keeps(rate, Choice::Reading, seed, (row.user, row.room, row.time_ms));
        if kept { builder.shown(row).map(|()| true) } else { Ok(false) }
    })
}

pub(super) fn reactions(
    path: &Path,
    kind: ReactionKind,
    builder: &mut RecordsBuilder,
) -> Result<FileNotes, DatasetError> {
    each(path, &EVENT, |_, row| builder.reaction(row, kind).map(|()| true))
}

/// Reads a table whose first quantities are user, room, streamer and time; `take` says whether it kept the row.
fn each(
    path: &Path,
    quantities: &[Quantity],
    mut take: impl FnMut(&Lines, Row<'_>) -> Result<bool, DatasetError>,
) -> Result<FileNotes, DatasetError> {
    let mut lines = Lines::open(path, quantities)?;
    let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut notes = FileNotes { file, present: true, unused_columns: lines.unused(), ..FileNotes::default() };
    while lines.advance()? {
        notes.rows += 1;
        let (user, room, streamer) = (lines.id(0)?, lines.id(1)?, Some(lines.id(2)?));
        let row = Row { user, streamer, room, time_ms: lines.milliseconds(3)? };
        notes.left_out += u64::from(!take(&lines, row)?);
    }
    Ok(notes)
}
