//! `kairos train highlights`.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Context;
use clap::Parser;
use kairos_highlight::{ContentCtr, Progress, Reached, train};

use super::UsageError;
use crate::config::Config;
use crate::scoring::LEXICON_FILE;
use crate::speech::Speech;
use crate::train::{self, Ablation, HeldOut, Outcome, Plan};

/// What to train on.
#[derive(Debug, Parser)]
pub struct Args {
    /// Folder of recordings and chats, or of a data set. May be given more than once.
    #[arg(long, value_name = "DIR", required = true)]
    data: Vec<PathBuf>,
    /// Labels of the chats: per second (video, sec, highlight) or intervals (video, start_s, end_s).
    #[arg(long, value_name = "FILE")]
    labels: Option<PathBuf>,
    /// Folder of the checkpoint to write.
    #[arg(long, value_name = "CHECKPOINT")]
    out: PathBuf,
    /// Same seed, same data: the same checkpoint.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Share of rooms kept for validation and calibration.
    #[arg(long, default_value_t = 0.25, conflicts_with = "validate")]
    validation: f64,
    /// Validate on the rooms whose name contains this instead.
    #[arg(long, value_name = "TEXT")]
    validate: Option<String>,
    /// Epochs at most.
    #[arg(long)]
    epochs: Option<usize>,
    /// After validation train once more on all rooms; metrics and calibration stay those of the first training.
    #[arg(long)]
    refit: bool,
    /// Leave a part out.
    #[arg(long, value_enum)]
    without: Option<Ablation>,
    /// Train once more without each part in turn and print the table. The checkpoint is the whole model.
    #[arg(long, conflicts_with = "without")]
    ablations: bool,
    /// Folder that remembers an unfinished training; the same command goes on from there.
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
}

impl Args {
    /// Runs it.
    pub fn run(&self, config: Config) -> anyhow::Result<()> {
        if !(self.validation > 0.0 && self.validation < 1.0) {
            return Err(UsageError(format!("--validation {} is not between 0 and 1", self.validation)).into());
        }
        let mut model = config.train.model.clone();
        let mut training = config.train.training.clone();
        training.seed = self.seed;
        if let Some(epochs) = self.epochs {
            training.epochs = epochs;
        }
        if let [folder] = self.data.as_slice()
            && train::is_dataset(folder)
        {
            return self.run_dataset(&config, folder, model, &training);
        }
        model.unit_seconds = config.unit().as_secs_f64();
        model.label = String::from(
            "highlight of the second where it is labelled; smoothed CTR against the room's own range where there is \
             feedback; interest where the room is simulated",
        );
        #[allow(clippy::disallowed_methods, reason = "tells whoever waits how long it took; in no result")]
        let begun = Instant::now();
        let speech = Speech::open(&config, false)?;
        let examples = train::examples(&config, speech.as_ref(), &model, &self.data, self.labels.as_deref())?;
        let rooms: std::collections::BTreeSet<&str> = examples.iter().map(|e| e.room.as_str()).collect();
        eprintln!("{} rooms read in {:.0} s", rooms.len(), begun.elapsed().as_secs_f64());
        let held_out = match &self.validate {
            Some(text) => HeldOut::Matching(text.clone()),
            None => HeldOut::Share(self.validation),
        };
        let device = config.compute.open()?;
        let plan = Plan {
            config,
            speech,
            model,
            training,
            held_out,
            refit: self.refit,
            ablation: self.without,
            state: self.state.clone(),
            device,
        };
        let others = if self.ablations { Ablation::ALL.to_vec() } else { Vec::new() };
        let kept = (!others.is_empty()).then(|| examples.clone());
        let outcome = plan.run(examples, &mut show)?;
        self.save(&outcome)?;
        eprintln!("trained in {:.0} s", begun.elapsed().as_secs_f64());
        if let Some(examples) = kept {
            let mut table = vec![(String::from("whole"), outcome.reached)];
            for ablation in others {
                eprintln!("{ablation}");
                let plan = Plan { refit: false, ablation: Some(ablation), state: None, ..plan.clone() };
                table.push((ablation.to_string(), plan.run(examples.clone(), &mut show)?.reached));
            }
            print_ablations(&self.out, &table)?;
        }
        Ok(())
    }

    fn run_dataset(
        &self,
        config: &Config,
        folder: &Path,
        model: kairos_highlight::Config,
        training: &kairos_highlight::TrainingConfig,
    ) -> anyhow::Result<()> {
        // One label per long unit: there is nothing to decide later about.
        let model = kairos_highlight::Config { delays: vec![0.0], ..model };
        let spool = tempfile::tempdir().context("a folder for the rooms of the data set")?;
        let found = train::spool(folder, spool.path(), &model, self.validation)?;
        eprintln!("{:?}: units of {} s", found.layout, found.unit_seconds);
        let model = kairos_highlight::Config {
            inputs: found.inputs,
            unit_seconds: found.unit_seconds,
            label: format!("{:?}", found.layout).to_lowercase(),
            ..model
        };
        let (model, reached) = train(
            model,
            training,
            &found.training,
            &found.validation,
            &config.compute.open()?,
            self.state.as_deref(),
            &mut show,
        )?;
        self.save(&Outcome { model, reached, lexicon: None })
    }

    fn save(&self, outcome: &Outcome) -> anyhow::Result<()> {
        let digest = outcome.model.save(&self.out, &outcome.reached)?;
        match &outcome.lexicon {
            Some(lexicon) => lexicon.write(&self.out.join(LEXICON_FILE))?,
            // Of an earlier checkpoint in the same folder.
            None => remove(&self.out.join(LEXICON_FILE))?,
        }
        let data: Vec<String> = self.data.iter().map(|folder| crate::track::name_of(folder)).collect();
        let refit = if self.refit { ", then trained once more on all rooms" } else { "" };
        let note = format!("Trained on {} with seed {}{refit}.", data.join(", "), self.seed);
        train::write_card(&self.out, &outcome.model, &outcome.reached, &note)?;
        print_reached(&outcome.model, &outcome.reached);
        println!("checkpoint: {}", self.out.display());
        println!("digest: {digest}");
        Ok(())
    }
}

fn remove(file: &Path) -> anyhow::Result<()> {
    match std::fs::remove_file(file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| file.display().to_string())
        }
        _ => Ok(()),
    }
}

fn show(progress: &Progress) {
    let or = |value: Option<f64>| value.map_or_else(|| String::from("-"), |value| format!("{value:.4}"));
    eprintln!(
        "network {}/{}, epoch {}/{}: loss {:.4}, validation loss {}, AP {}{}",
        progress.member,
        progress.members,
        progress.epoch,
        progress.epochs,
        progress.loss,
        or(progress.validation_loss),
        or(progress.average_precision),
        if progress.best { " best" } else { "" }
    );
}

fn print_reached(model: &ContentCtr, reached: &Reached) {
    let or = |value: Option<f64>| value.map_or_else(|| String::from("-"), |value| format!("{value:.3}"));
    println!("delay\tmAP\tmessages of 7 s\tAUC\ttau-b");
    for at in &reached.delays {
        println!(
            "{}\t{}\t{}\t{}\t{}",
            at.seconds,
            or(at.average_precision),
            or(at.baseline_average_precision),
            or(at.roc_auc),
            or(at.kendall_tau_b)
        );
    }
    println!("{} rooms held out, {} trained on", reached.validation_rooms, reached.training_rooms);
    tracing::info!(config = ?model.config(), "trained");
}

fn print_ablations(out: &Path, table: &[(String, Reached)]) -> anyhow::Result<()> {
    let or = |value: Option<f64>| value.map_or_else(|| String::from("-"), |value| format!("{value:.3}"));
    let mut text = String::from("variant\tdelay\tmAP\tAUC\ttau-b\n");
    for (variant, reached) in table {
        for at in &reached.delays {
            let cells = [at.average_precision, at.roc_auc, at.kendall_tau_b].map(or).join("\t");
            text.push_str(&format!("{variant}\t{}\t{cells}\n", at.seconds));
        }
    }
    print!("{text}");
    let file = out.join("ablations.tsv");
    std::fs::write(&file, text).with_context(|| file.display().to_string())
}
