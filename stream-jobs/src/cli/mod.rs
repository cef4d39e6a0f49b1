//! The commands of `kairos`, one file each.

mod clickhouse;
mod clip;
mod config;
mod dead_letters;
mod eval;
mod gift;
mod graph;
mod ingest;
mod live;
mod models;
mod recording;
mod replay;
mod score;
mod search;
mod serve;
mod simulate;
mod sql;
mod train;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use crate::config::{Config, ConfigError};
use crate::telemetry::logs::{self, LogFormat};

/// Live rooms, scored moment by moment.
#[derive(Debug, Parser)]
#[command(name = "kairos", version, about, arg_required_else_help = true)]
pub struct Cli {
    /// Configuration file (TOML). Without it the defaults; fields can be overridden by KAIROS_SECTION__FIELD.
    #[arg(long, global = true, env = "KAIROS_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Log more: -v information, -vv debugging. KAIROS_LOG takes a full filter.
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Score recordings: rows, highlights, clips and report.html.
    Replay(replay::Args),
    /// Look into a recording or chat file.
    #[command(subcommand)]
    Recording(recording::Command),
    /// Ask the tables with SQL.
    Sql(sql::Args),
    /// Find a moment by words.
    Search(search::Args),
    /// Write simulated rooms with known truth.
    Simulate(simulate::Args),
    /// Train a model.
    #[command(subcommand)]
    Train(train::Command),
    /// Judge a model.
    #[command(subcommand)]
    Eval(eval::Command),
    /// Capture live sources and chats into the topics.
    Ingest(ingest::Args),
    /// The live job: scores every room of the topics.
    Score(score::Args),
    /// The live job: keeps the gift graph and predicts who is likely to give.
    Gift(gift::Args),
    /// The live job: cuts a clip for every highlight.
    Clip(clip::Args),
    /// Messages that could not be processed.
    #[command(subcommand)]
    DeadLetters(dead_letters::Command),
    /// The gift graph.
    #[command(subcommand)]
    Graph(graph::Command),
    /// Public weights: fetch them, check them, list them.
    #[command(subcommand)]
    Models(models::Command),
    /// Serve the review screen and the HTTP API.
    Serve(serve::Args),
    /// Serve the embedded engine to the jobs of this machine.
    Clickhouse(clickhouse::Args),
    /// The configuration.
    #[command(subcommand)]
    Config(config::Command),
    /// What is missing on this machine, and how to install it.
    Doctor {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Print what makes a shell complete commands and options.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

impl Command {
    /// Its name, where it is a job that others hand messages to.
    fn live_job(&self) -> Option<&'static str> {
        match self {
            Self::Ingest(_) => Some("ingest"),
            Self::Score(_) => Some("score"),
            Self::Gift(_) => Some("gift"),
            Self::Clip(_) => Some("clip"),
            _ => None,
        }
    }
}

impl Cli {
    /// Runs the command. Exit codes: 0 done, 1 failed, 2 usage or configuration.
    pub fn run(self) -> ExitCode {
        // Not for trainings: their large tensors come and go at every step, and pages of their own cost them dearly.
        if self.command.live_job().is_some() {
            crate::memory::keep_small();
        }
        let config = match Config::load(self.config.as_deref(), std::env::vars()) {
            Ok(config) => config,
            Err(error) => return fail(&error.into(), LogFormat::Text),
        };
        let format = config.log.format;
        // Kept until the end: the last spans go when it is dropped.
        let _traces = match logs::start(&config.log, &config.telemetry, self.verbose, self.command.live_job())
        {
            Ok(traces) => traces,
            Err(error) => return fail(&error, LogFormat::Text),
        };
        let done = match self.command {
            Command::Replay(args) => args.run(config),
            Command::Recording(command) => command.run(),
            Command::Sql(args) => args.run(&config),
            Command::Search(args) => args.run(&config),
            Command::Simulate(args) => args.run(),
            Command::Train(command) => command.run(config),
            Command::Eval(command) => command.run(config),
            Command::Ingest(args) => args.run(config),
            Command::Serve(args) => args.run(&config),
            Command::Score(args) => args.run(config),
            Command::Gift(args) => args.run(config),
            Command::Clip(args) => args.run(config),
            Command::DeadLetters(command) => command.run(&config),
            Command::Graph(command) => command.run(&config),
            Command::Models(command) => command.run(),
            Command::Clickhouse(args) => args.run(&config),
            Command::Config(command) => command.run(&config),
            Command::Completions { shell } => {
                let mut script = Vec::new();
                clap_complete::generate(shell, &mut Self::command(), "kairos", &mut script);
                std::io::stdout().write_all(&script).map_err(Into::into)
            }
            Command::Doctor { json } => match crate::doctor::run(json) {
                Ok(true) => Ok(()),
                Ok(false) => return ExitCode::from(1),
                Err(error) => Err(error),
            },
        };
        match done {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => fail(&error, format),
        }
    }
}

/// A mistake in how the command was called.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct UsageError(pub String);

fn fail(error: &anyhow::Error, format: LogFormat) -> ExitCode {
    // Some causes already stand in the message of what they caused.
    let mut message = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !message.contains(&cause) {
            message = format!("{message}: {cause}");
        }
    }
    match format {
        LogFormat::Text => eprintln!("kairos: {message}"),
        LogFormat::Json => tracing::error!("{message}"),
    }
    let usage = error.chain().any(|cause| cause.is::<ConfigError>() || cause.is::<UsageError>());
    ExitCode::from(if usage { 2 } else { 1 })
}
