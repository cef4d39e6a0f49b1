//! What training makes small: `L = BCE + w_p · pairs + w_a · alignment`, and terms that are off by default.
//!
//! Invariants: every term is a mean over the decision delays, so that more delays don't weigh more.

use super::TrainingConfig;
use super::batch::Batch;
use crate::losses::{
    AlignmentKeys, alignment_loss, binary_cross_entropy, border_aware_pairwise, cosine_distance,
    first_difference, listwise_cross_entropy, live_mean,
};
use crate::model::{Aligned, Network, Pass};
use crate::{Config, Head, HighlightError};
use candle_core::{D, DType, Tensor};
use candle_nn::ops::sigmoid;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// The loss of one batch (ContentCTR, section on training; weights are settings).
pub(super) fn objective(
    config: &Config,
    network: &Network,
    settings: &TrainingConfig,
    batch: &Batch,
    random: &mut ChaCha8Rng,
) -> Result<Tensor, HighlightError> {
    let pass = Pass::training(config.dropout, ChaCha8Rng::from_rng(random));
    let terms = terms(config, network, settings, batch, &pass, &mut |similarity, n| {
        AlignmentKeys::draw(similarity, n, random)
    })?;
    Ok((terms.units + terms.alignment)?)
}

/// What the loss is the sum of, weights and all.
pub(super) struct Terms {
    /// Of all heads and delays, from logits and labels.
    pub(super) units: Tensor,
    /// Of both sides of each window.
    pub(super) alignment: Tensor,
    /// `[windows, units, heads · delays]`.
    #[cfg(test)]
    pub(super) logits: Tensor,
}

/// The terms of one batch; `keys` chooses the alignment's keys of each window from its similarities `n · n`.
pub(super) fn terms(
    config: &Config,
    network: &Network,
    settings: &TrainingConfig,
    batch: &Batch,
    pass: &Pass,
    keys: &mut dyn FnMut(&[f64], usize) -> Option<AlignmentKeys>,
) -> Result<Terms, HighlightError> {
    let (rows, n) = (batch.rows, batch.length);
    let aligned = network.projections.aligned(&batch.inputs, rows * n)?;
    let units = aligned.units.reshape((rows, n, config.width))?;
    let logits = network.logits(&units, &batch.streamers, pass)?;
    Ok(Terms {
        units: unit_terms(config, settings, batch, &logits)?,
        alignment: alignment_term(settings, batch, &aligned, keys)?,
        #[cfg(test)]
        logits,
    })
}

fn unit_terms(
    config: &Config,
    settings: &TrainingConfig,
    batch: &Batch,
    logits: &Tensor,
) -> candle_core::Result<Tensor> {
    let mut total = Tensor::zeros((), DType::F32, logits.device())?;
    let delays = config.delays.len();
    let share = 1.0 / delays as f64;
    for (at, head) in config.outputs.iter().enumerate() {
        for (delay, labels) in batch.labels.iter().enumerate() {
            let logits = logits.narrow(D::Minus1, at * delays + delay, 1)?;
            let logits = logits.squeeze(D::Minus1)?.contiguous()?;
            let term = match head {
                Head::Ctr => rate_terms(settings, &logits, labels, &batch.room_means[delay])?,
                Head::Highlight => {
                    let binary: Vec<f64> =
                        labels.iter().map(|&y| positive(y, config.positive_from)).collect();
                    binary_cross_entropy(&logits, &binary)?
                }
            };
            total = (total + (term * share)?)?;
        }
    }
    Ok(total)
}

fn alignment_term(
    settings: &TrainingConfig,
    batch: &Batch,
    aligned: &Aligned,
    keys: &mut dyn FnMut(&[f64], usize) -> Option<AlignmentKeys>,
) -> candle_core::Result<Tensor> {
    let device = aligned.units.device();
    let mut losses = Vec::new();
    if settings.alignment_weight > 0.0 {
        for places in batch.both_sides.iter().filter(|places| places.len() > 1) {
            let places = Tensor::new(places.as_slice(), device)?;
            let (text, frames) =
                (aligned.said.index_select(&places, 0)?, aligned.visual.index_select(&places, 0)?);
            let similarity = cosine_distance(&text.detach(), &frames.detach())?.affine(-1.0, 1.0)?;
            let similarity: Vec<f64> = similarity.to_dtype(DType::F64)?.flatten_all()?.to_vec1()?;
            if let Some(keys) = keys(&similarity, places.elem_count()) {
                losses.push(alignment_loss(&text, &frames, &keys, settings.positive)?);
            }
        }
    }
    if losses.is_empty() {
        return Tensor::zeros((), DType::F32, device);
    }
    Tensor::stack(&losses, 0)?.mean_all()? * settings.alignment_weight
}

/// Terms of the continuous label at one delay.
fn rate_terms(
    settings: &TrainingConfig,
    logits: &Tensor,
    labels: &[f64],
    room_means: &[f64],
) -> candle_core::Result<Tensor> {
    let scores = sigmoid(logits)?;
    let mut total = binary_cross_entropy(logits, labels)?;
    if settings.pairwise_weight > 0.0 {
        total = (total + (border_aware_pairwise(&scores, labels)? * settings.pairwise_weight)?)?;
    }
    if settings.listwise_weight > 0.0 {
        total = (total + (listwise_cross_entropy(&scores, labels)? * settings.listwise_weight)?)?;
    }
    if settings.difference_weight > 0.0 {
        let term = first_difference(&scores, labels, settings.difference)?;
        total = (total + (term * settings.difference_weight)?)?;
    }
    if settings.live_mean_weight > 0.0 {
        total = (total + (live_mean(&scores, labels, room_means)? * settings.live_mean_weight)?)?;
    }
    Ok(total)
}

/// The binary target of a label; unlabelled stays unlabelled.
pub(super) fn positive(label: f64, from: f64) -> f64 {
    if label.is_nan() {
        f64::NAN
    } else if label >= from {
        1.0
    } else {
        0.0
    }
}
