//! One pass over all rooms before training: are they usable, who streams, how are features spread.
//!
//! Invariants: one room is held at a time; the digest changes with any value of any room.

use super::{Rooms, TrainingRoom};
use crate::{Config, HighlightError, MODALITIES, UnitFeatures, streamer_fingerprint};
use std::collections::BTreeSet;

/// What the pass found.
pub(super) struct Survey {
    /// Fingerprints of the training rooms' streamers, sorted.
    pub(super) streamers: Vec<String>,
    /// Mean and deviation by place in [`MODALITIES`], where a modality was ever present.
    pub(super) spread: Vec<Option<(Vec<f32>, Vec<f32>)>>,
    /// Digest of all rooms.
    pub(super) digest: String,
}

pub(super) fn survey(
    config: &Config,
    rooms: &dyn Rooms,
    validation: &dyn Rooms,
) -> Result<Survey, HighlightError> {
    let mut streamers = BTreeSet::new();
    let mut spreads: Vec<Option<Spread>> =
        MODALITIES.iter().map(|&modality| Some(Spread::new(config.inputs.get(modality)?.width))).collect();
    let mut hasher = blake3::Hasher::new();
    for (part, learning) in [(rooms, true), (validation, false)] {
        hasher.update(&(part.len() as u64).to_le_bytes());
        for index in 0..part.len() {
            let room = part.load(index)?;
            room.check(config, part.units(index))?;
            digest(&room, &mut hasher);
            if learning {
                streamers.insert(streamer_fingerprint(&room.streamer));
                room.units.iter().for_each(|unit| add(&mut spreads, unit));
            }
        }
    }
    Ok(Survey {
        streamers: streamers.into_iter().collect(),
        spread: spreads.into_iter().map(|spread| spread.and_then(Spread::finish)).collect(),
        digest: hasher.finalize().to_hex().to_string(),
    })
}

fn add(spreads: &mut [Option<Spread>], unit: &UnitFeatures) {
    for (spread, &modality) in spreads.iter_mut().zip(&MODALITIES) {
        if let (Some(spread), Some(row)) = (spread, unit.get(modality)) {
            spread.add(row);
        }
    }
}

/// Mean and squared deviations in one pass (Welford).
struct Spread {
    count: f64,
    mean: Vec<f64>,
    squares: Vec<f64>,
}

impl Spread {
    fn new(width: usize) -> Self {
        Self { count: 0.0, mean: vec![0.0; width], squares: vec![0.0; width] }
    }

    fn add(&mut self, row: &[f32]) {
        self.count += 1.0;
        let share = 1.0 / self.count;
        for ((mean, squares), &value) in self.mean.iter_mut().zip(&mut self.squares).zip(row) {
            let before = f64::from(value) - *mean;
            *mean += before * share;
            *squares += before * (f64::from(value) - *mean);
        }
    }

    fn finish(self) -> Option<(Vec<f32>, Vec<f32>)> {
        if self.count == 0.0 {
            return None;
        }
        // A feature that never moves in training says nothing; a deviation of 1 keeps it from exploding.
        let deviation = |squares: &f64| {
            let variance = squares / self.count;
            if variance > 1e-12 { variance.sqrt() as f32 } else { 1.0 }
        };
        let mean = self.mean.iter().map(|value| *value as f32).collect();
        Some((mean, self.squares.iter().map(deviation).collect()))
    }
}

fn digest(room: &TrainingRoom, hasher: &mut blake3::Hasher) {
    let mut bytes = Vec::new();
    let mut put = |values: &[f32]| {
        bytes.extend_from_slice(&(values.len() as u64).to_le_bytes());
        values.iter().for_each(|value| bytes.extend_from_slice(&value.to_le_bytes()));
    };
    room.labels.iter().for_each(|labels| put(labels));
    put(&room.messages);
    for unit in &room.units {
        for modality in MODALITIES {
            match unit.get(modality) {
                Some(row) => put(row),
                None => put(&[]),
            }
        }
    }
    for text in [&room.name, &room.streamer] {
        hasher.update(&(text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    }
    hasher.update(&(bytes.len() as u64).to_le_bytes());
    hasher.update(&bytes);
}
