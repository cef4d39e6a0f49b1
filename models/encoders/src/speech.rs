//! Speech text to a vector: hashed words, pairs of words and character n-grams, and how much was said.
//!
//! Values: 0..160 the embedding (length one, or zeros when nothing was said), 160 words per second / 4,
//! 161 share of different words, 162 share of question and exclamation marks among words, 163 whether
//! anything was said.

use crate::text::{Features, HashingParameters, WordKind, words};
use crate::{EncodeError, Encoder, Modality, UnitInput, fingerprint};

const PARAMETERS: HashingParameters = HashingParameters {
    width: 160,
    seed: 0x7370_6565_6368,
    word: 1.0,
    pair: 0.7,
    characters: 0.25,
    flags: 0.3,
};
const STATISTICS: usize = 4;
/// Longest text that is read, in characters; a unit of speech is a few dozen.
const TEXT_LIMIT: usize = 4_000;

/// Encoder of recognised speech.
#[derive(Clone, Debug, Default)]
pub struct SpeechEncoder;

impl SpeechEncoder {
    /// The encoder.
    #[must_use]
    pub fn new() -> Self {
        Self
    }
}

impl Encoder for SpeechEncoder {
    fn name(&self) -> &str {
        "speech-hashing"
    }

    fn digest(&self) -> String {
        fingerprint::of_algorithm(self.name(), 1, &format!("{PARAMETERS:?} {TEXT_LIMIT}"))
    }

    fn modality(&self) -> Modality {
        Modality::Speech
    }

    fn width(&self) -> usize {
        PARAMETERS.width + STATISTICS
    }

    fn encode(&mut self, unit: &UnitInput<'_>) -> Result<Option<Vec<f32>>, EncodeError> {
        let Some(text) = unit.speech else { return Ok(None) };
        let words = words(text, TEXT_LIMIT);
        let mut features = Features::new(PARAMETERS);
        features.add(&words);
        let mut vector = features.embed();
        let marks = words.iter().filter(|word| word.kind == WordKind::Mark).count() as f32;
        let mut spoken: Vec<&str> =
            words.iter().filter(|word| word.kind != WordKind::Mark).map(|word| word.form.as_str()).collect();
        let count = spoken.len() as f32;
        spoken.sort_unstable();
        spoken.dedup();
        let per_second = f64::from(count) / unit.seconds() / 4.0;
        vector.extend([
            per_second.min(4.0) as f32,
            spoken.len() as f32 / count.max(1.0),
            marks / (count + marks).max(1.0),
            f32::from(u8::from(count > 0.0)),
        ]);
        Ok(Some(vector))
    }

    fn reset(&mut self) {}
}
