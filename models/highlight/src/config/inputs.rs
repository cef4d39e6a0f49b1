//! Which modalities a model reads, and from which encoders.
//!
//! Invariants: an input names the encoder its weights were trained with, by name and digest.

use crate::Modality;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where a modality's vectors come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Values per vector.
    pub width: usize,
    /// Name of the encoder.
    pub encoder: String,
    /// Digest of the encoder's weights, in hex.
    pub digest: String,
}

/// Inputs by modality. A modality without an entry is never read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Inputs {
    /// Frames.
    pub picture: Option<Input>,
    /// Sound.
    pub sound: Option<Input>,
    /// Recognised speech.
    pub speech: Option<Input>,
    /// Comments.
    pub comment: Option<Input>,
    /// Gifts.
    pub gift: Option<Input>,
}

impl Inputs {
    /// The input of one modality.
    #[must_use]
    pub const fn get(&self, modality: Modality) -> Option<&Input> {
        match modality {
            Modality::Picture => self.picture.as_ref(),
            Modality::Sound => self.sound.as_ref(),
            Modality::Speech => self.speech.as_ref(),
            Modality::Comment => self.comment.as_ref(),
            Modality::Gift => self.gift.as_ref(),
        }
    }
}
