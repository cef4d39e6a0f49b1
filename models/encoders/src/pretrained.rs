//! Encoders of units by pretrained networks: CLIP sees, a sentence encoder reads what is written and said.
//!
//! Stateless. The networks are shared: one copy serves all rooms.

use std::sync::Arc;

use kairos_transformers::{PictureEncoder, Rgb, TextEncoder};

use crate::{EncodeError, Encoder, Modality, UnitInput, fingerprint};

/// Comments of a unit that are read; of more, so many evenly spaced ones.
const READ: usize = 64;

/// Picture encoder by CLIP (or ViT): the vector of the unit's middle picture.
#[derive(Clone, Debug)]
pub struct ClipEncoder {
    pictures: Arc<dyn PictureEncoder>,
}

/// Encoder of comments, or of speech, by a sentence encoder: the mean of the texts' vectors, zeros where nobody wrote or spoke.
#[derive(Clone, Debug)]
pub struct SentenceEncoder {
    texts: Arc<dyn TextEncoder>,
    modality: Modality,
}

/// Vector of the unit's middle picture; `None` without pictures.
///
/// # Errors
/// When the picture contradicts its size, or the network fails.
pub fn middle_picture(
    encoder: &dyn PictureEncoder,
    unit: &UnitInput<'_>,
) -> Result<Option<Vec<f32>>, EncodeError> {
    let Some(picture) = unit.pictures.get(unit.pictures.len() / 2) else { return Ok(None) };
    picture.check()?;
    let picture = Rgb { width: picture.width, height: picture.height, bytes: picture.rgb };
    Ok(encoder.encode_pictures(&[picture])?.pop())
}

/// Mean of the texts' vectors; `None` where none of them says anything.
///
/// # Errors
/// When the network fails.
pub fn mean_of_texts(encoder: &dyn TextEncoder, texts: &[&str]) -> Result<Option<Vec<f32>>, EncodeError> {
    let texts: Vec<&str> = texts.iter().map(|text| text.trim()).filter(|text| !text.is_empty()).collect();
    let count = texts.len().min(READ);
    let read: Vec<&str> = (0..count).map(|at| texts[at * texts.len() / count]).collect();
    let mut vectors = encoder.encode_texts(&read)?.into_iter();
    let Some(mut mean) = vectors.next() else { return Ok(None) };
    for vector in vectors {
        mean.iter_mut().zip(vector).for_each(|(sum, value)| *sum += value);
    }
    mean.iter_mut().for_each(|sum| *sum /= count as f32);
    Ok(Some(mean))
}

impl ClipEncoder {
    /// By a network.
    #[must_use]
    pub fn new(pictures: Arc<dyn PictureEncoder>) -> Self {
        Self { pictures }
    }
}

impl SentenceEncoder {
    /// Reads comments.
    #[must_use]
    pub fn of_comments(texts: Arc<dyn TextEncoder>) -> Self {
        Self { texts, modality: Modality::Comment }
    }

    /// Reads what was said.
    #[must_use]
    pub fn of_speech(texts: Arc<dyn TextEncoder>) -> Self {
        Self { texts, modality: Modality::Speech }
    }
}

impl Encoder for ClipEncoder {
    fn name(&self) -> &str {
        "clip"
    }

    fn digest(&self) -> String {
        fingerprint::of_algorithm(self.name(), 1, &format!("middle picture\n{}", self.pictures.digest()))
    }

    fn modality(&self) -> Modality {
        Modality::Picture
    }

    fn width(&self) -> usize {
        self.pictures.width()
    }

    fn picture_size(&self) -> Option<(u32, u32)> {
        Some(self.pictures.picture_size())
    }

    fn encode(&mut self, unit: &UnitInput<'_>) -> Result<Option<Vec<f32>>, EncodeError> {
        middle_picture(self.pictures.as_ref(), unit)
    }

    fn reset(&mut self) {}
}

impl Encoder for SentenceEncoder {
    fn name(&self) -> &str {
        if self.modality == Modality::Speech { "sentences-spoken" } else { "sentences" }
    }

    fn digest(&self) -> String {
        fingerprint::of_algorithm(self.name(), 1, &format!("mean of {READ}\n{}", self.texts.digest()))
    }

    fn modality(&self) -> Modality {
        self.modality
    }

    fn width(&self) -> usize {
        self.texts.width()
    }

    fn encode(&mut self, unit: &UnitInput<'_>) -> Result<Option<Vec<f32>>, EncodeError> {
        let texts: Vec<&str> = match (self.modality, unit.speech, unit.comments) {
            (Modality::Speech, Some(said), _) => vec![said],
            (Modality::Comment, _, Some(comments)) => comments.iter().map(|comment| comment.text).collect(),
            _ => return Ok(None),
        };
        let mean = mean_of_texts(self.texts.as_ref(), &texts)?;
        Ok(Some(mean.unwrap_or_else(|| vec![0.0; self.width()])))
    }

    fn reset(&mut self) {}
}
