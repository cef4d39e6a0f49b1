//! Training a ContentCTR model from rooms whose labels are known.
//!
//! Invariants: the same rooms, settings and seed give the same model on the same machine, resumed or not; validation
//! rooms are scored exactly as a live room would be; nothing is normalised over a room's future.

mod batch;
mod evaluate;
mod member;
mod objective;
mod reached;
#[cfg(test)]
mod reference;
mod rooms;
mod settings;
mod state;
mod survey;

pub use reached::{AtDelay, Epoch, Reached};
pub use rooms::{Rooms, TrainingRoom, split_rooms};
pub use settings::TrainingConfig;

use crate::model::member_seed;
use crate::{Config, ContentCtr, HighlightError, MODALITIES};
use candle_core::Device;
use member::Standing;
use state::State;
use std::path::Path;

/// How far a training is, after each epoch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// Member of the ensemble, from 1.
    pub member: usize,
    /// Members in all.
    pub members: usize,
    /// Epoch of the member, from 1.
    pub epoch: usize,
    /// Epochs at most.
    pub epochs: usize,
    /// Mean training loss of the epoch.
    pub loss: f64,
    /// Cross-entropy on the validation rooms.
    pub validation_loss: Option<f64>,
    /// Mean average precision over the validation rooms and delays; `None` where no room has both classes.
    pub average_precision: Option<f64>,
    /// Whether the epoch is the best so far.
    pub best: bool,
}

/// Trains a model on `rooms`, stops when it no longer gets better on `validation`, and calibrates it there. With a
/// `state` folder, all that training knows is kept there after each epoch, and a training that was killed goes on from
/// there to the very same model; `progress` tells of the epochs that are run, not of those that were.
///
/// # Errors
/// When settings or rooms can't be used, the loss stops being a number, or the state can't be written or belongs to
/// another training.
pub fn train(
    mut config: Config,
    settings: &TrainingConfig,
    rooms: &dyn Rooms,
    validation: &dyn Rooms,
    device: &Device,
    state: Option<&Path>,
    progress: &mut dyn FnMut(&Progress),
) -> Result<(ContentCtr, Reached), HighlightError> {
    settings.validate()?;
    config.streamers.clear();
    config.calibration.clear();
    config.validate()?;
    if rooms.is_empty() || validation.is_empty() {
        return Err(HighlightError::Training(String::from(
            "needs rooms to train on and rooms to validate on",
        )));
    }
    let survey = survey::survey(&config, rooms, validation)?;
    config.streamers = survey.streamers;
    let mut model = ContentCtr::new(config, settings.seed, device)?;
    for (modality, spread) in MODALITIES.iter().zip(&survey.spread) {
        if let Some((mean, deviation)) = spread {
            model.statistics_mut().set(*modality, mean, deviation)?;
        }
    }
    let state = match state {
        Some(folder) => Some(State::new(folder, model.config(), settings, &survey.digest)?),
        None => None,
    };
    let (mut at, mut history, mut resumed) = (0, Vec::new(), None);
    if let Some(state) = &state
        && let Some(found) = state.load(&mut model, settings)?
    {
        (at, history, resumed) = (found.member, found.history, Some(found.standing));
    }
    let members = model.members().len();
    while at < members {
        let network = &model.members()[at];
        let seed = member_seed(settings.seed, at);
        let mut standing = match resumed.take() {
            Some(standing) => standing,
            None => Standing::fresh(network, settings, seed)?,
        };
        while !standing.is_over(settings) {
            let (loss, rate) = member::epoch(&model, network, settings, rooms, &mut standing)?;
            let logits = |room: &TrainingRoom| {
                let units: Vec<_> = room.units.iter().collect();
                model.member_rows(network, &room.streamer, &units)
            };
            let found = evaluate::evaluate(model.config(), validation, &logits)?;
            let epoch = member::judge(&mut standing, network, (at, loss, rate), &found)?;
            history.push(epoch);
            if let Some(state) = &state {
                state.save(&model, at, &standing, &history)?;
            }
            progress(&Progress {
                member: at + 1,
                members,
                epoch: epoch.epoch,
                epochs: settings.epochs,
                loss,
                validation_loss: epoch.validation_loss,
                average_precision: epoch.average_precision,
                best: epoch.best,
            });
        }
        network.parameters.restore(&standing.best_weights)?;
        at += 1;
    }
    let found = evaluate::evaluate(model.config(), validation, &|room| {
        let units: Vec<_> = room.units.iter().collect();
        model.mean_logits(&room.streamer, &units)
    })?;
    model.config_mut().calibration = found.calibration(model.config());
    let mut reached = found.reached;
    reached.training_rooms = rooms.len();
    reached.epoch = history
        .iter()
        .filter(|epoch| epoch.member == 0 && epoch.best)
        .map(|e| e.epoch)
        .next_back()
        .unwrap_or(0);
    reached.history = history;
    Ok((model, reached))
}
