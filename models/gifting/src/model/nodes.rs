//! Vectors of the gift graph's nodes: `x = id + W_c content + W_g pretrained` (MMBee, `x_a = W_id e_a + W_mm f_a`).
//!
//! A node without a row of its own has a common vector in place of its id's; a user or streamer that is asked about
//! adds the mean of its nearest neighbours' vectors to it (those of U -> A and of A -> A).
//!
//! Invariants: a known node's vector depends on its own row, content and pretrained vector alone.

use super::fusion::mean;
use crate::batch::{Listed, NodeBatch};
use crate::{Config, Path};
use candle_core::{Result, Tensor};
use candle_nn::{Init, Linear, Module, VarBuilder, linear_no_bias};

/// Vectors of one kind of node.
#[derive(Debug, Clone)]
pub(crate) struct NodeVectors {
    rows: Tensor,
    cold: Tensor,
    content: Option<Linear>,
    pretrained: Option<Linear>,
    neighbours: Option<Linear>,
}

/// What is known of the nodes of a batch.
pub(crate) struct Looked {
    /// `x`, `[U, d]`.
    pub(crate) vectors: Tensor,
    /// `W_g pretrained`, `[U, d]`.
    pub(crate) pretrained: Option<Tensor>,
}

impl NodeVectors {
    pub(crate) fn new(config: &Config, users: bool, vb: &VarBuilder<'_>) -> Result<Self> {
        let d = config.width;
        let (slots, path) = if users {
            (config.user_slots, Path::UserStreamer)
        } else {
            (config.streamer_slots, Path::StreamerStreamer)
        };
        let small = Init::Randn { mean: 0.0, stdev: 0.05 };
        let layer = |name: &str, width: usize, wanted: bool| {
            (wanted && width > 0).then(|| linear_no_bias(width, d, vb.pp(name))).transpose()
        };
        Ok(Self {
            rows: vb.get_with_hints((slots, d), "rows", small)?,
            cold: vb.get_with_hints(d, "cold", small)?,
            content: layer("content", config.content_width, !users)?,
            pretrained: layer("pretrained", config.pretrained_width, config.graph_pretraining)?,
            neighbours: layer("neighbours", d, config.reads(path))?,
        })
    }

    /// What takes the place of an id's row, `[d]`.
    pub(crate) const fn cold(&self) -> &Tensor {
        &self.cold
    }

    pub(crate) fn look(&self, nodes: &NodeBatch) -> Result<Looked> {
        self.look_as(nodes, &nodes.known)
    }

    /// As if those were known that have a 1 in `known` `[U, 1]`.
    pub(crate) fn look_as(&self, nodes: &NodeBatch, known: &Tensor) -> Result<Looked> {
        let own = self.rows.index_select(&nodes.rows, 0)?.broadcast_mul(known)?;
        let cold = (1.0 - known)?.broadcast_mul(&self.cold)?;
        let mut vectors = (own + cold)?;
        if let (Some(layer), Some(content)) = (&self.content, &nodes.content) {
            vectors = (vectors + layer.forward(content)?)?;
        }
        let mut projected = None;
        if let (Some(layer), Some(pretrained)) = (&self.pretrained, &nodes.pretrained) {
            let part = layer.forward(pretrained)?;
            vectors = (vectors + &part)?;
            projected = Some(part);
        }
        Ok(Looked { vectors, pretrained: projected })
    }

    /// Vectors `[B, d]` of those asked about; the unknown among them lean on their neighbours.
    pub(crate) fn asked(
        &self,
        vectors: &Tensor,
        known: &Tensor,
        streamers: &Tensor,
        neighbours: Option<&Listed>,
    ) -> Result<Tensor> {
        let (Some(layer), Some(listed)) = (&self.neighbours, neighbours) else { return Ok(vectors.clone()) };
        let near = streamers.index_select(&listed.nodes, 0)?;
        let near = mean(&near.reshape((listed.rows, listed.places, ()))?, &listed.mask)?.squeeze(1)?;
        vectors + layer.forward(&near)?.broadcast_mul(&(1.0 - known)?)?
    }
}
