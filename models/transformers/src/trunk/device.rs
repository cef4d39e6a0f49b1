//! The trunk by candle's operations, for devices other than the CPU: sequences are padded to the longest and masked. All of it is
//! computed in the wanted type; rows come and go in 32 bits.

use candle_core::{D, DType, Device, Tensor};
use candle_nn::ops::softmax_last_dim;

use super::{Activation, Norm, Order, Plain, PlainLayer, Shape};
use crate::{Place, TransformerError};

/// A matrix on a device.
pub(crate) struct DeviceLinear {
    weight: Tensor,
    bias: Tensor,
}

struct DeviceNorm {
    gain: Tensor,
    bias: Tensor,
    epsilon: f32,
}

pub(super) struct DeviceLayer {
    qkv: DeviceLinear,
    output: DeviceLinear,
    first_norm: DeviceNorm,
    up: DeviceLinear,
    down: DeviceLinear,
    second_norm: DeviceNorm,
}

impl DeviceLinear {
    pub(super) fn new(plain: &Plain, device: &Device, dtype: DType) -> Result<Self, TransformerError> {
        let outputs = plain.bias.len();
        let weight = Tensor::from_slice(&plain.weight, (outputs, plain.inputs), device)?.to_dtype(dtype)?;
        let bias = Tensor::from_slice(&plain.bias, outputs, device)?.to_dtype(dtype)?;
        Ok(Self { weight: weight.t()?, bias })
    }

    /// The last dimension of any tensor.
    fn apply(&self, input: &Tensor) -> candle_core::Result<Tensor> {
        let (inputs, outputs) = self.weight.dims2()?;
        let mut shape = input.dims().to_vec();
        if let Some(last) = shape.last_mut() {
            *last = outputs;
        }
        input.reshape(((), inputs))?.matmul(&self.weight)?.broadcast_add(&self.bias)?.reshape(shape)
    }

    pub(super) fn apply_rows(&self, rows: &[f32]) -> Result<Vec<f32>, TransformerError> {
        let (inputs, _) = self.weight.dims2()?;
        let rows = Tensor::from_slice(rows, (rows.len() / inputs, inputs), self.bias.device())?;
        Ok(self.apply(&rows)?.flatten_all()?.to_vec1()?)
    }
}

impl DeviceNorm {
    fn new(norm: &Norm, place: &Place) -> Result<Self, TransformerError> {
        let dtype = place.precision.dtype();
        let tensor = |values: &[f32]| Tensor::new(values, &place.device)?.to_dtype(dtype);
        Ok(Self { gain: tensor(&norm.gain)?, bias: tensor(&norm.bias)?, epsilon: norm.epsilon })
    }

    fn apply(&self, input: &Tensor) -> candle_core::Result<Tensor> {
        candle_nn::ops::layer_norm(&input.contiguous()?, &self.gain, &self.bias, self.epsilon)
    }
}

impl DeviceLayer {
    pub(super) fn new(plain: PlainLayer, place: &Place) -> Result<Self, TransformerError> {
        let linear = |plain: &Plain| DeviceLinear::new(plain, &place.device, place.precision.dtype());
        Ok(Self {
            qkv: linear(&plain.qkv)?,
            output: linear(&plain.output)?,
            first_norm: DeviceNorm::new(&plain.first_norm, place)?,
            up: linear(&plain.up)?,
            down: linear(&plain.down)?,
            second_norm: DeviceNorm::new(&plain.second_norm, place)?,
        })
    }

    /// `(batch, length, width)` to the same.
    fn forward(&self, rows: &Tensor, mask: &Tensor, shape: &Shape) -> candle_core::Result<Tensor> {
        match shape.order {
            Order::After => {
                let rows = self.first_norm.apply(&(rows + self.attend(rows, mask, shape)?)?)?;
                self.second_norm.apply(&(&rows + self.bend(&rows, shape)?)?)
            }
            Order::Before => {
                let rows = (rows + self.attend(&self.first_norm.apply(rows)?, mask, shape)?)?;
                &rows + self.bend(&self.second_norm.apply(&rows)?, shape)?
            }
        }
    }

    fn bend(&self, rows: &Tensor, shape: &Shape) -> candle_core::Result<Tensor> {
        let hidden = self.up.apply(rows)?;
        let hidden = match shape.activation {
            Activation::Linear => hidden,
            Activation::Relu => hidden.relu()?,
            Activation::Gelu => hidden.gelu_erf()?,
            Activation::GeluTanh => hidden.gelu()?,
            Activation::QuickGelu => (&hidden * candle_nn::ops::sigmoid(&(&hidden * 1.702)?)?)?,
        };
        self.down.apply(&hidden)
    }

    fn attend(&self, rows: &Tensor, mask: &Tensor, shape: &Shape) -> candle_core::Result<Tensor> {
        let (batch, length, width) = rows.dims3()?;
        let depth = width / shape.heads;
        let qkv = self.qkv.apply(rows)?.reshape((batch, length, 3, shape.heads, depth))?;
        let part = |at: usize| qkv.narrow(2, at, 1)?.squeeze(2)?.transpose(1, 2)?.contiguous();
        let scores = (part(0)?.matmul(&part(1)?.t()?)? * (1.0 / (depth as f64).sqrt()))?;
        let shares = softmax_last_dim(&scores.broadcast_add(mask)?)?;
        let context = shares.matmul(&part(2)?)?.transpose(1, 2)?.contiguous()?;
        self.output.apply(&context.flatten_from(D::Minus2)?)
    }
}

pub(super) fn forward(
    layers: &[DeviceLayer],
    shape: &Shape,
    rows: &[f32],
    lengths: &[usize],
    Place { device, precision }: &Place,
) -> Result<Vec<f32>, TransformerError> {
    let longest = lengths.iter().copied().max().unwrap_or(0);
    if longest == 0 {
        return Ok(Vec::new());
    }
    let width = shape.width;
    let mut padded = Vec::with_capacity(lengths.len() * longest * width);
    let mut mask = Vec::with_capacity(lengths.len() * longest * longest);
    let mut rest = rows;
    for &length in lengths {
        let (sequence, later) = rest.split_at(length * width);
        rest = later;
        padded.extend_from_slice(sequence);
        padded.resize(padded.len() + (longest - length) * width, 0.0);
        for row in 0..longest {
            let seen = if shape.causal { length.min(row + 1) } else { length };
            mask.extend((0..longest).map(|other| if other < seen { 0.0 } else { f32::MIN }));
        }
    }
    let mut hidden =
        Tensor::from_vec(padded, (lengths.len(), longest, width), device)?.to_dtype(precision.dtype())?;
    let mask =
        Tensor::from_vec(mask, (lengths.len(), 1, longest, longest), device)?.to_dtype(precision.dtype())?;
    for layer in layers {
        hidden = layer.forward(&hidden, &mask, shape)?;
    }
    let hidden: Vec<f32> = hidden.flatten_all()?.to_dtype(DType::F32)?.to_vec1()?;
    let sequences = hidden.chunks_exact(longest * width).zip(lengths);
    Ok(sequences.flat_map(|(sequence, length)| &sequence[..length * width]).copied().collect())
}
