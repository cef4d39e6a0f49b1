//! What training makes small: `L = BCE + w_p · pairs + w_a · alignment`, and terms that are off by default.
//!
//! Invariants: every term is a mean over the decision delays, so that more delays don't weigh more.

use super::TrainingConfig;
use super::batch::Batch;
use crate::losses::{
    AlignmentKeys, alignment_loss, binary_cross_entropy, border_aware_pairwise, cosine_distance,
    first_difference, listwise_cross_entropy, live_mean,
};
use crate::model::{Network, Pass};
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
    let (rows, n) = (batch.rows, batch.length);
    let aligned = network.projections.aligned(&batch.inputs, rows * n)?;
    let units = aligned.units.reshape((rows, n, config.width))?;
    let pass = Pass::training(config.dropout, ChaCha8Rng::from_rng(random));
    let logits = network.logits(&units, &batch.streamers, &pass)?;
    let mut total = Tensor::zeros((), DType::F32, units.device())?;
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
    if settings.alignment_weight > 0.0 {
        let (mut sum, mut count) = (Tensor::zeros((), DType::F32, units.device())?, 0_usize);
        for places in &batch.both_sides {
            let places = Tensor::new(places.as_slice(), units.device())?;
            let (text, frames) =
                (aligned.said.index_select(&places, 0)?, aligned.visual.index_select(&places, 0)?);
            let similarity = cosine_distance(&text, &frames)?.affine(-1.0, 1.0)?.detach();
            let similarity: Vec<f64> = similarity.to_dtype(DType::F64)?.flatten_all()?.to_vec1()?;
            if let Some(keys) = AlignmentKeys::draw(&similarity, places.elem_count(), random) {
                sum = (sum + alignment_loss(&text, &frames, &keys, settings.positive)?)?;
                count += 1;
            }
        }
        if count > 0 {
            total = (total + (sum * (settings.alignment_weight / count as f64))?)?;
        }
    }
    Ok(total)
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
