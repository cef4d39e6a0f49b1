//! Sentence and picture encoders from folders in Hugging Face's layout: BERT and MiniLM, XLM-R, CLIP's two towers, ViT.
//!
//! All of them are one transformer with small differences, which runs on the CPU by kernels of this crate and elsewhere by
//! candle's operations. Swin is not here: it is another network, and candle-transformers has none.
//!
//! Invariants:
//! * No clock, no random source. The same texts or pictures give the same bits, whatever the thread count and whatever else is in the
//!   batch (on the CPU; on processors with fused multiply-add the bits are the same among themselves).
//! * A damaged folder is an error that names file, field or tensor; nothing is guessed.

mod clip;
mod error;
mod folder;
mod picture;
mod place;
mod remembered;
mod sentence;
mod tokens;
mod trunk;
mod vit;
mod weights;

use std::path::Path;
use std::sync::Arc;

pub use clip::Clip;
pub use error::{TransformerError, Unserved};
pub use picture::Rgb;
pub use place::{Place, Precision};
pub use remembered::Remembered;
pub use sentence::SentenceEncoder;
pub use vit::Vit;

use folder::Folder;

/// Texts to vectors.
pub trait TextEncoder: Send + Sync + std::fmt::Debug {
    /// Values of a vector.
    fn width(&self) -> usize;

    /// Hexadecimal digest of all that decides the numbers: weights, configuration, tokenizer and the revision of this code.
    fn digest(&self) -> &str;

    /// Tokens that each text takes, at most what the model reads: what encoding it costs. A guess, where a model does not say.
    ///
    /// # Errors
    /// When the tokenizer fails.
    fn count_tokens(&self, texts: &[&str]) -> Result<Vec<usize>, TransformerError> {
        Ok(texts.iter().map(|text| text.len() / 3 + 2).collect())
    }

    /// Whether in a batch the shorter texts cost as much as the longest.
    fn pads(&self) -> bool {
        false
    }

    /// One vector for each text, of length one where the model says so. What is longer than the model reads is cut.
    ///
    /// # Errors
    /// When the tokenizer or the tensor library fails.
    fn encode_texts(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, TransformerError>;
}

/// Pictures to vectors.
pub trait PictureEncoder: Send + Sync + std::fmt::Debug {
    /// Values of a vector.
    fn width(&self) -> usize;

    /// Hexadecimal digest of all that decides the numbers.
    fn digest(&self) -> &str;

    /// Width and height of the pictures that need no resampling.
    fn picture_size(&self) -> (u32, u32);

    /// One vector for each picture.
    ///
    /// # Errors
    /// When a picture contradicts its size, or the tensor library fails.
    fn encode_pictures(&self, pictures: &[Rgb<'_>]) -> Result<Vec<Vec<f32>>, TransformerError>;
}

/// Opens a folder whose texts become vectors: BERT, MiniLM, XLM-R, or CLIP's text tower.
///
/// # Errors
/// When the folder holds no such model, with the file and the field or tensor.
pub fn open_text(folder: &Path, place: impl Into<Place>) -> Result<Arc<dyn TextEncoder>, TransformerError> {
    match Folder::open(folder)?.model_type()?.as_str() {
        "clip" => Ok(Arc::new(Clip::load(folder, place)?)),
        _ => Ok(Arc::new(SentenceEncoder::load(folder, place)?)),
    }
}

/// Opens a folder whose pictures become vectors: ViT, or CLIP's picture tower.
///
/// # Errors
/// As [`open_text`].
pub fn open_picture(
    folder: &Path,
    place: impl Into<Place>,
) -> Result<Arc<dyn PictureEncoder>, TransformerError> {
    match Folder::open(folder)?.model_type()?.as_str() {
        "clip" => Ok(Arc::new(Clip::load(folder, place)?)),
        _ => Ok(Arc::new(Vit::load(folder, place)?)),
    }
}

/// Reads the configuration of a folder without its weights; gives the model type.
///
/// # Errors
/// When `config.json` is missing, damaged, or of a model that this crate does not have.
pub fn check_config(folder: &Path) -> Result<String, TransformerError> {
    let mut folder = Folder::open(folder)?;
    let model_type = folder.model_type()?;
    match model_type.as_str() {
        "clip" => clip::check_config(&mut folder)?,
        "vit" => vit::check_config(&mut folder)?,
        _ => sentence::check_config(&mut folder)?,
    }
    Ok(model_type)
}
