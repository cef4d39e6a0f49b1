//! What can go wrong while speech models are loaded or run.
//!
//! Messages name the file, the field or the room that a user has to look at, and what to do about it.

use std::path::PathBuf;

/// Failure of loading or running speech recognition.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SpeechError {
    /// Speech recognition is on, but no model is named.
    #[error(
        "speech recognition has no model: name one in speech.model (a whisper.cpp file such as ggml-base.bin from \
         https://huggingface.co/ggerganov/whisper.cpp, or a folder with Whisper in Hugging Face's layout), or set \
         speech.enabled = \"off\""
    )]
    NoModel,
    /// A file of a model cannot be read.
    #[error("cannot read {}: {hint}", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// What to do about it.
        hint: &'static str,
        /// Why.
        source: std::io::Error,
    },
    /// A file of a model is not what its place asks for.
    #[error("{} cannot be used: {problem}", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// What is wrong, and what to do about it.
        problem: String,
    },
    /// A weights file is not safetensors.
    #[error("weights {} are not in the safetensors format", file.display())]
    Weights {
        /// The file.
        file: PathBuf,
        /// Why.
        source: safetensors::SafeTensorError,
    },
    /// A setting is out of its range.
    #[error("speech.{field} {problem}")]
    Setting {
        /// Name of the field.
        field: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// The model does not know a language.
    #[error(
        "the speech model does not know the language {language:?}: give a code such as \"en\", or \"auto\""
    )]
    Language {
        /// The language as it was given.
        language: String,
    },
    /// The recogniser failed on a window.
    #[error("the recogniser {recognizer} failed: {problem}")]
    Recognition {
        /// Its name.
        recognizer: String,
        /// What it said.
        problem: String,
    },
    /// Somebody asked for the running window to be given up.
    #[error("recognition was aborted")]
    Aborted,
    /// A chunk for voice activity has another length than the detector reads.
    #[error("voice activity reads {expected} samples at a time, not {found}")]
    Chunk {
        /// Samples that it reads.
        expected: usize,
        /// Samples given.
        found: usize,
    },
    /// The tensor library failed.
    #[error("tensor computation failed")]
    Tensor(#[from] candle_core::Error),
    /// The thread of the shared recogniser could not be started.
    #[error("cannot start the thread of the speech recogniser")]
    Thread(#[source] std::io::Error),
}
