//! The training rows: one sparse row of values per unit with a known label, in compressed form.
//!
//! Column `window * known + k` holds the value of the k-th known bucket in a window. Rows are built by the same
//! window counts that serve, and lie in the order of rooms and units.

use std::sync::LazyLock;

use rayon::prelude::*;

use super::counts::WindowCounts;
use super::{BUCKETS, LexiconRoom, WINDOWS};

/// Delays that are computed together; the last group is filled up with delays that have no label.
pub(super) const LANES: usize = 4;
const NONE: u32 = u32::MAX;

/// `ln(1 + count)`; small counts, which are nearly all, from a table.
pub(super) fn log_count(count: f32) -> f32 {
    static SMALL: LazyLock<Vec<f32>> = LazyLock::new(|| (0..256).map(|c| (c as f32).ln_1p()).collect());
    match SMALL.get(count as usize) {
        Some(&log) if count == count.trunc() => log,
        _ => count.ln_1p(),
    }
}

/// Rows of all rooms.
pub(super) struct Rows {
    /// Where each row begins in `columns`, and the end.
    pub(super) starts: Vec<usize>,
    pub(super) columns: Vec<u32>,
    pub(super) values: Vec<f32>,
    /// `[group of delays][row]`, NaN where unknown.
    pub(super) labels: Vec<Vec<[f32; LANES]>>,
    /// Number of columns.
    pub(super) width: usize,
}

impl Rows {
    pub(super) fn of(rooms: &[&LexiconRoom], idf: &[f32], unit_seconds: f64) -> Self {
        let mut column_of = vec![NONE; BUCKETS];
        let known = (0..BUCKETS).filter(|&bucket| idf[bucket] > 0.0);
        let mut count = 0_u32;
        for bucket in known {
            column_of[bucket] = count;
            count += 1;
        }
        let of_rooms: Vec<Self> = rooms
            .par_iter()
            .map(|room| Self::of_room(room, idf, &column_of, count as usize, unit_seconds))
            .collect();
        let groups = rooms.first().map_or(0, |room| room.labels.len().div_ceil(LANES));
        let entries = of_rooms.iter().map(|rows| rows.columns.len()).sum();
        let mut all = Self::empty(groups, WINDOWS * count as usize);
        all.columns.reserve_exact(entries);
        all.values.reserve_exact(entries);
        for rows in of_rooms {
            let offset = all.columns.len();
            all.starts.extend(rows.starts[1..].iter().map(|start| offset + start));
            all.columns.extend(rows.columns);
            all.values.extend(rows.values);
            all.labels.iter_mut().zip(rows.labels).for_each(|(all, labels)| all.extend(labels));
        }
        all
    }

    pub(super) fn len(&self) -> usize {
        self.starts.len() - 1
    }

    fn empty(groups: usize, width: usize) -> Self {
        let labels = vec![Vec::new(); groups];
        Self { starts: vec![0], columns: Vec::new(), values: Vec::new(), labels, width }
    }

    fn of_room(room: &LexiconRoom, idf: &[f32], column_of: &[u32], known: usize, unit_seconds: f64) -> Self {
        let mut rows = Self::empty(room.labels.len().div_ceil(LANES), WINDOWS * known);
        let mut counts = WindowCounts::new();
        for (unit, words) in room.words.iter().enumerate() {
            counts.push_regular(words.clone(), unit_seconds);
            if room.labels.iter().all(|labels| labels[unit].is_nan()) {
                continue;
            }
            for window in 0..WINDOWS {
                let from = rows.values.len();
                let mut squares = 1.0_f32;
                for &(bucket, count) in counts.of(window) {
                    let column = column_of[bucket as usize];
                    if column != NONE {
                        let x = idf[bucket as usize] * log_count(count);
                        squares += x * x;
                        rows.columns.push((window * known) as u32 + column);
                        rows.values.push(x);
                    }
                }
                let scale = 1.0 / squares.sqrt();
                rows.values[from..].iter_mut().for_each(|x| *x *= scale);
            }
            rows.starts.push(rows.columns.len());
            for (group, labels) in room.labels.chunks(LANES).enumerate() {
                let mut lanes = [f32::NAN; LANES];
                lanes.iter_mut().zip(labels).for_each(|(lane, labels)| *lane = labels[unit]);
                rows.labels[group].push(lanes);
            }
        }
        rows
    }
}
