//! Where an encoder runs, and by which numbers.

use candle_core::{DType, Device};
use serde::{Deserialize, Serialize};

use crate::TransformerError;

/// Numbers of an encoder's large matrices. What lies between them (norms, softmax, pooling) is 32 bits on the CPU.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// 32 bits.
    #[default]
    F32,
    /// 16 bits, on a GPU.
    F16,
    /// 16 bits with the range of 32, on a GPU.
    Bf16,
    /// 8-bit whole numbers, on the CPU: weights with one scale per output, rows as they come with one scale and one offset each.
    Int8,
}

impl Precision {
    /// As configurations write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F16 => "f16",
            Self::Bf16 => "bf16",
            Self::Int8 => "int8",
        }
    }

    pub(crate) const fn dtype(self) -> DType {
        match self {
            Self::F16 => DType::F16,
            Self::Bf16 => DType::BF16,
            Self::F32 | Self::Int8 => DType::F32,
        }
    }
}

/// Where an encoder runs, and by which numbers.
#[derive(Debug, Clone)]
pub struct Place {
    /// The CPU or a GPU.
    pub device: Device,
    /// 32 bits anywhere, 16 on a GPU, 8 on the CPU.
    pub precision: Precision,
}

impl From<&Device> for Place {
    fn from(device: &Device) -> Self {
        Self { device: device.clone(), precision: Precision::F32 }
    }
}

impl Place {
    /// Refuses numbers that the device does not compute with.
    pub(crate) fn check(&self) -> Result<(), TransformerError> {
        let fits = match self.precision {
            Precision::F32 => true,
            Precision::Int8 => self.device.is_cpu(),
            Precision::F16 | Precision::Bf16 => !self.device.is_cpu(),
        };
        let device = if self.device.is_cpu() { "CPU" } else { "GPU" };
        if fits { Ok(()) } else { Err(TransformerError::Precision { precision: self.precision, device }) }
    }

    /// A digest of weights and settings with the numbers that they are computed by, which are 32 bits where nothing is said.
    pub(crate) fn digest(&self, of: String) -> String {
        match self.precision {
            Precision::F32 => of,
            other => format!("{of}-{}", other.as_str()),
        }
    }
}
