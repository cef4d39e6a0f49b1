//! Models side by side, as Markdown.
//!
//! Invariants: means over seeds; ± is the standard deviation among them (n - 1), left out for one seed.

use std::fmt::Write;

use serde::{Deserialize, Serialize};

use super::judge::Scores;
use crate::gifting::interactions::spread;

/// One model, once per seed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// What it is.
    pub name: String,
    /// Metrics on the test visits, by seed.
    pub seeds: Vec<Scores>,
}

type Column = (&'static str, fn(&Scores) -> Option<f64>);

const COLUMNS: [Column; 9] = [
    ("AUC", |scores| scores.auc),
    ("UAUC", |scores| scores.uauc),
    ("GAUC", |scores| scores.gauc),
    ("NDCG@10", |scores| scores.ndcg_at_10),
    ("log loss", |scores| scores.log_loss),
    ("calibration error", |scores| scores.calibration_error),
    ("value MAE", |scores| scores.value_mae),
    ("value RMSE", |scores| scores.value_rmse),
    ("value Spearman", |scores| scores.value_spearman),
];

/// The table.
pub(super) fn markdown(entries: &[Entry]) -> String {
    let mut text = String::from("| model |");
    // Writing to a string can't fail.
    COLUMNS.iter().for_each(|(name, _)| write!(text, " {name} |").unwrap_or_default());
    writeln!(text, "\n|---|{}", "---|".repeat(COLUMNS.len())).unwrap_or_default();
    for Entry { name, seeds } in entries {
        write!(text, "| {name} |").unwrap_or_default();
        for (_, column) in COLUMNS {
            let values: Vec<f64> = seeds.iter().filter_map(column).collect();
            write!(text, " {} |", spread(&values)).unwrap_or_default();
        }
        text.push('\n');
    }
    text
}
