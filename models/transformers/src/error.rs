//! What can go wrong while a folder is loaded or run. Messages name the file and the field or tensor that a user has to look at.

use std::path::PathBuf;

/// Failure of loading or running an encoder.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransformerError {
    /// A file could not be read.
    #[error("cannot read {}: a model's folder holds config.json, model.safetensors and, for texts, tokenizer.json", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A configuration says something that can't be.
    #[error("{}: {field}: {problem}", file.display())]
    Config {
        /// The file.
        file: PathBuf,
        /// The field, or `json` where the file is none.
        field: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The weights are not safetensors.
    #[error("weights {} are not in the safetensors format", file.display())]
    Format {
        /// The file.
        file: PathBuf,
        /// Why.
        source: safetensors::SafeTensorError,
    },
    /// The weights lack a tensor.
    #[error("weights {} lack the tensor {tensor}", file.display())]
    MissingTensor {
        /// The file.
        file: PathBuf,
        /// Name of the tensor.
        tensor: String,
    },
    /// A tensor has another shape than the configuration says.
    #[error("tensor {tensor} of {} has the shape {found:?}, expected {expected:?}", file.display())]
    TensorShape {
        /// The file.
        file: PathBuf,
        /// Name of the tensor.
        tensor: String,
        /// What the configuration says.
        expected: Vec<usize>,
        /// What the file holds.
        found: Vec<usize>,
    },
    /// A tensor holds no floats, or some that are not finite.
    #[error("tensor {tensor} of {} {problem}", file.display())]
    TensorValue {
        /// The file.
        file: PathBuf,
        /// Name of the tensor.
        tensor: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The tokenizer's file is damaged, or gives tokens that the model does not know.
    #[error("tokenizer {}: {problem}", file.display())]
    Tokenizer {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// A picture's bytes don't match its size.
    #[error("a picture of {width}x{height} has {bytes} bytes")]
    Picture {
        /// Columns.
        width: u32,
        /// Rows.
        height: u32,
        /// Bytes given.
        bytes: usize,
    },
    /// Numbers that a device does not compute with.
    #[error("{} is not there on a {device}: f32 and int8 are on the CPU, f32, f16 and bf16 on a GPU", precision.as_str())]
    Precision {
        /// What was asked for.
        precision: crate::Precision,
        /// `CPU` or `GPU`.
        device: &'static str,
    },
    /// The tensor library failed.
    #[error("tensor computation failed")]
    Tensor(#[from] candle_core::Error),
    /// An encoder that serves several rooms did not serve this one.
    #[error(transparent)]
    Unserved(#[from] Unserved),
}

/// Why a shared encoder gave no vectors.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unserved {
    /// It would have come too late, and was not begun.
    #[error("the encoder is overloaded: {waiting} wait before this one")]
    Overloaded {
        /// Texts or pictures that waited.
        waiting: usize,
    },
    /// It was not there in time.
    #[error("the encoder was not done within {} ms", limit.as_millis())]
    Late {
        /// The time that it had.
        limit: std::time::Duration,
    },
    /// The encoder broke.
    #[error("the encoder failed: {problem}")]
    Failed {
        /// What it said.
        problem: String,
    },
}

impl Unserved {
    /// In one word, as rows and numbers carry it.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Overloaded { .. } => "overloaded",
            Self::Late { .. } => "late",
            Self::Failed { .. } => "failed",
        }
    }
}
