//! The contrastive alignment loss: text in its own order is closer to the frames than text in any other
//! (KuaiHL, MTAM; a training loss alone).
//!
//! Invariants: exactly eight keys or no loss; choosing the keys carries no gradient.

use super::known::{values, with_gradient};
use candle_core::{D, Error, Result, Tensor, bail};
use kairos_dtw::{CostMatrix, EPSILON, SoftAlignment, soft_with_gradient};
use rand::Rng;
use rand::seq::SliceRandom;
use rayon::prelude::*;

/// The positive and its seven negatives.
pub const KEYS: usize = 8;
/// Smoothing of soft-DTW.
pub const LAMBDA: f64 = 0.1;
/// Temperature of drawing the pair of units that is swapped.
pub const SWAP_TEMPERATURE: f64 = 0.1;

/// What the frames are pulled to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Positive {
    /// The units in their own order (released code).
    Plain,
    /// The frames with the drawn pair swapped (the paper's figure).
    Swapped,
}

/// Row orders of the eight keys; the first is the positive's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlignmentKeys {
    /// Orders of the text rows.
    pub orders: Vec<Vec<usize>>,
    /// The drawn pair.
    pub swap: (usize, usize),
}

impl AlignmentKeys {
    /// Draws the swapped pair by similarity and seven permutations of the swapped order. `similarity` is
    /// row-major, `n · n`. `None` when a permutation repeats or equals the swapped order, which leaves
    /// fewer than eight keys; always so for `n <= 3`.
    pub fn draw(similarity: &[f64], n: usize, random: &mut impl Rng) -> Option<Self> {
        if n < 2 || similarity.len() != n * n || similarity.iter().any(|value| !value.is_finite()) {
            return None;
        }
        let pairs: Vec<(usize, usize)> = (0..n).flat_map(|a| (a + 1..n).map(move |b| (a, b))).collect();
        let most = pairs.iter().map(|&(a, b)| similarity[a * n + b]).fold(f64::NEG_INFINITY, f64::max);
        let weight = |&(a, b): &(usize, usize)| ((similarity[a * n + b] - most) / SWAP_TEMPERATURE).exp();
        let mut left = random.random::<f64>() * pairs.iter().map(weight).sum::<f64>();
        let chosen = pairs.iter().find(|pair| {
            left -= weight(pair);
            left < 0.0
        });
        let swap = *chosen.or(pairs.last())?;
        let mut swapped: Vec<usize> = (0..n).collect();
        swapped.swap(swap.0, swap.1);
        let mut orders = vec![(0..n).collect::<Vec<usize>>()];
        for _ in 1..KEYS {
            let mut order = swapped.clone();
            order.shuffle(random);
            if order == swapped || orders[1..].contains(&order) {
                return None;
            }
            orders.push(order);
        }
        Some(Self { orders, swap })
    }
}

/// `1 - <x_a, y_b> / (|x_a| |y_b| + 0.01)` of rows `[n, d]` and `[m, d]`, as `[n, m]`.
///
/// # Errors
/// When widths differ.
pub fn cosine_distance(x: &Tensor, y: &Tensor) -> Result<Tensor> {
    // The tiny term keeps the slope of the norm finite at a row of zeros.
    let norm = |x: &Tensor| (x.sqr()?.sum_keepdim(D::Minus1)? + 1e-24)?.sqrt();
    let norms = norm(x)?.matmul(&norm(y)?.t()?)?;
    let similarity = x.matmul(&y.t()?)?.div(&(norms + EPSILON)?)?;
    similarity.affine(-1.0, 1.0)
}

/// `-log(e^(-dtw_0) / sum_k e^(-dtw_k))` of text rows `[n, d]` against frame rows `[n, d]`.
///
/// # Errors
/// When shapes don't fit the keys.
pub fn alignment_loss(
    text: &Tensor,
    frames: &Tensor,
    keys: &AlignmentKeys,
    positive: Positive,
) -> Result<Tensor> {
    let distance = cosine_distance(text, frames)?;
    let (n, m) = distance.dims2()?;
    let costs = values(&distance)?;
    // Where a key's cell lies in the distances.
    let place = |key: usize, row: usize, col: usize| {
        let (a, b) = keys.swap;
        let swapped = key == 0 && positive == Positive::Swapped;
        let col = match col {
            _ if !swapped => col,
            _ if col == a => b,
            _ if col == b => a,
            _ => col,
        };
        keys.orders[key][row] * m + col
    };
    let fits = |order: &Vec<usize>| order.len() == n && order.iter().all(|&row| row < n);
    if keys.orders.is_empty() || !keys.orders.iter().all(fits) || keys.swap.0.max(keys.swap.1) >= m {
        bail!("keys of other lengths than {n} rows and {m} columns");
    }
    let aligned = (0..keys.orders.len()).into_par_iter().map(|key| {
        let cells = (0..n * m).map(|at| costs[place(key, at / m, at % m)]);
        let matrix = CostMatrix::new(n, m, cells.collect()).map_err(Error::wrap)?;
        soft_with_gradient(&matrix, LAMBDA).map_err(Error::wrap)
    });
    let aligned: Vec<SoftAlignment> = aligned.collect::<Result<_>>()?;
    let least = aligned.iter().map(|key| key.value).fold(f64::INFINITY, f64::min);
    let sum: f64 = aligned.iter().map(|key| (least - key.value).exp()).sum();
    let mut gradient = vec![0.0; n * m];
    for (at, key) in aligned.iter().enumerate() {
        let slope = if at == 0 { 1.0 } else { 0.0 } - (least - key.value).exp() / sum;
        for (cell, visits) in key.gradient.values().iter().enumerate() {
            gradient[place(at, cell / m, cell % m)] += slope * visits;
        }
    }
    with_gradient(&distance, aligned[0].value - least + sum.ln(), gradient)
}
