//! Training a ranker from examples whose outcomes are known.
//!
//! Invariants: the same examples, settings and seed give the same ranker on the same machine, resumed or not;
//! validation examples are predicted exactly as live ones would be.

mod epoch;
mod evaluate;
mod reached;
mod settings;
mod state;
mod survey;

pub use evaluate::evaluate;
pub use reached::{Epoch, Reached};
pub use settings::TrainingConfig;

use crate::{Config, Examples, GiftingError, Ranker};
use candle_core::Device;
use epoch::Standing;
use state::State;
use std::path::Path;

/// How far a training is, after each epoch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// Epoch, from 1.
    pub epoch: usize,
    /// Epochs at most.
    pub epochs: usize,
    /// Mean training loss of the epoch.
    pub loss: f64,
    /// Cross-entropy on the validation examples.
    pub validation_loss: Option<f64>,
    /// GAUC by user on the validation examples; `None` where no user has both outcomes.
    pub gauc: Option<f64>,
    /// Whether the epoch is the best so far.
    pub best: bool,
}

/// Trains a ranker on `examples`, stops when it no longer gets better on `validation`, and calibrates it there. With a
/// `state` folder, all that training knows is kept there after each epoch, and a training that was killed goes on from
/// there to the very same ranker; `progress` tells of the epochs that are run, not of those that were.
///
/// # Errors
/// When settings or examples can't be used, the loss stops being a number, or the state can't be written or belongs to
/// another training.
pub fn train(
    mut config: Config,
    settings: &TrainingConfig,
    examples: &dyn Examples,
    validation: &dyn Examples,
    device: &Device,
    state: Option<&Path>,
    progress: &mut dyn FnMut(&Progress),
) -> Result<(Ranker, Reached), GiftingError> {
    settings.validate()?;
    config.outcomes = crate::OutcomeStatistics::default();
    config.calibration = crate::Calibration::default();
    config.validate()?;
    if examples.is_empty() || validation.is_empty() {
        return Err(GiftingError::Training(String::from(
            "needs examples to train on and examples to validate on",
        )));
    }
    let survey = survey::survey(&config, settings, examples, validation)?;
    config.outcomes = survey.outcomes;
    let mut ranker = Ranker::new(config, settings.seed, device)?;
    (ranker.streamers, ranker.users) = (survey.streamers, survey.users);
    let state = match state {
        Some(folder) => Some(State::new(folder, ranker.config(), settings, &survey.digest)?),
        None => None,
    };
    let (mut standing, mut history) = (Standing::fresh(&ranker, settings)?, Vec::new());
    if let Some(state) = &state
        && let Some(found) = state.load(&mut ranker, settings)?
    {
        (standing, history) = found;
    }
    while !standing.is_over(settings) {
        let (loss, rate) = epoch::epoch(&ranker, settings, examples, &mut standing)?;
        let found = evaluate::evaluate(&ranker, validation)?;
        let best = found.goodness() > standing.best.0;
        if best {
            standing.best = (found.goodness(), standing.epoch);
            standing.best_weights = ranker.network.parameters.snapshot()?;
        }
        let epoch = Epoch {
            epoch: standing.epoch,
            loss,
            validation_loss: found.log_loss,
            gauc: found.gauc,
            learning_rate: rate,
            best,
        };
        history.push(epoch);
        if let Some(state) = &state {
            state.save(&ranker, &standing, &history)?;
        }
        let Epoch { epoch, validation_loss, gauc, .. } = epoch;
        progress(&Progress { epoch, epochs: settings.epochs, loss, validation_loss, gauc, best });
    }
    ranker.network.parameters.restore(&standing.best_weights)?;
    let calibration = evaluate::calibration(&ranker, validation)?;
    ranker.config_mut().calibration = calibration;
    let mut reached = evaluate::evaluate(&ranker, validation)?;
    ranker.config_mut().calibration = calibration.with_negatives_kept(settings.negatives_kept_before);
    reached.training_examples = examples.len();
    reached.epoch = standing.best.1;
    reached.history = history;
    Ok((ranker, reached))
}
