//! Node inputs, convolution, and the head that contrast looks through.
//!
//! Invariants: the vector of an item nobody chose has no part of its own, which nothing has trained.

use super::GraphClConfig;
use crate::sparse::SparseProduct;
use crate::{Content, Dataset, Result, Vectors};
use candle_core::{DType, Device, Tensor};
use candle_nn::{Init, Linear, Module, VarBuilder, linear};
use kairos_training::Parameters;

pub(super) struct Network {
    pub(super) users: Tensor,
    pub(super) items: Tensor,
    /// 1 for items that training rows hold, `[items, 1]`.
    known: Tensor,
    /// Standardised content and its projection.
    content: Vec<(Tensor, Tensor)>,
    head: (Linear, Linear),
    layers: usize,
}

/// What a pass hides: `[items, 1]` of 0 and 1.
pub(super) struct Hidden {
    pub(super) ids: Option<Tensor>,
    pub(super) attributes: Option<Tensor>,
}

impl Network {
    pub(super) fn new(data: &Dataset, config: &GraphClConfig, parameters: &Parameters) -> Result<Self> {
        let (rows, width) = (&data.interactions, config.width);
        let builder = parameters.builder(DType::F32);
        let init = Init::Randn { mean: 0.0, stdev: 0.1 };
        let known = rows.item_degrees().into_iter().map(|degree| if degree > 0 { 1.0_f32 } else { 0.0 });
        let used: &[Content] = if config.content { &data.content } else { &[] };
        let content = used.iter().enumerate().map(|(at, content)| project(content, at, width, &builder));
        Ok(Self {
            users: builder.get_with_hints((rows.users(), width), "users", init)?,
            items: builder.get_with_hints((rows.items(), width), "items", init)?,
            known: Tensor::from_iter(known, &Device::Cpu)?.reshape((rows.items(), 1))?,
            content: content.collect::<candle_core::Result<_>>()?,
            head: (linear(width, width, builder.pp("head.0"))?, linear(width, width, builder.pp("head.1"))?),
            layers: config.layers,
        })
    }

    /// Inputs of all nodes, users first.
    pub(super) fn inputs(&self, hidden: &Hidden) -> candle_core::Result<Tensor> {
        let mut seen = self.known.clone();
        if let Some(ids) = &hidden.ids {
            seen = (seen * ids)?;
        }
        let mut items = self.items.broadcast_mul(&seen)?;
        for (features, projection) in &self.content {
            let mut part = features.matmul(projection)?;
            if let Some(attributes) = &hidden.attributes {
                part = part.broadcast_mul(attributes)?;
            }
            items = (items + part)?;
        }
        Tensor::cat(&[&self.users, &items], 0)
    }

    /// Mean of the inputs and of their convolutions.
    pub(super) fn encode(&self, inputs: &Tensor, graph: &SparseProduct) -> candle_core::Result<Tensor> {
        let (mut layer, mut sum) = (inputs.clone(), inputs.clone());
        for _ in 0..self.layers {
            layer = graph.apply(&layer)?;
            sum = (sum + &layer)?;
        }
        sum / (self.layers + 1) as f64
    }

    /// What the contrast compares.
    pub(super) fn head(&self, rows: &Tensor) -> candle_core::Result<Tensor> {
        self.head.1.forward(&self.head.0.forward(rows)?.relu()?)
    }

    /// The vectors as they stand. `strength` is each node's sum of edge weights; `cosine` scales items to length 1.
    pub(super) fn vectors(&self, graph: &SparseProduct, strength: &[f64], cosine: bool) -> Result<Vectors> {
        let users = self.users.dim(0)?;
        let width = self.users.dim(1)?;
        let mut layer = self.inputs(&Hidden { ids: None, attributes: None })?.detach();
        let (mut sum, mut below) = (layer.clone(), layer.zeros_like()?);
        for _ in 0..self.layers {
            below = (below + &layer)?;
            layer = graph.apply(&layer)?;
            sum = (sum + &layer)?;
        }
        let scale = 1.0 / (self.layers + 1) as f64;
        let flat = |tensor: Tensor| (tensor * scale)?.flatten_all()?.to_vec1::<f32>();
        let (sum, below) = (flat(sum)?, flat(below)?);
        let mut items = sum[users * width..].to_vec();
        if cosine {
            for row in items.chunks_mut(width) {
                let norm = row.iter().map(|x| x * x).sum::<f32>().sqrt().max(1e-6);
                row.iter_mut().for_each(|x| *x /= norm);
            }
        }
        let mut fold = below[users * width..].to_vec();
        for (row, strength) in fold.chunks_mut(width).zip(&strength[users..]) {
            let scale = (1.0 / (strength + 1.0).sqrt()) as f32;
            row.iter_mut().for_each(|x| *x *= scale);
        }
        Vectors::new(width, sum[..users * width].to_vec(), items, fold)
    }
}

fn project(
    content: &Content,
    at: usize,
    width: usize,
    builder: &VarBuilder<'_>,
) -> candle_core::Result<(Tensor, Tensor)> {
    let scale = 1.0 / (content.width() as f32).sqrt();
    let values: Vec<f32> = content.standardised().into_iter().map(|x| x * scale).collect();
    let features = Tensor::from_vec(values, (content.rows(), content.width()), &Device::Cpu)?;
    let init = Init::Randn { mean: 0.0, stdev: 0.1 };
    let projection = builder.get_with_hints((content.width(), width), &format!("content.{at}"), init)?;
    Ok((features, projection))
}
