//! `kairos train gifting`.

use std::path::PathBuf;

use clap::Parser;
use kairos_datasets::gifting::Layout;
use kairos_representation::Kind;

use super::UsageError;
use crate::config::Config;
use crate::gift::{recordings, training as rooms};
use crate::gifting::config::kind_named;
use crate::gifting::{Progress, interactions, live};

/// What to train on.
#[derive(Debug, Parser)]
pub struct Args {
    /// Folder: train.tsv with user and item (value, time, val.tsv, test.tsv, friends.tsv, *_feat.npy are optional), or
    /// KuaiLive's layout, or recordings with gifts.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Folder of the checkpoint to write.
    #[arg(long, value_name = "CHECKPOINT")]
    out: PathBuf,
    /// Same seed, same data: the same checkpoint.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Train with so many seeds from --seed on for means and deviations in the table. The checkpoint is the first.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=100))]
    seeds: u64,
    /// Kind of model: popularity, ease, graph-filter, lightgcn, sim, graphcl or mmbee. Without it the configured one.
    #[arg(long, value_parser = kind_named)]
    model: Option<Kind>,
    /// Train the baselines too and print all of them in one table, kept as baselines.md and .json.
    #[arg(long)]
    baselines: bool,
    /// Train once more without each part in turn, for the same table.
    #[arg(long)]
    ablations: bool,
    /// After choosing train once more with the rows that chose (val.tsv); metrics stay those of the first training.
    #[arg(long)]
    refit: bool,
}

impl Args {
    /// Runs it.
    pub fn run(&self, config: &Config) -> anyhow::Result<()> {
        if recordings::are_in(&self.data) {
            return self.run_rooms(config);
        }
        let mut progress = Progress::new();
        match Layout::of(&self.data)? {
            Layout::Interactions => self.run_interactions(config, &mut progress),
            Layout::KuaiLive => self.run_live(config, &mut progress),
        }
    }

    fn run_interactions(&self, config: &Config, progress: &mut Progress) -> anyhow::Result<()> {
        let config = config.gifting.interactions.clone();
        let plan = interactions::Plan {
            kind: self.model.unwrap_or(config.model),
            config,
            seed: self.seed,
            seeds: self.seeds,
            refit: self.refit,
            baselines: self.baselines,
            ablations: self.ablations,
        };
        let outcome = plan.run(&self.data, &self.out, progress)?;
        self.tell(&outcome.table, &outcome.note, &outcome.digest);
        Ok(())
    }

    fn run_live(&self, config: &Config, progress: &mut Progress) -> anyhow::Result<()> {
        let whole = match self.model {
            None | Some(Kind::Mmbee) => live::Whole::Mmbee,
            Some(Kind::Sim) => live::Whole::Sim,
            Some(other) => {
                let message =
                    format!("--model {other}: with KuaiLive's layout it is mmbee or sim (try --baselines)");
                return Err(UsageError(message).into());
            }
        };
        if self.refit {
            let message = "--refit: with KuaiLive's layout the visits that chose also calibrate, they can't be trained on";
            return Err(UsageError(message.to_owned()).into());
        }
        let plan = live::Plan {
            config,
            whole,
            seed: self.seed,
            seeds: self.seeds,
            baselines: self.baselines,
            ablations: self.ablations,
        };
        let outcome = plan.run(&self.data, &self.out, progress)?;
        self.tell(&outcome.table, &outcome.note, &outcome.digest);
        Ok(())
    }

    fn run_rooms(&self, config: &Config) -> anyhow::Result<()> {
        let chosen = self.model.is_some_and(|model| model != Kind::Mmbee);
        if chosen || self.seeds > 1 || self.baselines || self.ablations || self.refit {
            let message =
                "recordings train one model, mmbee, judged beside plain rules: of the options --seed is read";
            return Err(UsageError(message.to_owned()).into());
        }
        let plan = rooms::Plan {
            data: vec![self.data.clone()],
            out: self.out.clone(),
            seed: self.seed,
            validation: 0.25,
            epochs: 20,
        };
        let (digest, _) = rooms::train(config, &plan, &mut |what| eprintln!("{what}"))?;
        let card = std::fs::read_to_string(self.out.join("README.md"))?;
        self.tell(&card, "Recordings: the live path, judged on the last quarter of the rooms.", &digest);
        Ok(())
    }

    fn tell(&self, table: &str, note: &str, digest: &str) {
        println!("{table}");
        println!("{note}");
        println!("checkpoint: {}", self.out.display());
        println!("digest: {digest}");
    }
}
