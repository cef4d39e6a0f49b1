//! The two kinds of encoders, as a server sees them: items that cost something, and a way to run some of them.

use kairos_transformers::{PictureEncoder, Rgb, TextEncoder, TransformerError};

use crate::ServerConfig;

/// A kind of encoder.
pub trait Kind: Send + Sync + 'static {
    /// The encoder.
    type Encoder: ?Sized + Send + Sync + std::fmt::Debug;
    /// What it encodes.
    type Item: Send + Sync;
    /// Name of the thread, and what the log calls it.
    const NAME: &'static str;

    /// What a batch may cost.
    fn budget(config: &ServerConfig) -> usize;

    /// Whether in a batch each item costs as much as the dearest.
    fn pads(encoder: &Self::Encoder) -> bool;

    /// What each item costs.
    ///
    /// # Errors
    /// When the encoder can't tell.
    fn costs(encoder: &Self::Encoder, items: &[Self::Item]) -> Result<Vec<usize>, TransformerError>;

    /// One vector for each item.
    ///
    /// # Errors
    /// When the encoder fails.
    fn run(encoder: &Self::Encoder, items: &[&Self::Item]) -> Result<Vec<Vec<f32>>, TransformerError>;

    /// A batch of each shape that there will be: one item, a full batch of small ones, a large one.
    fn first_batches(encoder: &Self::Encoder, budget: usize) -> Vec<Vec<Self::Item>>;
}

/// Encoders of texts; items cost their tokens.
#[derive(Debug)]
pub struct Texts;

/// Encoders of pictures; items cost one.
#[derive(Debug)]
pub struct Pictures;

/// A picture of one's own, as [`Rgb`] borrows it.
#[derive(Clone, Debug)]
pub struct OwnedPicture {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// `width * height * 3` bytes.
    pub bytes: Vec<u8>,
}

impl OwnedPicture {
    fn borrowed(&self) -> Rgb<'_> {
        Rgb { width: self.width, height: self.height, bytes: &self.bytes }
    }
}

impl Kind for Texts {
    type Encoder = dyn TextEncoder;
    type Item = String;
    const NAME: &'static str = "text encoder";

    fn budget(config: &ServerConfig) -> usize {
        config.tokens
    }

    fn pads(encoder: &Self::Encoder) -> bool {
        encoder.pads()
    }

    fn costs(encoder: &Self::Encoder, items: &[String]) -> Result<Vec<usize>, TransformerError> {
        encoder.count_tokens(&items.iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn run(encoder: &Self::Encoder, items: &[&String]) -> Result<Vec<Vec<f32>>, TransformerError> {
        encoder.encode_texts(&items.iter().map(|text| text.as_str()).collect::<Vec<_>>())
    }

    fn first_batches(_: &Self::Encoder, budget: usize) -> Vec<Vec<String>> {
        let (word, some) = ("go".to_owned(), "well played, see you next week".to_owned());
        // A text of sixteen tokens is what people write; one of many words is cut to what the encoder reads.
        vec![vec![word], vec![some; (budget / 16).clamp(1, 64)], vec!["play ".repeat(512)]]
    }
}

impl Kind for Pictures {
    type Encoder = dyn PictureEncoder;
    type Item = OwnedPicture;
    const NAME: &'static str = "picture encoder";

    fn budget(config: &ServerConfig) -> usize {
        config.pictures
    }

    fn pads(_: &Self::Encoder) -> bool {
        false
    }

    fn costs(_: &Self::Encoder, items: &[OwnedPicture]) -> Result<Vec<usize>, TransformerError> {
        Ok(vec![1; items.len()])
    }

    fn run(encoder: &Self::Encoder, items: &[&OwnedPicture]) -> Result<Vec<Vec<f32>>, TransformerError> {
        encoder.encode_pictures(&items.iter().map(|picture| picture.borrowed()).collect::<Vec<_>>())
    }

    fn first_batches(encoder: &Self::Encoder, budget: usize) -> Vec<Vec<OwnedPicture>> {
        let (width, height) = encoder.picture_size();
        let grey = OwnedPicture { width, height, bytes: vec![127; width as usize * height as usize * 3] };
        vec![vec![grey.clone()], vec![grey; budget.min(64)]]
    }
}
