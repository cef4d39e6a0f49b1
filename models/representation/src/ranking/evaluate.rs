//! Full-ranking evaluation: every item a user hasn't met in training competes.
//!
//! Invariants: users without test items are left out; items met in training are neither recommended nor
//! counted as test items; means are taken over users in the order of their ids.

use super::recommender::{Query, Recommender, top};
use crate::{Interactions, RepresentationError, Result};
use kairos_training::metrics::{ndcg_of_list, precision_of_list, recall_of_list};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Users scored at once: their scores over all items are in memory together.
const USERS: usize = 64;

/// Means over users for one length of list.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AtK {
    /// Length of the list.
    pub k: usize,
    /// Share of the user's test items that are in the list.
    pub recall: f64,
    /// Share of the list's places that hold a test item.
    pub precision: f64,
    /// Normalised discounted cumulative gain, binary relevance.
    pub ndcg: f64,
}

/// One user's metrics, one [`AtK`] per length asked for: what paired tests between two models need.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserMetrics {
    /// The user.
    pub user: u32,
    /// In the order of the lengths asked for.
    pub at: Vec<AtK>,
}

/// How good a model's lists are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evaluation {
    /// Means, in the order of the lengths asked for.
    pub at: Vec<AtK>,
    /// Users who have test items, ascending.
    pub users: Vec<UserMetrics>,
}

impl Evaluation {
    /// The means for lists of `k`.
    #[must_use]
    pub fn at(&self, k: usize) -> Option<AtK> {
        self.at.iter().copied().find(|at| at.k == k)
    }
}

/// Ranks all items for every user with test items, by the items of `train`, and compares with `test`.
///
/// # Errors
/// When the sizes differ from the model's, `ks` is empty or holds 0, no user has test items, or scoring fails.
pub fn evaluate(
    model: &dyn Recommender,
    train: &Interactions,
    test: &Interactions,
    ks: &[usize],
) -> Result<Evaluation> {
    RepresentationError::size("training items", model.items(), train.items())?;
    RepresentationError::size("test items", model.items(), test.items())?;
    let Some(&longest) = ks.iter().max() else {
        return Err(RepresentationError::config("ks", "must name a length"));
    };
    if ks.contains(&0) {
        return Err(RepresentationError::config("ks", "lengths must be at least 1"));
    }
    let judged: Vec<(u32, Vec<u32>)> =
        (0..test.users() as u32).map(|user| (user, relevant(train, test, user))).collect();
    let judged: Vec<&(u32, Vec<u32>)> = judged.iter().filter(|(_, items)| !items.is_empty()).collect();
    if judged.is_empty() {
        return Err(RepresentationError::Empty("test"));
    }
    let mut users = Vec::with_capacity(judged.len());
    for chunk in judged.chunks(USERS) {
        let histories: Vec<Vec<u32>> = chunk.iter().map(|(user, _)| train.history_of(*user)).collect();
        let queries: Vec<Query<'_>> =
            chunk.iter().zip(&histories).map(|((user, _), history)| Query { user: *user, history }).collect();
        let mut scores = vec![0.0; queries.len() * model.items()];
        model.score_batch(&queries, &mut scores)?;
        let judge = |((user, relevant), scores): (&&(u32, Vec<u32>), &[f32])| {
            let list = top(scores, longest, train.items_of(*user));
            let hits: Vec<bool> = list.iter().map(|(item, _)| relevant.binary_search(item).is_ok()).collect();
            UserMetrics { user: *user, at: ks.iter().map(|&k| of_list(k, &hits, relevant.len())).collect() }
        };
        let chunk = chunk.par_iter().zip(scores.par_chunks(model.items()));
        users.extend(chunk.map(judge).collect::<Vec<_>>());
    }
    Ok(Evaluation { at: ks.iter().enumerate().map(|(at, &k)| mean(k, at, &users)).collect(), users })
}

fn relevant(train: &Interactions, test: &Interactions, user: u32) -> Vec<u32> {
    let seen = train.items_of(user);
    test.items_of(user).iter().copied().filter(|item| seen.binary_search(item).is_err()).collect()
}

fn of_list(k: usize, hits: &[bool], relevant: usize) -> AtK {
    AtK {
        k,
        recall: recall_of_list(k, hits, relevant).unwrap_or(0.0),
        precision: precision_of_list(k, hits).unwrap_or(0.0),
        ndcg: ndcg_of_list(k, hits, relevant).unwrap_or(0.0),
    }
}

fn mean(k: usize, at: usize, users: &[UserMetrics]) -> AtK {
    let count = users.len() as f64;
    let mean = |of: fn(&AtK) -> f64| users.iter().map(|user| of(&user.at[at])).sum::<f64>() / count;
    AtK { k, recall: mean(|at| at.recall), precision: mean(|at| at.precision), ndcg: mean(|at| at.ndcg) }
}
