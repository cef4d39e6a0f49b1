//! Windows of rooms, cut anew each epoch, and the batches made of them.
//!
//! Invariants: windows of one epoch cover every unit once; padding stands behind a window's last unit, where
//! nothing causal can see it, and has no label.

use super::{TrainingConfig, TrainingRoom};
use crate::{ContentCtr, MODALITIES, UnitFeatures};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use std::borrow::Cow;

/// A stretch of a room.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    room: usize,
    start: usize,
    end: usize,
}

/// Cuts every room at a random phase, so that each unit is seen in every slot of the window over time.
pub(super) fn windows(rooms: &[TrainingRoom], look_back: usize, random: &mut ChaCha8Rng) -> Vec<Window> {
    let mut windows = Vec::new();
    for (room, content) in rooms.iter().enumerate() {
        let (mut start, count) = (0, content.units.len());
        let mut end = random.random_range(1..=look_back).min(count);
        while start < count {
            windows.push(Window { room, start, end });
            (start, end) = (end, (end + look_back).min(count));
        }
    }
    windows
}

/// Some windows side by side.
pub(super) struct Batch<'a> {
    units: Vec<Cow<'a, UnitFeatures>>,
    /// Labels row by row, NaN where unknown or padded.
    pub(super) labels: Vec<f64>,
    /// Row of each window's streamer.
    pub(super) streamers: Vec<Option<usize>>,
    /// Number of windows.
    pub(super) rows: usize,
    /// Units per window.
    pub(super) length: usize,
}

impl<'a> Batch<'a> {
    pub(super) fn new(
        model: &ContentCtr,
        rooms: &'a [TrainingRoom],
        windows: &[Window],
        settings: &TrainingConfig,
        random: &mut ChaCha8Rng,
    ) -> Self {
        let length = windows.iter().map(|window| window.end - window.start).max().unwrap_or(0);
        let mut batch = Self {
            units: Vec::new(),
            labels: Vec::new(),
            streamers: Vec::new(),
            rows: windows.len(),
            length,
        };
        for window in windows {
            let room = &rooms[window.room];
            let hidden: Vec<_> =
                MODALITIES.iter().filter(|_| random.random_bool(settings.modality_dropout)).collect();
            for at in window.start..window.start + length {
                let inside = at < window.end;
                batch.units.push(match inside {
                    true if hidden.is_empty() => Cow::Borrowed(&room.units[at]),
                    true => Cow::Owned(
                        hidden.iter().fold(room.units[at].clone(), |unit, modality| unit.without(**modality)),
                    ),
                    false => Cow::Owned(UnitFeatures::default()),
                });
                batch.labels.push(if inside { f64::from(room.labels[at]) } else { f64::NAN });
            }
            let unknown = random.random_bool(settings.streamer_dropout);
            batch.streamers.push(if unknown { None } else { model.streamer_row(&room.streamer) });
        }
        batch
    }

    /// All units, row by row.
    pub(super) fn units(&self) -> Vec<&UnitFeatures> {
        self.units.iter().map(AsRef::as_ref).collect()
    }

    /// For every window, the places of the units that can be both seen and read: what alignment can learn
    /// from.
    pub(super) fn both_sides(&self) -> Vec<Vec<u32>> {
        let both = |unit: &UnitFeatures| {
            let has =
                |visual: bool| MODALITIES.iter().any(|m| m.is_visual() == visual && unit.get(*m).is_some());
            has(true) && has(false)
        };
        let windows = self.units.chunks(self.length.max(1)).enumerate();
        windows
            .map(|(row, units)| {
                let places = units.iter().enumerate().filter(|(_, unit)| both(unit));
                places.map(|(at, _)| (row * self.length + at) as u32).collect()
            })
            .collect()
    }
}
