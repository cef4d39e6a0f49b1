//! How good predictions of gifts are.
//!
//! Invariants: all models of a table are judged on the same visits; a metric that isn't defined is absent.

use std::collections::BTreeMap;

use kairos_training::metrics::{
    Binning, Gain, expected_calibration_error, gauc, log_loss, ndcg_at, roc_auc, spearman, uauc,
};
use serde::{Deserialize, Serialize};

/// What is said of one visit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Said {
    /// Orders visits; probabilities may round to the same number where it differs.
    pub(super) score: f64,
    pub(super) probability: f64,
    /// Expected value.
    pub(super) value: f64,
}

/// What happened at one visit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Happened {
    pub(super) user: u64,
    pub(super) gift: bool,
    /// 0 without a gift.
    pub(super) value: f64,
}

/// Metrics over visits.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scores {
    /// Visits.
    pub visits: usize,
    /// Of them with a gift.
    pub gifts: usize,
    /// Area under the curve over all visits.
    pub auc: Option<f64>,
    /// Mean over users with and without gifts in their visits.
    pub uauc: Option<f64>,
    /// The same weighted by visits.
    pub gauc: Option<f64>,
    /// Mean over users with a gift, of their ten best visits.
    pub ndcg_at_10: Option<f64>,
    /// Cross-entropy, nats.
    pub log_loss: Option<f64>,
    /// Expected calibration error over 15 bins of equal mass.
    pub calibration_error: Option<f64>,
    /// Mean probability by the share of gifts.
    pub predicted_to_observed: Option<f64>,
    /// Mean absolute error of expected values.
    pub value_mae: Option<f64>,
    /// Root of the mean squared error of expected values.
    pub value_rmse: Option<f64>,
    /// Spearman's correlation of expected and given value.
    pub value_spearman: Option<f64>,
}

/// Judges what was said of visits.
pub(super) fn judge(said: &[Said], happened: &[Happened]) -> Scores {
    let gifts: Vec<bool> = happened.iter().map(|one| one.gift).collect();
    let users: Vec<u64> = happened.iter().map(|one| one.user).collect();
    let values: Vec<f64> = happened.iter().map(|one| one.value).collect();
    let scores: Vec<f64> = said.iter().map(|one| one.score).collect();
    let probabilities: Vec<f64> = said.iter().map(|one| one.probability).collect();
    let expected: Vec<f64> = said.iter().map(|one| one.value).collect();
    let count = gifts.iter().filter(|is| **is).count();
    let visits = happened.len() as f64;
    let errors = || expected.iter().zip(&values).map(|(a, b)| a - b);
    let mean = |sum: f64| (visits > 0.0).then(|| sum / visits);
    Scores {
        visits: happened.len(),
        gifts: count,
        auc: roc_auc(&scores, &gifts),
        uauc: uauc(&users, &scores, &gifts),
        gauc: gauc(&users, &scores, &gifts),
        ndcg_at_10: ndcg_by_user(&users, &scores, &gifts),
        log_loss: log_loss(&probabilities, &gifts),
        calibration_error: expected_calibration_error(&probabilities, &gifts, 15, Binning::EqualMass),
        predicted_to_observed: (count > 0).then(|| probabilities.iter().sum::<f64>() / count as f64),
        value_mae: mean(errors().map(f64::abs).sum()),
        value_rmse: mean(errors().map(|error| error * error).sum()).map(f64::sqrt),
        value_spearman: spearman(&expected, &values),
    }
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
