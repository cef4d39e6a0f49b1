//! The table of a report: baselines, the full model, and the full model with each part switched off.
//!
//! Invariants: all rows are judged on the same users, lists and items; rows stand in the order asked for.

use crate::ranking::evaluate;
use crate::{AtK, Interactions, Mmbee, Recommender, Result};

/// One line of the table.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Name of the model, or of the part that is off.
    pub name: String,
    /// What it reached.
    pub at: Vec<AtK>,
}

/// Judges models, in their order.
///
/// # Errors
/// As [`evaluate`].
pub fn compare(
    models: &[&dyn Recommender],
    train: &Interactions,
    held: &Interactions,
    ks: &[usize],
) -> Result<Vec<Row>> {
    let row = |model: &&dyn Recommender| {
        Ok(Row { name: model.kind().name().to_owned(), at: evaluate(*model, train, held, ks)?.at })
    };
    models.iter().map(row).collect()
}

/// Judges the full model without each of its parts in turn; weights of the others stay as they are.
///
/// # Errors
/// As [`evaluate`].
pub fn ablations(model: &Mmbee, train: &Interactions, held: &Interactions, ks: &[usize]) -> Result<Vec<Row>> {
    let mut rows = Vec::with_capacity(model.chosen().len());
    for (at, chosen) in model.chosen().iter().enumerate() {
        if let Some(without) = model.without(at) {
            let name = format!("mmbee without {}", chosen.evidence.name());
            rows.push(Row { name, at: evaluate(&without, train, held, ks)?.at });
        }
    }
    Ok(rows)
}
