//! A safetensors file, read whole and checked tensor by tensor.
//!
//! Every error names the file and the tensor. Tensors that nobody asks for are left alone.

use std::path::{Path, PathBuf};

use safetensors::{Dtype, SafeTensors};

use crate::EncodeError;

/// Bytes of a weights file.
pub(super) struct Weights {
    file: PathBuf,
    bytes: Vec<u8>,
}

/// The tensors of a [`Weights`].
pub(super) struct Tensors<'a> {
    file: &'a Path,
    tensors: SafeTensors<'a>,
}

impl Weights {
    pub(super) fn read(file: &Path) -> Result<Self, EncodeError> {
        let bytes =
            std::fs::read(file).map_err(|source| EncodeError::Read { file: file.to_owned(), source })?;
        Ok(Self { file: file.to_owned(), bytes })
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn tensors(&self) -> Result<Tensors<'_>, EncodeError> {
        let tensors = SafeTensors::deserialize(&self.bytes)
            .map_err(|source| EncodeError::Format { file: self.file.clone(), source })?;
        Ok(Tensors { file: &self.file, tensors })
    }
}

impl Tensors<'_> {
    /// Values of a tensor, which must hold 32-bit floats, all finite, in this shape.
    pub(super) fn get(&self, tensor: &str, shape: &[usize]) -> Result<Vec<f32>, EncodeError> {
        let file = || self.file.to_owned();
        let name = || tensor.to_owned();
        // The only way this call fails is an unknown name.
        let Ok(view) = self.tensors.tensor(tensor) else {
            return Err(EncodeError::MissingTensor { file: file(), tensor: name() });
        };
        if view.dtype() != Dtype::F32 {
            let found = format!("{:?}", view.dtype());
            return Err(EncodeError::TensorType { file: file(), tensor: name(), found });
        }
        if view.shape() != shape {
            let (expected, found) = (shape.to_vec(), view.shape().to_vec());
            return Err(EncodeError::TensorShape { file: file(), tensor: name(), expected, found });
        }
        let number = |bytes: &[u8]| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        let values: Vec<f32> = view.data().chunks_exact(4).map(number).collect();
        if values.iter().any(|value| !value.is_finite()) {
            return Err(EncodeError::TensorValue { file: file(), tensor: name() });
        }
        Ok(values)
    }
}
