//! A lexicon as a safetensors file: `idf` (F32), `weights` (F16, window by delay by bucket), `bias` (F32).
//!
//! The header's metadata names the format of the tokens, so that a lexicon is not read with other words than those
//! it was trained with. A lexicon written and read is the same lexicon, bit by bit.

use std::path::Path;

use half::f16;
use safetensors::{Dtype, tensor::TensorView};

use super::tokens::SEED;
use super::{BUCKETS, Lexicon, WINDOWS, WINDOWS_S};
use crate::EncodeError;
use crate::weights::Weights;

const KEY: &str = "format";
const NOT_A_FILE: &str = "(in memory)";

/// What a file must say of itself.
pub(super) fn format() -> String {
    let windows = WINDOWS_S.map(|(from, to)| format!("{from}-{to}")).join(",");
    format!("kairos lexicon 1, tokens {SEED:x} in {BUCKETS} buckets, windows {windows} s")
}

impl Lexicon {
    /// Writes the lexicon, replacing the file.
    ///
    /// # Errors
    /// [`EncodeError::LexiconWrite`] when the file cannot be written, [`EncodeError::Format`] when the format
    /// cannot hold it.
    pub fn write(&self, file: &Path) -> Result<(), EncodeError> {
        let bytes =
            self.to_bytes().map_err(|source| EncodeError::Format { file: file.to_owned(), source })?;
        std::fs::write(file, bytes)
            .map_err(|source| EncodeError::LexiconWrite { file: file.to_owned(), source })
    }

    /// Reads a lexicon.
    ///
    /// # Errors
    /// When the file cannot be read, is damaged, or was written for other tokens; names the file and what differs.
    pub fn read(file: &Path) -> Result<Self, EncodeError> {
        Self::of(&Weights::read(file)?)
    }

    /// A lexicon from the bytes of its file.
    ///
    /// # Errors
    /// As [`Lexicon::read`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EncodeError> {
        Self::of(&Weights::in_memory(NOT_A_FILE, bytes))
    }

    fn to_bytes(&self) -> Result<Vec<u8>, safetensors::SafeTensorError> {
        let single = |values: &[f32]| values.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>();
        let (idf, bias) = (single(&self.idf), single(&self.bias));
        let mut weights = Vec::with_capacity(2 * self.weights.len());
        for window in self.weights.chunks_exact(BUCKETS * self.delays) {
            for delay in 0..self.delays {
                let of_delay = window.iter().skip(delay).step_by(self.delays);
                weights.extend(of_delay.flat_map(|&weight| f16::from_f32(weight).to_le_bytes()));
            }
        }
        let tensors = [
            ("idf", TensorView::new(Dtype::F32, vec![BUCKETS], &idf)?),
            ("weights", TensorView::new(Dtype::F16, vec![WINDOWS, self.delays, BUCKETS], &weights)?),
            ("bias", TensorView::new(Dtype::F32, vec![self.delays], &bias)?),
        ];
        // One key only: the order of several would differ from run to run.
        safetensors::serialize(tensors, Some([(KEY.to_owned(), format())].into()))
    }

    fn of(file: &Weights) -> Result<Self, EncodeError> {
        let (expected, found) = (format(), file.metadata(KEY)?.unwrap_or_default());
        if expected != found {
            return Err(EncodeError::LexiconFormat { file: file.file().to_owned(), expected, found });
        }
        let tensors = file.tensors()?;
        let delays = tensors.shape("bias")?.first().copied().unwrap_or(0).max(1);
        let bias = tensors.get("bias", &[delays])?;
        let idf = tensors.get("idf", &[BUCKETS])?;
        if idf.iter().any(|&idf| idf < 0.0) {
            let (file, tensor) = (file.file().to_owned(), "idf".to_owned());
            return Err(EncodeError::TensorValue { file, tensor });
        }
        let stored = tensors.get_half("weights", &[WINDOWS, delays, BUCKETS])?;
        let mut weights = Vec::with_capacity(stored.len());
        for window in stored.chunks_exact(BUCKETS * delays) {
            for bucket in 0..BUCKETS {
                weights.extend(window.iter().skip(bucket).step_by(BUCKETS));
            }
        }
        Ok(Self { delays, idf, weights, bias })
    }

    /// All numbers, for the digest.
    pub(super) fn numbers(&self) -> Vec<u8> {
        let all = self.idf.iter().chain(&self.weights).chain(&self.bias);
        all.flat_map(|x| x.to_le_bytes()).collect()
    }
}
