//! `kairos eval gifting`.

use std::path::PathBuf;

use clap::Parser;
use kairos_datasets::gifting::Layout;

use crate::config::Config;
use crate::gifting::{interactions, live};

/// What to judge.
#[derive(Debug, Parser)]
pub struct Args {
    /// Folder: train.tsv (val.tsv and test.tsv are judged where they are), or KuaiLive's layout.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Checkpoint of `kairos train gifting`.
    #[arg(long, value_name = "CHECKPOINT")]
    checkpoint: PathBuf,
    /// Items per user.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    top: u32,
    /// Where to write user, rank (from 1), item, score; in KuaiLive's layout the predictions.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Metrics as one JSON object.
    #[arg(long)]
    json: bool,
}

impl Args {
    /// Runs it.
    pub fn run(&self, config: &Config) -> anyhow::Result<()> {
        match Layout::of(&self.data)? {
            Layout::Interactions => self.run_interactions(),
            Layout::KuaiLive => self.run_live(config),
        }
    }

    fn run_live(&self, config: &Config) -> anyhow::Result<()> {
        let done = live::predict(config, &self.data, &self.checkpoint, &self.out)?;
        let scores = &done.scores;
        if self.json {
            println!("{}", serde_json::json!({ "digest": done.digest, "scores": scores }));
            return Ok(());
        }
        println!("{} visits after training, {} with a gift", scores.visits, scores.gifts);
        for (name, value) in [
            ("AUC", scores.auc),
            ("UAUC", scores.uauc),
            ("GAUC", scores.gauc),
            ("NDCG@10", scores.ndcg_at_10),
            ("log loss", scores.log_loss),
            ("calibration error", scores.calibration_error),
            ("predicted to observed", scores.predicted_to_observed),
            ("value MAE", scores.value_mae),
            ("value RMSE", scores.value_rmse),
            ("value Spearman", scores.value_spearman),
        ] {
            println!("{name}\t{}", value.map_or_else(|| "-".to_owned(), |value| format!("{value:.4}")));
        }
        Ok(())
    }

    fn run_interactions(&self) -> anyhow::Result<()> {
        let done = interactions::recommend(&self.data, &self.checkpoint, self.top as usize, &self.out)?;
        if self.json {
            let answer = serde_json::json!({
                "model": done.kind.name(),
                "digest": done.digest,
                "users": done.users,
                "top": self.top,
                "judged": done.judged,
            });
            println!("{answer}");
            return Ok(());
        }
        println!("{} recommendations for each of {} users by {}", self.top, done.users, done.kind);
        for judged in &done.judged {
            println!("{}, means over {} users", judged.part, judged.users);
            println!("k\trecall\tprecision\tNDCG");
            for at in &judged.at {
                println!("{}\t{:.4}\t{:.4}\t{:.4}", at.k, at.recall, at.precision, at.ndcg);
            }
        }
        Ok(())
    }
}
