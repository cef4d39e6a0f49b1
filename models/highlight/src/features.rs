//! What is known of one unit: one feature vector per modality, or none.
//!
//! Invariants: the order of [`MODALITIES`] is the order everywhere, in tensors and in rows.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A kind of content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Modality {
    /// Frames.
    Picture,
    /// Sound as such.
    Sound,
    /// What is said, as text.
    Speech,
    /// What viewers write.
    Comment,
    /// What viewers send.
    Gift,
}

/// All modalities: first those of `v` (picture, sound), then those of `z` (speech, comments, gifts).
pub const MODALITIES: [Modality; 5] =
    [Modality::Picture, Modality::Sound, Modality::Speech, Modality::Comment, Modality::Gift];

impl Modality {
    /// Lower-case name, as in configuration and tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Picture => "picture",
            Self::Sound => "sound",
            Self::Speech => "speech",
            Self::Comment => "comment",
            Self::Gift => "gift",
        }
    }

    /// Whether the modality belongs to `v` (seen and heard) rather than `z` (said and written).
    pub(crate) const fn is_visual(self) -> bool {
        matches!(self, Self::Picture | Self::Sound)
    }
}

impl fmt::Display for Modality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Feature vectors of one unit; `None` where the modality is missing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct UnitFeatures {
    /// From the picture encoder.
    pub picture: Option<Vec<f32>>,
    /// From the sound encoder.
    pub sound: Option<Vec<f32>>,
    /// From the text encoder, over recognised speech.
    pub speech: Option<Vec<f32>>,
    /// From the text encoder and counts, over the unit's comments.
    pub comment: Option<Vec<f32>>,
    /// Counts and values of the unit's gifts.
    pub gift: Option<Vec<f32>>,
}

impl UnitFeatures {
    /// The vector of one modality.
    #[must_use]
    pub fn get(&self, modality: Modality) -> Option<&[f32]> {
        match modality {
            Modality::Picture => self.picture.as_deref(),
            Modality::Sound => self.sound.as_deref(),
            Modality::Speech => self.speech.as_deref(),
            Modality::Comment => self.comment.as_deref(),
            Modality::Gift => self.gift.as_deref(),
        }
    }

    /// The same unit with one modality missing.
    #[must_use]
    pub fn without(mut self, modality: Modality) -> Self {
        match modality {
            Modality::Picture => self.picture = None,
            Modality::Sound => self.sound = None,
            Modality::Speech => self.speech = None,
            Modality::Comment => self.comment = None,
            Modality::Gift => self.gift = None,
        }
        self
    }
}
