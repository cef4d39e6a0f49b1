//! One training: split, lexicon, model, and what it reached.

use std::path::PathBuf;
use std::sync::Arc;

use candle_core::Device;
use kairos_encoders::{Lexicon, LexiconSettings};
use kairos_highlight::{
    Config as ModelConfig, ContentCtr, Progress, Reached, TrainingConfig, TrainingRoom, split_rooms, train,
};

use super::joining::join_elsewhere;
use super::lexicon::read_by_lexicon;
use super::{Ablation, Example};
use crate::config::Config;
use crate::scoring;
use crate::speech::Speech;

/// Which rooms a model is validated on.
#[derive(Debug, Clone)]
pub enum HeldOut {
    /// A share of the rooms, drawn by the seed.
    Share(f64),
    /// The rooms whose name contains this.
    Matching(String),
}

/// How to train.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Encoders, units.
    pub config: Config,
    /// What has recognised the speech of the recordings.
    pub speech: Option<Arc<Speech>>,
    /// Architecture; its inputs follow from the encoders.
    pub model: ModelConfig,
    /// Optimisation.
    pub training: TrainingConfig,
    /// Where to validate.
    pub held_out: HeldOut,
    /// After validation, train once more on all rooms for as many epochs as were best; calibration and metrics stay
    /// those of the validated model.
    pub refit: bool,
    /// What to leave out.
    pub ablation: Option<Ablation>,
    /// Folder in which a killed training finds itself again.
    pub state: Option<PathBuf>,
    /// Where models are trained.
    pub device: Device,
}

/// A trained model.
#[derive(Debug)]
pub struct Outcome {
    /// The model.
    pub model: ContentCtr,
    /// What it reached on the rooms held out.
    pub reached: Reached,
    /// What its comments are read by.
    pub lexicon: Option<Arc<Lexicon>>,
}

impl Plan {
    /// Trains on `examples`.
    ///
    /// # Errors
    /// If there is nothing to train or validate on, or training fails.
    pub fn run(
        &self,
        mut examples: Vec<Example>,
        progress: &mut dyn FnMut(&Progress),
    ) -> anyhow::Result<Outcome> {
        if let Some(ablation) = self.ablation {
            ablation.thin(&mut examples);
        }
        let everything = self.refit.then(|| examples.clone());
        let (training, validation) = self.split(examples);
        anyhow::ensure!(!training.is_empty(), "no room is left to train on");
        anyhow::ensure!(!validation.is_empty(), "no room is held out to validate on");
        let outcome = self.fit(training, validation, &self.training, "validated", progress)?;
        let Some(everything) = everything else { return Ok(outcome) };
        let epochs = best_epochs(&outcome.reached);
        let training = TrainingConfig { epochs, patience: epochs, ..self.training.clone() };
        let last: Vec<Example> = everything.iter().filter(|example| example.validates).cloned().collect();
        // What the second training says of rooms that it has seen is not reported.
        let refitted = self.fit(everything, last, &training, "refitted", progress)?;
        Ok(Outcome {
            model: refitted.model.calibrated_as(&outcome.model),
            reached: outcome.reached,
            lexicon: refitted.lexicon,
        })
    }

    fn split(&self, examples: Vec<Example>) -> (Vec<Example>, Vec<Example>) {
        let held_out: Vec<String> = match &self.held_out {
            HeldOut::Matching(text) => {
                examples.iter().map(|e| e.room.clone()).filter(|room| room.contains(text)).collect()
            }
            HeldOut::Share(share) => {
                let mut rooms: Vec<String> = examples.iter().map(|e| e.room.clone()).collect();
                rooms.dedup();
                split_rooms(rooms, *share, self.training.seed).1
            }
        };
        let (validation, training): (Vec<_>, Vec<_>) =
            examples.into_iter().partition(|example| held_out.contains(&example.room));
        (training, validation.into_iter().filter(|example| example.validates).collect())
    }

    fn fit(
        &self,
        mut training: Vec<Example>,
        mut validation: Vec<Example>,
        settings: &TrainingConfig,
        pass: &str,
        progress: &mut dyn FnMut(&Progress),
    ) -> anyhow::Result<Outcome> {
        let mut model = self.model.clone();
        let mut settings = settings.clone();
        join_elsewhere(&mut training, self.config.train.begin_jitter_s, model.unit_seconds, settings.seed);
        let reads = training.iter().any(|example| example.words.iter().any(|unit| !unit.is_empty()));
        let lexicon = if reads && self.ablation != Some(Ablation::Text) {
            let unit_s = model.unit_seconds;
            let lexicon_settings = LexiconSettings { seed: settings.seed, ..LexiconSettings::default() };
            Some(read_by_lexicon(&mut training, &mut validation, unit_s, &lexicon_settings)?)
        } else {
            None
        };
        model.inputs = scoring::configured_inputs(&self.config, lexicon.as_ref(), self.speech.as_ref())?;
        if let Some(ablation) = self.ablation {
            ablation.simplify(&mut model, &mut settings);
        }
        let rooms = |examples: Vec<Example>| -> Vec<TrainingRoom> {
            examples.into_iter().map(Example::into_room).collect()
        };
        let (training, validation) = (rooms(training), rooms(validation));
        let state = self.state.as_ref().map(|folder| folder.join(pass));
        let (model, reached) =
            train(model, &settings, &training, &validation, &self.device, state.as_deref(), progress)?;
        Ok(Outcome { model, reached, lexicon })
    }
}

/// The mean over members of the epoch that validated best.
fn best_epochs(reached: &Reached) -> usize {
    let mut best = std::collections::BTreeMap::new();
    for epoch in reached.history.iter().filter(|epoch| epoch.best) {
        best.insert(epoch.member, epoch.epoch);
    }
    let sum: usize = best.values().sum();
    ((sum as f64 / best.len().max(1) as f64).round() as usize).max(1)
}
