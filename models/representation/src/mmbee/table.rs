//! Standardised scores of every part for the users who decide, and what a weighted sum of them would reach.
//!
//! Invariants: items met in training never compete; held-out rows only judge.

use super::parts::Part;
use super::standardise;
use crate::{Interactions, Result};
use kairos_training::metrics::{ndcg_of_list, recall_of_list};
use rayon::prelude::*;

/// Length of the lists that decide.
const K: usize = 20;

/// Users x items for each part.
pub(super) struct Table {
    items: usize,
    held: Vec<Vec<u32>>,
    users: Vec<u32>,
    /// 0, or minus infinity for items met in training.
    seen: Vec<f32>,
    parts: Vec<Vec<f32>>,
}

impl Table {
    /// At most as many users as `scores` numbers hold for `parts` parts and two sums, evenly spread.
    pub(super) fn new(train: &Interactions, held: &Interactions, parts: usize, scores: usize) -> Self {
        let items = train.items();
        let fresh = |user: u32| {
            let seen = train.items_of(user);
            let items = held.items_of(user).iter().copied();
            items.filter(|item| seen.binary_search(item).is_err()).collect::<Vec<u32>>()
        };
        let all: Vec<(u32, Vec<u32>)> = (0..held.users() as u32)
            .map(|user| (user, fresh(user)))
            .filter(|(_, held)| !held.is_empty())
            .collect();
        let room = (scores / ((parts + 2) * items.max(1))).max(1);
        let step = all.len().div_ceil(room).max(1);
        let (users, held): (Vec<u32>, Vec<Vec<u32>>) = all.into_iter().step_by(step).unzip();
        let mut seen = vec![0.0; users.len() * items];
        for (row, &user) in seen.chunks_mut(items.max(1)).zip(&users) {
            train.items_of(user).iter().for_each(|&item| row[item as usize] = f32::NEG_INFINITY);
        }
        Self { items, held, users, seen, parts: Vec::new() }
    }

    pub(super) fn users(&self) -> usize {
        self.users.len()
    }

    pub(super) fn parts(&self) -> usize {
        self.parts.len()
    }

    /// Scores with one more part.
    pub(super) fn add(&mut self, part: &Part, train: &Interactions) -> Result<()> {
        let mut scores = vec![0.0; self.users.len() * self.items];
        scores.par_chunks_mut(self.items.max(1)).zip(&self.users).try_for_each(|(row, &user)| {
            part.score(user, &train.history_of(user), row)?;
            standardise(row);
            Ok::<(), crate::RepresentationError>(())
        })?;
        self.parts.push(scores);
        Ok(())
    }

    /// The sum to begin with.
    pub(super) fn nothing(&self) -> Vec<f32> {
        self.seen.clone()
    }

    /// Adds a part to a sum.
    pub(super) fn put(&self, sum: &mut [f32], part: usize, weight: f32) {
        sum.par_iter_mut().zip(&self.parts[part]).for_each(|(sum, score)| *sum += weight * score);
    }

    /// What each user would get from the sum with one more part: the mean of recall and NDCG of lists of 20.
    pub(super) fn worth(&self, sum: &[f32], part: usize, weight: f32) -> Vec<f64> {
        let items = self.items.max(1);
        let rows = sum.par_chunks(items).zip(self.parts[part].par_chunks(items)).zip(&self.held);
        rows.map(|((sum, add), held)| {
            let score = |item: usize| sum[item] + weight * add[item];
            let mut hits = [false; K];
            for &item in held {
                let (item, own) = (item as usize, score(item as usize));
                let before = (0..item).filter(|&other| score(other) >= own).count();
                let after = (item + 1..items).filter(|&other| score(other) > own).count();
                if let Some(hit) = hits.get_mut(before + after) {
                    *hit = true;
                }
            }
            let recall = recall_of_list(K, &hits, held.len()).unwrap_or(0.0);
            let ndcg = ndcg_of_list(K, &hits, held.len()).unwrap_or(0.0);
            0.5 * (recall + ndcg)
        })
        .collect()
    }
}
