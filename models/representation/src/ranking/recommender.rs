//! The trait of everything that ranks items for a user.
//!
//! Invariants: a user is known by an id seen in training or by nothing but the items given; both give scores.

use crate::{DataDigests, Kind, Reached, RepresentationError, Result};
use rayon::prelude::*;
use std::cmp::Ordering;
use std::path::Path;

/// Id for a user who appeared after training. Every id that training didn't know means the same.
pub const UNKNOWN_USER: u32 = u32::MAX;

/// Whom to score for.
#[derive(Debug, Clone, Copy)]
pub struct Query<'a> {
    /// Position of the user in training, or [`UNKNOWN_USER`].
    pub user: u32,
    /// Items of the user, oldest first where the order is known.
    pub history: &'a [u32],
}

/// A model that scores all items for a user.
pub trait Recommender: Send + Sync {
    /// What kind of model it is.
    fn kind(&self) -> Kind;

    /// Number of items it scores.
    fn items(&self) -> usize;

    /// Writes a score for every item, seen ones included; higher is better, scores of different users or
    /// models don't compare. `out` has one place per item; ids in `history` that training didn't know count
    /// for nothing.
    ///
    /// # Errors
    /// When `out` is of another length than [`Recommender::items`], or a tensor operation fails.
    fn score(&self, user: u32, history: &[u32], out: &mut [f32]) -> Result<()>;

    /// [`Recommender::score`] of many users, in parallel; `out` holds one row of scores per query.
    ///
    /// # Errors
    /// As [`Recommender::score`].
    fn score_batch(&self, queries: &[Query<'_>], out: &mut [f32]) -> Result<()> {
        RepresentationError::size("scores", queries.len() * self.items(), out.len())?;
        if self.items() == 0 {
            return Ok(());
        }
        out.par_chunks_mut(self.items())
            .zip(queries)
            .try_for_each(|(out, query)| self.score(query.user, query.history, out))
    }

    /// Writes the model as a checkpoint folder, with what it was trained on and what it reached; returns its
    /// version. [`load`](crate::load) reads it.
    ///
    /// # Errors
    /// When the folder can't be written.
    fn save(&self, path: &Path, data: &DataDigests, reached: &Reached) -> Result<String>;
}

/// The `count` best items for a user with their scores, best first, without those that `exclude` names (in
/// any order).
///
/// # Errors
/// As [`Recommender::score`].
pub fn recommend(
    model: &dyn Recommender,
    query: Query<'_>,
    count: usize,
    exclude: &[u32],
) -> Result<Vec<(u32, f32)>> {
    let mut scores = vec![0.0; model.items()];
    model.score(query.user, query.history, &mut scores)?;
    Ok(top(&scores, count, exclude))
}

/// The `count` best of all scores, as [`recommend`] gives them.
#[must_use]
pub fn top(scores: &[f32], count: usize, exclude: &[u32]) -> Vec<(u32, f32)> {
    let mut out = vec![false; scores.len()];
    for &item in exclude {
        if let Some(out) = out.get_mut(item as usize) {
            *out = true;
        }
    }
    let kept = scores.iter().enumerate().filter(|&(item, _)| !out[item]);
    let mut ranked: Vec<(u32, f32)> = kept.map(|(item, &score)| (item as u32, score)).collect();
    if count < ranked.len() {
        ranked.select_nth_unstable_by(count, better);
        ranked.truncate(count);
    }
    ranked.sort_unstable_by(better);
    ranked
}

fn better(a: &(u32, f32), b: &(u32, f32)) -> Ordering {
    let by_score = match b.1.partial_cmp(&a.1) {
        Some(order) => order,
        None => a.1.is_nan().cmp(&b.1.is_nan()),
    };
    by_score.then(a.0.cmp(&b.0))
}
