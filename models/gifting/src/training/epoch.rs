//! Training, epoch by epoch.
//!
//! Invariants: what an epoch does depends on the standing before it alone, so that a training that was killed goes on
//! bit for bit; a batch of examples is held at a time.

use super::TrainingConfig;
use crate::batch::Losing;
use crate::losses::{cross_entropy, log_normal};
use crate::{Example, Examples, GiftingError, Ranker};
use candle_core::{DType, Tensor};
use kairos_training::{AdamW, AdamWSettings, WarmupCosine, clip_by_global_norm};
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;

/// How far a training is.
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
    /// Before the first epoch.
    pub(super) fn fresh(ranker: &Ranker, settings: &TrainingConfig) -> Result<Self, GiftingError> {
        let decay = AdamWSettings { weight_decay: settings.weight_decay, ..AdamWSettings::default() };
        Ok(Self {
            epoch: 0,
            step: 0,
            best: (f64::NEG_INFINITY, 0),
            best_weights: ranker.network.parameters.snapshot()?,
            optimiser: AdamW::new(&ranker.network.parameters, decay)?,
            random: ChaCha8Rng::seed_from_u64(settings.seed),
        })
    }

    /// Whether there is nothing left to do.
    pub(super) const fn is_over(&self, settings: &TrainingConfig) -> bool {
        self.epoch >= settings.epochs || (self.epoch > 0 && self.epoch - self.best.1 >= settings.patience)
    }
}

/// One pass over the training examples; gives the mean loss and the last learning rate.
pub(super) fn epoch(
    ranker: &Ranker,
    settings: &TrainingConfig,
    examples: &dyn Examples,
    standing: &mut Standing,
) -> Result<(f64, f64), GiftingError> {
    let schedule = schedule(settings, examples);
    let random = &mut standing.random;
    let mut order: Vec<usize> = (0..examples.len())
        .filter(|&index| examples.outcome(index).gift || random.random_bool(settings.negatives_kept))
        .collect();
    order.shuffle(random);
    if order.is_empty() {
        return Err(GiftingError::Training(String::from("no example is left after sampling")));
    }
    let (mut sum, mut rate) = (0.0, 0.0);
    for indices in order.chunks(settings.batch) {
        let batch: Vec<Example> =
            indices.iter().map(|&index| examples.load(index)).collect::<Result<_, _>>()?;
        rate = schedule.rate(standing.step);
        standing.step += 1;
        let loss = loss(ranker, settings, &batch, examples, &mut standing.random)?;
        let mut gradients = loss.backward()?;
        let norm = clip_by_global_norm(&mut gradients, &ranker.network.parameters, settings.clip)?;
        if !norm.is_finite() {
            let step = standing.step;
            return Err(GiftingError::Training(format!("gradients of step {step} are not finite")));
        }
        standing.optimiser.step(&gradients, rate)?;
        sum += loss.to_dtype(DType::F64)?.to_scalar::<f64>()? * batch.len() as f64;
    }
    standing.epoch += 1;
    Ok((sum / order.len() as f64, rate))
}

/// Loss of a batch.
fn loss(
    ranker: &Ranker,
    settings: &TrainingConfig,
    batch: &[Example],
    examples: &dyn Examples,
    random: &mut ChaCha8Rng,
) -> Result<Tensor, GiftingError> {
    let mut hidden = ChaCha8Rng::seed_from_u64(random.random());
    let mut drop = |x: Tensor| {
        if settings.dropout == 0.0 {
            return Ok(x);
        }
        let kept = (1.0 / (1.0 - settings.dropout)) as f32;
        let mask = (0..x.elem_count()).map(|_| if hidden.random_bool(settings.dropout) { 0.0 } else { kept });
        let mask = Tensor::from_vec(mask.collect::<Vec<f32>>(), x.shape(), x.device())?;
        &x * mask.to_dtype(x.dtype())?
    };
    let mut losing = Losing { random, ids: settings.id_dropout, modalities: settings.modality_dropout };
    let said = ranker.said(batch, examples.nodes(), Some(&mut losing), &mut drop)?;
    let known = ranker.known(examples.nodes());
    let column =
        |number: &dyn Fn(&Example) -> f32| known.tensor(batch.iter().map(number).collect(), &[batch.len()]);
    let gifts = column(&|example| if example.gift { 1.0 } else { 0.0 })?;
    // Leaving out negatives raises the odds that the batch shows; the network is to learn those of the world.
    let shown = (&said.log_odds - settings.negatives_kept.ln())?;
    let mut loss = cross_entropy(&shown, &gifts)?;
    if settings.value_weight > 0.0 {
        let has_value = |example: &Example| example.gift && example.value > 0.0 && example.value.is_finite();
        let valued = column(&|example| if has_value(example) { 1.0 } else { 0.0 })?;
        let logarithms = column(&|example| if has_value(example) { example.value.ln() } else { 0.0 })?;
        let value = log_normal(&valued, &logarithms, &said.mu, &said.sigma)?;
        loss = (loss + (value * settings.value_weight)?)?;
    }
    Ok(loss)
}

fn schedule(settings: &TrainingConfig, examples: &dyn Examples) -> WarmupCosine {
    let seen = |index: usize| if examples.outcome(index).gift { 1.0 } else { settings.negatives_kept };
    let count = (0..examples.len()).map(seen).sum::<f64>().ceil() as usize;
    let total = count.div_ceil(settings.batch) * settings.epochs;
    let peak = settings.learning_rate;
    WarmupCosine { peak, floor: peak * 0.05, warmup: settings.warmup.min(total / 4), total }
}
