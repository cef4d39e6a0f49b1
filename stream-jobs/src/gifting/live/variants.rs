//! The ranker, its baseline without graph and content, and the ranker without each part.
//!
//! Invariants: all of them have the same sizes and the same training.

use kairos_gifting::{Ablation, Config, History, Path};

/// A ranker with a name for tables.
pub(super) struct Variant {
    pub(super) name: String,
    pub(super) config: Config,
}

/// Which ranker a checkpoint holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whole {
    /// All of it.
    Mmbee,
    /// Plain SIM.
    Sim,
}

impl Whole {
    pub(super) fn of(self, config: &Config) -> Variant {
        match self {
            Self::Mmbee => Variant { name: "mmbee".to_owned(), config: config.clone() },
            Self::Sim => Variant { name: "sim".to_owned(), config: config.clone().sim() },
        }
    }
}

/// The ranker without each part in turn.
pub(super) fn ablations(config: &Config) -> Vec<Variant> {
    let mut parts = vec![
        ("MFQ", Ablation::Fusion),
        ("U2A (all metapaths from the user)", Ablation::UserExpansion),
        ("A2A (all metapaths over Swing edges)", Ablation::StreamerSimilarity),
        ("all metapaths from the streamer", Ablation::StreamerExpansion),
        ("GraphCL", Ablation::GraphPretraining),
    ];
    parts.extend(Path::ALL.map(|path| (path.name(), Ablation::Path(path))));
    let without = |(name, part): (&str, Ablation)| Variant {
        name: format!("mmbee without {name}"),
        config: config.clone().without(part),
    };
    let mut all: Vec<Variant> = parts.into_iter().map(without).collect();
    let history = History::Dispatcher { experts: 8 };
    all.push(Variant {
        name: "mmbee with ELASTIC in place of two-stage search".to_owned(),
        config: Config { history, ..config.clone() },
    });
    all
}
