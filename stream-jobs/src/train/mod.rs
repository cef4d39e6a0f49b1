//! What a highlight model learns from: examples with features, hashed words and labels, from recordings or chats.
//!
//! The lexicon reads words, so its view of a room that it was fitted on would be too good to learn from: each room's
//! comments are read by a lexicon that has not seen the room (cross-fitting), as at serving no room was seen.

mod ablation;
mod card;
mod chats;
mod exported;
mod feedback;
mod joining;
mod lexicon;
mod recordings;
mod run;

pub use ablation::Ablation;
pub use card::write as write_card;
pub use exported::{is_dataset, spool};
pub use recordings::sent_features;
pub use run::{HeldOut, Outcome, Plan};

use std::path::PathBuf;

use kairos_highlight::{Config as ModelConfig, TrainingRoom, UnitFeatures};

use crate::config::Config;
use crate::track;

/// One room, or one phase of it, to learn from.
#[derive(Debug, Clone, Default)]
pub struct Example {
    /// The room: examples of one room are never split between training and validation, nor between folds.
    pub room: String,
    /// Streamer; empty where unknown.
    pub streamer: String,
    /// Features without a lexicon.
    pub units: Vec<UnitFeatures>,
    /// Hashed words of each unit's comments.
    pub words: Vec<Vec<(u32, f32)>>,
    /// Labels by delay and row, NaN where unknown.
    pub labels: Vec<Vec<f32>>,
    /// Comments per unit.
    pub messages: Vec<f32>,
    /// Whether the model should validate on it; a further view of a room is only trained on.
    pub validates: bool,
}

impl Example {
    /// As the trainer takes it, with `comment` vectors that already hold what a lexicon says.
    fn into_room(self) -> TrainingRoom {
        TrainingRoom {
            name: self.room,
            streamer: self.streamer,
            units: self.units,
            labels: self.labels,
            messages: self.messages,
        }
    }
}

/// Reads examples from folders of recordings and chats; recordings with what is said, where there is a recogniser.
///
/// # Errors
/// If a folder or recording can't be read, or nothing in it has labels.
pub fn examples(
    config: &Config,
    speech: Option<&std::sync::Arc<crate::speech::Speech>>,
    model: &ModelConfig,
    data: &[PathBuf],
    labels: Option<&std::path::Path>,
) -> anyhow::Result<Vec<Example>> {
    use anyhow::Context;
    use rayon::prelude::*;
    let labels = labels
        .map(|file| kairos_datasets::labels::read(file).with_context(|| format!("labels {}", file.display())))
        .transpose()?;
    let mut paths = Vec::new();
    for folder in data {
        paths.extend(track::recordings_in(folder)?);
    }
    let found: Vec<Vec<Example>> = paths
        .par_iter()
        .map(|path| {
            if path.is_dir() {
                recordings::examples(config, speech, model, path)
            } else {
                chats::examples(config, model, path, labels.as_ref())
            }
        })
        .collect::<anyhow::Result<_>>()?;
    let examples: Vec<Example> = found.into_iter().flatten().collect();
    anyhow::ensure!(
        !examples.is_empty(),
        "nothing to learn from: no recording has feedback, truth or labels"
    );
    Ok(examples)
}
