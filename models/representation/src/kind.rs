//! Kinds of recommenders, by the names checkpoints carry.
//!
//! Invariants: name and kind map one to one.

use std::fmt;

/// What a model is; the `kind` in its checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// Items by number of users.
    Popularity,
    /// Ridge regression of items on items.
    Ease,
    /// Linear low-pass filter on the graph.
    GraphFilter,
    /// Graph convolution with ranking loss.
    LightGcn,
    /// Attention of the target over the user's items.
    Sim,
    /// Graph contrastive vectors.
    GraphCl,
    /// All evidence fused.
    Mmbee,
}

impl Kind {
    /// All of them, weakest baseline first.
    pub const ALL: [Self; 7] = [
        Self::Popularity,
        Self::Ease,
        Self::GraphFilter,
        Self::LightGcn,
        Self::Sim,
        Self::GraphCl,
        Self::Mmbee,
    ];

    /// The name in `config.json`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Popularity => "popularity",
            Self::Ease => "ease",
            Self::GraphFilter => "graph-filter",
            Self::LightGcn => "lightgcn",
            Self::Sim => "sim",
            Self::GraphCl => "graphcl",
            Self::Mmbee => "mmbee",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
