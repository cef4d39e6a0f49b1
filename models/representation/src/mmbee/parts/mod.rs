//! The parts of the model: each scores all items from one kind of evidence.
//!
//! Invariants: made from training rows, content and friendships of the data set alone; scores are finite.

mod friends;
mod item_graph;
mod popular;
mod walk;

pub use walk::WalkConfig;

use super::Evidence;
use crate::checkpoint::{Persist, Tensors};
use crate::learning::Progress;
use crate::{
    DataDigests, Dataset, Ease, GraphCl, GraphFilter, Interactions, LightGcn, Recommender,
    RepresentationError, Result, swing,
};
use friends::Friends;
use item_graph::ItemGraph;
use popular::Popular;
use walk::Walk;

/// A trained part.
pub(super) enum Part {
    Walk(Walk),
    ItemGraph(ItemGraph),
    Popular(Popular),
    Friends(Friends),
    Ease(Ease),
    GraphFilter(GraphFilter),
    LightGcn(LightGcn),
    GraphCl(GraphCl),
}

impl Part {
    /// `validation` only says when a part that is trained by descent has had enough.
    pub(super) fn train(
        evidence: &Evidence,
        data: &Dataset,
        validation: Option<&Interactions>,
        progress: &mut Progress<'_>,
    ) -> Result<Self> {
        Ok(match evidence {
            Evidence::Walk(config) => Self::Walk(Walk::new(data, config)?),
            Evidence::Swing(config) => Self::ItemGraph(ItemGraph::new(&swing(&data.interactions, config)?)),
            Evidence::Content { modality, neighbours } => {
                Self::ItemGraph(ItemGraph::of_content(data, modality.as_deref(), neighbours))
            }
            Evidence::Popularity { cap } => Self::Popular(Popular::new(&data.interactions, *cap)?),
            Evidence::Friends {} => Self::Friends(Friends::new(data)?),
            Evidence::Ease(config) => Self::Ease(Ease::train(data, config)?),
            Evidence::GraphFilter(config) => Self::GraphFilter(GraphFilter::train(data, config)?),
            Evidence::LightGcn(config) => {
                Self::LightGcn(LightGcn::train(data, config, validation, progress)?)
            }
            Evidence::GraphCl(config) => Self::GraphCl(GraphCl::train(data, config, validation, progress)?),
        })
    }

    /// The settings that train the same part again without validation rows: epochs are those that were kept.
    pub(super) fn settled(&self, evidence: Evidence) -> Evidence {
        match self {
            Self::LightGcn(part) => Evidence::LightGcn(part.settings()),
            Self::GraphCl(part) => Evidence::GraphCl(part.settings()),
            _ => evidence,
        }
    }

    pub(super) fn score(&self, user: u32, history: &[u32], out: &mut [f32]) -> Result<()> {
        match self {
            Self::Walk(part) => part.score(history, out),
            Self::ItemGraph(part) => part.score(history, out),
            Self::Popular(part) => part.score(out),
            Self::Friends(part) => part.score(user, out),
            Self::Ease(part) => part.score(user, history, out)?,
            Self::GraphFilter(part) => part.score(user, history, out)?,
            Self::LightGcn(part) => part.score(user, history, out)?,
            Self::GraphCl(part) => part.score(user, history, out)?,
        }
        Ok(())
    }

    pub(super) fn take_apart(&self) -> Result<Tensors> {
        match self {
            Self::Walk(part) => part.take_apart(),
            Self::ItemGraph(part) => part.take_apart(),
            Self::Popular(part) => part.take_apart(),
            Self::Friends(part) => part.take_apart(),
            Self::Ease(part) => part.take_apart(),
            Self::GraphFilter(part) => part.take_apart(),
            Self::LightGcn(part) => part.take_apart(),
            Self::GraphCl(part) => part.take_apart(),
        }
    }

    pub(super) fn restore(evidence: &Evidence, data: &DataDigests, tensors: &Tensors) -> Result<Self> {
        let items = data.items;
        let part = match evidence {
            Evidence::Walk(config) => Self::Walk(Walk::restore(config, items, tensors)?),
            Evidence::Swing(_) | Evidence::Content { .. } => {
                Self::ItemGraph(ItemGraph::restore(items, tensors)?)
            }
            Evidence::Popularity { .. } => Self::Popular(Popular::restore(items, tensors)?),
            Evidence::Friends {} => Self::Friends(Friends::restore(items, tensors)?),
            Evidence::Ease(config) => Self::Ease(Ease::restore(config.clone(), data, tensors)?),
            Evidence::GraphFilter(config) => {
                Self::GraphFilter(GraphFilter::restore(config.clone(), data, tensors)?)
            }
            Evidence::LightGcn(config) => Self::LightGcn(LightGcn::restore(config.clone(), data, tensors)?),
            Evidence::GraphCl(config) => Self::GraphCl(GraphCl::restore(config.clone(), data, tensors)?),
        };
        let found = match &part {
            Self::Ease(part) => part.items(),
            _ => items,
        };
        RepresentationError::size("items of a part", items, found)?;
        Ok(part)
    }
}

/// Largest number of items a user may have to count: `cap` medians over users who have any; 0 is no limit.
fn largest_degree(rows: &Interactions, cap: f64) -> Result<usize> {
    if !(cap >= 0.0 && cap.is_finite()) {
        return Err(RepresentationError::config("cap", "must be 0 or more"));
    }
    let mut degrees: Vec<usize> =
        (0..rows.users() as u32).map(|user| rows.items_of(user).len()).filter(|&degree| degree > 0).collect();
    degrees.sort_unstable();
    let median = degrees.get(degrees.len() / 2).copied().unwrap_or(0);
    Ok(if cap == 0.0 { usize::MAX } else { (cap * median as f64).ceil() as usize })
}
