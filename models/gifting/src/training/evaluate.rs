//! What a ranker reaches on examples it wasn't trained on.
//!
//! Invariants: every pair is predicted as it would be live; a batch of examples is held at a time.

use super::Reached;
use crate::calibration::sigmoid;
use crate::{Calibration, Example, Examples, GiftingError, Prediction, Ranker};
use kairos_training::metrics::{
    Binning, Gain, expected_calibration_error, gauc, log_loss, ndcg_at, roc_auc, spearman, uauc,
};
use std::collections::BTreeMap;

/// Examples predicted at once.
const BATCH: usize = 512;

/// Predictions for all examples, in their order.
fn predictions(ranker: &Ranker, examples: &dyn Examples) -> Result<Vec<Prediction>, GiftingError> {
    let mut all = Vec::with_capacity(examples.len());
    for start in (0..examples.len()).step_by(BATCH) {
        let end = (start + BATCH).min(examples.len());
        let batch: Vec<Example> = (start..end).map(|index| examples.load(index)).collect::<Result<_, _>>()?;
        all.extend(ranker.predict(&batch, examples.nodes())?);
    }
    Ok(all)
}

/// Measures a ranker on examples.
///
/// # Errors
/// When an example can't be read or used.
pub fn evaluate(ranker: &Ranker, examples: &dyn Examples) -> Result<Reached, GiftingError> {
    let predictions = predictions(ranker, examples)?;
    let outcomes: Vec<_> = (0..examples.len()).map(|index| examples.outcome(index)).collect();
    let gifts: Vec<bool> = outcomes.iter().map(|outcome| outcome.gift).collect();
    let users: Vec<u64> = outcomes.iter().map(|outcome| outcome.user).collect();
    let probabilities: Vec<f64> = predictions.iter().map(|prediction| prediction.probability).collect();
    // Probabilities may round to the same number where log odds differ.
    let scores: Vec<f64> = predictions.iter().map(|prediction| prediction.log_odds).collect();
    let value = |gift: bool, value: f32| {
        if gift && value > 0.0 && value.is_finite() { f64::from(value) } else { 0.0 }
    };
    let values: Vec<f64> = outcomes.iter().map(|outcome| value(outcome.gift, outcome.value)).collect();
    let expected: Vec<f64> = predictions.iter().map(|prediction| prediction.value).collect();
    let count = gifts.iter().filter(|is| **is).count();
    let ratio = |sum: f64, by: f64| (by > 0.0).then(|| sum / by);
    Ok(Reached {
        examples: examples.len(),
        gifts: count,
        auc: roc_auc(&scores, &gifts),
        uauc: uauc(&users, &scores, &gifts),
        gauc: gauc(&users, &scores, &gifts),
        ndcg_at_10: ndcg_by_user(&users, &scores, &gifts),
        log_loss: log_loss(&probabilities, &gifts),
        calibration_error: expected_calibration_error(&probabilities, &gifts, 15, Binning::EqualMass),
        predicted_to_observed: ratio(probabilities.iter().sum(), count as f64),
        value_predicted_to_observed: ratio(expected.iter().sum(), values.iter().sum()),
        value_spearman: spearman(&expected, &values),
        ..Reached::default()
    })
}

fn ndcg_by_user(users: &[u64], scores: &[f64], gifts: &[bool]) -> Option<f64> {
    let mut lists: BTreeMap<u64, (Vec<f64>, Vec<f64>)> = BTreeMap::new();
    for ((user, score), gift) in users.iter().zip(scores).zip(gifts) {
        let (scores, relevance) = lists.entry(*user).or_default();
        scores.push(*score);
        relevance.push(f64::from(u8::from(*gift)));
    }
    let each: Vec<f64> = lists
        .values()
        .filter_map(|(scores, relevance)| ndcg_at(10, scores, relevance, Gain::Linear))
        .collect();
    (!each.is_empty()).then(|| each.iter().sum::<f64>() / each.len() as f64)
}

/// Fits the calibration of a ranker that has none yet.
pub(super) fn calibration(ranker: &Ranker, examples: &dyn Examples) -> Result<Calibration, GiftingError> {
    let predictions = predictions(ranker, examples)?;
    let odds: Vec<f64> = predictions.iter().map(|prediction| prediction.log_odds).collect();
    let outcomes: Vec<_> = (0..examples.len()).map(|index| examples.outcome(index)).collect();
    let gifts: Vec<bool> = outcomes.iter().map(|outcome| outcome.gift).collect();
    let mut fitted = Calibration::fit(&odds, &gifts);
    // Over gifts alone, so that neither head makes up for the other.
    let (mut observed, mut expected) = (0.0, 0.0);
    for (prediction, outcome) in predictions.iter().zip(&outcomes) {
        if outcome.gift && outcome.value > 0.0 && outcome.value.is_finite() {
            observed += f64::from(outcome.value);
            expected += prediction.value / prediction.probability.max(sigmoid(-700.0));
        }
    }
    let scale = observed / expected;
    if scale.is_finite() && scale > 0.0 {
        // A handful of whales in the validation part must not decide the level of all.
        fitted.value_scale = scale.clamp(0.2, 5.0);
    }
    Ok(fitted)
}
