//! Content of a segment of a live room, by modality.
//!
//! Invariants: a modality without rows is missing; the order of [`Modality::ALL`] is that of every array by modality.

use serde::{Deserialize, Serialize};

/// A modality of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Modality {
    /// Pictures.
    Picture,
    /// Recognised speech.
    Speech,
    /// Comments.
    Comment,
}

impl Modality {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Picture, Self::Speech, Self::Comment];

    /// Lower-case name, as in weights.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Picture => "picture",
            Self::Speech => "speech",
            Self::Comment => "comment",
        }
    }
}

/// Encoded content of a segment. The paper samples three pictures uniformly; any number may be missing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Segment {
    /// Rows of pictures.
    pub pictures: Vec<Vec<f32>>,
    /// Rows of speech.
    pub speech: Vec<Vec<f32>>,
    /// Rows of comments.
    pub comments: Vec<Vec<f32>>,
}

impl Segment {
    /// Rows of one modality.
    #[must_use]
    pub fn rows(&self, modality: Modality) -> &[Vec<f32>] {
        match modality {
            Modality::Picture => &self.pictures,
            Modality::Speech => &self.speech,
            Modality::Comment => &self.comments,
        }
    }

    /// The segment without a modality.
    #[must_use]
    pub fn without(&self, modality: Modality) -> Self {
        let mut rest = self.clone();
        match modality {
            Modality::Picture => rest.pictures.clear(),
            Modality::Speech => rest.speech.clear(),
            Modality::Comment => rest.comments.clear(),
        }
        rest
    }
}
