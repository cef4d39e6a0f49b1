//! Section `[gifting]` of the configuration: how `kairos train gifting` trains.
//!
//! Invariants: unknown fields are refused; seeds in here are replaced by the command's.

use kairos_gifting::{Config as RankerConfig, History, Search, TrainingConfig};
use kairos_representation::{GraphClConfig, Kind, LightGcnConfig, Settings};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::ConfigError;

/// How gift models are trained.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct GiftingConfig {
    /// On `train.tsv` and companions: rankings of all items.
    pub interactions: InteractionsConfig,
    /// On KuaiLive's layout: who gives in which live room.
    pub live: LiveConfig,
}

/// Models that rank all items for a user.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct InteractionsConfig {
    /// `popularity`, `ease`, `graph-filter`, `lightgcn`, `sim`, `graphcl` or `mmbee`.
    #[serde(with = "kind_name")]
    #[schemars(with = "String")]
    pub model: Kind,
    /// Share of each user's rows that choose settings and epochs where there is no `val.tsv`, above 0 and at most 0.5.
    /// The final model is then trained on all of `train.tsv`.
    pub hold_out: f64,
    /// Users with fewer rows give none away, at least 2.
    pub hold_out_least: usize,
    /// Settings of each kind.
    pub models: Settings,
}

/// Models that predict gifts in live rooms.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LiveConfig {
    /// Share of the clicks, the earliest, that is trained on.
    pub train: f64,
    /// Share of the clicks after them that chooses epochs and calibrates; the rest is the test.
    pub validation: f64,
    /// Share of the training clicks, the earliest, that only node vectors are trained on: a ranker that learned from a
    /// gift which its own vectors have seen would trust them too much.
    pub pretrain: f64,
    /// Share of the visits without a gift that are trained and validated on. Probabilities are corrected for it.
    pub negatives_kept: f64,
    /// Share of the visits without a gift that are tested on; 1 judges by what happened.
    pub test_negatives_kept: f64,
    /// Hours between two snapshots of the graph: neighbours of a visit are those of the latest one before it.
    pub snapshot_hours: u32,
    /// The ranker. Widths of what it reads follow from the data.
    pub ranker: RankerConfig,
    /// How it is trained.
    pub training: TrainingConfig,
    /// Node vectors, by contrast on the graph of clicks and gifts.
    pub pretraining: GraphClConfig,
    /// The baseline by inner products.
    pub lightgcn: LightGcnConfig,
}

impl Default for InteractionsConfig {
    fn default() -> Self {
        Self { model: Kind::Mmbee, hold_out: 0.1, hold_out_least: 5, models: Settings::default() }
    }
}

impl Default for LiveConfig {
    fn default() -> Self {
        Self {
            train: 0.7,
            validation: 0.1,
            pretrain: 0.4,
            negatives_kept: 0.1,
            test_negatives_kept: 1.0,
            snapshot_hours: 24,
            ranker: RankerConfig {
                // Rooms have no category in this layout.
                history: History::Search { by: Search::InnerProduct, top: 32 },
                longest_history: 128,
                ..RankerConfig::default()
            },
            training: TrainingConfig::default(),
            pretraining: GraphClConfig { width: 32, epochs: 15, amounts: true, ..GraphClConfig::default() },
            lightgcn: LightGcnConfig { width: 32, epochs: 40, ..LightGcnConfig::default() },
        }
    }
}

impl GiftingConfig {
    /// Checks what no model checks itself.
    ///
    /// # Errors
    /// Names the field that is out of range.
    pub fn check(&self) -> Result<(), ConfigError> {
        let wrong = |field: &str, reason: String| Err(ConfigError::Value { field: field.to_owned(), reason });
        let InteractionsConfig { hold_out, hold_out_least, .. } = self.interactions;
        if !(hold_out > 0.0 && hold_out <= 0.5) {
            return wrong(
                "gifting.interactions.hold_out",
                format!("{hold_out} is not above 0 and at most 0.5"),
            );
        }
        if hold_out_least < 2 {
            return wrong("gifting.interactions.hold_out_least", "must be at least 2".to_owned());
        }
        let live = &self.live;
        let shares = [
            ("train", live.train),
            ("validation", live.validation),
            ("pretrain", live.pretrain),
            ("negatives_kept", live.negatives_kept),
            ("test_negatives_kept", live.test_negatives_kept),
        ];
        for (field, share) in shares {
            if !(share > 0.0 && share <= 1.0) {
                return wrong(
                    &format!("gifting.live.{field}"),
                    format!("{share} is not above 0 and at most 1"),
                );
            }
        }
        if live.train + live.validation >= 1.0 || live.pretrain >= 1.0 {
            return wrong(
                "gifting.live.train",
                "training, pretraining and validation must leave a rest".to_owned(),
            );
        }
        if live.snapshot_hours == 0 {
            return wrong("gifting.live.snapshot_hours", "must be at least 1".to_owned());
        }
        if let Err(error) = live.ranker.validate() {
            return wrong("gifting.live.ranker", error.to_string());
        }
        if let Err(error) = live.training.validate() {
            return wrong("gifting.live.training", error.to_string());
        }
        Ok(())
    }
}

/// The kind of that name; else the names there are.
///
/// # Errors
/// When no kind is called so.
pub fn kind_named(name: &str) -> Result<Kind, String> {
    Kind::from_name(name)
        .ok_or_else(|| format!("{name:?} is none of {}", Kind::ALL.map(Kind::name).join(", ")))
}

mod kind_name {
    use kairos_representation::Kind;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(kind: &Kind, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(kind.name())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Kind, D::Error> {
        super::kind_named(&String::deserialize(from)?).map_err(Error::custom)
    }
}
