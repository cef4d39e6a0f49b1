//! `model.safetensors`, checked tensor by tensor; 16-bit floats are widened. Tensors that nobody asks for are left alone.

use std::path::{Path, PathBuf};

use half::{bf16, f16};
use safetensors::{Dtype, SafeTensors};

use crate::TransformerError;

/// Bytes of a weights file.
pub(crate) struct Weights {
    file: PathBuf,
    bytes: Vec<u8>,
}

/// Tensors of a [`Weights`], all under one prefix.
pub(crate) struct Tensors<'a> {
    file: &'a Path,
    tensors: SafeTensors<'a>,
    prefix: &'static str,
}

impl Weights {
    pub(crate) fn new(file: PathBuf, bytes: Vec<u8>) -> Self {
        Self { file, bytes }
    }

    /// The tensors, under the first of the prefixes that `probe` is found with.
    pub(crate) fn tensors(
        &self,
        probe: &str,
        prefixes: &[&'static str],
    ) -> Result<Tensors<'_>, TransformerError> {
        let tensors = SafeTensors::deserialize(&self.bytes)
            .map_err(|source| TransformerError::Format { file: self.file.clone(), source })?;
        let found = prefixes.iter().find(|prefix| tensors.tensor(&format!("{prefix}{probe}")).is_ok());
        let prefix = found.copied().unwrap_or_default();
        Ok(Tensors { file: &self.file, tensors, prefix })
    }
}

impl Tensors<'_> {
    /// Values of a tensor, all finite, in this shape.
    pub(crate) fn get(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, TransformerError> {
        let tensor = format!("{}{name}", self.prefix);
        let file = || self.file.to_owned();
        // The only way this call fails is an unknown name.
        let Ok(view) = self.tensors.tensor(&tensor) else {
            return Err(TransformerError::MissingTensor { file: file(), tensor });
        };
        if view.shape() != shape {
            let (expected, found) = (shape.to_vec(), view.shape().to_vec());
            return Err(TransformerError::TensorShape { file: file(), tensor, expected, found });
        }
        let two = |number: fn([u8; 2]) -> f32| {
            view.data().chunks_exact(2).map(|b| number([b[0], b[1]])).collect::<Vec<f32>>()
        };
        let values: Vec<f32> = match view.dtype() {
            Dtype::F32 => {
                view.data().chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect()
            }
            Dtype::F16 => two(|bytes| f16::from_le_bytes(bytes).to_f32()),
            Dtype::BF16 => two(|bytes| bf16::from_le_bytes(bytes).to_f32()),
            other => {
                let problem = format!("holds {other:?}, expected F32, F16 or BF16");
                return Err(TransformerError::TensorValue { file: file(), tensor, problem });
            }
        };
        if values.iter().all(|value| value.is_finite()) {
            return Ok(values);
        }
        let problem = "holds a value that is not finite".to_owned();
        Err(TransformerError::TensorValue { file: file(), tensor, problem })
    }
}
