//! What recognition gives back: words inside a window, and words in media time.

use serde::{Deserialize, Serialize};

/// A recognised word and where it lies in the samples given.
#[derive(Clone, Debug, PartialEq)]
pub struct Word {
    /// The word with its punctuation, without white space around it.
    pub text: String,
    /// Seconds from the first sample.
    pub start_s: f32,
    /// Seconds from the first sample, at least `start_s`.
    pub end_s: f32,
    /// Geometric mean of the probabilities of its tokens, 0 to 1.
    pub probability: f32,
}

/// A stretch of words that the recogniser judged together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Segment {
    /// The words in time order.
    pub words: Vec<Word>,
    /// Probability that there is no speech, 0 to 1.
    pub no_speech: f32,
    /// Mean natural logarithm of the probabilities of its tokens, at most 0.
    pub average_log_probability: f32,
}

impl Segment {
    /// The words with single spaces between them.
    #[must_use]
    pub fn text(&self) -> String {
        self.words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ")
    }
}

/// Everything recognised in one window.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Transcript {
    /// Code of the language that was spoken or assumed, such as `en`.
    pub language: Option<String>,
    /// Segments in time order.
    pub segments: Vec<Segment>,
}

impl Transcript {
    /// All words in time order.
    pub fn words(&self) -> impl Iterator<Item = &Word> {
        self.segments.iter().flat_map(|segment| &segment.words)
    }
}

/// A word in the media time of its room.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpokenWord {
    /// The word with its punctuation.
    pub text: String,
    /// Media time in microseconds at which it starts.
    pub start_us: i64,
    /// Media time in microseconds at which it ends, at least `start_us`.
    pub end_us: i64,
    /// How sure the recogniser is, 0 to 1.
    pub probability: f32,
    /// Code of its language, when the recogniser told.
    pub language: Option<String>,
}
