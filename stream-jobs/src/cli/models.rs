//! `kairos models pull|verify|list`.

use std::path::PathBuf;

use clap::Subcommand;
use indicatif::{ProgressBar, ProgressStyle};

use super::UsageError;
use crate::models::{CATALOGUE, Hub, Listed, Places, list, pull, verify};

/// Public weights.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Fetch models; a pull that was cut off goes on where it stopped. HF_ENDPOINT names another hub, HF_TOKEN a token.
    Pull {
        /// Names, as `kairos models list` shows them.
        #[arg(required = true, value_name = "NAME")]
        names: Vec<String>,
        /// The cache; by default HF_HUB_CACHE, HF_HOME/hub, or ~/.cache/huggingface/hub.
        #[arg(long, value_name = "DIR")]
        dir: Option<PathBuf>,
    },
    /// Read fetched models again: every file's digest, and the configuration.
    Verify {
        /// Names; by default all that were fetched.
        #[arg(value_name = "NAME")]
        names: Vec<String>,
        /// The cache, as of `pull`.
        #[arg(long, value_name = "DIR")]
        dir: Option<PathBuf>,
    },
    /// The models that can be fetched, and those that are there.
    List {
        /// The cache, as of `pull`.
        #[arg(long, value_name = "DIR")]
        dir: Option<PathBuf>,
        /// As JSON, one object per line.
        #[arg(long)]
        json: bool,
    },
}

impl Command {
    /// Runs it.
    pub fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Pull { names, dir } => fetch(&named(&names)?, &places(dir)?),
            Self::Verify { names, dir } => check(&named(&names)?, &places(dir)?),
            Self::List { dir, json } => show(&places(dir)?, json),
        }
    }
}

fn env(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn places(dir: Option<PathBuf>) -> anyhow::Result<Places> {
    let message = || UsageError("no cache folder: HOME is not set, name one by --dir".to_owned());
    Ok(Places::find(dir.as_deref(), env).ok_or_else(message)?)
}

fn named(names: &[String]) -> anyhow::Result<Vec<&'static Listed>> {
    let known: Vec<&str> = CATALOGUE.iter().map(|model| model.name).collect();
    let find = |name: &String| {
        let unknown = || UsageError(format!("no model {name:?}: there are {}", known.join(", ")));
        Ok(Listed::named(name).ok_or_else(unknown)?)
    };
    names.iter().map(find).collect()
}

fn fetch(models: &[&Listed], places: &Places) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let hub = Hub::find(env);
    let bar = ProgressBar::new(0);
    bar.set_style(ProgressStyle::with_template("{msg:20} {bytes} of {total_bytes} {wide_bar} {eta}")?);
    for model in models {
        let pulled = runtime.block_on(pull(places, &hub, model, &bar))?;
        bar.finish_and_clear();
        println!("{}: {} of {} files fetched", model.name, pulled.fetched, model.files.len());
        if pulled.recorded > 0 {
            println!(
                "  {} digests were not known and are now in {}",
                pulled.recorded,
                places.lock().display()
            );
        }
        println!("  {} = {:?}", model.field, pulled.folder);
    }
    Ok(())
}

fn check(models: &[&'static Listed], places: &Places) -> anyhow::Result<()> {
    let there = list(places)?.into_iter().filter(|status| status.revision.is_some());
    let all: Vec<&Listed> = there.filter_map(|status| Listed::named(status.name)).collect();
    let models = if models.is_empty() { &all } else { models };
    if models.is_empty() {
        println!("nothing was fetched yet");
    }
    for model in models {
        println!("{}: {} files are what they were", model.name, verify(places, model)?);
    }
    Ok(())
}

fn show(places: &Places, json: bool) -> anyhow::Result<()> {
    for status in list(places)? {
        if json {
            println!("{}", serde_json::to_string(&status)?);
            continue;
        }
        let state = match (&status.folder, &status.revision) {
            (Some(folder), _) => folder.display().to_string(),
            (None, Some(_)) => format!("{} of {} files", status.files, status.of),
            (None, None) => "-".to_owned(),
        };
        println!("{:24} {}\n{:24} {}, {state}", status.name, status.about, "", status.repository);
    }
    Ok(())
}
