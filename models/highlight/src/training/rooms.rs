//! The rooms a model learns from, in memory or loaded one at a time.
//!
//! Invariants: a room has one label per row and decision delay; rooms are split whole.

use crate::{Config, HighlightError, model};
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
    /// `labels[k][r]` in `0..=1`: what row r has to say at delay `Config.delays[k]`, the label of the unit that
    /// many units before r; NaN where unknown. [`TrainingRoom::delayed`] makes it of one label per unit.
    pub labels: Vec<Vec<f32>>,
    /// Comments per unit, for the message-rate baseline; empty where unknown.
    pub messages: Vec<f32>,
}

impl TrainingRoom {
    /// Labels by delay and row of one label per unit: the label of unit `r - delay_units` in row r, unknown where
    /// there is no such unit.
    #[must_use]
    pub fn delayed(labels: &[f32], config: &Config) -> Vec<Vec<f32>> {
        let shifted = |delay: usize| {
            let back = config.delay_units(delay).min(labels.len());
            let unknown = std::iter::repeat_n(f32::NAN, back);
            unknown.chain(labels[..labels.len() - back].iter().copied()).collect()
        };
        (0..config.delays.len()).map(shifted).collect()
    }

    pub(super) fn check(&self, config: &Config, announced: usize) -> Result<(), HighlightError> {
        let refuse = |reason: String| Err(HighlightError::Room { room: self.name.clone(), reason });
        let count = self.units.len();
        if count != announced {
            return refuse(format!("{count} units, {announced} were announced"));
        }
        if self.labels.len() != config.delays.len() {
            return refuse(format!(
                "labels for {} delays, the model has {}",
                self.labels.len(),
                config.delays.len()
            ));
        }
        if let Some(labels) = self.labels.iter().find(|labels| labels.len() != count) {
            return refuse(format!("{} labels for {count} units", labels.len()));
        }
        if !self.messages.is_empty() && self.messages.len() != count {
            return refuse(format!("{} message counts for {count} units", self.messages.len()));
        }
        for labels in &self.labels {
            let wrong = |label: &f32| !label.is_nan() && !(0.0..=1.0).contains(label);
            if let Some(at) = labels.iter().position(wrong) {
                return refuse(format!("label of unit {at} is {}, must be in 0..=1", labels[at]));
            }
        }
        for (at, unit) in self.units.iter().enumerate() {
            if let Err(error) = model::check(config, unit) {
                return refuse(format!("unit {at}: {error}"));
            }
        }
        Ok(())
    }
}

/// Rooms by number. Training loads each room once per epoch and keeps no more than
/// [`TrainingConfig::pool_rooms`](crate::TrainingConfig::pool_rooms) of them at a time.
pub trait Rooms {
    /// Number of rooms.
    fn len(&self) -> usize;

    /// Whether there is none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of units of a room, as its loading gives.
    fn units(&self, index: usize) -> usize;

    /// The room itself: the same each time.
    ///
    /// # Errors
    /// When the room can't be read; [`HighlightError::Room`] names it.
    fn load(&self, index: usize) -> Result<TrainingRoom, HighlightError>;
}

impl Rooms for Vec<TrainingRoom> {
    fn len(&self) -> usize {
        self.as_slice().len()
    }

    fn units(&self, index: usize) -> usize {
        self[index].units.len()
    }

    fn load(&self, index: usize) -> Result<TrainingRoom, HighlightError> {
        Ok(self[index].clone())
    }
}

impl Rooms for &[TrainingRoom] {
    fn len(&self) -> usize {
        <[TrainingRoom]>::len(self)
    }

    fn units(&self, index: usize) -> usize {
        self[index].units.len()
    }

    fn load(&self, index: usize) -> Result<TrainingRoom, HighlightError> {
        Ok(self[index].clone())
    }
}

/// Splits whole rooms into training and validation, at least one to each where there are two; `share` is
/// that of validation.
#[must_use]
pub fn split_rooms<R>(mut rooms: Vec<R>, share: f64, seed: u64) -> (Vec<R>, Vec<R>) {
    rooms.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    let most = rooms.len().saturating_sub(1);
    let held_out = ((rooms.len() as f64 * share).round() as usize).max(1).min(most);
    let validation = rooms.split_off(rooms.len() - held_out);
    (rooms, validation)
}
