//! Forward selection of parts and weights (Caruana et al., "Ensemble Selection from Libraries of Models", ICML
//! 2004, with weights), slowed down where gains may be chance.
//!
//! Invariants: the first part is the best alone; every later step gains more than its own standard error times
//! the caution; of equal gains the earlier part and smaller weight is taken.

use super::SelectionConfig;
use super::table::Table;
use crate::{RepresentationError, Result};

/// Positions of the parts taken and their weights.
pub(super) fn select(table: &Table, config: &SelectionConfig) -> Result<Vec<(usize, f32)>> {
    if table.users() == 0 || table.parts() == 0 {
        return Err(RepresentationError::Empty("validation"));
    }
    let mut sum = table.nothing();
    let mut taken: Vec<(usize, f32)> = Vec::new();
    let mut reached: Option<Vec<f64>> = None;
    let steps = 2 * config.parts;
    for _ in 0..steps {
        let mut best: Option<(f64, usize, f32, Vec<f64>)> = None;
        for part in 0..table.parts() {
            let known = taken.iter().any(|&(other, _)| other == part);
            if !known && taken.len() >= config.parts {
                continue;
            }
            // The first part has nothing to be weighed against.
            let weights = if reached.is_some() { &config.weights[..] } else { &[1.0] };
            for &weight in weights {
                let worth = table.worth(&sum, part, weight);
                let mean = mean(&worth);
                if best.as_ref().is_none_or(|(most, ..)| mean > *most) {
                    best = Some((mean, part, weight, worth));
                }
            }
        }
        let Some((_, part, weight, worth)) = best else { break };
        if reached.as_ref().is_some_and(|before| !clear(before, &worth, config.caution)) {
            break;
        }
        table.put(&mut sum, part, weight);
        match taken.iter_mut().find(|(other, _)| *other == part) {
            Some((_, sum)) => *sum += weight,
            None => taken.push((part, weight)),
        }
        reached = Some(worth);
    }
    Ok(taken)
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// Whether the mean gain exceeds its standard error times `caution`.
fn clear(before: &[f64], after: &[f64], caution: f64) -> bool {
    let gains: Vec<f64> = before.iter().zip(after).map(|(before, after)| after - before).collect();
    let mean = mean(&gains);
    let variance = gains.iter().map(|gain| (gain - mean).powi(2)).sum::<f64>();
    let count = gains.len().max(2) as f64;
    mean > 0.0 && mean > caution * (variance / (count - 1.0) / count).sqrt()
}
