//! A lexicon: what the words of the audience say about the moment, learnt from rooms with known labels.
//!
//! The tokens of the last 70 s are counted in seven windows that follow one another backwards from the unit's end
//! ([`WINDOWS_S`]). With `c_b` the count of bucket b in a window, `x_b = idf_b ln(1 + c_b)`, divided by
//! `sqrt(1 + sum of x_b²)`; a logistic regression over all windows gives one logit per decision delay. The features
//! of a unit are the part of every window in every logit, and the logits.
//!
//! Invariants: windows hold whole units; sums over buckets run in the order of buckets; weights are 16-bit floats
//! from the moment they are fitted, so that a lexicon and its file give the same bits.

mod counts;
mod encoder;
mod file;
mod fit;
mod folds;
mod minimise;
mod objective;
mod rows;
#[cfg(test)]
mod tests;
mod tokens;

pub use encoder::LexiconEncoder;
pub use fit::{LexiconRoom, LexiconSettings};
pub use folds::CrossFit;
pub use tokens::{BUCKETS, WordCounts, word_counts};

use counts::WindowCounts;

/// Number of [`WINDOWS_S`].
pub(crate) const WINDOWS: usize = 7;

/// The windows, in seconds back from the end of the unit: from the first value on, up to the second. Their borders
/// are rounded to whole units, a half down; the unit itself is in the first window, however long it is.
pub const WINDOWS_S: [(f64, f64); WINDOWS] =
    [(0.0, 2.0), (2.0, 6.0), (6.0, 10.0), (10.0, 16.0), (16.0, 26.0), (26.0, 40.0), (40.0, 70.0)];

/// A trained lexicon.
#[derive(Clone, Debug, PartialEq)]
pub struct Lexicon {
    delays: usize,
    /// Inverse document frequency, `[BUCKETS]`; 0 where the bucket is unknown.
    idf: Vec<f32>,
    /// `[window][bucket][delay]`, so that the weights of a word lie together; exact as 16-bit floats.
    weights: Vec<f32>,
    /// `[delay]`.
    bias: Vec<f32>,
}

impl Lexicon {
    /// Number of decision delays.
    #[must_use]
    pub fn delays(&self) -> usize {
        self.delays
    }

    /// Number of features of a unit: the part of each window in each delay's logit, `[window][delay]`, then the
    /// logits, `[delay]`.
    #[must_use]
    pub fn width(&self) -> usize {
        (WINDOWS + 1) * self.delays
    }

    /// Inverse document frequencies, `[BUCKETS]`, mean 1 over known buckets and 0 for unknown ones.
    #[must_use]
    pub fn idf(&self) -> &[f32] {
        &self.idf
    }

    /// Weight of a bucket in a window for a delay; `None` outside of these.
    #[must_use]
    pub fn weight(&self, window: usize, delay: usize, bucket: u32) -> Option<f32> {
        let inside = window < WINDOWS && delay < self.delays && (bucket as usize) < BUCKETS;
        inside.then(|| self.weights[(window * BUCKETS + bucket as usize) * self.delays + delay])
    }

    /// Bias of every delay's logit.
    #[must_use]
    pub fn bias(&self) -> &[f32] {
        &self.bias
    }

    /// Features of every unit of a recording, `[unit][`[`Lexicon::width`]`]`, as [`LexiconEncoder`] gives them for
    /// comments with these [`word_counts`] in units of one length.
    #[must_use]
    pub fn features(&self, words: &[WordCounts], unit_seconds: f64) -> Vec<Vec<f32>> {
        let mut counts = WindowCounts::new();
        let next = |words: &WordCounts| {
            counts.push_regular(words.clone(), unit_seconds);
            self.row(&counts)
        };
        words.iter().map(next).collect()
    }

    /// Features of the newest unit.
    fn row(&self, counts: &WindowCounts) -> Vec<f32> {
        let delays = self.delays;
        let mut row = Vec::with_capacity(self.width());
        let mut logits = self.bias.clone();
        let mut parts = vec![0.0_f32; delays];
        for (window, weights) in self.weights.chunks_exact(BUCKETS * delays).enumerate() {
            parts.fill(0.0);
            let mut squares = 1.0_f32;
            for &(bucket, count) in counts.of(window) {
                let bucket = bucket as usize;
                let idf = self.idf[bucket];
                if idf > 0.0 {
                    let x = idf * rows::log_count(count);
                    squares += x * x;
                    let weights = &weights[bucket * delays..][..delays];
                    parts.iter_mut().zip(weights).for_each(|(part, weight)| *part += weight * x);
                }
            }
            let scale = 1.0 / squares.sqrt();
            parts.iter_mut().for_each(|part| *part *= scale);
            row.extend(&parts);
            logits.iter_mut().zip(&parts).for_each(|(logit, part)| *logit += part);
        }
        row.extend(logits);
        row
    }
}
