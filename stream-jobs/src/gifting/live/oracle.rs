//! The true chance of a gift, where the folder is a generated world.
//!
//! Invariants: only judges; a visit without a row in `truth.parquet` makes it no oracle at all.

use std::collections::HashMap;
use std::path::Path;

use anyhow::Context;
use kairos_datasets::gifting::{Records, Sample};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::RowAccessor;

const FILE: &str = "truth.parquet";

/// True chances of the visits, in their order; `None` where the folder has no truth.
pub(super) fn chances(
    folder: &Path,
    records: &Records,
    samples: &[Sample],
) -> anyhow::Result<Option<Vec<f64>>> {
    let path = folder.join(FILE);
    if !path.is_file() {
        return Ok(None);
    }
    let file = std::fs::File::open(&path).with_context(|| path.display().to_string())?;
    let reader = SerializedFileReader::new(file).with_context(|| path.display().to_string())?;
    let mut truth: HashMap<(String, String, i64), f64> = HashMap::new();
    for row in reader.get_row_iter(None).with_context(|| path.display().to_string())? {
        let row = row.with_context(|| path.display().to_string())?;
        let column = |name: &str| {
            let place = row.get_column_iter().position(|(found, _)| found == name);
            place.with_context(|| format!("{}: no column {name}", path.display()))
        };
        let number = |name: &str| anyhow::Ok(row.get_long(column(name)?)?);
        let key = (number("user_id")?.to_string(), number("live_id")?.to_string(), number("timestamp")?);
        truth.insert(key, row.get_double(column("probability")?)?);
    }
    let of = |sample: &Sample| {
        let user = records.users.name(sample.user)?.to_owned();
        let room = records.rooms.name(sample.live)?.to_owned();
        truth.get(&(user, room, sample.time_ms)).copied()
    };
    Ok(samples.iter().map(of).collect())
}
