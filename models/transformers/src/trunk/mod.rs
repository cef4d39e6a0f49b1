//! The transformer that all encoders share: rows of several sequences, one behind the other, through layers of attention and a wide
//! hidden layer.
//!
//! Nothing is padded on the CPU: matrices run over the rows of all sequences, attention over each sequence alone.

mod cpu;
mod device;

use candle_core::{DType, Device};
use serde::Deserialize;

pub(crate) use cpu::math::normalise_rows;
use cpu::{CpuLayer, Linear};
use device::{DeviceLayer, DeviceLinear};

#[cfg(test)]
use crate::Precision;
use crate::weights::Tensors;
use crate::{Place, TransformerError};

/// What bends the hidden layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(crate) enum Activation {
    /// By the error function, exactly.
    #[serde(rename = "gelu")]
    Gelu,
    /// By the hyperbolic tangent.
    #[serde(rename = "gelu_new", alias = "gelu_pytorch_tanh")]
    GeluTanh,
    /// `x * sigmoid(1.702 x)`.
    #[serde(rename = "quick_gelu")]
    QuickGelu,
    #[serde(rename = "relu")]
    Relu,
    /// None at all.
    #[serde(skip)]
    Linear,
}

/// Where a layer normalises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// What goes into attention and the hidden layer (CLIP, ViT).
    Before,
    /// The sum behind each of them (BERT).
    After,
}

/// Sizes and kind of a trunk.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) width: usize,
    pub(crate) heads: usize,
    pub(crate) hidden: usize,
    pub(crate) layers: usize,
    pub(crate) epsilon: f32,
    pub(crate) activation: Activation,
    pub(crate) order: Order,
    /// Whether a row sees only those before it.
    pub(crate) causal: bool,
}

/// Names of a layer's parts in the file, without `.weight` and `.bias`.
pub(crate) struct Names {
    pub(crate) query: String,
    pub(crate) key: String,
    pub(crate) value: String,
    pub(crate) output: String,
    /// Behind attention or before it.
    pub(crate) first_norm: String,
    pub(crate) up: String,
    pub(crate) down: String,
    pub(crate) second_norm: String,
}

/// Gain and bias of a layer's normalisation.
pub(crate) struct Norm {
    pub(crate) gain: Vec<f32>,
    pub(crate) bias: Vec<f32>,
    pub(crate) epsilon: f32,
}

/// Weights `(outputs, inputs)` and biases of a matrix, as files hold them.
pub(crate) struct Plain {
    pub(crate) inputs: usize,
    pub(crate) weight: Vec<f32>,
    pub(crate) bias: Vec<f32>,
}

struct PlainLayer {
    qkv: Plain,
    output: Plain,
    first_norm: Norm,
    up: Plain,
    down: Plain,
    second_norm: Norm,
}

/// A matrix on whichever device.
pub(crate) enum Dense {
    Cpu(Linear),
    Device(DeviceLinear),
}

enum Layers {
    Cpu(Vec<CpuLayer>),
    Device(Vec<DeviceLayer>, Place),
}

/// The layers of a transformer.
pub(crate) struct Trunk {
    shape: Shape,
    layers: Layers,
}

impl Norm {
    pub(crate) fn load(
        tensors: &Tensors<'_>,
        name: &str,
        width: usize,
        epsilon: f32,
    ) -> Result<Self, TransformerError> {
        let get = |part: &str| tensors.get(&format!("{name}.{part}"), &[width]);
        Ok(Self { gain: get("weight")?, bias: get("bias")?, epsilon })
    }

    pub(crate) fn apply(&self, rows: &mut [f32]) {
        cpu::norm(rows, self);
    }
}

impl Plain {
    pub(crate) fn load(
        tensors: &Tensors<'_>,
        name: &str,
        (inputs, outputs): (usize, usize),
    ) -> Result<Self, TransformerError> {
        Ok(Self {
            inputs,
            weight: tensors.get(&format!("{name}.weight"), &[outputs, inputs])?,
            bias: tensors.get(&format!("{name}.bias"), &[outputs])?,
        })
    }

    fn over(mut self, other: Self) -> Self {
        self.weight.extend(other.weight);
        self.bias.extend(other.bias);
        self
    }
}

impl Dense {
    /// By 32 bits wherever it is: the first matrix and the last are small and matter.
    pub(crate) fn new(plain: &Plain, device: &Device) -> Result<Self, TransformerError> {
        match device {
            Device::Cpu => Ok(Self::Cpu(Linear::new(plain))),
            device => Ok(Self::Device(DeviceLinear::new(plain, device, DType::F32)?)),
        }
    }

    pub(crate) fn apply(&self, rows: &[f32]) -> Result<Vec<f32>, TransformerError> {
        match self {
            Self::Cpu(linear) => {
                let mut out = vec![0.0; rows.len() / linear.inputs() * linear.outputs()];
                linear.apply(rows, &mut out, None, Activation::Linear);
                Ok(out)
            }
            Self::Device(linear) => linear.apply_rows(rows),
        }
    }
}

impl Trunk {
    pub(crate) fn load(
        tensors: &Tensors<'_>,
        shape: Shape,
        names: impl Fn(usize) -> Names,
        place: &Place,
    ) -> Result<Self, TransformerError> {
        let plain = |index| PlainLayer::load(tensors, &names(index), shape);
        let layers = match place.device {
            Device::Cpu => Layers::Cpu(
                (0..shape.layers)
                    .map(|index| Ok(CpuLayer::new(plain(index)?, place.precision)))
                    .collect::<Result<_, TransformerError>>()?,
            ),
            _ => Layers::Device(Self::on_device(&plain, shape, place)?, place.clone()),
        };
        Ok(Self { shape, layers })
    }

    fn on_device(
        plain: &dyn Fn(usize) -> Result<PlainLayer, TransformerError>,
        shape: Shape,
        place: &Place,
    ) -> Result<Vec<DeviceLayer>, TransformerError> {
        (0..shape.layers).map(|index| DeviceLayer::new(plain(index)?, place)).collect()
    }

    /// The same on the CPU by the operations that other devices use, to compare.
    #[cfg(test)]
    pub(crate) fn load_generic(
        tensors: &Tensors<'_>,
        shape: Shape,
        names: impl Fn(usize) -> Names,
        precision: Precision,
    ) -> Result<Self, TransformerError> {
        let plain = |index| PlainLayer::load(tensors, &names(index), shape);
        let place = Place { device: Device::Cpu, precision };
        let layers = Layers::Device(Self::on_device(&plain, shape, &place)?, place);
        Ok(Self { shape, layers })
    }

    /// Whether sequences are padded to the longest.
    pub(crate) fn pads(&self) -> bool {
        matches!(self.layers, Layers::Device(..))
    }

    /// Rows of sequences of these lengths through all layers.
    pub(crate) fn forward(&self, rows: Vec<f32>, lengths: &[usize]) -> Result<Vec<f32>, TransformerError> {
        debug_assert_eq!(rows.len(), lengths.iter().sum::<usize>() * self.shape.width);
        match &self.layers {
            Layers::Cpu(layers) => Ok(cpu::forward(layers, &self.shape, rows, lengths)),
            Layers::Device(layers, place) => device::forward(layers, &self.shape, &rows, lengths, place),
        }
    }
}

impl PlainLayer {
    fn load(tensors: &Tensors<'_>, names: &Names, shape: Shape) -> Result<Self, TransformerError> {
        let Shape { width, hidden, epsilon, .. } = shape;
        let square = |name: &str| Plain::load(tensors, name, (width, width));
        Ok(Self {
            qkv: square(&names.query)?.over(square(&names.key)?).over(square(&names.value)?),
            output: square(&names.output)?,
            first_norm: Norm::load(tensors, &names.first_norm, width, epsilon)?,
            up: Plain::load(tensors, &names.up, (width, hidden))?,
            down: Plain::load(tensors, &names.down, (hidden, width))?,
            second_norm: Norm::load(tensors, &names.second_norm, width, epsilon)?,
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]
mod tests;
