//! Trainings with one part of the model or its input left out.

use std::fmt;

use clap::ValueEnum;
use kairos_encoders::CommentEncoder;
use kairos_highlight::{Config as ModelConfig, TrainingConfig};

use super::Example;

/// What is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Ablation {
    /// What comments say: no lexicon, only how much and how is written.
    Text,
    /// Who comments: no counts of users, new or returning.
    Users,
    /// The alignment loss.
    Alignment,
    /// Placing comments by the room's lag: they stay where they were sent.
    Lag,
    /// The look-back window: a score sees its own unit alone (and what encoders remember).
    LookBack,
    /// The pairwise loss.
    Pairwise,
}

impl Ablation {
    /// All of them, in the order of reports.
    pub const ALL: [Self; 6] =
        [Self::Text, Self::Users, Self::Alignment, Self::Lag, Self::LookBack, Self::Pairwise];

    /// Takes away from the examples.
    pub(super) fn thin(self, examples: &mut Vec<Example>) {
        match self {
            Self::Users => {
                for unit in examples.iter_mut().flat_map(|example| &mut example.units) {
                    if let Some(comment) = &mut unit.comment {
                        CommentEncoder::user_values().into_iter().for_each(|at| comment[at] = 0.0);
                    }
                }
            }
            Self::Lag => {
                // Of a room with both placings the further view is the one where comments were sent.
                let further: Vec<String> =
                    examples.iter().filter(|e| !e.validates).map(|e| e.room.clone()).collect();
                examples.retain(|e| !e.validates || !further.contains(&e.room));
                examples.iter_mut().for_each(|example| example.validates = true);
            }
            Self::Text | Self::Alignment | Self::LookBack | Self::Pairwise => {}
        }
    }

    /// Takes away from the model and its losses.
    pub(super) fn simplify(self, model: &mut ModelConfig, training: &mut TrainingConfig) {
        match self {
            Self::Alignment => training.alignment_weight = 0.0,
            Self::LookBack => model.look_back = 1,
            Self::Pairwise => training.pairwise_weight = 0.0,
            Self::Text | Self::Users | Self::Lag => {}
        }
    }
}

impl fmt::Display for Ablation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "no text",
            Self::Users => "no users",
            Self::Alignment => "no alignment",
            Self::Lag => "no lag",
            Self::LookBack => "no look-back",
            Self::Pairwise => "pointwise only",
        })
    }
}
