//! Training rooms from recordings: features through the live path, labels from feedback or from the truth.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use kairos_highlight::{TrainingRoom, UnitFeatures};
use kairos_recording::{MANIFEST, Overrides, Recording};
use kairos_simulate::RoomTruth;
use kairos_timeline::{Feedback, FeedbackKind, Span};

use crate::config::Config;
use crate::replay::{About, Pacer, feed};
use crate::room::{Output, Placed, RoomJob, RoomSettings};
use crate::scoring;

/// Impressions that weigh as much as the room's mean CTR in a unit's label (ContentCTR's `smooth_ctr`; the constant
/// is not published and is ours).
const SMOOTHING: f64 = 40.0;

/// Folders with a recording.toml below `data`, by name.
///
/// # Errors
/// If `data` can't be read or holds none.
pub fn recordings_in(data: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(data).with_context(|| format!("recordings in {}", data.display()))?;
    let mut found: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.join(MANIFEST).is_file())
        .collect();
    found.sort();
    if found.is_empty() {
        bail!("{} holds no folder with a {MANIFEST}", data.display());
    }
    Ok(found)
}

/// What the labels of a training are.
pub const LABEL: &str =
    "smoothed CTR of the unit against the room's own range; interest where the room is simulated";

/// How comments are placed into the units that a model learns from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placing {
    /// As while the lag is unknown: where they were sent.
    Sent,
    /// By the lag: the true one where the room is simulated, else the configured default.
    Aligned,
}

/// Features and labels of one recording.
///
/// # Errors
/// If the recording can't be opened, or has neither impressions nor a truth to learn from.
pub fn training_room(config: &Config, path: &Path, placing: Placing) -> anyhow::Result<TrainingRoom> {
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
    let mut job = RoomJob::new(settings.clone(), scoring::for_features(config)?)?;
    let mut gathered = Gathered::default();
    feed(&mut recording, &settings, &mut Pacer::new(false), &mut |input| {
        gathered.take(job.push(input), unit);
        true
    });
    gathered.take(job.finish(), unit);
    let count = gathered.units.len();
    let labels = match &about.truth {
        Some(truth) => interest_labels(truth, count, unit),
        None => ctr_labels(&gathered.shown, count),
    };
    if labels.iter().all(|label| label.is_nan()) {
        bail!("{}: nothing to learn from: its feedback has no impressions", path.display());
    }
    Ok(TrainingRoom {
        name: about.info.room.to_string(),
        streamer: about.streamer().to_owned(),
        units: gathered.units,
        labels,
        messages: gathered.messages,
    })
}

#[derive(Default)]
struct Gathered {
    units: Vec<UnitFeatures>,
    messages: Vec<f32>,
    /// Impressions and clicks per unit.
    shown: Vec<(f64, f64)>,
}

impl Gathered {
    fn take(&mut self, outputs: Vec<Output>, unit: Span) {
        for output in outputs {
            match output {
                Output::Features(settled) => {
                    self.units.push(settled.features);
                    self.messages.push(settled.comments as f32);
                }
                Output::Feedback(placed) => self.count(&placed, unit),
                _ => {}
            }
        }
    }

    fn count(&mut self, placed: &Placed<Feedback>, unit: Span) {
        let Some(index) = placed.at.and_then(|at| usize::try_from(at.unit(unit)).ok()) else { return };
        if index >= self.shown.len() {
            self.shown.resize(index + 1, (0.0, 0.0));
        }
        match placed.event.kind {
            FeedbackKind::Impression => self.shown[index].0 += 1.0,
            FeedbackKind::Click => self.shown[index].1 += 1.0,
            _ => {}
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

/// `y = (clicks + a * ctr_room) / (impressions + a)`, stretched over the room's own range so that rooms compare.
fn ctr_labels(shown: &[(f64, f64)], units: usize) -> Vec<f32> {
    let (impressions, clicks) = shown.iter().fold((0.0, 0.0), |sum, unit| (sum.0 + unit.0, sum.1 + unit.1));
    if impressions == 0.0 {
        return vec![f32::NAN; units];
    }
    let room = clicks / impressions;
    let smooth =
        |&(impressions, clicks): &(f64, f64)| (clicks + SMOOTHING * room) / (impressions + SMOOTHING);
    let rates: Vec<f64> = shown.iter().map(smooth).collect();
    let lowest = rates.iter().copied().fold(f64::INFINITY, f64::min);
    let highest = rates.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let range = (highest - lowest).max(1e-9);
    (0..units)
        .map(|index| match shown.get(index) {
            Some((impressions, _)) if *impressions > 0.0 => ((rates[index] - lowest) / range) as f32,
            _ => f32::NAN,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_impressions_are_drawn_to_the_mean_of_the_room() {
        let labels = ctr_labels(&[(1_000.0, 100.0), (1.0, 1.0), (1_000.0, 10.0), (0.0, 0.0)], 5);
        assert_eq!((labels[0], labels[2]), (1.0, 0.0));
        assert!(labels[1] < 1.0, "one lucky click is no highlight");
        assert!(labels[3].is_nan() && labels[4].is_nan());
    }

    #[test]
    fn a_room_without_impressions_has_no_labels() {
        assert!(ctr_labels(&[], 3).iter().all(|label| label.is_nan()));
    }
}
