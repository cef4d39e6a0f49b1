//! A safetensors file, read whole and checked tensor by tensor.
//!
//! Every error names the file and the tensor. Tensors that nobody asks for are left alone.

use std::path::{Path, PathBuf};

use half::f16;
use safetensors::{Dtype, SafeTensors, tensor::TensorView};

use crate::EncodeError;

/// Bytes of a weights file.
pub(crate) struct Weights {
    file: PathBuf,
    bytes: Vec<u8>,
}

/// The tensors of a [`Weights`].
pub(crate) struct Tensors<'a> {
    file: &'a Path,
    tensors: SafeTensors<'a>,
}

impl Weights {
    pub(crate) fn read(file: &Path) -> Result<Self, EncodeError> {
        let bytes =
            std::fs::read(file).map_err(|source| EncodeError::Read { file: file.to_owned(), source })?;
        Ok(Self { file: file.to_owned(), bytes })
    }

    /// Bytes that lie in no file, under the name that errors give them.
    pub(crate) fn in_memory(name: &str, bytes: &[u8]) -> Self {
        Self { file: PathBuf::from(name), bytes: bytes.to_vec() }
    }

    pub(crate) fn file(&self) -> &Path {
        &self.file
    }

    /// Value of a key of the header's metadata.
    pub(crate) fn metadata(&self, key: &str) -> Result<Option<String>, EncodeError> {
        let (_, header) = SafeTensors::read_metadata(&self.bytes)
            .map_err(|source| EncodeError::Format { file: self.file.clone(), source })?;
        Ok(header.metadata().as_ref().and_then(|entries| entries.get(key).cloned()))
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn tensors(&self) -> Result<Tensors<'_>, EncodeError> {
        let tensors = SafeTensors::deserialize(&self.bytes)
            .map_err(|source| EncodeError::Format { file: self.file.clone(), source })?;
        Ok(Tensors { file: &self.file, tensors })
    }
}

impl<'a> Tensors<'a> {
    /// Values of a tensor, which must hold 32-bit floats, all finite, in this shape.
    pub(crate) fn get(&self, tensor: &str, shape: &[usize]) -> Result<Vec<f32>, EncodeError> {
        let number = |bytes: &[u8]| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        self.values(tensor, shape, Dtype::F32, 4, number)
    }

    /// Values of a tensor, which must hold 16-bit floats, all finite, in this shape.
    pub(crate) fn get_half(&self, tensor: &str, shape: &[usize]) -> Result<Vec<f32>, EncodeError> {
        self.values(tensor, shape, Dtype::F16, 2, |bytes| f16::from_le_bytes([bytes[0], bytes[1]]).to_f32())
    }

    /// Shape of a tensor.
    pub(crate) fn shape(&self, tensor: &str) -> Result<Vec<usize>, EncodeError> {
        Ok(self.view(tensor)?.shape().to_vec())
    }

    fn view(&self, tensor: &str) -> Result<TensorView<'a>, EncodeError> {
        // The only way this call fails is an unknown name.
        self.tensors.tensor(tensor).ok().ok_or_else(|| EncodeError::MissingTensor {
            file: self.file.to_owned(),
            tensor: tensor.to_owned(),
        })
    }

    fn values(
        &self,
        tensor: &str,
        shape: &[usize],
        kind: Dtype,
        size: usize,
        number: impl Fn(&[u8]) -> f32,
    ) -> Result<Vec<f32>, EncodeError> {
        let file = || self.file.to_owned();
        let name = || tensor.to_owned();
        let view = self.view(tensor)?;
        if view.dtype() != kind {
            let (expected, found) = (format!("{kind:?}"), format!("{:?}", view.dtype()));
            return Err(EncodeError::TensorType { file: file(), tensor: name(), expected, found });
        }
        if view.shape() != shape {
            let (expected, found) = (shape.to_vec(), view.shape().to_vec());
            return Err(EncodeError::TensorShape { file: file(), tensor: name(), expected, found });
        }
        let values: Vec<f32> = view.data().chunks_exact(size).map(number).collect();
        if values.iter().any(|value| !value.is_finite()) {
            return Err(EncodeError::TensorValue { file: file(), tensor: name() });
        }
        Ok(values)
    }
}
