//! Windows of rooms, cut anew each epoch, and the batches made of them.
//!
//! Invariants: windows of one epoch cover every unit once; padding stands behind a window's last unit, where
//! nothing causal can see it, and has no label.

use super::{TrainingConfig, TrainingRoom};
use crate::model::Standardised;
use crate::{ContentCtr, HighlightError, MODALITIES, UnitFeatures};
use candle_core::Tensor;
use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// A stretch of a room of the pool.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    pub(super) room: usize,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// Cuts every room at a random phase, so that each unit is seen in every slot of the window over time.
pub(super) fn windows(pool: &[TrainingRoom], look_back: usize, random: &mut ChaCha8Rng) -> Vec<Window> {
    let mut windows = Vec::new();
    for (room, content) in pool.iter().enumerate() {
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
pub(super) struct Batch {
    /// Standardised features and presence of all units, row by row.
    pub(super) inputs: Vec<Standardised>,
    /// Labels by delay, row by row; NaN where unknown or padded.
    pub(super) labels: Vec<Vec<f64>>,
    /// Mean label of each window's room, by delay; NaN where the room has none.
    pub(super) room_means: Vec<Vec<f64>>,
    /// Row of each window's streamer.
    pub(super) streamers: Vec<Option<usize>>,
    /// Places of the units of each window that can be both seen and read: what alignment can learn from.
    pub(super) both_sides: Vec<Vec<u32>>,
    /// Number of windows.
    pub(super) rows: usize,
    /// Units per window.
    pub(super) length: usize,
}

impl Batch {
    pub(super) fn new(
        model: &ContentCtr,
        pool: &[TrainingRoom],
        windows: &[Window],
        settings: &TrainingConfig,
        random: &mut ChaCha8Rng,
    ) -> Result<Self, HighlightError> {
        let length = windows.iter().map(|window| window.end - window.start).max().unwrap_or(0);
        let delays = model.config().delays.len();
        let nothing = UnitFeatures::default();
        let (mut units, mut hidden, mut streamers) = (Vec::new(), Vec::new(), Vec::new());
        let (mut labels, mut room_means) = (vec![Vec::new(); delays], vec![Vec::new(); delays]);
        for window in windows {
            let room = &pool[window.room];
            for at in window.start..window.start + length {
                units.push(if at < window.end { &room.units[at] } else { &nothing });
                for (labels, known) in labels.iter_mut().zip(&room.labels) {
                    labels.push(if at < window.end { f64::from(known[at]) } else { f64::NAN });
                }
            }
            for (means, known) in room_means.iter_mut().zip(&room.labels) {
                means.push(mean_label(known));
            }
            hidden.push(MODALITIES.map(|_| random.random_bool(settings.modality_dropout)));
            let unknown = random.random_bool(settings.streamer_dropout);
            streamers.push(if unknown { None } else { model.streamer_row(&room.streamer) });
        }
        let mut inputs = Vec::with_capacity(MODALITIES.len());
        let mut sides = vec![[false; 2]; units.len()];
        for (place, modality) in MODALITIES.iter().enumerate() {
            let Some((mut values, mut present)) = model.statistics().rows(place, &units) else {
                inputs.push(None);
                continue;
            };
            for (present, hidden) in present.chunks_mut(length.max(1)).zip(&hidden) {
                if hidden[place] {
                    present.fill(0.0);
                }
            }
            drop_out(&mut values, settings.feature_dropout, random);
            for (sides, present) in sides.iter_mut().zip(&present) {
                sides[usize::from(modality.is_visual())] |= *present > 0.0;
            }
            let shape = (units.len(), values.len() / units.len().max(1));
            let values = Tensor::from_vec(values, shape, model.device())?;
            inputs.push(Some((values, Tensor::from_vec(present, (units.len(), 1), model.device())?)));
        }
        let both_sides = both(&sides, length);
        Ok(Self { inputs, labels, room_means, streamers, both_sides, rows: windows.len(), length })
    }
}

fn both(sides: &[[bool; 2]], length: usize) -> Vec<Vec<u32>> {
    let windows = sides.chunks(length.max(1)).enumerate();
    windows
        .map(|(row, sides)| {
            let places = sides.iter().enumerate().filter(|(_, side)| **side == [true, true]);
            places.map(|(at, _)| (row * length + at) as u32).collect()
        })
        .collect()
}

fn mean_label(labels: &[f32]) -> f64 {
    let known = labels.iter().filter(|label| !label.is_nan());
    let (sum, count) = known.fold((0.0, 0_usize), |(sum, count), &y| (sum + f64::from(y), count + 1));
    sum / count as f64
}

fn drop_out(values: &mut [f32], chance: f64, random: &mut ChaCha8Rng) {
    if chance > 0.0 {
        let keep = (1.0 / (1.0 - chance)) as f32;
        for value in values {
            *value *= if random.random_bool(chance) { 0.0 } else { keep };
        }
    }
}
