//! `kairos simulate`.

use std::path::PathBuf;

use anyhow::Context;
use clap::Parser;
use kairos_simulate::{Plan, write_rooms};

/// Writes simulated rooms with known truth: media, comments with a lag, gifts, feedback, truth.json.
#[derive(Debug, Parser)]
pub struct Args {
    /// How many rooms.
    #[arg(long, default_value_t = 4)]
    rooms: usize,
    /// Length of each room, minutes.
    #[arg(long, default_value_t = 5.0)]
    minutes: f64,
    /// Everything follows from it: the same seed writes the same bytes.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Chat, gifts and feedback only, no media.
    #[arg(long)]
    without_media: bool,
    /// More settings: a TOML file with the fields of the plan (picture size, shares of rooms that lack something ...).
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
    /// Folder to write into: one folder per room.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

impl Args {
    /// Runs it.
    pub fn run(self) -> anyhow::Result<()> {
        let base: Plan = match &self.plan {
            Some(file) => {
                let text =
                    std::fs::read_to_string(file).with_context(|| format!("plan {}", file.display()))?;
                toml::from_str(&text).with_context(|| format!("plan {}", file.display()))?
            }
            None => Plan::default(),
        };
        let plan = Plan {
            rooms: self.rooms,
            minutes: self.minutes,
            seed: self.seed,
            media: base.media && !self.without_media,
            ..base
        };
        let rooms = write_rooms(&plan, &self.out, &mut |progress| {
            if progress.finished {
                eprintln!("room {} of {}: {:.0} s written", progress.room + 1, plan.rooms, progress.of_s);
            }
        })?;
        for truth in &rooms {
            let lag = truth
                .comment_lag_s
                .map_or_else(|| "no comments".to_owned(), |lag| format!("comment lag {lag:.1} s"));
            println!(
                "{}: {:.0} s simulated, {} moments, {} comments, {} gifts, {lag}",
                truth.room,
                truth.seconds,
                truth.moments.len(),
                truth.counts.comments,
                truth.counts.gifts,
            );
        }
        Ok(())
    }
}
