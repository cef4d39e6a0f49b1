//! What a part of the model looks at, as settings.
//!
//! Invariants: a part follows from its settings and the training data alone.

use super::parts::WalkConfig;
use crate::item_graph::{NeighbourConfig, SwingConfig};
use crate::{Dataset, EaseConfig, GraphClConfig, GraphFilterConfig, LightGcnConfig};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One kind of evidence with its settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Evidence {
    /// Metapath U->A->U->A and longer: a walk on items chosen together.
    Walk(WalkConfig),
    /// Metapath U->A->A: neighbours of the user's items by Swing.
    Swing(SwingConfig),
    /// Neighbours of the user's items by content.
    Content {
        /// Name of the modality; none stands for one part for each there is.
        modality: Option<String>,
        /// How they are found.
        neighbours: NeighbourConfig,
    },
    /// Logarithm of the number of users, those with many items left out.
    Popularity {
        /// Largest number of items of a user who counts, in medians over users; 0 lets all count.
        cap: f64,
    },
    /// What friends chose.
    Friends {},
    /// Ridge regression of items on items.
    Ease(EaseConfig),
    /// Low-pass filter on the graph.
    GraphFilter(GraphFilterConfig),
    /// Inner products of vectors learnt by graph convolution alone.
    LightGcn(LightGcnConfig),
    /// Inner products of vectors learnt by contrast.
    GraphCl(GraphClConfig),
}

impl Evidence {
    /// What is tried unless the configuration says otherwise.
    #[must_use]
    pub fn defaults() -> Vec<Self> {
        let walk =
            |hops, cap, content| Self::Walk(WalkConfig { hops, cap, content, ..WalkConfig::default() });
        let ease = |lambda, amounts| Self::Ease(EaseConfig { lambda, amounts, ..EaseConfig::default() });
        let filter = |linear, alpha, vectors, amounts| {
            let default = GraphFilterConfig::default();
            Self::GraphFilter(GraphFilterConfig { vectors, linear, alpha, amounts, ..default })
        };
        vec![
            walk(5, 10.0, 0.0),
            walk(5, 10.0, 0.3),
            walk(1, 0.0, 0.0),
            Self::Swing(SwingConfig::default()),
            Self::Content { modality: None, neighbours: NeighbourConfig::default() },
            Self::Popularity { cap: 10.0 },
            Self::Friends {},
            ease(30.0, false),
            ease(100.0, true),
            filter(1.0, 0.0, 0, false),
            filter(0.0, 1.0, 64, false),
            filter(0.0, 1.0, 160, false),
            filter(1.0, 0.0, 0, true),
            filter(0.0, 1.0, 128, true),
            Self::GraphCl(GraphClConfig::default()),
        ]
    }

    /// A short name for tables.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Walk(WalkConfig { hops, cap, content, .. }) if *content == 0.0 => {
                format!("walk of {hops} (cap {cap})")
            }
            Self::Walk(WalkConfig { hops, cap, content, modality, .. }) => {
                format!("walk of {hops} (cap {cap}, {content} {})", modality.as_deref().unwrap_or("content"))
            }
            Self::Swing(_) => String::from("swing"),
            Self::Content { modality, .. } => {
                format!("content {}", modality.as_deref().unwrap_or("of all modalities"))
            }
            Self::Popularity { cap } => format!("popularity (cap {cap})"),
            Self::Friends {} => String::from("friends"),
            Self::LightGcn(_) => String::from("lightgcn"),
            Self::Ease(EaseConfig { lambda, amounts, .. }) => {
                format!("ease {lambda}{}", if *amounts { " of amounts" } else { "" })
            }
            Self::GraphFilter(GraphFilterConfig { vectors, linear, alpha, amounts, .. }) => {
                let of = if *amounts { " of amounts" } else { "" };
                format!("graph filter{of} ({linear} linear, {alpha} of {vectors} vectors)")
            }
            Self::GraphCl(_) => String::from("graphcl"),
        }
    }

    /// The parts this stands for on the data: none if there is nothing to look at or too much of it.
    pub(super) fn on(&self, data: &Dataset) -> Vec<Self> {
        match self {
            Self::Content { modality: None, neighbours } => {
                let named = |content: &crate::Content| Self::Content {
                    modality: Some(content.name().to_owned()),
                    neighbours: neighbours.clone(),
                };
                data.content.iter().map(named).collect()
            }
            Self::Content { modality: Some(name), .. }
                if !data.content.iter().any(|content| content.name() == name) =>
            {
                Vec::new()
            }
            Self::Walk(config) if config.content > 0.0 => {
                let fits = |name: &str| config.modality.as_deref().is_none_or(|wanted| wanted == name);
                let named = |name: &str| WalkConfig { modality: Some(name.to_owned()), ..config.clone() };
                let names = data.content.iter().map(crate::Content::name).filter(|name| fits(name));
                names.map(|name| Self::Walk(named(name))).collect()
            }
            Self::Friends {} if data.social.is_none() => Vec::new(),
            Self::Ease(config) if data.interactions.items() > config.max_items => Vec::new(),
            Self::Ease(EaseConfig { amounts: true, .. })
            | Self::GraphFilter(GraphFilterConfig { amounts: true, .. })
                if !has_amounts(data) =>
            {
                Vec::new()
            }
            _ => vec![self.clone()],
        }
    }
}

fn has_amounts(data: &Dataset) -> bool {
    let mut rows = data.interactions.rows();
    rows.next().is_some_and(|first| rows.any(|row| row.value != first.value))
}
