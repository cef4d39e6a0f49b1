//! Labels as intervals.
//!
//! Invariants: intervals of a video are in order of begin; one that ends before it begins is an error.

use std::collections::BTreeMap;

use super::table::Table;
use super::{LabelFile, Labels};
use crate::DatasetError;

pub(super) fn read(table: &mut Table) -> Result<LabelFile, DatasetError> {
    let video = table.required("video", &["video", "vid", "room", "name"])?;
    let start = table.required("begin", &["start_s", "start", "begin_s"])?;
    let end = table.required("end", &["end_s", "end"])?;
    let mut videos: BTreeMap<String, Vec<(f64, f64)>> = BTreeMap::new();
    while table.advance()? {
        let name = table.cell(video).to_owned();
        if name.is_empty() {
            return Err(table.fault(video, "is empty"));
        }
        let (from, to) = (table.number(start)?, table.number(end)?);
        if to < from {
            return Err(table.fault(end, format!("{to} lies before start_s {from}")));
        }
        videos.entry(name).or_default().push((from, to));
    }
    for intervals in videos.values_mut() {
        intervals.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    }
    let videos = videos.into_iter().map(|(name, intervals)| (name, Labels::Intervals(intervals))).collect();
    Ok(LabelFile { videos, columns: BTreeMap::new() })
}
