//! The nodes a batch names, each once.
//!
//! Invariants: node 0 is nobody: unknown, without attributes.

use super::{Known, Losing, checked};
use crate::{GiftingError, Slots};
use candle_core::Tensor;
use rand::Rng;
use std::collections::HashMap;

/// Nodes of one kind, in the order in which they were first named.
#[derive(Debug, Clone)]
pub(crate) struct NodeRows {
    users: bool,
    places: HashMap<u64, u32>,
    rows: Vec<u32>,
    known: Vec<f32>,
    content: Vec<f32>,
    pretrained: Vec<f32>,
}

/// The same as tensors, `U` nodes.
pub(crate) struct NodeBatch {
    /// Rows of the embedding table, `[U]`; any where unknown.
    pub(crate) rows: Tensor,
    /// 1 where known, `[U, 1]`.
    pub(crate) known: Tensor,
    /// Content attributes, `[U, content]`; of streamers.
    pub(crate) content: Option<Tensor>,
    /// Pretrained vectors, `[U, pretrained]`.
    pub(crate) pretrained: Option<Tensor>,
}

impl NodeRows {
    pub(crate) fn new(known: &Known<'_>, users: bool) -> Self {
        Self {
            users,
            places: HashMap::new(),
            rows: vec![0],
            known: vec![0.0],
            content: vec![0.0; if users { 0 } else { known.config.content_width }],
            pretrained: vec![
                0.0;
                if known.config.reads_pretrained() { known.config.pretrained_width } else { 0 }
            ],
        }
    }

    /// Place of a node, which is looked up when it is first named.
    pub(crate) fn place(&mut self, known: &Known<'_>, id: u64) -> Result<u32, GiftingError> {
        if let Some(place) = self.places.get(&id) {
            return Ok(*place);
        }
        let slots: &Slots = if self.users { known.users } else { known.streamers };
        let row = slots.row(id);
        self.rows.push(row.unwrap_or(0) as u32);
        self.known.push(if row.is_some() { 1.0 } else { 0.0 });
        let kind = if self.users { "user" } else { "streamer" };
        if !self.users {
            let what = || format!("content of streamer {id}");
            extend(&mut self.content, known.nodes.content(id), known.config.content_width, &what)?;
        }
        if known.config.reads_pretrained() {
            let vector =
                if self.users { known.nodes.user_vector(id) } else { known.nodes.streamer_vector(id) };
            let what = || format!("pretrained vector of {kind} {id}");
            extend(&mut self.pretrained, vector, known.config.pretrained_width, &what)?;
        }
        let place = self.rows.len() as u32 - 1;
        self.places.insert(id, place);
        Ok(place)
    }

    /// Tensors of all nodes; some are forgotten on purpose.
    pub(crate) fn tensors(
        mut self,
        known: &Known<'_>,
        losing: Option<&mut Losing<'_>>,
    ) -> Result<NodeBatch, GiftingError> {
        if let Some(losing) = losing
            && losing.ids > 0.0
        {
            for is_known in &mut self.known[1..] {
                if losing.random.random_bool(losing.ids) {
                    *is_known = 0.0;
                }
            }
        }
        let count = self.rows.len();
        let table = |values: Vec<f32>| -> Result<Option<Tensor>, GiftingError> {
            let width = values.len() / count;
            if width == 0 { Ok(None) } else { known.tensor(values, &[count, width]).map(Some) }
        };
        Ok(NodeBatch {
            rows: known.indices(self.rows)?,
            known: known.tensor(self.known, &[count, 1])?,
            content: table(self.content)?,
            pretrained: table(self.pretrained)?,
        })
    }
}

fn extend(
    values: &mut Vec<f32>,
    vector: Option<&[f32]>,
    width: usize,
    what: &dyn Fn() -> String,
) -> Result<(), GiftingError> {
    match vector {
        Some(vector) if width > 0 => {
            checked(what, vector, width)?;
            values.extend_from_slice(vector);
        }
        _ => values.resize(values.len() + width, 0.0),
    }
    Ok(())
}
