//! `kairos train`.

use std::path::PathBuf;

use candle_core::Device;
use clap::{Parser, Subcommand};
use kairos_highlight::{Config as ModelConfig, TrainingConfig, split_rooms, train};
use rayon::prelude::*;

use super::UsageError;
use crate::config::Config;
use crate::scoring;
use crate::train::{self as rooms, Placing};

/// Models.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Train ContentCTR on recordings (folders with a recording.toml and feedback, or simulated rooms).
    Highlights(Args),
}

/// What to train on.
#[derive(Debug, Parser)]
pub struct Args {
    /// Folder of recordings.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Folder of the checkpoint to write.
    #[arg(long, value_name = "CHECKPOINT")]
    out: PathBuf,
    /// Same seed, same data: the same checkpoint.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Share of rooms kept for validation and calibration.
    #[arg(long, default_value_t = 0.25)]
    validation: f64,
    /// Epochs at most.
    #[arg(long)]
    epochs: Option<usize>,
}

impl Command {
    /// Runs it.
    pub fn run(self, config: Config) -> anyhow::Result<()> {
        let Self::Highlights(args) = self;
        if !(args.validation > 0.0 && args.validation < 1.0) {
            return Err(UsageError(format!("--validation {} is not between 0 and 1", args.validation)).into());
        }
        let found = rooms::recordings_in(&args.data)?;
        eprintln!("reading {} recordings", found.len());
        let read = |placing| {
            found
                .par_iter()
                .map(|path| rooms::training_room(&config, path, placing))
                .collect::<anyhow::Result<Vec<_>>>()
        };
        let (mut training, validation) = split_rooms(read(Placing::Aligned)?, args.validation, args.seed);
        // Until its lag is known a room's comments are not aligned: a model must cope with both.
        let kept: Vec<String> = validation.iter().map(|room| room.name.clone()).collect();
        training.extend(read(Placing::Sent)?.into_iter().filter(|room| !kept.contains(&room.name)));
        let model = ModelConfig {
            inputs: scoring::configured_inputs(&config)?,
            unit_seconds: config.unit().as_secs_f64(),
            label: rooms::LABEL.to_owned(),
            ..ModelConfig::default()
        };
        let mut settings = TrainingConfig { seed: args.seed, ..TrainingConfig::default() };
        if let Some(epochs) = args.epochs {
            settings.epochs = epochs;
        }
        let (model, reached) =
            train(model, &settings, &training, &validation, &Device::Cpu, &mut |progress| {
                let precision =
                    progress.average_precision.map_or_else(|| "-".to_owned(), |ap| format!("{ap:.4}"));
                let best = if progress.best { " best" } else { "" };
                eprintln!(
                    "epoch {}/{}: loss {:.4}, validation AP {precision}{best}",
                    progress.epoch, progress.epochs, progress.loss
                );
            })?;
        let digest = model.save(&args.out, &reached)?;
        println!("{}", serde_json::to_string_pretty(&reached)?);
        println!("checkpoint: {}", args.out.display());
        println!("digest: {digest}");
        Ok(())
    }
}
