//! How a training goes, and when it has gone far enough.
//!
//! Invariants: without validation rows the last epoch is kept; with them the best one, the earlier of equals.

use crate::{AtK, Interactions, Kind, Recommender, Result, evaluate};
use candle_core::Tensor;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One epoch of a training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Epoch {
    /// Name of the model's kind.
    pub kind: String,
    /// From 1.
    pub epoch: usize,
    /// Mean loss of its batches.
    pub loss: f64,
    /// Lists of 20 on the validation part, in the epochs that are judged.
    pub validation: Option<AtK>,
}

/// Is told of every epoch; for lines on a terminal.
pub type Progress<'a> = dyn FnMut(&Epoch) + 'a;

/// Length of the lists that decide.
const K: usize = 20;

/// The weights of the best epoch, and its number.
pub(crate) type Kept = (usize, BTreeMap<String, Tensor>);

/// Keeps the best weights.
pub(crate) struct Watch<'a> {
    kind: Kind,
    train: &'a Interactions,
    validation: Option<&'a Interactions>,
    every: usize,
    patience: usize,
    best: Option<(f64, Kept)>,
    waited: usize,
}

impl<'a> Watch<'a> {
    /// Judges after every `every` epochs and gives up after `patience` judgements without a better one.
    pub(crate) fn new(
        kind: Kind,
        train: &'a Interactions,
        validation: Option<&'a Interactions>,
        every: usize,
        patience: usize,
    ) -> Self {
        let validation = validation.filter(|rows| !rows.is_empty());
        Self {
            kind,
            train,
            validation,
            every: every.max(1),
            patience: patience.max(1),
            best: None,
            waited: 0,
        }
    }

    /// Whether to stop after this epoch.
    pub(crate) fn after(
        &mut self,
        epoch: usize,
        loss: f64,
        progress: &mut Progress<'_>,
        weights: impl FnOnce() -> candle_core::Result<BTreeMap<String, Tensor>>,
        model: impl FnOnce() -> Result<Box<dyn Recommender>>,
    ) -> Result<bool> {
        if !loss.is_finite() {
            let reason = format!("loss of epoch {epoch} is {loss}: lower the learning rate");
            return Err(crate::RepresentationError::Training { what: self.kind.name(), reason });
        }
        let mut validation = None;
        if let Some(rows) = self.validation.filter(|_| epoch.is_multiple_of(self.every)) {
            let model = model()?;
            let at = evaluate(model.as_ref(), self.train, rows, &[K])?.at[0];
            validation = Some(at);
            if self.best.as_ref().is_none_or(|(best, _)| at.recall > *best) {
                self.best = Some((at.recall, (epoch, weights()?)));
                self.waited = 0;
            } else {
                self.waited += 1;
            }
        }
        progress(&Epoch { kind: self.kind.name().to_owned(), epoch, loss, validation });
        Ok(self.waited >= self.patience)
    }

    /// Epoch and weights to go back to, if any were judged.
    pub(crate) fn best(self) -> Option<Kept> {
        self.best.map(|(_, kept)| kept)
    }
}
