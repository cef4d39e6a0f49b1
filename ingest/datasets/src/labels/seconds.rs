//! Labels per second.
//!
//! Invariants: a second is labelled once; seconds are bounded, so that a wrong number can't take all memory.

use std::collections::{BTreeMap, BTreeSet};

use super::table::Table;
use super::{LabelFile, Labels};
use crate::DatasetError;

/// A month: longer than any stream that is labelled by the second.
const MOST_SECONDS: u64 = 31 * 86_400;

pub(super) fn read(table: &mut Table) -> Result<LabelFile, DatasetError> {
    let video = table.required("video", &["video", "vid", "room", "name"])?;
    let sec = table.required("second", &["sec", "second", "t", "time"])?;
    let highlight = table.required("label", &["highlight", "label", "is_highlight"])?;
    let others: Vec<usize> =
        (0..table.names.len()).filter(|at| ![video, sec, highlight].contains(at)).collect();
    let mut videos: BTreeMap<String, Vec<Option<bool>>> = BTreeMap::new();
    let mut seen: BTreeMap<String, Vec<bool>> = BTreeMap::new();
    let mut columns: BTreeMap<usize, BTreeMap<String, Vec<Option<f32>>>> =
        others.iter().map(|&at| (at, BTreeMap::new())).collect();
    let mut words: BTreeSet<usize> = BTreeSet::new();
    while table.advance()? {
        let name = table.cell(video).to_owned();
        if name.is_empty() {
            return Err(table.fault(video, "is empty"));
        }
        let second = table.number(sec)?;
        if second < 0.0 || second.fract() != 0.0 || second >= MOST_SECONDS as f64 {
            return Err(table.fault(sec, format!("{second} is no second of a video")));
        }
        let at = second as usize;
        let label = match table.cell(highlight).to_ascii_lowercase().as_str() {
            "1" | "1.0" | "true" => Some(true),
            "0" | "0.0" | "false" => Some(false),
            "" | "-1" | "nan" => None,
            other => return Err(table.fault(highlight, format!("{other:?} is neither 0 nor 1"))),
        };
        if std::mem::replace(slot(seen.entry(name.clone()).or_default(), at), true) {
            return Err(table.fault(sec, format!("second {at} of {name} is there twice")));
        }
        *slot(videos.entry(name.clone()).or_default(), at) = label;
        for &column in &others {
            let cell = table.cell(column);
            if cell.is_empty() || words.contains(&column) {
                continue;
            }
            match cell.parse::<f32>() {
                Ok(value) => {
                    if let Some(values) = columns.get_mut(&column) {
                        *slot(values.entry(name.clone()).or_default(), at) =
                            Some(value).filter(|v| v.is_finite());
                    }
                }
                Err(_) => {
                    words.insert(column);
                }
            }
        }
    }
    let columns = columns
        .into_iter()
        .filter(|(at, _)| !words.contains(at))
        .filter_map(|(at, values)| table.names.get(at).map(|name| (name.clone(), values)))
        .collect();
    let videos = videos.into_iter().map(|(name, seconds)| (name, Labels::Seconds(seconds))).collect();
    Ok(LabelFile { videos, columns })
}

/// The place for a second, with room made for it.
fn slot<T: Default + Clone>(values: &mut Vec<T>, at: usize) -> &mut T {
    if values.len() <= at {
        values.resize(at + 1, T::default());
    }
    &mut values[at]
}
