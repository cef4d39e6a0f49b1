//! Labels to evaluate against: one per second, or as intervals.
//!
//! Invariants: videos are in order of their names; a second that a file doesn't mention is unlabelled.

mod intervals;
mod seconds;
mod table;

use std::collections::BTreeMap;
use std::path::Path;

use crate::DatasetError;

/// What is known of one video.
#[derive(Debug, Clone, PartialEq)]
pub enum Labels {
    /// Whether each second belongs to a highlight, from second 0; `None` where nobody said.
    Seconds(Vec<Option<bool>>),
    /// Highlights as begin and end in seconds, in order of begin; every other second is none.
    Intervals(Vec<(f64, f64)>),
}

impl Labels {
    /// Whether a second belongs to a highlight: by the file's own row, or because an interval overlaps
    /// [second, second + 1).
    #[must_use]
    pub fn at(&self, second: u64) -> Option<bool> {
        match self {
            Self::Seconds(seconds) => {
                usize::try_from(second).ok().and_then(|at| seconds.get(at).copied().flatten())
            }
            Self::Intervals(intervals) => {
                let (begin, end) = (second as f64, second as f64 + 1.0);
                Some(intervals.iter().any(|&(from, to)| from < end && begin < to))
            }
        }
    }
}

/// Labels of a file, by video, and what else it says of each second.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LabelFile {
    /// By video.
    pub videos: BTreeMap<String, Labels>,
    /// By name of the column and video: numbers per second from second 0, `None` where there are none. Columns of
    /// which a cell is neither empty nor a number are left out. Empty for intervals.
    pub columns: BTreeMap<String, BTreeMap<String, Vec<Option<f32>>>>,
}

/// Reads a table of labels, plain or gzip, separated by tabs or commas: per second (`video`, `sec`, `highlight`) or
/// intervals (`video`, `start_s`, `end_s`), told apart by the header. Other columns of intervals are ignored.
///
/// # Errors
/// When a column is missing (the message lists what was found) or a row doesn't fit (file, line and column).
pub fn read(path: &Path) -> Result<LabelFile, DatasetError> {
    let mut table = table::Table::open(path)?;
    if table.column(&["start_s"]).is_some() && table.column(&["sec"]).is_none() {
        return intervals::read(&mut table);
    }
    seconds::read(&mut table)
}
