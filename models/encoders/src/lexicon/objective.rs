//! What training minimises: mean log loss over all known labels of all delays, plus `ridge / 2 |W|²`; biases are free.
//!
//! Parameters lie as `[group of delays][column, then bias][lane]`. Rows are cut into a fixed number of chunks whose
//! results are added in order, so the bits do not depend on the number of threads.

use rayon::prelude::*;

use super::rows::{LANES, Rows};

const CHUNKS: usize = 16;

/// The function of the parameters.
pub(super) struct Objective<'a> {
    rows: &'a Rows,
    ridge: f64,
    /// One over the number of known labels.
    scale: f64,
}

impl<'a> Objective<'a> {
    /// `None` when no label is known.
    pub(super) fn new(rows: &'a Rows, ridge: f64) -> Option<Self> {
        let labels = rows.labels.iter().flatten().flatten();
        let known = labels.filter(|label| !label.is_nan()).count();
        (known > 0).then(|| Self { rows, ridge, scale: 1.0 / known as f64 })
    }

    /// Zero weights, and biases that fit the mean labels.
    pub(super) fn start(&self) -> Vec<f64> {
        let mut parameters = vec![0.0; self.len()];
        for (group, labels) in parameters.chunks_exact_mut(self.group_len()).zip(&self.rows.labels) {
            let biases = &mut group[self.rows.width * LANES..];
            for (lane, bias) in biases.iter_mut().enumerate() {
                let known = || labels.iter().map(|lanes| lanes[lane]).filter(|label| !label.is_nan());
                let (sum, count) = (known().map(f64::from).sum::<f64>(), known().count() as f64);
                if count > 0.0 {
                    *bias = ((sum + 0.5) / (count - sum + 0.5)).ln();
                }
            }
        }
        parameters
    }

    /// Parameters of one group of delays.
    pub(super) fn group_len(&self) -> usize {
        (self.rows.width + 1) * LANES
    }

    fn len(&self) -> usize {
        self.rows.labels.len() * self.group_len()
    }

    /// Value and gradient.
    pub(super) fn at(&self, parameters: &[f64]) -> (f64, Vec<f64>) {
        let rows = self.rows.len();
        let border = |chunk: usize| rows * chunk / CHUNKS;
        let parts: Vec<(f64, Vec<f64>)> = (0..CHUNKS)
            .into_par_iter()
            .map(|chunk| self.of_rows(parameters, border(chunk)..border(chunk + 1)))
            .collect();
        let mut value = 0.0;
        let mut gradient = vec![0.0; self.len()];
        for (part, part_gradient) in &parts {
            value += part;
            gradient.iter_mut().zip(part_gradient).for_each(|(sum, g)| *sum += g);
        }
        value *= self.scale;
        gradient.iter_mut().for_each(|g| *g *= self.scale);
        let weights = self.rows.width * LANES;
        let groups = gradient.chunks_exact_mut(self.group_len());
        for (gradient, parameters) in groups.zip(parameters.chunks_exact(self.group_len())) {
            for (g, w) in gradient.iter_mut().zip(parameters).take(weights) {
                *g += self.ridge * w;
                value += 0.5 * self.ridge * w * w;
            }
        }
        (value, gradient)
    }

    /// Sum of the losses of some rows, and its gradient.
    fn of_rows(&self, parameters: &[f64], range: std::ops::Range<usize>) -> (f64, Vec<f64>) {
        let Rows { starts, columns, values, labels, width } = self.rows;
        let mut loss = 0.0;
        let mut gradient = vec![0.0; self.len()];
        let groups = gradient.chunks_exact_mut(self.group_len());
        for ((gradient, parameters), labels) in
            groups.zip(parameters.chunks_exact(self.group_len())).zip(labels)
        {
            let (parameters, _) = parameters.as_chunks::<LANES>();
            let (gradient, _) = gradient.as_chunks_mut::<LANES>();
            for row in range.clone() {
                let entries = starts[row]..starts[row + 1];
                let (columns, values) = (&columns[entries.clone()], &values[entries]);
                let mut logits = parameters[*width];
                for (&column, &x) in columns.iter().zip(values) {
                    let weights = &parameters[column as usize];
                    (0..LANES).for_each(|lane| logits[lane] += f64::from(x) * weights[lane]);
                }
                let mut errors = [0.0; LANES];
                for lane in 0..LANES {
                    let (z, y) = (logits[lane], f64::from(labels[row][lane]));
                    if !y.is_nan() {
                        loss += z.max(0.0) + (-z.abs()).exp().ln_1p() - y * z;
                        errors[lane] = 1.0 / (1.0 + (-z).exp()) - y;
                    }
                }
                (0..LANES).for_each(|lane| gradient[*width][lane] += errors[lane]);
                for (&column, &x) in columns.iter().zip(values) {
                    let sums = &mut gradient[column as usize];
                    (0..LANES).for_each(|lane| sums[lane] += f64::from(x) * errors[lane]);
                }
            }
        }
        (loss, gradient)
    }
}
