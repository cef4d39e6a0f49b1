//! Training the ranker of a room's viewers, and what stands beside its weights.
//!
//! Invariants: ids get no row of their own, since a viewer of one platform says nothing about one of another; what is
//! judged by is later than what is learned from; the same recordings, configuration and seed give the same bytes.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use candle_core::Device;
use kairos_gifting::{
    Config as RankerConfig, Examples, Fusion, History, Progress, Reached, Search, TrainingConfig,
};
use kairos_training::metrics::{log_loss, roc_auc};
use serde::{Deserialize, Serialize};

use super::model::{INPUTS_FILE, RoomInputs};
use super::recordings::{Drawing, Drawn, draw};
use crate::config::Config;
use crate::scoring::Model;

/// What to train on, and how.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Folders of recordings.
    pub data: Vec<PathBuf>,
    /// Folder of the checkpoint.
    pub out: PathBuf,
    /// Same seed, same data: the same checkpoint.
    pub seed: u64,
    /// Share of rooms, the last ones, to judge by.
    pub validation: f64,
    /// Epochs at most.
    pub epochs: usize,
}

/// What the ranker and plain rules reach on the rooms held out, on the pairs that were drawn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RoomMetrics {
    /// The ranker.
    pub ranker: Reached,
    /// Cross-entropy of the share of gifts in training, told of everybody.
    pub base_rate_log_loss: Option<f64>,
    /// Area under the ROC curve by who came in last.
    pub newest_first_auc: Option<f64>,
    /// Area under the ROC curve by gifts in this room so far.
    pub givers_first_auc: Option<f64>,
    /// The ranker without content, history and graph: side features and rules of thumb alone.
    pub without_content_auc: Option<f64>,
    /// Rooms trained on and held out.
    pub rooms: [usize; 2],
    /// Whether every room is made by a simulator.
    pub simulated: bool,
    /// Pairs of a viewer and a unit before any were left out.
    pub pairs: usize,
    /// Share of those without a gift that was kept.
    pub negatives_kept: f64,
}

/// Seconds after a unit's end within which a gift counts.
pub const HORIZON_S: u32 = 10;
/// Share of the pairs without a gift that is learned from.
const NEGATIVES_KEPT: f64 = 0.05;

/// Trains, judges and writes a checkpoint; its digest and what it reached.
///
/// # Errors
/// If a recording can't be read, there is no gift to learn from, or the checkpoint can't be written.
pub fn train(
    config: &Config,
    plan: &Plan,
    say: &mut dyn FnMut(&str),
) -> anyhow::Result<(String, RoomMetrics)> {
    let model = Model::load(config)?;
    let inputs = RoomInputs::new(config, &model.model().config().inputs, HORIZON_S);
    let drawing = Drawing { horizon_s: HORIZON_S, negatives_kept: NEGATIVES_KEPT, seed: plan.seed };
    let drawn = draw(config, &plan.data, &drawing, plan.validation, &mut |room, at, of| {
        say(&format!("read {room} ({at} of {of})"));
    })?;
    for (examples, what) in [(&drawn.training, "rooms to train on"), (&drawn.validation, "rooms to judge by")]
    {
        if !examples.all().iter().any(|example| example.gift) {
            bail!("nothing to learn: the {what} have no gift of a viewer who was there before");
        }
    }
    say(&format!(
        "{} examples to train on, {} to judge by, of {} pairs and {} gifts",
        drawn.training.len(),
        drawn.validation.len(),
        drawn.pairs,
        drawn.gifts
    ));
    let shape = inputs.ranker(architecture());
    let settings = TrainingConfig {
        seed: plan.seed,
        epochs: plan.epochs,
        patience: 4,
        negatives_kept: 0.25,
        negatives_kept_before: NEGATIVES_KEPT,
        least_seen: usize::MAX,
        modality_dropout: 0.3,
        dropout: 0.2,
        weight_decay: 0.05,
        learning_rate: 1e-3,
        ..TrainingConfig::default()
    };
    let mut show = |progress: &Progress| say(&shown(progress));
    let fit = |shape: RankerConfig, show: &mut dyn FnMut(&Progress)| {
        let (training, validation) = (&drawn.training, &drawn.validation);
        kairos_gifting::train(shape, &settings, training, validation, &Device::Cpu, None, show)
    };
    let (ranker, reached) = fit(shape.clone(), &mut show)?;
    let (_, plain) = fit(shape.sim(), &mut |_| ())?;
    let metrics = measured(&drawn, reached, plain.auc);
    let digest = ranker.save(&plan.out, &metrics)?;
    write(&plan.out, INPUTS_FILE, &serde_json::to_string_pretty(&inputs)?)?;
    write(&plan.out, "README.md", &card(&inputs, &metrics, &digest))?;
    Ok((digest, metrics))
}

fn write(folder: &Path, name: &str, text: &str) -> anyhow::Result<()> {
    std::fs::write(folder.join(name), text).with_context(|| format!("{name} in {}", folder.display()))
}

/// Small: a few hundred gifts teach no more.
fn architecture() -> RankerConfig {
    RankerConfig {
        width: 8,
        heads: 2,
        streamer_slots: 1,
        user_slots: 1,
        history: History::Search { by: Search::Category, top: 16 },
        longest_history: 64,
        neighbours: 8,
        fusion: Fusion { width: 16, heads: 2, queries: 2, feed_forward: 32, ..Fusion::default() },
        hidden: [32, 16],
        ..RankerConfig::default()
    }
}

fn shown(progress: &Progress) -> String {
    let or = |value: Option<f64>| value.map_or_else(|| String::from("-"), |value| format!("{value:.4}"));
    let Progress { epoch, loss, validation_loss, gauc, best, .. } = progress;
    let (loss_held_out, gauc) = (or(*validation_loss), or(*gauc));
    format!(
        "epoch {epoch}: loss {loss:.4}, held out {loss_held_out}, GAUC {gauc}{}",
        if *best { " *" } else { "" }
    )
}

fn measured(drawn: &Drawn, ranker: Reached, without_content_auc: Option<f64>) -> RoomMetrics {
    let held_out = drawn.validation.all();
    let gifts: Vec<bool> = held_out.iter().map(|example| example.gift).collect();
    let of_pair = |place: usize| -> Vec<f64> {
        held_out.iter().map(|example| example.pair_side.get(place).copied().map_or(0.0, f64::from)).collect()
    };
    let training = drawn.training.all();
    let rate = training.iter().filter(|example| example.gift).count() as f64 / training.len().max(1) as f64;
    RoomMetrics {
        ranker,
        base_rate_log_loss: log_loss(&vec![rate; gifts.len()], &gifts),
        newest_first_auc: roc_auc(&of_pair(2), &gifts),
        givers_first_auc: roc_auc(&of_pair(7), &gifts),
        without_content_auc,
        rooms: [drawn.rooms - drawn.held_out, drawn.held_out],
        simulated: drawn.simulated,
        pairs: drawn.pairs,
        negatives_kept: NEGATIVES_KEPT,
    }
}

fn card(inputs: &RoomInputs, metrics: &RoomMetrics, digest: &str) -> String {
    let or = |value: Option<f64>| value.map_or_else(|| String::from("-"), |value| format!("{value:.3}"));
    let RoomMetrics { ranker, rooms, pairs, negatives_kept, .. } = metrics;
    let mut text = format!(
        "# {} of a room's viewers\n\nRanks who is present by the chance of a gift within {} s of the end of a unit of {} \
         ms. Trained on {} rooms, judged on {} later ones; {pairs} pairs of a viewer and a unit, of which all with a \
         gift and {:.0} % of the others are learned from. Digest `{digest}`.\n\nIt knows nobody by id: what counts is \
         what a viewer did here and before, the gift graph around viewer and streamer, and what is seen and said. The \
         encoders are those of the highlight model (`{INPUTS_FILE}`).\n\n",
        kairos_gifting::KIND,
        inputs.horizon_s,
        inputs.unit_ms,
        rooms[0],
        rooms[1],
        100.0 * negatives_kept,
    );
    let rows = [
        ("this ranker", or(ranker.auc), or(ranker.log_loss)),
        (
            "the same without content and graph (plain SIM)",
            or(metrics.without_content_auc),
            String::from("-"),
        ),
        ("who came in last first", or(metrics.newest_first_auc), String::from("-")),
        ("who gave here before first", or(metrics.givers_first_auc), String::from("-")),
        ("base rate for everybody", String::from("0.500"), or(metrics.base_rate_log_loss)),
    ];
    text.push_str("| rooms held out, pairs drawn | AUC | cross-entropy |\n|---|---|---|\n");
    for (name, auc, loss) in rows {
        // Writing to a string can't fail.
        writeln!(text, "| {name} | {auc} | {loss} |").ok();
    }
    write!(
        text,
        "\n{} pairs held out, {} with a gift; GAUC by viewer {}, calibration error {}, mean predicted by observed {}.\n",
        ranker.examples,
        ranker.gifts,
        or(ranker.gauc),
        or(ranker.calibration_error),
        or(ranker.predicted_to_observed),
    )
    .ok();
    if metrics.simulated {
        text.push_str(
            "\nAll rooms are simulated. Their viewers give a few seconds after they come in, more often while something \
             happens, and some give more readily than others, everywhere alike: that is what there is to learn. They have no \
             taste for one streamer over another, so the graph carries no more than who gives at all; train on real rooms \
             before its paths mean anything.\n",
        );
    }
    text
}
