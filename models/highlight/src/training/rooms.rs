//! The rooms a model learns from.
//!
//! Invariants: a room has one label per unit; rooms are split whole.

use crate::model::Projections;
use crate::{ContentCtr, HighlightError, MODALITIES};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

/// One room with its labels.
#[derive(Debug, Clone, Default)]
pub struct TrainingRoom {
    /// Name, for messages.
    pub name: String,
    /// Identity of the streamer.
    pub streamer: String,
    /// Features of each unit.
    pub units: Vec<crate::UnitFeatures>,
    /// Label of each unit in `0..=1`; NaN where unknown.
    pub labels: Vec<f32>,
    /// Comments per unit, for the message-rate baseline; empty where unknown.
    pub messages: Vec<f32>,
}

impl TrainingRoom {
    pub(super) fn check(&self, model: &ContentCtr) -> Result<(), HighlightError> {
        let refuse = |reason: String| Err(HighlightError::Room { room: self.name.clone(), reason });
        if self.labels.len() != self.units.len() {
            return refuse(format!("{} labels for {} units", self.labels.len(), self.units.len()));
        }
        if !self.messages.is_empty() && self.messages.len() != self.units.len() {
            return refuse(format!("{} message counts for {} units", self.messages.len(), self.units.len()));
        }
        if let Some(at) = self.labels.iter().position(|label| !label.is_nan() && !(0.0..=1.0).contains(label))
        {
            return refuse(format!("label of unit {at} is {}, must be in 0..=1", self.labels[at]));
        }
        for (at, unit) in self.units.iter().enumerate() {
            if let Err(error) = model.projections().check(unit) {
                return refuse(format!("unit {at}: {error}"));
            }
        }
        Ok(())
    }

    pub(super) fn labels_f64(&self) -> Vec<f64> {
        self.labels.iter().map(|&label| f64::from(label)).collect()
    }
}

/// Splits whole rooms into training and validation, at least one to each where there are two; `share` is
/// that of validation.
#[must_use]
pub fn split_rooms(
    mut rooms: Vec<TrainingRoom>,
    share: f64,
    seed: u64,
) -> (Vec<TrainingRoom>, Vec<TrainingRoom>) {
    rooms.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    let most = rooms.len().saturating_sub(1);
    let held_out = ((rooms.len() as f64 * share).round() as usize).max(1).min(most);
    let validation = rooms.split_off(rooms.len() - held_out);
    (rooms, validation)
}

/// Stores mean and deviation of every feature over the training rooms in the model.
pub(super) fn standardise(model: &ContentCtr, rooms: &[TrainingRoom]) -> Result<(), HighlightError> {
    for modality in MODALITIES {
        let Some(input) = model.config().inputs.get(modality) else { continue };
        let rows = || rooms.iter().flat_map(|room| room.units.iter().filter_map(|unit| unit.get(modality)));
        let count = rows().count() as f64;
        if count == 0.0 {
            continue;
        }
        let mut mean = vec![0.0_f64; input.width];
        for row in rows() {
            for (sum, value) in mean.iter_mut().zip(row) {
                *sum += f64::from(*value) / count;
            }
        }
        let mut variance = vec![0.0_f64; input.width];
        for row in rows() {
            for ((sum, value), mean) in variance.iter_mut().zip(row).zip(&mean) {
                *sum += (f64::from(*value) - mean).powi(2) / count;
            }
        }
        // A feature that never moves in training says nothing; a deviation of 1 keeps it from exploding.
        let deviation: Vec<f32> =
            variance.iter().map(|v| if *v > 1e-12 { v.sqrt() as f32 } else { 1.0 }).collect();
        let mean: Vec<f32> = mean.iter().map(|value| *value as f32).collect();
        Projections::set_statistics(model.parameters(), modality, &mean, &deviation, model.device())?;
    }
    Ok(())
}
