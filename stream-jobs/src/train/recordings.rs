//! Examples from recordings: features through the live path, labels from feedback or from the truth.

use std::path::Path;
use std::sync::Arc;

use anyhow::bail;
use kairos_highlight::{Config as ModelConfig, TrainingRoom, UnitFeatures};
use kairos_recording::{Overrides, Recording};
use kairos_simulate::RoomTruth;
use kairos_timeline::Span;

use super::Example;
use super::feedback::Shown;
use crate::config::Config;
use crate::replay::{About, Pacer, feed};
use crate::room::{Output, RoomJob, RoomSettings, Scoring};
use crate::scoring;
use crate::speech::Speech;
use crate::track::name_of;

/// How comments are placed into the units that a model learns from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Placing {
    /// As while the lag is unknown: where they were sent.
    Sent,
    /// By the lag: the true one where the room is simulated, else the configured default.
    Aligned,
}

/// Examples of a recording: with comments placed by the room's lag, which a model is validated on, and where they
/// were sent, because until its lag is known a room's comments are not aligned and a model must cope with both.
///
/// # Errors
/// If the recording can't be opened, or has neither impressions nor a truth to learn from.
pub fn examples(
    config: &Config,
    speech: Option<&Arc<Speech>>,
    model: &ModelConfig,
    path: &Path,
) -> anyhow::Result<Vec<Example>> {
    let aligned = example(config, speech, model, path, Placing::Aligned)?;
    let sent = Example { validates: false, ..example(config, speech, model, path, Placing::Sent)? };
    Ok(vec![aligned, sent])
}

/// Features of a recording as the live path makes them, comments placed where they were sent: what a recording is
/// judged on, since a lag that is estimated would let a score see further than its delay says.
///
/// # Errors
/// If the recording can't be opened.
pub fn sent_features(config: &Config, encoders: Scoring, path: &Path) -> anyhow::Result<Vec<UnitFeatures>> {
    let (_, gathered) = gather(config, encoders, path, Placing::Sent)?;
    Ok(gathered.units)
}

fn example(
    config: &Config,
    speech: Option<&Arc<Speech>>,
    model: &ModelConfig,
    path: &Path,
    placing: Placing,
) -> anyhow::Result<Example> {
    let encoders = scoring::for_features(config, &name_of(path), speech)?;
    let (about, gathered) = gather(config, encoders, path, placing)?;
    let count = gathered.units.len();
    let labels = match &about.truth {
        Some(truth) => interest_labels(truth, count, config.unit()),
        None => gathered.shown.labels(config.train.label, config.train.long_view_s, count),
    };
    if labels.iter().all(|label| label.is_nan()) {
        bail!("{}: nothing to learn from: its feedback has no impressions", path.display());
    }
    Ok(Example {
        room: about.info.room.to_string(),
        streamer: about.streamer().to_owned(),
        labels: TrainingRoom::delayed(&labels, model),
        units: gathered.units,
        words: gathered.words,
        messages: gathered.messages,
        validates: true,
    })
}

fn gather(
    config: &Config,
    encoders: Scoring,
    path: &Path,
    placing: Placing,
) -> anyhow::Result<(About, Gathered)> {
    let overrides = Overrides { rates: Some(config.rates.clone()), ..Overrides::default() };
    let mut recording = Recording::open(path, &overrides)?;
    let about = About::read(&recording, path)?;
    let known_lag = about.truth.as_ref().and_then(|truth| truth.comment_lag_s).map(Span::from_secs_f64);
    let default_lag = Span::from_millis(i64::from(config.lateness.default_lag_ms));
    let settings = RoomSettings {
        // What a model learns must not hang on an estimate that comes from a model.
        lag_confidence: f64::INFINITY,
        default_lag: match placing {
            Placing::Sent => Span::ZERO,
            Placing::Aligned => known_lag.unwrap_or(default_lag),
        },
        expects_media: about.media.is_some(),
        picture_size: scoring::picture_size(config)?,
        ..RoomSettings::new(
            config,
            about.info.room.clone(),
            about.info.stream.clone(),
            Some(about.info.started_at),
        )
    };
    let unit = settings.unit;
    let mut job = RoomJob::new(settings.clone(), encoders)?;
    let mut gathered = Gathered::default();
    feed(&mut recording, &settings, &mut Pacer::new(false), &mut |input| {
        gathered.take(job.push(input), unit);
        true
    });
    gathered.take(job.finish(), unit);
    Ok((about, gathered))
}

#[derive(Default)]
struct Gathered {
    units: Vec<UnitFeatures>,
    words: Vec<Vec<(u32, f32)>>,
    messages: Vec<f32>,
    shown: Shown,
}

impl Gathered {
    fn take(&mut self, outputs: Vec<Output>, unit: Span) {
        for output in outputs {
            match output {
                Output::Features(settled) => {
                    self.units.push(settled.features);
                    self.words.push(settled.words);
                    self.messages.push(settled.comments as f32);
                }
                Output::Feedback(placed) => self.shown.count(&placed, unit),
                _ => {}
            }
        }
    }
}

/// Interest of each unit: the mean of the truth's seconds.
fn interest_labels(truth: &RoomTruth, units: usize, unit: Span) -> Vec<f32> {
    let seconds = unit.as_secs_f64();
    let label = |index: usize| {
        let from = (index as f64 * seconds).floor() as usize;
        let to = (((index + 1) as f64 * seconds).ceil() as usize).min(truth.interest.len());
        let within = truth.interest.get(from..to).unwrap_or_default();
        if within.is_empty() { f32::NAN } else { (within.iter().sum::<f64>() / within.len() as f64) as f32 }
    };
    (0..units).map(label).collect()
}
