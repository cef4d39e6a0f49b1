//! Models side by side, as Markdown.
//!
//! Invariants: means over seeds; ± is the standard deviation among them (n - 1), left out for one seed.

use std::fmt::Write;

use kairos_representation::AtK;
use serde::Serialize;

use super::KS;

/// One model, once per seed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Entry {
    /// What it is.
    pub name: String,
    /// Metrics on the rows that choose, by seed.
    pub seeds: Vec<Vec<AtK>>,
}

/// The table.
pub(super) fn markdown(entries: &[Entry]) -> String {
    let mut text = String::from("| model |");
    for metric in ["Recall", "Precision", "NDCG"] {
        // Writing to a string can't fail.
        KS.iter().for_each(|k| write!(text, " {metric}@{k} |").unwrap_or_default());
    }
    text.push_str("\n|---|---|---|---|---|---|---|\n");
    for Entry { name, seeds } in entries {
        write!(text, "| {name} |").unwrap_or_default();
        let metrics: [fn(&AtK) -> f64; 3] = [|at| at.recall, |at| at.precision, |at| at.ndcg];
        for metric in metrics {
            for k in KS {
                let values: Vec<f64> = seeds.iter().flatten().filter(|at| at.k == k).map(metric).collect();
                write!(text, " {} |", spread(&values)).unwrap_or_default();
            }
        }
        text.push('\n');
    }
    text
}

/// `mean ± deviation`.
pub(crate) fn spread(values: &[f64]) -> String {
    let count = values.len() as f64;
    if values.is_empty() {
        return "-".to_owned();
    }
    let mean = values.iter().sum::<f64>() / count;
    if values.len() == 1 {
        return format!("{mean:.4}");
    }
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0);
    format!("{mean:.4} ± {:.4}", variance.sqrt())
}
