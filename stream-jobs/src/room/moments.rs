//! Vectors of settled units, to find moments by meaning. No score depends on them.

use std::collections::VecDeque;
use std::sync::Arc;

use kairos_encoders::{EncodeError, UnitInput, mean_of_texts, middle_picture};
use kairos_speech::SpokenWord;
use kairos_timeline::{MediaTime, Span};
use kairos_transformers::{PictureEncoder, TextEncoder};

use super::{Output, RoomJob};

/// Words of one unit that are kept; nobody says more in a minute.
const WORDS: usize = 1_000;

/// What a vector was made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VectorKind {
    /// The unit's middle picture.
    Picture,
    /// The comments that react to it.
    Comment,
    /// What was said in it.
    Speech,
}

impl VectorKind {
    /// As rows name it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Picture => "picture",
            Self::Comment => "comment",
            Self::Speech => "speech",
        }
    }
}

/// A unit's vector.
#[derive(Debug, Clone, PartialEq)]
pub struct UnitVector {
    /// Start of the unit.
    pub start: MediaTime,
    /// What it was made of.
    pub kind: VectorKind,
    /// Digest of the encoder.
    pub encoder: String,
    /// The vector.
    pub vector: Vec<f32>,
}

/// Makes the vectors of one room.
#[derive(Debug)]
pub struct Moments {
    pictures: Option<Arc<dyn PictureEncoder>>,
    texts: Option<Arc<dyn TextEncoder>>,
    /// Words of the newest unit in which something was said.
    said: VecDeque<SpokenWord>,
}

impl Moments {
    /// With these networks; `None` without any.
    pub fn new(
        pictures: Option<Arc<dyn PictureEncoder>>,
        texts: Option<Arc<dyn TextEncoder>>,
    ) -> Option<Self> {
        (pictures.is_some() || texts.is_some()).then(|| Self { pictures, texts, said: VecDeque::new() })
    }

    /// Vectors of what is seen and written in a unit.
    fn of_unit(&self, unit: &UnitInput<'_>) -> Vec<Result<UnitVector, EncodeError>> {
        let start = MediaTime::from_micros(unit.start_us);
        let mut vectors = Vec::new();
        let mut add = |kind, encoder: &str, vector: Result<Option<Vec<f32>>, EncodeError>| {
            let whole = |vector| UnitVector { start, kind, encoder: encoder.to_owned(), vector };
            vectors.extend(vector.map(|vector| vector.map(whole)).transpose());
        };
        if let Some(pictures) = &self.pictures {
            add(VectorKind::Picture, pictures.digest(), middle_picture(pictures.as_ref(), unit));
        }
        if let (Some(texts), Some(comments)) = (&self.texts, unit.comments) {
            let said: Vec<&str> = comments.iter().map(|comment| comment.text).collect();
            add(VectorKind::Comment, texts.digest(), mean_of_texts(texts.as_ref(), &said));
        }
        vectors
    }

    /// Takes a word; gives the vector of the unit before, when the word is of a later one.
    fn hear(&mut self, word: &SpokenWord, unit: Span) -> Option<Result<UnitVector, EncodeError>> {
        let index = |word: &SpokenWord| MediaTime::from_micros(word.start_us).unit(unit);
        let ended = self.said.front().is_some_and(|first| index(first) != index(word));
        let vector = if ended { self.end_speech(unit) } else { None };
        if self.said.len() < WORDS {
            self.said.push_back(word.clone());
        }
        vector
    }

    /// The vector of what was said last.
    fn end_speech(&mut self, unit: Span) -> Option<Result<UnitVector, EncodeError>> {
        let said = std::mem::take(&mut self.said);
        let (texts, first) = (self.texts.as_ref()?, said.front()?);
        let start = MediaTime::ZERO + unit.times(MediaTime::from_micros(first.start_us).unit(unit));
        let text = said.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ");
        let whole = |vector| UnitVector {
            start,
            kind: VectorKind::Speech,
            encoder: texts.digest().to_owned(),
            vector,
        };
        mean_of_texts(texts.as_ref(), &[&text]).map(|vector| vector.map(whole)).transpose()
    }
}

impl RoomJob {
    /// Gives the vectors of a settled unit.
    pub(super) fn keep_unit(&mut self, unit: &UnitInput<'_>) {
        let vectors = self.moments.as_ref().map(|moments| moments.of_unit(unit)).unwrap_or_default();
        self.give_vectors(vectors);
    }

    /// A word was said.
    pub(super) fn keep_word(&mut self, word: &SpokenWord) {
        let unit = self.settings.unit;
        let vector = self.moments.as_mut().and_then(|moments| moments.hear(word, unit));
        self.give_vectors(vector);
    }

    /// Nothing more is said.
    pub(super) fn keep_last_words(&mut self) {
        let unit = self.settings.unit;
        let vector = self.moments.as_mut().and_then(|moments| moments.end_speech(unit));
        self.give_vectors(vector);
    }

    fn give_vectors(&mut self, vectors: impl IntoIterator<Item = Result<UnitVector, EncodeError>>) {
        for vector in vectors {
            match vector {
                Ok(vector) => self.out.push(Output::Vector(Box::new(vector))),
                // The server of the encoder tells it, once for all rooms.
                Err(problem) if problem.is_unserved() => {}
                Err(problem) => self.fault(None, format!("a moment can't be found by meaning: {problem}")),
            }
        }
    }
}
