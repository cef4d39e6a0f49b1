//! What can go wrong while encoders are loaded or run.
//!
//! Messages name the file and the tensor, or the encoder and the picture, that a user has to look at.

use std::path::PathBuf;

use kairos_transformers::TransformerError;

/// Failure of loading or running an encoder.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// A weights file could not be read.
    #[error("cannot read weights {}", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A weights file is not safetensors.
    #[error("weights {} are not in the safetensors format", file.display())]
    Format {
        /// The file.
        file: PathBuf,
        /// Why.
        source: safetensors::SafeTensorError,
    },
    /// A weights file is damaged, or in a form that is not read.
    #[error("weights {}: {problem}", file.display())]
    Weights {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// A weights file lacks a tensor.
    #[error("weights {} lack the tensor {tensor}", file.display())]
    MissingTensor {
        /// The file.
        file: PathBuf,
        /// Name of the tensor.
        tensor: String,
    },
    /// A tensor has another shape than the network needs.
    #[error("tensor {tensor} of {} has the shape {found:?}, expected {expected:?}", file.display())]
    TensorShape {
        /// The file.
        file: PathBuf,
        /// Name of the tensor.
        tensor: String,
        /// What the network needs.
        expected: Vec<usize>,
        /// What the file holds.
        found: Vec<usize>,
    },
    /// A tensor holds numbers of another type.
    #[error("tensor {tensor} of {} holds {found}, expected {expected}", file.display())]
    TensorType {
        /// The file.
        file: PathBuf,
        /// Name of the tensor.
        tensor: String,
        /// Number type that is needed.
        expected: String,
        /// Number type in the file.
        found: String,
    },
    /// A lexicon's file was written for other tokens, windows or buckets.
    #[error("lexicon {} has the format {found:?}, expected {expected:?}", file.display())]
    LexiconFormat {
        /// The file.
        file: PathBuf,
        /// Format of this version.
        expected: String,
        /// Format that the file names.
        found: String,
    },
    /// A lexicon's file could not be written.
    #[error("cannot write lexicon {}", file.display())]
    LexiconWrite {
        /// The file.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A room cannot be used to train a lexicon.
    #[error("room {room} cannot train a lexicon: {problem}")]
    LexiconRoom {
        /// Index of the room.
        room: usize,
        /// What is wrong with it.
        problem: String,
    },
    /// The rooms or the settings are not enough to train a lexicon.
    #[error("cannot train a lexicon: {problem}")]
    LexiconTraining {
        /// What is missing.
        problem: String,
    },
    /// A tensor holds a NaN or an infinity.
    #[error("tensor {tensor} of {} holds a value that is not finite", file.display())]
    TensorValue {
        /// The file.
        file: PathBuf,
        /// Name of the tensor.
        tensor: String,
    },
    /// A picture's bytes don't match its size.
    #[error("picture at {at_us} us is {width}x{height} but has {bytes} bytes")]
    PictureSize {
        /// Media time in microseconds.
        at_us: i64,
        /// Columns.
        width: u32,
        /// Rows.
        height: u32,
        /// Bytes given.
        bytes: usize,
    },
    /// A pretrained network failed.
    #[error(transparent)]
    Transformer(#[from] TransformerError),
    /// The tensor library failed.
    #[error("tensor computation failed")]
    Tensor(#[from] candle_core::Error),
    /// An encoder of a set failed on a unit.
    #[error("encoder {encoder} failed on the unit at {start_us} us")]
    Encoder {
        /// Name of the encoder.
        encoder: String,
        /// Media time of the unit in microseconds.
        start_us: i64,
        /// Why.
        source: Box<EncodeError>,
    },
    /// The encoder is not configured.
    #[error("the encoder is not there")]
    Absent,
    /// Several encoders are not there, others between them.
    #[error(
        "some of the encoders {encoders} are not there, and nobody knows how many values each of them gives"
    )]
    AbsentWidths {
        /// Names, with those between them.
        encoders: String,
    },
    /// Two encoders of a set carry the same name.
    #[error("the set already has an encoder {encoder}")]
    DuplicateEncoder {
        /// Name of the encoder.
        encoder: String,
    },
}

impl EncodeError {
    /// In one word, as rows carry it: `overloaded` or `late` of encoders that are shared, `missing` of one that is not configured, else
    /// `failed`.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Encoder { source, .. } => source.word(),
            Self::Absent => "missing",
            Self::Transformer(TransformerError::Unserved(why)) => why.word(),
            _ => "failed",
        }
    }

    /// Whether nothing is wrong but that the encoder was not there, or not in time.
    #[must_use]
    pub fn is_unserved(&self) -> bool {
        self.word() != "failed"
    }
}
