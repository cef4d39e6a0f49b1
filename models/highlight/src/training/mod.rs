//! Training a ContentCTR model from rooms whose labels are known.
//!
//! Invariants: the same rooms, settings and seed give the same model on the same machine; validation rooms
//! are scored exactly as a live room would be; nothing is normalised over a room's future.

mod batch;
mod evaluate;
mod rooms;
mod settings;

pub use evaluate::Reached;
pub use rooms::{TrainingRoom, split_rooms};
pub use settings::TrainingConfig;

use crate::losses::{
    AlignmentKeys, alignment_loss, binary_cross_entropy, border_aware_pairwise, cosine_distance,
};
use crate::model::Pass;
use crate::{Config, ContentCtr, Head, HighlightError, streamer_fingerprint};
use batch::Batch;
use candle_core::{D, DType, Device, Tensor};
use candle_nn::ops::sigmoid;
use candle_nn::{AdamW, Optimizer, ParamsAdamW};
use kairos_training::{WarmupCosine, clip_by_global_norm};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

/// How far a training is, after each epoch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// Epoch, from 1.
    pub epoch: usize,
    /// Epochs at most.
    pub epochs: usize,
    /// Mean training loss of the epoch.
    pub loss: f64,
    /// Mean average precision over the validation rooms; `None` where no room has both classes.
    pub average_precision: Option<f64>,
    /// Whether the epoch is the best so far.
    pub best: bool,
}

/// Trains a model on `rooms`, stops when it no longer gets better on `validation`, and calibrates it there.
///
/// # Errors
/// When settings or rooms can't be used, or the loss stops being a number.
pub fn train(
    mut config: Config,
    settings: &TrainingConfig,
    rooms: &[TrainingRoom],
    validation: &[TrainingRoom],
    device: &Device,
    progress: &mut dyn FnMut(&Progress),
) -> Result<(ContentCtr, Reached), HighlightError> {
    settings.validate()?;
    if rooms.is_empty() || validation.is_empty() {
        return Err(HighlightError::Training(String::from(
            "needs rooms to train on and rooms to validate on",
        )));
    }
    config.streamers = rooms.iter().map(|room| streamer_fingerprint(&room.streamer)).collect();
    config.streamers.sort();
    config.streamers.dedup();
    config.calibration.clear();
    let mut model = ContentCtr::new(config, settings.seed, device)?;
    for room in rooms.iter().chain(validation) {
        room.check(&model)?;
    }
    rooms::standardise(&model, rooms)?;

    let mut random = ChaCha8Rng::seed_from_u64(settings.seed);
    let variables = model.parameters().iter().map(|(_, variable)| variable).collect();
    let optimiser = ParamsAdamW { weight_decay: settings.weight_decay, ..ParamsAdamW::default() };
    let mut optimiser = AdamW::new(variables, optimiser)?;
    let schedule = schedule(&model, settings, rooms);
    let mut best = (f64::NEG_INFINITY, 0, model.parameters().snapshot()?);
    let mut step = 0;
    for epoch in 1..=settings.epochs {
        let mut windows = batch::windows(rooms, model.config().look_back, &mut random);
        windows.shuffle(&mut random);
        let (mut sum, mut count) = (0.0, 0_usize);
        for windows in windows.chunks(settings.batch) {
            let batch = Batch::new(&model, rooms, windows, settings, &mut random);
            if batch.labels.iter().all(|label| label.is_nan()) {
                continue;
            }
            optimiser.set_learning_rate(schedule.rate(step));
            step += 1;
            let loss = loss(&model, settings, &batch, &mut random)?;
            let mut gradients = loss.backward()?;
            let norm = clip_by_global_norm(&mut gradients, model.parameters(), settings.clip)?;
            if !norm.is_finite() {
                return Err(HighlightError::Training(format!("gradients of step {step} are not finite")));
            }
            optimiser.step(&gradients)?;
            sum += loss.to_dtype(DType::F64)?.to_scalar::<f64>()?;
            count += 1;
        }
        if count == 0 {
            return Err(HighlightError::Training(String::from("no unit of the training rooms has a label")));
        }
        let found = evaluate::evaluate(&model, validation)?;
        let better = found.goodness() > best.0;
        if better {
            best = (found.goodness(), epoch, model.parameters().snapshot()?);
        }
        let average_precision = found.average_precision;
        let loss = sum / count as f64;
        progress(&Progress { epoch, epochs: settings.epochs, loss, average_precision, best: better });
        if epoch - best.1 >= settings.patience {
            break;
        }
    }
    model.parameters().restore(&best.2)?;
    let calibration = evaluate::calibrate(&model, validation)?;
    model.config_mut().calibration = calibration;
    let mut reached = evaluate::evaluate(&model, validation)?.reached(validation, model.config());
    (reached.epoch, reached.training_rooms) = (best.1, rooms.len());
    Ok((model, reached))
}

fn schedule(model: &ContentCtr, settings: &TrainingConfig, rooms: &[TrainingRoom]) -> WarmupCosine {
    let look_back = model.config().look_back;
    let windows: usize = rooms.iter().map(|room| room.units.len() / look_back + 1).sum();
    let total = windows.div_ceil(settings.batch) * settings.epochs;
    let peak = settings.learning_rate;
    WarmupCosine { peak, floor: peak * 0.05, warmup: settings.warmup.min(total / 4), total }
}

/// `L = BCE + w_p · pairs + w_a · alignment` (ContentCTR, section on training; weights are settings).
fn loss(
    model: &ContentCtr,
    settings: &TrainingConfig,
    batch: &Batch<'_>,
    random: &mut ChaCha8Rng,
) -> Result<Tensor, HighlightError> {
    let config = model.config();
    let aligned = model.projections().aligned(&batch.units(), model.device())?;
    let (rows, n) = (batch.rows, batch.length);
    let units = aligned.units.reshape((rows, n, config.width))?;
    let pass = Pass::training(config.dropout, ChaCha8Rng::from_rng(random));
    let logits = model.logits(&units, &batch.streamers, &pass)?;
    let mut total = Tensor::zeros((), DType::F32, model.device())?;
    for (at, head) in config.outputs.iter().enumerate() {
        let logits = logits.narrow(D::Minus1, at, 1)?.squeeze(D::Minus1)?.contiguous()?;
        match head {
            Head::Ctr => {
                total = (total + binary_cross_entropy(&logits, &batch.labels)?)?;
                let pairs = border_aware_pairwise(&sigmoid(&logits)?, &batch.labels)?;
                total = (total + (pairs * settings.pairwise_weight)?)?;
            }
            Head::Highlight => {
                let binary: Vec<f64> =
                    batch.labels.iter().map(|&y| positive(y, config.positive_from)).collect();
                total = (total + binary_cross_entropy(&logits, &binary)?)?;
            }
        }
    }
    if settings.alignment_weight > 0.0 {
        let (mut sum, mut count) = (Tensor::zeros((), DType::F32, model.device())?, 0_usize);
        for places in batch.both_sides() {
            let places = Tensor::new(places, model.device())?;
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

/// The binary target of a label; unlabelled stays unlabelled.
fn positive(label: f64, from: f64) -> f64 {
    if label.is_nan() {
        f64::NAN
    } else if label >= from {
        1.0
    } else {
        0.0
    }
}
