//! Training one member of an ensemble, epoch by epoch.
//!
//! Invariants: what an epoch does depends on the standing before it alone, so that a training that was killed goes on
//! bit for bit; at most a pool of rooms is held at a time.

use super::batch::{self, Batch};
use super::objective::objective;
use super::reached::Epoch;
use super::{Rooms, TrainingConfig, TrainingRoom};
use crate::model::Network;
use crate::{ContentCtr, HighlightError};
use candle_core::backprop::GradStore;
use candle_core::{DType, Tensor};
use kairos_training::{AdamW, AdamWSettings, Sam, WarmupCosine, clip_by_global_norm};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;

/// How far one member is.
pub(super) struct Standing {
    /// Epochs done.
    pub(super) epoch: usize,
    /// Steps done.
    pub(super) step: usize,
    /// Best validation result, and its epoch.
    pub(super) best: (f64, usize),
    /// Weights of that epoch.
    pub(super) best_weights: BTreeMap<String, Tensor>,
    pub(super) optimiser: AdamW,
    pub(super) random: ChaCha8Rng,
}

impl Standing {
    /// Before the first epoch of a member.
    pub(super) fn fresh(
        member: &Network,
        settings: &TrainingConfig,
        seed: u64,
    ) -> Result<Self, HighlightError> {
        let decay = AdamWSettings { weight_decay: settings.weight_decay, ..AdamWSettings::default() };
        Ok(Self {
            epoch: 0,
            step: 0,
            best: (f64::NEG_INFINITY, 0),
            best_weights: member.parameters.snapshot()?,
            optimiser: AdamW::new(&member.parameters, decay)?,
            random: ChaCha8Rng::seed_from_u64(seed),
        })
    }

    /// Whether there is nothing left to do.
    pub(super) const fn is_over(&self, settings: &TrainingConfig) -> bool {
        self.epoch >= settings.epochs || (self.epoch > 0 && self.epoch - self.best.1 >= settings.patience)
    }
}

/// One pass over all training rooms; gives the mean loss and the last learning rate.
pub(super) fn epoch(
    model: &ContentCtr,
    member: &Network,
    settings: &TrainingConfig,
    rooms: &dyn Rooms,
    standing: &mut Standing,
) -> Result<(f64, f64), HighlightError> {
    let schedule = schedule(model, settings, rooms);
    let mut order: Vec<usize> = (0..rooms.len()).collect();
    order.shuffle(&mut standing.random);
    let (mut sum, mut count, mut rate) = (0.0, 0_usize, 0.0);
    for pool in order.chunks(settings.pool_rooms) {
        let pool: Vec<TrainingRoom> =
            pool.iter().map(|&index| rooms.load(index)).collect::<Result<_, _>>()?;
        let mut windows = batch::windows(&pool, model.config().look_back, &mut standing.random);
        windows.shuffle(&mut standing.random);
        for windows in windows.chunks(settings.batch) {
            let batch = Batch::new(model, &pool, windows, settings, &mut standing.random)?;
            if batch.labels.iter().flatten().all(|label| label.is_nan()) {
                continue;
            }
            rate = schedule.rate(standing.step);
            standing.step += 1;
            sum += step(model, member, settings, &batch, rate, standing)?;
            count += 1;
        }
    }
    if count == 0 {
        return Err(HighlightError::Training(String::from("no unit of the training rooms has a label")));
    }
    standing.epoch += 1;
    Ok((sum / count as f64, rate))
}

/// One step; gives the loss before it.
fn step(
    model: &ContentCtr,
    member: &Network,
    settings: &TrainingConfig,
    batch: &Batch,
    rate: f64,
    standing: &mut Standing,
) -> Result<f64, HighlightError> {
    let astray = |step: usize, what: &str| {
        Err(HighlightError::Training(format!("{what} of step {step} are not finite")))
    };
    let again = standing.random.clone();
    let random = &mut standing.random;
    let loss = objective(model.config(), member, settings, batch, random)?;
    let mut gradients = loss.backward()?;
    if settings.sam_rho > 0.0 {
        let mut sam = Sam::new(&member.parameters, settings.sam_rho)?;
        if !sam.climb(&gradients)?.is_finite() {
            return astray(standing.step, "gradients");
        }
        // The same dropout and the same pairs as below, or the climb would be judged by another function.
        let high = objective(model.config(), member, settings, batch, &mut again.clone())?;
        gradients = high.backward()?;
        sam.return_()?;
    }
    if !descend(member, settings, &mut gradients, rate, &mut standing.optimiser)?.is_finite() {
        return astray(standing.step, "gradients");
    }
    Ok(loss.to_dtype(DType::F64)?.to_scalar::<f64>()?)
}

/// Clips the gradients and moves the weights, unless the gradients' norm, which it gives, is not finite.
pub(super) fn descend(
    member: &Network,
    settings: &TrainingConfig,
    gradients: &mut GradStore,
    rate: f64,
    optimiser: &mut AdamW,
) -> candle_core::Result<f64> {
    let norm = clip_by_global_norm(gradients, &member.parameters, settings.clip)?;
    if norm.is_finite() {
        optimiser.step(gradients, rate)?;
    }
    Ok(norm)
}

fn schedule(model: &ContentCtr, settings: &TrainingConfig, rooms: &dyn Rooms) -> WarmupCosine {
    let look_back = model.config().look_back;
    let windows: usize = (0..rooms.len()).map(|index| rooms.units(index) / look_back + 1).sum();
    let total = windows.div_ceil(settings.batch) * settings.epochs;
    let peak = settings.learning_rate;
    WarmupCosine { peak, floor: peak * 0.05, warmup: settings.warmup.min(total / 4), total }
}

/// Takes an epoch's result into the standing.
pub(super) fn judge(
    standing: &mut Standing,
    network: &Network,
    (member, loss, learning_rate): (usize, f64, f64),
    found: &super::evaluate::Found,
) -> Result<Epoch, HighlightError> {
    let best = found.goodness() > standing.best.0;
    if best {
        standing.best = (found.goodness(), standing.epoch);
        standing.best_weights = network.parameters.snapshot()?;
    }
    Ok(Epoch {
        member,
        epoch: standing.epoch,
        loss,
        validation_loss: found.reached.loss,
        average_precision: found.reached.average_precision,
        learning_rate,
        best,
    })
}
