//! The encoder that reads a unit's comments with a lexicon.
//!
//! Keeps the tokens of 70 s. A unit without comments as a modality is a gap, not a silence: it adds nothing and has
//! no vector, and time passes.

use std::sync::Arc;

use super::counts::WindowCounts;
use super::{Lexicon, WINDOWS_S, word_counts};
use crate::{EncodeError, Encoder, Modality, UnitInput, fingerprint};

/// Encoder of a room's comments by a trained [`Lexicon`], which many streams may share.
#[derive(Clone, Debug)]
pub struct LexiconEncoder {
    lexicon: Arc<Lexicon>,
    digest: String,
    counts: WindowCounts,
}

impl LexiconEncoder {
    /// An encoder at the start of a stream.
    #[must_use]
    pub fn new(lexicon: Arc<Lexicon>) -> Self {
        let digest = lexicon.digest();
        Self { lexicon, digest, counts: WindowCounts::new() }
    }
}

impl Lexicon {
    /// Hexadecimal digest of all numbers, and of how comments become tokens.
    #[must_use]
    pub fn digest(&self) -> String {
        let parameters = format!("{} {WINDOWS_S:?}", super::file::format());
        fingerprint::of_weights("comment-lexicon", 1, &parameters, &self.numbers())
    }
}

impl Encoder for LexiconEncoder {
    fn name(&self) -> &str {
        "comment-lexicon"
    }

    fn digest(&self) -> String {
        self.digest.clone()
    }

    fn modality(&self) -> Modality {
        Modality::Comment
    }

    fn width(&self) -> usize {
        self.lexicon.width()
    }

    fn encode(&mut self, unit: &UnitInput<'_>) -> Result<Option<Vec<f32>>, EncodeError> {
        let words = unit.comments.map(word_counts);
        let has_comments = words.is_some();
        self.counts.push(unit.end_us(), unit.duration_us, words.unwrap_or_default());
        Ok(has_comments.then(|| self.lexicon.row(&self.counts)))
    }

    fn reset(&mut self) {
        self.counts = WindowCounts::new();
    }
}
