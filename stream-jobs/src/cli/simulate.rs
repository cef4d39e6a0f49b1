//! `kairos simulate`.

use std::path::PathBuf;

use anyhow::Context;
use clap::{Parser, Subcommand};
use kairos_datasets::generated::{World, write_kuailive};
use kairos_simulate::{Plan, write_rooms};

/// Writes simulated rooms with known truth: media, comments with a lag, gifts, feedback, truth.json.
#[derive(Debug, Parser)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Args {
    /// Something else than rooms.
    #[command(subcommand)]
    other: Option<Other>,
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
    #[arg(long, value_name = "DIR", required = true)]
    out: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Other {
    /// A world of viewers, streamers and gifts in KuaiLive's layout, with segments and the true chance of every gift
    /// (truth.parquet).
    Gifting(Gifting),
}

#[derive(Debug, Parser)]
struct Gifting {
    /// Folder to write into.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Users.
    #[arg(long, default_value_t = World::default().users)]
    users: u32,
    /// Streamers.
    #[arg(long, default_value_t = World::default().streamers)]
    streamers: u32,
    /// Days from the first to the last click.
    #[arg(long, default_value_t = World::default().days)]
    days: u32,
    /// Everything follows from it: the same seed writes the same bytes.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Mean clicks per user.
    #[arg(long, default_value_t = World::default().clicks_per_user)]
    clicks_per_user: f64,
    /// Wanted gifts per click.
    #[arg(long, default_value_t = World::default().gift_rate)]
    gift_rate: f64,
}

impl Gifting {
    fn run(&self) -> anyhow::Result<()> {
        let world = World {
            users: self.users,
            streamers: self.streamers,
            days: self.days,
            seed: self.seed,
            clicks_per_user: self.clicks_per_user,
            gift_rate: self.gift_rate,
            ..World::default()
        };
        let wrote = write_kuailive(&self.out, &world)?;
        println!(
            "{} users, {} streamers, {} rooms: {} clicks, {} gifts, {} rows of segments",
            wrote.users, wrote.streamers, wrote.rooms, wrote.clicks, wrote.gifts, wrote.segment_rows
        );
        let shape = &wrote.shape;
        println!(
            "gifts per click {:.4}, Gini over users {:.3}, top 1 % of users {:.3}, P99/P50 of a gift {:.0}",
            shape.gift_rate, shape.gini_over_users, shape.share_of_top_percent, shape.tail
        );
        println!("true chances: AUC {:.4}, GAUC {:.4}", wrote.oracle_auc, wrote.oracle_gauc);
        Ok(())
    }
}

impl Args {
    /// Runs it.
    pub fn run(self) -> anyhow::Result<()> {
        if let Some(Other::Gifting(world)) = self.other {
            return world.run();
        }
        let out = self.out.context("--out")?;
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
        let rooms = write_rooms(&plan, &out, &mut |progress| {
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
