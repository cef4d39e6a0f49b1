//! Cross-fitting: for every room a lexicon that has not seen it, so that a model on top learns from honest features.
//!
//! Rooms of one group (one streamer, one event) are never on both sides. The mean lexicon serves new rooms.

use super::fit::{check, problem, stored};
use super::{BUCKETS, Lexicon, LexiconRoom, LexiconSettings};
use crate::EncodeError;
use crate::text::hash;

/// What [`Lexicon::cross_fit`] gives.
#[derive(Clone, Debug)]
pub struct CrossFit {
    /// Fold of every room; `models[folds[room]]` was trained without the room and its group.
    pub folds: Vec<usize>,
    /// One lexicon per fold.
    pub models: Vec<Lexicon>,
    /// For rooms of no fold: its logits are about the mean of those of the models.
    pub mean: Lexicon,
}

impl Lexicon {
    /// Trains one lexicon per fold, each on the rooms of the other folds. `groups` holds one number per room; rooms
    /// of one group share a fold, and folds hold about as many rooms each. There are at most as many folds as groups.
    ///
    /// # Errors
    /// As [`Lexicon::fit`], and [`EncodeError::LexiconTraining`] when there are fewer than two groups or folds.
    pub fn cross_fit(
        rooms: &[LexiconRoom],
        unit_seconds: f64,
        settings: &LexiconSettings,
        groups: &[usize],
    ) -> Result<CrossFit, EncodeError> {
        let all: Vec<&LexiconRoom> = rooms.iter().collect();
        check(&all, unit_seconds, settings)?;
        let folds = assign(rooms.len(), settings, groups)?;
        let count = folds.iter().max().map_or(0, |last| last + 1);
        let fit = |fold: usize| {
            let others: Vec<&LexiconRoom> =
                rooms.iter().zip(&folds).filter(|(_, of)| **of != fold).map(|(room, _)| room).collect();
            Self::fit(&others, unit_seconds, settings)
        };
        let models = (0..count).map(fit).collect::<Result<Vec<_>, _>>()?;
        let mean = Self::mean(&models);
        Ok(CrossFit { folds, models, mean })
    }

    /// The mean of lexicons of the same delays, at least one. Weights are averaged by the frequencies they are
    /// multiplied with, so that a word's part in a logit is the mean of its parts, also where some don't know it.
    fn mean(models: &[Self]) -> Self {
        let count = models.len() as f64;
        let average =
            |of: &dyn Fn(&Self) -> f32| models.iter().map(|model| f64::from(of(model))).sum::<f64>() / count;
        let delays = models.first().map_or(0, |model| model.delays);
        let idf: Vec<f64> = (0..BUCKETS).map(|bucket| average(&|model| model.idf[bucket])).collect();
        let size = models.first().map_or(0, |model| model.weights.len());
        let weight = |at: usize| {
            let bucket = at / delays % BUCKETS;
            if idf[bucket] > 0.0 {
                stored(average(&|model| model.weights[at] * model.idf[bucket]) / idf[bucket])
            } else {
                0.0
            }
        };
        Self {
            delays,
            weights: (0..size).map(weight).collect(),
            bias: (0..delays).map(|delay| average(&|model| model.bias[delay]) as f32).collect(),
            idf: idf.iter().map(|&idf| idf as f32).collect(),
        }
    }
}

/// Fold of every room: groups in an order that the seed decides, each to the fold with the fewest rooms so far.
fn assign(rooms: usize, settings: &LexiconSettings, groups: &[usize]) -> Result<Vec<usize>, EncodeError> {
    if groups.len() != rooms {
        return Err(problem(format!("{} groups for {rooms} rooms, expected one each", groups.len())));
    }
    let mut order: Vec<(u64, usize)> =
        groups.iter().map(|&group| (hash(settings.seed, &(group as u64).to_le_bytes()), group)).collect();
    order.sort_unstable();
    order.dedup();
    let count = settings.folds.min(order.len());
    if count < 2 {
        let (groups, folds) = (order.len(), settings.folds);
        return Err(problem(format!("{groups} groups in {folds} folds, cross-fitting needs two of each")));
    }
    let mut folds = vec![0; rooms];
    let mut filled = vec![0_usize; count];
    for (_, group) in order {
        let fold = (0..count).min_by_key(|&fold| filled[fold]).unwrap_or(0);
        for (room, _) in groups.iter().enumerate().filter(|(_, of)| **of == group) {
            folds[room] = fold;
            filled[fold] += 1;
        }
    }
    Ok(folds)
}
