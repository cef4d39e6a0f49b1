//! `kairos eval highlights`.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Parser;
use kairos_datasets::labels::{LabelFile, Labels};
use rayon::prelude::*;

use super::UsageError;
use crate::config::Config;
use crate::eval::{self, About, Scored, Table};
use crate::scoring::Model;
use crate::speech::Speech;
use crate::track;

/// What to judge.
#[derive(Debug, Parser)]
pub struct Args {
    /// Folder of recordings and chat files (also .gz).
    #[arg(long, value_name = "DIR")]
    recordings: PathBuf,
    /// Labels: per second (video, sec, highlight) or intervals (video, start_s, end_s); also .gz.
    #[arg(long, value_name = "FILE")]
    labels: Option<PathBuf>,
    /// Only recordings whose name contains this.
    #[arg(long = "match", value_name = "TEXT", default_value = "")]
    only: String,
    /// Checkpoint; without it the configured or shipped one.
    #[arg(long, value_name = "CHECKPOINT")]
    checkpoint: Option<PathBuf>,
    /// A second checkpoint to compare with, over the same recordings.
    #[arg(long, value_name = "CHECKPOINT", requires = "labels")]
    compare: Option<PathBuf>,
    /// Decision delay of the written scores, seconds: the score of second t rests on nothing later than t + delay.
    #[arg(long, default_value_t = 0.0, value_name = "SECONDS")]
    delay: f64,
    /// Where to write the scores: video, sec, score.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Folder for plots: precision by delay, reliability.
    #[arg(long, value_name = "DIR", requires = "labels")]
    plots: Option<PathBuf>,
    /// Also keep metrics and scores in the tables of this output folder (or of the configured server).
    #[arg(long, value_name = "DIR", requires = "labels")]
    store: Option<PathBuf>,
    /// Metrics per recording and delay as JSON lines.
    #[arg(long, requires = "labels")]
    json: bool,
}

impl Args {
    /// Runs it.
    pub fn run(&self, config: &Config) -> anyhow::Result<()> {
        if !(self.delay >= 0.0 && self.delay <= 3_600.0) {
            return Err(UsageError(format!("--delay {} is not within 0 and 3600", self.delay)).into());
        }
        let labels = self
            .labels
            .as_ref()
            .map(|file| {
                kairos_datasets::labels::read(file).with_context(|| format!("labels {}", file.display()))
            })
            .transpose()?;
        let paths: Vec<PathBuf> = track::recordings_in(&self.recordings)?
            .into_iter()
            .filter(|path| track::name_of(path).contains(&self.only))
            .collect();
        if paths.is_empty() {
            let message = format!("no recording in {} contains {:?}", self.recordings.display(), self.only);
            return Err(UsageError(message).into());
        }
        let (name, scored) = scores(config, self.checkpoint.as_deref(), &paths, labels.as_ref())?;
        self.write(&scored)?;
        let Some(labels) = labels else {
            println!("{} recordings scored by {name}", scored.len());
            return Ok(());
        };
        let mut tables = vec![(name, self.judge(config, &scored, &labels)?)];
        if let Some(checkpoint) = &self.compare {
            let (name, scored) = scores(config, Some(checkpoint), &paths, Some(&labels))?;
            tables.push((name, self.judge(config, &scored, &labels)?));
        }
        if let Some(folder) = &self.store {
            let dataset = track::name_of(&self.recordings);
            let about = About { model: &tables[0].0, dataset: &dataset, delay_s: self.delay };
            eval::keep(config, folder, &about, &scored.iter().collect::<Vec<_>>(), &tables[0].1)?;
        }
        if let Some(folder) = &self.plots {
            eval::write_plots(folder, &tables)?;
        }
        for (name, table) in &tables {
            self.print(name, table)?;
        }
        Ok(())
    }

    fn judge(&self, config: &Config, scored: &[Scored], labels: &LabelFile) -> anyhow::Result<Table> {
        let known: Vec<(Scored, Labels)> = scored
            .iter()
            .filter_map(|recording| Some((recording.clone(), labels.videos.get(&recording.name)?.clone())))
            .collect();
        anyhow::ensure!(!known.is_empty(), "the labels name none of the recordings");
        let mut delays = config.train.model.delays.clone();
        if !delays.contains(&self.delay) {
            delays.push(self.delay);
            delays.sort_by(f64::total_cmp);
        }
        Ok(eval::judge(&known, &delays))
    }

    fn write(&self, scored: &[Scored]) -> anyhow::Result<()> {
        let file = std::fs::File::create(&self.out).with_context(|| self.out.display().to_string())?;
        let mut out = std::io::BufWriter::new(file);
        let mut write = || -> std::io::Result<()> {
            writeln!(out, "video\tsec\tscore")?;
            for recording in scored {
                for (second, score) in recording.all(self.delay).into_iter().enumerate() {
                    writeln!(out, "{}\t{second}\t{score:.6}", recording.name)?;
                }
            }
            out.flush()
        };
        write().with_context(|| self.out.display().to_string())
    }

    fn print(&self, name: &str, table: &Table) -> anyhow::Result<()> {
        if self.json {
            for judged in &table.judged {
                println!("{}", serde_json::json!({ "model": name, "judged": judged }));
            }
            return Ok(());
        }
        let or = |value: Option<f64>| value.map_or_else(|| String::from("-"), |value| format!("{value:.3}"));
        println!("{name}");
        println!("delay\tmAP\tAUC\ttau-b\tpeaks@5\tpeaks@10\tcalibration error");
        for (delay, error) in &table.calibration_error {
            println!(
                "{delay}\t{}\t{}\t{}\t{}\t{}\t{}",
                or(table.mean(*delay, |judged| judged.average_precision)),
                or(table.mean(*delay, |judged| judged.roc_auc)),
                or(table.mean(*delay, |judged| judged.kendall_tau_b)),
                or(table.mean(*delay, |judged| judged.peak_precision_at_5)),
                or(table.mean(*delay, |judged| judged.peak_precision_at_10)),
                or(*error)
            );
        }
        let videos: BTreeMap<&str, ()> =
            table.judged.iter().map(|judged| (judged.video.as_str(), ())).collect();
        println!("means over {} recordings", videos.len());
        Ok(())
    }
}

fn scores(
    config: &Config,
    checkpoint: Option<&Path>,
    paths: &[PathBuf],
    labels: Option<&LabelFile>,
) -> anyhow::Result<(String, Vec<Scored>)> {
    let mut config = config.clone();
    if let Some(checkpoint) = checkpoint {
        config.model.checkpoint = Some(checkpoint.to_path_buf());
    }
    let mut model = Model::load(&config)?;
    if model.reads_speech() {
        model = model.with_speech(Speech::open(&config, false)?)?;
    }
    let scored = paths
        .par_iter()
        .map(|path| {
            let least = match labels.and_then(|labels| labels.videos.get(&track::name_of(path))) {
                Some(Labels::Seconds(seconds)) => seconds.len(),
                _ => 0,
            };
            eval::score(&config, &model, path, least).with_context(|| path.display().to_string())
        })
        .collect::<anyhow::Result<Vec<_>>>()?;
    Ok((model.name().to_owned(), scored))
}
